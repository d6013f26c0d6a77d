//! Any bytes as a cache of `ldconfig`: reading ends, and no more entries come out than the bytes have room for.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(entries) = constrict_elf::ld_so_cache::parse(bytes) {
        assert!(entries.len() <= bytes.len() / 12);
    }
});
