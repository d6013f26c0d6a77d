//! Closures of small programs.
