//! The build context: what is hidden, what is the same as the last time.

use std::time::Duration;

use super::*;

fn digest(folder: &Path, cache: &Path) -> Digest {
    let directory = Directory::open(folder, "the build context").unwrap();
    directory
        .with_stat_cache(cache.into())
        .digest(b"file")
        .unwrap()
}

/// Replaces content by other content of the same size, and takes the time of change back.
fn change_quietly(file: &Path, content: &str) {
    let before = std::fs::metadata(file).unwrap();
    assert_eq!(before.len(), content.len() as u64);
    std::fs::write(file, content).unwrap();
    let times = std::fs::FileTimes::new().set_modified(before.modified().unwrap());
    std::fs::File::options()
        .write(true)
        .open(file)
        .unwrap()
        .set_times(times)
        .unwrap();
    let after = std::fs::metadata(file).unwrap();
    assert_eq!(after.modified().unwrap(), before.modified().unwrap());
}

#[test]
fn content_that_changed_quietly_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let caches = tempfile::tempdir().unwrap();
    let (file, cache) = (folder.path().join("file"), caches.path().join("cache"));
    std::fs::write(&file, "one").unwrap();
    // just written: it may change again within the clock's grain, and is not remembered
    assert_eq!(digest(folder.path(), &cache), Digest::of(b"one"));
    assert!(!cache.exists());
    change_quietly(&file, "two");
    assert_eq!(digest(folder.path(), &cache), Digest::of(b"two"));

    std::thread::sleep(Duration::from_millis(2100));
    assert_eq!(digest(folder.path(), &cache), Digest::of(b"two"));
    // what the cache says counts, which shows that it is asked
    let written = std::fs::read_to_string(&cache).unwrap();
    let lie = Digest::of(b"lie");
    let lying = written.replace(
        &Digest::of(b"two").hex().to_string(),
        &lie.hex().to_string(),
    );
    assert_ne!(lying, written);
    std::fs::write(&cache, lying).unwrap();
    assert_eq!(digest(folder.path(), &cache), lie);

    change_quietly(&file, "new");
    assert_eq!(digest(folder.path(), &cache), Digest::of(b"new"));
    std::fs::write(&cache, "damaged").unwrap();
    assert_eq!(digest(folder.path(), &cache), Digest::of(b"new"));
}

#[test]
fn what_is_ignored_is_not_there_and_the_line_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    std::fs::create_dir_all(at("all/deep")).unwrap();
    std::fs::create_dir_all(at("some/deep")).unwrap();
    for file in [
        "all/deep/x",
        "some/deep/keep",
        "some/deep/drop",
        "top.tmp",
        "top",
    ] {
        std::fs::write(at(file), "").unwrap();
    }
    let ignore = Ignore::parse(b"# first\nall\nsome\n!some/deep/keep\n*.tmp\n").unwrap();
    let directory = Directory::open(folder.path(), "the build context").unwrap();
    let view = directory.with_ignore(ignore, ".dockerignore");
    let list = |path: &str| -> Vec<String> {
        let names = view.list(path.as_bytes()).unwrap().into_iter();
        names.map(|name| String::from_utf8(name).unwrap()).collect()
    };
    // directories that lead to an exception are there
    assert_eq!(list(""), ["some", "top"]);
    assert_eq!(list("some"), ["deep"]);
    assert_eq!(list("some/deep"), ["keep"]);
    for (path, line) in [
        ("all/deep/x", Some((2, "all"))),
        ("top.tmp", Some((5, "*.tmp"))),
        ("never", None),
    ] {
        assert_eq!(view.meta(path.as_bytes()).unwrap(), None, "{path}");
        let found = view.ignored_by(path.as_bytes()).map(|by| {
            assert_eq!(by.file, ".dockerignore");
            (by.line, by.pattern)
        });
        assert_eq!(
            found,
            line.map(|(line, pattern)| (line, pattern.to_string())),
            "{path}"
        );
    }
}

#[test]
fn links_do_not_lead_out_of_the_directory() {
    let outer = tempfile::tempdir().unwrap();
    std::fs::write(outer.path().join("secret"), "secret").unwrap();
    let folder = outer.path().join("context");
    std::fs::create_dir_all(folder.join("sub")).unwrap();
    std::fs::write(folder.join("secret"), "inside").unwrap();
    std::os::unix::fs::symlink("..", folder.join("up")).unwrap();
    std::os::unix::fs::symlink(outer.path(), folder.join("absolute")).unwrap();
    let view = Directory::open(&folder, "the build context").unwrap();
    let read = |path: &str| {
        let path = crate::view::resolve_in(&view, path.as_bytes(), true).unwrap();
        let mut text = String::new();
        view.meta(&path).unwrap()?;
        view.open(&path).unwrap().read_to_string(&mut text).unwrap();
        Some(text)
    };
    assert_eq!(read("up/secret").unwrap(), "inside");
    assert_eq!(read("../../secret").unwrap(), "inside");
    assert_eq!(read("sub/../../secret").unwrap(), "inside");
    assert_eq!(read("absolute/secret"), None);
    // the kernel holds the border as well, for paths that nobody resolved
    let mut text = String::new();
    view.open(b"up/secret")
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "inside");
    assert!(view.open(b"absolute/secret").is_err());
}

#[test]
fn everything_of_the_host_belongs_to_root() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    std::fs::write(at("one"), "x").unwrap();
    std::fs::hard_link(at("one"), at("two")).unwrap();
    std::fs::write(at("alone"), "").unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(at("one"), Some(12), Some(13)).unwrap();
    }
    let view = Directory::open(folder.path(), "the build context").unwrap();
    let meta = |path: &str| view.meta(path.as_bytes()).unwrap().unwrap();
    assert_eq!((meta("one").uid, meta("one").gid), (0, 0));
    assert!(meta("one").link_group.is_some());
    assert_eq!(meta("one").link_group, meta("two").link_group);
    assert_eq!(meta("alone").link_group, None);
    assert_eq!(meta("").link_group, None);
}

/// What the directory says of everything in it, if it says anything.
fn identity(folder: &Path) -> Option<Digest> {
    let ignore = Ignore::parse(b"*.tmp\n").unwrap();
    let directory = Directory::open(folder, "the build context").unwrap();
    let view = directory.with_ignore(ignore, ".dockerignore");
    let mut hasher = Hasher::sha256();
    let is_sure = view.identify(b"", &mut hasher).unwrap();
    is_sure.then(|| hasher.finish())
}

#[test]
fn a_tree_is_as_it_was_only_while_no_name_mode_or_stamp_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    let pause = || std::thread::sleep(Duration::from_millis(2100));
    std::fs::create_dir(at("sub")).unwrap();
    std::fs::write(at("sub/file"), "one").unwrap();
    std::os::unix::fs::symlink("file", at("sub/link")).unwrap();
    // just written: it may change again within the clock's grain
    assert_eq!(identity(folder.path()), None);
    pause();
    let first = identity(folder.path()).unwrap();
    assert_eq!(identity(folder.path()), Some(first));
    std::fs::write(at("x.tmp"), "ignored").unwrap();
    assert_eq!(identity(folder.path()), Some(first));

    let mut known = vec![first];
    let changes: [&dyn Fn(); 6] = [
        &|| change_quietly(&at("sub/file"), "two"),
        &|| {
            std::fs::remove_file(at("sub/link")).unwrap();
            std::os::unix::fs::symlink("elif", at("sub/link")).unwrap();
        },
        &|| std::fs::hard_link(at("sub/file"), at("sub/other")).unwrap(),
        &|| std::fs::rename(at("sub/other"), at("sub/third")).unwrap(),
        &|| std::fs::create_dir(at("empty")).unwrap(),
        &|| {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
            std::fs::set_permissions(at("empty"), mode).unwrap();
        },
    ];
    for change in changes {
        change();
        pause();
        let now = identity(folder.path()).unwrap();
        assert!(!known.contains(&now));
        known.push(now);
    }
    rustix::fs::mknodat(
        rustix::fs::CWD,
        at("sub/pipe"),
        FileType::Fifo,
        Mode::from(0o600),
        0,
    )
    .unwrap();
    pause();
    // of a pipe nothing can be said
    assert_eq!(identity(folder.path()), None);
}
