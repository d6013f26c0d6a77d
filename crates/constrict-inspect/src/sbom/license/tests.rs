use super::*;

fn shown(licence: Option<Licence>) -> String {
    licence.map_or_else(
        || "none".into(),
        |licence| licence.expression(&mut BTreeMap::new()),
    )
}

#[test]
fn expressions_and_sure_names_become_spdx() {
    let cases = [
        ("MIT", "MIT"),
        ("mit", "MIT"),
        ("MIT License", "MIT"),
        ("BSD-3-Clause OR Apache-2.0", "BSD-3-Clause OR Apache-2.0"),
        (
            "MIT AND (BSD-2-Clause or GPL-2.0+)",
            "MIT AND (BSD-2-Clause OR GPL-2.0-or-later)",
        ),
        (
            "Apache-2.0 WITH LLVM-exception",
            "Apache-2.0 WITH LLVM-exception",
        ),
        ("ISC License (ISCL) AND MIT License", "ISC AND MIT"),
        ("LicenseRef-Own AND MIT", "LicenseRef-Own AND MIT"),
        ("Apache License, Version 2.0", "Apache-2.0"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(read(text)), expected, "{text}");
    }
}

#[test]
fn what_is_not_sure_keeps_its_name() {
    let cases = [
        ("BSD License", "LicenseRef-BSD-License"),
        ("BSD", "LicenseRef-BSD"),
        (
            "Apache Software License",
            "LicenseRef-Apache-Software-License",
        ),
        (
            "BSD License AND MIT License",
            "MIT AND LicenseRef-BSD-License",
        ),
        (
            "MIT WITH no-such-exception",
            "LicenseRef-MIT-WITH-no-such-exception",
        ),
        (
            "see /COPYING (ours)",
            "LicenseRef-see-COPYING-ours-82a01a7e",
        ),
        ("§", "LicenseRef-unnamed-f8bf3102"),
        ("MPL-2.0+", "LicenseRef-MPL-2.0-92cf6b3f"),
        ("GPLv3", "LicenseRef-GPLv3"),
        ("GPLv3+", "LicenseRef-GPLv3-b9220b05"),
        ("", "none"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(read(text)), expected, "{text}");
    }
    let mut refs = BTreeMap::new();
    read("BSD License").unwrap().expression(&mut refs);
    assert_eq!(refs["LicenseRef-BSD-License"], "BSD License");
}

#[test]
fn copyright_files_tell_all_licences_of_the_source() {
    let text = "\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: x

Files: *
Copyright: 2020 A
License: GPL-2+ or Artistic, and BSD-3-clause
 text

Files: debian/*
Copyright: 2021 B
License: Expat

License: GPL-2+
 the text

License: zlib
 a text that nobody names
";
    assert_eq!(
        shown(copyright(text)),
        "MIT AND ((GPL-2.0-or-later OR LicenseRef-Artistic) AND BSD-3-Clause)"
    );
    assert_eq!(
        shown(copyright("This package was debianized by hand.\n")),
        "none"
    );
    assert_eq!(
        shown(copyright(
            "Format: https://x.example/copyright-format/1.0\nLicense: GPL-2+ with OpenSSL exception\n"
        )),
        "LicenseRef-GPL-2-with-OpenSSL-exception-a0de130f"
    );
}

#[test]
fn deep_parentheses_are_no_expression() {
    let deep = format!("{}MIT{}", "(".repeat(100), ")".repeat(100));
    assert!(matches!(read(&deep), Some(Licence::Named(_))));
}

#[test]
fn every_name_of_the_tables_is_in_the_list() {
    for (name, id) in NAMES.iter().chain(&RENAMED) {
        assert_eq!(super::id(id), Some(*id), "{name}");
    }
    for (name, id) in debian::NAMES {
        assert_eq!(super::id(id), Some(id), "{name}");
    }
}
