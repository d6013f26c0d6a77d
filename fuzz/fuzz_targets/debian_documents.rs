//! Any bytes as a Release file, an index of packages, a dpkg status, relations or apt sources: what is read is written and
//! read again the same, and no path leaves the suite.

#![no_main]

use std::collections::BTreeSet;

use constrict_debian::contents::find_paths;
use constrict_debian::packages::read_packages;
use constrict_debian::paragraph::Paragraph;
use constrict_debian::relation::Alternatives;
use constrict_debian::release::Release;
use constrict_debian::sources::{parse_deb822, parse_list};
use constrict_debian::status::read_installed;
use constrict_debian::version::Version;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(release) = Release::parse(bytes) {
        for component in ["main", "../x"] {
            if let Ok(file) = release.packages_file(component, "amd64") {
                assert!(!file.path.split('/').any(|part| part == ".."));
            }
        }
    }
    if let Ok(packages) = read_packages(bytes, "amd64") {
        for package in packages {
            assert!(!package.filename.split('/').any(|part| part == ".."));
        }
    }
    let _ = read_installed(bytes);
    let _ = find_paths(bytes, &BTreeSet::new());
    if let Ok(paragraph) = Paragraph::parse_one("fuzz", bytes) {
        let again = Paragraph::parse_one("fuzz", paragraph.to_text().as_bytes());
        assert_eq!(again.expect("ours"), paragraph);
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let _ = (parse_list(text), parse_deb822(text));
    if let Ok(version) = Version::parse(text) {
        assert_eq!(Version::parse(version.as_str()).expect("ours"), version);
    }
    for item in Alternatives::parse_list(text).into_iter().flatten() {
        let again = Alternatives::parse_list(&item.to_string());
        assert_eq!(again.expect("ours"), [item]);
    }
});
