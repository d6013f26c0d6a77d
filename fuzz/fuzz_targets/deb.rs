//! Any bytes as a `.deb`, and as each compression that its members may have: reading ends, within its limit.

#![no_main]

use std::io::Read;

use constrict_debian::Error;
use constrict_debian::compression::Compression;
use constrict_debian::deb::{Entry, read_control, read_deb};
use libfuzzer_sys::fuzz_target;

const LIMIT: u64 = 1 << 22;

fuzz_target!(|bytes: &[u8]| {
    let _ = read_control(bytes);
    let _ = read_deb(bytes, |_, entry: &Entry, content: &mut dyn Read| {
        assert!(!entry.path.split('/').any(|part| part == ".."));
        // content that cannot be read is found by the next entry
        let _ = std::io::copy(&mut content.take(LIMIT), &mut std::io::sink());
        Ok::<(), Error>(())
    });
    for kind in [Compression::Gzip, Compression::Xz, Compression::Zstd] {
        if let Ok(mut decoder) = kind.decoder(bytes, LIMIT) {
            let read = std::io::copy(&mut decoder, &mut std::io::sink());
            assert!(read.unwrap_or(0) <= LIMIT);
        }
    }
});
