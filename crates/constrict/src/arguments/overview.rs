//! What `constrict --help` shows: the commands in groups, on one screen. A command that no group names is in the last.

use std::fmt::Write;

use clap::Command;

const HEAD: &str = "\
Builds container images for Python applications, and shows that they run.

Usage: constrict COMMAND [FLAGS] [ARGUMENTS]
  constrict build -t app .      builds the Dockerfile in this directory
  constrict run --rm app        runs what was built
  constrict check app           tells why it would not run
";

const TAIL: &str = "
constrict COMMAND -h lists its flags, --help explains them. Also: --version.
";

const GROUPS: [(&str, &[&str]); 4] = [
    (
        "Build",
        &[
            "build",
            "check",
            "explain",
            "lint",
            "compare",
            "size",
            "vulnerabilities",
        ],
    ),
    (
        "Run",
        &[
            "run",
            "ps",
            "logs",
            "exec",
            "start",
            "stop",
            "restart",
            "kill",
            "wait",
            "rm",
            "container",
        ],
    ),
    (
        "Images",
        &[
            "images", "inspect", "history", "sbom", "tag", "rmi", "pull", "push", "save", "load",
        ],
    ),
    ("This machine", &[]),
];

/// The text.
pub(super) fn text(command: &Command) -> String {
    let mut text = String::from(HEAD);
    let named = |name: &str| GROUPS.iter().any(|(_, names)| names.contains(&name));
    let all = || command.get_subcommands().filter(|each| !each.is_hide_set());
    let width = all().map(|each| each.get_name().len()).max().unwrap_or(0);
    for (title, names) in GROUPS {
        let mut group: Vec<&Command> = match names {
            [] => all().filter(|each| !named(each.get_name())).collect(),
            names => all()
                .filter(|each| names.contains(&each.get_name()))
                .collect(),
        };
        group.sort_by_key(|each| names.iter().position(|name| *name == each.get_name()));
        if group.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{title}:");
        for each in group {
            let about = each
                .get_about()
                .map(ToString::to_string)
                .unwrap_or_default();
            let _ = writeln!(text, "  {:width$}  {about}", each.get_name());
        }
    }
    text + TAIL
}
