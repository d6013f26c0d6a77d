//! The reference has what is read, and `docs/configuration.md` has the reference. `UPDATE=1` writes it there.

use std::fmt::Write;
use std::path::Path;

use super::{KEYS, sample};
use crate::settings::{Bases, Settings};

/// What stands around the generated part of the page.
const BEGIN: &str = "<!-- written by the tests of constrict-build -->\n";
const END: &str = "<!-- end of what is written by the tests -->\n";

fn page() -> String {
    let mut text = format!("```toml\n{}```\n\n", sample());
    text.push_str("| table | key | value | without it | meaning |\n|---|---|---|---|---|\n");
    for key in KEYS {
        let table = match key.table {
            "" => String::new(),
            table => format!("`[{table}]`"),
        };
        let (name, kind, default, meaning) = (key.name, key.kind, key.default, key.meaning);
        writeln!(
            text,
            "| {table} | `{name}` | {kind} | {default} | {meaning} |"
        )
        .unwrap();
    }
    text
}

/// The keys that a table may have, as the parser lists them when it meets another.
fn known(table: &str) -> Vec<String> {
    let head = match table {
        "" => String::new(),
        table => format!("[{table}]\n"),
    };
    let text = format!("{head}no-such-key = 1\n");
    let message = toml::from_str::<Settings>(&text).unwrap_err().to_string();
    let (_, listed) = message.split_once("expected ").unwrap();
    let words = listed.split('`').skip(1).step_by(2);
    words.map(ToString::to_string).collect()
}

#[test]
fn every_key_that_is_read_is_in_the_reference() {
    let tables: Vec<String> = known("")
        .into_iter()
        .filter(|name| {
            !KEYS
                .iter()
                .any(|key| key.table.is_empty() && key.name == name)
        })
        .collect();
    assert_eq!(tables, ["registry", "debian", "check", "vulnerabilities"]);
    for table in [
        "",
        "registry.\"NAME\"",
        "debian",
        "check",
        "vulnerabilities",
    ] {
        let listed = KEYS.iter().filter(|key| key.table == table);
        let mut listed: Vec<&str> = listed.map(|key| key.name).collect();
        let mut known = known(table);
        known.retain(|name| !(table.is_empty() && tables.contains(name)));
        listed.sort_unstable();
        known.sort_unstable();
        assert_eq!(listed, known, "[{table}]");
    }
}

#[test]
fn the_sample_sets_every_key() {
    let settings: Settings = toml::from_str(&sample()).unwrap();
    assert_eq!(settings.bases, Some(Bases::Debian));
    assert!(settings.ca.is_some());
    let registry = &settings.registry["docker.io"];
    assert!(!registry.mirrors.is_empty() && !registry.http && !registry.insecure);
    let debian = &settings.debian;
    assert!(debian.mirror.is_some() && debian.security.is_some());
    assert!(debian.keyring.is_some() && debian.snapshot);
    assert!(!settings.check.allow.is_empty());
    assert!(!settings.vulnerabilities.sources.is_empty());
}

#[test]
fn the_page_about_the_configuration_has_the_reference() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE").is_some() {
        let written = format!("{before}{BEGIN}{}{END}{after}", page());
        std::fs::write(&path, written).unwrap();
        return;
    }
    let hint = "run the tests of constrict-build with UPDATE=1";
    assert_eq!(found, page(), "{hint}");
}
