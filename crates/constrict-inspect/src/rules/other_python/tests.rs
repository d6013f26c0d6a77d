//! Packages for one Python under another.

use super::*;
use crate::sample::{Sample, missing};

const ELF: &str = "\x7fELF";

/// Python 3.9 of docker's image.
fn image() -> Sample {
    Sample::new()
        .program("usr/local/bin/python3.9", ELF)
        .link("usr/local/bin/python", "python3.9")
        .file("usr/local/lib/python3.9/os.py", "")
        .file("usr/local/lib/python3.9/encodings/__init__.py", "")
        .file(
            "usr/local/lib/python3.9/lib-dynload/_ssl.cpython-39-x86_64-linux-gnu.so",
            "",
        )
        .directory("usr/local/lib/python3.9/site-packages", 0o755)
        .config(|config| config.config.working_dir = "/app".into())
}

/// With flask for some Python, in a directory `…/site-packages`.
fn flask(sample: Sample, site: &str) -> Sample {
    sample
        .file(&format!("{site}/flask/__init__.py"), "x = 1\n")
        .file(&format!("{site}/flask-3.0.0.dist-info/METADATA"), "")
}

fn found(sample: Sample) -> Vec<(Severity, String)> {
    let found = sample.findings(RULE.name).into_iter();
    found.map(|found| (found.severity, found.message)).collect()
}

#[test]
fn packages_of_another_version_are_named_with_both() {
    let sample = flask(image(), "usr/local/lib/python3.11/site-packages");
    let sample = sample
        .file("app/app.py", "import flask\n")
        .cmd(&["python", "-m", "flask", "run", "--host", "0.0.0.0"]);
    let all = sample.check();
    let rules: Vec<&str> = all
        .findings
        .iter()
        .filter(|found| found.severity == Severity::Breaks)
        .map(|found| found.rule)
        .collect();
    assert_eq!(rules, [RULE.name]);
    let found = &all.findings[0];
    assert_eq!(
        found.message,
        "this image cannot start: `flask` is installed for Python 3.11, in `/usr/local/lib/python3.11/site-packages`, and Python 3.9 runs"
    );
    assert_eq!(
        found.hint.as_deref(),
        Some("begin the last stage with an image that has Python 3.11: FROM python:3.11-slim")
    );
    assert_eq!(
        found.evidence[1].text,
        "Python 3.9, `/usr/local/bin/python3.9`"
    );
}

#[test]
fn an_environment_of_another_version_is_named() {
    let sample = flask(image(), "opt/venv/lib/python3.11/site-packages")
        .file(
            "opt/venv/pyvenv.cfg",
            "home = /usr/local/bin\nversion = 3.11.4\n",
        )
        .link("opt/venv/bin/python", "/usr/local/bin/python")
        .program(
            "opt/venv/bin/flask",
            "#!/opt/venv/bin/python\nfrom flask import main\n",
        )
        .cmd(&["/opt/venv/bin/flask"]);
    assert_eq!(
        found(sample),
        [(
            Severity::Breaks,
            "this image cannot start: `flask` is installed for Python 3.11, in `/opt/venv/lib/python3.11/site-packages`, and Python 3.9 runs".to_string()
        )]
    );
}

#[test]
fn packages_for_another_python_that_is_there_are_told_how_to_start() {
    let sample = flask(image(), "opt/venv/lib/python3.11/site-packages")
        .program("usr/bin/python3.11", ELF)
        .file("usr/lib/python3.11/os.py", "")
        .file("opt/venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.4\n")
        .link("opt/venv/bin/python", "/usr/bin/python3.11")
        .file("app/app.py", "import flask\n")
        .cmd(&["/usr/local/bin/python", "app.py"]);
    let found = sample.findings(RULE.name);
    assert_eq!(
        found[0].hint.as_deref(),
        Some("ENV PATH=\"/opt/venv/bin:$PATH\", and start `python`")
    );
}

#[test]
fn debian_looks_in_dist_packages() {
    let debian = |site: &str| {
        let sample = Sample::new()
            .program("usr/bin/python3.9", ELF)
            .file("usr/lib/python3.9/os.py", "")
            .file("usr/lib/python3.9/encodings/__init__.py", "")
            .file("usr/lib/python3.9/site.py", "dist-packages")
            .file("app.py", "import flask\n")
            .cmd(&["/usr/bin/python3.9", "/app.py"]);
        flask(sample, site)
    };
    let found = debian("usr/local/lib/python3.9/site-packages").findings(RULE.name);
    assert_eq!(
        found[0].message,
        "this image cannot start: `flask` is in `/usr/local/lib/python3.9/site-packages`, where Debian's Python 3.9 does not look: it has dist-packages"
    );
    assert_eq!(
        found[0].hint.as_deref(),
        Some("ENV PYTHONPATH=/usr/local/lib/python3.9/site-packages")
    );
    assert_eq!(
        debian("usr/local/lib/python3.9/dist-packages").findings(RULE.name),
        []
    );
    // an environment that nothing starts is another matter
    assert_eq!(
        debian("opt/venv/lib/python3.9/site-packages").findings(RULE.name),
        []
    );
}

#[test]
fn packages_of_debian_are_not_for_another_python() {
    let sample = flask(image(), "usr/lib/python3/dist-packages")
        .program("usr/bin/python3.11", ELF)
        .file("usr/lib/python3.11/os.py", "")
        .file("usr/lib/python3.11/site.py", "dist-packages")
        .file("app/app.py", "import flask\n")
        .cmd(&["python", "app.py"]);
    assert_eq!(
        found(sample),
        [(
            Severity::Breaks,
            "this image cannot start: `flask` is installed for Debian's Python, in `/usr/lib/python3/dist-packages`, and `/usr/local/bin/python3.9` (Python 3.9) runs".to_string()
        )]
    );
}

#[test]
fn extension_modules_of_another_version_are_passed_over() {
    let with = |name: &str, import: &str| {
        let sample = image()
            .file("packages/core/__init__.py", "from .base import x\n")
            .file("packages/core/base.py", format!("{import}\nx = 1\n"))
            .file(&format!("packages/core/{name}"), ELF)
            .file("app/app.py", "import core\n")
            .config(|config| config.config.env = vec!["PYTHONPATH=/packages".into()])
            .cmd(&["/usr/local/bin/python", "app.py"]);
        found(sample)
    };
    for import in [
        "from . import _core",
        "from ._core import y",
        "import core._core",
    ] {
        assert_eq!(
            with("_core.cpython-311-x86_64-linux-gnu.so", import),
            [(
                Severity::Breaks,
                "this image cannot start: `core._core` is compiled for Python 3.11 (`/packages/core/_core.cpython-311-x86_64-linux-gnu.so`), and Python 3.9 runs".to_string()
            )],
            "{import}"
        );
        assert_eq!(with("_core.cpython-39-x86_64-linux-gnu.so", import), []);
        assert_eq!(with("_core.abi3.so", import), []);
    }
    let import = "from ._core import y";
    let guarded = format!("try:\n    {import}\nexcept ImportError:\n    y = 2");
    assert_eq!(with("_core.cpython-311-x86_64-linux-gnu.so", &guarded), []);
    // another platform is another rule's business
    assert_eq!(with("_core.cpython-39-aarch64-linux-gnu.so", import), []);
}

#[test]
fn syntax_of_a_later_version_is_named() {
    let sample = image()
        .file("app/app.py", "match 1:\n    case 1:\n        pass\n")
        .cmd(&["/usr/local/bin/python", "app.py"]);
    let found = sample.findings(RULE.name);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].message,
        "this image cannot start: `/app/app.py` is written for a later Python than 3.9: Cannot use `match` statement on Python 3.9 (syntax was added in Python 3.10)"
    );
    assert_eq!(
        found[0].hint.as_deref(),
        Some("begin the last stage with an image that has Python 3.10: FROM python:3.10-slim")
    );
}

#[test]
fn pure_packages_on_pythonpath_and_modules_that_are_nowhere_pass() {
    let site = "install/lib/python3.11/site-packages";
    let sample = flask(image(), site)
        .file("app/app.py", "import flask\n")
        .config(|config| config.config.env = vec![format!("PYTHONPATH=/{site}")])
        .cmd(&["/usr/local/bin/python", "app.py"]);
    assert_eq!(found(sample), []);
    let nowhere = flask(image(), "usr/local/lib/python3.11/site-packages").importing(
        RULE.name,
        vec![],
        vec![
            missing("django", Reach::Sure, &["usr/local/lib/python3.9"]),
            missing("flask", Reach::Optional, &["usr/local/lib/python3.9"]),
        ],
    );
    assert_eq!(nowhere, []);
}

#[test]
fn a_script_of_another_version_is_named() {
    let sample = image()
        .program("usr/local/bin/gunicorn", "#!/usr/local/bin/python3.11\n")
        .cmd(&["gunicorn"]);
    assert_eq!(
        found(sample),
        [(
            Severity::Breaks,
            "this image cannot start: `/usr/local/bin/gunicorn` is to be run by `/usr/local/bin/python3.11`, which is not in it; Python 3.9 is".to_string()
        )]
    );
}
