//! Any bytes as the index of a layer: reading ends, and what is read is written and read again the same.

#![no_main]

use constrict_oci::layer::{index_to_bytes, parse_index};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(entries) = parse_index(bytes) {
        let again = parse_index(&index_to_bytes(&entries)).expect("what was written is read");
        assert_eq!(again, entries);
    }
});
