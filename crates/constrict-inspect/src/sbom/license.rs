//! Licences as records spell them, to SPDX expressions where that is sure; what is not keeps its own name.
//!
//! | what is read | source |
//! |---|---|
//! | SPDX expressions: `License-Expression` (PEP 639), apk's `L` | SPDX 2.3, annex D |
//! | classifiers and short names of Python's `License` | PEP 639, "mapping license classifiers to SPDX identifiers": classifiers that several licences share are not mapped |
//! | `License` of Debian's copyright files | the machine-readable format 1.0 (DEP-5), "short name" and "syntax" |
//! | identifiers (`spdx-ids.txt`) | the SPDX licence list 3.28, those that the schema of CycloneDX 1.6 and `license-expression` 30.4 both know |

mod debian;
mod expression;

use std::collections::BTreeMap;

pub(super) use debian::copyright;

/// Licences, put together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Licence {
    /// An identifier of the list: `MIT`.
    Id(&'static str),
    /// An identifier with an exception, or a later version: `GPL-2.0-only WITH Classpath-exception-2.0`.
    Modified(String),
    /// One that the list does not have, or not for sure, by the record's own name.
    Named(String),
    /// All of them apply.
    All(Vec<Licence>),
    /// One of them may be chosen.
    Any(Vec<Licence>),
}

/// Identifiers of the list, one a line.
const IDS: &str = include_str!("spdx-ids.txt");
/// A longer text is a licence itself, not a name of one.
const LONGEST: usize = 1000;
/// The longest name in an identifier that stands for it.
const LONGEST_NAME: usize = 80;

/// Names that mean one licence, in lower case.
const NAMES: [(&str, &str); 40] = [
    ("mit license", "MIT"),
    ("the mit license", "MIT"),
    ("the mit license (mit)", "MIT"),
    ("mit license (mit)", "MIT"),
    ("expat", "MIT"),
    ("expat license", "MIT"),
    ("mit no attribution license (mit-0)", "MIT-0"),
    ("apache 2.0", "Apache-2.0"),
    ("apache 2", "Apache-2.0"),
    ("apache2", "Apache-2.0"),
    ("apache-2", "Apache-2.0"),
    ("apache license 2.0", "Apache-2.0"),
    ("apache license, version 2.0", "Apache-2.0"),
    ("apache license version 2.0", "Apache-2.0"),
    ("apache software license 2.0", "Apache-2.0"),
    ("bsd 3-clause", "BSD-3-Clause"),
    ("3-clause bsd", "BSD-3-Clause"),
    ("3-clause bsd license", "BSD-3-Clause"),
    ("bsd 3-clause license", "BSD-3-Clause"),
    ("new bsd", "BSD-3-Clause"),
    ("new bsd license", "BSD-3-Clause"),
    ("modified bsd license", "BSD-3-Clause"),
    ("bsd 2-clause", "BSD-2-Clause"),
    ("2-clause bsd license", "BSD-2-Clause"),
    ("bsd 2-clause license", "BSD-2-Clause"),
    ("simplified bsd", "BSD-2-Clause"),
    ("isc license", "ISC"),
    ("isc license (iscl)", "ISC"),
    ("mozilla public license 2.0 (mpl 2.0)", "MPL-2.0"),
    ("mpl 2.0", "MPL-2.0"),
    ("the unlicense (unlicense)", "Unlicense"),
    ("boost software license 1.0 (bsl-1.0)", "BSL-1.0"),
    ("eclipse public license 2.0 (epl-2.0)", "EPL-2.0"),
    ("european union public licence 1.2 (eupl 1.2)", "EUPL-1.2"),
    (
        "cc0 1.0 universal (cc0 1.0) public domain dedication",
        "CC0-1.0",
    ),
    (
        "gnu general public license v2 or later (gplv2+)",
        "GPL-2.0-or-later",
    ),
    (
        "gnu general public license v3 or later (gplv3+)",
        "GPL-3.0-or-later",
    ),
    (
        "gnu lesser general public license v3 or later (lgplv3+)",
        "LGPL-3.0-or-later",
    ),
    (
        "gnu affero general public license v3 or later (agplv3+)",
        "AGPL-3.0-or-later",
    ),
    ("universal permissive license (upl)", "UPL-1.0"),
];

/// What the SPDX list now calls identifiers that it has deprecated.
const RENAMED: [(&str, &str); 14] = [
    ("gpl-1.0", "GPL-1.0-only"),
    ("gpl-1.0+", "GPL-1.0-or-later"),
    ("gpl-2.0", "GPL-2.0-only"),
    ("gpl-2.0+", "GPL-2.0-or-later"),
    ("gpl-3.0", "GPL-3.0-only"),
    ("gpl-3.0+", "GPL-3.0-or-later"),
    ("lgpl-2.0", "LGPL-2.0-only"),
    ("lgpl-2.0+", "LGPL-2.0-or-later"),
    ("lgpl-2.1", "LGPL-2.1-only"),
    ("lgpl-2.1+", "LGPL-2.1-or-later"),
    ("lgpl-3.0", "LGPL-3.0-only"),
    ("lgpl-3.0+", "LGPL-3.0-or-later"),
    ("agpl-3.0", "AGPL-3.0-only"),
    ("agpl-3.0+", "AGPL-3.0-or-later"),
];

/// What a record's licence means: an SPDX expression, a short name, classifiers joined by `AND`.
pub(super) fn read(text: &str) -> Option<Licence> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    if let Some(licence) = named(text).or_else(|| expression::parse(text)) {
        return Some(licence);
    }
    let parts: Vec<&str> = text.split(" AND ").collect();
    let known = |part: &&str| {
        named(part)
            .or_else(|| expression::parse(part))
            .unwrap_or_else(|| Licence::Named(part.trim().to_string()))
    };
    Some(all(parts.iter().map(known).collect()))
}

/// The licence of a name, whatever its case.
fn named(name: &str) -> Option<Licence> {
    let name = name.trim().to_ascii_lowercase();
    let found = NAMES
        .iter()
        .chain(&RENAMED)
        .find(|(known, _)| *known == name);
    found
        .map(|(_, id)| Licence::Id(id))
        .or_else(|| id(&name).map(Licence::Id))
}

/// The identifier of the list that this is, whatever its case.
fn id(name: &str) -> Option<&'static str> {
    let mut ids = IDS.lines().filter(|id| !is_exception(id));
    ids.find(|id| id.eq_ignore_ascii_case(name))
}

/// The exception of the list that this is.
fn exception(name: &str) -> Option<&'static str> {
    let mut ids = IDS.lines().filter(|id| is_exception(id));
    ids.find(|id| id.eq_ignore_ascii_case(name))
}

/// The list names licences and exceptions.
fn is_exception(id: &str) -> bool {
    let by_name = id.contains("-exception") && !id.contains("-with-");
    by_name
        || [
            "Linux-syscall-note",
            "LLGPL",
            "GPL-CC-1.0",
            "SHL-2.0",
            "SHL-2.1",
        ]
        .contains(&id)
}

/// All of these, each once, by name.
fn all(mut licences: Vec<Licence>) -> Licence {
    licences.sort();
    licences.dedup();
    match licences.len() {
        1 => licences.remove(0),
        _ => Licence::All(licences),
    }
}

impl Licence {
    /// The SPDX expression; `refs` gets what it names that is not in the list, by identifier.
    pub(super) fn expression(&self, refs: &mut BTreeMap<String, String>) -> String {
        let mut part = |licence: &Licence| match licence {
            Licence::All(_) | Licence::Any(_) => format!("({})", licence.expression(refs)),
            other => other.expression(refs),
        };
        match self {
            Licence::Id(id) => id.to_string(),
            Licence::Modified(text) => text.clone(),
            Licence::All(parts) => parts.iter().map(part).collect::<Vec<_>>().join(" AND "),
            Licence::Any(parts) => parts.iter().map(&mut part).collect::<Vec<_>>().join(" OR "),
            Licence::Named(name) => {
                let id = reference(name);
                refs.entry(id.clone()).or_insert_with(|| name.clone());
                id
            }
        }
    }

    /// The licences, if all of them apply and each is an identifier or a name.
    pub(super) fn plain(&self) -> Option<Vec<&Licence>> {
        let parts: Vec<&Licence> = match self {
            Licence::All(parts) => parts.iter().collect(),
            one => vec![one],
        };
        let is_plain = |part: &&Licence| matches!(part, Licence::Id(_) | Licence::Named(_));
        parts.iter().all(is_plain).then_some(parts)
    }
}

/// `LicenseRef-BSD-License` of `BSD License`. Where more than blanks is replaced, a part of the name's digest tells it from others.
fn reference(name: &str) -> String {
    let plain = name.strip_prefix("LicenseRef-").unwrap_or(name);
    let mut id = String::new();
    for letter in plain.chars() {
        match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' => id.push(letter),
            _ if id.is_empty() || id.ends_with('-') => {}
            _ => id.push('-'),
        }
    }
    id.truncate(LONGEST_NAME);
    let id = id.trim_end_matches('-');
    if id == plain.replace(' ', "-") {
        return format!("LicenseRef-{id}");
    }
    let digest = constrict_oci::Digest::of(plain.as_bytes()).hex();
    let name = if id.is_empty() { "unnamed" } else { id };
    format!("LicenseRef-{name}-{}", &digest[..8])
}

#[cfg(test)]
mod tests;
