use std::path::Path;

use constrict_oci::RootFs;

use super::*;
use crate::image::Image;
use crate::sample::Sample;

const SITE: &str = "usr/local/lib/python3.11/site-packages";

/// An image with one of everything.
fn image() -> Image {
    let diff_ids = vec![Digest::of(b"base"), Digest::of(b"application")];
    let info = format!("{SITE}/Flask-3.0.0.dist-info");
    let click = format!("{SITE}/click-8.1.7.dist-info");
    Sample::new()
        .file(
            "etc/os-release",
            "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n\
             HOME_URL=\"https://www.debian.org/\"\n",
        )
        .file(
            "var/lib/dpkg/status",
            "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc\n\
             Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>\n\
             Homepage: https://www.gnu.org/software/libc/libc.html\nVersion: 2.36-9+deb12u9\n\
             Depends: libgcc-s1\nDescription: GNU C Library\n\n\
             Package: libgcc-s1\nStatus: install ok installed\nArchitecture: amd64\n\
             Source: gcc-12 (12.2.0-14)\nVersion: 12.2.0-14+b1\nDescription: GCC support library\n\n\
             Package: python3-click\nStatus: install ok installed\nArchitecture: all\nVersion: 8.1.3-2\n",
        )
        .file("var/lib/dpkg/info/libc6:amd64.list", "/usr/lib/libc.so.6\n")
        .file("var/lib/dpkg/info/libc6:amd64.md5sums", "0  usr/lib/libc.so.6\n")
        .file(
            "var/lib/dpkg/info/python3-click.list",
            "/usr/lib/python3/dist-packages/click-8.1.3.egg-info/PKG-INFO\n",
        )
        .file("usr/lib/libc.so.6", "elf")
        .file(
            "usr/share/doc/libc6/copyright",
            "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n\
             Files: *\nLicense: LGPL-2.1+ or MIT-variant\n",
        )
        .file(
            "usr/lib/python3/dist-packages/click-8.1.3.egg-info/PKG-INFO",
            "Name: click\nVersion: 8.1.3\n",
        )
        .file(
            &format!("{info}/METADATA"),
            "Name: Flask\nVersion: 3.0.0\nSummary: A framework\nRequires-Dist: click>=8\n\
             Classifier: License :: OSI Approved :: BSD License\n\
             Project-URL: Homepage, not an address\nAuthor-email: Somebody <a@b.example>\n",
        )
        .file(&format!("{info}/RECORD"), "flask/__init__.py,,\n")
        .layer(&format!("{info}/RECORD"), 1)
        .file(&format!("{SITE}/flask/__init__.py"), "")
        .layer(&format!("{SITE}/flask/__init__.py"), 1)
        .layer(&format!("{info}/METADATA"), 1)
        .file(
            &format!("{click}/METADATA"),
            "Name: click\nVersion: 8.1.7\nLicense-Expression: BSD-3-Clause\n",
        )
        .program("usr/local/bin/python3.11", "\x7fELF\x003.11.9\0")
        .file("usr/local/lib/python3.11/os.py", "")
        .config(|config| {
            config.created = Some("2024-05-14T01:28:26.5+02:00".into());
            config.rootfs = RootFs {
                diff_ids,
                ..RootFs::default()
            };
        })
        .image()
}

fn about() -> About {
    About {
        name: "registry.test/team/app:1".into(),
        reference: Some(Reference::parse("registry.test/team/app:1").unwrap()),
        digest: Some(Digest::of(b"manifest")),
        epoch: 0,
        files: false,
    }
}

fn written(image: &Image, about: &About, format: Format) -> String {
    let facts = Facts::new(image);
    String::from_utf8(document(&facts, about, format)).unwrap()
}

/// Compares with a file of `testdata/`; `UPDATE=1` writes it.
fn expect(name: &str, found: &str) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sbom/testdata");
    let path = directory.join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    assert_eq!(found, std::fs::read_to_string(&path).unwrap());
}

#[test]
fn spdx_has_packages_relations_licences_and_places() {
    expect(
        "sample.spdx.json",
        &written(&image(), &about(), Format::Spdx),
    );
}

#[test]
fn cyclonedx_has_packages_relations_licences_and_places() {
    expect(
        "sample.cdx.json",
        &written(&image(), &about(), Format::CycloneDx),
    );
}

#[test]
fn files_are_listed_on_demand() {
    let about = About {
        files: true,
        ..about()
    };
    let bom: serde_json::Value =
        serde_json::from_str(&written(&image(), &about, Format::CycloneDx)).unwrap();
    let components = bom["components"].as_array().unwrap();
    let libc = components
        .iter()
        .find(|one| one["name"] == "libc6")
        .unwrap();
    let hash = Digest::of(b"elf").hex();
    assert_eq!(
        libc["components"],
        serde_json::json!([{
            "type": "file",
            "name": "/usr/lib/libc.so.6",
            "hashes": [{"alg": "SHA-256", "content": hash}],
        }])
    );
}

#[test]
fn equal_images_give_equal_bytes_and_others_another_number() {
    for format in [Format::Spdx, Format::CycloneDx] {
        let one = written(&image(), &about(), format);
        assert_eq!(one, written(&image(), &about(), format));
        let other = About {
            digest: Some(Digest::of(b"another")),
            ..about()
        };
        let other = written(&image(), &other, format);
        let number = |text: &str| {
            let at = text.find("urn:uuid:").unwrap();
            text[at..at + 45].to_string()
        };
        assert_ne!(number(&one), number(&other));
    }
}

#[test]
fn a_directory_without_anything_is_a_document_too() {
    let image = Sample::new().file("app/app.py", "").image();
    let about = About {
        name: "rootfs".into(),
        reference: None,
        digest: None,
        epoch: 86_400,
        files: false,
    };
    let bom: serde_json::Value =
        serde_json::from_str(&written(&image, &about, Format::CycloneDx)).unwrap();
    assert_eq!(bom["metadata"]["timestamp"], "1970-01-02T00:00:00Z");
    assert_eq!(bom["components"], serde_json::json!([]));
    let document: serde_json::Value =
        serde_json::from_str(&written(&image, &about, Format::Spdx)).unwrap();
    assert_eq!(document["packages"].as_array().unwrap().len(), 1);
}

#[test]
fn two_environments_may_have_one_distribution() {
    let metadata = "Name: six\nVersion: 1.16.0\n";
    let image = Sample::new()
        .file(
            "a/lib/python3.11/site-packages/six-1.16.0.dist-info/METADATA",
            metadata,
        )
        .file(
            "b/lib/python3.11/site-packages/six-1.16.0.dist-info/METADATA",
            metadata,
        )
        .image();
    let bom: serde_json::Value =
        serde_json::from_str(&written(&image, &about(), Format::CycloneDx)).unwrap();
    let references: Vec<&str> = bom["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["bom-ref"].as_str().unwrap())
        .collect();
    assert_eq!(
        references,
        [
            "pkg:pypi/six@1.16.0",
            "pkg:pypi/six@1.16.0#/b/lib/python3.11/site-packages/six-1.16.0.dist-info"
        ]
    );
}
