//! Any bytes as a zip on the search path: reading ends, and no member is larger than the limit.

#![no_main]

use constrict_inspect::facts::imports::Archive;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(archive) = Archive::parse(bytes.to_vec()) else {
        return;
    };
    for name in archive.names().take(16) {
        let content = archive.member(name);
        assert!(content.is_none_or(|content| content.len() <= 8 << 20));
    }
});
