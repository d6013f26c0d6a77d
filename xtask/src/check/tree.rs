//! Rules about the files in git: no file too long, and none that names a package mirror of the machine it was written on.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::error::{Result, io};
use crate::process;

/// Lines that a source file may have (style guide, rule 2); what lies below `tests/` is exempt.
const LONGEST: usize = 1000;

/// The rules that some file breaks.
pub(crate) fn broken(top: &Path) -> Result<Vec<String>> {
    let mirrors = mirrors()?;
    let listed = process::demand(
        Command::new("git")
            .args(["ls-files", "-z"])
            .current_dir(top),
    )?;
    let mut facts = Vec::new();
    for name in listed.split('\0').filter(|name| !name.is_empty()) {
        let path = top.join(name);
        if !path.is_file() || path.is_symlink() {
            continue;
        }
        let content = fs::read(&path).map_err(io("read", &path))?;
        let text = String::from_utf8_lossy(&content);
        let lines = text.lines().count();
        if name.ends_with(".rs") && !name.contains("/tests/") && lines > LONGEST {
            facts.push(format!("`{name}` has {lines} lines, more than {LONGEST}"));
        }
        if name != "Cargo.lock" {
            facts.extend(
                mirrors
                    .iter()
                    .filter(|host| text.contains(*host))
                    .map(|host| format!("`{name}` names the mirror `{host}`")),
            );
        }
    }
    Ok(facts)
}

/// Hosts of this machine's apt sources and pip index that a public machine would not have.
fn mirrors() -> Result<BTreeSet<String>> {
    let mut text = String::new();
    for folder in ["/etc/apt", "/etc/apt/sources.list.d"] {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let named =
                entry.file_name().to_string_lossy().contains("sources") || folder.ends_with(".d");
            if named && let Ok(sources) = fs::read_to_string(entry.path()) {
                text.push_str(&sources);
                text.push('\n');
            }
        }
    }
    if let Ok(ended) =
        process::capture(Command::new("pip").args(["config", "get", "global.index-url"]))
    {
        text.push_str(&ended.text());
    }
    Ok(hosts(&text))
}

/// The hosts of the URLs in `text` that are not everybody's.
fn hosts(text: &str) -> BTreeSet<String> {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let urls = lines
        .flat_map(str::split_whitespace)
        .filter_map(|word| word.split_once("://"));
    let hosts = urls.map(|(_, rest)| {
        rest.split('/')
            .next()
            .unwrap_or("")
            .rsplit('@')
            .next()
            .unwrap_or("")
    });
    hosts
        .filter(|host| !host.is_empty() && !PUBLIC.iter().any(|public| host.ends_with(public)))
        .map(str::to_owned)
        .collect()
}

/// Hosts of the machine's own tools, whose names are common words of documentation.
const PUBLIC: [&str; 2] = ["google.com", "nodesource.com"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_this_repository_keep_the_rules() {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        assert_eq!(broken(&top).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn hosts_of_sources_are_found_and_public_ones_left_out() {
        let text = "# deb http://old.example/debian x main\ndeb https://me:pw@mirror.example:8443/debian trixie main\nURIs: http://dl.google.com/debian\n";
        assert_eq!(
            hosts(text),
            BTreeSet::from(["mirror.example:8443".to_owned()])
        );
    }
}
