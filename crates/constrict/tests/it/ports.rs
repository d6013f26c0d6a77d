//! Published ports.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::machine;
use crate::machine::Machine;

/// Starts servers in a container; the container, and the host's ports by those inside.
fn serve(machine: &Machine, publish: &[&str], addresses: &[&str]) -> (Child, Vec<(u16, u16)>) {
    let mut arguments = vec!["run"];
    for port in publish {
        arguments.extend(["-p", port]);
    }
    arguments.extend(["base:1", "hello_server"]);
    arguments.extend(addresses);
    let mut child = machine
        .command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = String::new();
    let stdout = child.stdout.as_mut().unwrap();
    BufReader::new(stdout).read_line(&mut told).unwrap();
    assert_eq!(told, "listening\n");
    let mut ports = Vec::new();
    let mut stderr = BufReader::new(child.stderr.as_mut().unwrap());
    while ports.len() < publish.len() {
        let mut line = String::new();
        assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "ports are told");
        if let Some(rest) = line.strip_prefix("port ") {
            let (inside, outside) = rest.trim_end().split_once("/tcp is published on ").unwrap();
            let outside = outside.rsplit([':', ' ']).next().unwrap();
            ports.push((inside.parse().unwrap(), outside.parse().unwrap()));
        }
    }
    (child, ports)
}

/// What a server answers; nothing if the connection is closed.
fn ask(address: &str, port: u16) -> String {
    let mut stream = TcpStream::connect((address, port)).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer.rsplit("\r\n").next().unwrap().to_string()
}

fn stop(mut container: Child) {
    // the servers don't handle SIGTERM, and the first process of a container ignores what it doesn't handle
    container.kill().unwrap();
    container.wait().unwrap();
}

#[test]
fn privileged_published_ports_reach_what_listens_everywhere() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    let publish = ["127.0.0.1::8000", "127.0.0.1:0:8001"];
    let (container, ports) = serve(&machine, &publish, &["0.0.0.0:8000", "127.0.0.1:8001"]);
    assert_eq!((ports[0].0, ports[1].0), (8000, 8001));
    assert_eq!(ask("127.0.0.1", ports[0].1), "hello from 8000");
    // only loopback inside: as unreachable as under docker
    assert_eq!(ask("127.0.0.1", ports[1].1), "");
    stop(container);
}

#[test]
fn privileged_two_containers_may_use_one_port_inside() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    let first = serve(&machine, &["8000"], &["0.0.0.0:8000"]);
    let second = serve(&machine, &["8000"], &["0.0.0.0:8000"]);
    let (one, other) = (first.1[0].1, second.1[0].1);
    assert_ne!(one, other);
    assert_eq!(ask("127.0.0.1", one), "hello from 8000");
    assert_eq!(ask("127.0.0.1", other), "hello from 8000");
    let taken = format!("127.0.0.1:{one}:8000");
    let outcome = machine.run(&["run", "-p", &taken, "base:1", "true"]);
    assert_eq!(outcome.status, 125);
    let expected = format!(
        "error: cannot publish port 8000 on 127.0.0.1:{one}\ncause: Address already in use\n"
    );
    assert!(outcome.stderr.ends_with(&expected), "{}", outcome.stderr);
    stop(first.0);
    stop(second.0);
}

#[test]
fn privileged_ports_mean_nothing_without_a_network_of_its_own() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    for network in ["none", "host"] {
        let outcome = machine.run(&["run", "--network", network, "-p", "80", "base:1", "true"]);
        let expected =
            format!("warning: published ports mean nothing with `--network {network}`\n");
        assert_eq!((outcome.status, outcome.stderr), (0, expected));
    }
}
