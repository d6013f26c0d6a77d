//! Disks that are full, stores that cannot be written, registries that fail: an error or another try, never a wrong image.

use std::path::{Path, PathBuf};
use std::process::Command;

use constrict_testing::{Effect, Fault, Response};

use crate::bench;
use crate::bench::{Bench, Built};

/// A file system mounted over a directory, until it is dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn tmpfs(place: &Path, size: &str) -> Self {
        std::fs::create_dir_all(place).unwrap();
        let mounted = Mounted(place.into());
        mount(&["-t", "tmpfs", "-o", size, "tmpfs"], place);
        mounted
    }

    fn read_only(place: &Path) -> Self {
        let mounted = Mounted(place.into());
        mount(&["--bind", place.to_str().unwrap()], place);
        mount(&["-o", "remount,bind,ro"], place);
        mounted
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

fn mount(arguments: &[&str], place: &Path) {
    let done = Command::new("mount")
        .args(arguments)
        .arg(place)
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
}

fn errors(built: &Built) -> String {
    assert!(!built.success, "{:?}", built.lines);
    let errors = built
        .lines
        .iter()
        .filter_map(|line| line.strip_prefix("error "));
    errors.collect::<Vec<_>>().join(": ")
}

fn bench_with_steps() -> Bench {
    let bench = Bench::new();
    bench.write("file", &"content\n".repeat(500_000));
    bench.write(
        "Dockerfile",
        "FROM base:1\nCOPY file /file\nRUN cat /file /file > /twice && rm /etc/gone\nRUN cat /twice > /more\n",
    );
    bench
}

#[test]
fn privileged_a_full_disk_is_told_and_the_store_goes_on() {
    drop(bench!());
    let bench = bench_with_steps();
    let expected = bench.digest("undisturbed");
    let mut failures = 0;
    for kilobytes in [64, 1024, 2048, 4096, 8192, 12_000, 16_000, 20_000, 26_000] {
        let store = format!("store-{kilobytes}");
        let mounted = Mounted::tmpfs(&bench.path(&store), &format!("size={kilobytes}k"));
        let built = bench.build(&store);
        if built.success {
            assert_eq!(built.digest(), expected, "{kilobytes}");
        } else {
            failures += 1;
            let told = built
                .lines
                .iter()
                .any(|line| line.contains("No space left on device"));
            assert!(told, "{kilobytes}: {:?}", built.lines);
            // the beginning of a download is continued
            let mut left = bench.left_behind(&store);
            left.retain(|name| !name.starts_with("partial-"));
            assert_eq!(left, [""; 0], "{kilobytes}");
        }
        mount(&["-o", "remount,size=200m"], &mounted.0);
        assert_eq!(bench.digest(&store), expected, "{kilobytes}");
    }
    assert!(failures >= 4, "{failures}");
}

#[test]
fn privileged_a_store_that_cannot_be_written_is_told() {
    drop(bench!());
    let bench = bench_with_steps();
    let expected = bench.digest("store");
    {
        let _mounted = Mounted::read_only(&bench.path("store"));
        let error = errors(&bench.build("store"));
        assert!(error.contains("Read-only file system"), "{error}");
        assert!(
            error.contains(bench.path("store").to_str().unwrap()),
            "{error}"
        );
    }
    assert_eq!(bench.digest("store"), expected);
}

#[test]
fn privileged_a_registry_that_fails_for_a_while_is_asked_again() {
    drop(bench!());
    let bench = bench_with_steps();
    let expected = bench.digest("undisturbed");
    let busy = Response::new(429, "").header("Retry-After", "1");
    for (number, (path, effect)) in [
        ("/manifests/", Effect::Answer(busy.clone())),
        ("/manifests/", Effect::Answer(Response::new(500, ""))),
        ("/manifests/", Effect::Cut(10)),
        ("/blobs/", Effect::Answer(busy)),
        ("/blobs/", Effect::Answer(Response::new(503, ""))),
        ("/blobs/", Effect::Cut(0)),
        ("/blobs/", Effect::Cut(100)),
        ("/blobs/", Effect::Cut(100_000)),
        ("/blobs/", Effect::IgnoreRange),
    ]
    .into_iter()
    .enumerate()
    {
        bench
            .registry()
            .inject(Fault::new("GET", path, 2, effect.clone()));
        let built = bench.build(&format!("store-{number}"));
        assert!(built.success, "{path} {effect:?}: {:?}", built.lines);
        assert_eq!(built.digest(), expected, "{path} {effect:?}");
        bench.registry().clear_faults();
    }
}

#[test]
fn privileged_a_registry_that_lies_or_goes_on_failing_makes_no_image() {
    drop(bench!());
    let bench = bench_with_steps();
    for (number, (path, effect)) in [
        ("/blobs/", Effect::Corrupt),
        ("/blobs/", Effect::Lengthen),
        (
            "/blobs/",
            Effect::Answer(Response::new(200, "something else")),
        ),
        ("/blobs/", Effect::Answer(Response::new(500, ""))),
        ("/manifests/", Effect::Corrupt),
        ("/manifests/", Effect::Answer(Response::new(500, ""))),
    ]
    .into_iter()
    .enumerate()
    {
        let store = format!("store-{number}");
        bench
            .registry()
            .inject(Fault::new("GET", path, 99, effect.clone()));
        let error = errors(&bench.build(&store));
        assert!(error.contains("base"), "{path} {effect:?}: {error}");
        assert_eq!(
            crate::bench::names(&bench.path(&store).join("images")),
            [""; 0]
        );
        assert_eq!(
            crate::bench::names(&bench.path(&store).join("cache")),
            [""; 0]
        );
        bench.registry().clear_faults();
        assert!(bench.build(&store).success, "{path} {effect:?}");
    }
}
