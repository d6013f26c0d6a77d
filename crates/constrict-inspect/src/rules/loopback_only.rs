//! Row 51: the server listens on loopback only, so that nobody outside the container reaches it.

use std::collections::BTreeSet;

use crate::facts::Facts;
use crate::facts::start::{Listen, Program, Target};
use crate::files::file_name;
use crate::mend::Mend;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "loopback-only",
    summary: "the server listens on loopback only, so that nobody outside reaches it",
    severity: Severity::Breaks,
    rows: &[51],
    page: include_str!("../../../../docs/rules/loopback-only.md"),
    check,
};

/// Programs that take no connections themselves.
const QUIET: &[&str] = &[
    "sh",
    "bash",
    "dash",
    "ash",
    "busybox",
    "env",
    "tini",
    "dumb-init",
    "catatonit",
    "gosu",
    "su-exec",
    "setpriv",
    "nice",
    "ionice",
    "timeout",
    "nohup",
    "stdbuf",
    "sleep",
    "mkdir",
    "chown",
    "chmod",
    "cp",
    "mv",
    "ln",
    "rm",
    "cat",
    "echo",
    "date",
    "nc",
    "ls",
    "id",
    "whoami",
    "grep",
    "sed",
    "awk",
    "find",
    "touch",
    "tee",
    "head",
    "tail",
    "wc",
    "cut",
    "sort",
    "tr",
    "printenv",
    "curl",
    "wget",
    "psql",
    "pg_isready",
    "mysqladmin",
    "dirname",
    "basename",
    "seq",
    "test",
    "hostname",
    "uname",
    "git",
    "xargs",
    "which",
];

/// The variable that sets a server's address where its arguments do not.
const VARIABLES: &[(&str, &str)] = &[
    ("flask", "FLASK_RUN_HOST"),
    ("uvicorn", "UVICORN_HOST"),
    ("granian", "GRANIAN_HOST"),
    ("gunicorn", "GUNICORN_CMD_ARGS"),
];

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let start = facts.start();
    let listens: Vec<(&Program, &Listen)> = start
        .programs
        .iter()
        .flat_map(|program| program.listens.iter().map(move |listen| (program, listen)))
        .collect();
    let all_closed = !listens.is_empty()
        && listens
            .iter()
            .all(|(_, listen)| listen.is_loopback() == Some(true));
    let Some((program, listen)) = listens.iter().find(|(_, listen)| listen.sure) else {
        return;
    };
    if !all_closed {
        return;
    }
    let exposed: BTreeSet<u16> = facts
        .image
        .config
        .config
        .exposed_ports
        .iter()
        .filter(|port| !port.ends_with("/udp"))
        .flat_map(|port| range(port.split('/').next().unwrap_or_default()))
        .collect();
    let own = matches!(program.python.as_ref().map(|run| &run.target), Some(Target::Path(path)) if !is_script(path));
    if exposed.is_empty() && own {
        // a program that talks to itself
        return;
    }
    let others = start
        .programs
        .iter()
        .any(|other| !std::ptr::eq(other, *program) && may_listen(other));
    let meant = listen.port.is_none_or(|port| exposed.contains(&port));
    let certain =
        meant && !exposed.is_empty() && !others && start.unknown.is_empty() && program.sure;
    let (severity, lead) = match certain {
        true => (Severity::Breaks, "this image cannot be reached: "),
        false => (Severity::Risk, ""),
    };
    let host = listen.host.clone().unwrap_or_default();
    let port = listen.port.map_or(String::new(), |port| format!(":{port}"));
    let mut finding = Finding::new(
        RULE.name,
        severity,
        format!("{lead}the server listens on `{host}{port}` only"),
    )
    .at(facts.place_of_instruction(start.instruction))
    .because("set by", listen.why.clone());
    if !exposed.is_empty() {
        let ports = exposed
            .iter()
            .map(u16::to_string)
            .collect::<Vec<_>>()
            .join(" ");
        finding = finding.because("exposed", ports);
    }
    findings.push(mended(facts, program, listen, finding));
}

/// `80`, `8000-8005`.
fn range(text: &str) -> Vec<u16> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse::<u16>(), last.parse::<u16>()) {
        (Ok(first), Ok(last)) if last.saturating_sub(first) < 1000 => (first..=last).collect(),
        (Ok(first), _) => vec![first],
        _ => Vec::new(),
    }
}

/// Whether a path is that of a program of a server, not of the user's source.
fn is_script(path: &[u8]) -> bool {
    crate::files::parent(path).ends_with(b"bin") || file_name(path) == b"manage.py"
}

/// Whether a program may take connections and pass them on.
fn may_listen(program: &Program) -> bool {
    if !program.listens.is_empty() {
        return false;
    }
    match &program.python {
        Some(run) => match &run.target {
            Target::Path(path) => !is_script(path) && program.fatal,
            Target::Unknown => true,
            _ => false,
        },
        None => {
            let name = |path: &[u8]| String::from_utf8_lossy(file_name(path)).into_owned();
            let called = program
                .argv
                .first()
                .map_or(String::new(), |word| name(word.as_bytes()));
            !QUIET.contains(&name(&program.executable).as_str())
                && !QUIET.contains(&called.as_str())
        }
    }
}

fn mended(facts: &Facts<'_>, program: &Program, listen: &Listen, finding: Finding) -> Finding {
    let config = &facts.image.config.config;
    let host = listen.host.clone().unwrap_or_default();
    let replaced = |words: &[String]| -> Option<Vec<String>> {
        let named = |word: &String| {
            word == &host
                || word.contains(&format!("{host}:"))
                || word.ends_with(&format!("={host}"))
        };
        words.iter().any(named).then(|| {
            let other = |word: &String| {
                if named(word) {
                    word.replace(&host, "0.0.0.0")
                } else {
                    word.clone()
                }
            };
            words.iter().map(other).collect()
        })
    };
    if let Some(words) = replaced(&config.cmd) {
        return finding
            .hint(format!("CMD {}", serde_json::Value::from(words.clone())))
            .mend(Mend::Cmd(words));
    }
    if let Some(words) = replaced(&config.entrypoint) {
        return finding
            .hint(format!(
                "ENTRYPOINT {}",
                serde_json::Value::from(words.clone())
            ))
            .mend(Mend::Entrypoint(Some(words)));
    }
    let port = listen.port.unwrap_or(8000);
    let server = VARIABLES
        .iter()
        .find(|(server, _)| listen.why.starts_with(server));
    match server {
        Some((server, variable)) if program.environment.get(variable).is_none() => {
            let value = if *server == "gunicorn" {
                format!("--bind=0.0.0.0:{port}")
            } else {
                "0.0.0.0".into()
            };
            finding
                .hint(format!("ENV {variable}={value}"))
                .mend(Mend::Env(vec![((*variable).to_string(), value)]))
        }
        _ => finding.hint("listen on 0.0.0.0"),
    }
}

#[cfg(test)]
mod tests {
    use crate::mend::Mend;
    use crate::rule::Severity;
    use crate::sample::Sample;

    fn image(cmd: &[&str], port: &str) -> Sample {
        let exposed = (!port.is_empty()).then(|| format!("{port}/tcp"));
        Sample::new()
            .program("bin/dash", "\x7fELF")
            .link("bin/sh", "dash")
            .program("usr/sbin/nginx", "\x7fELF")
            .program("usr/local/bin/python3.11", "\x7fELF")
            .program("usr/local/bin/gunicorn", "#!/usr/local/bin/python3.11\nfrom gunicorn.app.wsgiapp import run\n")
            .program("usr/local/bin/flask", "#!/usr/local/bin/python3.11\nfrom flask.cli import main\n")
            .file("app.py", "from flask import Flask\napp = Flask(__name__)\nif __name__ == '__main__':\n    app.run(port=5000)\n")
            .cmd(cmd)
            .config(|config| config.config.exposed_ports.extend(exposed))
    }

    fn found(cmd: &[&str], port: &str) -> Vec<(Severity, String)> {
        image(cmd, port)
            .findings("loopback-only")
            .into_iter()
            .map(|finding| (finding.severity, finding.message))
            .collect()
    }

    #[test]
    fn defaults_of_servers_are_loopback() {
        let message = |address: &str| {
            format!("this image cannot be reached: the server listens on `{address}` only")
        };
        assert_eq!(
            found(&["gunicorn", "app:app"], "8000"),
            [(Severity::Breaks, message("127.0.0.1:8000"))]
        );
        assert_eq!(
            found(&["flask", "run"], "5000"),
            [(Severity::Breaks, message("127.0.0.1:5000"))]
        );
        assert_eq!(
            found(&["python3.11", "app.py"], "5000"),
            [(Severity::Breaks, message("127.0.0.1:5000"))]
        );
        assert_eq!(found(&["flask", "run"], "")[0].0, Severity::Risk);
        let mend = image(&["flask", "run"], "5000")
            .findings("loopback-only")
            .remove(0)
            .mend;
        assert_eq!(
            mend,
            Some(Mend::Env(vec![("FLASK_RUN_HOST".into(), "0.0.0.0".into())]))
        );
        let mend = image(&["flask", "run", "--host=127.0.0.1"], "5000")
            .findings("loopback-only")
            .remove(0)
            .mend;
        assert_eq!(
            mend,
            Some(Mend::Cmd(vec![
                "flask".into(),
                "run".into(),
                "--host=0.0.0.0".into()
            ]))
        );
    }

    #[test]
    fn other_addresses_and_proxies_are_not() {
        assert_eq!(found(&["gunicorn", "-b", ":8000", "app:app"], "8000"), []);
        assert_eq!(
            found(&["gunicorn", "-b", "unix:/run/x", "app:app"], "8000"),
            []
        );
        let proxied = found(&["/bin/sh", "-c", "nginx & exec gunicorn app:app"], "8000");
        assert_eq!(proxied[0].0, Severity::Risk);
        let port = image(&["gunicorn", "app:app"], "80")
            .config(|config| config.config.env = vec!["PORT=80".into()]);
        assert_eq!(port.findings("loopback-only"), []);
    }
}
