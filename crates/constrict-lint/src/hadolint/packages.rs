//! The rules about apt-get, apk and pip in RUN.

use std::collections::BTreeSet;

use constrict_dockerfile::Kind;

use super::rules;
use crate::facts::{Facts, RunFacts};
use crate::shell::Command;
use crate::sink::Sink;

/// pip's options whose value is a word of its own.
const PIP_VALUES: [&str; 30] = [
    "--abi",
    "--build",
    "-b",
    "--editable",
    "-e",
    "--extra-index-url",
    "--find-links",
    "-f",
    "--index-url",
    "-i",
    "--implementation",
    "--no-binary",
    "--only-binary",
    "--platform",
    "--prefix",
    "--progress-bar",
    "--proxy",
    "--python-version",
    "--root",
    "--src",
    "--target",
    "-t",
    "--trusted-host",
    "--upgrade-strategy",
    "--cache-dir",
    "--cert",
    "--timeout",
    "--retries",
    "--report",
    "--root-user-action",
];

pub(super) fn check(run: &RunFacts<'_>, sink: &mut Sink<'_>) {
    let span = run.instruction.span;
    for command in &run.script.commands {
        match command.name() {
            "apt" => sink.add(
                &rules::DL3027,
                span,
                "`apt` is for people and may change: `apt-get` and `apt-cache` do not",
            ),
            "apt-get" if command.has("install") => check_apt(command, run, sink),
            "apk" if command.has("add") => check_apk(command, run, sink),
            _ => {}
        }
        if is_pip_install(command) {
            check_pip(command, run, sink);
        }
    }
}

fn check_apt(command: &Command, run: &RunFacts<'_>, sink: &mut Sink<'_>) {
    let span = run.instruction.span;
    let is_fixed = |package: &&str| {
        package.contains(['=', '/']) || package.ends_with(".deb") || package.contains('$')
    };
    let packages = plain(command, &["-t", "--target-release", "-o", "--option"]);
    let loose: Vec<&str> = packages
        .into_iter()
        .filter(|word| *word != "install")
        .filter(|word| !is_fixed(word))
        .collect();
    if let Some(first) = loose.first() {
        sink.add(
            &rules::DL3008,
            span,
            format!("no version of `{first}` is named: `{first}=VERSION`"),
        );
    }
    let is_quiet = command.has_flag("yes", Some('y'))
        || command.has_flag("assume-yes", None)
        || command.has("-qq");
    let twice = command
        .arguments()
        .iter()
        .filter(|word| *word == "-q" || *word == "--quiet")
        .count()
        > 1;
    if !is_quiet && !twice && !command.has("-q=2") {
        sink.add(
            &rules::DL3014,
            span,
            "apt-get asks, and nobody answers: `apt-get install -y`",
        );
    }
    let is_lean = command.has_flag("no-install-recommends", None)
        || command
            .arguments()
            .iter()
            .any(|word| word.eq_ignore_ascii_case("APT::Install-Recommends=false"));
    if !is_lean {
        sink.add(
            &rules::DL3015,
            span,
            "recommended packages come along: `apt-get install --no-install-recommends`",
        );
    }
}

fn check_apk(command: &Command, run: &RunFacts<'_>, sink: &mut Sink<'_>) {
    let span = run.instruction.span;
    let is_fixed = |package: &&str| {
        package.contains(['=', '~', '<', '>', '$', '/']) || package.ends_with(".apk")
    };
    let packages = plain(command, &["-t", "--virtual", "--repository", "-X"]);
    let loose = packages
        .into_iter()
        .filter(|word| *word != "add")
        .find(|word| !is_fixed(word));
    if let Some(first) = loose {
        sink.add(
            &rules::DL3018,
            span,
            format!("no version of `{first}` is named: `{first}=VERSION`"),
        );
    }
    let has_mount = mounts_cache(run, "/var/cache/apk");
    if !command.has_flag("no-cache", None) && !has_mount {
        sink.add(
            &rules::DL3019,
            span,
            "the index of packages stays in the layer: `apk add --no-cache`",
        );
    }
}

/// The arguments that are neither flags nor values of these.
fn plain<'c>(command: &'c Command, with_value: &[&str]) -> Vec<&'c str> {
    let mut plain = Vec::new();
    let mut words = command.arguments().iter();
    while let Some(word) = words.next() {
        if with_value.contains(&word.as_str()) {
            words.next();
        } else if !word.starts_with('-') {
            plain.push(word.as_str());
        }
    }
    plain
}

/// `pip install`, however pip is called.
pub(crate) fn is_pip_install(command: &Command) -> bool {
    let program = command.program();
    let is_pip = |name: &str| {
        name.strip_prefix("pip").is_some_and(|rest| {
            rest.bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
        })
    };
    let is_module = program.starts_with("python")
        && command
            .arguments()
            .windows(2)
            .any(|pair| pair[0] == "-m" && pair[1] == "pip");
    (is_pip(program) || is_module) && command.has("install")
}

fn check_pip(command: &Command, run: &RunFacts<'_>, sink: &mut Sink<'_>) {
    let from_file = |word: &String| {
        matches!(word.as_str(), "-r" | "-c" | ".")
            || word.starts_with("-r")
            || ["--requirement", "--constraint", "--group"]
                .iter()
                .any(|flag| word.starts_with(flag))
    };
    if command.arguments().iter().any(from_file) {
        return;
    }
    let words = plain(command, &PIP_VALUES);
    let mut packages = words
        .into_iter()
        .skip_while(|word| *word != "install")
        .skip(1);
    let loose = packages.find(|package| !is_fixed(package));
    if let Some(package) = loose {
        let message = format!(
            "no version of `{package}` is named: `{package}==VERSION`, or a requirements file"
        );
        sink.add(&rules::DL3013, run.instruction.span, message);
    }
}

fn is_fixed(package: &str) -> bool {
    let is_vcs = ["git", "hg", "svn", "bzr"].iter().any(|vcs| {
        package
            .strip_prefix(vcs)
            .is_some_and(|rest| rest.starts_with("+") || rest.starts_with("://"))
    });
    if is_vcs {
        return package.contains('@');
    }
    package.contains(['=', '<', '>', '$', '/', '~', '!'])
        || [".whl", ".tar.gz", ".zip"]
            .iter()
            .any(|ending| package.ends_with(ending))
        || package.starts_with('.')
}

fn mounts_cache(run: &RunFacts<'_>, directory: &str) -> bool {
    let Kind::Run(instruction) = &run.instruction.kind else {
        return false;
    };
    instruction.mounts.iter().any(|mount| {
        let fields: Vec<&str> = mount.text().split(',').collect();
        let is_cache = fields
            .iter()
            .any(|field| matches!(*field, "type=cache" | "type=tmpfs"));
        let target = fields.iter().find_map(|field| {
            let (key, value) = field.split_once('=')?;
            matches!(key, "target" | "dst" | "destination").then_some(value)
        });
        is_cache && target.is_some_and(|target| target.starts_with(directory))
    })
}

/// apt-get's lists, in stages that are shipped: the last, and those that others start from.
pub(super) fn check_lists(facts: &Facts<'_>, sink: &mut Sink<'_>) {
    let parents: BTreeSet<usize> = facts
        .stages
        .iter()
        .filter_map(|stage| stage.parent)
        .collect();
    let last = facts.stages.len().saturating_sub(1);
    for stage in &facts.stages {
        if stage.stage.index != last && !parents.contains(&stage.stage.index) {
            continue;
        }
        for run in &stage.runs {
            let commands = &run.script.commands;
            let updates = commands
                .iter()
                .any(|command| command.name() == "apt-get" && command.has("update"));
            let removes = |command: &Command| {
                command.name() == "rm"
                    && command
                        .arguments()
                        .iter()
                        .any(|word| word.starts_with("/var/lib/apt") || word == "/var/lib/*")
            };
            let is_kept_out = mounts_cache(run, "/var/lib/apt");
            if updates && !commands.iter().any(removes) && !is_kept_out {
                let message =
                    "the lists of apt-get stay in the layer: `&& rm -rf /var/lib/apt/lists/*`";
                sink.add(&rules::DL3009, run.instruction.span, message);
            }
        }
    }
}

/// pip's cache, unless a variable turns it off.
pub(super) fn check_pip_cache(facts: &Facts<'_>, sink: &mut Sink<'_>) {
    for stage in &facts.stages {
        let is_off =
            facts
                .instructions(stage.stage.index)
                .any(|instruction| match &instruction.kind {
                    Kind::Env(pairs) => pairs
                        .iter()
                        .any(|(name, value)| name == "PIP_NO_CACHE_DIR" && is_set(value)),
                    Kind::Arg(definitions) => definitions.iter().any(|arg| {
                        arg.name == "PIP_NO_CACHE_DIR" && arg.default.as_deref().is_some_and(is_set)
                    }),
                    _ => false,
                });
        for run in stage.runs.iter().filter(|_| !is_off) {
            let keeps = |command: &Command| {
                is_pip_install(command) && !command.has_flag("no-cache-dir", None)
            };
            let is_off_here = run.text.contains("PIP_NO_CACHE_DIR=");
            let has_mount = mounts_cache(run, "/root/.cache");
            if run.script.commands.iter().any(keeps) && !is_off_here && !has_mount {
                let message = "pip's cache stays in the layer: `pip install --no-cache-dir`";
                sink.add(&rules::DL3042, run.instruction.span, message);
            }
        }
    }
}

fn is_set(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']).to_lowercase();
    matches!(
        value.as_str(),
        "1" | "true" | "on" | "yes" | "off" | "0" | "false" | "no"
    )
}
