//! Archives as other tools write them.

use std::collections::BTreeMap;
use std::io::Write;

use constrict_oci::Digest;
use constrict_oci::layer::{Limits, NewEntry, NewKind};

use super::raw::{Tar, read, read_with};

#[test]
fn gnu_long_names_apply_to_the_next_entry_only() {
    let long = "d/".repeat(100) + "file";
    let target = "t/".repeat(100) + "file";
    let tar = Tar::default()
        .member(
            b"././@LongLink",
            b'L',
            format!("{long}\0").as_bytes(),
            |_| {},
        )
        .member(
            b"././@LongLink",
            b'K',
            format!("{target}\0").as_bytes(),
            |_| {},
        )
        .link("short", b'2', "cut")
        .file("next", b"x");
    let found = read(&tar.end()).unwrap();
    assert_eq!(found[0].0.path, long.as_bytes());
    assert_eq!(
        found[0].0.kind,
        NewKind::Symlink {
            target: target.into_bytes()
        }
    );
    assert_eq!(
        found[1],
        (
            NewEntry::new("next", NewKind::File { size: 1 }, 0o644),
            b"x".to_vec()
        )
    );
}

#[test]
fn pax_records_replace_fields() {
    let tar = Tar::default()
        .pax(&[
            ("path", "größe".as_bytes()),
            ("size", b"3"),
            ("uid", b"3000000"),
            ("gid", b"4000000"),
            ("mtime", b"1700000000.75"),
            ("SCHILY.xattr.user.a", b"1\n2=\0"),
            ("LIBARCHIVE.xattr.user.b%3d", b"AQI="),
        ])
        .member(b"short", b'0', b"abc", |block| block[124..135].fill(b'0'));
    let xattrs = BTreeMap::from([
        (b"user.a".to_vec(), b"1\n2=\0".to_vec()),
        (b"user.b=".to_vec(), vec![1, 2]),
    ]);
    let expected = NewEntry {
        path: "größe".into(),
        kind: NewKind::File { size: 3 },
        mode: 0o644,
        uid: 3_000_000,
        gid: 4_000_000,
        mtime: 1_700_000_000,
        xattrs,
    };
    assert_eq!(read(&tar.end()).unwrap(), [(expected, b"abc".to_vec())]);
}

#[test]
fn global_headers_are_skipped() {
    let tar = Tar::default()
        .member(b"pax_global_header", b'g', b"19 path=not-applied\n", |_| {})
        .file("a", b"");
    assert_eq!(read(&tar.end()).unwrap()[0].0.path, b"a");
}

#[test]
fn names_of_ustar_star_gnu_and_v7_are_put_together_as_each_means() {
    let prefix = |block: &mut [u8; 512]| block[345..348].copy_from_slice(b"p/q");
    let tar = Tar::default()
        .member(b"ustar", b'0', b"", prefix)
        .member(b"star", b'0', b"", |block| {
            prefix(block);
            block[476..479].copy_from_slice(b"now");
            block[508..512].copy_from_slice(b"tar\0");
        })
        .member(b"gnu", b'0', b"", |block| {
            prefix(block);
            block[257..265].copy_from_slice(b"ustar  \0");
        })
        .member(b"v7", 0, b"", |block| block[257..265].fill(0))
        .member(b"v7-directory/", 0, b"", |block| block[257..265].fill(0));
    let found: Vec<_> = read(&tar.end())
        .unwrap()
        .into_iter()
        .map(|(entry, _)| entry)
        .collect();
    let paths: Vec<&[u8]> = found.iter().map(|entry| &entry.path[..]).collect();
    assert_eq!(
        paths,
        [
            &b"p/q/ustar"[..],
            b"p/q/star",
            b"gnu",
            b"v7",
            b"v7-directory"
        ]
    );
    assert_eq!(found[4].kind, NewKind::Directory);
}

#[test]
fn base_256_numbers_are_read() {
    let tar = Tar::default().member(b"a", b'3', b"", |block| {
        block[108..116].copy_from_slice(b"\x80\0\0\0\xff\xff\xff\xff");
        block[136..148].fill(0xff);
        block[329..337].copy_from_slice(b"\x80\0\0\0\0\x20\0\0");
        block[337..344].copy_from_slice(b"0000005");
    });
    let expected = NewEntry {
        uid: u32::MAX,
        mtime: -1,
        ..NewEntry::new(
            "a",
            NewKind::CharDevice {
                major: 0x20_0000,
                minor: 5,
            },
            0o644,
        )
    };
    assert_eq!(read(&tar.end()).unwrap(), [(expected, Vec::new())]);
}

#[test]
fn links_and_directories_have_no_content_whatever_their_size_says() {
    let tar = Tar::default()
        .member(b"l", b'1', b"", |block| {
            block[157] = b'a';
            block[124..135].copy_from_slice(b"00000001000");
        })
        .file("b", b"");
    let paths: Vec<_> = read(&tar.end())
        .unwrap()
        .into_iter()
        .map(|(entry, _)| entry.path)
        .collect();
    assert_eq!(paths, [b"l", b"b"]);
}

/// Ten bytes, of which three at 2 and two at 8 are stored.
const SPARSE: &[u8] = b"\0\0abc\0\0\0de";

#[test]
fn sparse_files_are_read_with_their_holes() {
    let old = Tar::default().member(b"old", b'S', b"abcde", |block| {
        block[257..265].copy_from_slice(b"ustar  \0");
        for (at, number) in [(386, 2), (398, 3), (410, 8), (422, 2), (483, 10)] {
            block[at..at + 11].copy_from_slice(format!("{number:011o}").as_bytes());
        }
    });
    let pairs: [(&str, &[u8]); 6] = [
        ("GNU.sparse.size", b"10"),
        ("GNU.sparse.numblocks", b"2"),
        ("GNU.sparse.offset", b"2"),
        ("GNU.sparse.numbytes", b"3"),
        ("GNU.sparse.offset", b"8"),
        ("GNU.sparse.numbytes", b"2"),
    ];
    let map: [(&str, &[u8]); 3] = [
        ("GNU.sparse.name", b"0.1"),
        ("GNU.sparse.size", b"10"),
        ("GNU.sparse.map", b"2,3,8,2"),
    ];
    let in_content: [(&str, &[u8]); 4] = [
        ("GNU.sparse.major", b"1"),
        ("GNU.sparse.minor", b"0"),
        ("GNU.sparse.name", b"1.0"),
        ("GNU.sparse.realsize", b"10"),
    ];
    let mut mapped = b"2\n2\n3\n8\n2\n".to_vec();
    mapped.resize(512, 0);
    mapped.extend_from_slice(b"abcde");
    let tar = old
        .pax(&pairs)
        .file("0.0", b"abcde")
        .pax(&map)
        .file("GNUSparseFile.1/0.1", b"abcde")
        .pax(&in_content)
        .file("GNUSparseFile.1/1.0", &mapped)
        .file("next", b"n");
    let found = read(&tar.end()).unwrap();
    for (entry, content) in &found[..4] {
        assert_eq!(
            entry.kind,
            NewKind::File { size: 10 },
            "{}",
            String::from_utf8_lossy(&entry.path)
        );
        assert_eq!(content, SPARSE, "{}", String::from_utf8_lossy(&entry.path));
    }
    let paths: Vec<_> = found
        .iter()
        .map(|(entry, _)| entry.path.as_slice())
        .collect();
    assert_eq!(paths, [&b"old"[..], b"0.0", b"0.1", b"1.0", b"next"]);
}

#[test]
fn an_old_sparse_map_goes_on_in_further_blocks() {
    let mut more = vec![0; 512];
    more[..11].copy_from_slice(b"00000000010");
    more[12..23].copy_from_slice(b"00000000002");
    let tar = Tar::default().member(b"old", b'S', b"", |block| {
        block[257..265].copy_from_slice(b"ustar  \0");
        for (at, number) in [(124, 5), (386, 2), (398, 3), (483, 10)] {
            block[at..at + 11].copy_from_slice(format!("{number:011o}").as_bytes());
        }
        block[482] = 1;
    });
    let tar = tar.bytes(&more).bytes(b"abcde").file("next", b"n");
    let found = read(&tar.end()).unwrap();
    assert_eq!(found[0].1, SPARSE);
    assert_eq!(found[1].1, b"n");
}

#[test]
fn content_that_is_not_read_is_skipped() {
    let tar = Tar::default().file("a", &[7; 1000]).file("b", b"b").end();
    let mut paths = Vec::new();
    let mut visit = |found: constrict_oci::layer::FoundEntry, _: &mut dyn std::io::Read| {
        paths.push((found.entry.path, found.content_offset));
        Ok::<(), constrict_oci::Error>(())
    };
    constrict_oci::layer::read_layer(&tar[..], &Limits::default(), &mut visit).unwrap();
    assert_eq!(
        paths,
        [(b"a".to_vec(), Some(512)), (b"b".to_vec(), Some(2048))]
    );
}

#[test]
fn every_compression_gives_the_same_layer() {
    let tar = Tar::default().file("a", b"content").end();
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 3).unwrap();
    let (first, second) = tar.split_at(700);
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9][..], &zstd(&tar)].concat();
    for blob in [
        tar.clone(),
        gzip(&tar),
        [gzip(first), gzip(second)].concat(),
        zstd(&tar),
        [zstd(first), zstd(second)].concat(),
        skippable,
    ] {
        let (entries, read) = read_with(&blob, &Limits::default()).unwrap();
        assert_eq!(entries[0].1, b"content");
        assert_eq!(
            (read.diff_id, read.uncompressed_size),
            (Digest::of(&tar), tar.len() as u64)
        );
    }
}

#[test]
fn garbage_after_gzip_and_cut_streams_are_errors() {
    let tar = Tar::default().file("a", &[3; 5000]).end();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&tar).unwrap();
    let blob = encoder.finish().unwrap();
    let garbage = [&blob[..], b"garbage"].concat();
    assert_eq!(
        read(&garbage).expect_err("garbage").to_string(),
        "cannot read the layer"
    );
    assert!(read(&blob[..blob.len() - 4]).is_err());
    assert!(read(&blob[..20]).is_err());
}

#[test]
fn nothing_at_all_is_an_empty_layer() {
    let (entries, read) = read_with(b"", &Limits::default()).unwrap();
    assert!(entries.is_empty());
    assert_eq!(read.diff_id, Digest::of(b""));
}
