//! Ctrl-C and other signals.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::machine;
use crate::machine::Machine;

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Starts a command and waits for a line of its output that has `word`.
fn start(
    machine: &Machine,
    arguments: &[&str],
    word: &str,
) -> (Child, BufReader<impl Read + use<>>) {
    let mut child = machine
        .command(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut merged: BufReader<Box<dyn Read + Send>> = match word.starts_with("out:") {
        true => BufReader::new(Box::new(child.stdout.take().unwrap())),
        false => BufReader::new(Box::new(child.stderr.take().unwrap())),
    };
    let word = word.trim_start_matches("out:");
    let mut line = String::new();
    while !line.contains(word) {
        line.clear();
        assert_ne!(
            merged.read_line(&mut line).unwrap(),
            0,
            "it never said `{word}`"
        );
    }
    (child, merged)
}

/// Whether a process on this machine has `mark` among its arguments.
fn runs(mark: &str) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let mut arguments =
        processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    arguments.any(|line| String::from_utf8_lossy(&line).contains(mark))
}

#[test]
fn privileged_interrupted_build_leaves_nothing() {
    let machine = machine!();
    for (number, (sent, status)) in [(Signal::INT, 130), (Signal::TERM, 143)]
        .into_iter()
        .enumerate()
    {
        let mark = format!("9{}{number}", std::process::id());
        machine.write(
            "Dockerfile",
            &format!("FROM base:1\nRUN echo started; sleep {mark}\n"),
        );
        let arguments = ["build", "--network=none", "--progress=plain", "."];
        let (mut child, mut output) = start(&machine, &arguments, " started\n");
        signal(&child, sent);
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "error: interrupted\n");
        assert_eq!(child.wait().unwrap().code(), Some(status));
        assert!(!runs(&mark), "the sleep is dead");
        assert!(
            machine.left_behind().is_empty(),
            "{:?}",
            machine.left_behind()
        );
        let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
        assert!(!mounts.contains(&machine.path("data").display().to_string()));
    }
    // the next build uses the store
    machine.build("after", "FROM base:1\nRUN echo done\n");
}

#[test]
fn privileged_signals_are_passed_on_to_the_container() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    let script = "trap 'echo usr1' USR1; trap 'echo term; exit 9' TERM; echo ready; while true; do sleep 0.05; done";
    let arguments = ["run", "--network=none", "base:1", "sh", "-c", script];
    let (mut child, mut output) = start(&machine, &arguments, "out:ready");
    signal(&child, Signal::USR1);
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "usr1\n");
    signal(&child, Signal::TERM);
    line.clear();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "term\n");
    assert_eq!(child.wait().unwrap().code(), Some(9));
    assert!(machine.left_behind().is_empty());
}

#[test]
fn privileged_container_that_ignores_signals_ends_with_the_third() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    let script = "trap '' INT; echo ready; while true; do sleep 0.05; done";
    let arguments = ["run", "--network=none", "base:1", "sh", "-c", script];
    let (mut child, _output) = start(&machine, &arguments, "out:ready");
    // on a busy machine two signals may arrive as one
    let mut sent = 0;
    while child.try_wait().unwrap().is_none() {
        signal(&child, Signal::INT);
        sent += 1;
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    assert!(sent >= 3, "it took {sent}");
    assert_eq!(child.wait().unwrap().code(), Some(137));
    assert!(machine.left_behind().is_empty());
}
