//! constrict-build
