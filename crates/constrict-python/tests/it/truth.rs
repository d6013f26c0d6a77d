//! Conditions that the target settles.

use constrict_python::source::{Module, Target};

/// Whether the branch runs on the version: `always`, `conditional` or absent.
fn taken(condition: &str, python: (u8, u8)) -> Option<String> {
    let source = format!(
        "import sys, os, platform, six\nfrom sys import version_info as vi\nPY3 = sys.version_info[0] == 3\n\
         PY2 = not PY3\nWIN = sys.platform.startswith('win')\nif {condition}:\n    import found\n"
    );
    let module = Module::parse(source.as_bytes(), &Target { python }).expect("Python");
    let import = module
        .imports
        .iter()
        .find(|import| import.module == "found");
    import.map(|import| format!("{:?}", import.need))
}

#[test]
fn versions_and_platforms_are_settled() {
    let yes = Some("Always".to_owned());
    for (condition, expected) in [
        ("sys.version_info >= (3, 8)", true),
        ("sys.version_info >= (3, 11)", true),
        ("sys.version_info >= (3, 12)", false),
        ("sys.version_info < (3, 11)", false),
        ("sys.version_info < (3, 11, 0)", false),
        ("sys.version_info > (3,)", true),
        ("sys.version_info == (3, 11)", false),
        ("sys.version_info[:2] == (3, 11)", true),
        ("sys.version_info[0:2] >= (3, 12)", false),
        ("sys.version_info[0] == 2", false),
        ("sys.version_info[0] < 3", false),
        ("sys.version_info[1] >= 9", true),
        (
            "sys.version_info.major == 3 and sys.version_info.minor < 9",
            false,
        ),
        ("(3, 8) <= sys.version_info < (3, 12)", true),
        ("vi >= (3,)", true),
        ("sys.version[0] == '2'", false),
        ("sys.version_info[:1] == (2,)", false),
        ("sys.version.startswith('3.')", true),
        ("sys.version < '3'", false),
        ("sys.hexversion >= 0x03000000", true),
        ("sys.hexversion < 0x030B0000", false),
        ("PY2", false),
        ("PY3", true),
        ("not PY3 or WIN", false),
        ("six.PY2", false),
        ("six.PY3", true),
        ("sys.platform == 'win32'", false),
        ("sys.platform in ('win32', 'cygwin')", false),
        ("sys.platform not in ('win32', 'cygwin')", true),
        ("'linux' in sys.platform", true),
        ("sys.platform.startswith(('win', 'linux'))", true),
        ("os.name == 'nt'", false),
        ("os.name != 'nt'", true),
        ("platform.system() == 'Darwin'", false),
        ("platform.system().lower() == 'linux'", true),
        ("platform.python_implementation() == 'PyPy'", false),
        ("sys.implementation.name == 'cpython'", true),
        ("hasattr(sys, 'pypy_version_info')", false),
        ("getattr(sys, 'frozen', False)", false),
        ("sys.maxsize > 2**32", true),
        ("__debug__", true),
        ("x or True", true),
        ("x and False", false),
        ("None is not None", false),
    ] {
        let found = taken(condition, (3, 11));
        assert_eq!(
            found,
            if expected { yes.clone() } else { None },
            "{condition}"
        );
    }
}

#[test]
fn what_the_text_does_not_settle_is_conditional() {
    for condition in [
        "x",
        "sys.version_info >= (3, 11, 4)",
        "sys.version_info[2] > 1",
        "sys.flags.optimize",
        "os.environ.get('X')",
        "hasattr(os, 'fork')",
        "platform.machine() == 'x86_64'",
        "x and PY3",
        "sys.argv[1:] == []",
        "sys.version_info >= VERSION",
    ] {
        assert_eq!(
            taken(condition, (3, 11)),
            Some("Conditional".to_owned()),
            "{condition}"
        );
    }
}

#[test]
fn other_versions_take_other_branches() {
    assert_eq!(taken("sys.version_info >= (3, 10)", (3, 9)), None);
    assert_eq!(
        taken("sys.version_info[:2] < (3, 10)", (3, 9)),
        Some("Always".to_owned())
    );
    assert_eq!(
        taken("sys.version[:3] == '3.1'", (3, 12)),
        Some("Always".to_owned())
    );
}

#[test]
fn newer_syntax_is_a_fact() {
    let source = b"x = 1\nmatch x:\n    case 1:\n        pass\n";
    let newer = |python| {
        let module = Module::parse(source, &Target { python }).unwrap();
        module.newer_syntax.map(|newer| newer.line)
    };
    assert_eq!((newer((3, 9)), newer((3, 10))), (Some(2), None));
}

#[test]
fn a_name_that_only_others_could_have_set_has_its_default() {
    let needs = |first: &str| -> Vec<String> {
        let text = format!("{first}if SETUP:\n    import a\nelse:\n    import b\n");
        let module = Module::parse(text.as_bytes(), &Target { python: (3, 9) }).unwrap();
        let shown = module.imports.iter();
        shown
            .map(|import| format!("{} {:?}", import.module, import.need))
            .collect()
    };
    let unset = "try:\n    SETUP\nexcept NameError:\n    SETUP = False\n";
    assert_eq!(needs(unset), ["b Always"]);
    let set = format!("SETUP = f()\n{unset}");
    assert_eq!(needs(&set), ["a Conditional", "b Conditional"]);
}
