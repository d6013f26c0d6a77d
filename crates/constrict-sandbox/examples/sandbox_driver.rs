//! Runs one sandbox for the tests: the specification as JSON on standard input, the outcome as JSON on standard output.
//!
//! A test binary cannot do this itself: it has threads before its `main`. `DRIVER=pass` hands the standard error
//! through and prints `started <pid>` there, for tests that kill.

use std::fs::File;
use std::io::{Read, Seek, stdin};
use std::os::fd::{AsFd, OwnedFd};

use constrict_sandbox::{Options, Spec, Stdio, enter, init_if_asked, run};
use serde_json::{Value, json};

fn main() {
    init_if_asked();
    println!("{}", drive());
}

fn drive() -> Value {
    let entered = match enter() {
        Ok(entered) => entered,
        Err(error) => return json!({ "error": error.to_string(), "remedy": error.remedy() }),
    };
    let mut text = String::new();
    stdin()
        .read_to_string(&mut text)
        .expect("the test sends a specification");
    let specs: Vec<Spec> = serde_json::from_str(&text).expect("the test sends a specification");
    let mode = format!("{:?}", entered.mode);
    Value::Array(specs.iter().map(|spec| one(spec, &mode)).collect())
}

fn one(spec: &Spec, mode: &str) -> Value {
    let pass = std::env::var_os("DRIVER").is_some();
    let (mut out, err) = (memory(), memory());
    let stdio = Stdio {
        stdin: None,
        stdout: Some(copy(&out)),
        stderr: Some(if pass {
            copy(&std::io::stderr())
        } else {
            copy(&err)
        }),
    };
    let started = std::time::Instant::now();
    let outcome = run(spec, stdio, &Options::default(), |child| {
        if pass {
            eprintln!("started {}", child.pid());
        }
    });
    let micros = u64::try_from(started.elapsed().as_micros()).expect("short");
    let (stdout, stderr) = (contents(&mut out), contents(&mut { err }));
    match outcome {
        Ok(outcome) => json!({
            "mode": mode, "exit": outcome.exit, "owners": outcome.owners, "stdout": stdout, "stderr": stderr,
            "micros": micros,
        }),
        Err(error) => {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            json!({ "mode": mode, "error": error.to_string(), "source": source, "status": error.exit_status() })
        }
    }
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
