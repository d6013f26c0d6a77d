//! hadolint's rules that concern Python images.
//!
//! Never runs ShellCheck, and never knows label schemas (DL3049 to DL3058) or other package managers.

mod packages;
mod rules;
mod scripts;
mod silence;
mod stages;

use constrict_dockerfile::Dockerfile;

pub(crate) use packages::is_pip_install;
pub(crate) use rules::ALL;

use crate::facts::Facts;
use crate::sink::Sink;
use crate::source::Source;

/// Runs the rules; what the file's comments silence is left out.
pub(crate) fn check(
    dockerfile: &Dockerfile,
    facts: &Facts<'_>,
    source: &Source<'_>,
    sink: &mut Sink<'_>,
) {
    let before = sink.findings.len();
    stages::check(dockerfile, facts, sink);
    for stage in &facts.stages {
        for run in &stage.runs {
            packages::check(run, sink);
            scripts::check(run, sink);
        }
    }
    packages::check_lists(facts, sink);
    packages::check_pip_cache(facts, sink);
    scripts::check_pipes(facts, sink);
    scripts::check_downloads(facts, sink);
    scripts::check_consecutive(facts, sink);
    let silence = silence::Silence::read(dockerfile, source);
    let mut at = 0;
    sink.findings.retain(|finding| {
        at += 1;
        at <= before || !silence.covers(finding)
    });
}
