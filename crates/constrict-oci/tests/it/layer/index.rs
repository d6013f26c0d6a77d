//! The index of a layer against bytes that nobody wrote.

use constrict_oci::Digest;
use constrict_oci::layer::{
    Entry, IndexedEntry, Kind, Spot, SpotKind, entry_at, index_to_bytes, parse_index, scan_index,
};
use proptest::prelude::*;

fn sample() -> Vec<IndexedEntry> {
    let entry = |path: &str, kind| Entry {
        path: path.into(),
        kind,
        mode: 0o4755,
        uid: 1000,
        gid: u32::MAX,
        mtime: -1,
        xattrs: [(b"security.capability".to_vec(), vec![1, 0, 2])].into(),
    };
    let plain = |entry| IndexedEntry {
        entry,
        content_offset: None,
    };
    let file = Kind::File {
        size: 1 << 40,
        digest: Digest::of(b"x"),
    };
    let long = Kind::File {
        size: 1,
        digest: Digest::from_sha512([7; 64]),
    };
    vec![
        plain(entry("", Kind::Directory)),
        IndexedEntry {
            entry: entry("a", file),
            content_offset: Some(0),
        },
        plain(entry("b", long)),
        plain(entry(
            "s",
            Kind::Symlink {
                target: b"/x\xff".to_vec(),
            },
        )),
        plain(entry(
            "h",
            Kind::Hardlink {
                target: b"a".to_vec(),
            },
        )),
        plain(entry("c", Kind::CharDevice { major: 1, minor: 3 })),
        plain(entry("d", Kind::BlockDevice { major: 8, minor: 0 })),
        plain(entry("f", Kind::Fifo)),
        plain(entry("w", Kind::Whiteout)),
        plain(entry("o", Kind::Opaque)),
    ]
}

#[test]
fn every_kind_comes_back() {
    assert_eq!(parse_index(&index_to_bytes(&sample())).unwrap(), sample());
    assert_eq!(parse_index(&index_to_bytes(&[])).unwrap(), []);
}

/// What a scan shows, each entry decoded by its place.
fn scanned(bytes: &[u8]) -> constrict_oci::Result<Vec<IndexedEntry>> {
    let mut spots: Vec<Spot<'_>> = Vec::new();
    scan_index(bytes, |spot| spots.push(spot))?;
    let decoded = spots.iter().map(|spot| {
        let indexed = entry_at(bytes, spot.at).expect("a scan vouches for what it shows");
        let kind = match &indexed.entry.kind {
            Kind::Directory => SpotKind::Directory,
            Kind::Hardlink { target } => SpotKind::Hardlink { target },
            Kind::Whiteout => SpotKind::Whiteout,
            Kind::Opaque => SpotKind::Opaque,
            _ => SpotKind::Other,
        };
        assert_eq!((spot.path, spot.kind), (&indexed.entry.path[..], kind));
        assert_eq!(&bytes[spot.path_at..][..spot.path.len()], spot.path);
        indexed
    });
    Ok(decoded.collect())
}

#[test]
fn a_scan_shows_what_is_parsed() {
    assert_eq!(scanned(&index_to_bytes(&sample())).unwrap(), sample());
    assert!(entry_at(b"", 1).is_err());
}

#[test]
fn every_cut_is_an_error() {
    let bytes = index_to_bytes(&sample());
    for length in 0..bytes.len() {
        assert!(parse_index(&bytes[..length]).is_err(), "{length}");
    }
    let longer = [&bytes[..], b"x"].concat();
    let message = parse_index(&longer).expect_err("longer").to_string();
    assert_eq!(
        message,
        "the layer index is damaged: bytes follow the last entry"
    );
}

#[test]
fn paths_that_climb_are_errors() {
    let mut entries = sample();
    entries[1].entry.path = b"../x".to_vec();
    let message = parse_index(&index_to_bytes(&entries))
        .expect_err("climbs")
        .to_string();
    assert_eq!(
        message,
        "the layer index is damaged: a path is not in normal form"
    );
}

proptest! {
    #[test]
    fn changed_bytes_never_panic(at in 0_usize..500, byte: u8) {
        let mut bytes = index_to_bytes(&sample());
        let at = at % bytes.len();
        bytes[at] = byte;
        let text = |error: constrict_oci::Error| error.to_string();
        let scanned = scanned(&bytes).map_err(text);
        prop_assert_eq!(&scanned, &parse_index(&bytes).map_err(text));
        if let Ok(entries) = scanned {
            prop_assert_eq!(parse_index(&index_to_bytes(&entries)).unwrap(), entries);
        }
    }

    #[test]
    fn any_bytes_never_panic(rest: Vec<u8>) {
        let bytes = [&b"ocilyrix\x01\0\0\0\x05\0\0\0"[..], &rest].concat();
        prop_assert!(parse_index(&bytes).is_err() || bytes.len() > 16 + 5 * 7);
    }
}
