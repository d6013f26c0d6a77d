//! Closures over small images: what is imported, how surely, and what is missing.

use super::{Absence, Closure, Reach};
use crate::facts::Facts;
use crate::sample::Sample;

const LIBRARY: &str = "usr/local/lib/python3.11";
const SITE: &str = "usr/local/lib/python3.11/site-packages";

/// An image that runs `/app/app.py`.
fn image(app: &str) -> Sample {
    Sample::new()
        .program("usr/local/bin/python3.11", "\x7fELF")
        .file(&format!("{LIBRARY}/os.py"), "import abc\n")
        .file(&format!("{LIBRARY}/abc.py"), "")
        .file(&format!("{LIBRARY}/encodings/__init__.py"), "")
        .file(&format!("{LIBRARY}/encodings/utf_8.py"), "")
        .file(
            &format!("{LIBRARY}/contextlib.py"),
            "class suppress: pass\n",
        )
        .file(&format!("{LIBRARY}/typing.py"), "TYPE_CHECKING = False\n")
        .file(
            &format!("{LIBRARY}/pkgutil.py"),
            "def extend_path(path, name): return path\n",
        )
        .file("app/app.py", app)
        .cmd(&["python3.11", "/app/app.py"])
}

fn closure(sample: Sample) -> Closure {
    let image = sample.image();
    let mut runs = Facts::new(&image).imports().runs.clone();
    assert_eq!(runs.len(), 1);
    runs.remove(0)
}

/// What is missing and how surely, without what the interpreter itself tries.
fn missing(sample: Sample) -> Vec<(String, Reach)> {
    let tried = ["sitecustomize", "usercustomize", "site", "codecs", "io"];
    let found = closure(sample).missing.into_iter();
    found
        .filter(|missing| !tried.contains(&missing.name.as_str()))
        .map(|missing| (missing.name, missing.need))
        .collect()
}

fn names(sample: Sample) -> Vec<(String, Reach)> {
    let found = closure(sample).missing_names.into_iter();
    found
        .map(|missing| (format!("{}.{}", missing.module, missing.name), missing.need))
        .collect()
}

fn one(name: &str, need: Reach) -> Vec<(String, Reach)> {
    vec![(name.to_string(), need)]
}

#[test]
fn every_import_on_the_way_is_followed() {
    let sample = image("import shop.web\n")
        .file("app/shop/__init__.py", "")
        .file("app/shop/web.py", "from shop import rates\n")
        .file("app/shop/rates.py", "import requests\n");
    let found = closure(sample);
    let last = found
        .missing
        .iter()
        .find(|missing| missing.name == "requests");
    let last = last.map(|missing| {
        (
            missing.need,
            missing.line,
            missing.why.clone(),
            missing.chain.join(" → "),
        )
    });
    let chain = "app.py:1 `import shop.web` → shop/rates.py:1 `import requests`".to_string();
    assert_eq!(last, Some((Reach::Sure, 1, Absence::NotFound, chain)));
    assert_eq!(
        found.modules["shop.rates"].path,
        b"app/shop/rates.py".to_vec()
    );
}

#[test]
fn optional_imports_are_optional() {
    for app in [
        "try:\n    import fast\nexcept ImportError:\n    fast = None\n",
        "try:\n    import fast\nexcept ModuleNotFoundError:\n    pass\n",
        "try:\n    import fast\nexcept Exception:\n    pass\n",
        "try:\n    import fast\nexcept (ValueError, ImportError):\n    pass\n",
        "import contextlib\nwith contextlib.suppress(ImportError):\n    import fast\n",
    ] {
        assert_eq!(missing(image(app)), one("fast", Reach::Optional), "{app}");
    }
}

#[test]
fn a_failure_that_is_raised_again_or_not_caught_is_none() {
    for app in [
        "try:\n    import fast\nexcept ImportError:\n    raise\n",
        "try:\n    import fast\nexcept ImportError as error:\n    raise RuntimeError('x') from error\n",
        "try:\n    import fast\nexcept ValueError:\n    pass\n",
        "try:\n    import fast\nfinally:\n    pass\n",
    ] {
        assert_eq!(missing(image(app)), one("fast", Reach::Sure), "{app}");
    }
}

#[test]
fn the_replacement_is_needed_if_the_first_choice_is_missing() {
    let app = "try:\n    import fast\nexcept ImportError:\n    import slow as fast\n";
    let both = [
        ("fast".to_string(), Reach::Optional),
        ("slow".to_string(), Reach::Sure),
    ];
    assert_eq!(missing(image(app)), both);
    let there = image(app).file("app/fast.py", "");
    assert_eq!(missing(there), one("slow", Reach::Optional));
    let there = image(app).file("app/slow.py", "");
    assert_eq!(missing(there), one("fast", Reach::Optional));
}

#[test]
fn types_are_not_imported() {
    let app = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import stubs\nelse:\n    import real\n";
    assert_eq!(missing(image(app)), one("real", Reach::Sure));
    let app = "import typing\nif typing.TYPE_CHECKING:\n    import stubs\n";
    assert_eq!(missing(image(app)), []);
}

#[test]
fn functions_are_followed_if_they_are_called() {
    let later = "def f():\n    import later\n";
    assert_eq!(missing(image(later)), one("later", Reach::Maybe));
    assert_eq!(
        missing(image(&format!("{later}f()\n"))),
        one("later", Reach::Sure)
    );
    let main = format!("{later}if __name__ == '__main__':\n    f()\n");
    assert_eq!(missing(image(&main)), one("later", Reach::Sure));
    let imported = image("import job\njob.f()\n").file("app/job.py", later);
    assert_eq!(missing(imported), one("later", Reach::Sure));
    let library = image("import job\n")
        .file(&format!("{SITE}/job.py"), later)
        .file(&format!("{SITE}/job-1.dist-info/RECORD"), "job.py,,\n");
    assert_eq!(missing(library), []);
}

#[test]
fn the_main_guard_counts_for_what_is_run_only() {
    let guarded = "if __name__ == '__main__':\n    import cli\n";
    assert_eq!(missing(image(guarded)), one("cli", Reach::Sure));
    let imported = image("import tool\n").file("app/tool.py", guarded);
    assert_eq!(missing(imported), []);
}

#[test]
fn conditions_that_the_platform_decides_are_decided() {
    for app in [
        "import sys\nif sys.platform == 'win32':\n    import gone\n",
        "import sys\nif sys.version_info >= (3, 12):\n    import gone\n",
        "import os\nif os.name == 'nt':\n    import gone\n",
        "if False:\n    import gone\n",
    ] {
        assert_eq!(missing(image(app)), [], "{app}");
    }
    let app = "import sys\nif len(sys.argv) > 2:\n    import gone\n";
    assert_eq!(missing(image(app)), one("gone", Reach::Maybe));
}

#[test]
fn relative_imports_need_a_package() {
    let sample = image("import shop.web\n")
        .file("app/shop/__init__.py", "from .names import NAME\n")
        .file("app/shop/names.py", "NAME = 1\n")
        .file(
            "app/shop/web.py",
            "from . import names\nfrom .gone import x\n",
        );
    assert_eq!(missing(sample), one("shop.gone", Reach::Sure));
    let found = closure(image("from .names import NAME\n").file("app/names.py", "NAME = 1\n"));
    let found: Vec<_> = found
        .missing
        .iter()
        .filter(|missing| missing.name.starts_with('.'))
        .map(|missing| (missing.name.as_str(), &missing.why))
        .collect();
    assert_eq!(found, [(".names", &Absence::NoPackage)]);
}

#[test]
fn namespace_packages_have_several_directories() {
    let sample = image("import acme.one, acme.two, acme.three\n")
        .file("app/acme/one.py", "")
        .file(&format!("{SITE}/acme/two.py"), "");
    assert_eq!(missing(sample), one("acme.three", Reach::Sure));
    // a package with a first file is whole
    let sample = image("import acme.one, acme.two\n")
        .file("app/acme/__init__.py", "")
        .file("app/acme/one.py", "")
        .file(&format!("{SITE}/acme/two.py"), "");
    assert_eq!(missing(sample), one("acme.two", Reach::Sure));
}

#[test]
fn packages_that_extend_their_path_are_found_everywhere() {
    let init = "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n";
    let sample = image("import acme.one, acme.two\n")
        .file("app/acme/__init__.py", init)
        .file("app/acme/one.py", "")
        .file(&format!("{SITE}/acme/__init__.py"), init)
        .file(&format!("{SITE}/acme/two.py"), "");
    assert_eq!(missing(sample), []);
}

#[test]
fn a_module_is_no_package() {
    let found = closure(image("import rates.euro\n").file("app/rates.py", ""));
    let found: Vec<_> = found
        .missing
        .iter()
        .filter(|missing| missing.name.starts_with("rates"))
        .map(|missing| (missing.name.as_str(), &missing.why))
        .collect();
    assert_eq!(found, [("rates.euro", &Absence::NotAPackage)]);
}

#[test]
fn names_are_missed_only_where_all_are_known() {
    let module = |text: &str| image("from names import GONE\n").file("app/names.py", text);
    assert_eq!(names(module("HERE = 1\n")), one("names.GONE", Reach::Sure));
    for text in [
        "GONE = 1\n",
        "if HERE:\n    GONE = 1\n",
        "def __getattr__(name):\n    return name\n",
        "globals().update({'GONE': 1})\n",
        "exec('GONE = 1')\n",
        "import sys\nsys.modules[__name__] = object()\n",
        "from elsewhere import *\n",
        "for GONE in []:\n    pass\n",
        "with open('x') as GONE:\n    pass\n",
        "try:\n    from quick import GONE\nexcept ImportError:\n    GONE = None\n",
    ] {
        assert_eq!(names(module(text)), [], "{text}");
    }
}

#[test]
fn star_imports_are_looked_through() {
    let sample = |last: &str| {
        image("from names import GONE\n")
            .file(
                "app/names.py",
                "from .names2 import *\nfrom names2 import *\n",
            )
            .file("app/names2.py", "from names3 import *\n")
            .file("app/names3.py", last)
    };
    assert_eq!(names(sample("GONE = 1\n")), []);
    let text = "from names2 import *\n";
    let known = |last: &str| {
        image("from names import GONE\n")
            .file("app/names.py", text)
            .file("app/names2.py", last)
    };
    assert_eq!(names(known("GONE = 1\n")), []);
    assert_eq!(names(known("OTHER = 1\n")), one("names.GONE", Reach::Sure));
}

#[test]
fn a_module_that_asks_itself_has_no_name_by_that() {
    let sample = image("import flask\n").file("app/flask.py", "from flask import Flask\n");
    assert_eq!(names(sample), one("flask.Flask", Reach::Sure));
    let package = image("import shop\n")
        .file("app/shop/__init__.py", "from . import web\n")
        .file("app/shop/web.py", "");
    assert_eq!(names(package), []);
}

#[test]
fn attributes_that_are_set_from_outside_are_there() {
    let sample = image("import names, other\nprint(names.SET)\n")
        .file("app/names.py", "")
        .file("app/other.py", "import names\nnames.SET = 1\n");
    assert_eq!(names(sample), []);
}

#[test]
fn changes_of_the_search_path_make_guesses() {
    let sample = |app: &str| image(app).file("app/vendor/rates.py", "EURO = 1\n");
    let plain = "import rates\n";
    assert_eq!(missing(sample(plain)), one("rates", Reach::Sure));
    let altered =
        "import sys\nsys.path.append('/app/vendor')\nimport rates\nfrom rates import POUND\n";
    assert_eq!(missing(sample(altered)), []);
    // another module of that name may be meant
    assert_eq!(names(sample(altered)), []);
    // a part of an installed package is not meant
    let inside = image("import sys\nsys.path.append(sys.argv[1])\nimport rates\n")
        .file(&format!("{SITE}/shop/__init__.py"), "")
        .file(&format!("{SITE}/shop/rates.py"), "");
    assert_eq!(missing(inside), one("rates", Reach::Sure));
}

#[test]
fn modules_that_are_put_into_sys_modules_are_there() {
    let app = "import sys, types\nsys.modules['made'] = types\nimport made\n";
    let sample = image(app).file(&format!("{LIBRARY}/types.py"), "");
    assert_eq!(missing(sample), []);
}

#[test]
fn what_the_code_of_a_pth_file_imports_has_run_before() {
    let sample = image("import settings\n")
        .file(
            &format!("{SITE}/hooks.pth"),
            "import os, hooks; hooks.set()\n",
        )
        .file(
            &format!("{SITE}/hooks.py"),
            "import sys\nsys.modules['settings'] = sys\n",
        );
    assert_eq!(missing(sample), []);
}

#[test]
fn dynamic_imports_of_a_literal_are_followed() {
    let app = "import importlib\nimportlib.import_module('plugin')\n";
    let sample = image(app).file(&format!("{LIBRARY}/importlib/__init__.py"), "");
    assert_eq!(missing(sample), one("plugin", Reach::Sure));
}

#[test]
fn a_package_is_run_by_its_main_module() {
    let sample = image("")
        .file("app/shop/__init__.py", "")
        .file("app/shop/__main__.py", "from . import gone\n")
        .cmd(&["python3.11", "-m", "shop"])
        .config(|config| config.config.working_dir = "/app".into());
    let found = closure(sample);
    assert_eq!(found.modules["__main__"].path, b"app/shop/__main__.py");
    let sure = found.missing_names.iter().map(|missing| &missing.name);
    assert_eq!(sure.collect::<Vec<_>>(), ["gone"]);
    let without = image("")
        .file("app/shop/__init__.py", "")
        .cmd(&["python3.11", "-m", "shop"])
        .config(|config| config.config.working_dir = "/app".into());
    assert_eq!(missing(without), one("shop.__main__", Reach::Sure));
}

#[test]
fn the_interpreter_is_there_before_the_script_and_its_directory() {
    let sample = image("import os, abc, sys\n")
        .file("app/os.py", "import gone\n")
        .file("app/abc.py", "import gone\n")
        .file("app/sys.py", "import gone\n");
    let found = closure(sample);
    assert_eq!(
        found.modules["os"].path,
        format!("{LIBRARY}/os.py").as_bytes()
    );
    assert_eq!(
        found.modules["abc"].path,
        format!("{LIBRARY}/abc.py").as_bytes()
    );
    assert!(!found.missing.iter().any(|missing| missing.name == "gone"));
    assert_eq!(found.shadows, []);
}

#[test]
fn modules_that_are_compiled_in_are_found_before_files() {
    let sample = image("import math\nprint(math.pi)\n").file("app/math.py", "");
    assert_eq!(names(sample), []);
    let dynamic = format!("{LIBRARY}/lib-dynload/math.cpython-311-x86_64-linux-gnu.so");
    let sample = image("import math\nprint(math.pi)\n")
        .file("app/math.py", "")
        .file(&dynamic, "");
    assert_eq!(names(sample), one("math.pi", Reach::Sure));
}

#[test]
fn names_of_a_later_standard_library_are_missed() {
    let sample = image("from datetime import UTC, date\nfrom typing import override\n").file(
        &format!("{LIBRARY}/datetime.py"),
        "try:\n    from _datetime import *\nexcept ImportError:\n    pass\n",
    );
    assert_eq!(names(sample), one("typing.override", Reach::Sure));
}

#[test]
fn names_that_a_distribution_answers_with_an_error_are_missed() {
    let sample = |version: &str| {
        image("from pydantic import BaseSettings, Other\n")
            .file(
                &format!("{SITE}/pydantic/__init__.py"),
                "def __getattr__(name):\n    raise ImportError(name)\n",
            )
            .file(
                &format!("{SITE}/pydantic-{version}.dist-info/RECORD"),
                "pydantic/__init__.py,,\n",
            )
    };
    assert_eq!(
        names(sample("2.8.2")),
        one("pydantic.BaseSettings", Reach::Sure)
    );
    assert_eq!(names(sample("1.10.2")), []);
}

#[test]
fn names_that_getattr_brings_are_followed_as_type_checkers_are_told() {
    let package = "import typing\nif typing.TYPE_CHECKING:\n    from .main import *\n    from .extra import Extra\n\
                   def __getattr__(name): return 1\n";
    let sample = |app: &str| {
        image(app)
            .file("app/lazy/__init__.py", package)
            .file("app/lazy/main.py", "__all__ = ['Model']\nimport compiled\n")
            .file("app/lazy/extra.py", "import other\n")
    };
    let found = |app: &str| missing(sample(app));
    assert_eq!(
        found("from lazy import Model\n"),
        one("compiled", Reach::Sure)
    );
    assert_eq!(found("from lazy import Extra\n"), one("other", Reach::Sure));
    assert_eq!(found("from lazy import Unheard\n"), []);
}

#[test]
fn a_package_that_imports_itself_anew_wants_its_extension_module() {
    let package = "import sys, importlib\ndef bootstrap():\n    own = sys.modules.pop('cv2')\n    \
                   importlib.import_module('cv2')\n    sys.modules['cv2'] = own\nbootstrap()\n";
    let sample = image("import cv2\n")
        .file("app/cv2/__init__.py", package)
        .file("app/cv2/cv2.abi3.so", "\x7fELF");
    let found = closure(sample);
    let native = found.modules.get("cv2.cv2").map(|module| module.need);
    assert_eq!(native, Some(Reach::Sure));
}

#[test]
fn a_module_that_another_may_stand_for_is_not_sure() {
    let stands_in =
        "import sys\ndef install():\n    sys.modules['MySQLdb'] = sys.modules['pymysql']\n";
    let sample = image("import pymysql\npymysql.install()\nimport MySQLdb\n")
        .file(&format!("{SITE}/pymysql.py"), stands_in)
        .file(&format!("{SITE}/MySQLdb.py"), "import gone\n");
    assert_eq!(missing(sample), one("gone", Reach::Maybe));
}

#[test]
fn a_finder_of_a_package_gives_it_what_no_file_has() {
    let package = "import sys\nclass Finder:\n    def install(self):\n        sys.meta_path.append(self)\nFinder().install()\n";
    let sample = image("from vendor import appdirs\nimport vendor.packaging\n")
        .file("app/vendor/__init__.py", package);
    let found = closure(sample);
    assert_eq!(found.missing_names.len(), 0);
    assert!(
        !found
            .missing
            .iter()
            .any(|missing| missing.name.starts_with("vendor"))
    );
}

#[test]
fn what_a_finder_of_the_application_provides_no_file_tells() {
    let sample = image("import boot\nimport virtual\n").file(
        "app/boot.py",
        "import sys\nclass Finder: pass\nsys.meta_path.append(Finder())\n",
    );
    assert_eq!(missing(sample), one("virtual", Reach::Optional));
}

#[test]
fn what_a_server_puts_on_the_search_path_is_what_its_options_say() {
    let sample = image("")
        .file(
            "usr/local/bin/uvicorn",
            "from uvicorn.main import main\nmain()\n",
        )
        .file(&format!("{SITE}/uvicorn/__init__.py"), "")
        .file(
            &format!("{SITE}/uvicorn/main.py"),
            "import sys\nsys.path.insert(0, sys.argv[1])\ndef main(): pass\n",
        )
        .file("app/src/api.py", "")
        .cmd(&["python3.11", "/usr/local/bin/uvicorn", "api:app"]);
    assert_eq!(missing(sample), one("api", Reach::Sure));
}
