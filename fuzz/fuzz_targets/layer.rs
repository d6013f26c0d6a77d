//! Any bytes as a layer: reading ends, no name leaves the root, and what the writer takes comes back the same.

#![no_main]

use std::io::Read;

use constrict_oci::layer::{
    Compression, FoundEntry, LayerWriter, Limits, index_layer, index_to_bytes, parse_index,
    read_layer,
};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits {
    entries: 1000,
    bytes: 1 << 24,
};

fuzz_target!(|tar: &[u8]| {
    let Ok((entries, read)) = index_layer(tar, &LIMITS) else {
        return;
    };
    assert!(read.uncompressed_size <= LIMITS.bytes);
    for indexed in &entries {
        let mut components = indexed.entry.path.split(|byte| *byte == b'/');
        assert!(components.all(|part| part != b".."));
    }
    assert_eq!(
        parse_index(&index_to_bytes(&entries)).expect("what was written is read"),
        entries
    );
    let mut layer = LayerWriter::new(Vec::new(), Compression::None).expect("memory takes all");
    let mut refused = false;
    read_layer(
        tar,
        &LIMITS,
        &mut |found: FoundEntry, content: &mut dyn Read| {
            refused |= layer.append(found.entry, content).is_err();
            Ok::<(), constrict_oci::Error>(())
        },
    )
    .expect("it was read before");
    if !refused {
        let written = layer.finish().expect("memory takes all");
        let (again, _) = index_layer(&written.sink[..], &Limits::default()).expect("ours");
        let plain = |list: Vec<constrict_oci::layer::IndexedEntry>| -> Vec<_> {
            list.into_iter().map(|indexed| indexed.entry).collect()
        };
        assert_eq!(plain(again), plain(entries));
    }
});
