//! Runs sandboxes for the tests: specifications as JSON on standard input, outcomes as JSON on standard output.
//!
//! A test binary cannot do this itself: it has threads before its `main`. In the environment, `DRIVER_TELL` has the
//! standard error passed through and the first process's id told there; `DRIVER_NETWORK` gives the sandbox a network of
//! its own; `DRIVER_KILL=<signal>|all` kills once it runs; `DRIVER_SESSION` joins it with the terminal on standard input
//! (then the specifications are in the file `DRIVER_SPEC`); `DRIVER_PUBLISH=<port>` publishes a port and tells what came back from it;
//! `DRIVER_INSIDE=<specification>` starts a further program in the sandbox and tells what came of it.

use std::fs::File;
use std::io::{Read, Seek, Write, stdin};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::thread::sleep;
use std::time::{Duration, Instant};

use constrict_sandbox::net::{Namespace, PortRelay, Protocol};
use constrict_sandbox::terminal::Session;
use constrict_sandbox::{
    Entrance, Network, Options, Spec, Stdio, enter, init_if_asked, kill_all, probe, run,
    spawn_inside,
};
use serde_json::{Value, json};

fn main() {
    init_if_asked();
    println!("{}", drive());
}

fn drive() -> Value {
    if let Some(scratch) = std::env::args().nth(1) {
        let probe = probe(scratch.as_ref());
        return json!([{ "mode": format!("{:?}", probe.mode), "facts": probe.facts }]);
    }
    let entered = match enter() {
        Ok(entered) => entered,
        Err(error) => return json!([{ "error": error.to_string(), "remedy": error.remedy() }]),
    };
    let mut text = String::new();
    match std::env::var_os("DRIVER_SPEC") {
        Some(path) => text = std::fs::read_to_string(path).expect("the test writes specifications"),
        None => drop(
            stdin()
                .read_to_string(&mut text)
                .expect("the test sends specifications"),
        ),
    }
    let specs: Vec<Spec> = serde_json::from_str(&text).expect("the test sends specifications");
    let mode = format!("{:?}", entered.mode);
    specs.into_iter().map(|spec| one(spec, &mode)).collect()
}

fn one(mut spec: Spec, mode: &str) -> Value {
    let tell = std::env::var_os("DRIVER_TELL").is_some();
    let namespace = std::env::var_os("DRIVER_NETWORK")
        .map(|_| Namespace::start(&Options::default()).expect("a network"));
    if let Some(namespace) = &namespace {
        spec.network = Network::Namespace(namespace.path());
    }
    let (mut out, mut err) = (memory(), memory());
    let stdio = Stdio {
        stdin: None,
        stdout: Some(copy(&out)),
        stderr: Some(if tell {
            copy(&std::io::stderr())
        } else {
            copy(&err)
        }),
    };
    let (mut terminal, mut published, mut session, mut inside) = (None, None, None, None);
    let started = Instant::now();
    let outcome = run(&spec, stdio, &Options::default(), |child| {
        if tell {
            eprintln!("started {}", child.pid());
        }
        if std::env::var_os("DRIVER_SESSION").is_some() {
            session = child
                .take_terminal()
                .map(|master| Session::start(master).expect("a terminal"));
        }
        terminal = child
            .take_terminal()
            .map(|master| read_terminal(master.into()));
        inside = std::env::var("DRIVER_INSIDE")
            .ok()
            .map(|spec| further(&child.entrance().expect("a first process"), &spec));
        match std::env::var("DRIVER_KILL").as_deref() {
            Ok("all") => kill_all(),
            Ok(signal) => child.killer().kill(signal.parse().expect("a number")),
            Err(_) => {}
        }
        published = namespace.as_ref().and_then(publish);
    });
    if let Some(session) = session {
        session.finish();
    }
    let micros = started.elapsed().as_micros().to_string();
    match outcome {
        Ok(outcome) => json!({
            "mode": mode, "exit": outcome.exit, "owners": outcome.owners, "micros": micros,
            "stdout": contents(&mut out), "stderr": contents(&mut err), "terminal": terminal, "published": published, "inside": inside,
            "outbound": namespace.map(|namespace| format!("{:?}", namespace.outbound())),
        }),
        Err(error) => {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            json!({ "mode": mode, "error": error.to_string(), "source": source, "status": error.exit_status() })
        }
    }
}

/// Starts a further program, and waits for its end.
fn further(entrance: &Entrance, spec: &str) -> Value {
    let spec: Spec = serde_json::from_str(spec).expect("the test sends a specification");
    let mut out = memory();
    let stdio = Stdio {
        stdin: None,
        stdout: Some(copy(&out)),
        stderr: Some(copy(&out)),
    };
    let started = spawn_inside(entrance, &spec, stdio, &Options::default());
    match started.and_then(|mut child| {
        let terminal = child
            .take_terminal()
            .map(|master| read_terminal(master.into()));
        Ok((child.wait()?, terminal))
    }) {
        Ok((outcome, terminal)) => {
            json!({ "exit": outcome.exit, "stdout": contents(&mut out), "terminal": terminal })
        }
        Err(error) => json!({ "error": error.to_string(), "status": error.exit_status() }),
    }
}

/// Asks the published port until something comes back.
fn publish(namespace: &Namespace) -> Option<String> {
    let port = std::env::var("DRIVER_PUBLISH")
        .ok()?
        .parse()
        .expect("a number");
    let host = SocketAddr::from(([127, 0, 0, 1], 0));
    let relay = PortRelay::start(host, port, Protocol::Tcp, namespace).expect("a free port");
    let deadline = Instant::now() + Duration::from_secs(2);
    while Instant::now() < deadline {
        let mut answer = vec![0; 100];
        let length = TcpStream::connect(relay.host_address()).and_then(|mut stream| {
            stream.write_all(b"ping\n")?;
            stream.read(&mut answer)
        });
        if let Ok(length @ 1..) = length {
            return Some(String::from_utf8_lossy(&answer[..length]).into_owned());
        }
        sleep(Duration::from_millis(20));
    }
    None
}

/// Reads until the last process has closed the terminal.
fn read_terminal(mut master: File) -> String {
    let (mut text, mut buffer) = (Vec::new(), [0; 1000]);
    while let Ok(length @ 1..) = master.read(&mut buffer) {
        text.extend(&buffer[..length]);
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn memory() -> File {
    let flags = rustix::fs::MemfdFlags::CLOEXEC;
    rustix::fs::memfd_create("output", flags)
        .expect("memory files exist")
        .into()
}

fn copy(file: &impl AsFd) -> OwnedFd {
    file.as_fd()
        .try_clone_to_owned()
        .expect("descriptors are left")
}

fn contents(file: &mut File) -> String {
    let mut text = Vec::new();
    file.rewind().expect("memory files seek");
    file.read_to_end(&mut text).expect("memory files read");
    String::from_utf8_lossy(&text).into_owned()
}
