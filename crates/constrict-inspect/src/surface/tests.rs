use super::*;
use crate::sample::Sample;

fn counted(sample: Sample) -> BTreeMap<String, Value> {
    let image = sample.image();
    let facts = Facts::new(&image);
    surface(&facts, &Survey::of(&facts), &Report::default())
}

fn names(value: &Value) -> Vec<&str> {
    value.items.iter().map(|item| item.name.as_str()).collect()
}

#[test]
fn programs_are_told_by_their_names_without_version_and_triplet() {
    let found = counted(
        Sample::new()
            .program("usr/bin/dash", "elf")
            .link("usr/bin/sh", "dash")
            .link("usr/bin/dangling-bash", "gone")
            .link("usr/bin/bash", "gone")
            .file("usr/bin/zsh", "not executable")
            .program("usr/bin/perl5.36.0", "elf")
            .program("usr/bin/x86_64-linux-gnu-gcc-12", "elf")
            .program("usr/bin/x86_64-alpine-linux-musl-gcc", "elf")
            .program("usr/lib/gcc/x86_64-linux-gnu/12/cc1plus", "elf")
            .program("opt/venv/bin/pip3.11", "#!python")
            .file(
                "opt/venv/lib/python3.11/site-packages/pip-23.0.dist-info/METADATA",
                "Name: pip\nVersion: 23.0\n",
            )
            .program("usr/bin/wget", "elf")
            .program("usr/bin/python3.11", "elf")
            .program("app/shell", "no name of a shell")
            .program("usr/share/bug/dpkg", "no place of programs"),
    );
    let expected: [(&str, &[&str]); 5] = [
        ("shells", &["/usr/bin/dash", "/usr/bin/sh"]),
        ("interpreters", &["/usr/bin/perl5.36.0"]),
        (
            "compilers",
            &[
                "/usr/bin/x86_64-alpine-linux-musl-gcc",
                "/usr/bin/x86_64-linux-gnu-gcc-12",
                "/usr/lib/gcc/x86_64-linux-gnu/12/cc1plus",
            ],
        ),
        (
            "package-managers",
            &[
                "/opt/venv/bin/pip3.11",
                "/opt/venv/lib/python3.11/site-packages/pip-23.0.dist-info",
            ],
        ),
        ("network-clients", &["/usr/bin/wget"]),
    ];
    for (row, expected) in expected {
        assert_eq!(names(&found[row]), expected, "{row}");
        assert_eq!(found[row].value, Some(expected.len() as u64));
    }
    assert_eq!(found["shells"].items[1].detail, "link to /usr/bin/dash");
    assert_eq!(
        names(&found["commands"]),
        [
            "/usr/bin/dash",
            "/usr/bin/perl5.36.0",
            "/usr/bin/python3.11",
            "/usr/bin/sh",
            "/usr/bin/wget",
            "/usr/bin/x86_64-alpine-linux-musl-gcc",
            "/usr/bin/x86_64-linux-gnu-gcc-12",
        ]
    );
}

#[test]
fn rights_are_told_with_mode_and_owner() {
    let found = counted(
        Sample::new()
            .file_with("usr/bin/su", "elf", 0o4755)
            .file_with("usr/bin/wall", "elf", 0o2755)
            .directory("tmp", 0o1777)
            .directory("srv/open", 0o777)
            .file_with("srv/open/file", "x", 0o666)
            .link("srv/link", "open"),
    );
    let set_id: Vec<_> = found["set-id"]
        .items
        .iter()
        .map(|item| item.detail.as_str())
        .collect();
    assert_eq!(names(&found["set-id"]), ["/usr/bin/su", "/usr/bin/wall"]);
    assert_eq!(set_id, ["mode 4755, owner 0:0", "mode 2755, owner 0:0"]);
    assert_eq!(
        names(&found["world-writable"]),
        ["/srv/open", "/srv/open/file"]
    );
    assert_eq!(
        found["capabilities"].missing.as_deref(),
        Some("not checked: a directory's extended attributes are not read")
    );
}

#[test]
fn capabilities_are_those_of_the_file_that_is_seen() {
    let value = [
        1, 0, 0, 2, 0, 0x24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    let found = counted(
        Sample::new()
            .hidden(0, "usr/bin/ping", "elf")
            .entry(0, |entry| {
                entry
                    .xattrs
                    .insert(b"security.capability".to_vec(), value.to_vec());
            })
            .hidden(0, "usr/bin/gone", "elf")
            .entry(0, |entry| {
                entry
                    .xattrs
                    .insert(b"security.capability".to_vec(), value.to_vec());
            })
            .program("usr/bin/ping", "elf"),
    );
    assert_eq!(
        found["capabilities"],
        Value::count(vec![Item {
            name: "/usr/bin/ping".into(),
            detail: "cap_net_bind_service, cap_net_raw".into(),
        }])
    );
}

#[test]
fn leftovers_stand_by_directory_and_headers_by_file() {
    let found = counted(
        Sample::new()
            .file("app/.git/objects/ab/cd", "12345")
            .file("app/.git/HEAD", "1")
            .file("var/lib/apt/lists/x", "1234567")
            .file("build/x.o", "12")
            .file("usr/include/x.h", "1234")
            .file("usr/lib/libx.a", "12")
            .file("usr/lib/python3.11/ensurepip/_bundled/pip.whl", "123"),
    );
    let places: Vec<_> = found["leftovers"]
        .items
        .iter()
        .map(|item| (item.name.as_str(), item.detail.as_str()))
        .collect();
    assert_eq!(
        places,
        [
            ("/var/lib/apt/lists", "7 bytes in 1 file"),
            ("/app/.git", "6 bytes in 2 files"),
            ("/build", "2 bytes in 1 file"),
        ]
    );
    assert_eq!(found["leftovers"].value, Some(15));
    assert_eq!(
        names(&found["headers"]),
        ["/usr/include/x.h", "/usr/lib/libx.a"]
    );
    assert_eq!(found["owned"].text, "0 %");
}

#[test]
fn configuration_is_told_in_words() {
    let found = counted(
        Sample::new()
            .file(
                "etc/passwd",
                "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n",
            )
            .config(|config| {
                config.config.user = "app".into();
                config.config.cmd = ["/bin/sh", "-c", "python app.py"]
                    .map(String::from)
                    .to_vec();
                config.config.exposed_ports = ["80/tcp", "8000/tcp"].map(String::from).into();
            }),
    );
    assert_eq!(
        (found["user"].text.as_str(), found["user"].value),
        ("app (uid 1000)", Some(0))
    );
    assert_eq!(found["shell-form"].items[0].detail, "python app.py");
    assert_eq!(
        found["ports"].items,
        [
            Item {
                name: "80/tcp".into(),
                detail: "privileged".into()
            },
            Item {
                name: "8000/tcp".into(),
                detail: String::new()
            },
        ]
    );
    let found = counted(Sample::new());
    assert_eq!(
        (found["user"].text.as_str(), found["user"].value),
        ("root (no USER)", Some(1))
    );
    assert_eq!(found["runs"].text, "yes");
}
