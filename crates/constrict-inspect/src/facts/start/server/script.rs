//! A script of the user's: where it listens, and what it tells a server to import (`uvicorn.run("app:app")`).
//!
//! Source: the signatures of the frameworks' functions.

use constrict_python::source::{Call, Literal};

use super::source::Reached;
use super::{Listen, Run, django};

/// A function that listens.
struct Opener {
    /// What is called, resolved through imports; or the class of the object whose method is called.
    callee: &'static str,
    host: (&'static str, usize, Option<&'static str>),
    port: (&'static str, usize, &'static str),
    /// Variables that stand for host and port where they are not given.
    variables: (&'static str, &'static str),
}

/// No positional argument.
const NONE: usize = usize::MAX;

const fn opener(
    callee: &'static str,
    host: (&'static str, usize, Option<&'static str>),
    port: (&'static str, usize, &'static str),
) -> Opener {
    Opener {
        callee,
        host,
        port,
        variables: ("", ""),
    }
}

const LOCAL: Option<&str> = Some("127.0.0.1");
const ANY: Option<&str> = Some("0.0.0.0");

const OPENERS: &[Opener] = &[
    opener("flask.Flask.run", ("host", 0, LOCAL), ("port", 1, "5000")),
    opener(
        "flask_socketio.SocketIO.run",
        ("host", 1, LOCAL),
        ("port", 2, "5000"),
    ),
    opener("quart.Quart.run", ("host", 0, LOCAL), ("port", 1, "5000")),
    opener("sanic.Sanic.run", ("host", 0, LOCAL), ("port", 1, "8000")),
    opener("uvicorn.run", ("host", NONE, LOCAL), ("port", NONE, "8000")),
    opener(
        "waitress.serve",
        ("host", NONE, ANY),
        ("port", NONE, "8080"),
    ),
    opener(
        "aiohttp.web.run_app",
        ("host", NONE, ANY),
        ("port", NONE, "8080"),
    ),
    opener("bottle.run", ("host", NONE, LOCAL), ("port", NONE, "8080")),
    opener(
        "bottle.Bottle.run",
        ("host", NONE, LOCAL),
        ("port", NONE, "8080"),
    ),
    opener(
        "wsgiref.simple_server.make_server",
        ("host", 0, None),
        ("port", 1, ""),
    ),
    opener(
        "werkzeug.serving.run_simple",
        ("hostname", 0, None),
        ("port", 1, ""),
    ),
    opener(
        "http.server.HTTPServer",
        ("server_address", 0, None),
        ("server_address", 0, ""),
    ),
    opener(
        "http.server.ThreadingHTTPServer",
        ("server_address", 0, None),
        ("server_address", 0, ""),
    ),
    opener(
        "socketserver.TCPServer",
        ("server_address", 0, None),
        ("server_address", 0, ""),
    ),
    opener(
        "socketserver.ThreadingTCPServer",
        ("server_address", 0, None),
        ("server_address", 0, ""),
    ),
    opener(
        "gevent.pywsgi.WSGIServer",
        ("listener", 0, None),
        ("listener", 0, ""),
    ),
    opener("asyncio.start_server", ("host", 1, None), ("port", 2, "")),
    opener(
        "nicegui.ui.run",
        ("host", NONE, ANY),
        ("port", NONE, "8080"),
    ),
    Opener {
        callee: "dash.Dash.run",
        host: ("host", 0, LOCAL),
        port: ("port", 1, "8050"),
        variables: ("HOST", "PORT"),
    },
    Opener {
        callee: "dash.Dash.run_server",
        host: ("host", 0, LOCAL),
        port: ("port", 1, "8050"),
        variables: ("HOST", "PORT"),
    },
    Opener {
        callee: "gradio.Blocks.launch",
        host: ("server_name", NONE, LOCAL),
        port: ("server_port", NONE, "7860"),
        variables: ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"),
    },
    Opener {
        callee: "gradio.Interface.launch",
        host: ("server_name", NONE, LOCAL),
        port: ("server_port", NONE, "7860"),
        variables: ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"),
    },
    Opener {
        callee: "gradio.ChatInterface.launch",
        host: ("server_name", NONE, LOCAL),
        port: ("server_port", NONE, "7860"),
        variables: ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"),
    },
];

/// Reads the script that runs, unless it is a console script or not the user's.
pub(super) fn examine(run: &mut Run<'_, '_, '_>) {
    let Some(script) = run.script.clone().or_else(|| module_file(run)) else {
        return;
    };
    let installed = crate::facts::landmarks::is_installed(&script)
        || crate::files::parent(&script).ends_with(b"bin");
    if installed {
        return;
    }
    let Some(module) = run.module(&script) else {
        return;
    };
    let reached = Reached::by(&module);
    for call in &module.calls {
        let Some(sure) = reached.sure(call) else {
            continue;
        };
        if let Some(opener) = OPENERS.iter().find(|opener| is(call, opener.callee)) {
            let why = format!(
                "{}:{} `{}`",
                crate::files::shown(&script),
                call.line,
                call.callee
            );
            listen(run, call, opener, sure, why.clone());
            if opener.callee == "uvicorn.run" {
                served(run, call, &script, sure, why);
            }
        }
    }
}

/// The file of the module after `-m`, if it is the user's own.
fn module_file(run: &Run<'_, '_, '_>) -> Option<Vec<u8>> {
    let name = run.module_name.clone()?;
    let paths = [run.directory()];
    run.find_module(&format!("{name}.__main__"), &paths)
        .or_else(|| run.find_module(&name, &paths))
}

/// Whether a call is of this function, or of this method of an object that was made by calling the class.
fn is(call: &Call, wanted: &str) -> bool {
    if call.callee == wanted {
        return true;
    }
    let (Some(receiver), Some((class, method))) = (&call.receiver, wanted.rsplit_once('.')) else {
        return false;
    };
    receiver == class
        && call
            .callee
            .rsplit_once('.')
            .is_some_and(|(_, called)| called == method)
}

fn argument<'c>(call: &'c Call, name: &str, index: usize) -> Option<&'c Literal> {
    let by_name = call
        .keywords
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value);
    by_name.or_else(|| call.args.get(index).filter(|_| index != NONE))
}

/// An argument or what stands for it: `Err` if only the run tells.
fn given(
    run: &Run<'_, '_, '_>,
    call: &Call,
    name: &str,
    index: usize,
    variable: &str,
    element: usize,
) -> Result<Option<String>, ()> {
    if call.keywords.iter().any(|(key, _)| key == "**") {
        return Err(());
    }
    let literal = match argument(call, name, index) {
        Some(Literal::None) | None => return Ok(run.variable(variable).map(str::to_string)),
        Some(Literal::Tuple(items)) => items.get(element).ok_or(())?,
        Some(literal) => literal,
    };
    run.value(literal).map(Some).ok_or(())
}

fn listen(run: &mut Run<'_, '_, '_>, call: &Call, opener: &Opener, sure: bool, why: String) {
    let host = given(
        run,
        call,
        opener.host.0,
        opener.host.1,
        opener.variables.0,
        0,
    );
    let port = given(
        run,
        call,
        opener.port.0,
        opener.port.1,
        opener.variables.1,
        1,
    );
    let host = match host {
        Ok(Some(host)) => Some(host),
        Ok(None) => opener.host.2.map(str::to_string),
        Err(()) => None,
    };
    let port = match port {
        Ok(Some(port)) => port.parse().ok(),
        Ok(None) => opener.port.2.parse().ok(),
        Err(()) => None,
    };
    run.listens.push(Listen {
        host,
        port,
        sure: sure && run.process.sure,
        why,
    });
}

/// `uvicorn.run("app:app")`.
fn served(run: &mut Run<'_, '_, '_>, call: &Call, script: &[u8], sure: bool, why: String) {
    let Some(spec) = call
        .argument("app", 0)
        .and_then(Literal::as_str)
        .map(str::to_string)
    else {
        return;
    };
    let paths = vec![crate::files::parent(script).to_vec(), run.directory()];
    run.demand_spec(&spec, None, paths.clone(), why);
    if !sure {
        run.demands
            .iter_mut()
            .for_each(|demand| demand.sure = false);
    }
    django::behind(run, &spec, &paths);
}
