//! `--start`: images that live and images that die, and that nothing stays behind.

use std::io::Read;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::machine;
use crate::machine::{Machine, Outcome};

/// Builds with `--start`; what is said of it comes first on standard error, after the steps.
fn build(machine: &Machine, dockerfile: &str, flags: &[&str]) -> Outcome {
    machine.write("Dockerfile", &format!("FROM base:1\n{dockerfile}\n"));
    let arguments = [
        "build",
        "--network=none",
        "--progress=plain",
        "--start",
        "-t",
        "a:1",
    ];
    machine.run(&[&arguments[..], flags, &["."]].concat())
}

/// The lines about the start, times left out.
fn said(outcome: &Outcome) -> Vec<String> {
    let lines = outcome.stderr.lines().map(without_time);
    let lines = lines.skip_while(|line| !line.contains("start:") && !line.contains("[start]:"));
    lines
        .take_while(|line| !line.starts_with("built ") && !line.starts_with("error: the image"))
        .collect()
}

/// `after 1.2 s` becomes `after N s`.
fn without_time(line: &str) -> String {
    match line.split_once("after ") {
        Some((before, rest)) => {
            let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            format!("{before}after N{rest}")
        }
        None => line.to_string(),
    }
}

fn assert_said(outcome: &Outcome, status: i32, lines: &[&str]) {
    assert_eq!(
        (outcome.status, said(outcome)),
        (status, lines.iter().map(ToString::to_string).collect()),
        "{outcome:?}"
    );
}

#[test]
fn privileged_a_job_lives_by_ending_well() {
    let machine = machine!();
    let outcome = build(&machine, "CMD [\"true\"]", &[]);
    assert_said(&outcome, 0, &["start: exits 0 after N s"]);
    assert!(machine.ok(&["images"]).contains("a "), "it got its name");
    assert_eq!(machine.left_behind(), [""; 0]);
}

#[test]
fn privileged_one_that_fails_gets_no_name() {
    let machine = machine!();
    let outcome = build(&machine, "CMD echo first; echo the reason >&2; exit 3", &[]);
    assert_said(
        &outcome,
        1,
        &[
            "error[start]: the image ends with exit status 3 after N s",
            "  cause: the reason",
            "  output: first",
            "  output: the reason",
        ],
    );
    assert!(
        outcome.stderr.ends_with(
            "error: the image was built and is not kept: it does not live when it is run\n\
             hint: without --start it is kept, for `constrict run`\n"
        ),
        "{}",
        outcome.stderr
    );
    assert_eq!(machine.ok(&["images", "-q"]), "");
    assert_eq!(machine.left_behind(), [""; 0]);
}

#[test]
fn privileged_one_that_cannot_be_started_dies() {
    let machine = machine!();
    let outcome = build(&machine, "CMD [\"nothing\"]", &[]);
    let line = "error[start]: the image cannot be started: `nothing` not found in the container";
    assert_said(&outcome, 1, &[line]);
    let outcome = build(&machine, "USER nobody\nCMD [\"true\"]", &[]);
    let line = "error[start]: the image cannot be started: unable to find user `nobody`: no matching entries in passwd file";
    assert_said(&outcome, 1, &[line]);
    let outcome = build(&machine, "CMD [\"/etc/data\"]", &[]);
    assert_eq!(
        said(&outcome)[1],
        "  cause: Permission denied (os error 13)"
    );
}

#[test]
fn privileged_a_server_is_asked_on_its_exposed_port() {
    let machine = machine!();
    let server = |address: &str| format!("EXPOSE 8000\nCMD [\"hello_server\", \"{address}\"]");
    let outcome = build(&machine, &server("0.0.0.0:8000"), &[]);
    assert_said(
        &outcome,
        0,
        &["start: answers HTTP 200 on port 8000 after N s"],
    );
    let outcome = build(&machine, &server("0.0.0.0:5000"), &[]);
    assert_said(
        &outcome,
        0,
        &[
            "start: answers HTTP 200 on port 5000 after N s",
            "risk[start]: the image listens on port 5000, and exposes others",
        ],
    );
    let outcome = build(&machine, &server("127.0.0.1:8000"), &[]);
    assert_said(
        &outcome,
        1,
        &[
            "error[start]: the image listens on 127.0.0.1:8000 only, where nothing outside the container reaches it (after N s)",
            "  output: listening",
        ],
    );
    assert_eq!(machine.left_behind(), [""; 0]);
}

#[test]
fn privileged_one_that_goes_on_is_ended() {
    let machine = machine!();
    let mark = format!("8{}", std::process::id());
    let outcome = build(&machine, &format!("CMD [\"sleep\", \"{mark}\"]"), &[]);
    assert_said(&outcome, 0, &["start: still runs after N s"]);
    assert!(!runs(&mark), "the sleep is dead");
    let outcome = build(
        &machine,
        &format!("EXPOSE 80\nCMD sleep {mark} & sleep {mark}"),
        &["--start-timeout", "1"],
    );
    let line = "error[start]: the image does not listen on a port that it exposes after N s";
    assert_said(&outcome, 1, &[line]);
    assert!(!runs(&mark), "the sleeps are dead");
    assert_eq!(machine.left_behind(), [""; 0]);
}

#[test]
fn privileged_servers_that_do_not_speak_http_are_told_apart() {
    let machine = machine!();
    compile(&machine);
    let server = |mode: &str| {
        format!("COPY --chmod=755 server /server\nEXPOSE 7000\nCMD [\"/server\", \"{mode}\"]")
    };
    let cases = [
        (
            "greet",
            0,
            "start: answers on port 7000 after N s, not in HTTP",
        ),
        (
            "hush",
            0,
            "start: takes connections on port 7000 after N s, and says nothing",
        ),
        (
            "hang-up",
            0,
            "start: takes connections on port 7000 after N s, and says nothing",
        ),
        (
            "ignore",
            1,
            "error[start]: the image listens on port 7000, and takes no connection after N s",
        ),
    ];
    for (mode, status, line) in cases {
        let outcome = build(&machine, &server(mode), &["--start-timeout", "6"]);
        assert_said(&outcome, status, &[line]);
    }
}

/// A server in C, in the build context.
fn compile(machine: &Machine) {
    machine.write(
        "server.c",
        r#"
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
int main(int count, char **words) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(7000)};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    bind(listener, (struct sockaddr *)&here, sizeof here);
    listen(listener, 8);
    while (strcmp(words[1], "ignore") == 0) pause();
    for (;;) {
        int client = accept(listener, 0, 0);
        if (strcmp(words[1], "greet") == 0) write(client, "220 hello\r\n", 11);
        if (strcmp(words[1], "hang-up") == 0) close(client);
    }
}
"#,
    );
    let status = Command::new("cc")
        .args(["-static", "-O1", "-w", "-o", "server", "server.c"])
        .current_dir(machine.path("work"))
        .status()
        .unwrap();
    assert!(status.success(), "cc");
}

#[test]
fn privileged_it_runs_as_the_image_s_user_without_input_and_read_only_if_asked() {
    let machine = machine!();
    let command = "USER web\nWORKDIR /tmp\nCMD id -u; cat; touch here; exit 4";
    let outcome = build(&machine, command, &[]);
    assert_eq!(said(&outcome)[1..], ["  cause: 33", "  output: 33"]);
    let outcome = build(&machine, command, &["--start-read-only"]);
    let line = "  output: touch: cannot touch 'here': Read-only file system";
    assert_eq!(said(&outcome)[3], line, "{outcome:?}");
}

#[test]
fn privileged_check_starts_images_and_compares() {
    let machine = machine!();
    machine.build("a:1", "FROM base:1\nCMD exit 3\n");
    let outcome = machine.run(&["check", "--start", "--format=json", "a:1"]);
    assert_eq!(outcome.status, 1, "{outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let start = &report["start"];
    assert_eq!(start["verdict"], "dies");
    assert_eq!(
        start["disagreement"],
        "it found nothing that keeps the image from starting"
    );
    let outcome = machine.run(&["check", "--start", "a:1"]);
    let told = "note: the check from the files and this run disagree: it found nothing that keeps the image from \
                starting; please report it, unless it only lacks what it gets where it is used\n";
    assert!(outcome.stdout.ends_with(told), "{outcome:?}");
    machine.build("b:1", "FROM base:1\nCMD true\n");
    let outcome = machine.run(&["check", "--start", "b:1"]);
    assert_eq!(outcome.status, 0, "{outcome:?}");
    let last = outcome.stdout.lines().last().map(without_time);
    assert_eq!(last.as_deref(), Some("start: exits 0 after N s"));
    std::fs::create_dir(machine.path("work").join("root")).unwrap();
    let outcome = machine.run(&["check", "--start", "root"]);
    let told = "error: `root` is a root directory, which has no command to start\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (2, told));
}

#[test]
fn privileged_an_interrupted_start_leaves_nothing() {
    let machine = machine!();
    let mark = format!("7{}", std::process::id());
    machine.build(
        "a:1",
        &format!("FROM base:1\nEXPOSE 80\nCMD sleep {mark}\n"),
    );
    let mut child = machine
        .command(&["check", "--start", "a:1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !runs(&mark) {
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
    }
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    let (mut out, mut err) = (String::new(), String::new());
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert_eq!((out.as_str(), err.as_str()), ("", "error: interrupted\n"));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!runs(&mark), "the sleep is dead");
    assert_eq!(machine.left_behind(), [""; 0]);
}

/// Whether a process on this machine runs `sleep MARK`.
fn runs(mark: &str) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let mut arguments =
        processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    let wanted = format!("sleep\0{mark}\0");
    arguments.any(|line| line == wanted.as_bytes())
}
