//! The standard library of the host's `python3`, if there is one: every file parses, and what is claimed of its names
//! is compared with `dir()`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use constrict_python::source::{Module, Target};
use serde_json::Value;

const LIST: &str = r#"
import sys, json, importlib, types, warnings
warnings.simplefilter("ignore")
found = {}
for name in sys.argv[1:]:
    try:
        module = importlib.import_module(name)
    except ImportError:
        continue
    file = getattr(module, "__file__", None) or ""
    if file.endswith(".py"):
        parts = [n for n in dir(module) if not (isinstance(getattr(module, n, None), types.ModuleType)
                 and getattr(module, n).__name__ == name + "." + n)]
        found[name] = [file, dir(module), parts]
import sysconfig
print(json.dumps([sys.version_info[:2], sysconfig.get_path("stdlib"), found]))
"#;

const MODULES: [&str; 72] = [
    "abc",
    "argparse",
    "ast",
    "asyncio",
    "asyncio.events",
    "base64",
    "bdb",
    "bisect",
    "bz2",
    "calendar",
    "cmd",
    "codecs",
    "collections",
    "concurrent.futures",
    "configparser",
    "contextlib",
    "copy",
    "csv",
    "ctypes",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "dis",
    "email",
    "email.message",
    "enum",
    "fileinput",
    "fnmatch",
    "fractions",
    "ftplib",
    "functools",
    "getpass",
    "gettext",
    "glob",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "http.client",
    "http.server",
    "importlib.util",
    "inspect",
    "io",
    "json",
    "locale",
    "logging",
    "lzma",
    "multiprocessing",
    "optparse",
    "os",
    "pathlib",
    "pickle",
    "platform",
    "queue",
    "random",
    "re",
    "shutil",
    "signal",
    "socket",
    "ssl",
    "string",
    "subprocess",
    "tarfile",
    "tempfile",
    "threading",
    "typing",
    "unittest",
    "urllib.parse",
    "uuid",
    "zipfile",
];

/// What every module has without binding it.
const GIVEN: [&str; 10] = [
    "__annotations__",
    "__builtins__",
    "__cached__",
    "__doc__",
    "__file__",
    "__loader__",
    "__name__",
    "__package__",
    "__path__",
    "__spec__",
];

struct Host {
    target: Target,
    library: PathBuf,
    modules: BTreeMap<String, (PathBuf, Vec<String>, Vec<String>)>,
}

fn host() -> Option<Host> {
    let output = Command::new("python3")
        .arg("-c")
        .arg(LIST)
        .args(MODULES)
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    let text: Value = serde_json::from_slice(&output.stdout).ok()?;
    let names = |value: &Value| -> Vec<String> {
        let list = value.as_array().into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let minor = u8::try_from(text[0][1].as_u64()?).ok()?;
    let modules = text[2].as_object()?.iter().map(|(name, facts)| {
        let file = PathBuf::from(facts[0].as_str().unwrap_or_default());
        (name.clone(), (file, names(&facts[1]), names(&facts[2])))
    });
    Some(Host {
        target: Target { python: (3, minor) },
        library: PathBuf::from(text[1].as_str()?),
        modules: modules.collect(),
    })
}

#[test]
fn names_agree_with_dir() {
    let Some(host) = host() else {
        println!("skipped: no python3 on this host");
        return;
    };
    let mut wrong = Vec::new();
    let mut closed = 0;
    for (name, (file, dir, expected)) in &host.modules {
        let module = Module::parse(&std::fs::read(file).unwrap(), &host.target).unwrap();
        let names = &module.names;
        if names.open.is_some() {
            continue;
        }
        for (bound, binding) in &names.bound {
            if binding.sure && !dir.contains(bound) {
                wrong.push(format!("{name}: `{bound}` is claimed and isn't there"));
            }
        }
        closed += 1;
        if !names.stars.is_empty() {
            continue;
        }
        for there in expected {
            if !names.bound.contains_key(there) && !GIVEN.contains(&there.as_str()) {
                wrong.push(format!("{name}: `{there}` is there and isn't known"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(closed > 40, "only {closed} modules are closed");
    assert!(
        host.modules.len() > 50,
        "only {} modules compared",
        host.modules.len()
    );
}

#[test]
fn the_standard_library_parses() {
    let Some(host) = host() else {
        println!("skipped: no python3 on this host");
        return;
    };
    let mut files = Vec::new();
    sources(&host.library, &mut files);
    let mut refused = Vec::new();
    for file in &files {
        if let Err(error) = Module::parse(&std::fs::read(file).unwrap(), &host.target) {
            let inside = file
                .strip_prefix(&host.library)
                .unwrap()
                .display()
                .to_string();
            println!("{inside}: {error}");
            refused.push(inside);
        }
    }
    // bad on purpose: the tests of the parser, of 2to3 and of encodings; `async` as a name before 3.7
    refused.retain(|file| {
        let bad = [
            "bad",
            "lib2to3",
            "test/encoded_modules",
            "test_asyncio/test_tasks",
        ];
        !bad.iter().any(|mark| file.contains(mark))
    });
    assert_eq!(refused, Vec::<String>::new());
    assert!(files.len() > 200, "only {} files found", files.len());
}

fn sources(directory: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if name == "site-packages" || name == "dist-packages" {
            continue;
        }
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_dir {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            files.push(path);
        }
    }
}
