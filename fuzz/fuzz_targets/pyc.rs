//! Any bytes as compiled Python, and as the name of such a file: reading ends.

#![no_main]

use constrict_python::pyc::{Header, python_of, python_of_name};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(header) = Header::parse(bytes) {
        assert!(bytes.len() >= 12);
        let _ = python_of(header.magic);
    }
    let _ = python_of_name(&String::from_utf8_lossy(bytes));
});
