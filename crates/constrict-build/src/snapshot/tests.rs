//! Changes of an upper directory, and times that are reset.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use constrict_oci::layer::{NewEntry, NewKind};
use constrict_sandbox::{Mode, RecordedOwner};
use rustix::fs::{FileType, XattrFlags};

use super::*;
use crate::tree::Tree;
use crate::tree::tests::tree;

fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("skipped: not root");
    }
    root
}

fn set_time(path: &Path, seconds: i64) {
    let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
    rustix::fs::utimensat(rustix::fs::CWD, path, &disk::times(seconds), flags).unwrap();
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// One line for each change: what, path, mode.
fn listing(upper: &Path, below: &Tree) -> Vec<String> {
    let owners = Owners {
        mode: Mode::Root,
        recorded: &[],
        user: (0, 0),
    };
    changes(upper, below, &owners)
        .unwrap()
        .into_iter()
        .map(|change| show(&change.entry))
        .collect()
}

fn show(entry: &NewEntry) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let what = match &entry.kind {
        NewKind::File { size } => format!("file {size}"),
        NewKind::Directory => "dir".into(),
        NewKind::Symlink { target } => format!("-> {}", text(target)),
        NewKind::Hardlink { target } => format!("= {}", text(target)),
        NewKind::CharDevice { major, minor } => format!("char {major}:{minor}"),
        NewKind::Fifo => "fifo".into(),
        NewKind::Whiteout => return format!("{} removed", text(&entry.path)),
        NewKind::Opaque => return format!("{} emptied", text(&entry.path)),
        other => format!("{other:?}"),
    };
    format!("{} {what} {:o}", text(&entry.path), entry.mode)
}

#[test]
fn plain_files_are_changes_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    std::fs::create_dir_all(at("d/empty")).unwrap();
    std::fs::write(at("d/file"), "hello").unwrap();
    std::fs::hard_link(at("d/file"), at("d/also")).unwrap();
    std::os::unix::fs::symlink("/any where", at("link")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), FileType::Fifo, 0o600.into(), 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    std::fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"\xff")), "").unwrap();
    for (path, mode) in [
        ("d", 0o2750),
        ("d/empty", 0o755),
        ("d/file", 0o4711),
        ("pipe", 0o640),
    ] {
        set_mode(&at(path), mode);
    }
    set_mode(
        &folder.path().join(std::ffi::OsStr::from_bytes(b"\xff")),
        0o644,
    );
    assert_eq!(
        listing(folder.path(), &Tree::default()),
        [
            "d dir 2750",
            "d/also file 5 4711",
            "d/empty dir 755",
            "link -> /any where 777",
            "pipe fifo 640",
            "\u{fffd} file 0 644",
            "d/file = d/also 4711",
        ]
    );
}

#[test]
fn an_empty_upper_directory_is_no_change() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(listing(folder.path(), &Tree::default()), [""; 0]);
}

fn whiteout(path: &Path) {
    rustix::fs::mknodat(
        rustix::fs::CWD,
        path,
        FileType::CharacterDevice,
        0o000.into(),
        0,
    )
    .unwrap();
}

#[test]
fn privileged_whiteouts_count_for_what_was_there() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    std::fs::create_dir(at("d")).unwrap();
    for path in ["gone", "d/gone", "never-was", "d/never-was"] {
        whiteout(&at(path));
    }
    let dev = rustix::fs::makedev(1, 3);
    rustix::fs::mknodat(
        rustix::fs::CWD,
        at("null"),
        FileType::CharacterDevice,
        0o666.into(),
        dev,
    )
    .unwrap();
    set_mode(&at("null"), 0o666);
    let below = tree(&[vec!["d d", "f d/gone", "d gone", "f gone/deep"]]);
    assert_eq!(
        listing(folder.path(), &below),
        [
            "d dir 755",
            "d/gone removed",
            "gone removed",
            "null char 1:3 666"
        ]
    );
}

#[test]
fn privileged_a_directory_made_anew_is_opaque() {
    if !is_root() {
        return;
    }
    // trusted attributes need a file system that has them
    let folder = tempfile::tempdir_in("/var/tmp").unwrap();
    let at = |path: &str| folder.path().join(path);
    for path in ["was", "is-new", "was-file", "plain"] {
        std::fs::create_dir(at(path)).unwrap();
        if path != "plain" {
            let name = Mode::Root.opaque_xattr();
            rustix::fs::setxattr(at(path), name, b"y", XattrFlags::empty()).unwrap();
        }
    }
    std::fs::write(at("was/file"), "").unwrap();
    let below = tree(&[vec!["d was", "f was/old", "f was-file", "d plain"]]);
    assert_eq!(
        listing(folder.path(), &below),
        [
            "is-new dir 755",
            "plain dir 755",
            "was dir 755",
            "was emptied",
            "was-file dir 755",
            "was/file file 0 644",
        ]
    );
}

#[test]
fn without_chown_owners_are_recorded_kept_or_the_users() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["asked", "known", "changed-type", "new"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    let below = tree(&[vec!["f known", "d changed-type"]]);
    let recorded = [3, 4].map(|id| RecordedOwner {
        path: PathBuf::from("/asked"),
        uid: id,
        gid: id,
    });
    let owners = Owners {
        mode: Mode::SingleId,
        recorded: &recorded,
        user: (33, 34),
    };
    let found: Vec<_> = changes(folder.path(), &below, &owners)
        .unwrap()
        .into_iter()
        .map(|change| {
            let path = String::from_utf8(change.entry.path).unwrap();
            (path, change.entry.uid, change.entry.gid)
        })
        .collect();
    let expected = [
        ("asked", 4, 4),
        ("changed-type", 33, 34),
        ("known", 0, 0),
        ("new", 33, 34),
    ];
    assert_eq!(
        found,
        expected.map(|(path, uid, gid)| (path.to_string(), uid, gid))
    );
}

/// A `.pyc` with these flags and this time of its source.
fn bytecode(flags: u32, time: u32) -> Vec<u8> {
    let mut content = vec![0xa7, 0x0d, b'\r', b'\n'];
    content.extend(flags.to_le_bytes());
    content.extend(time.to_le_bytes());
    content.extend(*b"sizecode");
    content
}

#[test]
fn times_since_the_start_become_the_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    std::fs::create_dir_all(at("old-dir/new-dir")).unwrap();
    for name in ["old", "new", "first", "old-dir/new-dir/deep"] {
        std::fs::write(at(name), "").unwrap();
    }
    std::os::unix::fs::symlink("old", at("link")).unwrap();
    let (since, epoch) = (5000, 1000);
    for (path, time) in [
        ("old", 4999),
        ("first", 5000),
        ("new", 6000),
        ("link", 6000),
        ("old-dir/new-dir/deep", 7000),
        ("old-dir/new-dir", 7000),
        ("old-dir", 10),
    ] {
        set_time(&at(path), time);
    }
    reset_times(folder.path(), since, epoch).unwrap();
    for (path, expected) in [
        ("", 1000),
        ("old", 4999),
        ("first", 1000),
        ("new", 1000),
        ("link", 1000),
        ("old-dir/new-dir/deep", 1000),
        ("old-dir/new-dir", 1000),
        ("old-dir", 10),
    ] {
        let found = at(path).symlink_metadata().unwrap().mtime();
        assert_eq!(found, expected, "{path}");
    }
}

#[test]
fn bytecode_learns_of_the_new_time_of_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let (since, epoch) = (5000, 1000);
    let mut short = bytecode(0, 6000);
    short.truncate(15);
    let mut other = bytecode(0, 6000);
    other[2] = 0;
    for (name, before, after) in [
        ("made.pyc", bytecode(0, 6000), bytecode(0, 1000)),
        ("border.pyc", bytecode(0, 5000), bytecode(0, 1000)),
        ("older.pyc", bytecode(0, 4999), bytecode(0, 4999)),
        // PEP 552: with flags there is a hash in the time's place
        ("hashed.pyc", bytecode(1, 6000), bytecode(1, 6000)),
        ("checked.pyc", bytecode(3, 6000), bytecode(3, 6000)),
        ("short.pyc", short.clone(), short),
        ("other.pyc", other.clone(), other),
        ("empty.pyc", vec![], vec![]),
        ("made.py", bytecode(0, 6000), bytecode(0, 6000)),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, before).unwrap();
        set_mode(&path, 0o600);
        set_time(&path, 6000);
        reset_times(folder.path(), since, epoch).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), after, "{name}");
        let meta = path.metadata().unwrap();
        assert_eq!(
            (meta.mtime(), meta.mode() & 0o7777),
            (1000, 0o600),
            "{name}"
        );
    }
}
