//! Which imports there are and when they run.

use super::{facts, imports};

#[test]
fn forms() {
    let source = "\
import a
import a.b, c.d as e
from f import g, h as i
from . import j
from ..k.l import m
from n import *
import importlib
importlib.import_module('o.p')
__import__('q')
importlib.import_module('.r', package=__package__)
importlib.import_module(name)
importlib.import_module('.s', 'pkg')
";
    assert_eq!(
        imports(source),
        [
            "1 a | always",
            "2 a.b | always",
            "2 c.d as e | always",
            "3 f: g, h as i | always",
            "4 .: j | always",
            "5 ..k.l: m | always",
            "6 n: * | always",
            "7 importlib | always",
            "8 o.p dynamic | always",
            "9 q dynamic | always",
            "10 .r dynamic | always",
        ]
    );
}

#[test]
fn guards_swallow_or_give_up() {
    for (handler, expected) in [
        ("except ImportError:\n    a = None", "2 a | guarded 0"),
        ("except ModuleNotFoundError:\n    pass", "2 a | guarded 0"),
        ("except Exception:\n    pass", "2 a | guarded 0"),
        ("except:\n    pass", "2 a | guarded 0"),
        (
            "except (ImportError, OSError) as e:\n    print(e)",
            "2 a | guarded 0",
        ),
        ("except SomeAlias:\n    pass", "2 a | guarded 0"),
        ("except KeyError:\n    pass", "2 a | always"),
        ("except (KeyError, ValueError):\n    pass", "2 a | always"),
        ("except AttributeError:\n    pass", "2 a | always"),
        ("except ImportError:\n    raise", "2 a | always"),
        (
            "except ImportError as e:\n    raise ImportError('install a') from e",
            "2 a | always | install a",
        ),
        (
            "except ImportError:\n    import sys\n    sys.exit('no a')",
            "2 a | always | no a",
        ),
        (
            "except ImportError:\n    print('need a')\n    exit(1)",
            "2 a | always | need a",
        ),
        (
            "except ImportError as e:\n    if 'x' in str(e):\n        raise",
            "2 a | guarded 0",
        ),
        (
            "except ImportError:\n    if x:\n        raise\n    else:\n        raise KeyError('y')",
            "2 a | always | y",
        ),
        (
            "except ImportError:\n    pass\nexcept Exception:\n    raise",
            "2 a | guarded 0",
        ),
        (
            "except KeyError:\n    pass\nexcept ImportError:\n    raise",
            "2 a | always",
        ),
        (
            "except Maybe:\n    raise\nexcept ImportError:\n    pass",
            "2 a | guarded 0",
        ),
        ("finally:\n    pass", "2 a | always"),
    ] {
        let source = format!("try:\n    import a\n{handler}\n");
        assert_eq!(imports(&source)[0], expected, "{source}");
    }
}

#[test]
fn fallbacks_follow_their_attempt() {
    let source = "\
try:
    import a
    import b
except ImportError:
    import c
else:
    import d
finally:
    import e
";
    assert_eq!(
        imports(source),
        [
            "2 a | guarded 0",
            "3 b | guarded 0",
            "7 d | follow 0",
            "5 c | fallback 0",
            "9 e | always"
        ]
    );
    let module = facts(source);
    assert_eq!(module.attempts[0].imports, [0, 1]);
}

#[test]
fn chains_of_attempts() {
    let source = "\
try:
    import a
except ImportError:
    try:
        import b
    except ImportError:
        raise ImportError('a or b')
";
    assert_eq!(
        imports(source),
        ["2 a | guarded 0", "5 b | fallback 0 | a or b"]
    );
    let source = "\
try:
    import a
except ImportError:
    try:
        import b
    except ImportError:
        b = None
";
    assert_eq!(imports(source), ["2 a | guarded 0", "5 b | guarded 1"]);
    let source = "\
try:
    if x:
        import a
    try:
        import b
    except KeyError:
        pass
    try:
        import c
    except ImportError:
        pass
except ImportError:
    import d
";
    let module = facts(source);
    assert_eq!(
        imports(source),
        [
            "3 a | guarded 0",
            "5 b | guarded 0",
            "9 c | guarded 2",
            "13 d | fallback 0"
        ]
    );
    // neither what may not run nor what is swallowed inside makes it fail
    assert_eq!(module.attempts[0].imports, [1]);
    assert_eq!(module.attempts[2].imports, [2]);
}

#[test]
fn suppress_is_a_guard() {
    let source = "\
import contextlib
from contextlib import suppress as quiet
with contextlib.suppress(ImportError):
    import a
with quiet(KeyError):
    import b
with quiet(KeyError, ModuleNotFoundError):
    import c
with try_import() as t:
    import d
with open('x') as f:
    import e
";
    assert_eq!(
        imports(source)[2..],
        [
            "4 a | guarded 0",
            "6 b | always",
            "8 c | guarded 1",
            "10 d | guarded 2",
            "12 e | always"
        ]
    );
}

#[test]
fn type_checking_functions_and_the_main_guard() {
    let source = "\
import typing as t
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import a
if t.TYPE_CHECKING:
    import b
else:
    import c
if not TYPE_CHECKING:
    import d
if TYPE_CHECKING or x:
    import e
def f(y=__import__('g')):
    import h
    if y:
        import i
        return
    import j
    def inner():
        import k
class C:
    import l
    def m(self):
        try:
            import n
        except ImportError:
            pass
lambda: __import__('o')
if __name__ == '__main__':
    import p
    if x:
        import q
if __name__ == '__main__' and x:
    import r
";
    assert_eq!(
        imports(source)[2..],
        [
            "4 a | typechecking",
            "6 b | typechecking",
            "8 c | always",
            "10 d | always",
            "12 e | conditional",
            "13 g dynamic | always",
            "22 l | always",
            "30 p | main",
            "32 q | conditional",
            "34 r | conditional",
            "14 h | deferred | f: always",
            "16 i | deferred | f: conditional",
            "18 j | deferred | f: conditional",
            "20 k | deferred | f: deferred",
            "25 n | deferred | C.m: guarded 0",
            "28 o dynamic | deferred | <lambda>: always",
        ]
    );
}

#[test]
fn what_may_not_run_is_conditional() {
    let source = "\
if x:
    import a
elif y:
    import b
else:
    import c
for z in w:
    import d
while x:
    import e
match x:
    case 1:
        import f
with x:
    import g
while True:
    import h
    break
x and __import__('i')
[__import__('j') for k in l]
";
    assert_eq!(
        imports(source),
        [
            "2 a | conditional",
            "4 b | conditional",
            "6 c | conditional",
            "8 d | conditional",
            "10 e | conditional",
            "13 f | conditional",
            "15 g | always",
            "17 h | always",
            "19 i dynamic | conditional",
            "20 j dynamic | conditional",
        ]
    );
}

#[test]
fn what_never_runs_is_dropped() {
    for (source, expected) in [
        ("import sys\nsys.exit()\nimport a\n", vec!["1 sys | always"]),
        ("raise ImportError('x')\nimport a\n", vec![]),
        ("if x:\n    raise X\nimport a\n", vec!["3 a | always"]),
        ("if False:\n    import a\n", vec![]),
        (
            "if 0:\n    import a\nelse:\n    import b\n",
            vec!["4 b | always"],
        ),
        ("def f():\n    return\n    import a\n", vec![]),
        ("DEBUG = False\nif DEBUG:\n    import a\n", vec![]),
        (
            "DEBUG = False\ndef f():\n    if DEBUG:\n        import a\n",
            vec!["4 a | deferred | f: conditional"],
        ),
        (
            "D = False\nif x:\n    D = True\nif D:\n    import a\n",
            vec!["5 a | conditional"],
        ),
        (
            "D = False\nfor x in y:\n    if D:\n        import a\n    D = True\n",
            vec!["4 a | conditional"],
        ),
        (
            "try:\n    import a\n    H = True\nexcept ImportError:\n    H = False\nif H:\n    import b\n",
            vec!["2 a | guarded 0", "7 b | conditional"],
        ),
    ] {
        assert_eq!(imports(source), expected, "{source}");
    }
}
