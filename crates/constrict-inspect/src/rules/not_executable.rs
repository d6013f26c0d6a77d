//! Row 50: what is started may not be run by the image's user: no permission, or a directory on the way is closed.

use crate::facts::Facts;
use crate::facts::account::User;
use crate::facts::start::{Cause, ObstacleKind};
use crate::files::shown;
use crate::mend::Mend;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "not-executable",
    summary: "what is started may not be run by the image's user",
    severity: Severity::Breaks,
    rows: &[50],
    page: include_str!("../../../../docs/rules/not-executable.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let start = facts.start();
    for obstacle in start
        .obstacles
        .iter()
        .filter(|obstacle| obstacle.cause(start) == Cause::Permission)
    {
        let Some(severity) = obstacle.severity() else {
            continue;
        };
        let lead = obstacle.lead();
        let who = name(&obstacle.user);
        let (path, message) = match &obstacle.kind {
            ObstacleKind::NotExecutable { path } => (
                path,
                format!(
                    "{lead}`{}` is not executable for {who} (permission denied)",
                    shown(path)
                ),
            ),
            ObstacleKind::UnreadableScript { path } => (
                path,
                format!(
                    "{lead}{who} may not read `{}` (permission denied)",
                    shown(path)
                ),
            ),
            ObstacleKind::IsDirectory { path } => {
                (path, format!("{lead}`{}` is a directory", shown(path)))
            }
            ObstacleKind::Closed { path, directory } => (
                directory,
                format!(
                    "{lead}`{}` is closed to {who}, who needs `{}` (permission denied)",
                    shown(directory),
                    shown(path)
                ),
            ),
            _ => continue,
        };
        let mut finding = Finding::new(RULE.name, severity, message).at(facts.place_of(path));
        if let Some((real, node)) = facts.files().resolve(path) {
            let text = format!(
                "`{}` has mode {:o} and belongs to {}:{}",
                shown(&real),
                node.mode,
                node.uid,
                node.gid
            );
            finding = finding.because("mode", text);
        }
        finding = finding.because("started by", obstacle.route());
        findings.push(match &obstacle.kind {
            ObstacleKind::IsDirectory { .. } => finding,
            ObstacleKind::UnreadableScript { .. } => {
                finding.hint("COPY --chmod=644, or --chown for the user")
            }
            ObstacleKind::Closed { .. } => finding
                .hint(format!("RUN chmod 755 {}, or another place", shown(path)))
                .mend(chmod(path)),
            _ => finding.hint("COPY --chmod=755").mend(chmod(path)),
        });
    }
}

fn chmod(path: &[u8]) -> Mend {
    Mend::Chmod {
        path: shown(path),
        mode: 0o755,
    }
}

fn name(user: &User) -> String {
    match (&user.name, user.uid) {
        (Some(name), _) => format!("`{name}`"),
        (None, Some(uid)) => format!("user {uid}"),
        (None, None) => format!("`{}`", user.asked),
    }
}

#[cfg(test)]
mod tests {
    use crate::mend::Mend;
    use crate::sample::Sample;

    fn image(mode: u32, directory: u32) -> Sample {
        Sample::new()
            .file(
                "etc/passwd",
                "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n",
            )
            .program("bin/sh", "\x7fELF")
            .directory("app", directory)
            .file_with("app/entry.sh", "#!/bin/sh\n", mode)
            .cmd(&["/app/entry.sh"])
    }

    #[test]
    fn a_script_without_permission_trips() {
        let found = image(0o644, 0o755).findings("not-executable");
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "this image cannot start: `/app/entry.sh` is not executable for `root` (permission denied)"
        );
        assert_eq!(
            found[0].mend,
            Some(Mend::Chmod {
                path: "/app/entry.sh".into(),
                mode: 0o755
            })
        );
    }

    #[test]
    fn a_closed_directory_trips_for_other_users_only() {
        let closed = || image(0o755, 0o700);
        assert_eq!(closed().findings("not-executable"), []);
        let found = closed()
            .config(|config| config.config.user = "app".into())
            .findings("not-executable");
        assert_eq!(
            found[0].message,
            "this image cannot start: `/app` is closed to `app`, who needs `/app/entry.sh` (permission denied)"
        );
    }

    #[test]
    fn a_shell_needs_to_read_only() {
        assert_eq!(
            image(0o644, 0o755)
                .cmd(&["sh", "/app/entry.sh"])
                .findings("not-executable"),
            []
        );
    }
}
