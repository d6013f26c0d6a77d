//! entry_points.txt: what a distribution offers by name, console scripts above all.
//!
//! Format: INI: `[group]`, then `name = module:attribute [extras]`; `#` and `;` begin comments.

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPoint {
    /// `console_scripts`, `gui_scripts`, `flask.commands`, …
    pub group: String,
    /// What it is called: for scripts the name of the file in `bin/`.
    pub name: String,
    /// The module.
    pub module: String,
    /// What is taken from it, dotted; [`None`] for the module itself.
    pub attribute: Option<String>,
    /// The extras it needs, as written.
    pub extras: Vec<String>,
}

impl EntryPoint {
    /// Reads entry_points.txt; lines that are no entries are passed over.
    pub fn parse_all(text: &str) -> Vec<EntryPoint> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut group = String::new();
        let mut entries = Vec::new();
        for line in text.lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = line
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
            {
                group = name.trim().to_owned();
                continue;
            }
            if let Some((name, value)) = line.split_once('=')
                && !group.is_empty()
            {
                entries.extend(entry(&group, name.trim(), value.trim()));
            }
        }
        entries
    }

    /// A script of `bin/`.
    pub fn is_script(&self) -> bool {
        matches!(self.group.as_str(), "console_scripts" | "gui_scripts")
    }
}

fn entry(group: &str, name: &str, value: &str) -> Option<EntryPoint> {
    let (target, extras) = match value.split_once('[') {
        Some((target, extras)) => (target.trim(), extras.trim_end_matches(']')),
        None => (value, ""),
    };
    let (module, attribute) = match target.split_once(':') {
        Some((module, attribute)) => (module.trim(), Some(attribute.trim())),
        None => (target, None),
    };
    if name.is_empty() || module.is_empty() {
        return None;
    }
    let extras = extras
        .split(',')
        .map(str::trim)
        .filter(|extra| !extra.is_empty());
    Some(EntryPoint {
        group: group.to_owned(),
        name: name.to_owned(),
        module: module.to_owned(),
        attribute: attribute
            .filter(|attribute| !attribute.is_empty())
            .map(str::to_owned),
        extras: extras.map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read() {
        let text = "[console_scripts]\nflask = flask.cli:main\nx=a.b : C.run [cli, y]\n# no\n\n[ pytest11 ]\nplug = a.plugin\nbroken\n= x\n";
        let shown: Vec<_> = EntryPoint::parse_all(text)
            .into_iter()
            .map(|one| {
                format!(
                    "{} {} {} {:?} {:?} {}",
                    one.group,
                    one.name,
                    one.module,
                    one.attribute,
                    one.extras,
                    one.is_script()
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "console_scripts flask flask.cli Some(\"main\") [] true",
                "console_scripts x a.b Some(\"C.run\") [\"cli\", \"y\"] true",
                "pytest11 plug a.plugin None [] false",
            ]
        );
        assert_eq!(EntryPoint::parse_all("x = y:z\n"), []);
    }
}
