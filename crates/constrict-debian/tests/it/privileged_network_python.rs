//! `python:X.Y-slim` from Debian's packages behaves as the official image does.

use std::fs;
use std::io;

use constrict_debian::deb::{Entry, Kind};
use constrict_debian::python::recipe;
use constrict_debian::resolve::Choice;
use constrict_debian::suite::{PythonVersion, Suite};
use constrict_debian::unpack::Sink as _;

use crate::mirror;
use crate::privileged_network_minbase::assemble;
use crate::tree::Tree;

fn python_tree(suite: Suite, version: &str) -> Tree {
    let version = PythonVersion::parse(version).unwrap();
    let universe = mirror::universe(suite, "amd64");
    let recipe = recipe(version, "amd64", &universe).unwrap();
    eprintln!(
        "{version}: {:?} {:?} {:?}",
        recipe.wanted, recipe.transplanted, recipe.environment
    );
    let mut wanted = vec!["apt"];
    wanted.extend(universe.with_priority("required"));
    wanted.extend(recipe.wanted.iter().map(String::as_str));
    let mut tree = assemble(suite, &wanted, &format!("python{version}"));
    let choices: Vec<Choice<'_>> = recipe
        .transplanted
        .iter()
        .map(|name| universe.choice(name).unwrap())
        .collect();
    for path in mirror::download(&choices) {
        recipe
            .transplant(fs::File::open(path).unwrap(), &mut tree)
            .unwrap();
    }
    for (path, target) in &recipe.links {
        let kind = Kind::Symlink(target.clone());
        let entry = Entry {
            path: path.clone(),
            kind,
            mode: 0o777,
            uid: 0,
            gid: 0,
            mtime: 0,
            size: 0,
        };
        tree.make(&entry, &mut io::empty()).unwrap();
    }
    for (path, content) in &recipe.files {
        let path = tree.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let start = std::time::Instant::now();
    let output = tree.run(&recipe.step);
    eprintln!("{version}: pip installed in {:?}", start.elapsed());
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}\n{err}");
    tree
}

/// A wheel of one module and one script, built by hand so that no index is asked.
const MAKE_WHEEL: &str = r#"
import zipfile
with zipfile.ZipFile("/tmp/probe-1.0-py3-none-any.whl", "w") as wheel:
    wheel.writestr("probe.py", "def main():\n    print('probed')\n")
    info = "probe-1.0.dist-info/"
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: probe\nVersion: 1.0\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr(info + "entry_points.txt", "[console_scripts]\nprobe = probe:main\n")
    wheel.writestr(info + "RECORD", "".join(f"{name},,\n" for name in wheel.namelist()) + info + "RECORD,,\n")
"#;

fn assert_like_the_official_image(tree: &Tree, version: &str) {
    let site = format!("/usr/local/lib/python{version}/site-packages");
    assert_eq!(
        tree.shell("for name in python python3 pip pip3 pydoc; do command -v $name; done"),
        "/usr/local/bin/python\n/usr/local/bin/python3\n/usr/local/bin/pip\n/usr/local/bin/pip3\n/usr/local/bin/pydoc\n"
    );
    assert_eq!(
        tree.shell("test -e /usr/bin/python3 || echo none"),
        "none\n"
    );
    assert_eq!(
        tree.shell(
            "python -c 'import sys; print(sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path)'"
        ),
        format!(
            "/usr/local /usr/local /usr/local  /usr/local/lib/python{} /usr/local/lib/python{version} /usr/local/lib/python{version}/lib-dynload {site}\n",
            version.replace('.', "") + ".zip"
        )
    );
    assert_eq!(
        tree.shell("python -c 'import site, sysconfig; print(*site.getsitepackages()); print(*[sysconfig.get_path(n) for n in (\"stdlib\", \"purelib\", \"platlib\", \"scripts\", \"include\")]); print(sysconfig.get_config_var(\"prefix\"))'"),
        format!("{site}\n/usr/local/lib/python{version} {site} {site} /usr/local/bin /usr/local/include/python{version}\n/usr/local\n")
    );
    assert_eq!(tree.shell("python -c 'import ssl, sqlite3, ctypes, zoneinfo, bz2, lzma, readline, curses, uuid, hashlib, decimal, dbm.ndbm, venv, ensurepip, pyexpat; zoneinfo.ZoneInfo(\"Europe/Berlin\"); ssl.create_default_context(); print(1)'"), "1\n");
    tree.shell(&format!("cat > /tmp/make.py <<'EOF'\n{MAKE_WHEEL}\nEOF\npython /tmp/make.py; pip install --no-index /tmp/probe-1.0-py3-none-any.whl"));
    assert_eq!(
        tree.shell("command -v probe; probe; python -c 'import probe; print(probe.__file__)'"),
        format!("/usr/local/bin/probe\nprobed\n{site}/probe.py\n")
    );
    assert!(tree.shell("pip list").contains("probe"));
    tree.shell("pip uninstall -q -y probe");
    assert_eq!(tree.shell("HOME=/home/u; export HOME; mkdir -p $HOME; pip install -q --no-index --user /tmp/probe-1.0-py3-none-any.whl 2>/dev/null; $HOME/.local/bin/probe"), "probed\n");
    assert_eq!(
        tree.shell("cd /tmp; python -m venv v; v/bin/pip install -q --no-index /tmp/probe-1.0-py3-none-any.whl 2>/dev/null; v/bin/probe; v/bin/python -c 'import sys; print(sys.prefix, sys.base_prefix)'"),
        "probed\n/tmp/v /usr/local\n"
    );
    assert_eq!(
        tree.shell("python3-config --prefix --includes"),
        format!(
            "/usr/local\n-I/usr/local/include/python{version} -I/usr/local/include/python{version}\n"
        )
    );
    assert_eq!(tree.shell(&format!("test -s /usr/local/include/python{version}/Python.h; grep -c SIZEOF_LONG /usr/local/include/python{version}/pyconfig.h | grep -q '[1-9]'; ldconfig -p | grep -c libpython{version}.so.1.0")), "1\n");
    assert_eq!(
        tree.shell("dpkg --audit; dpkg -l | grep -c python || true"),
        "0\n"
    );
}

#[test]
fn privileged_network_python_of_bullseye_is_like_the_official_image() {
    if crate::skipped() {
        return;
    }
    assert_like_the_official_image(&python_tree(Suite::Bullseye, "3.9"), "3.9");
}

#[test]
fn privileged_network_python_of_bookworm_is_like_the_official_image() {
    if crate::skipped() {
        return;
    }
    assert_like_the_official_image(&python_tree(Suite::Bookworm, "3.11"), "3.11");
}

#[test]
fn privileged_network_python_of_trixie_is_like_the_official_image() {
    if crate::skipped() {
        return;
    }
    assert_like_the_official_image(&python_tree(Suite::Trixie, "3.13"), "3.13");
}
