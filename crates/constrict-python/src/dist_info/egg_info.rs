//! The documents of `.egg-info`: what setuptools and distutils wrote before wheels, and still write in source trees.
//!
//! Format: requires.txt has requirements under `[extra]`, `[extra:marker]` or `[:marker]`; installed-files.txt and
//! SOURCES.txt have a path a line.

use crate::requirement::Requirement;

/// The requirements of requires.txt, each with its section as a marker.
pub fn parse_requires(text: &str) -> Vec<Requirement> {
    let mut condition = String::new();
    let mut requirements = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(section) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            condition = marker(section);
            continue;
        }
        let whole = if condition.is_empty() {
            line.to_owned()
        } else {
            format!("{line} ; {condition}")
        };
        requirements.extend(Requirement::parse(&whole).ok());
    }
    requirements
}

/// `[extra:marker]` as a marker.
fn marker(section: &str) -> String {
    let (extra, marker) = section.split_once(':').unwrap_or((section, ""));
    match (extra.trim(), marker.trim()) {
        ("", marker) => marker.to_owned(),
        (extra, "") => format!("extra == '{extra}'"),
        (extra, marker) => format!("({marker}) and extra == '{extra}'"),
    }
}

/// The paths of installed-files.txt, relative to the `.egg-info` directory itself.
pub fn parse_installed_files(text: &str) -> Vec<String> {
    paths(text)
}

/// The paths of SOURCES.txt, relative to the source tree.
pub fn parse_sources(text: &str) -> Vec<String> {
    paths(text)
}

fn paths(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_markers() {
        let text = "six>=1.0\nbroken requirement\n\n[:python_version < '3.8']\nimportlib-metadata\n\n[tls]\nidna\n\n[tls:os_name == 'nt']\nx\n";
        let shown: Vec<_> = parse_requires(text)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            shown,
            [
                "six>=1.0",
                "importlib-metadata ; python_version < '3.8'",
                "idna ; extra == 'tls'",
                "x ; (os_name == 'nt') and extra == 'tls'",
            ]
        );
        assert_eq!(
            parse_installed_files("../a.py\n\n../b.py\n"),
            ["../a.py", "../b.py"]
        );
        assert_eq!(parse_sources("setup.py\n"), ["setup.py"]);
    }
}
