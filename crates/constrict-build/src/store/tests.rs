//! Stores that several processes share, and what becomes of damage.

use constrict_oci::layer::{Compression, LayerWriter, NewEntry, NewKind};
use constrict_oci::{Descriptor, Digest, Reference};

use super::*;

fn open(root: &Path) -> Store {
    Store::open(root, "root").unwrap()
}

fn record(number: u8) -> LayerRecord {
    let blob = Descriptor::new(Compression::GZIP.media_type(), Digest::of(&[number, 1]), 1);
    LayerRecord {
        diff_id: Digest::of(&[number]),
        blobs: vec![blob],
        origin: None,
    }
}

/// The files in `tmp/` that are no session's lock.
fn temporary_files(root: &Path) -> Vec<String> {
    std::fs::read_dir(root.join("tmp"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".lock"))
        .collect()
}

#[test]
fn two_open_stores_see_what_each_other_writes() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (open(folder.path()), open(folder.path()));
    let digest = one.write_blob(b"hello").unwrap();
    assert_eq!(other.read_blob(&digest).unwrap(), b"hello");
    assert_eq!(other.write_blob(b"hello").unwrap(), digest);
    one.write_layer_record(&record(1)).unwrap();
    assert_eq!(
        other.layer_record(&Digest::of(&[1])).unwrap(),
        Some(record(1))
    );
    assert_ne!(one.temporary("x"), other.temporary("x"));
    assert_ne!(one.temporary("x"), one.temporary("x"));
    assert_eq!(temporary_files(folder.path()), [""; 0]);
}

#[test]
fn blobs_of_a_layer_add_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let first = record(1);
    let second = LayerRecord {
        blobs: record(2).blobs,
        origin: Some("docker.io/library/x".into()),
        ..record(1)
    };
    for written in [&first, &second, &first] {
        store.write_layer_record(written).unwrap();
    }
    let expected = LayerRecord {
        blobs: [first.blobs.clone(), second.blobs.clone()].concat(),
        ..second
    };
    assert_eq!(store.layer_record(&first.diff_id).unwrap(), Some(expected));
}

#[test]
fn a_cache_record_is_worth_as_much_as_its_layer() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let key = Digest::of(b"key");
    let diff_id = record(1).diff_id;
    store
        .write_cache_record(&key, &CacheRecord { diff_id })
        .unwrap();
    let known = || {
        store
            .cache_record(&key)
            .unwrap()
            .map(|record| record.diff_id)
    };
    assert_eq!(known(), None);
    store.write_layer_record(&record(1)).unwrap();
    assert_eq!(known(), Some(diff_id));
    std::fs::remove_file(folder.path().join("layers").join(diff_id.hex())).unwrap();
    assert_eq!(known(), None);
    assert!(store.cache_record(&Digest::of(b"other")).unwrap().is_none());
    // a record that is no JSON is none
    store.write_layer_record(&record(1)).unwrap();
    std::fs::write(folder.path().join("cache").join(key.hex()), "{").unwrap();
    assert_eq!(known(), None);
}

#[test]
fn a_damaged_index_is_forgotten_so_that_it_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut layer = LayerWriter::new(Vec::new(), Compression::None).unwrap();
    let entry = NewEntry::new("file", NewKind::File { size: 2 }, 0o644);
    layer.append(entry, &mut &b"hi"[..]).unwrap();
    let written = layer.finish().unwrap();
    let path = folder.path().join("indexes").join(written.diff_id.hex());
    let store = open(folder.path());
    assert!(store.layer_index(&written.diff_id).unwrap().is_none());
    store
        .write_layer_index(&written.diff_id, &written.index)
        .unwrap();
    let whole = std::fs::read(&path).unwrap();
    for damage in [
        &b""[..],
        b"nonsense",
        &whole[..whole.len() - 1],
        &whole[1..],
    ] {
        std::fs::write(&path, damage).unwrap();
        // another process, which has nothing in memory
        let store = open(folder.path());
        assert!(
            store.layer_index(&written.diff_id).unwrap().is_none(),
            "{damage:?}"
        );
        assert!(!path.exists());
    }
    store
        .write_layer_index(&written.diff_id, &written.index)
        .unwrap();
    let index = store.layer_index(&written.diff_id).unwrap().unwrap();
    assert_eq!(
        index.entries().map(|entry| entry.path).collect::<Vec<_>>(),
        [b"file"]
    );
    assert_eq!(std::fs::read(&path).unwrap(), whole);
}

#[test]
fn a_store_of_another_layout_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("version"), "99\n").unwrap();
    let error = Store::open(folder.path(), "root").unwrap_err();
    let expected = format!(
        "the store `{}` has layout 99; this constrict reads layout 1",
        folder.path().display()
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn names_stand_for_the_image_that_was_set_last() {
    let folder = tempfile::tempdir().unwrap();
    let (store, other) = (open(folder.path()), open(folder.path()));
    let name = |text: &str| Reference::parse(text).unwrap().or_latest();
    let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
    for (text, manifest) in [
        ("b:1", one),
        ("a", one),
        ("localhost:5000/x/y:z", two),
        ("b:1", two),
    ] {
        store.set_tag(&name(text), &manifest).unwrap();
    }
    let tags: Vec<_> = other
        .tags()
        .unwrap()
        .into_iter()
        .map(|tag| (tag.reference, tag.manifest))
        .collect();
    assert_eq!(
        tags,
        [
            ("docker.io/library/a:latest".to_string(), one),
            ("docker.io/library/b:1".into(), two),
            ("localhost:5000/x/y:z".into(), two),
        ]
    );
    assert_eq!(
        other
            .tag(&name("docker.io/library/a"))
            .unwrap()
            .unwrap()
            .manifest,
        one
    );
    assert!(other.remove_tag(&name("a")).unwrap());
    assert!(!store.remove_tag(&name("a")).unwrap());
    assert!(store.tag(&name("a")).unwrap().is_none());
}

#[test]
fn images_are_remembered_without_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mut digests = [b"1", b"2", b"3"].map(|text| Digest::of(text));
    for digest in digests.iter().chain(&digests) {
        store.add_image(digest).unwrap();
    }
    digests.sort();
    assert_eq!(store.images().unwrap(), digests);
    store.remove_image(&digests[1]).unwrap();
    assert_eq!(store.images().unwrap(), [digests[0], digests[2]]);
    let error = store.remove_image(&digests[1]).unwrap_err();
    assert!(matches!(error, Error::Io { act: "delete", .. }), "{error}");
}

#[test]
fn locks_keep_others_out_until_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (open(folder.path()), open(folder.path()));
    let (first, number) = one.lock_first_free("mount").unwrap();
    assert_eq!(number, 0);
    let (_second, number) = other.lock_first_free("mount").unwrap();
    assert_eq!(number, 1);
    drop(first);
    assert_eq!(other.lock_first_free("mount").unwrap().1, 0);

    let held = one.lock("key").unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let _lock = other.lock("key").unwrap();
            done.load(Ordering::SeqCst)
        });
        std::thread::sleep(std::time::Duration::from_millis(50));
        done.store(true, Ordering::SeqCst);
        drop(held);
        assert!(
            waiting.join().unwrap(),
            "the lock was given while it was held"
        );
    });
    let (_a, _b) = (
        one.lock_shared("shared").unwrap(),
        other.lock_shared("shared").unwrap(),
    );
}

#[test]
fn differences_name_what_changed_came_and_went() {
    let list = |parts: &[(&str, &str)]| -> Vec<Component> {
        let part = |(name, value): &(&str, &str)| Component {
            name: name.to_string(),
            value: value.to_string(),
        };
        parts.iter().map(part).collect()
    };
    let old = list(&[("`a`", "1"), ("`b`", "1"), ("`c`", "1")]);
    let new = list(&[("`a`", "1"), ("`b`", "2"), ("`d`", "1")]);
    assert_eq!(
        differences(&old, &new),
        ["`b` changed", "`d` is new", "`c` is gone"]
    );
    assert_eq!(differences(&old, &old), [""; 0]);
}

#[test]
fn the_place_of_the_store_is_the_users_choice() {
    let place = |set: &[(&str, &str)]| {
        let find = |name: &str| {
            set.iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| value.to_string())
        };
        Store::default_path(&find)
    };
    for (set, expected) in [
        (
            &[
                ("CONSTRICT_STORE", "/s"),
                ("XDG_DATA_HOME", "/d"),
                ("HOME", "/h"),
            ][..],
            "/s",
        ),
        (
            &[
                ("CONSTRICT_STORE", ""),
                ("XDG_DATA_HOME", "/d"),
                ("HOME", "/h"),
            ],
            "/d/constrict",
        ),
        (
            &[("XDG_DATA_HOME", ""), ("HOME", "/h")],
            "/h/.local/share/constrict",
        ),
        (&[], "/.local/share/constrict"),
    ] {
        assert_eq!(place(set), Path::new(expected));
    }
}

#[test]
fn others_cannot_enter_the_store() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    // also where somebody made the directory before
    std::fs::create_dir(folder.path().join("made")).unwrap();
    for root in [folder.path().join("made"), folder.path().join("new")] {
        let store = Store::open(&root, "root").unwrap();
        let mode = std::fs::metadata(&root).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{root:?}");
        for entry in std::fs::read_dir(store.root()).unwrap() {
            let entry = entry.unwrap();
            let meta = entry.metadata().unwrap();
            if meta.is_dir() {
                assert_eq!(meta.permissions().mode() & 0o077, 0, "{:?}", entry.path());
            }
        }
    }
}
