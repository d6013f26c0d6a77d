//! Search paths of the layouts that are met.

use crate::facts::Facts;
use crate::facts::environment::Environment;
use crate::facts::start::{Program, PythonRun, Target};
use crate::image::Image;
use crate::sample::Sample;

/// A docker library image's interpreter.
pub(crate) fn docker() -> Sample {
    Sample::new()
        .program("usr/local/bin/python3.11", b"\x7fELF")
        .link("usr/local/bin/python3", "python3.11")
        .link("usr/local/bin/python", "python3")
        .file("usr/local/lib/python3.11/os.py", "")
        .file("usr/local/lib/python3.11/site.py", "")
        .file("usr/local/lib/python3.11/encodings/__init__.py", "")
        .file(
            "usr/local/lib/python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so",
            "",
        )
        .directory("usr/local/lib/python3.11/site-packages", 0o755)
}

fn search(
    image: &Image,
    executable: &str,
    options: &[&str],
    target: Target,
    variables: &[(&str, &str)],
) -> Vec<String> {
    let facts = Facts::new(image);
    let mut environment = Environment::of(&image.config.config, facts.user());
    environment.directory = b"srv".to_vec();
    for (name, value) in variables {
        environment
            .variables
            .insert(name.to_string(), value.to_string());
    }
    let run = PythonRun {
        options: options.iter().map(|word| word.to_string()).collect(),
        target,
        ..PythonRun::default()
    };
    let program = Program {
        argv: vec![executable.to_string()],
        executable: executable.as_bytes().to_vec(),
        via: Vec::new(),
        environment,
        user: facts.user().clone(),
        sure: true,
        fatal: true,
        deaf: false,
        python: Some(run),
        listens: Vec::new(),
    };
    let search = facts
        .interpreters()
        .search_path(&facts, &program)
        .expect("the interpreter is there");
    search
        .directories
        .iter()
        .map(|found| format!("{} {:?}", String::from_utf8_lossy(&found.path), found.from))
        .collect()
}

fn script(path: &str) -> Target {
    Target::Path(path.as_bytes().to_vec())
}

const LIBRARY: [&str; 3] = [
    "usr/local/lib/python311.zip Library",
    "usr/local/lib/python3.11 Library",
    "usr/local/lib/python3.11/lib-dynload Library",
];

#[test]
fn interpreters_are_told_by_their_files() {
    let image = docker().image();
    let facts = Facts::new(&image);
    let [python] = facts.interpreters().all.as_slice() else {
        panic!("one interpreter")
    };
    assert_eq!(python.path, b"usr/local/bin/python3.11");
    assert_eq!(python.version, (3, 11));
    assert_eq!(python.prefix, b"usr/local");
    assert_eq!(python.soabi, "cpython-311-x86_64-linux-gnu");
    assert_eq!(
        python.library.as_deref(),
        Some(b"usr/local/lib/python3.11".as_slice())
    );
}

#[test]
fn a_script_searches_its_own_directory_and_the_variables() {
    let image = docker()
        .file("srv/app/main.py", "")
        .link("usr/bin/tool", "/srv/app/main.py")
        .image();
    let found = search(
        &image,
        "usr/local/bin/python",
        &["-u"],
        script("usr/bin/tool"),
        &[("PYTHONPATH", "lib:/opt/x:")],
    );
    let mut expected = vec![
        "srv/app Script",
        "srv/lib Variable",
        "opt/x Variable",
        "srv Variable",
    ];
    expected.extend(LIBRARY);
    expected.push("usr/local/lib/python3.11/site-packages Site");
    assert_eq!(found, expected);
}

#[test]
fn options_leave_out_what_they_are_made_for() {
    let image = docker()
        .file("srv/main.py", "")
        .directory("root/.local/lib/python3.11/site-packages", 0o755)
        .image();
    let variables = [("PYTHONPATH", "/opt/x"), ("HOME", "/root")];
    let site = "usr/local/lib/python3.11/site-packages Site";
    let user = "root/.local/lib/python3.11/site-packages UserSite";
    let isolated = search(
        &image,
        "usr/local/bin/python",
        &["-I"],
        script("srv/main.py"),
        &variables,
    );
    assert_eq!(isolated, [LIBRARY.as_slice(), &[site]].concat());
    let no_variables = search(
        &image,
        "usr/local/bin/python",
        &["-E"],
        Target::Module("app".into()),
        &variables,
    );
    assert_eq!(
        no_variables,
        [&["srv Script"], LIBRARY.as_slice(), &[user, site]].concat()
    );
    let no_site = search(
        &image,
        "usr/local/bin/python",
        &["-X", "utf8", "-S"],
        Target::Code(String::new()),
        &[],
    );
    assert_eq!(no_site, [&["srv Script"], LIBRARY.as_slice()].concat());
    let safe = search(
        &image,
        "usr/local/bin/python",
        &["-sP"],
        script("srv/main.py"),
        &[("HOME", "/root")],
    );
    assert_eq!(safe, [LIBRARY.as_slice(), &[site]].concat());
}

#[test]
fn a_virtual_environment_is_told_by_how_the_interpreter_is_invoked() {
    let image = docker()
        .link("opt/venv/bin/python", "/usr/local/bin/python3.11")
        .file(
            "opt/venv/pyvenv.cfg",
            "home = /usr/local/bin\ninclude-system-site-packages = false\nversion = 3.11.4\n",
        )
        .directory("opt/venv/lib/python3.11/site-packages", 0o755)
        .directory("root/.local/lib/python3.11/site-packages", 0o755)
        .image();
    let found = search(
        &image,
        "opt/venv/bin/python",
        &[],
        Target::Prompt,
        &[("HOME", "/root")],
    );
    let site = "opt/venv/lib/python3.11/site-packages Site";
    assert_eq!(
        found,
        [&["srv Script"], LIBRARY.as_slice(), &[site]].concat()
    );
}

#[test]
fn debian_installs_in_dist_packages() {
    let image = Sample::new()
        .program("usr/bin/python3.11", b"\x7fELF")
        .link("usr/bin/python3", "python3.11")
        .file("usr/lib/python3.11/os.py", "")
        .file("usr/lib/python3.11/site.py", "# dist-packages")
        .directory("usr/lib/python3/dist-packages", 0o755)
        .directory("usr/local/lib/python3.11/dist-packages", 0o755)
        .directory("usr/local/lib/python3.11/site-packages", 0o755)
        .image();
    let found = search(
        &image,
        "usr/bin/python3",
        &[],
        Target::Code(String::new()),
        &[],
    );
    let expected = [
        "srv Script",
        "usr/lib/python311.zip Library",
        "usr/lib/python3.11 Library",
        "usr/lib/python3.11/lib-dynload Library",
        "usr/local/lib/python3.11/dist-packages Site",
        "usr/lib/python3/dist-packages Site",
    ];
    assert_eq!(found, expected);
}

#[test]
fn lines_of_pth_files_are_paths_that_exist_and_known_code() {
    let site = "usr/local/lib/python3.11/site-packages";
    let put = |sample: Sample, name: &str, text: &str| sample.file(&format!("{site}/{name}"), text);
    let sample = put(docker(), "a.pth", "/srv/src\n# no\n/gone\neggs\n");
    let sample = put(
        sample,
        "b.pth",
        "import site; site.addsitedir('/opt/more')\n",
    );
    let sample = put(
        sample,
        "__editable__.x.pth",
        "import __editable___x_finder; __editable___x_finder.install()",
    );
    let sample = put(
        sample,
        "__editable___x_finder.py",
        "MAPPING: dict[str, str] = {'x': '/srv/x', 'y': '/gone/y.py'}\nNAMESPACES = {}\n",
    );
    let sample = put(sample, "odd.pth", "import odd.thing\n");
    let sample = put(
        sample,
        "distutils-precedence.pth",
        "import os; var = 'X'; __import__('_distutils_hack').add_shim();",
    );
    let image = sample
        .file("srv/src/s.py", "")
        .file(&format!("{site}/eggs/e.py"), "")
        .file("opt/more/more.pth", "/opt/deep\n")
        .directory("opt/deep", 0o755)
        .image();
    let found = search(
        &image,
        "usr/local/bin/python",
        &[],
        Target::Code(String::new()),
        &[],
    );
    let pth = |path: &str, file: &str| {
        format!(
            "{path} {:?}",
            super::PathSource::Pth(file.as_bytes().to_vec())
        )
    };
    let mut expected: Vec<String> = ["srv Script"]
        .iter()
        .chain(&LIBRARY)
        .map(|line| line.to_string())
        .collect();
    expected.push(format!("{site} Site"));
    expected.push(pth("srv/src", &format!("{site}/a.pth")));
    expected.push(pth(&format!("{site}/eggs"), &format!("{site}/a.pth")));
    expected.push(pth("opt/more", &format!("{site}/b.pth")));
    expected.push(pth("opt/deep", "opt/more/more.pth"));
    assert_eq!(found, expected);
}

#[test]
fn directories_that_the_user_cannot_enter_are_not_searched() {
    let image = docker()
        .directory("root", 0o700)
        .directory("root/.local/lib/python3.11/site-packages", 0o755)
        .config(|config| config.config.user = "1000".into())
        .image();
    let found = search(
        &image,
        "usr/local/bin/python",
        &[],
        Target::Code(String::new()),
        &[("HOME", "/root")],
    );
    assert!(
        !found.iter().any(|line| line.starts_with("root")),
        "{found:?}"
    );
}
