//! Row 25: a time zone is asked for, and the image has no data of it.
//!
//! Source: tzset(3); `zoneinfo` looks in TZPATH, then in the distribution tzdata.

use crate::facts::Facts;
use crate::facts::imports::Reach;
use crate::facts::sources::{OwnSource, own_sources};
use crate::files::{join, shown};
use crate::mend::{Mend, PackageManager};
use crate::rule::{Finding, Place, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "no-time-zones",
    summary: "a time zone is used whose data is not in the image",
    severity: Severity::Breaks,
    rows: &[25],
    page: include_str!("../../../../docs/rules/no-time-zones.md"),
    check,
};

/// Where `zoneinfo` looks, as distributions build it.
const PATHS: &[&str] = &[
    "usr/share/zoneinfo",
    "usr/lib/zoneinfo",
    "usr/share/lib/zoneinfo",
    "etc/zoneinfo",
];

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    variable(facts, findings);
    for source in own_sources(facts, facts.imports()) {
        let missing = uses(&source.text)
            .into_iter()
            .filter(|found| is_key(&found.key) && !has_data(facts, &found.key));
        let Some(found) = missing.min_by_key(|found| !found.at_import) else {
            continue;
        };
        let sure = found.at_import && source.need == Reach::Sure;
        findings.push(mended(facts, finding(&source, &found, sure)));
        return;
    }
}

/// TZ with the name of a place: the C library falls back to UTC without a word.
fn variable(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let Some(zone) = facts
        .environment()
        .get("TZ")
        .map(|zone| zone.trim_start_matches(':'))
    else {
        return;
    };
    let directory = facts
        .environment()
        .get("TZDIR")
        .map_or(PATHS[0].as_bytes(), str::as_bytes);
    let path = join(directory, zone.as_bytes());
    if zone.contains('/')
        && is_key(zone)
        && !facts.files().exists(&path)
        && facts.distributions().by_name("tzdata").next().is_none()
        && !facts.imports().runs.is_empty()
    {
        let message =
            format!("`TZ={zone}` has no effect: the data of that time zone is not in this image");
        let finding = Finding::new(RULE.name, Severity::Risk, message)
            .at(facts.place_of_instruction("ENV"))
            .because("searched", format!("`{}`", shown(&path)));
        findings.push(mended(facts, finding));
    }
}

fn finding(source: &OwnSource, found: &Use, sure: bool) -> Finding {
    let (severity, message) = match sure {
        true => (
            Severity::Breaks,
            format!(
                "this image cannot start: it has no data of the time zone `{}`",
                found.key
            ),
        ),
        false => (
            Severity::Risk,
            format!("this image has no data of the time zone `{}`", found.key),
        ),
    };
    let path = shown(&source.path);
    Finding::new(RULE.name, severity, message)
        .because(
            "needed by",
            format!("{path}:{} `ZoneInfo(\"{}\")`", found.line, found.key),
        )
        .because(
            "searched",
            PATHS
                .iter()
                .map(|path| shown(path.as_bytes()))
                .collect::<Vec<_>>()
                .join(", "),
        )
        .at(Some(Place::File {
            path,
            line: Some(found.line),
        }))
}

fn mended(facts: &Facts<'_>, finding: Finding) -> Finding {
    let (manager, hint) = match facts.system().id() {
        "alpine" => (
            PackageManager::Apk,
            "RUN apk add --no-cache tzdata; or require `tzdata` from PyPI",
        ),
        _ if facts.system().is_debian_like() => (
            PackageManager::Apt,
            "RUN apt-get update && apt-get install -y --no-install-recommends tzdata; or require `tzdata` from PyPI",
        ),
        _ => return finding.hint("require `tzdata` from PyPI"),
    };
    finding.hint(hint).mend(Mend::Install {
        packages: vec!["tzdata".into()],
        manager,
    })
}

/// Whether a text is the name of a zone and no path or rule (`CET-1CEST`).
fn is_key(zone: &str) -> bool {
    let allowed =
        |next: char| next.is_ascii_alphanumeric() || matches!(next, '/' | '_' | '-' | '+');
    !zone.is_empty() && !zone.starts_with('/') && !zone.contains("..") && zone.chars().all(allowed)
}

/// Whether `ZoneInfo(key)` finds its data.
fn has_data(facts: &Facts<'_>, key: &str) -> bool {
    let path = facts
        .environment()
        .get("PYTHONTZPATH")
        .map(|path| path.split(':').map(str::to_string).collect::<Vec<_>>());
    let path = path.unwrap_or_else(|| PATHS.iter().map(|path| path.to_string()).collect());
    let there = path.iter().any(|directory| {
        facts
            .files()
            .is_file(&join(directory.as_bytes(), key.as_bytes()))
    });
    there || facts.distributions().by_name("tzdata").next().is_some()
}

/// A place where a zone is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Use {
    key: String,
    line: usize,
    /// Whether it runs when the module is imported: an assignment at the beginning of a line.
    at_import: bool,
}

/// Every `ZoneInfo("key")` in the code of a source that imports it from `zoneinfo` without condition.
fn uses(text: &str) -> Vec<Use> {
    let imported = text.lines().any(|line| {
        line.starts_with("from zoneinfo import") || line.starts_with("import zoneinfo")
    });
    let (mut found, mut quoted) = (Vec::new(), false);
    for (at, line) in text.lines().enumerate().filter(|_| imported) {
        let quotes = line.matches("\"\"\"").count() + line.matches("'''").count();
        let code = !quoted && quotes == 0 && !line.trim_start().starts_with('#');
        quoted ^= quotes % 2 == 1;
        let Some(key) = code.then(|| literal(line)).flatten() else {
            continue;
        };
        let at_import = is_statement(line);
        found.push(Use {
            key: key.to_string(),
            line: at + 1,
            at_import,
        });
    }
    found
}

/// The key of `ZoneInfo("key")` in the code of a line.
fn literal(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once("ZoneInfo(")?;
    let quote = rest
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''))?;
    let (key, rest) = rest[1..].split_once(quote)?;
    let code = !before.contains('#') && before.matches(['"', '\'']).count() % 2 == 0;
    (code && rest.starts_with(')')).then_some(key)
}

/// Whether a line is a statement of the module itself, not the head of a block or a part of one.
fn is_statement(line: &str) -> bool {
    let word = line
        .split(|next: char| !(next.is_alphanumeric() || next == '_'))
        .next()
        .unwrap_or_default();
    let head = [
        "async", "class", "def", "elif", "else", "except", "finally", "for", "if", "match", "try",
        "while", "with",
    ];
    !word.is_empty() && !head.contains(&word) && !line.contains("lambda") && !line.contains(" if ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::imports::ModuleKind;
    use crate::sample::{Sample, module};

    #[test]
    fn assignments_of_a_module_run_when_it_is_imported() {
        let text = "from zoneinfo import ZoneInfo\nTZ = ZoneInfo(\"Europe/Berlin\")\ndef f():\n    return ZoneInfo('UTC')\n";
        let found: Vec<_> = uses(text)
            .into_iter()
            .map(|found| (found.key, found.line, found.at_import))
            .collect();
        assert_eq!(
            found,
            [
                ("Europe/Berlin".to_string(), 2, true),
                ("UTC".to_string(), 4, false)
            ]
        );
    }

    #[test]
    fn texts_and_comments_are_no_code() {
        let text = "import zoneinfo\n\"\"\"\nTZ = zoneinfo.ZoneInfo(\"A/B\")\n\"\"\"\n# TZ = zoneinfo.ZoneInfo('A/B')\nx = f(zoneinfo.ZoneInfo(name))\nprint('see zoneinfo.ZoneInfo(\"A/B\")')\n";
        assert_eq!(uses(text), []);
        assert_eq!(uses("TZ = ZoneInfo(\"A/B\")\n"), []);
    }

    fn found(sample: Sample, source: &str) -> Vec<(Severity, String)> {
        let app = module("app/app.py", ModuleKind::Source, Reach::Sure);
        let found =
            sample
                .file("app/app.py", source)
                .importing(RULE.name, vec![("app", app)], vec![]);
        found
            .into_iter()
            .map(|found| (found.severity, found.message))
            .collect()
    }

    const SOURCE: &str = "from zoneinfo import ZoneInfo\nTZ = ZoneInfo('Europe/Berlin')\n";

    #[test]
    fn a_zone_without_data_breaks_the_import() {
        let message =
            "this image cannot start: it has no data of the time zone `Europe/Berlin`".to_string();
        assert_eq!(found(Sample::new(), SOURCE), [(Severity::Breaks, message)]);
        let later = "import zoneinfo\ndef now():\n    return zoneinfo.ZoneInfo('UTC')\n";
        assert_eq!(
            found(Sample::new(), later),
            [(
                Severity::Risk,
                "this image has no data of the time zone `UTC`".to_string()
            )]
        );
        let set =
            Sample::new().config(|config| config.config.env = vec!["TZ=Europe/Berlin".into()]);
        let message =
            "`TZ=Europe/Berlin` has no effect: the data of that time zone is not in this image"
                .to_string();
        assert_eq!(found(set, ""), [(Severity::Risk, message)]);
    }

    #[test]
    fn data_of_the_system_or_of_a_distribution_will_do() {
        assert_eq!(
            found(
                Sample::new().file("usr/share/zoneinfo/Europe/Berlin", "TZif"),
                SOURCE
            ),
            []
        );
        assert_eq!(
            found(
                Sample::new().file(
                    "usr/lib/python3.12/site-packages/tzdata-2025.2.dist-info/METADATA",
                    ""
                ),
                SOURCE
            ),
            []
        );
        let utc = Sample::new().config(|config| config.config.env = vec!["TZ=UTC".into()]);
        assert_eq!(found(utc, ""), []);
    }
}
