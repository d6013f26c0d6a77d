//! Packages that go from a stage with one Python or C library into a stage with another.

use std::collections::BTreeSet;

use constrict_dockerfile::Span;
use constrict_dockerfile::instruction::Copy;

use super::base::{Base, Libc, release_name, version_in_path};
use super::{copy, rules, venv};
use crate::facts::Facts;
use crate::shell::Command;
use crate::sink::Sink;

pub(super) fn check(facts: &Facts<'_>, sink: &mut Sink<'_>) {
    for stage in &facts.stages {
        let index = stage.stage.index;
        let runtime = Base::of(&stage.image);
        let mut told = BTreeSet::new();
        let mut report = |rule: &'static crate::Rule,
                          span: Span,
                          message: String,
                          hint: String,
                          sink: &mut Sink<'_>| {
            if told.insert(rule.name) {
                sink.add_with_hint(rule, span, message, hint);
            }
        };
        for instruction in &stage.stage.instructions {
            let constrict_dockerfile::Kind::Copy(copy) = &instruction.kind else {
                continue;
            };
            let Some(from) = facts.source_stage(copy, index) else {
                continue;
            };
            if brings_interpreter(copy) || !has_packages(copy, facts, from) {
                continue;
            }
            let builder = Base::of(&facts.stages[from].image);
            let names = (facts.stages[from].image.as_str(), stage.image.as_str());
            let span = instruction.span;
            if let Some((theirs, ours)) = versions(copy, &builder, &runtime, facts, from) {
                let message = format!(
                    "packages for Python {theirs} go into a stage with Python {ours}, which does not look there"
                );
                let hint = format!("one version in both: `{}` and `{}`", names.0, names.1);
                report(&rules::PYTHON_VERSIONS_DIFFER, span, message, hint, sink);
                continue;
            }
            match (builder.libc, runtime.libc) {
                (Some(theirs), Some(ours)) if theirs != ours => {
                    let word = |libc| if libc == Libc::Musl { "musl" } else { "glibc" };
                    let message = format!(
                        "packages installed for {} go into an image with {}: what has compiled parts does not load",
                        word(theirs),
                        word(ours)
                    );
                    let hint = format!("bases with one C library: `{}` and `{}`", names.0, names.1);
                    report(&rules::LIBC_DIFFERS, span, message, hint, sink);
                }
                (Some(Libc::Glibc), Some(Libc::Glibc)) => {
                    if let Some(message) = drift(&builder, &runtime, names) {
                        report(
                            &rules::LATEST_DRIFT,
                            span,
                            message,
                            "one Debian release in the tags of both".to_owned(),
                            sink,
                        );
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether the copy holds an interpreter as well as packages.
fn brings_interpreter(copy: &Copy) -> bool {
    copy::paths(copy).iter().any(|path| {
        matches!(
            path.trim_end_matches('/'),
            "" | "/usr" | "/usr/local" | "/usr/local/lib" | "/usr/lib" | "/opt"
        )
    })
}

/// Whether the copy is of installed packages: site-packages, an environment, or where `pip --target` and `--prefix` put them.
fn has_packages(copy: &Copy, facts: &Facts<'_>, from: usize) -> bool {
    let environments = venv::environments(facts, from);
    let targets = targets(facts, from);
    copy::paths(copy).iter().any(|path| {
        let path = path.trim_end_matches('/');
        path.contains("/site-packages")
            || path.ends_with("/dist-packages")
            || environments.iter().any(|environment| environment == path)
            || targets.iter().any(|target| target == path)
    })
}

/// Where `pip install --target`, `--prefix` and `--user` put packages.
fn targets(facts: &Facts<'_>, from: usize) -> Vec<String> {
    let mut targets = Vec::new();
    for command in facts
        .commands(from)
        .filter(|command| crate::hadolint::is_pip_install(command))
    {
        let mut words = command.arguments().iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--target" | "-t" | "--prefix" | "--root" => targets.extend(words.next().cloned()),
                "--user" => targets.push("/root/.local".to_owned()),
                word => {
                    let value = ["--target=", "--prefix="]
                        .iter()
                        .find_map(|flag| word.strip_prefix(flag));
                    targets.extend(value.map(str::to_owned));
                }
            }
        }
    }
    targets
        .iter()
        .map(|target| target.trim_end_matches('/').to_owned())
        .collect()
}

/// The version that the packages are for and that of the stage they go to, if the two differ.
fn versions(
    copy: &Copy,
    builder: &Base,
    runtime: &Base,
    facts: &Facts<'_>,
    from: usize,
) -> Option<(String, String)> {
    // the destination says which Python looks there, if it says a version at all
    let dest = version_in_path(&copy.dest);
    let named = copy::paths(copy)
        .iter()
        .find_map(|path| version_in_path(path));
    let fetches = |command: &Command| {
        matches!(
            command.program(),
            "uv" | "pyenv" | "conda" | "mamba" | "micromamba" | "apt-get" | "apk" | "make"
        ) || command
            .arguments()
            .iter()
            .any(|word| word == "--python" || word.starts_with("--python="))
    };
    let theirs = match named {
        Some(version) => version,
        // another Python may have come into the builder
        None if facts
            .commands(from)
            .any(|command| fetches(command) && may_bring_python(command)) =>
        {
            return None;
        }
        None => builder.python.clone()?,
    };
    let ours = runtime.python.clone()?;
    let reaches = dest.as_deref().is_none_or(|dest| dest != ours);
    (theirs != ours && reaches).then_some((theirs, ours))
}

fn may_bring_python(command: &Command) -> bool {
    match command.program() {
        "apt-get" | "apk" => command
            .arguments()
            .iter()
            .any(|word| word.starts_with("python")),
        "make" => command.has("install") || command.has("altinstall"),
        _ => true,
    }
}

/// Why two bases may part, or have.
fn drift(builder: &Base, runtime: &Base, names: (&str, &str)) -> Option<String> {
    if names.0 == names.1 {
        return None;
    }
    match (builder.release, runtime.release) {
        (Some(theirs), Some(ours)) if theirs > ours => Some(format!(
            "packages built on Debian {} go into Debian {}, whose C library is older",
            release_name(theirs),
            release_name(ours)
        )),
        (None, Some(release)) if builder.is_python && runtime.is_python => Some(format!(
            "`{}` moves on to the next Debian, while `{}` stays with {}",
            names.0,
            names.1,
            release_name(release)
        )),
        _ => None,
    }
}
