//! constrict-testing
