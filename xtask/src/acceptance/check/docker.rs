//! docker's verdict on a case: the image is built, started, and asked whether it does its job.
//!
//! A verdict is kept below [`Lab::kept`] under the hash of the case's files.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Case;
use super::verdict::Seen;
use crate::acceptance::lab::{Lab, REGISTRY};
use crate::error::{Error, Result, io, json};
use crate::process;

/// Version of the kept files; another one makes them anew.
const KEPT_VERSION: u32 = 2;

/// How long a program may take to end.
const EXIT_PATIENCE: Duration = Duration::from_secs(20);

/// How long a server may take to answer. One on loopback only is waited for in vain.
const ANSWER_PATIENCE: Duration = Duration::from_secs(8);

/// Builds and runs `case`, or returns what was seen of the same files before.
pub(super) fn judge(lab: &Lab, case: &Case) -> Result<Seen> {
    let kept = lab.kept.join(format!(
        "check-{}-{}-{KEPT_VERSION}.json",
        case.name, case.hash
    ));
    if let Ok(text) = fs::read(&kept) {
        return serde_json::from_slice(&text).map_err(json(kept.display().to_string()));
    }
    let tag = format!("constrict-check:{}", case.name);
    if let Some(said) = build(lab, case, &tag)? {
        return Ok(Seen {
            built: false,
            runs: false,
            said,
        });
    }
    let seen = start(lab, case, &tag)?;
    process::demand(lab.docker().args(["image", "rm", "--force", &tag]))?;
    let text = serde_json::to_vec(&seen).map_err(json("docker's verdict"))?;
    fs::write(&kept, text).map_err(io("write", &kept))?;
    Ok(seen)
}

/// What docker says when it cannot build the case.
fn build(lab: &Lab, case: &Case, tag: &str) -> Result<Option<String>> {
    let context = &case.context;
    let own = context.join("Dockerfile");
    let text = fs::read_to_string(&own).map_err(io("read", &own))?;
    let theirs = context.with_file_name("Dockerfile.peer");
    fs::write(&theirs, peer_text(&text)).map_err(io("write", &theirs))?;
    let ignore = context.join(".dockerignore");
    if ignore.exists() {
        let copy = context.with_file_name("Dockerfile.peer.dockerignore");
        fs::copy(&ignore, &copy).map_err(io("copy", &ignore))?;
    }
    let mut command = lab.docker();
    command
        .args(["build", "--provenance=false", "--progress=plain", "-t", tag])
        .arg("-f")
        .arg(&theirs)
        .arg(context);
    let ended = process::capture(&mut command)?;
    Ok((!ended.ok()).then_some(ended.stderr))
}

/// The Dockerfile with its bases taken from the peers' repositories.
fn peer_text(text: &str) -> String {
    let peer = format!("{REGISTRY}/peer/");
    let line = |line: &str| -> String {
        let first = line.split_whitespace().next().unwrap_or_default();
        if !["FROM", "COPY", "ARG"].contains(&first.to_uppercase().as_str()) {
            return format!("{line}\n");
        }
        let words = line.split(' ').map(|word| {
            let (flag, name) = word
                .split_once('=')
                .map_or(("", word), |(flag, name)| (flag, name));
            let equals = if flag.is_empty() { "" } else { "=" };
            let own = name.strip_prefix("gcr.io/").unwrap_or(name);
            if own.starts_with("python:") || own.starts_with("distroless/") {
                format!("{flag}{equals}{peer}{own}")
            } else {
                word.to_owned()
            }
        });
        format!("{}\n", words.collect::<Vec<_>>().join(" "))
    };
    text.lines().map(line).collect()
}

fn start(lab: &Lab, case: &Case, tag: &str) -> Result<Seen> {
    let expected = &case.expected;
    let name = format!("constrict-check-{}-{}", case.name, std::process::id());
    let mut command = lab.docker();
    command
        .args(["run", "-d", "--name", &name])
        .args(&expected.flags)
        .arg(tag)
        .args(&expected.args);
    let ended = process::capture(&mut command)?;
    let seen = if ended.ok() {
        let runs = match expected.port {
            Some(port) => answers(lab, &name, port, &expected.path)?,
            None => ends_well(lab, &name)?,
        };
        let logs = process::capture(lab.docker().args(["logs", &name]))?;
        Seen {
            built: true,
            runs,
            said: format!("{}{}", logs.text(), logs.stderr),
        }
    } else {
        Seen {
            built: true,
            runs: false,
            said: ended.stderr,
        }
    };
    process::capture(lab.docker().args(["rm", "-f", "-v", &name]))?;
    Ok(seen)
}

/// Whether the container exits with status 0 in time.
fn ends_well(lab: &Lab, name: &str) -> Result<bool> {
    let mut command = lab.docker();
    let mut child = command
        .args(["wait", name])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|source| Error::Start {
            program: "docker wait".to_owned(),
            source,
        })?;
    let until = Instant::now() + EXIT_PATIENCE;
    while Instant::now() < until {
        let ended = child.try_wait().map_err(|source| Error::Start {
            program: "docker wait".to_owned(),
            source,
        })?;
        if ended.is_some() {
            let mut text = String::new();
            let mut output = child.stdout.take().expect("its output is a pipe");
            return Ok(output.read_to_string(&mut text).is_ok() && text.trim() == "0");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    process::capture(Command::new("kill").arg(child.id().to_string()))?;
    child.wait().map_err(|source| Error::Start {
        program: "docker wait".to_owned(),
        source,
    })?;
    Ok(false)
}

/// Whether the container answers HTTP on its own address with anything but a failure of the server.
fn answers(lab: &Lab, name: &str, port: u16, path: &str) -> Result<bool> {
    let until = Instant::now() + ANSWER_PATIENCE;
    let address = address(lab, name)?;
    while Instant::now() < until {
        let Some(address) = &address else { break };
        let said = ask(&format!("{address}:{port}"), path).unwrap_or_default();
        let status = said.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5));
        if let Some(status) = status {
            return Ok(!status.starts_with('5'));
        }
        if !running(lab, name)? {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(150));
    }
    Ok(false)
}

fn address(lab: &Lab, name: &str) -> Result<Option<String>> {
    let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    let text = process::demand(lab.docker().args(["inspect", "-f", format, name]))?;
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn running(lab: &Lab, name: &str) -> Result<bool> {
    let text = process::demand(
        lab.docker()
            .args(["inspect", "-f", "{{.State.Running}}", name]),
    )?;
    Ok(text.trim() == "true")
}

/// The first bytes that an HTTP server at `address` (a number and a port) answers with.
pub(crate) fn ask(address: &str, path: &str) -> std::io::Result<String> {
    let address: SocketAddr = address.parse().map_err(std::io::Error::other)?;
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let host = address.ip();
    write!(
        stream,
        "GET {path} HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )?;
    let mut start = [0; 64];
    let mut filled = 0;
    while filled < start.len() {
        match stream.read(&mut start[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(String::from_utf8_lossy(&start[..filled]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_of_from_copy_and_arg_are_the_peers() {
        let text = "ARG BASE=python:3.11-slim\nFROM --platform=linux/amd64 python:3.11 AS b\nFROM b\nFROM scratch\nCOPY --from=gcr.io/distroless/python3-debian11 /a /b\nRUN echo FROM python:3\n";
        let peer = format!("{REGISTRY}/peer/");
        assert_eq!(
            peer_text(text),
            format!(
                "ARG BASE={peer}python:3.11-slim\nFROM --platform=linux/amd64 {peer}python:3.11 AS b\nFROM b\nFROM scratch\nCOPY --from={peer}distroless/python3-debian11 /a /b\nRUN echo FROM python:3\n"
            )
        );
    }
}
