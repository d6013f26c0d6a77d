//! Starting, ending and killing.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use constrict_sandbox::remove_tree;
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};
use serde_json::json;

use crate::need_root;
use crate::sandbox::{Machine, answer, start};

#[test]
fn privileged_exit_statuses_and_signals() {
    need_root!();
    let machine = Machine::new();
    assert_eq!(
        machine.run(&machine.shell("exit 0"))["exit"],
        json!({ "Code": 0 })
    );
    assert_eq!(
        machine.run(&machine.shell("exit 255"))["exit"],
        json!({ "Code": 255 })
    );
    // the first process of a namespace ignores what it does not handle, even from itself
    let mut spec = machine.shell("trap 'exit 9' TERM; kill -TERM $$; sleep 5");
    assert_eq!(machine.run(&spec)["exit"], json!({ "Code": 9 }));
    spec.args = ["sh", "-c", "sh -c 'kill -SEGV $$'; exit $?"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(machine.run(&spec)["exit"], json!({ "Code": 139 }));
}

#[test]
fn privileged_programs_that_do_not_start() {
    need_root!();
    let machine = Machine::new();
    fs::write(machine.path("lower/bin/plain"), "text").unwrap();
    fs::write(machine.path("lower/bin/lost"), "#!/no/such/interpreter\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(machine.path("lower/bin/lost"), mode).unwrap();
    let cases = [
        ("nothing", "`nothing` not found in the container", 127),
        (
            "/bin/nothing",
            "`/bin/nothing` not found in the container",
            127,
        ),
        (
            "lost",
            "`lost` needs an interpreter that is not in the container",
            127,
        ),
        ("plain", "`plain` cannot be executed in the container", 126),
        ("/etc", "`/etc` cannot be executed in the container", 126),
        ("", "`` not found in the container", 127),
    ];
    for (program, error, status) in cases {
        let mut spec = machine.shell("");
        spec.args = vec![program.to_owned()];
        let answer = machine.run(&spec);
        assert_eq!(
            (&answer["error"], &answer["status"]),
            (&json!(error), &json!(status)),
            "{answer}"
        );
    }
    assert_eq!(machine.changes(), Vec::<String>::new());
}

#[test]
fn privileged_missing_working_directory_is_named() {
    need_root!();
    let machine = Machine::new();
    let mut spec = machine.shell("true");
    spec.cwd = "/no/where".into();
    let answer = machine.run(&spec);
    assert_eq!(
        answer["error"],
        "working directory `/no/where` cannot be entered in the container"
    );
}

#[test]
fn privileged_daemons_end_with_the_first_process() {
    need_root!();
    let machine = Machine::new();
    let marker = format!("{}", 100_000 + std::process::id());
    let script = format!(
        "for i in 1 2 3 4 5 6 7 8; do setsid sh -c 'trap \"\" TERM HUP; sleep {marker}' & done; sleep 0.2"
    );
    machine.output(&machine.shell(&script));
    assert_eq!(running(&marker), 0);
}

#[test]
fn privileged_kill_reaches_the_first_process_or_everything() {
    need_root!();
    let machine = Machine::new();
    let killed = |how: &str, script: &str| {
        let mut driver = machine.driver();
        driver.env("DRIVER_KILL", how);
        answer(start(&mut driver, &machine.shell(script))).remove(0)["exit"].clone()
    };
    let marker = format!("{}", 700_000 + std::process::id());
    assert_eq!(
        killed("9", &format!("sleep {marker}")),
        json!({ "Signal": 9 })
    );
    assert_eq!(
        killed("all", &format!("sleep {marker} & sleep {marker}")),
        json!({ "Signal": 9 })
    );
    assert_eq!(running(&marker), 0);
}

#[test]
fn privileged_terminal_session_passes_size_and_restores_modes() {
    need_root!();
    let machine = Machine::new();
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    unlockpt(&master).unwrap();
    let slave = ioctl_tiocgptpeer(&master, OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    tcsetwinsize(
        &master,
        Winsize {
            ws_row: 33,
            ws_col: 99,
            ws_xpixel: 0,
            ws_ypixel: 0,
        },
    )
    .unwrap();
    let before = tcgetattr(&slave).unwrap().local_modes;
    let mut spec = machine.shell("read x; busybox stty size; echo got $x");
    spec.terminal = true;
    fs::write(machine.path("spec"), serde_json::to_vec(&[spec]).unwrap()).unwrap();
    let mut driver = machine.driver();
    driver
        .env("DRIVER_SESSION", "1")
        .env("DRIVER_SPEC", machine.path("spec"));
    let output = driver
        .stdin(slave.try_clone().unwrap())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until(|| tcgetattr(&slave).unwrap().local_modes != before);
    rustix::io::write(&master, b"typed\r").unwrap();
    let said = String::from_utf8(output.wait_with_output().unwrap().stdout).unwrap();
    assert!(
        said.starts_with("typed\r\n33 99\r\ngot typed\r\n"),
        "{said}"
    );
    assert_eq!(tcgetattr(&slave).unwrap().local_modes, before);
}

#[test]
fn privileged_everything_ends_when_the_builder_is_killed() {
    need_root!();
    let machine = Machine::new();
    let marker = format!("{}", 300_000 + std::process::id());
    let mounts = mounts();
    let mut driver = machine.driver();
    driver.env("DRIVER_TELL", "1").stderr(Stdio::piped());
    let mut child = start(
        &mut driver,
        &machine.shell(&format!("sleep {marker} & sleep {marker}")),
    );
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.starts_with("started "), "{line}");
    wait_until(|| running(&marker) == 2);
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until(|| running(&marker) == 0);
    assert_eq!(running(&marker), 0);
    assert_eq!(self::mounts(), mounts);
    remove_tree(&machine.path("upper")).unwrap();
}

#[test]
fn privileged_fork_bomb_ends_with_its_process_limit_and_leaves_nothing() {
    need_root!();
    let machine = Machine::new();
    let marker = format!("{}", 500_000 + std::process::id());
    let script = format!("i=0; while [ $i -lt 200 ]; do sleep {marker} & i=$((i+1)); done; exit 5");
    let mut driver = machine.driver();
    let answers = answer(start(&mut driver, &machine.shell(&script)));
    assert_eq!(answers[0]["exit"], json!({ "Code": 5 }));
    assert_eq!(running(&marker), 0);
}

#[test]
fn privileged_tree_with_locked_directories_is_removed() {
    need_root!();
    let machine = Machine::new();
    machine.output(&machine.shell(
        "mkdir -p /a/b/c; touch /a/b/c/d; busybox chmod 0 /a/b /a; busybox ln -s /etc /a-link",
    ));
    remove_tree(&machine.path("upper")).unwrap();
    remove_tree(&machine.path("work")).unwrap();
    assert!(!machine.path("upper").exists() && !machine.path("work").exists());
    assert!(std::path::Path::new("/etc/passwd").exists());
    remove_tree(&machine.path("upper")).unwrap();
}

/// Processes with `marker` among their arguments.
pub(crate) fn running(marker: &str) -> usize {
    let processes = fs::read_dir("/proc").expect("/proc").flatten();
    let commands = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    commands
        .filter(|command| {
            command
                .split(|byte| *byte == 0)
                .any(|arg| arg == marker.as_bytes())
        })
        .count()
}

fn mounts() -> usize {
    fs::read_to_string("/proc/self/mounts")
        .expect("/proc")
        .lines()
        .count()
}

fn wait_until(done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !done() && Instant::now() < deadline {
        sleep(Duration::from_millis(5));
    }
}
