//! constrict-dockerfile
