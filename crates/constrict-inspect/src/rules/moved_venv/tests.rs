//! Environments that lie elsewhere than where they were made.

use super::*;
use crate::facts::imports::Reach;
use crate::sample::{Sample, missing};

const ELF: &str = "\x7fELF";

fn image() -> Sample {
    Sample::new()
        .program("bin/dash", ELF)
        .link("bin/sh", "dash")
        .program("bin/sed", ELF)
        .program("usr/local/bin/python3.11", ELF)
        .link("usr/local/bin/python3", "python3.11")
        .link("usr/local/bin/python", "python3")
        .file("usr/local/lib/python3.11/os.py", "")
        .file("usr/local/lib/python3.11/encodings/__init__.py", "")
        .file(
            "opt/venv/pyvenv.cfg",
            "home = /usr/local/bin\nversion = 3.11.2\ncommand = /usr/local/bin/python -m venv /build/venv\n",
        )
        .link("opt/venv/bin/python", "/usr/local/bin/python")
        .file("opt/venv/bin/activate", "VIRTUAL_ENV=\"/build/venv\"\nexport VIRTUAL_ENV\nPATH=\"$VIRTUAL_ENV/bin:$PATH\"\nexport PATH\n")
        .program("opt/venv/bin/gunicorn", "#!/build/venv/bin/python\nimport sys\n")
        .program("opt/venv/bin/flask", "#!/build/venv/bin/python\nimport sys\n")
        .file("opt/venv/lib/python3.11/site-packages/flask/__init__.py", "")
        .config(|config| {
            config.config.env = vec!["PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin".into()]
        })
}

#[test]
fn a_script_that_names_the_old_path_is_named() {
    let report = image().cmd(&["gunicorn", "app:app"]).check();
    let breaks: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|found| found.severity == Severity::Breaks)
        .collect();
    let [found] = breaks.as_slice() else {
        panic!("one finding: {breaks:?}")
    };
    assert_eq!(found.rule, RULE.name);
    assert_eq!(
        found.message,
        "this image cannot start: `/opt/venv/bin/gunicorn` is to be run by `/build/venv/bin/python`, which is not in it: the virtual environment was made in `/build/venv` and lies in `/opt/venv`"
    );
    assert_eq!(
        found.hint.as_deref(),
        Some("make it where it will lie, in the stage that makes it: RUN python -m venv /opt/venv")
    );
    let command = [
        "sed",
        "-i",
        "1,2s|/build/venv/bin/|/opt/venv/bin/|",
        "/opt/venv/bin/flask",
        "/opt/venv/bin/gunicorn",
    ];
    assert_eq!(
        found.mend,
        Some(Mend::Run {
            command: command.map(str::to_string).to_vec()
        })
    );
    assert_eq!(found.evidence[1].text, "1 other script of `/opt/venv/bin`");
}

#[test]
fn a_trampoline_is_no_other_script() {
    let text = "#!/bin/sh\n'''exec' /build/venv/bin/python \"$0\" \"$@\"\n' '''\nimport sys\n";
    let found = image()
        .program("opt/venv/bin/gunicorn", text)
        .cmd(&["gunicorn", "app:app"])
        .findings(RULE.name);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].severity, Severity::Breaks);
    assert_eq!(
        found[0].message,
        "this image cannot start: `/opt/venv/bin/gunicorn` is to be run by `/build/venv/bin/python`, which is not in it: the virtual environment was made in `/build/venv` and lies in `/opt/venv`"
    );
}

#[test]
fn what_a_moved_activate_hides_is_named() {
    let entry = |text: &str| {
        image()
            .program(
                "entry.sh",
                format!("#!/bin/sh\nset -e\n. /opt/venv/bin/activate\n{text}"),
            )
            .config(|config| config.config.env = vec!["PATH=/usr/local/bin:/bin".into()])
            .cmd(&["/entry.sh"])
    };
    let report = entry("exec gunicorn app:app\n").check();
    let breaks: Vec<(&str, &str)> = report
        .findings
        .iter()
        .filter(|found| found.severity == Severity::Breaks)
        .map(|found| (found.rule, found.message.as_str()))
        .collect();
    assert_eq!(
        breaks,
        [(
            RULE.name,
            "this image cannot start: `gunicorn` is not on PATH, which has `/build/venv/bin`: the virtual environment was made there and lies in `/opt/venv`"
        )]
    );
    let found = entry("exec python app.py\n").importing(
        RULE.name,
        vec![],
        vec![missing("flask", Reach::Sure, &["usr/local/lib/python3.11"])],
    );
    assert_eq!(
        found[0].message,
        "this image cannot start: `flask` is in `/opt/venv`, and PATH has `/build/venv/bin`, where that virtual environment was made"
    );
}

#[test]
fn scripts_that_nothing_starts_are_a_risk_where_path_has_them() {
    let sample = |path: &str| {
        let path = format!("PATH={path}");
        image()
            .config(|config| config.config.env = vec![path])
            .cmd(&["/opt/venv/bin/python", "-m", "flask"])
    };
    let found = sample("/opt/venv/bin:/usr/bin").findings(RULE.name);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].severity, found[0].message.as_str()),
        (
            Severity::Risk,
            "2 scripts of `/opt/venv/bin` cannot start: the virtual environment was made in `/build/venv`"
        )
    );
    assert_eq!(sample("/usr/bin").findings(RULE.name), []);
}

#[test]
fn relocatable_scripts_and_rewritten_ones_pass() {
    let relocatable = "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python' \"$0\" \"$@\"\n' '''\nimport sys\n";
    for text in [relocatable, "#!/opt/venv/bin/python\nimport sys\n"] {
        let sample = image()
            .program("opt/venv/bin/gunicorn", text)
            .program("opt/venv/bin/flask", text)
            .cmd(&["gunicorn"]);
        let report = sample.check();
        let breaks = report
            .findings
            .iter()
            .filter(|found| found.severity == Severity::Breaks);
        assert_eq!(breaks.count(), 0, "{:?}", report.findings);
    }
    // the old path is there too
    let linked = image().link("build/venv", "/opt/venv").cmd(&["gunicorn"]);
    assert_eq!(linked.findings(RULE.name), []);
}

#[test]
fn a_script_without_its_environment_is_told_apart() {
    let sample = Sample::new()
        .program("usr/local/bin/python3", ELF)
        .program(
            "usr/local/bin/gunicorn",
            "#!/opt/venv/bin/python\nimport sys\n",
        )
        .file(
            "usr/local/lib/python3.11/site-packages/gunicorn-22.0.dist-info/METADATA",
            "",
        )
        .cmd(&["gunicorn"]);
    let found = sample.findings(RULE.name);
    assert_eq!(
        found[0].message,
        "this image cannot start: `/usr/local/bin/gunicorn` is to be run by `/opt/venv/bin/python`, which is not in it: the script is of a virtual environment in `/opt/venv`, which was not copied"
    );
    assert_eq!(
        found[0].mend,
        Some(Mend::Write {
            path: "/usr/local/bin/gunicorn".into(),
            text: "#!/usr/local/bin/python3\nimport sys\n".into(),
            mode: 0o755
        })
    );
}
