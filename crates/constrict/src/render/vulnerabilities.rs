//! Known vulnerabilities as text and as JSON, which `docs/vulnerabilities.md` describes.
//!
//! ```text
//! openssl 3.0.11-1~deb12u1 (libssl3, openssl)
//!   CVE-2024-5535  fixed in 3.0.15-1~deb12u1  high
//!     fixed in bookworm-security
//!
//! app: 1 known vulnerability in 1 package, 1 of them fixed by a newer version
//! checked: 34 Debian packages against bookworm-security: only what is fixed there (debian-security, as of 2026-11-30)
//! not checked: no source covers 12 Python distributions
//! ```

use std::collections::BTreeSet;
use std::fmt::Write as _;

use constrict_inspect::vulnerabilities::{Known, NotCompared, Outcome, Vulnerabilities};
use serde_json::json;

use super::style::Style;

/// How many entries of what was not compared are shown.
const SHOWN: usize = 5;

/// For people.
pub(crate) fn text(image: &str, found: &Vulnerabilities, style: Style) -> String {
    let known = found.known();
    let mut text = String::new();
    let mut package = None;
    for each in &known {
        let this = (&each.package, &each.installed);
        if package != Some(this) {
            let gap = if package.is_some() { "\n" } else { "" };
            let _ = writeln!(text, "{gap}{}", style.bold(&head(each)));
            package = Some(this);
        }
        text.push_str(&entry(each, style));
    }
    if !known.is_empty() {
        text.push('\n');
    }
    let _ = writeln!(text, "{image}: {}", summary(found, &known));
    for outcome in &found.outcomes {
        text.push_str(&outcome_lines(outcome, style));
    }
    text
}

/// `openssl 3.0.11-1 (libssl3)`
fn head(known: &Known) -> String {
    let name = format!("{} {}", known.package, known.installed);
    let is_itself = known.binaries.is_empty() || known.binaries == [known.package.clone()];
    match is_itself {
        true => name,
        false => format!("{name} ({})", known.binaries.join(", ")),
    }
}

fn entry(known: &Known, style: Style) -> String {
    let cves = known.aliases.iter().filter(|name| name.starts_with("CVE-"));
    let cves: Vec<&str> = cves.map(String::as_str).collect();
    let mut text = format!("  {}", style.yellow(&known.id));
    if !cves.is_empty() && !known.id.contains("CVE-") {
        let _ = write!(text, " ({})", cves.join(", "));
    }
    match &known.fixed {
        Some(fixed) => {
            let _ = write!(text, "  fixed in {fixed}");
        }
        None => text.push_str("  no fix is known"),
    }
    if let Some(severity) = &known.severity {
        let _ = write!(text, "  {severity}");
    }
    match known.summary.is_empty() {
        true => text + "\n",
        false => format!("{text}\n    {}\n", known.summary),
    }
}

/// `3 known vulnerabilities in 2 packages, 1 of them fixed by a newer version`; `not checked` if nothing was.
fn summary(found: &Vulnerabilities, known: &[Known]) -> String {
    if !found.is_checked() {
        return "not checked for vulnerabilities".into();
    }
    let packages: BTreeSet<_> = known
        .iter()
        .map(|known| (known.ecosystem, &known.package))
        .collect();
    let fixed = known.iter().filter(|known| known.fixed.is_some()).count();
    let whole = match found.not_checked().is_empty() {
        true => "",
        false => "; not everything was checked",
    };
    let counted = |count: usize, one: &str, more: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {more}"),
    };
    match known.len() {
        0 => format!("no known vulnerability in what was checked{whole}"),
        count => format!(
            "{} in {}, {fixed} of them fixed by a newer version{whole}",
            counted(count, "known vulnerability", "known vulnerabilities"),
            counted(packages.len(), "package", "packages"),
        ),
    }
}

fn outcome_lines(outcome: &Outcome, style: Style) -> String {
    match outcome {
        Outcome::Checked {
            source,
            what,
            not_compared,
            as_of,
            ..
        } => {
            let date = as_of.as_deref().and_then(|date| date.split('T').next());
            let date = date.map_or(String::new(), |date| format!(", as of {date}"));
            let mut text = format!("{} {what} ({source}{date})\n", style.green("checked:"));
            for entry in not_compared.iter().take(SHOWN) {
                let _ = writeln!(text, "  not compared: {}", not_compared_line(entry));
            }
            if not_compared.len() > SHOWN {
                let more = not_compared.len() - SHOWN;
                let _ = writeln!(
                    text,
                    "  not compared: {more} more, which --format json lists"
                );
            }
            text
        }
        Outcome::NotChecked { source, why, .. } => {
            let source = source
                .as_ref()
                .map_or(String::new(), |name| format!("{name}: "));
            format!("{} {source}{why}\n", style.yellow("not checked:"))
        }
    }
}

fn not_compared_line(entry: &NotCompared) -> String {
    match (&entry.package, &entry.installed) {
        (Some(package), Some(installed)) => {
            format!("{package} {installed} with {}: {}", entry.id, entry.why)
        }
        _ => format!("{}: {}", entry.id, entry.why),
    }
}

/// For programs.
pub(crate) fn json(image: &str, found: &Vulnerabilities) -> String {
    let document = json!({
        "version": 1,
        "image": image,
        "checked": found.is_checked() && found.not_checked().is_empty(),
        "known": found.known(),
        "outcomes": found.outcomes,
    });
    let text = serde_json::to_string_pretty(&document);
    format!("{}\n", text.expect("plain data"))
}
