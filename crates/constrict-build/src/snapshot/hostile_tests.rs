//! Layers that try to write, link, delete or own something outside of their directory, and their harmless twins.
//!
//! Layers that need those below them are put where they go before they are unpacked (`layers`), so that most of this is a
//! second line of defence: the directory handle itself leads nowhere.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use constrict_oci::layer::{Compression, LayerWriter, NewEntry, NewKind};
use constrict_sandbox::{Mode, OWNER_XATTR};
use constrict_testing::LayerTar;

use super::*;

const MODES: [Mode; 3] = [Mode::Root, Mode::SubIds, Mode::SingleId];

/// The directory of a layer, and one beside it that the layer is after.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        // attributes of users need a file system on a disk
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        for name in ["layer", "outside"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let place = Place { folder };
        std::fs::write(place.path("outside/victim"), "precious").unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn outside(&self) -> String {
        self.path("outside").to_str().unwrap().to_string()
    }

    /// Unpacks; what was said if that failed.
    fn unpack(&self, tar: LayerTar, mode: Mode) -> std::result::Result<(), String> {
        let unpacked = unpack_blob(&*tar.build(), &self.path("layer"), mode);
        unpacked.map(drop).map_err(|error| {
            error
                .to_string()
                .replace(&*self.folder.path().to_string_lossy(), "/test")
        })
    }

    /// Nothing of what the layer is after was touched.
    fn untouched(&self, context: &str) {
        let victim = std::fs::metadata(self.path("outside/victim")).unwrap();
        let outside = std::fs::metadata(self.path("outside")).unwrap();
        assert_eq!(
            std::fs::read(self.path("outside/victim")).unwrap(),
            b"precious",
            "{context}"
        );
        assert_eq!(
            (victim.nlink(), victim.mode() & 0o7777),
            (1, 0o644),
            "{context}"
        );
        assert_eq!((victim.uid(), victim.gid()), (0, 0), "{context}");
        assert_eq!(outside.mode() & 0o7777, 0o755, "{context}");
        assert!(victim.mtime() > 1000 && outside.mtime() > 1000, "{context}");
        assert_eq!(
            std::fs::read_dir(self.path("outside")).unwrap().count(),
            1,
            "{context}"
        );
    }
}

fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("skipped: owners are set, which needs root");
    }
    root
}

#[test]
fn privileged_nothing_is_made_or_removed_through_a_link() {
    if !is_root() {
        return;
    }
    let climbing = "../outside";
    for mode in MODES {
        for (what, add) in [
            (
                "file",
                (|tar| tar.file("a/new", 0o644, "x")) as fn(LayerTar) -> LayerTar,
            ),
            ("file over a file", |tar| tar.file("a/victim", 0o600, "x")),
            ("directory", |tar| tar.directory("a/new", 0o700)),
            ("link", |tar| tar.symlink("a/new", "x")),
            ("hard link in it", |tar| {
                tar.file("f", 0o600, "x").hard_link("a/new", "f")
            }),
            ("hard link to it", |tar| tar.hard_link("mine", "a/victim")),
            ("removal", |tar| tar.file("a/.wh.victim", 0o644, "")),
            ("emptying", |tar| tar.file("a/.wh..wh..opq", 0o644, "")),
            ("deeper file", |tar| tar.file("a/b/c/new", 0o644, "x")),
        ] {
            for absolute in [true, false] {
                let place = Place::new();
                let target = if absolute {
                    place.outside()
                } else {
                    climbing.into()
                };
                let context = format!("{what} through a link to {target} ({mode:?})");
                let tar = add(LayerTar::new().symlink("a", &target));
                let error = place.unpack(tar, mode).expect_err(&context);
                let entry = if what == "emptying" {
                    "a`"
                } else if what == "hard link to it" {
                    "mine"
                } else {
                    "a/"
                };
                assert!(
                    error.contains(&format!("/test/layer/{entry}")),
                    "{context}: {error}"
                );
                place.untouched(&context);
            }
        }
    }
}

#[test]
fn privileged_what_takes_the_place_of_a_link_does_not_change_its_target() {
    if !is_root() {
        return;
    }
    for mode in MODES {
        let place = Place::new();
        let file = format!("{}/victim", place.outside());
        let tar = LayerTar::new()
            .symlink("d", &place.outside())
            .directory("d", 0o700)
            .symlink("f", &file)
            .file("f", 0o600, "mine")
            .symlink("l", &file)
            .hard_link("h", "l")
            .file("h", 0o600, "mine");
        assert_eq!(place.unpack(tar, mode), Ok(()));
        place.untouched(&format!("{mode:?}"));
        assert!(place.path("layer/d").symlink_metadata().unwrap().is_dir());
        for name in ["layer/f", "layer/h"] {
            assert_eq!(std::fs::read(place.path(name)).unwrap(), b"mine");
        }
        assert_eq!(
            std::fs::read_link(place.path("layer/l")).unwrap(),
            Path::new(&file)
        );
    }
}

#[test]
fn privileged_a_directory_that_a_link_takes_the_place_of_is_not_left_through_it() {
    if !is_root() {
        return;
    }
    for mode in MODES {
        let place = Place::new();
        let outside = place.outside();
        let full = LayerTar::new()
            .directory("d", 0o755)
            .file("d/x", 0o644, "")
            .symlink("d", &outside);
        assert!(place.unpack(full.file("d/new", 0o644, "x"), mode).is_err());
        place.untouched("full");
        let place = Place::new();
        let empty = LayerTar::new().directory("d", 0o755).symlink("d", &outside);
        assert!(place.unpack(empty.file("d/new", 0o644, "x"), mode).is_err());
        place.untouched("empty");
    }
}

#[test]
fn privileged_hard_links_are_to_files_of_the_layer() {
    if !is_root() {
        return;
    }
    // both are there, from where this process is and from the root of the host
    assert!(Path::new("Cargo.toml").exists() && Path::new("/etc/passwd").exists());
    for target in ["Cargo.toml", "./Cargo.toml", "/etc/passwd", "proc/self/exe"] {
        let place = Place::new();
        let error = place.unpack(LayerTar::new().hard_link("l", target), Mode::Root);
        assert_eq!(
            error,
            Err("cannot unpack `/test/layer/l`".into()),
            "{target}"
        );
    }
    // absolute ones are meant from the layer's root
    let place = Place::new();
    let tar = LayerTar::new()
        .file("etc/passwd", 0o644, "of the layer")
        .hard_link("l", "/etc/passwd");
    assert_eq!(place.unpack(tar, Mode::Root), Ok(()));
    assert_eq!(
        std::fs::read(place.path("layer/l")).unwrap(),
        b"of the layer"
    );
}

#[test]
fn privileged_of_entries_with_one_name_the_last_counts() {
    if !is_root() {
        return;
    }
    for mode in MODES {
        let place = Place::new();
        let tar = LayerTar::new()
            .file("a", 0o644, "first")
            .hard_link("b", "a")
            .file("a", 0o600, "second")
            .directory("c", 0o700)
            .file("c/x", 0o644, "x")
            .directory("c", 0o711)
            .symlink("d", "a")
            .file("d", 0o644, "third");
        assert_eq!(place.unpack(tar, mode), Ok(()));
        let read =
            |name: &str| String::from_utf8(std::fs::read(place.path(name)).unwrap()).unwrap();
        let found = ["layer/a", "layer/b", "layer/c/x", "layer/d"].map(read);
        assert_eq!(found, ["second", "first", "x", "third"]);
        let c = std::fs::metadata(place.path("layer/c")).unwrap();
        assert_eq!(c.permissions().mode() & 0o7777, 0o711);
    }
}

#[test]
fn privileged_attributes_of_the_host_stay_in_the_index() {
    if !is_root() {
        return;
    }
    let names = [
        "trusted.overlay.opaque",
        "trusted.overlay.redirect",
        "trusted.overlay.metacopy",
        "user.overlay.opaque",
        "user.overlay.redirect",
        "user.overlay.whiteout",
        "user.constrict.owner",
        "security.selinux",
        "security.ima",
        "security.capability",
        "user.mine",
    ];
    // a capability set that the kernel takes: CAP_NET_RAW, permitted and effective
    let capability = [
        1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]
    .to_vec();
    let value = |name: &str| match name {
        "security.capability" => capability.clone(),
        _ => b"y".to_vec(),
    };
    let xattrs: BTreeMap<Vec<u8>, Vec<u8>> = names
        .iter()
        .map(|name| (name.as_bytes().to_vec(), value(name)))
        .collect();
    let mut layer = LayerWriter::new(Vec::new(), Compression::None).unwrap();
    for (name, kind) in [("d", NewKind::Directory), ("f", NewKind::File { size: 0 })] {
        let mut entry = NewEntry::new(name, kind, 0o755);
        entry.xattrs = xattrs.clone();
        layer.append(entry, &mut std::io::empty()).unwrap();
    }
    let tar = layer.finish().unwrap().sink;
    for mode in MODES {
        let place = Place::new();
        let (index, _) = unpack_blob(&*tar, &place.path("layer"), mode).unwrap();
        assert!(index.iter().all(|indexed| indexed.entry.xattrs == xattrs));
        let on_disk = |file: &str| -> Vec<&str> {
            let has =
                |name: &&str| rustix::fs::lgetxattr(place.path(file), *name, &mut [0; 64]).is_ok();
            names.iter().filter(|name| has(name)).copied().collect()
        };
        assert_eq!(on_disk("layer/f"), ["security.capability", "user.mine"]);
        assert!(!on_disk("layer/d").contains(&"trusted.overlay.opaque"));
        assert!(rustix::fs::lgetxattr(place.path("layer/f"), OWNER_XATTR, &mut [0; 64]).is_err());
    }
}

#[test]
fn privileged_paths_as_long_as_the_kernel_takes_are_made() {
    if !is_root() {
        return;
    }
    let unpack = |length: usize| {
        let place = Place::new();
        let path = ["d/".repeat(length / 2 - 1), "f".repeat(2 - length % 2)].concat();
        let mut layer = LayerWriter::new(Vec::new(), Compression::None).unwrap();
        let entry = NewEntry::new(path.as_str(), NewKind::File { size: 2 }, 0o644);
        layer.append(entry, &mut &b"ok"[..]).unwrap();
        let tar = layer.finish().unwrap().sink;
        let unpacked = unpack_blob(&*tar, &place.path("layer"), Mode::Root);
        constrict_sandbox::remove_tree(&place.path("layer")).unwrap();
        unpacked.map(drop).map_err(|error| {
            let cause = std::error::Error::source(&error).unwrap().to_string();
            format!("{cause} {}", error.to_string().len() > 4096)
        })
    };
    assert_eq!(unpack(4000), Ok(()));
    // the name of the entry is told, however long it is
    assert_eq!(
        unpack(1_000_000),
        Err("File name too long (os error 36) true".into())
    );
}
