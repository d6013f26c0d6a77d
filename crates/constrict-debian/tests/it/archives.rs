//! `.deb` archives built here: reading, unpacking, the database; and hostile ones.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use constrict_debian::Error;
use constrict_debian::deb::{Entry, Kind, read_control, read_deb};
use constrict_debian::status::{State, database, read_installed};
use constrict_debian::unpack::{
    Layout, Sink, configure, needs_dpkg, skeleton, unpack, with_fixed_dates,
};
use proptest::prelude::*;

enum Item<'a> {
    File(&'a str, &'a str),
    Directory(&'a str),
    Symlink(&'a str, &'a str),
    Hardlink(&'a str, &'a str),
}

fn tar(items: &[Item<'_>]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for item in items {
        let mut header = tar::Header::new_gnu();
        header.set_mtime(1_700_000_000);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(0);
        header.set_mode(0o644);
        let (path, content) = match item {
            Item::File(path, content) => (path, content.as_bytes()),
            Item::Directory(path) => {
                header.set_entry_type(tar::EntryType::Directory);
                header.set_mode(0o755);
                (path, &b""[..])
            }
            Item::Symlink(path, target) => {
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_link_name_literal(target).unwrap();
                (path, &b""[..])
            }
            Item::Hardlink(path, target) => {
                header.set_entry_type(tar::EntryType::Link);
                header.set_link_name_literal(target).unwrap();
                (path, &b""[..])
            }
        };
        header.set_size(content.len() as u64);
        // the builder's own path check is what hostile archives don't have
        let name = &mut header.as_old_mut().name;
        name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        builder.append(&header, content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn compress(suffix: &str, bytes: &[u8]) -> Vec<u8> {
    match suffix {
        ".gz" => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        ".xz" => {
            let mut encoder =
                lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(0))
                    .unwrap();
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        ".zst" => zstd::encode_all(bytes, 1).unwrap(),
        _ => bytes.to_vec(),
    }
}

fn ar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = b"!<arch>\n".to_vec();
    for (name, content) in members {
        writeln!(
            archive,
            "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`",
            0,
            0,
            0,
            100644,
            content.len()
        )
        .unwrap();
        archive.extend_from_slice(content);
        if content.len() % 2 == 1 {
            archive.push(b'\n');
        }
    }
    archive
}

fn deb_with(suffix: &str, control: &[Item<'_>], data: &[Item<'_>]) -> Vec<u8> {
    let (control_name, data_name) = (format!("control.tar{suffix}"), format!("data.tar{suffix}"));
    let (control, data) = (
        compress(suffix, &tar(control)),
        compress(suffix, &tar(data)),
    );
    ar(&[
        ("debian-binary", b"2.0\n"),
        (&control_name, &control),
        (&data_name, &data),
    ])
}

const CONTROL: &str = "Package: probe\nVersion: 1.0\nArchitecture: amd64\nMulti-Arch: same\nDescription: a probe\n for tests\n";

fn control_items() -> Vec<Item<'static>> {
    vec![
        Item::Directory("./"),
        Item::File("./control", CONTROL),
        Item::File(
            "./conffiles",
            "/etc/probe.conf\nremove-on-upgrade /etc/old\n",
        ),
        Item::File("./md5sums", "9e107d9d372bb6826bd81d3542a419d6  bin/probe\n"),
        Item::File(
            "./triggers",
            "interest-noawait /usr/share/probes\ninterest probe-done\nactivate-noawait ldconfig\n",
        ),
        Item::File("./preinst", "#!/bin/sh\nexit 0\n"),
    ]
}

fn data_items() -> Vec<Item<'static>> {
    vec![
        Item::Directory("./"),
        Item::Directory("./bin/"),
        Item::File("./bin/probe", "binary"),
        Item::Hardlink("./bin/probe2", "./bin/probe"),
        Item::Symlink("./bin/link", "../etc/probe.conf"),
        Item::Directory("./etc/"),
        Item::File("./etc/probe.conf", "test"),
        Item::File("./usr/share/doc/probe/NEWS", "news"),
    ]
}

/// Remembers what it was given, one line an entry.
#[derive(Default)]
struct Listing(Vec<String>);

impl Sink for Listing {
    type Error = Error;

    fn make(&mut self, entry: &Entry, content: &mut dyn Read) -> Result<(), Error> {
        let mut text = String::new();
        content.read_to_string(&mut text).unwrap();
        self.0.push(match &entry.kind {
            Kind::File => format!("{} {:o} {text}", entry.path, entry.mode),
            Kind::Directory => format!("{}/", entry.path),
            Kind::Symlink(target) => format!("{} -> {target}", entry.path),
            Kind::Hardlink(target) => format!("{} = {target}", entry.path),
            other => format!("{} {other:?}", entry.path),
        });
        Ok(())
    }
}

#[test]
fn all_compressions_read_the_same() {
    for suffix in ["", ".gz", ".xz", ".zst"] {
        let deb = deb_with(suffix, &control_items(), &data_items());
        let mut seen = Vec::new();
        let control = read_deb(&deb[..], |_, entry, content| -> Result<(), Error> {
            // a visitor need not read to the end
            let mut first = [0];
            let count = content.read(&mut first).unwrap();
            seen.push((entry.path.clone(), entry.size, count));
            Ok(())
        })
        .unwrap();
        assert_eq!(control, read_control(&deb[..]).unwrap());
        assert_eq!(
            control.paragraph.get("Description"),
            Some("a probe\nfor tests")
        );
        assert_eq!(
            control.files.keys().collect::<Vec<_>>(),
            ["conffiles", "md5sums", "preinst", "triggers"]
        );
        assert_eq!(seen.len(), 8, "{suffix}");
        assert_eq!(seen[2], ("bin/probe".to_owned(), 6, 1));
    }
}

#[test]
fn unpacking_follows_the_layout() {
    let deb = deb_with("", &control_items(), &data_items());
    let mut merged = Listing::default();
    skeleton(Layout::Merged, "amd64", 0, &mut merged).unwrap();
    let links: Vec<&String> = merged.0.iter().filter(|line| line.contains("->")).collect();
    assert_eq!(
        links,
        [
            "bin -> usr/bin",
            "lib -> usr/lib",
            "sbin -> usr/sbin",
            "lib64 -> usr/lib64"
        ]
    );
    let mut merged = Listing::default();
    let record = unpack(
        &deb[..],
        Layout::Merged,
        |path| !path.ends_with("NEWS"),
        &mut merged,
    )
    .unwrap();
    let expected = [
        "/",
        "usr/bin/probe 644 binary",
        "usr/bin/probe2 = usr/bin/probe",
        "usr/bin/link -> ../etc/probe.conf",
        "etc/",
        "etc/probe.conf 644 test",
    ];
    assert_eq!(merged.0, expected);
    assert!(
        record
            .paths
            .contains(&"usr/share/doc/probe/NEWS".to_owned())
    );
    let sums = BTreeMap::from([(
        "etc/probe.conf".to_owned(),
        "098f6bcd4621d373cade4e832627b4f6".to_owned(),
    )]);
    assert_eq!((record.conffiles, record.state), (sums, State::Unpacked));
    let mut split = Listing::default();
    unpack(&deb[..], Layout::Split, |_| true, &mut split).unwrap();
    assert_eq!(split.0[1..3], ["bin/", "bin/probe 644 binary"]);
}

#[test]
fn database_is_what_dpkg_reads() {
    let deb = deb_with("", &control_items(), &data_items());
    let record = unpack(&deb[..], Layout::Merged, |_| true, &mut Listing::default()).unwrap();
    let files = database(std::slice::from_ref(&record), "amd64").unwrap();
    let text = |path: &str| {
        let file = files
            .iter()
            .find(|file| file.path == format!("var/lib/dpkg/{path}"))
            .expect(path);
        (file.mode, String::from_utf8(file.content.clone()).unwrap())
    };
    let status = "Package: probe\nStatus: install ok unpacked\nVersion: 1.0\nArchitecture: amd64\nMulti-Arch: same\n\
                  Description: a probe\n for tests\nConffiles:\n /etc/probe.conf 098f6bcd4621d373cade4e832627b4f6\n\n";
    assert_eq!(text("status"), (0o644, status.to_owned()));
    let list = "/.\n/bin\n/bin/probe\n/bin/probe2\n/bin/link\n/etc\n/etc/probe.conf\n/usr/share/doc/probe/NEWS\n";
    assert_eq!(text("info/probe:amd64.list"), (0o644, list.to_owned()));
    assert_eq!(text("info/probe:amd64.preinst").0, 0o755);
    assert_eq!(text("triggers/File").1, "/usr/share/probes probe/noawait\n");
    assert_eq!(text("triggers/probe-done").1, "probe\n");
    assert_eq!(
        (text("arch").1, text("info/format").1),
        ("amd64\n".to_owned(), "1\n".to_owned())
    );
    let installed = constrict_debian::status::Record {
        state: State::Installed,
        ..record
    };
    let files = database(&[installed], "amd64").unwrap();
    let status = files
        .iter()
        .find(|file| file.path.ends_with("status"))
        .unwrap();
    assert_eq!(read_installed(&status.content).unwrap()[0].name, "probe");
}

#[test]
fn configuring_runs_preinst_scripts_first() {
    let deb = deb_with("", &control_items(), &data_items());
    let record = unpack(&deb[..], Layout::Merged, |_| true, &mut Listing::default()).unwrap();
    let step = configure(std::slice::from_ref(&record), &["/tmp/x.deb".to_owned()]).unwrap();
    let lines: Vec<&str> = step.command[2].lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[1].ends_with("/var/lib/dpkg/info/probe:amd64.preinst install"));
    assert_eq!(lines[2], "dpkg --force-unsafe-io --unpack /tmp/x.deb");
    assert_eq!(lines[3], "dpkg --force-unsafe-io --configure -a");
    assert!(configure(&[record], &["/tmp/x; rm -rf /".to_owned()]).is_err());
}

#[test]
fn diverting_packages_are_left_to_dpkg() {
    let with_preinst = |script: &'static str| {
        let control = [
            Item::File("control", CONTROL),
            Item::File("preinst", script),
        ];
        needs_dpkg(&read_control(&deb_with("", &control, &[])[..]).unwrap())
    };
    assert!(with_preinst(
        "dpkg-divert --package probe --add \\\n --rename /bin/x\n"
    ));
    assert!(!with_preinst(
        "# dpkg-divert\ndpkg-divert --package probe \\\n --no-rename --add /bin/x\n"
    ));
    assert!(!with_preinst("exit 0\n"));
}

#[test]
fn shadow_dates_are_fixed() {
    assert_eq!(
        with_fixed_dates("root:*:20413:0:99999:7:::\nx:!::\n", 100),
        "root:*:100:0:99999:7:::\nx:!::\n"
    );
}

#[test]
fn hostile_archives_are_refused() {
    let good = control_items();
    let refused = |deb: Vec<u8>| {
        read_deb(&deb[..], |_, _, _| -> Result<(), Error> { Ok(()) })
            .map(|_| ())
            .unwrap_err()
            .to_string()
    };
    let data = |item: Item<'_>| refused(deb_with("", &good, &[item]));
    assert_eq!(
        data(Item::File("../../etc/passwd", "x")),
        "package: has a path that leaves its root"
    );
    assert_eq!(
        data(Item::Hardlink("./x", "../../etc/passwd")),
        "package: has a path that leaves its root"
    );
    assert_eq!(
        data(Item::Symlink("./", "/")),
        "package: has an entry without a name"
    );
    assert_eq!(
        data(Item::Symlink("./x", "")),
        "package: has a link without target"
    );
    assert_eq!(
        refused(deb_with("", &[Item::File("x/control", "")], &[])),
        "package: has something other than files as control"
    );
    assert_eq!(
        refused(deb_with("", &[], &[])),
        "package: has no control file"
    );
    assert_eq!(
        refused(b"not an archive at all".to_vec()),
        "package: is no ar archive"
    );
    assert_eq!(
        refused(ar(&[("debian-binary", b"3.0\n")])),
        "package: has a format other than 2"
    );
    assert_eq!(
        refused(ar(&[("debian-binary", b"2.0\n"), ("data.tar", b"")])),
        "package: has members in another order, or another compression"
    );
    assert_eq!(
        refused(ar(&[("debian-binary", b"2.0\n")])),
        "cannot read a package"
    );
    let bomb = vec![b'a'; 65 << 20];
    let bomb = std::str::from_utf8(&bomb).unwrap();
    assert_eq!(
        refused(deb_with(".gz", &[Item::File("control", bomb)], &[])),
        "cannot read a package"
    );
}

proptest! {
    #[test]
    fn changed_archives_never_panic(changes in prop::collection::vec((0usize..12000, any::<u8>()), 1..10)) {
        let mut deb = deb_with("", &control_items(), &data_items());
        for (place, value) in changes {
            let place = place % deb.len();
            deb[place] = value;
        }
        let mut paths = Vec::new();
        let outcome = read_deb(&deb[..], |_, entry, _| -> Result<(), Error> {
            paths.push(entry.path.clone());
            Ok(())
        });
        prop_assert!(paths.iter().all(|path| !path.starts_with('/') && !path.split('/').any(|part| part == "..")));
        prop_assert!(outcome.is_err() || paths.len() <= 8);
    }
}
