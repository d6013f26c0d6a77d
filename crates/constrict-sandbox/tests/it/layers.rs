//! The root, the mounts in it, and what is left in the layer.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use constrict_sandbox::{Mount, Root, Source};

use crate::need_root;
use crate::sandbox::Machine;

fn bind(source: &std::path::Path, target: &str, readonly: bool) -> Mount {
    Mount::Bind {
        source: Source::Host(source.to_owned()),
        target: target.into(),
        readonly,
        recursive: true,
    }
}

fn data(target: &str, contents: &str) -> Mount {
    let contents = contents.as_bytes().to_vec();
    Mount::Data {
        target: target.into(),
        contents,
        mode: 0o440,
        uid: 7,
        gid: 8,
        readonly: true,
    }
}

#[test]
fn privileged_changes_go_to_upper() {
    need_root!();
    let machine = Machine::new();
    machine.output(&machine.shell("echo x > /new; rm /etc/passwd; mkdir -p /a/b"));
    assert_eq!(machine.changes(), ["a", "a/b", "etc", "etc/passwd", "new"]);
    // the whiteout
    assert_eq!(
        fs::symlink_metadata(machine.path("upper/etc/passwd"))
            .unwrap()
            .rdev(),
        0
    );
    // the same directories can be mounted again
    assert_eq!(machine.output(&machine.shell("cat /new; ls /etc")), "x\n");
}

#[test]
fn privileged_mount_points_leave_no_trace() {
    need_root!();
    let machine = Machine::new();
    let time = |name: &str| fs::metadata(machine.path(name)).unwrap().mtime_nsec();
    let etc = fs::metadata(machine.path("lower/etc")).unwrap();
    fs::create_dir(machine.path("source")).unwrap();
    fs::write(machine.path("source/file"), "from the host\n").unwrap();
    let mut spec = machine.shell("ls -ld /etc >/dev/null; cat /etc/hosts /run/secrets/key /srv/deep/er/file; stat -c %a:%u:%g /run/secrets/key");
    spec.mounts = vec![
        data("/etc/hosts", "hosts\n"),
        data("/run/secrets/key", "secret\n"),
        bind(&machine.path("source"), "/srv/deep/er", true),
        Mount::Tmpfs {
            target: "/scratch".into(),
            size: Some(1 << 20),
            mode: 0o1777,
        },
    ];
    fs::create_dir_all(machine.path("upper/proc")).unwrap();
    for name in ["sys", "dev"] {
        fs::create_dir_all(machine.path("upper").join(name)).unwrap();
    }
    let before = time("upper");
    assert_eq!(
        machine.output(&spec),
        "hosts\nsecret\nfrom the host\n440:7:8\n"
    );
    assert_eq!(machine.changes(), Vec::<String>::new());
    assert_eq!(time("upper"), before);
    assert_eq!(
        fs::metadata(machine.path("lower/etc"))
            .unwrap()
            .mtime_nsec(),
        etc.mtime_nsec()
    );
}

#[test]
fn privileged_mount_points_that_were_used_stay() {
    need_root!();
    let machine = Machine::new();
    fs::create_dir(machine.path("source")).unwrap();
    let mut spec = machine.shell("echo y > /srv/x/beside; echo z > /etc/new");
    spec.mounts = vec![
        bind(&machine.path("source"), "/srv/x/y", false),
        data("/etc/hosts", ""),
    ];
    machine.output(&spec);
    assert_eq!(
        machine.changes(),
        ["etc", "etc/new", "srv", "srv/x", "srv/x/beside"]
    );
}

#[test]
fn privileged_mount_targets_do_not_leave_the_root() {
    need_root!();
    let machine = Machine::new();
    let outside = machine.path("outside");
    fs::create_dir(&outside).unwrap();
    symlink(&outside, machine.path("lower/absolute")).unwrap();
    symlink("../../../../../../../../../..", machine.path("lower/up")).unwrap();
    symlink("/run", machine.path("lower/dangling")).unwrap();
    let mut spec = machine.shell("cat /absolute/a /up/b /dangling/c; ls /run");
    spec.mounts = vec![
        data("/absolute/a", "a\n"),
        data("/up/b", "b\n"),
        data("/dangling/c", "c\n"),
    ];
    assert_eq!(machine.output(&spec), "a\nb\nc\nc\n");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    assert!(!std::path::Path::new("/b").exists());
    assert_eq!(machine.changes(), Vec::<String>::new());
}

#[test]
fn privileged_bind_source_within_does_not_leave_its_directory() {
    need_root!();
    let machine = Machine::new();
    fs::create_dir_all(machine.path("context/etc")).unwrap();
    fs::write(machine.path("context/etc/passwd"), "of the context\n").unwrap();
    symlink("/etc/passwd", machine.path("context/link")).unwrap();
    let mut spec = machine.shell("cat /m; (echo x > /m) 2>&1");
    let source = Source::Within {
        directory: machine.path("context"),
        path: "link".into(),
    };
    spec.mounts = vec![Mount::Bind {
        source,
        target: "/m".into(),
        readonly: true,
        recursive: false,
    }];
    spec.args[2].push_str("; true");
    assert_eq!(
        machine.output(&spec),
        "of the context\nsh: can't create /m: Read-only file system\n"
    );
}

#[test]
fn privileged_layers_are_mounted_read_only_or_forgetting() {
    need_root!();
    let machine = Machine::new();
    fs::create_dir_all(machine.path("one/d")).unwrap();
    fs::create_dir_all(machine.path("two/d")).unwrap();
    fs::write(machine.path("one/d/a"), "top\n").unwrap();
    fs::write(machine.path("two/d/a"), "below\n").unwrap();
    fs::write(machine.path("two/d/b"), "b\n").unwrap();
    let lower = vec![machine.path("one"), machine.path("two")];
    let mut spec = machine.shell("cat /r/a /r/b; touch /r/x 2>&1; touch /w/x && ls /w");
    spec.mounts = vec![
        Mount::Layers {
            root: Root::ReadOnly {
                lower: lower.clone(),
            },
            path: "/d".into(),
            target: "/r".into(),
        },
        Mount::Layers {
            root: Root::Discard { lower },
            path: "d".into(),
            target: "/w".into(),
        },
    ];
    assert_eq!(
        machine.output(&spec),
        "top\nb\ntouch: /r/x: Read-only file system\na\nb\nx\n"
    );
    assert_eq!(fs::read_dir(machine.path("one/d")).unwrap().count(), 1);
    assert_eq!(machine.changes(), Vec::<String>::new());
}

#[test]
fn privileged_hundred_layers_with_long_names() {
    need_root!();
    let machine = Machine::new();
    let long = "x".repeat(200);
    let mut lower = Vec::new();
    for number in 0..100 {
        let layer = machine.path(&format!("{long}/{long}/{number}"));
        fs::create_dir_all(&layer).unwrap();
        fs::write(layer.join(format!("f{number}")), "").unwrap();
        lower.push(layer);
    }
    lower.push(machine.path("lower"));
    let mut spec = machine.shell("ls -d /f* | grep -c .");
    spec.root = Root::Writable {
        lower,
        upper: machine.path("upper"),
        work: machine.path("work"),
    };
    assert_eq!(machine.output(&spec), "100\n");
}

#[test]
fn privileged_root_without_layers_is_the_directory_itself() {
    need_root!();
    let machine = Machine::new();
    let mut spec = machine.shell("touch /made; cat /etc/hosts");
    spec.root = Root::Writable {
        lower: vec![],
        upper: machine.path("lower"),
        work: machine.path("work"),
    };
    spec.mounts = vec![data("/etc/hosts", "hosts\n")];
    assert_eq!(machine.output(&spec), "hosts\n");
    assert!(machine.path("lower/made").exists());
    assert!(!machine.path("lower/etc/hosts").exists());
}

#[test]
fn privileged_read_only_root_keeps_mounts_writable() {
    need_root!();
    let machine = Machine::new();
    let mut spec = machine.shell("touch /x 2>&1; touch /scratch/x && echo fine");
    spec.read_only_root = true;
    spec.mounts = vec![Mount::Tmpfs {
        target: "/scratch".into(),
        size: None,
        mode: 0o755,
    }];
    assert_eq!(
        machine.output(&spec),
        "touch: /x: Read-only file system\nfine\n"
    );
    let mut spec = machine.shell("touch /x 2>&1; true");
    spec.root = Root::ReadOnly {
        lower: vec![machine.path("lower")],
    };
    assert_eq!(machine.output(&spec), "touch: /x: Read-only file system\n");
}

#[test]
fn privileged_proc_that_is_a_link_is_refused() {
    need_root!();
    let machine = Machine::new();
    symlink("/etc", machine.path("lower/proc")).unwrap();
    let answer = machine.run(&machine.shell("true"));
    assert_eq!(answer["error"], "cannot mount on `/proc`");
}
