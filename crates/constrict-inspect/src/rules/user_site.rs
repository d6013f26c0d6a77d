//! Row 19: a needed module lies in the user site of another user, or in a directory that the user cannot enter.

use std::collections::BTreeSet;

use crate::facts::Facts;
use crate::facts::account::{User, Want};
use crate::facts::imports::{MissingModule, Reach};
use crate::facts::start::ObstacleKind;
use crate::files::{file_name, join, parent, shown};
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "user-site",
    summary: "a needed module is installed where the image's user does not look or cannot go",
    severity: Severity::Breaks,
    rows: &[19],
    page: include_str!("../../../../docs/rules/user-site.md"),
    check,
};

/// Whether a missing module is there, but out of the user's reach.
pub(crate) fn explains(facts: &Facts<'_>, missing: &MissingModule) -> bool {
    out_of_reach(facts, missing).is_some()
}

/// A module that is out of reach: the site directory, and the directory that is closed if that is the cause.
struct OutOfReach {
    site: Vec<u8>,
    closed: Option<Vec<u8>>,
}

fn out_of_reach(facts: &Facts<'_>, missing: &MissingModule) -> Option<OutOfReach> {
    let first = missing.name.split('.').next().unwrap_or_default();
    let python = missing
        .searched
        .iter()
        .find_map(|path| version_directory(path));
    for site in sites(facts) {
        let fits = python.is_none()
            || version_directory(&site).is_none()
            || version_directory(&site) == python;
        if !fits || !provides(facts, &site, first) {
            continue;
        }
        let closed = closed(facts, &site);
        let other_home = is_user_site(&site) && !missing.searched.contains(&site);
        if closed.is_some() || other_home {
            return Some(OutOfReach { site, closed });
        }
    }
    None
}

/// Directories that distributions are installed in.
fn sites(facts: &Facts<'_>) -> BTreeSet<Vec<u8>> {
    facts
        .landmarks()
        .infos
        .iter()
        .map(|info| parent(info).to_vec())
        .collect()
}

/// Whether a directory has a module of this name.
fn provides(facts: &Facts<'_>, site: &[u8], module: &str) -> bool {
    let files = facts.files();
    let at = |end: &str| join(site, format!("{module}{end}").as_bytes());
    files.is_file(&at("/__init__.py"))
        || files.is_file(&at(".py"))
        || files.list(site).iter().any(|(name, _)| {
            name.starts_with(format!("{module}.").as_bytes()) && name.ends_with(b".so")
        })
}

/// Who runs Python.
fn user<'a>(facts: &'a Facts<'_>) -> &'a User {
    let program = facts
        .start()
        .programs
        .iter()
        .find(|program| program.python.is_some());
    program.map_or(facts.user(), |program| &program.user)
}

/// The directory that keeps the user out of a site directory: one on the way, or itself.
fn closed(facts: &Facts<'_>, site: &[u8]) -> Option<Vec<u8>> {
    let user = user(facts);
    user.blocked(facts.files(), &join(site, b"x"))
        .or_else(|| (!user.can(facts.files(), site, Want::Read)).then(|| site.to_vec()))
}

/// `python3.11` of a path.
fn version_directory(path: &[u8]) -> Option<&[u8]> {
    path.split(|byte| *byte == b'/')
        .find(|part| part.starts_with(b"python") && part.contains(&b'.'))
}

fn is_user_site(site: &[u8]) -> bool {
    site.windows(12).any(|part| part == b"/.local/lib/") && site.ends_with(b"/site-packages")
}

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    scripts(facts, findings);
    let mut told = BTreeSet::new();
    let runs = facts.imports().runs.iter();
    for (program, missing) in
        runs.flat_map(|run| run.missing.iter().map(|missing| (run.program, missing)))
    {
        let Some(there) = out_of_reach(facts, missing).filter(|_| missing.need != Reach::Optional)
        else {
            continue;
        };
        if !told.insert((there.site.clone(), missing.need)) {
            continue;
        }
        let name = missing.name.split('.').next().unwrap_or_default();
        let who = match &user(facts).name {
            Some(name) => format!("`{name}`"),
            None => format!("`{}`", user(facts).asked),
        };
        let (severity, start) = match facts.fails(program, missing.need) {
            true => (Severity::Breaks, "this image cannot start: "),
            _ => (Severity::Risk, ""),
        };
        let message = match &there.closed {
            Some(_) => format!(
                "{start}`{name}` is installed where {who} cannot go, in `{}`",
                shown(&there.site)
            ),
            None => format!(
                "{start}`{name}` is installed for another user, in `{}`",
                shown(&there.site)
            ),
        };
        let mut finding = Finding::new(RULE.name, severity, message)
            .at(facts.place_of(&there.site))
            .because("needed by", missing.chain.join(" → "));
        if let Some(closed) = &there.closed
            && let Some((path, node)) = facts.files().resolve(closed)
        {
            let mode = format!(
                "`{}` has mode {:o} and belongs to {}:{}",
                shown(&path),
                node.mode,
                node.uid,
                node.gid
            );
            finding = finding.because("closed by", mode);
        }
        findings.push(
            finding
                .hint("install into a virtual environment, `/opt/venv`, instead of with `--user`"),
        );
    }
}

/// Programs that were installed for another user and that PATH names all the same.
fn scripts(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for obstacle in &facts.start().obstacles {
        let path = match &obstacle.kind {
            ObstacleKind::NotOnPath { name } => {
                let there = obstacle
                    .environment
                    .candidates(name)
                    .find(|path| facts.files().is_file(path));
                there.map(|path| path.to_vec())
            }
            ObstacleKind::Closed { path, .. } => Some(path.clone()),
            _ => None,
        };
        let Some(path) = path.filter(|path| path.windows(12).any(|part| part == b"/.local/bin/"))
        else {
            continue;
        };
        let Some(closed) = facts.user().blocked(facts.files(), &path) else {
            continue;
        };
        let Some(node) = facts.files().node(&closed) else {
            continue;
        };
        let (severity, start) = match obstacle.breaks() {
            true => (Severity::Breaks, "this image cannot start: "),
            false => (Severity::Risk, ""),
        };
        let name = String::from_utf8_lossy(file_name(&path)).into_owned();
        let message = format!(
            "{start}`{name}` is installed for another user, in `{}`",
            shown(parent(&path))
        );
        findings.push(
            Finding::new(RULE.name, severity, message)
                .at(facts.place_of(&path))
                .because("needed by", obstacle.via.join(" → "))
                .because(
                    "closed by",
                    format!(
                        "`{}` has mode {:o} and belongs to {}:{}",
                        shown(&closed),
                        node.mode,
                        node.uid,
                        node.gid
                    ),
                )
                .hint("install into a virtual environment, `/opt/venv`, instead of with `--user`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, missing};

    const USER_SITE: &str = "root/.local/lib/python3.11/site-packages";
    const SITE: &str = "usr/local/lib/python3.11/site-packages";

    fn sample(mode: u32) -> Sample {
        Sample::new()
            .file(
                "etc/passwd",
                "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n",
            )
            .directory("root", mode)
            .file(&format!("{USER_SITE}/flask/__init__.py"), "")
            .file(&format!("{USER_SITE}/flask-3.0.dist-info/METADATA"), "")
            .config(|config| config.config.user = "app".into())
    }

    #[test]
    fn what_root_installed_for_itself_is_closed_to_others() {
        let found = sample(0o700).importing(
            RULE.name,
            vec![],
            vec![missing("flask", Reach::Sure, &[SITE])],
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].severity, Severity::Breaks);
        assert_eq!(
            found[0].message,
            format!(
                "this image cannot start: `flask` is installed where `app` cannot go, in `/{USER_SITE}`"
            )
        );
        assert_eq!(
            found[0].evidence[1].text,
            "`/root` has mode 700 and belongs to 0:0"
        );
        let found = sample(0o755).importing(
            RULE.name,
            vec![],
            vec![missing("flask.app", Reach::Sure, &[SITE])],
        );
        assert_eq!(
            found[0].message,
            format!(
                "this image cannot start: `flask` is installed for another user, in `/{USER_SITE}`"
            )
        );
    }

    #[test]
    fn a_module_that_is_nowhere_or_for_another_python_has_another_cause() {
        let none = |missed| sample(0o700).importing(RULE.name, vec![], vec![missed]);
        assert_eq!(none(missing("django", Reach::Sure, &[SITE])), []);
        assert_eq!(
            none(missing(
                "flask",
                Reach::Sure,
                &["usr/local/lib/python3.12/site-packages"]
            )),
            []
        );
        assert_eq!(none(missing("flask", Reach::Optional, &[SITE])), []);
        let searched = sample(0o755).importing(
            RULE.name,
            vec![],
            vec![missing("flask", Reach::Sure, &[SITE, USER_SITE])],
        );
        assert_eq!(searched, []);
    }

    #[test]
    fn a_script_of_another_user_cannot_be_started() {
        let sample = sample(0o700).program("root/.local/bin/gunicorn", "#!/usr/local/bin/python\n");
        let sample = sample
            .cmd(&["gunicorn"])
            .config(|config| config.config.env = vec!["PATH=/root/.local/bin:/usr/bin".into()]);
        let found = sample.findings(RULE.name);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].severity, Severity::Breaks);
        assert_eq!(
            found[0].message,
            "this image cannot start: `gunicorn` is installed for another user, in `/root/.local/bin`"
        );
    }
}
