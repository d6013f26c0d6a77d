//! constrict-debian
