//! Writing: whole expected bytes, the same for any number of threads, readable by the system's tools.

// clippy.toml exempts test functions only, not what they call
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::num::NonZeroUsize;
use std::process::{Command, Stdio};

use constrict_oci::layer::{
    Compression, LayerWriter, Limits, NewEntry, NewKind, Written, index_layer,
};
use constrict_oci::{Digest, Error};

fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).expect("not zero")
}

/// Bytes that compress a little, always the same.
fn noise(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    };
    (0..size)
        .map(|at| {
            if at / 4096 % 2 == 0 {
                (next() % 64) as u8
            } else {
                (at % 251) as u8
            }
        })
        .collect()
}

fn layer(compression: Compression, count: usize, sizes: &[usize]) -> Written<Vec<u8>> {
    let mut writer = LayerWriter::with_threads(Vec::new(), compression, threads(count)).unwrap();
    writer
        .append_empty(NewEntry::new("d", NewKind::Directory, 0o755))
        .unwrap();
    for (number, size) in sizes.iter().enumerate() {
        let entry = NewEntry::new(
            format!("d/{number}"),
            NewKind::File { size: *size as u64 },
            0o644,
        );
        writer.append(entry, &mut &noise(*size)[..]).unwrap();
    }
    writer.finish().unwrap()
}

/// What a program prints for some input.
fn filtered(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("every Debian has gzip and tar");
    let mut stdin = child.stdin.take().expect("it is piped");
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}");
    output.stdout
}

#[test]
fn the_number_of_threads_does_not_reach_the_bytes() {
    for compression in [
        Compression::None,
        Compression::GZIP,
        Compression::Gzip { level: 1 },
        Compression::ZSTD,
    ] {
        let sizes = [5_000_000, 0, 100, 3 << 20];
        let one = layer(compression, 1, &sizes);
        for count in [2, 3, 4, 16] {
            let many = layer(compression, count, &sizes);
            assert!(
                many.sink == one.sink,
                "{compression:?} with {count} threads"
            );
        }
        assert_eq!(one.digest, Digest::of(&one.sink));
        assert_eq!(one.size, one.sink.len() as u64);
        let (index, read) = index_layer(&one.sink[..], &Limits::default()).unwrap();
        assert_eq!(
            (read.diff_id, read.uncompressed_size),
            (one.diff_id, one.uncompressed_size)
        );
        assert_eq!(index, one.index);
    }
}

#[test]
fn the_size_of_writes_does_not_reach_the_bytes() {
    use constrict_oci::layer::Compressor;
    let bytes = noise(6 << 20);
    for compression in [Compression::GZIP, Compression::ZSTD] {
        let compress = |piece: usize| {
            let mut compressor =
                Compressor::with_threads(Vec::new(), compression, threads(2)).unwrap();
            for chunk in bytes.chunks(piece) {
                compressor.write_all(chunk).unwrap();
                compressor.flush().unwrap();
            }
            compressor.finish().unwrap()
        };
        let whole = compress(bytes.len());
        assert!(compress(70_001) == whole, "{compression:?}");
        assert!(compress(1 << 20) == whole, "{compression:?}");
    }
}

#[test]
fn system_gzip_reads_every_length_around_a_chunk() {
    use constrict_oci::layer::Compressor;
    for size in [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (2 << 20) + 5] {
        let bytes = noise(size);
        let mut compressor = Compressor::new(Vec::new(), Compression::GZIP).unwrap();
        compressor.write_all(&bytes).unwrap();
        let blob = compressor.finish().unwrap();
        assert!(filtered("gzip", &["-dc"], &blob) == bytes, "{size}");
    }
}

#[test]
fn incompressible_bytes_survive_every_gzip_level() {
    use constrict_oci::layer::Compressor;
    let mut state = 1_u64;
    let bytes: Vec<u8> = (0..3 << 20)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    for level in 0..=9 {
        let mut compressor = Compressor::new(Vec::new(), Compression::Gzip { level }).unwrap();
        compressor.write_all(&bytes).unwrap();
        let blob = compressor.finish().unwrap();
        let mut decoded = Vec::new();
        let mut reader = constrict_oci::layer::Decompressor::new(&blob[..]).unwrap();
        std::io::Read::read_to_end(&mut reader, &mut decoded).unwrap();
        assert!(decoded == bytes, "level {level}");
    }
}

#[test]
fn system_tar_lists_what_was_written() {
    let long = "long/".repeat(60) + "name";
    let kinds = [
        ("f".to_owned(), NewKind::File { size: 0 }),
        ("é".to_owned(), NewKind::Fifo),
        (
            long.clone(),
            NewKind::Symlink {
                target: long.clone().into_bytes(),
            },
        ),
        (
            "h".to_owned(),
            NewKind::Hardlink {
                target: b"f".to_vec(),
            },
        ),
        ("c".to_owned(), NewKind::CharDevice { major: 1, minor: 3 }),
        ("gone".to_owned(), NewKind::Whiteout),
        ("d".to_owned(), NewKind::Directory),
        ("d".to_owned(), NewKind::Opaque),
    ];
    let mut writer = LayerWriter::new(Vec::new(), Compression::None).unwrap();
    for (path, kind) in kinds {
        let entry = NewEntry {
            uid: 4_000_000,
            gid: 7,
            mtime: -1,
            ..NewEntry::new(path, kind, 0o4755)
        };
        writer.append_empty(entry).unwrap();
    }
    let listing = filtered(
        "tar",
        &[
            "--list",
            "--verbose",
            "--numeric-owner",
            "--utc",
            "--full-time",
            "--quoting-style=literal",
        ],
        &writer.finish().unwrap().sink,
    );
    let listing = String::from_utf8(listing).unwrap();
    let lines: Vec<Vec<&str>> = listing
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let common = ["1969-12-31", "23:59:59"];
    let expected = [
        vec!["-rwsr-xr-x", "4000000/7", "0", common[0], common[1], "f"],
        vec!["prwsr-xr-x", "4000000/7", "0", common[0], common[1], "é"],
        vec![
            "lrwsr-xr-x",
            "4000000/7",
            "0",
            common[0],
            common[1],
            &long,
            "->",
            &long,
        ],
        vec![
            "hrwsr-xr-x",
            "4000000/7",
            "0",
            common[0],
            common[1],
            "h",
            "link",
            "to",
            "f",
        ],
        vec!["crwsr-xr-x", "4000000/7", "1,3", common[0], common[1], "c"],
        vec![
            "-rwsr-xr-x",
            "4000000/7",
            "0",
            common[0],
            common[1],
            ".wh.gone",
        ],
        vec!["drwsr-xr-x", "4000000/7", "0", common[0], common[1], "d/"],
        vec![
            "-rwsr-xr-x",
            "4000000/7",
            "0",
            common[0],
            common[1],
            "d/.wh..wh..opq",
        ],
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_plain_entry_is_one_ustar_block() {
    let mut writer = LayerWriter::new(Vec::new(), Compression::None).unwrap();
    let entry = NewEntry {
        mtime: 1_700_000_000,
        ..NewEntry::new("a/b", NewKind::File { size: 2 }, 0o644)
    };
    writer.append(entry, &mut &b"hi"[..]).unwrap();
    let written = writer.finish().unwrap();
    let mut expected = vec![0; 512 * 4];
    for (at, text) in [
        (0, &b"a/b"[..]),
        (
            100,
            b"0000644\x000000000\x000000000\x0000000000002\x0014524770400\x00",
        ),
        (148, b"007623\0 0"),
        (257, b"ustar\x0000"),
        (329, b"0000000\x000000000\0"),
        (512, b"hi"),
    ] {
        expected[at..at + text.len()].copy_from_slice(text);
    }
    assert!(
        written.sink == expected,
        "{:?}",
        String::from_utf8_lossy(&written.sink)
    );
    assert_eq!(written.index[0].content_offset, Some(512));
    assert_eq!(written.diff_id, written.digest);
}

#[test]
fn files_that_change_while_they_are_read_are_errors() {
    for (content, message) in [
        (&b"12"[..], "`a` was to have 3 bytes but has 2"),
        (b"1234", "`a` was to have 3 bytes but has more"),
        (b"", "`a` was to have 3 bytes but has 0"),
    ] {
        let mut writer = LayerWriter::new(Vec::new(), Compression::GZIP).unwrap();
        let entry = NewEntry::new("a", NewKind::File { size: 3 }, 0o644);
        assert_eq!(
            writer
                .append(entry, &mut &content[..])
                .expect_err("another size")
                .to_string(),
            message
        );
    }
}

#[test]
fn entries_that_a_layer_cannot_hold_are_errors() {
    for (path, kind) in [
        ("a/../b", NewKind::Directory),
        ("/a", NewKind::Directory),
        ("a/", NewKind::Directory),
        ("a/.wh.b", NewKind::Directory),
        (".wh..wh..opq", NewKind::Fifo),
        ("", NewKind::Fifo),
        (
            "l",
            NewKind::Hardlink {
                target: b"../x".to_vec(),
            },
        ),
        ("l", NewKind::Symlink { target: Vec::new() }),
    ] {
        let mut writer = LayerWriter::new(Vec::new(), Compression::None).unwrap();
        let refused = writer.append_empty(NewEntry::new(path, kind, 0o755));
        assert!(matches!(refused, Err(Error::Entry { .. })), "{path}");
    }
}

#[test]
fn a_sink_that_fails_fails_the_layer() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for compression in [Compression::None, Compression::GZIP, Compression::ZSTD] {
        let written = LayerWriter::new(Full, compression).and_then(|mut writer| {
            let entry = NewEntry::new("a", NewKind::File { size: 9 << 20 }, 0o644);
            writer.append(entry, &mut &noise(9 << 20)[..])?;
            writer.finish().map(|_| ())
        });
        assert_eq!(
            written.expect_err("the sink is full").to_string(),
            "cannot write the layer"
        );
    }
}
