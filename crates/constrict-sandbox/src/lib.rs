//! constrict-sandbox
