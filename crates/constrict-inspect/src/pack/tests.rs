//! What a pack answers of each kind of file, and when it has to be asked of the layer.

use std::fs;

use constrict_oci::layer::{Compression, LayerWriter, NewEntry, NewKind};

use super::{Found, Pack, elf, write};

/// A program of this machine.
fn program() -> Vec<u8> {
    fs::read("/usr/bin/env").expect("every machine has one")
}

fn pack(files: &[(&str, &[u8])]) -> Pack {
    let mut layer = LayerWriter::new(Vec::new(), Compression::GZIP).expect("a layer");
    for (path, content) in files {
        let size = content.len() as u64;
        let entry = NewEntry::new(*path, NewKind::File { size }, 0o644);
        layer.append(entry, &mut &content[..]).expect("it is added");
    }
    let layer = layer.finish().expect("it is finished").sink;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("pack");
    let mut out = fs::File::create(&path).expect("it is created");
    write(layer.as_slice(), &mut out, directory.path()).expect("it is written");
    Pack::open(&path).expect("it is opened")
}

/// How many bytes a pack has, asked for `limit`; -1 if the layer has to be read.
fn known(pack: &Pack, path: &str, limit: usize) -> i64 {
    match pack.read(path.as_bytes(), limit).expect("it is read") {
        Found::Content(content) => content.len() as i64,
        Found::Unknown => -1,
    }
}

#[test]
fn texts_are_kept_whole_and_data_by_its_beginning() {
    let (text, data) = (vec![b'x'; 1000], vec![0; 1000]);
    let pack = pack(&[
        ("app/settings.toml", &text),
        ("app/picture.png", &data),
        ("app/short.png", b"1234"),
        ("app/module.pyc", &data),
        ("app/key.pem", &vec![b'x'; 300 << 10]),
        ("app/words.txt", &vec![b'x'; 300 << 10]),
        ("app/empty", b""),
    ]);
    let rows: Vec<(&str, [i64; 3])> = [
        "app/settings.toml",
        "app/picture.png",
        "app/short.png",
        "app/module.pyc",
        "app/key.pem",
        "app/words.txt",
        "app/empty",
        "app/none",
    ]
    .map(|path| {
        (
            path,
            [16, 64, 1 << 20].map(|limit| known(&pack, path, limit)),
        )
    })
    .into();
    assert_eq!(
        rows,
        [
            ("app/settings.toml", [16, 64, 1000]),
            ("app/picture.png", [16, 64, -1]),
            ("app/short.png", [4, 4, 4]),
            ("app/module.pyc", [16, 64, -1]),
            ("app/key.pem", [16, 64, 300 << 10]),
            ("app/words.txt", [16, 64, -1]),
            ("app/empty", [-1, -1, -1]),
            ("app/none", [-1, -1, -1]),
        ]
    );
}

#[test]
fn of_objects_facts_and_beginning_are_kept_of_loaders_and_interpreters_all() {
    let program = program();
    let length = program.len() as i64;
    let pack = pack(&[
        ("usr/bin/env", &program),
        ("usr/bin/python3.11", &program),
        ("lib/ld-linux-x86-64.so.2", &program),
        ("usr/lib/libbroken.so", b"\x7fELF and nothing else"),
    ]);
    let read = |path| [512, 1 << 24].map(|limit| known(&pack, path, limit));
    assert_eq!(read("usr/bin/env"), [512, -1]);
    assert_eq!(read("usr/bin/python3.11"), [512, length]);
    assert_eq!(read("lib/ld-linux-x86-64.so.2"), [512, length]);
    assert_eq!(read("usr/lib/libbroken.so"), [21, 21]);
    let object = |path: &str| pack.object(path.as_bytes()).expect("it is read");
    let facts = elf(&program.as_slice());
    assert!(facts.is_some());
    assert_eq!(object("usr/bin/env"), facts);
    assert_eq!(object("usr/bin/python3.11"), facts);
    assert_eq!(object("usr/lib/libbroken.so"), None);
}

#[test]
fn a_file_that_is_no_pack_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("pack");
    let mut broken = vec![0xff; 64];
    broken.extend_from_slice(&[0xff; 16]);
    broken.extend_from_slice(super::MAGIC);
    for content in [b"".as_slice(), b"no pack", &[0; 64], &broken] {
        fs::write(&path, content).expect("it is written");
        let error = Pack::open(&path).err().map(|error| error.kind());
        assert_eq!(error, Some(std::io::ErrorKind::InvalidData), "{content:?}");
    }
}
