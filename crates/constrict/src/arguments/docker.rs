//! The words of docker's command line, for a link to this program that is named `docker`: its global flags, which mean
//! nothing here except for `-v`, and its groups of commands. Never reads what follows the command.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Global flags with a value.
const WITH_VALUE: [&str; 8] = [
    "--config",
    "-c",
    "--context",
    "-H",
    "--host",
    "-l",
    "--log-level",
    "--tlscacert",
];
/// Global flags with a value, of TLS.
const WITH_PATH: [&str; 2] = ["--tlscert", "--tlskey"];
/// Global flags without one.
const ALONE: [&str; 4] = ["-D", "--debug", "--tls", "--tlsverify"];

/// Groups of docker's and what their commands are called here.
const GROUPED: [(&str, &str, &[&str]); 19] = [
    ("buildx", "build", &["build"]),
    ("buildx", "b", &["build"]),
    ("builder", "build", &["build"]),
    ("builder", "prune", &["prune", "--keep-containers"]),
    ("buildx", "prune", &["prune", "--keep-containers"]),
    ("buildx", "du", &["system", "df"]),
    ("image", "build", &["build"]),
    ("image", "ls", &["images"]),
    ("image", "list", &["images"]),
    ("image", "rm", &["rmi"]),
    ("image", "remove", &["rmi"]),
    ("image", "inspect", &["inspect", "--type=image"]),
    ("image", "history", &["history"]),
    ("image", "tag", &["tag"]),
    ("image", "pull", &["pull"]),
    ("image", "push", &["push"]),
    ("image", "save", &["save"]),
    ("image", "load", &["load"]),
    ("image", "prune", &["prune", "--keep-containers"]),
];

/// The words as constrict understands them, if the program was called as `docker`.
pub(crate) fn translated(words: Vec<OsString>) -> Vec<OsString> {
    let called = words.first().map(Path::new).and_then(Path::file_name);
    if called != Some(OsStr::new("docker")) {
        return words;
    }
    let text = |at: usize| words.get(at).and_then(|word| word.to_str()).unwrap_or("");
    let mut at = 1;
    loop {
        let word = text(at);
        let name = word.split('=').next().unwrap_or(word);
        let is_attached = WITH_VALUE
            .iter()
            .any(|flag| flag.len() == 2 && word.len() > 2 && word.starts_with(flag));
        if ALONE.contains(&name) || is_attached {
            at += 1;
        } else if WITH_VALUE.contains(&name) || WITH_PATH.contains(&name) {
            at += if word.contains('=') { 1 } else { 2 };
        } else {
            break;
        }
    }
    let grouped = GROUPED
        .iter()
        .find(|(group, command, _)| (*group, *command) == (text(at), text(at + 1)));
    let (command, rest) = match grouped {
        Some((_, _, command)) => (*command, at + 2),
        None if text(at) == "-v" => (&["--version"] as &[&str], at + 1),
        None => (&[] as &[&str], at),
    };
    let program = words.first().cloned();
    let command = command.iter().map(OsString::from);
    program
        .into_iter()
        .chain(command)
        .chain(words.iter().skip(rest).cloned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::translated;

    #[test]
    fn dockers_global_flags_and_groups_are_understood() {
        let told = |line: &str| {
            let words = translated(line.split(' ').map(Into::into).collect());
            let words: Vec<String> = words
                .into_iter()
                .map(|word| word.into_string().unwrap())
                .collect();
            words.join(" ")
        };
        assert_eq!(
            told("docker -D --host tcp://x:1 build -t a ."),
            "docker build -t a ."
        );
        assert_eq!(
            told("/usr/bin/docker --context=ci buildx build -c 1 ."),
            "/usr/bin/docker build -c 1 ."
        );
        assert_eq!(told("docker -Htcp://x:1 -l error images"), "docker images");
        assert_eq!(told("docker -v"), "docker --version");
        assert_eq!(told("docker image ls -q"), "docker images -q");
        assert_eq!(
            told("docker builder prune -f"),
            "docker prune --keep-containers -f"
        );
        assert_eq!(told("docker run -D x"), "docker run -D x");
        assert_eq!(told("docker"), "docker");
        assert_eq!(told("constrict --debug build"), "constrict --debug build");
    }
}
