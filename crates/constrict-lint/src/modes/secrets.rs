//! Credentials that end up in what is shipped: addresses with passwords, files that hold nothing else.

use std::collections::BTreeSet;

use constrict_dockerfile::{Dockerfile, Kind};

use super::{copy, rules};
use crate::facts::Facts;
use crate::shell::basename;
use crate::sink::Sink;

/// Files that hold credentials and nothing else.
const FILES: [&str; 9] = [
    ".env",
    ".netrc",
    ".pypirc",
    ".git-credentials",
    "id_rsa",
    "id_ed25519",
    "id_ecdsa",
    "id_dsa",
    ".pgpass",
];

pub(super) fn check(dockerfile: &Dockerfile, facts: &Facts<'_>, sink: &mut Sink<'_>) {
    let last = dockerfile.stages.len().saturating_sub(1);
    let shipped: BTreeSet<usize> = facts.chain(last).into_iter().collect();
    for stage in dockerfile
        .stages
        .iter()
        .filter(|stage| shipped.contains(&stage.index))
    {
        for instruction in &stage.instructions {
            let span = instruction.span;
            if let Kind::Copy(copy) | Kind::Add(copy) = &instruction.kind {
                let file = copy::paths(copy)
                    .into_iter()
                    .find(|path| FILES.contains(&basename(path)));
                if let Some(file) = file {
                    let message = format!("`{file}` stays in the layer, whatever deletes it later");
                    sink.add_with_hint(
                        &rules::SECRET_IN_LAYER,
                        span,
                        message,
                        "RUN --mount=type=secret, or the environment at run time",
                    );
                }
                continue;
            }
            if !matches!(
                instruction.kind,
                Kind::Env(_) | Kind::Arg(_) | Kind::Run(_) | Kind::Label(_)
            ) {
                continue;
            }
            if let Some(user) = credentials(&instruction.text) {
                let message = format!(
                    "the password of `{user}` in an address stays in the image and its history"
                );
                sink.add_with_hint(
                    &rules::SECRET_IN_LAYER,
                    span,
                    message,
                    "RUN --mount=type=secret",
                );
            }
        }
    }
}

/// The user of an address that has a password, written out or from an ARG.
fn credentials(text: &str) -> Option<&str> {
    for (at, _) in text.match_indices("://") {
        let rest = &text[at + 3..];
        let end = rest.find(|ch: char| {
            ch.is_whitespace() || matches!(ch, '"' | '\'' | '/' | '<' | '>' | '`' | ',' | ';')
        });
        let authority = &rest[..end.unwrap_or(rest.len())];
        let Some((login, _)) = authority.rsplit_once('@') else {
            continue;
        };
        let Some((user, password)) = login.split_once(':') else {
            continue;
        };
        // what a secret mount or a command brings stands in a variable of the shell
        let is_written = !password.is_empty() && !password.contains(['$', '{', '%', '*']);
        let is_example = matches!(
            password,
            "password" | "pass" | "postgres" | "user" | "changeme" | "example"
        );
        if is_written && !is_example && !user.is_empty() {
            return Some(user);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::credentials;

    #[test]
    fn passwords_in_addresses_are_found() {
        assert_eq!(
            credentials("RUN pip install -i https://joe:s3cr3t@pypi.example/simple x"),
            Some("joe")
        );
        assert_eq!(credentials("ENV U=\"redis://u:p4ss@h:1/0\""), Some("u"));
        for text in [
            "https://joe@h/x",
            "https://joe:$TOKEN@h",
            "https://h:80/a@b",
            "postgres://postgres:postgres@db/x",
            "https://h/x",
            "git@github.com:a/b",
        ] {
            assert_eq!(credentials(text), None, "{text}");
        }
    }
}
