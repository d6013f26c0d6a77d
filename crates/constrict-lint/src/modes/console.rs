//! site-packages copied without the scripts that lie elsewhere.

use std::collections::BTreeSet;

use super::exec_form::CONSOLE_SCRIPTS;
use super::rules;
use super::start::Start;
use crate::facts::Facts;
use crate::shell::Command;
use crate::sink::Sink;

/// Programs that install scripts.
const INSTALLERS: [&str; 11] = [
    "pip", "pip3", "uv", "poetry", "pipenv", "pdm", "conda", "apt-get", "apt", "apk", "pipx",
];

pub(super) fn check(start: &Start<'_>, facts: &Facts<'_>, index: usize, sink: &mut Sink<'_>) {
    let installs = |command: &Command| {
        let program = command.program();
        INSTALLERS.contains(&program) || program.starts_with("python") || program.starts_with("pip")
    };
    if facts.commands(index).any(installs) {
        return;
    }
    let mut copied = None;
    for (copy, span) in facts.copies(index) {
        let paths: Vec<&str> = super::copy::paths(copy);
        // scripts may come with any file of this stage but site-packages themselves
        let is_site = |path: &&str| path.trim_end_matches('/').ends_with("/site-packages");
        match paths.iter().all(is_site) {
            true if copy.from.is_some() => copied = Some(span),
            _ if copy.from.is_some() => return,
            _ => {}
        }
    }
    let Some(span) = copied else { return };
    let mut told = BTreeSet::new();
    for (program, own) in start.raw_programs() {
        if CONSOLE_SCRIPTS.contains(&program.as_str()) && told.insert(program.clone()) {
            let message = format!(
                "`{program}` is not in this stage: site-packages came without the scripts of `bin`"
            );
            let hint = format!(
                "COPY --from=… /usr/local/bin/{program} /usr/local/bin/, or `python -m {program}`"
            );
            sink.add_with_hint(
                &rules::CONSOLE_SCRIPTS_NOT_COPIED,
                own.max(span),
                message,
                hint,
            );
        }
    }
}
