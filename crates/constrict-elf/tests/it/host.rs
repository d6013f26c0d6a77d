//! This system's own programs and libraries, compared with what `ldd` says of them.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use constrict_elf::check::{Binding, machine_errors, symbol_errors, version_errors};
use constrict_elf::search::{Environment, Files, Interpreter, Libc, Open, load};
use constrict_elf::{Object, Symbols};

/// The files of this system.
struct Host;

impl Files for Host {
    fn resolve(&self, path: &[u8]) -> Option<Vec<u8>> {
        let real = std::fs::canonicalize(OsStr::from_bytes(path)).ok()?;
        real.is_file().then(|| real.into_os_string().into_vec())
    }

    fn object(&self, path: &[u8]) -> Option<Arc<Object>> {
        Some(Arc::new(Object::parse(&self.read(path)?).ok()?))
    }

    fn symbols(&self, path: &[u8]) -> Option<Arc<Symbols>> {
        Some(Arc::new(Symbols::parse(&self.read(path)?).ok()?))
    }

    fn read(&self, path: &[u8]) -> Option<Vec<u8>> {
        std::fs::read(OsStr::from_bytes(path)).ok()
    }

    fn list(&self, directory: &[u8]) -> Vec<Vec<u8>> {
        let entries = std::fs::read_dir(OsStr::from_bytes(directory));
        entries
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().into_vec())
            .collect()
    }

    fn named(&self, _name: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }
}

/// The paths that `ldd` prints, in order; `None` where it isn't glibc's or doesn't know the file.
fn ldd(file: &Path) -> Option<Vec<String>> {
    let output = Command::new("ldd").arg(file).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    if !output.status.success() || !text.contains("linux-vdso") && !text.contains("ld-linux") {
        return None;
    }
    let paths = text.lines().filter_map(|line| {
        let line = line.trim();
        let path = line.split_once("=> ").map_or(line, |(_, path)| path);
        let path = path.split(" (").next()?;
        path.starts_with('/').then(|| path.to_owned())
    });
    Some(paths.collect())
}

fn sorted(mut paths: Vec<String>) -> Vec<String> {
    paths.sort();
    paths
}

fn text(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

#[test]
fn programs_get_the_libraries_that_ldd_names() {
    let mut compared = 0;
    for program in [
        "/bin/ls",
        "/usr/bin/git",
        "/usr/bin/python3",
        "/usr/bin/cc",
        "/usr/bin/openssl",
        "/usr/bin/apt-get",
        "/usr/bin/curl",
    ] {
        let Some(expected) = ldd(Path::new(program)) else {
            eprintln!("skipped: no `ldd` for `{program}`");
            continue;
        };
        compared += 1;
        let loaded = load(program.as_bytes(), &Host, Environment::default()).unwrap();
        assert!(matches!(
            &loaded.interpreter,
            Interpreter::Found {
                libc: Libc::Glibc,
                ..
            }
        ));
        let scope = loaded.global_scope().into_iter().skip(1);
        let found = scope.map(|index| text(&loaded.objects[index].path));
        assert_eq!(found.collect::<Vec<_>>(), expected, "{program}");
        assert_eq!(loaded.missing, [], "{program}");
        let all = 0..loaded.objects.len();
        assert_eq!(version_errors(&loaded, all.clone()), [], "{program}");
        assert_eq!(
            symbol_errors(&loaded, all, Binding::Eager, &Host),
            [],
            "{program}"
        );
        assert_eq!(machine_errors(&loaded), [], "{program}");
    }
    if compared == 0 {
        eprintln!("skipped: `ldd` of this system is not glibc's");
    }
}

/// The extension modules of the Python of this system.
fn extension_modules() -> Option<(PathBuf, Vec<PathBuf>)> {
    let code = "import sys, sysconfig, os\n\
                print(os.path.realpath(sys.executable))\n\
                d = sysconfig.get_path('platstdlib') + '/lib-dynload'\n\
                [print(d + '/' + n) for n in sorted(os.listdir(d)) if n.endswith('.so')]";
    let output = Command::new("python3").args(["-c", code]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut lines = text.lines().map(PathBuf::from);
    Some((lines.next()?, lines.collect()))
}

#[test]
fn extension_modules_of_python_open_without_a_complaint() {
    let Some((python, modules)) = extension_modules().filter(|(_, it)| !it.is_empty()) else {
        eprintln!("skipped: no `python3` with extension modules");
        return;
    };
    let python = python.to_str().unwrap();
    let mut loaded = load(python.as_bytes(), &Host, Environment::default()).unwrap();
    for module in modules {
        let open = Open {
            caller: loaded.python(),
            global: false,
        };
        let opened = loaded.open(module.to_str().unwrap(), open, &Host);
        assert_eq!(opened.missing, [], "{module:?}");
        assert!(opened.object.is_some(), "{module:?}");
        assert_eq!(version_errors(&loaded, opened.new.clone()), []);
        let errors = symbol_errors(&loaded, opened.new, Binding::Eager, &Host);
        assert_eq!(errors, [], "{module:?}");
        let Some(expected) = ldd(&module) else {
            continue;
        };
        let scope = loaded.scope_of(opened.object.unwrap());
        for path in sorted(expected) {
            let path = Host.resolve(path.as_bytes()).unwrap();
            let known = scope.iter().any(|&it| loaded.objects[it].real_path == path);
            assert!(known, "{module:?} does not see {}", text(&path));
        }
    }
}

/// Offset, size and whether it is executable, of each `LOAD` line that `readelf` prints.
fn loads(file: &Path) -> Vec<(u64, u64, bool)> {
    let output = Command::new("readelf").arg("-lW").arg(file).output();
    let output = output.expect("binutils come with the C compiler");
    let text = String::from_utf8(output.stdout).expect("readelf writes text");
    let number = |word: &str| {
        u64::from_str_radix(word.trim_start_matches("0x"), 16)
            .expect("readelf writes hexadecimal numbers")
    };
    let load = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_executable = words[6..].iter().any(|word| word.contains('E'));
        (number(words[1]), number(words[4]), is_executable)
    };
    let lines = text
        .lines()
        .filter(|line| line.trim_start().starts_with("LOAD"));
    lines.map(load).collect()
}

#[test]
fn code_and_mapped_bytes_are_those_of_readelf() {
    for program in ["/bin/sh", "/usr/bin/ld", "/lib64/ld-linux-x86-64.so.2"] {
        let file = std::fs::canonicalize(program).unwrap();
        let object = Object::parse(&std::fs::read(&file).unwrap()).unwrap();
        let loads = loads(&file);
        let code: u64 = loads.iter().filter(|load| load.2).map(|load| load.1).sum();
        let mapped = loads.iter().map(|load| load.0 + load.1).max();
        assert!(code > 0);
        assert_eq!(
            (object.code, Some(object.mapped)),
            (code, mapped),
            "{program}"
        );
    }
}
