//! Row 52: USER, or a program that changes the user, names somebody whom passwd and group do not have.

use crate::facts::Facts;
use crate::facts::account::Accounts;
use crate::facts::start::{Cause, ObstacleKind};
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "unknown-user",
    summary: "USER names somebody whom the image does not know",
    severity: Severity::Breaks,
    rows: &[52],
    page: include_str!("../../../../docs/rules/unknown-user.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let asked = &facts.image.config.config.user;
    if let Some((what, name)) = unknown(facts.accounts(), asked) {
        let message = format!("this image cannot start: the {what} `{name}` is not in it");
        let finding = Finding::new(RULE.name, Severity::Breaks, message)
            .at(facts.place_of_instruction("USER"))
            .because("needed by", format!("USER {asked}"));
        findings.push(explained(facts, what, name, finding));
    }
    let start = facts.start();
    for obstacle in start
        .obstacles
        .iter()
        .filter(|obstacle| obstacle.cause(start) == Cause::UnknownUser)
    {
        let (Some(severity), ObstacleKind::NoUser { name }) = (obstacle.severity(), &obstacle.kind)
        else {
            continue;
        };
        let (what, name) = unknown(facts.accounts(), name).unwrap_or(("user", name));
        let message = format!("{}the {what} `{name}` is not in it", obstacle.lead());
        let finding = Finding::new(RULE.name, severity, message)
            .at(facts.place_of_instruction(start.instruction))
            .because("needed by", obstacle.route());
        findings.push(explained(facts, what, name, finding));
    }
}

/// `user` or `group`, and its name.
fn unknown<'a>(accounts: &Accounts, asked: &'a str) -> Option<(&'static str, &'a str)> {
    let user = accounts.user(asked);
    let (name, group) = asked.split_once(':').unwrap_or((asked, ""));
    match (user.uid, user.gid) {
        (None, _) => Some(("user", name)),
        (_, None) => Some(("group", group)),
        _ => None,
    }
}

fn explained(facts: &Facts<'_>, what: &str, name: &str, mut finding: Finding) -> Finding {
    let stages = facts
        .image
        .origin
        .iter()
        .flat_map(|origin| origin.stages.values());
    for stage in stages {
        let accounts = Accounts::read(&stage.files);
        let there = if what == "user" {
            accounts.has_user(name)
        } else {
            accounts.has_group(name)
        };
        if there {
            finding = finding.because("found in", format!("stage `{}`", stage.name));
        }
    }
    let alpine = facts.system().id() == "alpine";
    finding.hint(match (what, alpine) {
        ("group", true) => format!("RUN addgroup -S {name}, in the last stage before USER"),
        ("group", false) => format!("RUN groupadd --system {name}, in the last stage before USER"),
        (_, true) => format!("RUN adduser -D {name}, in the last stage before USER"),
        (_, false) => {
            format!("RUN useradd --create-home {name}, in the last stage before USER; or a number")
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::sample::Sample;

    fn messages(user: &str, cmd: &[&str]) -> Vec<String> {
        let sample = Sample::new()
            .file(
                "etc/passwd",
                "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n",
            )
            .file("etc/group", "root:x:0:\napp:x:1000:\n")
            .program("usr/sbin/gosu", "\x7fELF")
            .program("usr/bin/true", "\x7fELF")
            .cmd(cmd)
            .config(|config| config.config.user = user.into());
        sample
            .findings("unknown-user")
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn names_that_nobody_has_trip() {
        assert_eq!(
            messages("web", &["true"]),
            ["this image cannot start: the user `web` is not in it"]
        );
        assert_eq!(
            messages("app:staff", &["true"]),
            ["this image cannot start: the group `staff` is not in it"]
        );
        assert_eq!(
            messages("", &["gosu", "web", "true"]),
            ["this image cannot start: the user `web` is not in it"]
        );
    }

    #[test]
    fn numbers_and_known_names_do_not() {
        for user in ["", "app", "1234:5678", "app:app", "0"] {
            assert_eq!(messages(user, &["gosu", "app", "true"]), [""; 0]);
        }
    }
}
