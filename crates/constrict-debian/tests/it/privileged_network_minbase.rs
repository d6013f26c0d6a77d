//! A minimal base from the real archive, unpacked natively and configured by dpkg in a chroot.

use std::fs;
use std::path::Path;
use std::time::Instant;

use constrict_debian::resolve::{Request, resolve};
use constrict_debian::status::{database, read_installed};
use constrict_debian::suite::Suite;
use constrict_debian::unpack::{configure, needs_dpkg, skeleton, unpack};

use crate::mirror;
use crate::tree::Tree;

/// A configured tree of the essential packages and others.
pub(crate) fn assemble(suite: Suite, wanted: &[&str], name: &str) -> Tree {
    let universe = mirror::universe(suite, "amd64");
    let required = universe.with_priority("required").into_iter();
    let request = Request {
        wanted: required
            .chain(wanted.iter().copied())
            .map(str::to_owned)
            .collect(),
        essential: true,
        prefer: Request::usual_preferences(),
        ..Request::default()
    };
    let choices = resolve(&universe, &request).unwrap();
    let files = mirror::download(&choices);
    let start = Instant::now();
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if root.exists() {
        fs::remove_dir_all(&root).unwrap();
    }
    let mut tree = Tree::new(&root);
    let layout = suite.layout();
    skeleton(layout, "amd64", 0, &mut tree).unwrap();
    let unpack_one = |path: &std::path::PathBuf| {
        let record = unpack(fs::File::open(path).unwrap(), layout, |_| true, &mut tree).unwrap();
        assert!(!needs_dpkg(&record.control), "{:?}", record.name());
        record
    };
    let records: Vec<_> = files.iter().map(unpack_one).collect();
    tree.write_database(&database(&records, "amd64").unwrap());
    eprintln!(
        "{suite}: {} packages unpacked in {:?}",
        records.len(),
        start.elapsed()
    );
    let start = Instant::now();
    let output = tree.run(&configure(&records, &[]).unwrap());
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    eprintln!("{suite}: configured in {:?}", start.elapsed());
    fs::write(
        root.parent().unwrap().join(format!("{name}.log")),
        format!("{out}\n--- stderr\n{err}"),
    )
    .unwrap();
    assert!(output.status.success(), "{suite}: {out}\n{err}");
    let status = fs::read(root.join("var/lib/dpkg/status")).unwrap();
    assert_eq!(read_installed(&status).unwrap().len(), records.len());
    tree
}

fn assert_sound(tree: &Tree) {
    assert_eq!(tree.shell("dpkg --audit"), "");
    assert_eq!(
        tree.shell("apt-get -q check 2>&1 | grep -v -E '^(Reading|Building)' || true"),
        ""
    );
    // conffiles may be changed by configuring, files may not
    assert_eq!(tree.shell("dpkg --verify | grep -v ' c ' || true"), "");
    assert_eq!(
        tree.shell("getent passwd root; test -L /usr/bin/awk; awk 'BEGIN { print 1 }'"),
        "root:x:0:0:root:/root:/bin/bash\n1\n"
    );
    assert_eq!(
        tree.shell("test -s /etc/ssl/certs/ca-certificates.crt; echo fine"),
        "fine\n"
    );
}

#[test]
fn privileged_network_minbase_of_bullseye_is_configured() {
    if crate::skipped() {
        return;
    }
    assert_sound(&assemble(
        Suite::Bullseye,
        &["apt", "ca-certificates"],
        "bullseye",
    ));
}

#[test]
fn privileged_network_minbase_of_bookworm_is_configured() {
    if crate::skipped() {
        return;
    }
    assert_sound(&assemble(
        Suite::Bookworm,
        &["apt", "ca-certificates"],
        "bookworm",
    ));
}

#[test]
fn privileged_network_minbase_of_trixie_is_configured() {
    if crate::skipped() {
        return;
    }
    assert_sound(&assemble(
        Suite::Trixie,
        &["apt", "ca-certificates"],
        "trixie",
    ));
}
