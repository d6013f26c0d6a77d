//! Row 29: a file or directory that is made at start cannot be made by the user who runs it: a home, a cache, a log.
//!
//! What the application's own sources write out is a fact ([`crate::facts::written`]); the places of caches that well-known
//! programs and distributions make are in `cache`.

mod cache;
mod settings;

use std::collections::BTreeSet;

use constrict_python::source::Act;

use crate::facts::Facts;
use crate::facts::account::User;
use crate::facts::imports::{Closure, Reach};
use crate::facts::start::Program;
use crate::facts::written::{Places, Refusal, Written, refusal};
use crate::files::shown;
use crate::rule::{Finding, Place, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "unwritable-home",
    summary: "a home, cache or other place that is written to is closed to the image's user",
    severity: Severity::Breaks,
    rows: &[29],
    page: include_str!("../../../../docs/rules/unwritable-home.md"),
    check,
};

/// Programs that make a place ready before the application starts.
const PREPARING: &[&str] = &[
    "mkdir", "chown", "chmod", "install", "touch", "cp", "mv", "ln", "tar", "mount", "rsync",
];
/// Bytes of an entry script that are read.
const SCRIPT_LIMIT: usize = 1 << 18;

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    if is_prepared(facts) {
        return;
    }
    let mut told: BTreeSet<Vec<u8>> = BTreeSet::new();
    for (at, program) in facts.start().programs.iter().enumerate() {
        let run = facts.imports().runs.iter().find(|run| run.program == at);
        let found = cache::by_words(facts, program, run);
        let of_run = run
            .map(|run| by_source(facts, run, program))
            .unwrap_or_default();
        let mut found: Vec<Finding> = found.into_iter().chain(of_run).collect();
        // the surest of those with the same cause
        found.sort_by_key(|finding| finding.severity);
        findings.extend(found.into_iter().filter(|finding| {
            let cause = finding
                .evidence
                .iter()
                .rfind(|line| line.label == "closed by" || line.label == "not there");
            told.insert(
                cause
                    .map(|line| line.text.clone())
                    .unwrap_or_default()
                    .into_bytes(),
            )
        }));
    }
}

/// Whether something before the application makes places ready, in a way that is not followed.
fn is_prepared(facts: &Facts<'_>) -> bool {
    let start = facts.start();
    let by_program = start.programs.iter().any(|program| {
        let name = program
            .argv
            .first()
            .map(|word| word.rsplit('/').next().unwrap_or(word));
        name.is_some_and(|name| PREPARING.contains(&name))
    });
    let says = |text: &str| {
        text.split(|next: char| !next.is_ascii_alphanumeric())
            .any(|word| PREPARING[..3].contains(&word))
    };
    by_program
        || start.argv.iter().any(|word| says(word))
        || start.scripts.iter().any(|script| {
            facts
                .files()
                .text(script, SCRIPT_LIMIT)
                .is_none_or(|text| says(&text))
        })
}

/// What the modules of one program write.
fn by_source(facts: &Facts<'_>, run: &Closure, program: &Program) -> Vec<Finding> {
    let files = facts.files();
    let places = Places::of(files, program, run);
    let mut all: Vec<Written> = Vec::new();
    for module in &run.own {
        all.extend(module.source.writes.iter().filter_map(|write| {
            let need = module.reach(write.need, write.body.as_ref())?;
            places.written(module, &write.path, write.act, need, write.line)
        }));
        all.extend(settings::written(&places, module, run, program));
    }
    let mut found = Vec::new();
    for written in &all {
        let refused = refusal(files, &program.user, &written.path, written.act);
        let Some(refused) = refused.filter(|refused| is_certain(facts, &places, refused)) else {
            continue;
        };
        if let Some(severity) = run.severity(facts, written.need) {
            found.push(finding(facts, program, written, &refused, severity));
        }
    }
    found.extend(cache::by_modules(facts, run, program, &places));
    found
}

/// A directory that is not there may be made by what is not read, or its absence be expected.
fn is_certain(facts: &Facts<'_>, places: &Places<'_>, refused: &Refusal) -> bool {
    let Refusal::NoDirectory(directory) = refused else {
        return true;
    };
    let of_volume = facts.image.config.config.volumes.iter().any(|volume| {
        let volume = volume.trim_matches('/').as_bytes();
        directory.starts_with(volume)
    });
    !of_volume
        && !places.says(&[
            "mkdir",
            "makedirs",
            "FileNotFoundError",
            "copytree",
            "chdir",
            "ensure_dir",
        ])
}

fn finding(
    facts: &Facts<'_>,
    program: &Program,
    written: &Written,
    refused: &Refusal,
    severity: Severity,
) -> Finding {
    let what = match written.act {
        Act::Directory { .. } => "makes",
        Act::File => "writes",
        Act::Database => "opens the database",
    };
    let text = facts
        .files()
        .text(&written.source, 1 << 20)
        .unwrap_or_default();
    let line = text
        .lines()
        .nth(written.line.saturating_sub(1))
        .unwrap_or_default()
        .trim();
    let source = shown(&written.source);
    let mut chain = written.chain.clone();
    chain.push(match written.line {
        0 => source.clone(),
        number => format!("{source}:{number} `{line}`"),
    });
    let place = Place::File {
        path: source,
        line: (written.line > 0).then_some(written.line),
    };
    refused_finding(
        facts,
        &program.user,
        (what, &written.path, written.at_home),
        refused,
        severity,
    )
    .at(Some(place))
    .because_first("needed by", chain.join(" → "))
}

/// What is said of a place that is closed to a user: `does` and the path say what is done there.
fn refused_finding(
    facts: &Facts<'_>,
    user: &User,
    (does, path, at_home): (&str, &[u8], bool),
    refused: &Refusal,
    severity: Severity,
) -> Finding {
    let who = match &user.name {
        Some(name) => format!("`{name}`"),
        None => format!("`{}`", user.asked),
    };
    let path = shown(path);
    let it = match severity {
        Severity::Breaks => format!("this image cannot start: it {does} `{path}`"),
        _ => format!("this image {does} `{path}` when it gets there"),
    };
    match refused {
        Refusal::NoDirectory(directory) => {
            let directory = shown(directory);
            Finding::new(
                RULE.name,
                severity,
                format!("{it}, and `{directory}` is not there"),
            )
            .because("not there", format!("`{directory}`"))
            .hint(format!("in the last stage: RUN mkdir -p {directory}"))
        }
        Refusal::Closed(closed) => {
            let found = facts.files().resolve(closed);
            let mode = found.map(|(path, node)| {
                format!(
                    "`{}` has mode {:o} and belongs to {}:{}",
                    shown(&path),
                    node.mode,
                    node.uid,
                    node.gid
                )
            });
            let closed = shown(closed);
            let hint = hint(user, &path, &closed, at_home);
            Finding::new(
                RULE.name,
                severity,
                format!("{it}, and {who} may not write to `{closed}`"),
            )
            .because("closed by", mode.unwrap_or_default())
            .hint(hint)
        }
    }
}

fn hint(user: &User, path: &str, closed: &str, at_home: bool) -> String {
    let owner = user.uid.map_or_else(
        || user.asked.clone(),
        |uid| match user.gid {
            Some(gid) => format!("{uid}:{gid}"),
            None => uid.to_string(),
        },
    );
    if at_home && user.name.is_none() {
        return "give the user a home: RUN useradd --create-home app, USER app; or ENV HOME=/tmp"
            .into();
    }
    let directory = path.rsplit_once('/').map_or("", |(above, _)| above);
    match (path == closed || directory == closed, closed) {
        (_, "/") if directory.is_empty() => {
            format!("before USER: RUN mkdir {path} && chown {owner} {path}")
        }
        (true, closed) => format!("before USER: RUN chown {owner} {closed}"),
        (false, _) => format!("before USER: RUN mkdir -p {directory} && chown {owner} {directory}"),
    }
}

#[cfg(test)]
mod tests;
