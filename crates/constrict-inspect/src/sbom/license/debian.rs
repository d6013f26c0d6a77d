//! Debian's copyright files in the machine-readable format: the licences of all parts of the source package.
//!
//! ```text
//! Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
//!
//! Files: *
//! Copyright: 2020 somebody
//! License: GPL-2+ or Artistic-2.0, and BSD-3-clause
//! ```
//!
//! A file of any other form tells nothing for sure. Source: copyright-format 1.0, "License specification".

use super::{LONGEST, Licence, all, named};

/// Licences of a file that are told apart at most.
const MOST: usize = 200;

/// Debian's names that are not those of the list, in lower case.
pub(super) const NAMES: [(&str, &str); 35] = [
    ("expat", "MIT"),
    ("apache-2", "Apache-2.0"),
    ("gpl-1", "GPL-1.0-only"),
    ("gpl-1+", "GPL-1.0-or-later"),
    ("gpl-2", "GPL-2.0-only"),
    ("gpl-2+", "GPL-2.0-or-later"),
    ("gpl-3", "GPL-3.0-only"),
    ("gpl-3+", "GPL-3.0-or-later"),
    ("lgpl-2", "LGPL-2.0-only"),
    ("lgpl-2+", "LGPL-2.0-or-later"),
    ("lgpl-3", "LGPL-3.0-only"),
    ("lgpl-3+", "LGPL-3.0-or-later"),
    ("agpl-3", "AGPL-3.0-only"),
    ("agpl-3+", "AGPL-3.0-or-later"),
    ("gfdl-1.1", "GFDL-1.1-only"),
    ("gfdl-1.1+", "GFDL-1.1-or-later"),
    ("gfdl-1.2", "GFDL-1.2-only"),
    ("gfdl-1.2+", "GFDL-1.2-or-later"),
    ("gfdl-1.3", "GFDL-1.3-only"),
    ("gfdl-1.3+", "GFDL-1.3-or-later"),
    ("gfdl-niv-1.2", "GFDL-1.2-no-invariants-only"),
    ("gfdl-niv-1.2+", "GFDL-1.2-no-invariants-or-later"),
    ("gfdl-niv-1.3", "GFDL-1.3-no-invariants-only"),
    ("gfdl-niv-1.3+", "GFDL-1.3-no-invariants-or-later"),
    ("cddl-1", "CDDL-1.0"),
    ("cpl-1", "CPL-1.0"),
    ("mpl-1", "MPL-1.0"),
    ("mpl-2", "MPL-2.0"),
    ("python-2", "Python-2.0"),
    ("psf-2", "PSF-2.0"),
    ("zpl-2", "ZPL-2.0"),
    ("bsl-1", "BSL-1.0"),
    ("artistic-2", "Artistic-2.0"),
    ("ofl-1", "OFL-1.0"),
    ("epl-1", "EPL-1.0"),
];

/// What a copyright file says.
pub(in crate::sbom) fn copyright(text: &str) -> Option<Licence> {
    let format = text.lines().find(|line| !line.trim().is_empty())?;
    let (field, value) = format.split_once(':')?;
    let is_format = ["format", "format-specification"].contains(
        &field
            .trim_start_matches('\u{feff}')
            .to_ascii_lowercase()
            .as_str(),
    );
    if !is_format || !(value.contains("copyright-format") || value.contains("dep5")) {
        return None;
    }
    let mut licences = Vec::new();
    for (number, paragraph) in paragraphs(text).enumerate() {
        // a paragraph of a licence alone is the text of one that others name
        if number > 0 && field_of(&paragraph, "files").is_none() {
            continue;
        }
        let name = field_of(&paragraph, "license").unwrap_or_default();
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if !name.is_empty() && name.len() <= LONGEST && licences.len() < MOST {
            licences.push(licence(&name));
        }
    }
    (!licences.is_empty()).then(|| all(licences))
}

fn paragraphs(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let mut lines = text.lines().peekable();
    std::iter::from_fn(move || {
        while lines.next_if(|line| line.trim().is_empty()).is_some() {}
        lines.peek()?;
        let mut paragraph = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.trim().is_empty()) {
            paragraph.push(line);
        }
        Some(paragraph)
    })
}

/// The first line of a field's value.
fn field_of<'a>(paragraph: &[&'a str], name: &str) -> Option<&'a str> {
    let mut fields = paragraph
        .iter()
        .filter(|line| !line.starts_with([' ', '\t', '#']))
        .filter_map(|line| line.split_once(':'));
    fields
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

/// `A or B, and C`: a comma before an operator makes it bind less than those without.
fn licence(text: &str) -> Licence {
    let lower = text.to_ascii_lowercase();
    for operator in [", or ", ", and ", " or ", " and "] {
        if lower.contains(operator) {
            let parts = split(text, &lower, operator).map(licence).collect();
            return match operator.ends_with("or ") {
                true => Licence::Any(parts),
                false => Licence::All(parts),
            };
        }
    }
    one(text)
}

/// The parts between an operator, which is in small letters in `lower`.
fn split<'a>(text: &'a str, lower: &'a str, operator: &'a str) -> impl Iterator<Item = &'a str> {
    let mut from = 0;
    lower.split(operator).map(move |part| {
        let found = &text[from..from + part.len()];
        from += part.len() + operator.len();
        found
    })
}

fn one(text: &str) -> Licence {
    let text = text.trim().trim_end_matches(',');
    let name = text.to_ascii_lowercase();
    if let Some((_, id)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Licence::Id(id);
    }
    // `GPL-2.0+`, `LGPL-2.1`
    if let Some(found) = named(&name) {
        return found;
    }
    // `MPL-1.1+` is an expression that no validator's list has
    Licence::Named(text.to_string())
}
