//! Links, scripts and commands whose Python is not there.

use super::*;
use crate::mend::Mend;
use crate::sample::{Sample, missing};

const ELF: &str = "\x7fELF";

/// An environment of docker's Python in an image with Debian's.
fn image(version: &str) -> Sample {
    Sample::new()
        .program("usr/bin/python3.9", ELF)
        .link("usr/bin/python3", "python3.9")
        .file("usr/lib/python3.9/os.py", "")
        .file("usr/lib/python3.9/encodings/__init__.py", "")
        .file(
            "opt/venv/pyvenv.cfg",
            format!("home = /usr/local/bin\nversion = {version}.2\n"),
        )
        .link("opt/venv/bin/python", "/usr/local/bin/python")
        .link("opt/venv/bin/python3", "python")
        .program("opt/venv/bin/gunicorn", "#!/opt/venv/bin/python3\n")
        .file(
            &format!("opt/venv/lib/python{version}/site-packages/flask/__init__.py"),
            "",
        )
        .config(|config| config.config.env = vec!["PATH=/opt/venv/bin:/usr/bin".into()])
}

fn found(sample: Sample) -> Vec<(Severity, String)> {
    let found = sample.findings(RULE.name).into_iter();
    found.map(|found| (found.severity, found.message)).collect()
}

#[test]
fn a_link_to_a_python_that_is_not_there_is_named_with_both_versions() {
    let found = image("3.11")
        .cmd(&["/opt/venv/bin/python", "-m", "gunicorn"])
        .findings(RULE.name);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].message,
        "this image cannot start: `/opt/venv/bin/python` is a link to `/usr/local/bin/python`, which is not in it"
    );
    let evidence: Vec<String> = found[0]
        .evidence
        .iter()
        .map(|line| format!("{}: {}", line.label, line.text))
        .collect();
    assert_eq!(
        evidence,
        [
            "started by: CMD [\"/opt/venv/bin/python\",\"-m\",\"gunicorn\"] → /opt/venv/bin/python -m gunicorn",
            "links: /opt/venv/bin/python → /usr/local/bin/python",
            "made for: Python 3.11, `home = /usr/local/bin` in `/opt/venv/pyvenv.cfg`; site-packages: `/opt/venv/lib/python3.11/site-packages`",
            "in the image: Python 3.9, `/usr/bin/python3.9`",
        ]
    );
    assert_eq!(
        found[0].hint.as_deref(),
        Some("begin the last stage with an image that has Python 3.11: FROM python:3.11-slim")
    );
}

#[test]
fn the_same_version_at_another_path_is_linked() {
    let code = "import os; os.remove('/opt/venv/bin/python'); os.symlink('/usr/bin/python3.9', '/opt/venv/bin/python')";
    let found = image("3.9").cmd(&["gunicorn"]).findings(RULE.name);
    assert_eq!(
        found[0].mend,
        Some(Mend::Run {
            command: ["/usr/bin/python3.9", "-c", code]
                .map(str::to_string)
                .to_vec()
        })
    );
    let found = image("3.9")
        .program("bin/ln", ELF)
        .program("bin/sh", ELF)
        .cmd(&["gunicorn"])
        .findings(RULE.name);
    assert_eq!(
        found[0].hint.as_deref(),
        Some("RUN ln -sf /usr/bin/python3.9 /opt/venv/bin/python")
    );
}

#[test]
fn a_command_that_names_a_python_which_is_elsewhere_is_mended() {
    let found = image("3.9")
        .cmd(&["/usr/local/bin/python3", "app.py"])
        .findings(RULE.name);
    assert_eq!(
        found[0].message,
        "this image cannot start: `/usr/local/bin/python3` is not in it"
    );
    assert_eq!(
        found[0].mend,
        Some(Mend::Cmd(vec![
            "/usr/bin/python3.9".into(),
            "app.py".into()
        ]))
    );
}

#[test]
fn a_link_that_leads_back_to_itself_is_named() {
    let sample = Sample::new()
        .link("usr/local/bin/python", "/usr/local/bin/python")
        .cmd(&["python", "app.py"]);
    assert_eq!(
        found(sample),
        [(
            Severity::Breaks,
            "this image cannot start: `/usr/local/bin/python` is a link that leads back to itself"
                .to_string()
        )]
    );
}

#[test]
fn a_module_that_the_next_python_on_path_does_not_see_is_explained() {
    let sample = image("3.11").cmd(&["python3", "app.py"]);
    let found = sample.importing(
        RULE.name,
        vec![],
        vec![missing("flask", Reach::Sure, &["usr/lib/python3.9"])],
    );
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].severity, found[0].message.as_str()),
        (
            Severity::Breaks,
            "this image cannot start: `flask` is in `/opt/venv`, whose Python does not run, and another one on PATH does"
        )
    );
}

#[test]
fn an_environment_that_nothing_starts_is_a_risk_where_path_has_it() {
    let other = image("3.11").cmd(&["/usr/bin/python3.9", "-c", "pass"]);
    assert_eq!(
        found(other),
        [(
            Severity::Risk,
            "`/opt/venv/bin/python`, which is on PATH, is a link to `/usr/local/bin/python`, which is not in this image".to_string()
        )]
    );
    let not_on_path = image("3.11")
        .config(|config| config.config.env = vec![])
        .cmd(&["/usr/bin/python3.9", "-c", "pass"]);
    assert_eq!(found(not_on_path), []);
}

#[test]
fn what_cmd_starts_is_looked_at_where_entrypoint_takes_it_for_an_argument() {
    let eaten = image("3.11").config(|config| {
        config.config.entrypoint = vec!["/usr/bin/python3.9".into()];
        config.config.cmd = vec!["gunicorn".into()];
    });
    assert_eq!(
        found(eaten),
        [(
            Severity::Breaks,
            "this image cannot start: `/opt/venv/bin/python3` is a link to `/usr/local/bin/python`, which is not in it".to_string()
        )]
    );
}

#[test]
fn a_python_without_its_standard_library_is_named() {
    let sample = Sample::new()
        .program("opt/venv/bin/python3.11", ELF)
        .file(
            "opt/venv/pyvenv.cfg",
            "home = /usr/local/bin\nversion = 3.11.2\n",
        )
        .cmd(&["/opt/venv/bin/python3.11", "-m", "app"]);
    let report = sample.check();
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
            "this image cannot start: `/opt/venv/bin/python3.11` finds no standard library of Python 3.11 (no module named `encodings`)"
        )]
    );
}

#[test]
fn links_that_lead_somewhere_pass() {
    let sample = image("3.9")
        .link("usr/local/bin/python", "/usr/bin/python3.9")
        .cmd(&["gunicorn"]);
    assert_eq!(found(sample), []);
}
