//! Paths that sources write to, and programs that they insist on.

use constrict_python::source::{Act, Base, FilePath, Module, Need, Target};

fn module(source: &str) -> Module {
    Module::parse(source.as_bytes(), &Target { python: (3, 11) }).expect("a source")
}

fn path(base: Base, rest: &str) -> FilePath {
    FilePath {
        base,
        rest: rest.to_owned(),
    }
}

fn writes(source: &str) -> Vec<(FilePath, Act, Need)> {
    let writes = module(source).writes.into_iter();
    writes.map(|it| (it.path, it.act, it.need)).collect()
}

/// The paths that are written to in one way or another.
fn paths(source: &str) -> Vec<FilePath> {
    module(source)
        .writes
        .into_iter()
        .map(|it| it.path)
        .collect()
}

#[test]
fn directories_and_files_that_are_made_are_noted() {
    let source = "import os\nfrom pathlib import Path\nos.makedirs('/data/x', exist_ok=True)\nos.mkdir('run')\n\
        Path('/a').mkdir(parents=True)\nopen('log', 'w')\nopen('in')\n(Path('b') / 'c').write_text('')\nopen(name, 'w')\n";
    let made = |parents| Act::Directory { parents };
    assert_eq!(
        writes(source),
        [
            (path(Base::Root, "data/x"), made(true), Need::Always),
            (path(Base::Working, "run"), made(false), Need::Always),
            (path(Base::Root, "a"), made(true), Need::Always),
            (path(Base::Working, "log"), Act::File, Need::Always),
            (path(Base::Working, "b/c"), Act::File, Need::Always),
        ]
    );
    let logs = "import logging, sqlite3\nfrom logging.handlers import RotatingFileHandler\nlogging.basicConfig(filename='/l/a')\n\
        RotatingFileHandler('/l/b')\nlogging.FileHandler('/l/c', delay=True)\nsqlite3.connect(':memory:')\nsqlite3.connect('/l/d')\n";
    assert_eq!(
        paths(logs),
        ["l/a", "l/b", "l/d"].map(|rest| path(Base::Root, rest))
    );
}

#[test]
fn paths_begin_where_the_source_says() {
    let home = "import os\nfrom os.path import expanduser, join\nfrom pathlib import Path\nos.makedirs(expanduser('~/.cache/x'))\n\
        os.makedirs(join(expanduser('~'), '.cache', 'x'))\nos.makedirs(expanduser('~') + '/.cache/x')\n\
        CACHE = Path.home() / '.cache' / 'x'\nCACHE.mkdir()\nPath('~/.cache/x').expanduser().mkdir()\n\
        HOME = expanduser('~')\nos.makedirs(f'{HOME}/.cache/x')\n";
    assert_eq!(paths(home), vec![path(Base::Home, ".cache/x"); 6]);
    let source = "import os\nfrom pathlib import Path\nHERE = Path(__file__).resolve().parent\n(HERE / 'data').mkdir()\n\
        os.mkdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data'))\nopen(HERE.joinpath('data'), 'w')\n";
    assert_eq!(paths(source), vec![path(Base::Source { up: 1 }, "data"); 3]);
    let above = "from pathlib import Path\nBASE = Path(__file__).parents[1]\nopen(BASE / 'db' / '..', 'w')\n";
    assert_eq!(paths(above), [path(Base::Source { up: 2 }, "db/..")]);
    let variable = "import os\nos.makedirs(os.environ['CACHE'])\nos.makedirs(os.path.join(os.environ['CACHE'], 'x'))\n\
        os.makedirs(os.path.join('/a', os.environ['CACHE']))\n";
    let base = Base::Variable {
        name: "CACHE".into(),
        default: None,
    };
    assert_eq!(paths(variable), [path(base.clone(), ""), path(base, "x")]);
}

#[test]
fn failures_that_are_caught_are_no_need() {
    let caught = |class: &str| {
        let source = format!("try:\n    open('x', 'w')\nexcept {class}:\n    pass\n");
        matches!(writes(&source)[0].2, Need::Guarded { .. })
    };
    assert!(
        [
            "OSError",
            "PermissionError",
            "Exception",
            "(KeyError, IOError)"
        ]
        .map(caught)
            == [true; 4]
    );
    assert!(["FileNotFoundError", "ValueError", "FileExistsError"].map(caught) == [false; 3]);
}

#[test]
fn a_condition_that_nothing_is_there_yet_does_not_count() {
    let need = |source: &str| {
        writes(&format!(
            "import os\nfrom pathlib import Path\nD = '/data'\nP = Path(D)\n{source}"
        ))[0]
            .2
    };
    assert_eq!(
        need("if not os.path.exists(D):\n    os.makedirs(D)\n"),
        Need::Always
    );
    assert_eq!(need("if not P.is_dir():\n    P.mkdir()\n"), Need::Always);
    assert_eq!(
        need("if not os.path.exists(D):\n    os.makedirs('/other')\n"),
        Need::Conditional
    );
    assert_eq!(
        need("if os.path.exists(D):\n    os.makedirs(D)\n"),
        Need::Conditional
    );
    assert_eq!(
        need("if x and not os.path.exists(D):\n    os.makedirs(D)\n"),
        Need::Conditional
    );
}

#[test]
fn programs_whose_absence_is_a_failure_are_required() {
    let required = |source: &str| -> Vec<(String, Need)> {
        let source = format!("import shutil, sys\nfrom shutil import which\n{source}");
        let required = module(&source).required.into_iter();
        required.map(|it| (it.program, it.need)).collect()
    };
    let git = |need| vec![("git".to_owned(), need)];
    assert_eq!(
        required("if not shutil.which('git'):\n    raise RuntimeError('git')\n"),
        git(Need::Always)
    );
    assert_eq!(
        required("GIT = which('git')\nif GIT is None:\n    print('no')\n    sys.exit(1)\n"),
        git(Need::Always)
    );
    assert_eq!(required("assert which('git')\n"), git(Need::Always));
    assert_eq!(
        required("if a:\n    assert which('git') is not None, 'git'\n"),
        git(Need::Conditional)
    );
    assert_eq!(
        required("def f():\n    if not which('git'):\n        raise X\n"),
        git(Need::Deferred)
    );
    for none in [
        "if which('git'):\n    raise X\n",
        "if not which('git'):\n    sys.exit(0)\n",
        "if not which('git'):\n    print('no git')\n",
        "try:\n    if not which('git'):\n        raise X\nexcept X:\n    pass\n",
        "GIT = which('git')\nGIT = GIT or '/opt/git'\nif not GIT:\n    raise X\n",
    ] {
        assert_eq!(required(none), [], "{none}");
    }
}

#[test]
fn a_shell_fails_in_its_own_way() {
    let need = |call: &str, class: &str| {
        let source =
            format!("import subprocess\ntry:\n    subprocess.{call}\nexcept {class}:\n    pass\n");
        matches!(module(&source).calls[0].need, Need::Guarded { .. })
    };
    assert!(!need(
        "run(['git'], check=True)",
        "subprocess.CalledProcessError"
    ));
    assert!(need("run(['git'], check=True)", "FileNotFoundError"));
    assert!(need(
        "run('git', shell=True, check=True)",
        "subprocess.CalledProcessError"
    ));
    assert!(!need(
        "run('git', shell=True, check=True)",
        "FileNotFoundError"
    ));
}

#[test]
fn commands_that_are_split_are_lists() {
    let source = "import shlex, subprocess\nsubprocess.run('git log -1'.split())\nsubprocess.run(shlex.split('git log -1'))\n\
        subprocess.run(shlex.split('git \"a b\"'))\n";
    let calls = module(source).calls;
    let words = calls.iter().filter(|call| call.callee == "subprocess.run");
    let lengths: Vec<_> = words
        .map(|call| call.args[0].items().map(<[_]>::len))
        .collect();
    assert_eq!(lengths, [Some(3), Some(3), None]);
}
