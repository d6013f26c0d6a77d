use super::*;
use crate::sample::Sample;

const STATUS: &str = "\
Package: libc6
Status: install ok installed
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Architecture: amd64
Multi-Arch: same
Source: glibc
Version: 2.36-9+deb12u9
Depends: libgcc-s1, libcrypt1 (>= 1:4.4.10-10~)
Description: GNU C Library: Shared libraries
 Contains the standard libraries.
Homepage: https://www.gnu.org/software/libc/libc.html

Package: libgcc-s1
Status: install ok unpacked
Architecture: amd64
Source: gcc-12 (12.2.0-14)
Version: 12.2.0-14+b1
Provides: libgcc1 (= 1:12.2.0-14)
Description: GCC support library

Package: old
Status: deinstall ok config-files
Version: 1
Architecture: all
";

fn found(sample: Sample) -> Packages {
    let image = sample.image();
    let facts = Facts::new(&image);
    facts.packages().clone()
}

fn names(packages: &Packages) -> Vec<String> {
    let shown = |package: &Package| format!("{} {}", package.name, package.version);
    packages.all.iter().map(shown).collect()
}

#[test]
fn dpkg_has_what_is_unpacked_and_its_files_through_merged_directories() {
    let packages = found(
        Sample::new()
            .file("var/lib/dpkg/status", STATUS)
            .file(
                "var/lib/dpkg/info/libc6:amd64.list",
                "/.\n/lib\n/lib/x86_64-linux-gnu\n/lib/x86_64-linux-gnu/libc.so.6\n/gone\n",
            )
            .link("lib", "usr/lib")
            .file("usr/lib/x86_64-linux-gnu/libc.so.6", "elf"),
    );
    assert_eq!(
        names(&packages),
        ["libc6 2.36-9+deb12u9", "libgcc-s1 12.2.0-14+b1"]
    );
    assert_eq!(
        packages.all[0],
        Package {
            ecosystem: Ecosystem::Debian,
            name: "libc6".into(),
            version: "2.36-9+deb12u9".into(),
            architecture: Some("amd64".into()),
            source: Some(("glibc".into(), "2.36-9+deb12u9".into())),
            record: b"var/lib/dpkg/status".to_vec(),
            files: vec![b"usr/lib/x86_64-linux-gnu/libc.so.6".to_vec()],
            maintainer: Some("GNU Libc Maintainers <debian-glibc@lists.debian.org>".into()),
            homepage: Some("https://www.gnu.org/software/libc/libc.html".into()),
            summary: Some("GNU C Library: Shared libraries".into()),
            license: None,
            depends: vec!["libgcc-s1".into()],
        }
    );
    assert_eq!(
        packages.all[1].source,
        Some(("gcc-12".into(), "12.2.0-14".into()))
    );
    assert_eq!(
        packages.owner(b"usr/lib/x86_64-linux-gnu/libc.so.6"),
        Some(0)
    );
    assert_eq!(packages.owner(b"lib"), None);
}

#[test]
fn one_damaged_paragraph_hides_no_other() {
    let mut status = b"Package: a\nVersion: 1\nMaintainer: J\xf6rg\n\nno field\n\n".to_vec();
    status.extend(b"Package: b\nVersion: 2\n");
    let packages = found(Sample::new().file("var/lib/dpkg/status", status));
    assert_eq!(names(&packages), ["a 1", "b 2"]);
}

#[test]
fn distroless_images_list_files_in_md5sums() {
    let packages = found(
        Sample::new()
            .file(
                "var/lib/dpkg/status.d/tzdata",
                "Package: tzdata\nVersion: 2024a-0+deb12u1\nArchitecture: all\n",
            )
            .file(
                "var/lib/dpkg/status.d/tzdata.md5sums",
                "d41d8cd98f00b204e9800998ecf8427e  usr/share/zoneinfo/UTC\n",
            )
            .file("usr/share/zoneinfo/UTC", "TZif"),
    );
    assert_eq!(names(&packages), ["tzdata 2024a-0+deb12u1"]);
    assert_eq!(packages.all[0].files, [b"usr/share/zoneinfo/UTC".to_vec()]);
    assert_eq!(packages.all[0].record, b"var/lib/dpkg/status.d/tzdata");
}

#[test]
fn apk_says_licence_origin_and_what_it_needs() {
    let packages = found(
        Sample::new()
            .file(
                "lib/apk/db/installed",
                "C:Q1x=\nP:busybox\nV:1.36.1-r15\nA:x86_64\nT:Size optimized toolbox\n\
                 U:https://busybox.net/\nL:GPL-2.0-only\no:busybox\nm:Somebody <a@b.example>\n\
                 D:so:libc.musl-x86_64.so.1 !other\nF:bin\nR:busybox\nZ:Q1y=\nF:etc\n\n\
                 P:musl\nV:1.2.4-r2\np:so:libc.musl-x86_64.so.1=1\n\n",
            )
            .program("bin/busybox", "elf"),
    );
    assert_eq!(names(&packages), ["busybox 1.36.1-r15", "musl 1.2.4-r2"]);
    let busybox = &packages.all[0];
    assert_eq!(busybox.files, [b"bin/busybox".to_vec()]);
    assert_eq!(busybox.depends, ["musl"]);
    assert_eq!(busybox.license.as_deref(), Some("GPL-2.0-only"));
    assert_eq!(
        busybox.source,
        Some(("busybox".into(), "1.36.1-r15".into()))
    );
}

#[test]
fn distributions_own_their_record_and_the_bytecode_of_it() {
    let site = "app/venv/lib/python3.11/site-packages";
    let packages = found(
        Sample::new()
            .file(
                &format!("{site}/Flask-3.0.0.dist-info/METADATA"),
                "Metadata-Version: 2.1\nName: Flask\nVersion: 3.0.0\nSummary: A framework\n\
                 Classifier: License :: OSI Approved :: BSD License\n\
                 Project-URL: Source Code, https://source.example\nProject-URL: Homepage, https://home.example\n\
                 Requires-Dist: click>=8\nRequires-Dist: absent\n",
            )
            .file(
                &format!("{site}/Flask-3.0.0.dist-info/RECORD"),
                "flask/__init__.py,,\n../../../bin/flask,,\nflask/gone.py,,\n",
            )
            .file(&format!("{site}/flask/__init__.py"), "")
            .file(&format!("{site}/flask/__pycache__/__init__.cpython-311.pyc"), "")
            .file(&format!("{site}/flask/__pycache__/other.cpython-311.pyc"), "")
            .program("app/venv/bin/flask", "#!python")
            .file(
                &format!("{site}/click-8.1.7.dist-info/METADATA"),
                "Name: click\nVersion: 8.1.7\nLicense-Expression: BSD-3-Clause\n",
            ),
    );
    assert_eq!(names(&packages), ["Flask 3.0.0", "click 8.1.7"]);
    let flask = &packages.all[0];
    let files: Vec<String> = flask
        .files
        .iter()
        .map(|path| crate::files::shown(path).replace(&format!("/{site}/"), ""))
        .collect();
    assert_eq!(
        files,
        [
            "/app/venv/bin/flask",
            "Flask-3.0.0.dist-info/METADATA",
            "Flask-3.0.0.dist-info/RECORD",
            "flask/__init__.py",
            "flask/__pycache__/__init__.cpython-311.pyc",
        ]
    );
    assert_eq!(flask.license.as_deref(), Some("BSD License"));
    assert_eq!(flask.homepage.as_deref(), Some("https://home.example"));
    assert_eq!(flask.depends, ["click"]);
    assert_eq!(packages.all[1].license.as_deref(), Some("BSD-3-Clause"));
}

#[test]
fn what_setuptools_leaves_beside_the_sources_of_an_installed_distribution_is_none() {
    let packages = found(
        Sample::new()
            .file(
                "usr/lib/python3.11/site-packages/hello_runtime-1.0.dist-info/METADATA",
                "Name: hello-runtime\nVersion: 1.0\n",
            )
            .file(
                "src/hello_runtime.egg-info/PKG-INFO",
                "Name: hello-runtime\nVersion: 1.0\n",
            )
            .file(
                "app/developed.egg-info/PKG-INFO",
                "Name: developed\nVersion: 2\n",
            ),
    );
    assert_eq!(names(&packages), ["developed 2", "hello-runtime 1.0"]);
    assert!(
        packages
            .owner(b"src/hello_runtime.egg-info/PKG-INFO")
            .is_none()
    );
}
