//! Containers in the background, and the commands about them.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::machine;
use crate::machine::Machine;

/// Starts a shell script in the background; its id.
pub(crate) fn start(machine: &Machine, flags: &[&str], script: &str) -> String {
    machine.ok(&["pull", "-q", "base:1"]);
    let mut arguments = vec!["run", "-d", "--network", "none"];
    arguments.extend(flags);
    arguments.extend(["base:1", "sh", "-c", script]);
    let told = machine.ok(&arguments);
    let id = told.trim_end().to_string();
    assert!(
        id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{told}"
    );
    id
}

/// Waits until `done`; fails the test after a while.
pub(crate) fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// One member of `inspect`.
pub(crate) fn inspect(machine: &Machine, name: &str, template: &str) -> String {
    machine
        .ok(&["inspect", "-f", template, name])
        .trim_end()
        .to_string()
}

/// The process that supervises a container: the one that has its lock open.
fn supervisor(machine: &Machine, id: &str) -> Pid {
    let lock = machine.path(&format!("data/constrict/containers/{id}/lock"));
    for process in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(files) = std::fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        for file in files.flatten() {
            if std::fs::read_link(file.path()).is_ok_and(|target| target == lock) {
                let pid = process.file_name().to_str().unwrap().parse().unwrap();
                return Pid::from_raw(pid).unwrap();
            }
        }
    }
    panic!("container {id} has no supervisor")
}

const LONG: &str = "trap 'exit 3' TERM; echo ready; while :; do sleep 0.05; done";

#[test]
fn privileged_a_container_lives_in_the_background_until_it_is_removed() {
    let machine = machine!();
    let id = start(&machine, &["--name", "web"], LONG);
    let listed = machine.ok(&[
        "ps",
        "--format",
        "{{.ID}} {{.Image}} {{.Command}} {{.State}} {{.Names}}",
    ]);
    let short = &id[..12];
    assert_eq!(
        listed,
        format!("{short} base:1 \"sh -c trap 'exit 3'…\" running web\n")
    );
    let table = machine.ok(&["ps"]);
    let mut lines = table.lines();
    let titles: Vec<&str> = lines
        .next()
        .unwrap()
        .split("   ")
        .map(str::trim)
        .filter(|title| !title.is_empty())
        .collect();
    assert_eq!(
        titles,
        [
            "CONTAINER ID",
            "IMAGE",
            "COMMAND",
            "CREATED",
            "STATUS",
            "PORTS",
            "NAMES"
        ]
    );
    let line = lines.next().unwrap();
    assert!(line.contains(" ago ") && line.contains(" Up "), "{line}");
    wait_for("it is ready", || machine.ok(&["logs", "web"]) == "ready\n");
    for name in ["web", short, &id, "/web"] {
        assert_eq!(
            inspect(&machine, name, "{{.State.Status}} {{.Id}}"),
            format!("running {id}")
        );
    }
    // it cannot be removed, nor can its image
    let outcome = machine.run(&["rm", "web"]);
    let expected = "error: container `web` is running\n\
                    hint: constrict stop web ends it; constrict rm -f web kills and removes it\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (1, expected));
    let outcome = machine.run(&["rmi", "-f", "base:1"]);
    let expected = "error: image `base:1` is used by container `web`, which runs\n\
                    hint: constrict rm -f web removes that container\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (1, expected));

    assert_eq!(machine.ok(&["stop", "web"]), "web\n");
    assert_eq!(machine.ok(&["ps", "-q"]), "");
    assert_eq!(machine.ok(&["ps", "-aq"]), format!("{short}\n"));
    assert_eq!(
        inspect(&machine, "web", "{{.State.Status}} {{.State.ExitCode}}"),
        "exited 3"
    );
    let status = machine.ok(&["ps", "-a", "--format", "{{.Status}}"]);
    assert!(
        status.starts_with("Exited (3) ") && status.ends_with(" ago\n"),
        "{status}"
    );
    assert_eq!(machine.ok(&["wait", "web"]), "3\n");
    assert_eq!(machine.ok(&["stop", "web"]), "web\n");
    let outcome = machine.run(&["kill", "web"]);
    let expected =
        "error: container `web` is not running\nhint: constrict start web starts it again\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (1, expected));
    assert_eq!(machine.ok(&["rm", short]), format!("{short}\n"));
    assert_eq!(machine.ok(&["ps", "-aq"]), "");
    let outcome = machine.run(&["rm", "web"]);
    let expected = "error: no container `web`\nhint: constrict ps -a lists those that there are\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (1, expected));
    assert_eq!(machine.ok(&["rm", "-f", "web"]), "");
    assert_eq!(machine.left_behind(), Vec::<String>::new());
}

#[test]
fn privileged_a_container_is_killed_when_it_ignores_the_stop_signal() {
    let machine = machine!();
    machine.build("quiet", "FROM base:1\nSTOPSIGNAL SIGUSR1\n");
    let script = "trap 'echo asked' USR1; trap '' TERM; echo ready; while :; do sleep 0.05; done";
    machine.ok(&[
        "run",
        "-d",
        "--network=none",
        "--name",
        "deaf",
        "quiet",
        "sh",
        "-c",
        script,
    ]);
    wait_for("it is ready", || machine.ok(&["logs", "deaf"]) == "ready\n");
    let begin = Instant::now();
    assert_eq!(machine.ok(&["stop", "-t", "1", "deaf"]), "deaf\n");
    assert!(begin.elapsed() >= Duration::from_secs(1));
    assert_eq!(machine.ok(&["logs", "deaf"]), "ready\nasked\n");
    assert_eq!(machine.ok(&["wait", "deaf"]), "137\n");
}

#[test]
fn privileged_signals_reach_the_first_process() {
    let machine = machine!();
    start(
        &machine,
        &["--name", "asked"],
        "trap 'exit 5' USR2; echo ready; while :; do sleep 0.05; done",
    );
    wait_for("it is ready", || {
        machine.ok(&["logs", "asked"]) == "ready\n"
    });
    assert_eq!(machine.ok(&["kill", "-s", "SIGUSR2", "asked"]), "asked\n");
    assert_eq!(machine.ok(&["wait", "asked"]), "5\n");
    let outcome = machine.run(&["kill", "-s", "NOPE", "asked"]);
    let expected = "error: `NOPE` is no signal: a name as TERM or SIGTERM, or a number\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (2, expected));
}

#[test]
fn privileged_wait_tells_the_end_of_a_container_that_is_removed() {
    let machine = machine!();
    let id = start(&machine, &["--rm"], "sleep 0.5; exit 9");
    assert_eq!(machine.ok(&["wait", &id]), "9\n");
    assert_eq!(machine.ok(&["ps", "-aq"]), "");
    assert!(
        !machine
            .path(&format!("data/constrict/containers/{id}"))
            .exists()
    );
}

#[test]
fn privileged_logs_have_both_streams_and_are_followed_to_the_end() {
    let machine = machine!();
    let id = start(
        &machine,
        &[],
        "echo one; echo wrong >&2; sleep 0.6; echo two; printf three",
    );
    let follow = machine.run(&["logs", "-f", &id]);
    let streams = (follow.stdout.as_str(), follow.stderr.as_str());
    assert_eq!(
        (follow.status, streams),
        (0, ("one\ntwo\nthree", "wrong\n"))
    );
    assert_eq!(machine.ok(&["logs", "--tail", "2", &id]), "two\nthree");
    assert_eq!(machine.ok(&["logs", "-n", "0", &id]), "");
    assert_eq!(
        machine.ok(&[
            "logs",
            "--since",
            "1h",
            "--until",
            "2001-01-01T00:00:00Z",
            &id
        ]),
        ""
    );
    let timed = machine.ok(&["logs", "-t", "--tail=2", &id]);
    let (time, text) = timed.split_once(' ').unwrap();
    assert!(
        time.starts_with("20") && time.ends_with('Z') && text.starts_with("two\n20"),
        "{timed}"
    );
    // of the foreground, too
    machine.ok(&[
        "run",
        "--network=none",
        "--name",
        "front",
        "base:1",
        "sh",
        "-c",
        "echo seen",
    ]);
    assert_eq!(machine.ok(&["logs", "front"]), "seen\n");
}

#[test]
fn privileged_names_are_unique_and_made_up() {
    let machine = machine!();
    let id = start(&machine, &["--name", "taken"], "sleep 30");
    let outcome = machine.run(&[
        "run",
        "-d",
        "--network=none",
        "--name",
        "taken",
        "base:1",
        "true",
    ]);
    let expected = format!(
        "error: the name `taken` is taken by container `{}`\n\
         hint: constrict rm -f taken removes that one and frees the name\n",
        &id[..12]
    );
    assert_eq!(
        (outcome.status, outcome.stdout, outcome.stderr),
        (125, String::new(), expected)
    );
    start(&machine, &[], "sleep 30");
    start(&machine, &[], "sleep 30");
    let names = machine.ok(&["ps", "--format", "{{.Names}}"]);
    let names: Vec<&str> = names.lines().collect();
    assert_eq!((names.len(), names[2]), (3, "taken"));
    assert_ne!(names[0], names[1]);
    assert!(
        names[..2].iter().all(|name| name.split('_').count() == 2),
        "{names:?}"
    );
    let outcome = machine.run(&["run", "-d", "--name", "-x", "base:1"]);
    assert_eq!(outcome.status, 125);
}

#[test]
fn privileged_containers_that_do_not_start_leave_nothing() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    let cases: [(&[&str], i32, &str); 4] = [
        (
            &["base:1", "nosuch"],
            127,
            "error: `nosuch` not found in the container\n",
        ),
        (
            &["base:1", "/etc/data"],
            126,
            "error: `/etc/data` cannot be executed in the container\ncause: Permission denied\n",
        ),
        (
            &["-u", "nobody-here", "base:1", "true"],
            125,
            "error: unable to find user `nobody-here`: no matching entries in passwd file\n",
        ),
        (
            &["--restart=always", "base:1", "true"],
            125,
            "error: `--restart always` is not supported: there is no daemon that would start the container again\n\
             hint: a service of the system (systemd: Restart=) that runs constrict in the foreground does that\n",
        ),
    ];
    for (rest, status, stderr) in cases {
        for detached in [true, false] {
            let mut arguments = vec!["run", "--network=none", "--name", "same"];
            arguments.extend(detached.then_some("-d"));
            arguments.extend(rest);
            let outcome = machine.run(&arguments);
            assert_eq!(
                (outcome.status, outcome.stderr.as_str()),
                (status, stderr),
                "{arguments:?}"
            );
        }
    }
    assert_eq!(machine.ok(&["ps", "-aq"]), "");
    assert_eq!(machine.left_behind(), Vec::<String>::new());
}

#[test]
fn privileged_files_of_a_container_are_there_when_it_starts_again() {
    let machine = machine!();
    let script = "echo life >>/srv/lives; cat /srv/lives; sleep 30";
    start(
        &machine,
        &["--name", "cat", "-v", "/data", "-w", "/made"],
        script,
    );
    wait_for("it runs", || machine.ok(&["logs", "cat"]) == "life\n");
    machine.ok(&["exec", "cat", "sh", "-c", "echo kept >/data/file"]);
    machine.ok(&["stop", "-t", "0", "cat"]);
    assert_eq!(machine.ok(&["start", "cat"]), "cat\n");
    wait_for("it runs again", || {
        machine.ok(&["logs", "cat"]) == "life\nlife\nlife\n"
    });
    assert_eq!(machine.ok(&["exec", "cat", "cat", "/data/file"]), "kept\n");
    assert_eq!(machine.ok(&["restart", "-t", "0", "cat"]), "cat\n");
    assert_eq!(inspect(&machine, "cat", "{{.State.Running}}"), "true");
    // one that runs stays as it is
    let pid = inspect(&machine, "cat", "{{.State.Pid}}");
    machine.ok(&["start", "cat"]);
    assert_eq!(inspect(&machine, "cat", "{{.State.Pid}}"), pid);
}

#[test]
fn privileged_a_killed_supervisor_takes_its_container_with_it() {
    let machine = machine!();
    let mark = format!("8{}", std::process::id());
    let id = start(&machine, &["--name", "orphan"], &format!("sleep {mark}"));
    let gone = start(&machine, &["--rm"], &format!("sleep {mark}"));
    let pid: i32 = inspect(&machine, "orphan", "{{.State.Pid}}")
        .parse()
        .unwrap();
    for id in [&id, &gone] {
        kill_process(supervisor(&machine, id), Signal::KILL).unwrap();
    }
    wait_for("the container is dead", || {
        test_kill_process(Pid::from_raw(pid).unwrap()).is_err()
    });
    wait_for("nobody has its lock", || {
        inspect(&machine, "orphan", "{{.State.Status}}") == "exited"
    });
    assert_eq!(
        inspect(&machine, "orphan", "{{.State.ExitCode}} {{.State.Error}}"),
        "137 its supervisor was killed"
    );
    assert_eq!(machine.ok(&["ps", "-q"]), "");
    assert_eq!(machine.ok(&["ps", "-aq", "--no-trunc"]), format!("{id}\n"));
    assert_eq!(machine.run(&["exec", "orphan", "true"]).status, 1);
    assert_eq!(machine.ok(&["stop", "orphan"]), "orphan\n");
    // and can be started again
    machine.ok(&["start", "orphan"]);
    assert_eq!(inspect(&machine, "orphan", "{{.State.Status}}"), "running");
    machine.ok(&["rm", "-f", "orphan"]);
    assert_eq!(machine.left_behind(), Vec::<String>::new());
}

#[test]
fn privileged_the_supervisor_outlives_its_terminal_and_ends_with_its_container() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    // a pipe that somebody else reads stays open as long as anybody has it
    let mut shell = machine.command(&[]);
    let program = shell.get_program().to_str().unwrap().to_string();
    machine.write("variables", "A=of a file\n");
    let script = format!(
        "exec 7>&1 8<variables; {program} run -d --env-file /dev/fd/8 --network=none --name away base:1 sleep 60"
    );
    let mut command = std::process::Command::new("setsid");
    command.args(["sh", "-c", &script]).env_clear();
    for (name, value) in shell.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    shell.stdin(Stdio::null());
    let output = command.current_dir(machine.path("work")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let id = String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_string();
    let supervisor = supervisor(&machine, &id);
    assert_eq!(
        rustix::process::getsid(Some(supervisor)).unwrap(),
        supervisor
    );
    let told = machine.ok(&["exec", "away", "sh", "-c", "echo $A"]);
    assert_eq!(told, "of a file\n");
    machine.ok(&["kill", "away"]);
    wait_for("the supervisor has ended", || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", supervisor.as_raw_nonzero()));
        // nobody may be there to wait for it
        stat.map_or(true, |stat| stat.contains(") Z "))
    });
}

/// An id that owns no sub-ids on any machine.
const SINGLE: u32 = 1_900_123_457;

#[test]
fn privileged_a_user_with_a_single_id_has_containers_too() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can become another user");
        return;
    }
    let machine = machine!();
    // others may neither enter root's directories nor read its programs
    let program = machine.path("constrict");
    std::fs::copy(env!("CARGO_BIN_EXE_constrict"), &program).unwrap();
    std::fs::set_permissions(machine.path(""), Permissions::from_mode(0o755)).unwrap();
    for folder in ["home", "data", "work"] {
        give_anew(&machine, folder);
    }
    let ok = |arguments: &[&str]| {
        let plan = machine.command(arguments);
        let mut command = std::process::Command::new(&program);
        command.args(arguments).env_clear().uid(SINGLE).gid(SINGLE);
        command.current_dir(plan.get_current_dir().unwrap());
        let set = plan
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?)));
        let output = command.envs(set).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    ok(&["pull", "-q", "base:1"]);
    ok(&[
        "run",
        "-d",
        "--network=host",
        "--name",
        "box",
        "-u",
        "web",
        "--init",
        "base:1",
        "sleep",
        "60",
    ]);
    let who = ["sh", "-c", "echo $(id -u):$(id -g)"];
    let exec = |flags: &[&str]| {
        let arguments: Vec<&str> = ["exec"]
            .iter()
            .chain(flags)
            .chain(&["box"])
            .chain(&who)
            .copied()
            .collect();
        ok(&arguments)
    };
    assert_eq!(exec(&[]), "33:44\n");
    assert_eq!(exec(&["-u", "root"]), "0:0\n");
    assert_eq!(exec(&["-u", "7:8"]), "7:8\n");
    ok(&["exec", "-u", "0", "box", "sh", "-c", "echo kept >/srv/file"]);
    assert_eq!(ok(&["restart", "-t", "0", "box"]), "box\n");
    assert_eq!(
        ok(&["exec", "-u", "0", "box", "cat", "/srv/file"]),
        "kept\n"
    );
    assert_eq!(
        ok(&["ps", "--format", "{{.Names}} {{.State}}"]),
        "box running\n"
    );
    assert_eq!(ok(&["stop", "box"]), "box\n");
    assert_eq!(ok(&["wait", "box"]), "143\n");
    assert_eq!(ok(&["rm", "box"]), "box\n");
    assert_eq!(machine.left_behind(), Vec::<String>::new());
}

/// Gives an empty directory of the machine, and what was made in it so far, to the user with the single id.
fn give_anew(machine: &Machine, folder: &str) {
    let path = machine.path(folder);
    // a store that root has looked at is root's
    std::fs::remove_dir_all(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    chown(&path, Some(SINGLE), Some(SINGLE)).unwrap();
}

#[test]
fn privileged_prune_removes_what_has_ended_and_leaves_what_runs() {
    let machine = machine!();
    machine.build("used", "FROM base:1\nCOPY Dockerfile /used\n");
    machine.ok(&[
        "run",
        "-d",
        "--network=none",
        "--name",
        "living",
        "used",
        "sleep",
        "60",
    ]);
    let dead = machine.ok(&[
        "run",
        "-d",
        "--network=none",
        "--name",
        "dead",
        "base:1",
        "true",
    ]);
    machine.ok(&["wait", "dead"]);
    // its name goes on to another image
    machine.build("used", "FROM base:1\nCOPY Dockerfile /other\n");
    let image = machine.ok(&["ps", "--format", "{{.Image}}"]);
    assert_eq!(image.trim_end().len(), 12, "{image}");
    let told =
        machine.ok(&["image", "ls"].map(|word| if word == "image" { "images" } else { "-q" }));
    assert_eq!(told.lines().count(), 3, "{told}");
    let freed = machine.ok(&["system", "prune", "-f", "-a"]);
    assert!(
        freed.starts_with(&format!("Removed containers:\n{dead}\nRemoved names:\n")),
        "{freed}"
    );
    assert_eq!(
        machine.ok(&["ps", "-a", "--format", "{{.Names}}"]),
        "living\n"
    );
    assert_eq!(
        machine.ok(&["exec", "living", "cat", "/used"]),
        "FROM base:1\nCOPY Dockerfile /used\n"
    );
    // all that it needs is there to start it again
    machine.ok(&["restart", "-t", "0", "living"]);
    assert_eq!(
        machine.ok(&["exec", "living", "cat", "/etc/data"]),
        "no program\n"
    );
    machine.ok(&["rm", "-f", "living"]);
    machine.ok(&["system", "prune", "-f"]);
    assert_eq!(machine.ok(&["images", "-q"]), "");
}

#[test]
fn privileged_container_prune_leaves_images() {
    let machine = machine!();
    let id = start(&machine, &["--name", "dead"], "true");
    machine.ok(&["wait", "dead"]);
    assert_eq!(
        machine.ok(&["container", "prune", "-f", "--filter", "until=1h"]),
        "Total reclaimed space: 0B\n"
    );
    let freed = machine.ok(&["container", "prune", "-f"]);
    assert!(
        freed.starts_with(&format!(
            "Removed containers:\n{id}\n\nRemoved files:\ncontainers: "
        )),
        "{freed}"
    );
    assert_eq!(machine.ok(&["images", "-q"]).lines().count(), 1);
    assert_eq!(machine.ok(&["container", "ls", "-aq"]), "");
}

#[test]
fn privileged_ps_filters_and_formats() {
    let machine = machine!();
    start(&machine, &["--name", "one", "-l", "tier=web"], "sleep 60");
    start(&machine, &["--name", "two"], "exit 4");
    machine.ok(&["wait", "two"]);
    let names = |flags: &[&str]| {
        let mut all = vec!["ps", "--format", "{{.Names}}"];
        all.extend(flags);
        machine.ok(&all).lines().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&[]), "one");
    assert_eq!(names(&["-a"]), "two one");
    assert_eq!(names(&["-a", "--filter", "name=w"]), "two");
    assert_eq!(names(&["--filter", "status=exited"]), "two");
    assert_eq!(names(&["--filter", "exited=4"]), "two");
    assert_eq!(names(&["-a", "--filter", "label=tier=web"]), "one");
    assert_eq!(
        names(&[
            "-a",
            "--filter",
            "ancestor=base:1",
            "--filter",
            "status=running"
        ]),
        "one"
    );
    assert_eq!(names(&["-l"]), "two");
    let json = machine.ok(&["ps", "--format", "json"]);
    assert!(
        json.contains("\"Names\":\"one\"") && json.contains("\"State\":\"running\""),
        "{json}"
    );
    let table = machine.ok(&["ps", "-a", "--format", "table {{.Names}}\\t{{.State}}"]);
    assert_eq!(table, "NAMES   STATE\ntwo     exited\none     running\n");
    let outcome = machine.run(&["ps", "--filter", "volume=x"]);
    let expected = "error: `--filter volume=x`: `volume` is not supported: name, id, status, health, exited, ancestor, label are\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (2, expected));
    let outcome = machine.run(&["ps", "--format", "{{.Nope}}"]);
    assert_eq!(outcome.status, 2, "{outcome:?}");
}

/// What a server answers; nothing if the connection is closed.
fn ask(port: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port.parse().unwrap())).unwrap();
    let timeout = Some(Duration::from_secs(5));
    stream.set_read_timeout(timeout).unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer.rsplit("\r\n").next().unwrap().to_string()
}

#[test]
fn privileged_two_containers_in_the_background_use_one_port_inside() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    let serve = |name: &str, address: &str| {
        let publish = "127.0.0.1::8000";
        machine.ok(&[
            "run",
            "-d",
            "--name",
            name,
            "-p",
            publish,
            "base:1",
            "hello_server",
            address,
        ]);
        wait_for("it listens", || {
            machine.ok(&["logs", name]) == "listening\n"
        });
        let ports = inspect(&machine, name, "{{json .NetworkSettings.Ports}}");
        let port = ports
            .split('"')
            .rfind(|word| word.parse::<u16>().is_ok())
            .unwrap();
        assert_eq!(
            ports,
            format!(r#"{{"8000/tcp":[{{"HostIp":"127.0.0.1","HostPort":"{port}"}}]}}"#)
        );
        port.to_string()
    };
    let one = serve("one", "0.0.0.0:8000");
    let two = serve("two", "0.0.0.0:8000");
    let loopback = serve("loopback", "127.0.0.1:8000");
    assert_eq!(
        (ask(&one), ask(&two)),
        ("hello from 8000".into(), "hello from 8000".into())
    );
    // only loopback inside: as unreachable as under docker
    assert_eq!(ask(&loopback), "");
    let ports = machine.ok(&["ps", "--format", "{{.Names}} {{.Ports}}"]);
    let expected = format!(
        "loopback 127.0.0.1:{loopback}->8000/tcp\ntwo 127.0.0.1:{two}->8000/tcp\none 127.0.0.1:{one}->8000/tcp\n"
    );
    assert_eq!(ports, expected);
    // the port is free as soon as the container has ended
    machine.ok(&["stop", "-t", "0", "one"]);
    let publish = format!("127.0.0.1:{one}:8000");
    machine.ok(&[
        "run",
        "-d",
        "--name",
        "next",
        "-p",
        &publish,
        "base:1",
        "hello_server",
        "0.0.0.0:8000",
    ]);
    wait_for("it listens", || {
        machine.ok(&["logs", "next"]) == "listening\n"
    });
    assert_eq!(ask(&one), "hello from 8000");
}

/// A container in the foreground whose first line was read.
fn foreground(
    machine: &Machine,
    flags: &[&str],
    script: &str,
) -> (Child, BufReader<impl Read + use<>>) {
    machine.ok(&["pull", "-q", "base:1"]);
    let mut arguments = vec!["run", "--network=none"];
    arguments.extend(flags);
    arguments.extend(["base:1", "sh", "-c", script]);
    let mut child = machine
        .command(&arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    (child, output)
}

#[test]
fn privileged_containers_in_the_foreground_are_listed_and_stopped_too() {
    let machine = machine!();
    let (mut child, _output) = foreground(&machine, &["--name", "front"], LONG);
    assert_eq!(machine.ok(&["ps", "--format", "{{.Names}}"]), "front\n");
    assert_eq!(machine.ok(&["exec", "front", "pwd"]), "/\n");
    assert_eq!(machine.ok(&["stop", "front"]), "front\n");
    assert_eq!(child.wait().unwrap().code(), Some(3));
    assert_eq!(inspect(&machine, "front", "{{.State.ExitCode}}"), "3");
    let (mut child, _output) = foreground(&machine, &["--rm", "--name", "short"], LONG);
    assert_eq!(machine.ok(&["rm", "-f", "short"]), "short\n");
    assert_eq!(child.wait().unwrap().code(), Some(137));
    assert_eq!(
        machine.ok(&["ps", "-a", "--format", "{{.Names}}"]),
        "front\n"
    );
}

#[test]
fn privileged_init_waits_for_orphans_and_passes_signals_on() {
    let machine = machine!();
    let script = "trap 'exit 6' TERM; (sleep 0.1 &) ; echo ready; while :; do sleep 0.05; done";
    start(&machine, &["--name", "init", "--init"], script);
    wait_for("it is ready", || machine.ok(&["logs", "init"]) == "ready\n");
    let processes = "for process in /proc/[0-9]*; do read -r _ name state rest <$process/stat && echo $name $state; done";
    wait_for("no orphan is left", || {
        let told = machine.ok(&["exec", "init", "sh", "-c", processes]);
        !told.contains(") Z") && told.lines().count() >= 3
    });
    assert_eq!(
        machine.ok(&["exec", "init", "cat", "/proc/1/cmdline"]),
        "constrict-sandbox-init\0"
    );
    machine.ok(&["stop", "init"]);
    assert_eq!(machine.ok(&["wait", "init"]), "6\n");
    let outcome = machine.run(&["run", "--init", "--network=none", "base:1", "nosuch"]);
    assert_eq!(
        (outcome.status, outcome.stderr.as_str()),
        (127, "error: `nosuch` not found in the container\n")
    );
    let outcome = machine.run(&[
        "run",
        "--init",
        "--network=none",
        "base:1",
        "sh",
        "-c",
        "kill -9 $$",
    ]);
    assert_eq!(outcome.status, 137);
}
