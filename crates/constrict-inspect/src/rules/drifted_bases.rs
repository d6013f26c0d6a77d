//! Row 5: a stage that compiles begins with a newer release than the one that runs, or with a tag that will move away
//! from it.
//!
//! What fails already is `glibc-too-old`'s business.

use super::missing_library::objects;
use crate::facts::Facts;
use crate::facts::natives::{Matter, below_site, builders, copied_libraries, glibc_version};
use crate::facts::rebase::entrypoint;
use crate::facts::system::System;
use crate::image::StageFiles;
use crate::mend::Mend;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "drifted-bases",
    summary: "stages begin with different releases of a distribution, and objects go from the newer to the older",
    severity: Severity::Risk,
    rows: &[5],
    page: include_str!("../../../../docs/rules/drifted-bases.md"),
    check,
};

/// Words in tags that name a release.
const RELEASES: &[&str] = &[
    "stretch", "buster", "bullseye", "bookworm", "trixie", "forky", "focal", "jammy", "noble",
    "alpine3",
];

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let failed = facts.natives().of(Matter::Version).next().is_some();
    if failed {
        return;
    }
    for builder in builders(facts) {
        let older = is_older(facts, builder.stage);
        let floats = floating(facts, builder.stage);
        if !older && floats.is_none() {
            continue;
        }
        let copied = copied_libraries(facts, &builder);
        let Some(first) = copied.first() else {
            continue;
        };
        let finding = match floats {
            _ if older => released(facts, builder.stage),
            Some(own) => moving(builder.stage, &own),
            None => continue,
        };
        let mut shown = below_site(first);
        if copied.len() > 1 {
            shown = format!("{shown} and {}", objects(copied.len() - 1));
        }
        let line = builder.lines.first().and_then(|line| facts.line(*line));
        findings.push(finding.at(line).because("copied", shown));
    }
}

/// Whether the image's C library is older than the stage's, of the same distribution.
fn is_older(facts: &Facts<'_>, stage: &StageFiles) -> bool {
    let theirs = glibc_version(&stage.files);
    let ours = glibc_version(facts.files());
    matches!((theirs, ours), (Some(theirs), Some(ours)) if theirs > ours)
}

fn release(system: &System) -> String {
    let release = &system.release;
    let name = release.get("PRETTY_NAME").or_else(|| release.get("ID"));
    name.cloned()
        .unwrap_or_else(|| "a system without a name".into())
}

fn released(facts: &Facts<'_>, stage: &StageFiles) -> Finding {
    let theirs = System::read(&stage.files);
    let glibc = |files| glibc_version(files).unwrap_or_default();
    let message = format!(
        "stage `{}` compiles on {} for {}, which is older",
        stage.name,
        release(&theirs),
        release(facts.system())
    );
    Finding::new(RULE.name, Severity::Risk, message)
        .because(
            "C library",
            format!(
                "glibc 2.{} there, glibc 2.{} here",
                glibc(&stage.files),
                glibc(facts.files())
            ),
        )
        .hint(format!(
            "begin both stages with one release: FROM {}",
            stage.base
        ))
        .mend(Mend::Base {
            image: stage.base.clone(),
            why: format!("is the release that `{}` compiles on", stage.name),
            entrypoint: entrypoint(facts),
        })
}

/// The image's base, if it and the stage's are tags of one repository of which only one names a release.
fn floating(facts: &Facts<'_>, stage: &StageFiles) -> Option<String> {
    let origin = facts.image.origin.as_ref()?;
    let from = &origin.dockerfile.stages.get(origin.stage)?.from.image;
    let (ours, theirs) = (tag(from)?, tag(&stage.base)?);
    let named = |tag: &str| RELEASES.iter().any(|release| tag.contains(release));
    let differ = ours.0 == theirs.0 && named(ours.1) != named(theirs.1);
    let alpine = ours.1.contains("alpine") || theirs.1.contains("alpine");
    (differ && !alpine).then(|| from.clone())
}

/// Repository and tag of a name without a digest or a variable.
fn tag(image: &str) -> Option<(&str, &str)> {
    if image.contains(['@', '$']) {
        return None;
    }
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => Some((repository, tag)),
        _ => Some((image, "latest")),
    }
}

fn moving(stage: &StageFiles, own: &str) -> Finding {
    let message = format!(
        "`{}` and `{own}` are of one release today, and only one of them will move to the next",
        stage.base
    );
    Finding::new(RULE.name, Severity::Risk, message)
        .hint("name the release in both tags, or pin both to digests")
}
