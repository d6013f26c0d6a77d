//! Calls, uses, values, and the flow between functions.

use constrict_python::source::{Call, Literal, Module, Need};

use super::{facts, need};

fn shown(literal: &Literal) -> String {
    match literal {
        Literal::None => "None".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Float(value) => value.to_string(),
        Literal::Str(value) => format!("'{value}'"),
        Literal::List(items) => format!("[{}]", list(items)),
        Literal::Tuple(items) => format!("({})", list(items)),
        Literal::Dict(pairs) => {
            let pairs = pairs
                .iter()
                .map(|(key, value)| format!("{}: {}", shown(key), shown(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        Literal::Env {
            name,
            default: None,
        } => format!("${name}"),
        Literal::Env {
            name,
            default: Some(default),
        } => format!("${name}={}", shown(default)),
        Literal::Name(name) => name.clone(),
        Literal::Path(path) => format!("{:?}/{}", path.base, path.rest),
        Literal::Unknown => "?".to_owned(),
    }
}

fn list(items: &[Literal]) -> String {
    items.iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn call(call: &Call) -> String {
    let mut arguments: Vec<_> = call.args.iter().map(shown).collect();
    arguments.extend(
        call.keywords
            .iter()
            .map(|(key, value)| format!("{key}={}", shown(value))),
    );
    let receiver = call
        .receiver
        .as_ref()
        .map(|made| format!(" of {made}"))
        .unwrap_or_default();
    let body = call
        .body
        .as_ref()
        .map(|body| format!(" in {} {}", body.function, need(body.need)));
    format!(
        "{}({}){receiver} {}{}",
        call.callee,
        arguments.join(", "),
        need(call.need),
        body.unwrap_or_default()
    )
}

fn calls(source: &str) -> Vec<String> {
    facts(source).calls.iter().map(call).collect()
}

#[test]
fn callees_are_resolved_through_imports() {
    let source = "\
import subprocess as sp, ctypes.util
from ctypes import CDLL
from zoneinfo import ZoneInfo as Z
from .web import app
from http.server import HTTPServer
sp.run(['ffmpeg', '-i', x], check=True, **kw)
ctypes.util.find_library('ssl')
try:
    CDLL('libx.so')
except OSError:
    pass
Z('Europe/Berlin')
app.run()
open('a.txt')
local(1)
x.append(1)
HTTPServer(('', 8000), H).serve_forever()
";
    assert_eq!(
        calls(source),
        [
            "subprocess.run(['ffmpeg', '-i', x], check=true, **=?) always",
            "ctypes.util.find_library('ssl') always",
            "ctypes.CDLL('libx.so') guarded 0",
            "zoneinfo.ZoneInfo('Europe/Berlin') always",
            ".web.app.run() always",
            "open('a.txt') always",
            "http.server.HTTPServer().serve_forever() always",
            "http.server.HTTPServer(('', 8000), H) always",
        ]
    );
}

#[test]
fn servers_are_followed_to_what_made_them() {
    let source = "\
import os
from flask import Flask
app = Flask(__name__)
HOST = '127.0.0.1'
def main():
    import uvicorn
    uvicorn.run('x:app', host=HOST, port=int(os.environ.get('PORT', 8000)))
    local = Flask('x')
    local.run(debug=False)
if __name__ == '__main__':
    app.run(host=os.getenv('HOST') or '0.0.0.0', port=os.environ['PORT'])
    main()
";
    assert_eq!(
        calls(source),
        [
            "flask.Flask(__name__) always",
            "app.run(host=$HOST='0.0.0.0', port=$PORT) of flask.Flask main",
            "os.getenv('HOST') main",
            "uvicorn.run('x:app', host='127.0.0.1', port=$PORT=8000) deferred in main always",
            "os.environ.get('PORT', 8000) deferred in main always",
            "flask.Flask('x') deferred in main always",
            "local.run(debug=false) of flask.Flask deferred in main always",
        ]
    );
    let module = facts(source);
    assert_eq!(module.constructed["app"].callee, "flask.Flask");
    let top: Vec<_> = module
        .top_calls
        .iter()
        .map(|call| (&*call.name, call.need))
        .collect();
    assert_eq!(top, [("main", Need::Main)]);
}

#[test]
fn functions_call_each_other() {
    let source = "\
import asyncio
class Server:
    def __init__(self):
        self.set_up()
    def set_up(self):
        helper()
    def run(self):
        pass
def helper():
    if x:
        other()
def other(): pass
async def amain():
    Server().run()
asyncio.run(amain())
server = Server()
server.run()
";
    let module = facts(source);
    let top: Vec<_> = module.top_calls.iter().map(|call| &*call.name).collect();
    assert_eq!(top, ["amain", "Server", "Server.run"]);
    let shown: Vec<_> = module
        .functions
        .iter()
        .map(|(name, function)| {
            let calls: Vec<_> = function
                .calls
                .iter()
                .map(|(name, inner)| format!("{name} {}", need(*inner)))
                .collect();
            format!("{name}: {}", calls.join(", "))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "Server.__init__: Server.set_up always",
            "Server.run: ",
            "Server.set_up: helper always",
            "amain: Server.run always, Server always",
            "helper: other conditional",
            "other: ",
        ]
    );
    assert_eq!(
        (
            module.functions["helper"].line,
            module.functions["helper"].end_line
        ),
        (9, 11)
    );
}

#[test]
fn values_are_kept() {
    let source = "\
import os, multiprocessing
bind = '0.0.0.0:' + '8000'
workers = 4
timeout = -1.5
apps = ['a', 'b'] + ['c']
more = ['a']
more += ['b']
odd = ['a']
try:
    import d
    odd += ['d']
except ImportError:
    pass
settings = {'x': (1, None), 'y': True}
port = int(os.environ.get('PORT', '80'))
alias = os.path
count = multiprocessing.cpu_count()
twice = 1
if x:
    twice = 2
changed = 1
changed += 1
";
    let module = facts(source);
    let values: Vec<_> = module
        .values
        .iter()
        .map(|(name, value)| format!("{name} = {}", shown(value)))
        .collect();
    assert_eq!(
        values,
        [
            "alias = os.path",
            "apps = ['a', 'b', 'c']",
            "bind = '0.0.0.0:8000'",
            "more = ['a', 'b']",
            "port = $PORT='80'",
            "settings = {'x': (1, None), 'y': true}",
            "timeout = -1.5",
            "twice = ?",
            "workers = 4",
        ]
    );
}

fn uses(module: &Module) -> Vec<String> {
    let show = |one: &constrict_python::source::Use| {
        format!("{} {} {}", one.line, one.path, need(one.need))
    };
    module.uses.iter().map(show).collect()
}

#[test]
fn uses_are_what_is_read_at_import() {
    let source = "\
import collections, numpy as np, time, a.b
from werkzeug import urls
class C(collections.Mapping):
    x = np.float
def f(y: np.ndarray, z=np.int) -> None:
    np.bool
    time.clock()
    collections.Callable
try:
    a.b.c.d
except AttributeError:
    pass
if hasattr(urls, 'x'):
    urls.x
urls.url_quote('x')
np.float = float
np = 1
np.whatever
";
    assert_eq!(
        uses(&facts(source)),
        [
            "3 collections.Mapping always",
            "4 numpy.float always",
            "5 numpy.int always",
            "5 numpy.ndarray always",
            "10 a.b.c.d guarded 0",
            "14 werkzeug.urls.x conditional",
            "15 werkzeug.urls.url_quote always",
            "7 time.clock deferred",
            "8 collections.Callable deferred",
        ]
        .map(str::to_owned)
        .into_iter()
        .collect::<Vec<_>>()
    );
    assert_eq!(facts(source).patches, ["numpy.float"]);
}

#[test]
fn ambiguous_names_are_no_uses() {
    let source = "\
try:
    import a as m
except ImportError:
    import b as m
m.x
from __future__ import annotations
import c
def f(y: c.Gone): pass
z: c.Gone2 = 1
";
    assert_eq!(uses(&facts(source)), Vec::<String>::new());
}

#[test]
fn search_paths_and_injected_modules() {
    let module = facts(
        "import sys\nsys.path.insert(0, 'src')\nsys.modules['x.y'] = z\nsys.modules[__name__ + '.w'] = z\nsys.modules[io.__name__] = io",
    );
    assert!(module.alters_search);
    assert_eq!(module.injects, ["x.y", ".w", ".io"]);
    for source in [
        "import sys\nsys.path += ['x']",
        "import sys\nsys.path[:0] = ['x']",
        "import sys\nsys.meta_path.append(x)",
        "import sys\nclass Finder:\n    def install(self):\n        sys.meta_path.append(self)\nFinder().install()",
        "import sys\ndef add():\n    sys.path.append('x')\ndef main():\n    add()\nmain()",
    ] {
        assert!(facts(source).alters_search, "{source}");
    }
    let uncalled = "import sys\ndef add():\n    sys.path.append('x')";
    assert!(!facts(uncalled).alters_search);
    for source in [
        "__path__ = __import__('pkgutil').extend_path(__path__, __name__)",
        "__import__('pkg_resources').declare_namespace(__name__)",
        "__path__.append('x')",
    ] {
        let module = facts(source);
        assert!(
            module.alters_path && module.names.open.is_none(),
            "{source}"
        );
    }
    assert!(!facts("import sys\ndef f():\n    sys.path.insert(0, 'x')").alters_search);
}
