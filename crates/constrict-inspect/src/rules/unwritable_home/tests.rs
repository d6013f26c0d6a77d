use super::*;
use crate::sample::Sample;

const SITE: &str = "usr/local/lib/python3.11/site-packages";

/// An image of user 1000, who has no home, with one source.
fn image(source: &str) -> Sample {
    Sample::new()
        .program("usr/local/bin/python3.11", "\x7fELF")
        .file("usr/local/lib/python3.11/os.py", "")
        .file("usr/local/lib/python3.11/encodings/__init__.py", "")
        .file(
            "etc/passwd",
            "root:x:0:0::/root:/bin/sh\napp:x:1001:1001::/home/app:/bin/sh\n",
        )
        .directory("tmp", 0o1777)
        .directory("home/app", 0o755)
        .owned("home/app", 1001, 1001)
        .file("app/app.py", source)
        .cmd(&["python3.11", "app.py"])
        .config(|config| {
            config.config.working_dir = "/app".into();
            config.config.user = "1000:1000".into();
        })
}

fn found(sample: Sample) -> Vec<(Severity, String)> {
    let found = sample.findings(RULE.name).into_iter();
    found.map(|found| (found.severity, found.message)).collect()
}

fn breaks(does: &str, closed: &str) -> Vec<(Severity, String)> {
    let message =
        format!("this image cannot start: it {does}, and `1000:1000` may not write to `{closed}`");
    vec![(Severity::Breaks, message)]
}

const CACHE: &str =
    "import os\nCACHE = os.path.expanduser('~/.cache/x')\nos.makedirs(CACHE, exist_ok=True)\n";

#[test]
fn a_user_without_a_home_cannot_make_a_cache() {
    assert_eq!(found(image(CACHE)), breaks("makes `/.cache/x`", "/"));
    let finding = image(CACHE).findings(RULE.name).remove(0);
    let evidence: Vec<&str> = finding
        .evidence
        .iter()
        .map(|line| line.text.as_str())
        .collect();
    assert_eq!(
        evidence,
        [
            "/app/app.py:3 `os.makedirs(CACHE, exist_ok=True)`",
            "`/` has mode 755 and belongs to 0:0"
        ]
    );
    let home =
        |value: &'static str| image(CACHE).config(|config| config.config.env = vec![value.into()]);
    assert_eq!(found(home("HOME=/tmp")), []);
    assert_eq!(
        found(home("HOME=/root").directory("root", 0o700)),
        breaks("makes `/root/.cache/x`", "/root")
    );
    assert_eq!(
        found(image(CACHE).config(|config| config.config.user = "app".into())),
        []
    );
    assert_eq!(
        found(image(CACHE).config(|config| config.config.user = String::new())),
        []
    );
}

#[test]
fn directories_of_root_are_closed_to_others() {
    for (source, does, closed) in [
        ("open('log.txt', 'w')\n", "writes `/app/log.txt`", "/app"),
        (
            "open('/app/app.py', 'a')\n",
            "writes `/app/app.py`",
            "/app/app.py",
        ),
        (
            "import logging\nlogging.basicConfig(filename='/var/app.log')\n",
            "writes `/var/app.log`",
            "/",
        ),
        (
            "import sqlite3\nDB = sqlite3.connect('shop.db')\n",
            "opens the database `/app/shop.db`",
            "/app",
        ),
        (
            "from pathlib import Path\n(Path(__file__).parent / 'out').mkdir(exist_ok=True)\n",
            "makes `/app/out`",
            "/app",
        ),
        (
            "import os\nD = '/data'\ndef main():\n    if not os.path.exists(D):\n        os.makedirs(D)\nmain()\n",
            "makes `/data`",
            "/",
        ),
        (
            "import os\nos.makedirs(os.environ.get('DATA', '/data'))\n",
            "makes `/data`",
            "/",
        ),
        (
            "import logging.config\nlogging.config.dictConfig({'handlers': {'f': {'class': 'logging.FileHandler', 'filename': '/app/a.log'}}})\n",
            "writes `/app/a.log`",
            "/app",
        ),
    ] {
        let sample = match closed {
            "/" => image(source).directory("var", 0o755),
            _ => image(source),
        };
        let closed = if source.contains("/var") {
            "/var"
        } else {
            closed
        };
        assert_eq!(found(sample), breaks(does, closed), "{source}");
    }
}

#[test]
fn what_is_tried_or_there_or_open_passes() {
    for source in [
        "try:\n    open('log.txt', 'w')\nexcept OSError:\n    pass\n",
        "open('/tmp/log.txt', 'w')\nopen('/dev/stdout', 'w')\n",
        "import os\nos.makedirs('/app', exist_ok=True)\n",
        "open('log.txt')\nopen(name, 'w')\n",
        "import os\nos.environ['HOME'] = '/tmp'\nos.makedirs(os.path.expanduser('~/.x'))\n",
        "import os\nos.chdir('/tmp')\nopen('log.txt', 'w')\n",
        "import sqlite3\nsqlite3.connect(':memory:')\n",
        "import os\nos.makedirs('/tmp/a/b')\nopen('/tmp/a/b/c', 'w')\n",
    ] {
        assert_eq!(found(image(source)), [], "{source}");
    }
    let owned = image("open('log.txt', 'w')\n")
        .directory("app", 0o755)
        .owned("app", 1000, 1000);
    assert_eq!(found(owned), []);
}

#[test]
fn what_is_written_later_is_a_risk() {
    let later = "def save():\n    open('/app/out.txt', 'w')\n";
    let message = "this image writes `/app/out.txt` when it gets there, and `1000:1000` may not write to `/app`".to_string();
    assert_eq!(found(image(later)), [(Severity::Risk, message)]);
}

#[test]
fn a_directory_that_is_not_there_is_told_to_root_too() {
    let root = |source: &str| image(source).config(|config| config.config.user = String::new());
    let message = "this image cannot start: it writes `/var/log/shop/a.log`, and `/var/log/shop` is not there".to_string();
    let source = "open('/var/log/shop/a.log', 'a')\n";
    assert_eq!(found(root(source)), [(Severity::Breaks, message)]);
    let made = format!("import os\nos.makedirs('/var/log/shop')\n{source}");
    assert_eq!(found(root(&made)), []);
    let volume =
        root(source).config(|config| config.config.volumes = ["/var/log".to_string()].into());
    assert_eq!(found(volume), []);
}

#[test]
fn an_entry_script_that_makes_directories_is_trusted() {
    let sample = image(CACHE)
        .program("bin/dash", "\x7fELF")
        .link("bin/sh", "dash")
        .program(
            "app/start.sh",
            "#!/bin/sh\nmkdir -p /.cache\nexec python3.11 app.py\n",
        )
        .cmd(&["/app/start.sh"]);
    assert_eq!(found(sample), []);
}

#[test]
fn django_opens_its_database_when_it_migrates() {
    let settings = "from pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\nINSTALLED_APPS = []\n\
        DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'}}\n";
    let sample = |command: &'static str| {
        image("import django\nimport shop.settings\n")
            .file(&format!("{SITE}/django/__init__.py"), "")
            .file("app/shop/__init__.py", "")
            .file("app/shop/settings.py", settings)
            .cmd(&["python3.11", "app.py", command])
    };
    assert_eq!(
        found(sample("migrate")),
        breaks("opens the database `/app/db.sqlite3`", "/app")
    );
    assert_eq!(found(sample("check"))[0].0, Severity::Risk);
}

#[test]
fn numba_needs_a_place_for_what_it_keeps() {
    let source = "import numba\n@numba.njit(cache=True)\ndef f(x):\n    return x\n";
    let sample = || {
        image(source).file(
            &format!("{SITE}/numba/__init__.py"),
            "def njit(**k): pass\n",
        )
    };
    assert_eq!(
        found(sample()),
        breaks(
            "has `numba` keep compiled code in `/app/__pycache__`",
            "/app"
        )
    );
    let told = sample().config(|config| config.config.env = vec!["NUMBA_CACHE_DIR=/tmp".into()]);
    assert_eq!(found(told), []);
    let home = sample().config(|config| config.config.env = vec!["HOME=/tmp".into()]);
    assert_eq!(found(home), []);
}

#[test]
fn caches_of_distributions_are_a_risk() {
    let sample =
        || image("import matplotlib\n").file(&format!("{SITE}/matplotlib/__init__.py"), "");
    let message = "this image has `matplotlib` write to `/.config/matplotlib` when it gets there, and `1000:1000` may not write to `/`";
    assert_eq!(found(sample()), [(Severity::Risk, message.to_string())]);
    assert_eq!(
        sample().findings(RULE.name)[0].hint.as_deref(),
        Some("ENV MPLCONFIGDIR=/tmp/matplotlib")
    );
    let told = sample().config(|config| config.config.env = vec!["MPLCONFIGDIR=/tmp".into()]);
    assert_eq!(found(told), []);
}

#[test]
fn words_of_programs_name_places() {
    let gunicorn = |log: &'static str| {
        image("app = 1\n")
            .program(
                "usr/local/bin/gunicorn",
                "#!/usr/local/bin/python3.11\nfrom gunicorn.app.wsgiapp import run\nrun()\n",
            )
            .file(&format!("{SITE}/gunicorn/__init__.py"), "")
            .cmd(&["gunicorn", "--access-logfile", log, "app:app"])
    };
    assert_eq!(
        found(gunicorn("/app/access.log")),
        breaks("writes `/app/access.log`", "/app")
    );
    assert_eq!(found(gunicorn("-")), []);
    let celery = |source: &str| {
        image(source)
            .program(
                "usr/local/bin/celery",
                "#!/usr/local/bin/python3.11\nfrom celery.__main__ import main\nmain()\n",
            )
            .file(&format!("{SITE}/celery/__init__.py"), "")
            .file(&format!("{SITE}/celery/__main__.py"), "")
            .cmd(&["celery", "-A", "app", "beat"])
    };
    assert_eq!(
        found(celery("app = 1\n")),
        breaks("keeps its schedule in `/app/celerybeat-schedule`", "/app")
    );
    let other = "app = 1\napp.conf.beat_scheduler = 'redbeat:RedBeatScheduler'\n";
    assert_eq!(found(celery(other)), []);
    let uv = || {
        image("")
            .program("usr/local/bin/uv", "\x7fELF")
            .cmd(&["uv", "run", "app.py"])
    };
    assert_eq!(found(uv()), breaks("makes `/.cache/uv`", "/"));
    assert_eq!(
        found(uv().config(|config| config.config.env = vec!["UV_NO_CACHE=1".into()])),
        []
    );
}
