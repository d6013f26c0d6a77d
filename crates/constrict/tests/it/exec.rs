//! `exec`: further programs in a running container.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::containers::{start, wait_for};
use crate::machine;
use crate::screen::Screen;

#[test]
fn privileged_exec_exits_with_the_commands_status() {
    let machine = machine!();
    start(&machine, &["--name", "box"], "sleep 60");
    let cases: [(&[&str], i32, &str); 6] = [
        (&["true"], 0, ""),
        (&["sh", "-c", "exit 7"], 7, ""),
        (&["sh", "-c", "kill -9 $$"], 137, ""),
        (
            &["nosuch"],
            127,
            "error: `nosuch` not found in the container\n",
        ),
        (
            &["/etc/data"],
            126,
            "error: `/etc/data` cannot be executed in the container\ncause: Permission denied\n",
        ),
        (&["sh", "-c", "echo wrong >&2"], 0, "wrong\n"),
    ];
    for (command, status, stderr) in cases {
        let mut arguments = vec!["exec", "box"];
        arguments.extend(command);
        let outcome = machine.run(&arguments);
        assert_eq!(
            (outcome.status, outcome.stderr.as_str()),
            (status, stderr),
            "{command:?}"
        );
    }
    let outcome = machine.run(&["exec", "nobox", "true"]);
    let expected =
        "error: no container `nobox`\nhint: constrict ps -a lists those that there are\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (1, expected));
    let outcome = machine.run(&["exec", "-w", "/no", "box", "true"]);
    let expected = "error: working directory `/no` cannot be entered in the container\n\
                    cause: No such file or directory\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (1, expected));
    let outcome = machine.run(&["exec", "-u", "who", "box", "true"]);
    let expected = "error: unable to find user `who`: no matching entries in passwd file\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (1, expected));
}

#[test]
fn privileged_exec_is_as_confined_as_the_container() {
    let machine = machine!();
    let flags = [
        "--name",
        "box",
        "-h",
        "inside",
        "-e",
        "A=run",
        "-e",
        "B=run",
        "--cap-drop=CHOWN",
        "-w",
        "/tmp",
    ];
    start(&machine, &flags, "sleep 60");
    let facts = "while read name value; do case $name in CapBnd:|CapPrm:|Seccomp:) echo $name $value;; esac; done \
                 </proc/self/status; readlink /proc/self/ns/pid /proc/self/ns/mnt /proc/self/ns/net /proc/self/ns/uts \
                 /proc/self/ns/ipc /proc/self/ns/cgroup; read name </proc/sys/kernel/hostname; echo $name; pwd; \
                 echo $A $B $HOME; ls /proc/self/fd | wc -l";
    let inside = machine.ok(&["exec", "-e", "B=exec", "box", "sh", "-c", facts]);
    let lines: Vec<&str> = inside.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "CapPrm: 00000000a80425fa",
            "CapBnd: 00000000a80425fa",
            "Seccomp: 2"
        ]
    );
    assert_eq!(lines[9..], ["inside", "/tmp", "run exec /root", "4"]);
    let of_first = machine.ok(&[
        "exec",
        "box",
        "readlink",
        "/proc/1/ns/pid",
        "/proc/1/ns/mnt",
        "/proc/1/ns/net",
    ]);
    assert_eq!(lines[3..6].join("\n") + "\n", of_first);
}

#[test]
fn privileged_exec_is_who_is_asked_for_by_the_containers_own_files() {
    let machine = machine!();
    start(&machine, &["--name", "box", "-u", "web"], "sleep 60");
    let who = |flags: &[&str]| {
        let mut arguments = vec!["exec"];
        arguments.extend(flags);
        arguments.extend(["box", "sh", "-c", "echo $(id -u):$(id -g) $HOME"]);
        machine.ok(&arguments)
    };
    assert_eq!(who(&[]), "33:44 /srv\n");
    assert_eq!(who(&["-u", "root"]), "0:0 /root\n");
    assert_eq!(who(&["-u", "7:8"]), "7:8 /\n");
    // made after the image
    let add = "echo late:x:77:78::/late:/bin/sh >>/etc/passwd";
    machine.ok(&["exec", "-u", "root", "box", "sh", "-c", add]);
    assert_eq!(who(&["-u", "late"]), "77:78 /late\n");
}

#[test]
fn privileged_exec_passes_standard_input_on_if_asked() {
    let machine = machine!();
    start(&machine, &["--name", "box"], "sleep 60");
    assert_eq!(machine.feed(&["exec", "box", "cat"], b"typed").stdout, "");
    assert_eq!(
        machine.feed(&["exec", "-i", "box", "cat"], b"typed").stdout,
        "typed"
    );
    assert_eq!(
        machine.ok(&["exec", "-t", "box", "sh", "-c", "test -t 1 && tty"]),
        "/dev/pts/0\r\n"
    );
    let outcome = machine.run(&["exec", "-it", "box", "sh"]);
    let expected = "error: `-it` needs a terminal as standard input and output\n\
                    hint: leave out `-t`, or `-i` if nothing is typed\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (2, expected));
}

#[test]
fn privileged_exec_has_a_terminal() {
    let machine = machine!();
    start(&machine, &["--name", "box"], "sleep 60");
    let script =
        "while test \"$(stty size)\" = '0 0'; do :; done; stty size; echo $TERM; cat; exit 6";
    let command = machine.command(&["exec", "-it", "box", "sh", "-c", script]);
    let mut screen = Screen::start(command, 90);
    screen.wait_for("50 90\r\nxterm\r\n");
    screen.type_keys("typed\n");
    screen.wait_for("typed\r\ntyped\r\n");
    // end of input, as a key
    screen.type_keys("\u{4}");
    assert_eq!(screen.end().0, 6);
}

#[test]
fn privileged_exec_in_the_background_goes_on() {
    let machine = machine!();
    start(&machine, &["--name", "box"], "sleep 60");
    let script = "sleep 0.3; echo done >/tmp/done; sleep 60";
    assert_eq!(machine.ok(&["exec", "-d", "box", "sh", "-c", script]), "");
    wait_for("it goes on", || {
        machine.run(&["exec", "box", "cat", "/tmp/done"]).stdout == "done\n"
    });
}

#[test]
fn privileged_signals_to_exec_are_for_its_program() {
    let machine = machine!();
    start(&machine, &["--name", "box"], "sleep 60");
    let script = "trap 'exit 4' INT; echo >/tmp/ready; while :; do sleep 0.05; done";
    let spawn = || {
        let mut command = machine.command(&["exec", "box", "sh", "-c", script]);
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let is_ready = || machine.run(&["exec", "box", "cat", "/tmp/ready"]).status == 0;
    let mut child = spawn();
    wait_for("it is ready", is_ready);
    let pid = |id: u32| Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
    kill_process(pid(child.id()), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(4));
    // one whose `exec` is killed does not go on unseen
    let count = "n=0; for p in /proc/[0-9]*; do n=$((n+1)); done; echo $n";
    let programs = || {
        let told = machine.ok(&["exec", "box", "sh", "-c", count]);
        told.trim_end().parse::<u32>().unwrap()
    };
    let before = programs();
    let mut child = spawn();
    wait_for("it runs", || programs() > before);
    child.kill().unwrap();
    child.wait().unwrap();
    wait_for("it is dead", || programs() == before);
}

#[test]
fn privileged_exec_ends_with_its_container() {
    let machine = machine!();
    start(&machine, &["--name", "box"], "sleep 60");
    let mut child = machine
        .command(&["exec", "box", "sh", "-c", "echo >/tmp/ready; sleep 60"])
        .spawn()
        .unwrap();
    wait_for("it runs", || {
        machine.run(&["exec", "box", "cat", "/tmp/ready"]).status == 0
    });
    machine.ok(&["kill", "box"]);
    assert_eq!(child.wait().unwrap().code(), Some(137));
}
