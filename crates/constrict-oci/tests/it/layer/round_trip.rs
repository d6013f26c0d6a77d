//! What is written is what is read: any entries, any content, any compression.

use constrict_oci::layer::{
    Compression, LayerWriter, Limits, NewEntry, NewKind, index_layer, index_to_bytes, parse_index,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::raw::{Tar, read};

/// Components of any bytes but NUL and `/`, that mean nothing in a path or a layer.
fn component() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![8 => 1_usize..12, 1 => 90_usize..255];
    length
        .prop_flat_map(|length| vec(any::<u8>(), length))
        .prop_filter_map("means something", |mut name| {
            name.iter_mut()
                .filter(|byte| matches!(byte, 0 | b'/'))
                .for_each(|byte| *byte = b'x');
            let special = name == b"." || name == b".." || name.starts_with(b".wh.");
            (!special).then_some(name)
        })
}

fn path() -> impl Strategy<Value = Vec<u8>> {
    vec(component(), 1..5).prop_map(|components| components.join(&b'/'))
}

fn kind() -> impl Strategy<Value = NewKind> {
    let target = vec(1_u8.., 1..150);
    prop_oneof![
        4 => (0_u64..3000).prop_map(|size| NewKind::File { size }),
        2 => Just(NewKind::Directory),
        1 => target.prop_map(|target| NewKind::Symlink { target }),
        1 => path().prop_map(|target| NewKind::Hardlink { target }),
        1 => any::<(u32, u32)>().prop_map(|(major, minor)| NewKind::CharDevice { major, minor }),
        1 => any::<(u32, u32)>().prop_map(|(major, minor)| NewKind::BlockDevice { major, minor }),
        1 => Just(NewKind::Fifo),
        1 => Just(NewKind::Whiteout),
        1 => Just(NewKind::Opaque),
    ]
}

fn entry() -> impl Strategy<Value = NewEntry> {
    let name = "[a-z.]{1,20}".prop_map(String::into_bytes);
    let xattrs = btree_map(name, vec(any::<u8>(), 0..40), 0..3);
    let mtime = prop_oneof![any::<i32>().prop_map(i64::from), any::<i64>()];
    (
        path(),
        kind(),
        0_u32..0o10000,
        any::<u32>(),
        any::<u32>(),
        mtime,
        xattrs,
    )
        .prop_map(|(path, kind, mode, uid, gid, mtime, xattrs)| {
            // what removes has no attributes
            let removal = matches!(kind, NewKind::Whiteout | NewKind::Opaque);
            let xattrs = if removal { Default::default() } else { xattrs };
            NewEntry {
                path,
                kind,
                mode,
                uid,
                gid,
                mtime,
                xattrs,
            }
        })
}

proptest! {
    #[test]
    fn layers_come_back(entries in vec(entry(), 0..12), method in 0..3) {
        let compression = [Compression::None, Compression::Gzip { level: 1 }, Compression::ZSTD][method as usize];
        let mut writer = LayerWriter::new(Vec::new(), compression).unwrap();
        let content = |entry: &NewEntry| vec![entry.path[0]; entry.size() as usize];
        for entry in &entries {
            writer.append(entry.clone(), &mut &content(entry)[..]).unwrap();
        }
        let written = writer.finish().unwrap();
        let expected: Vec<_> = entries.iter().map(|entry| (entry.clone(), content(entry))).collect();
        prop_assert_eq!(read(&written.sink).unwrap(), expected);
        let (index, found) = index_layer(&written.sink[..], &Limits::default()).unwrap();
        prop_assert_eq!(found.diff_id, written.diff_id);
        prop_assert_eq!(&index, &written.index);
        prop_assert_eq!(parse_index(&index_to_bytes(&index)).unwrap(), index);
    }

    #[test]
    fn any_bytes_never_panic(bytes: Vec<u8>) {
        let _ = read(&bytes);
    }

    #[test]
    fn changed_archives_never_panic_nor_escape(at in 0_usize..3000, byte: u8) {
        let tar = Tar::default()
            .pax(&[("path", b"a/b"), ("GNU.sparse.map", b"0,1"), ("GNU.sparse.size", b"4")])
            .file("short", b"1")
            .link("l", b'1', "a/b")
            .end();
        let mut bytes = tar;
        let at = at % bytes.len();
        bytes[at] = byte;
        for (entry, _) in read(&bytes).unwrap_or_default() {
            prop_assert!(!entry.path.split(|byte| *byte == b'/').any(|part| part == b".." || part == b"."));
        }
    }
}
