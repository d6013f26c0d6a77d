//! The names that a module has.

use constrict_python::source::{BindingKind, Open};

use super::{facts, need};

/// `name` if surely bound, `name?` if maybe.
fn names(source: &str) -> Vec<String> {
    let bound = facts(source).names.bound;
    let show = |(name, binding): (String, constrict_python::source::Binding)| {
        format!("{name}{}", if binding.sure { "" } else { "?" })
    };
    bound.into_iter().map(show).collect()
}

#[test]
fn every_way_to_bind() {
    for (source, expected) in [
        (
            "def f(): pass\nclass C: x = 1\nasync def g(): pass",
            vec!["C", "f", "g"],
        ),
        (
            "a = b = 1\nc, (d, *e) = x\n[f] = y",
            vec!["a", "b", "c", "d", "e", "f"],
        ),
        ("a += 1\nb: int = 1\nc: int", vec!["a", "b"]),
        (
            "import a.b, c as d\nfrom e import f, g as h\nfrom __future__ import annotations",
            vec!["a", "annotations", "d", "f", "h"],
        ),
        ("for a, b in x: c = 1", vec!["a?", "b?", "c?"]),
        ("for a in (1, 2): b = a", vec!["a", "b"]),
        ("with x as a, y as (b, c): d = 1", vec!["a", "b", "c", "d"]),
        (
            "if (a := 1): pass\n[b := 1 for c in x]\n(y and (d := 1))",
            vec!["a", "b?", "d?"],
        ),
        (
            "match x:\n    case {'k': a, **b}: pass\n    case [c, *d] | C(e): pass\n    case f: pass",
            vec!["a?", "b?", "c?", "d?", "e?", "f?"],
        ),
        ("try: pass\nexcept E as e: pass", vec![]),
        (
            "def f():\n    global a\n    a = 1\n    b = 2",
            vec!["a?", "f"],
        ),
        ("a = 1\ndef f():\n    global a\n    a = 2", vec!["a", "f"]),
        ("a = b = 1\ndel a\nif x: del b", vec!["b?"]),
        ("while True:\n    a = 1\n    break", vec!["a?"]),
        ("type X = int\nlambda y: (z := 1)", vec!["X"]),
        ("class C:\n    def m(self): pass\n    y = 1", vec!["C"]),
        ("[i for i in x]\n{j: k for j, k in y}", vec![]),
    ] {
        assert_eq!(names(source), expected, "{source}");
    }
}

#[test]
fn branches_are_compared() {
    for (source, expected) in [
        ("if x: a = 1\nelse: a = 2", vec!["a"]),
        ("if x: a = 1\nelif y: a = 2", vec!["a?"]),
        ("if x: a = 1\nelse: raise X", vec!["a"]),
        ("if x: a = 1\nelse: b = 2", vec!["a?", "b?"]),
        ("a = 1\nif x: a = 2", vec!["a"]),
        ("if x:\n    a = 1\n    if y: a = 2\nelse: a = 3", vec!["a"]),
        ("try: import a\nexcept ImportError: a = None", vec!["a"]),
        ("try: import a\nexcept ImportError: pass", vec!["a?"]),
        ("try: import a\nexcept ImportError: raise", vec!["a"]),
        (
            "try:\n    a = 1\n    b = 1\nexcept E: b = 2\nelse: c = 1\nfinally: d = 1",
            vec!["a?", "b", "c?", "d"],
        ),
        (
            "import sys\nif sys.version_info < (3,): a = 1\nelse: b = 1",
            vec!["b", "sys"],
        ),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING: import a",
            vec!["TYPE_CHECKING"],
        ),
        ("if __name__ == '__main__': a = 1", vec!["a?"]),
        ("match x:\n    case 1: a = 1\n    case _: a = 2", vec!["a"]),
        (
            "import contextlib\nwith contextlib.suppress(KeyError): a = 1",
            vec!["a", "contextlib"],
        ),
        (
            "import contextlib\nwith contextlib.suppress(ImportError): a = 1",
            vec!["a?", "contextlib"],
        ),
    ] {
        assert_eq!(names(source), expected, "{source}");
    }
}

#[test]
fn open_modules() {
    for (source, expected) in [
        ("def __getattr__(name): pass", Some(Open::Getattr)),
        (
            "__getattr__, __dir__, __all__ = lazy.attach(__name__, [])",
            Some(Open::Getattr),
        ),
        ("globals()['x'] = 1", Some(Open::Globals)),
        ("globals().update(x)", Some(Open::Globals)),
        ("g = globals()", Some(Open::Globals)),
        ("def f():\n    globals()[x] = 1", Some(Open::Globals)),
        ("locals()['x'] = 1", Some(Open::Globals)),
        ("vars().update(x)", Some(Open::Globals)),
        ("f(globals())", Some(Open::Globals)),
        ("exec(open('x').read())", Some(Open::Exec)),
        (
            "import sys\nsys.modules[__name__] = X()",
            Some(Open::SysModules),
        ),
        (
            "import sys\nsetattr(sys.modules[__name__], 'a', 1)",
            Some(Open::SysModules),
        ),
        (
            "import sys\nsys.modules[__name__].__class__ = X",
            Some(Open::SysModules),
        ),
        (
            "from sys import modules\nthis = modules[__name__]",
            Some(Open::SysModules),
        ),
        ("E._convert_('X', __name__, f)", Some(Open::ByName)),
        ("deprecate_all(__name__)", Some(Open::ByName)),
        (
            "globals()['x']\n'x' in globals()\nglobals().get('x')\neval('x', globals())",
            None,
        ),
        (
            "x = '%s' % locals()['y']\ndict(globals())\nf(**globals())",
            None,
        ),
        ("def f():\n    locals()['x'] = 1\n    exec('x = 1')", None),
        ("exec('x = 1', {})", None),
        ("import logging\nlog = logging.getLogger(__name__)", None),
        ("import sys\nsys.modules['x'] = y", None),
    ] {
        assert_eq!(facts(source).names.open, expected, "{source}");
    }
}

#[test]
fn all_and_stars() {
    for (source, expected) in [
        ("__all__ = ['a', 'b']", (Some(vec!["a", "b"]), false)),
        ("__all__ = ('a',) + ('b',)", (Some(vec!["a", "b"]), false)),
        (
            "__all__: list[str] = ['a']\n__all__ += ['b']\n__all__.extend(['c'])",
            (Some(vec!["a", "b", "c"]), false),
        ),
        (
            "__all__ = ['a']\n__all__ = __all__ + ['b']",
            (Some(vec!["a", "b"]), false),
        ),
        ("__all__ = a.__all__ + ['b']", (None, true)),
        ("__all__ = ['a']\n__all__ += b.__all__", (None, true)),
        ("__all__ = ['a']\nif x: __all__ += ['b']", (None, true)),
        ("__all__ = ['a']\n__all__.append('b')", (None, true)),
        ("x = 1", (None, false)),
    ] {
        let names = facts(source).names;
        let all = names
            .all
            .as_ref()
            .map(|all| all.iter().map(String::as_str).collect());
        assert_eq!((all, names.all_computed), expected, "{source}");
    }
    let stars = facts("from .a import *\ntry:\n    from b import *\nexcept ImportError:\n    pass")
        .names
        .stars;
    let shown: Vec<_> = stars
        .iter()
        .map(|star| (star.level, &*star.module, need(star.need)))
        .collect();
    assert_eq!(
        shown,
        [
            (1, "a", "always".to_owned()),
            (0, "b", "guarded 0".to_owned())
        ]
    );
}

#[test]
fn kinds_and_lines() {
    let names = facts("import a\n\ndef b(): pass\nclass c: pass\nd = 1\n").names;
    let shown: Vec<_> = names
        .bound
        .values()
        .map(|binding| (binding.kind, binding.line))
        .collect();
    use BindingKind::{Class, Function, Import, Value};
    assert_eq!(shown, [(Import, 1), (Function, 3), (Class, 4), (Value, 5)]);
}
