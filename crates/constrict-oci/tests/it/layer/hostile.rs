//! Layers that try to reach out of the root, to confuse or to exhaust; and their harmless twins, which must work.

use constrict_oci::Error;
use constrict_oci::layer::{Limits, NewKind};

use super::raw::{Tar, read, read_with};

fn error(tar: Tar) -> String {
    read(&tar.end())
        .expect_err("the layer is refused")
        .to_string()
}

fn paths(tar: Tar) -> Vec<String> {
    let entries = read(&tar.end()).expect("the layer is read");
    entries
        .into_iter()
        .map(|(entry, _)| String::from_utf8(entry.path).expect("UTF-8"))
        .collect()
}

#[test]
fn names_that_are_no_path_in_the_root_are_refused() {
    for (name, fault) in [
        ("../x", "climbs out of the root"),
        ("/../x", "climbs out of the root"),
        ("a/../../x", "climbs out of the root"),
        ("./../x", "climbs out of the root"),
        ("..", "climbs out of the root"),
        ("", "has an empty name"),
        (".wh.", "removes no path"),
        (".wh..", "removes no path"),
        (".wh...", "removes no path"),
        ("a/.wh...", "removes no path"),
        ("../.wh.x", "climbs out of the root"),
        ("../.wh..wh..opq", "climbs out of the root"),
        (".wh.a/b", "is below a removal"),
        (".", "is the root but not a directory"),
    ] {
        assert_eq!(
            error(Tar::default().file(name, b"")),
            format!("the layer's entry `{name}` {fault}")
        );
    }
}

#[test]
fn nul_in_a_pax_name_or_target_is_refused() {
    let tar = Tar::default().pax(&[("path", b"a\0b")]).file("x", b"");
    assert_eq!(
        error(tar),
        r"the layer's entry `a\0b` has a NUL byte in its name"
    );
    let tar = Tar::default()
        .pax(&[("linkpath", b"a\0b")])
        .link("l", b'2', "t");
    assert_eq!(
        error(tar),
        "the layer's entry `l` is a symbolic link with a NUL byte in its target"
    );
    let tar = Tar::default()
        .pax(&[("linkpath", b"a\0b")])
        .link("l", b'1', "t");
    assert_eq!(
        error(tar),
        "the layer's entry `l` is a hard link to a path with a NUL byte"
    );
}

#[test]
fn hard_links_out_of_the_root_are_refused() {
    for target in [
        "../x",
        "/../x",
        "a/../../x",
        "../../proc/self/root/etc/shadow",
    ] {
        let expected = "the layer's entry `l` is a hard link to a path outside the root";
        assert_eq!(error(Tar::default().link("l", b'1', target)), expected);
    }
    assert_eq!(
        error(Tar::default().link("l", b'1', "")),
        "the layer's entry `l` is a hard link to nothing"
    );
    assert_eq!(
        error(Tar::default().link("l", b'1', "/")),
        "the layer's entry `l` is a hard link to the root"
    );
    assert_eq!(
        error(Tar::default().link("l", b'2', "")),
        "the layer's entry `l` is a symbolic link to nothing"
    );
}

#[test]
fn absolute_hard_links_and_climbing_symlinks_are_kept() {
    let tar = Tar::default()
        .link("a/l", b'1', "/etc//x/")
        .link("a/s", b'2', "../../../x")
        .link("b", b'2', "/run");
    let kinds: Vec<NewKind> = read(&tar.end())
        .unwrap()
        .into_iter()
        .map(|(entry, _)| entry.kind)
        .collect();
    assert_eq!(
        kinds,
        [
            NewKind::Hardlink {
                target: b"etc/x".to_vec()
            },
            NewKind::Symlink {
                target: b"../../../x".to_vec()
            },
            NewKind::Symlink {
                target: b"/run".to_vec()
            },
        ]
    );
}

#[test]
fn prefixes_and_absolute_names_are_relative_to_the_root() {
    let tar = Tar::default()
        .file("./a", b"")
        .file("/b", b"")
        .file("c//d/./e", b"")
        .file("f/../g", b"");
    assert_eq!(paths(tar), ["a", "b", "c/d/e", "g"]);
    let tar = Tar::default()
        .member(b"./", b'5', b"", |_| {})
        .member(b"/", b'5', b"", |_| {});
    assert_eq!(paths(tar), ["", ""]);
}

#[test]
fn removals_are_named_by_what_they_remove() {
    let tar = Tar::default()
        .file("a/.wh.b", b"")
        .file(".wh..wh..opq", b"")
        .file("a/.wh..wh..opq", b"")
        .file(".wh..wh.plnk/1.2", b"x")
        .file(".wh..wh.aufs", b"")
        .file("a/.wh....", b"");
    let found: Vec<_> = read(&tar.end())
        .unwrap()
        .into_iter()
        .map(|(entry, _)| (entry.path, entry.kind))
        .collect();
    assert_eq!(
        found,
        [
            (b"a/b".to_vec(), NewKind::Whiteout),
            (b"".to_vec(), NewKind::Opaque),
            (b"a".to_vec(), NewKind::Opaque),
            (b"a/...".to_vec(), NewKind::Whiteout),
        ]
    );
}

#[test]
fn duplicates_come_in_order() {
    let tar = Tar::default()
        .file("a", b"1")
        .link("a", b'2', "b")
        .file("a", b"2");
    assert_eq!(paths(tar), ["a", "a", "a"]);
}

#[test]
fn damaged_archives_are_refused() {
    let good = Tar::default().file("a", b"content").end();
    let cut_in_content = &good[..600];
    let cut_in_header = &good[..100];
    let mut bad_sum = good.clone();
    bad_sum[0] = b'b';
    let after_zeros = [vec![0; 512], good.clone()].concat();
    let not_octal = Tar::default()
        .member(b"a", b'0', b"", |block| {
            block[108..111].copy_from_slice(b"9zz")
        })
        .end();
    let negative = Tar::default()
        .member(b"a", b'0', b"", |block| block[124..136].fill(0xff))
        .end();
    let huge = Tar::default().member(b"a", b'0', b"", |block| {
        block[124..136].copy_from_slice(b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff");
    });
    let typeflag = Tar::default().member(b"a", b'Z', b"", |_| {}).end();
    for (bytes, message) in [
        (
            cut_in_content,
            "the layer is not a valid tar archive: it ends within an entry's content at byte 600",
        ),
        (
            cut_in_header,
            "the layer is not a valid tar archive: it ends within a block at byte 0",
        ),
        (
            &bad_sum,
            "the layer is not a valid tar archive: a header's checksum does not match at byte 512",
        ),
        (
            &after_zeros,
            "the layer is not a valid tar archive: an entry follows a block of zeros at byte 1024",
        ),
        (
            &not_octal,
            "the layer is not a valid tar archive: a field is not an octal number at byte 512",
        ),
        (
            &negative,
            "the layer is not a valid tar archive: a size is out of range at byte 512",
        ),
        (
            &huge.end(),
            "the layer is not a valid tar archive: a size is out of range at byte 512",
        ),
        (
            &typeflag,
            "the layer's entry `a` has a type that layers do not have",
        ),
    ] {
        let mut ignore = |_, _: &mut dyn std::io::Read| Ok::<(), Error>(());
        let found = constrict_oci::layer::read_layer(bytes, &Limits::default(), &mut ignore);
        assert_eq!(
            found.expect_err("the layer is refused").to_string(),
            message
        );
    }
}

#[test]
fn owners_of_more_than_32_bits_are_refused() {
    let tar = Tar::default().pax(&[("uid", b"4294967296")]).file("a", b"");
    assert_eq!(
        error(tar),
        "the layer is not a valid tar archive: an owner is not a number of 32 bits at byte 1536"
    );
    let tar = Tar::default().pax(&[("uid", b"-1")]).file("a", b"");
    assert_eq!(
        error(tar),
        "the layer is not a valid tar archive: a pax record is not a number in its range at byte 1536"
    );
}

#[test]
fn limits_hold_before_content_is_read() {
    let tar = Tar::default().file("a", &[0; 4096]).file("b", b"").end();
    let limits = |entries, bytes| Limits { entries, bytes };
    let message = |limits| read_with(&tar, &limits).expect_err("too large").to_string();
    assert_eq!(
        message(limits(1, 1 << 20)),
        "the layer has more than 1 entries"
    );
    assert_eq!(
        message(limits(9, 4000)),
        "the layer has more than 4000 bytes"
    );
    assert!(read_with(&tar, &limits(2, tar.len() as u64)).is_ok());
}

#[test]
fn a_sparse_bomb_counts_as_what_it_unfolds_to() {
    let records: [(&str, &[u8]); 3] = [
        ("GNU.sparse.size", b"4611686018427387904"),
        ("GNU.sparse.numblocks", b"0"),
        ("GNU.sparse.map", b"0,0"),
    ];
    let tar = Tar::default().pax(&records).file("a", b"").end();
    let found = read(&tar).expect_err("too large");
    assert_eq!(
        found.to_string(),
        "the layer has more than 1099511627776 bytes"
    );
}

#[test]
fn endless_extensions_and_trailing_zeros_are_bounded() {
    let mut tar = Tar::default();
    for _ in 0..20 {
        tar = tar.pax(&[("comment", b"x")]);
    }
    let limits = Limits {
        entries: 10,
        bytes: 4096,
    };
    let found = read_with(&tar.0, &limits)
        .expect_err("too large")
        .to_string();
    assert_eq!(found, "the layer has more than 4096 bytes");
    let mut trailing = Tar::default().file("a", b"").end();
    trailing.resize(10_000, 0);
    let found = read_with(&trailing, &limits)
        .expect_err("too large")
        .to_string();
    assert_eq!(found, "the layer has more than 4096 bytes");
}

#[test]
fn extensions_of_more_than_1_mib_are_refused() {
    let tar = Tar::default().member(b"x", b'L', &vec![b'a'; (1 << 20) + 1], |_| {});
    let expected =
        "the layer is not a valid tar archive: a header extension is larger than 1 MiB at byte 512";
    assert_eq!(error(tar), expected);
}

#[test]
fn sparse_maps_that_lie_are_refused() {
    for map in [
        "0,5,3,5",
        "9,5",
        "0",
        "x,1",
        "0,4",
        "18446744073709551615,5",
    ] {
        let records: [(&str, &[u8]); 2] = [
            ("GNU.sparse.size", b"10"),
            ("GNU.sparse.map", map.as_bytes()),
        ];
        let found = error(Tar::default().pax(&records).file("a", b"12345"));
        assert!(
            found.contains("a sparse file's map is malformed"),
            "{map}: {found}"
        );
    }
}

/// The same blocks over and over.
struct Repeated {
    blocks: Vec<u8>,
    at: usize,
    left: usize,
}

impl std::io::Read for Repeated {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(self.left).min(self.blocks.len() - self.at);
        buffer[..length].copy_from_slice(&self.blocks[self.at..self.at + length]);
        self.at = (self.at + length) % self.blocks.len();
        self.left -= length;
        Ok(length)
    }
}

#[test]
fn a_million_entries_are_read() {
    let blocks = Tar::default().file("a", b"").0;
    let left = blocks.len() * 1_000_000;
    let tar = Repeated {
        blocks,
        at: 0,
        left,
    };
    let mut entries = 0;
    let mut count = |_, _: &mut dyn std::io::Read| {
        entries += 1;
        Ok::<(), Error>(())
    };
    constrict_oci::layer::read_layer(tar, &Limits::default(), &mut count).expect("it is read");
    assert_eq!(entries, 1_000_000);
}

#[test]
fn a_decompression_bomb_ends_at_the_limit() {
    let limits = Limits {
        entries: 9,
        bytes: 1 << 20,
    };
    let tar = Tar::default().file("a", &vec![0; 8 << 20]).end();
    let zstd = zstd::encode_all(&tar[..], 19).expect("memory takes all");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut gzip, &tar).expect("memory takes all");
    for bomb in [zstd, gzip.finish().expect("memory takes all")] {
        assert!(bomb.len() < 20_000, "{}", bomb.len());
        let found = read_with(&bomb, &limits).expect_err("too large");
        assert_eq!(found.to_string(), "the layer has more than 1048576 bytes");
    }
}
