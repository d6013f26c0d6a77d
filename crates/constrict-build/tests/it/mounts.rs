//! What mounts of RUN show, and what they leave.

use std::io::Read;
use std::path::Path;

use constrict_oci::layer::Decompressor;

use crate::bench;
use crate::bench::Built;

/// The files below `directory` that have `needle` in them, as they are or unpacked.
pub(crate) fn holding(directory: &Path, needle: &[u8], found: &mut Vec<String>) -> usize {
    let mut looked_at = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            looked_at += holding(&entry.path(), needle, found);
        } else if kind.is_file() {
            let content = std::fs::read(entry.path()).unwrap();
            let mut plain = Vec::new();
            if let Ok(mut unpacked) = Decompressor::new(&*content) {
                // what is not compressed after all is looked at as it is
                let _ = unpacked.read_to_end(&mut plain);
            }
            let has = |bytes: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
            if has(&content) || has(&plain) {
                found.push(entry.path().display().to_string());
            }
            looked_at += 1;
        }
    }
    looked_at
}

#[test]
fn privileged_secrets_are_nowhere_in_the_store() {
    let bench = bench!();
    let secret = bench.path("secret");
    std::fs::write(&secret, "hunter2-e5c1\n").unwrap();
    bench.write(
        "Dockerfile",
        "FROM base:1\nRUN --mount=type=secret,id=s,required=true cat /run/secrets/s >/dev/null && ls -l /run/secrets/s\n\
         RUN --mount=type=secret,id=s,env=TOKEN [ \"$TOKEN\" ] && echo marker-7d1f > /there\n\
         RUN [ ! -e /run/secrets/s ] && [ -z \"$TOKEN\" ]\n",
    );
    let argument = format!("s={}", secret.display());
    let built = Built::of(bench.command(&[], "store", &[&argument]).output().unwrap());
    let digest = built.digest();
    assert!(
        built.said(">")[0].starts_with("-r--------"),
        "{:?}",
        built.lines
    );
    let mut found = Vec::new();
    assert!(holding(&bench.path("store"), b"hunter2-e5c1", &mut found) > 10);
    assert_eq!(found, [""; 0]);
    // the search does find what is there, in the snapshot and in the compressed layer
    assert!(holding(&bench.path("store"), b"marker-7d1f", &mut found) > 10);
    assert!(found.len() >= 2, "{found:?}");

    // another value is no reason to run again, and a required secret that is missing is an error
    std::fs::write(&secret, "other\n").unwrap();
    let again = Built::of(bench.command(&[], "store", &[&argument]).output().unwrap());
    assert_eq!((again.said("start"), again.digest()), (vec![], digest));
    let without = bench.build("elsewhere");
    assert!(!without.success);
    assert_eq!(without.said(">"), [""; 0]);
}

#[test]
fn privileged_cache_mounts_outlive_the_build() {
    let bench = bench!();
    let dockerfile = |text: &str| {
        format!(
            "FROM base:1\nRUN --mount=type=cache,target=/c echo {text} >> /c/log && cat /c/log\n"
        )
    };
    bench.write("Dockerfile", &dockerfile("one"));
    let first = bench.build("store");
    assert_eq!(first.said(">"), ["one"]);
    assert_eq!(bench.layers("store", &first.digest())[1], [""; 0]);
    bench.write("Dockerfile", &dockerfile("two"));
    assert_eq!(bench.build("store").said(">"), ["one", "two"]);
    // what a failing RUN wrote is there as well
    bench.write("Dockerfile", &dockerfile("three; exit 1"));
    assert!(!bench.build("store").success);
    bench.write("Dockerfile", &dockerfile("four"));
    assert_eq!(bench.build("store").said(">"), ["four", "one", "two"]);
    assert_eq!(bench.build("other").said(">"), ["four"]);
}

#[test]
fn privileged_ignored_files_are_not_in_bind_mounts() {
    let bench = bench!();
    bench.write(".dockerignore", "hidden\nDockerfile\n.dockerignore\n");
    bench.write("hidden", "hidden\n");
    bench.write("seen", "seen\n");
    let run = "RUN --mount=type=bind,target=/b";
    bench.write(
        "Dockerfile",
        &format!("FROM base:1\n{run} ls -a /b && cat /b/seen\n"),
    );
    let built = bench.build("store");
    assert_eq!(built.said(">"), [".", "..", "seen", "seen"]);
    // what is not to be seen is no part of the key
    bench.write("hidden", "changed\n");
    let again = bench.build("store");
    assert_eq!(
        (again.said("start"), again.digest()),
        (vec![], built.digest())
    );
    bench.write("seen", "changed\n");
    assert_eq!(
        bench.build("store").said(">"),
        [".", "..", "changed", "seen"]
    );
    // nobody writes into the context
    bench.write(
        "Dockerfile",
        &format!("FROM base:1\n{run},rw echo x > /b/seen && echo x > /b/new && cat /b/new\n"),
    );
    let built = bench.build("store");
    assert_eq!(built.said(">"), ["x"]);
    assert_eq!(bench.layers("store", &built.digest())[1], [""; 0]);
    let names = crate::bench::names(&bench.path("context"));
    assert_eq!(names, [".dockerignore", "Dockerfile", "hidden", "seen"]);
    assert_eq!(
        std::fs::read_to_string(bench.path("context/seen")).unwrap(),
        "changed\n"
    );
    bench.write(
        "Dockerfile",
        &format!("FROM base:1\n{run} echo x > /b/new\n"),
    );
    assert!(!bench.build("store").success);
}
