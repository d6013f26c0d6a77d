//! Flags and exit statuses of `run`.

use crate::machine;
use crate::machine::Machine;

/// Runs a shell script in `base:1` without a network; its output and status.
fn shell(machine: &Machine, flags: &[&str], script: &str) -> (i32, String) {
    machine.ok(&["pull", "-q", "base:1"]);
    let mut arguments = vec!["run", "--network", "none"];
    arguments.extend(flags);
    arguments.extend(["base:1", "sh", "-c", script]);
    let outcome = machine.run(&arguments);
    (outcome.status, outcome.stdout + &outcome.stderr)
}

#[test]
fn privileged_run_exits_with_the_commands_status() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    let cases: [(&[&str], i32, &str); 7] = [
        (&["true"], 0, ""),
        (&["sh", "-c", "exit 7"], 7, ""),
        (
            &["sh", "-c", "sh -c 'kill -9 $$'; exit $?"],
            137,
            "Killed\n",
        ),
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
        (
            &["/etc"],
            126,
            "error: `/etc` cannot be executed in the container\ncause: Permission denied\n",
        ),
        (&["/bin/hello_server", "x"], 101, ""),
    ];
    for (command, status, stderr) in cases {
        let mut arguments = vec!["run", "--rm", "--network=none", "base:1"];
        arguments.extend(command);
        let outcome = machine.run(&arguments);
        assert_eq!(outcome.status, status, "{command:?}: {outcome:?}");
        if status != 101 {
            assert_eq!(outcome.stderr, stderr, "{command:?}");
        }
    }
    assert_eq!(machine.left_behind(), Vec::<String>::new());
}

#[test]
fn privileged_run_fails_with_125_before_the_command() {
    let machine = machine!();
    let cases: [(&[&str], &str); 4] = [
        (
            &["-u", "nosuch", "base:1", "true"],
            "error: unable to find user `nosuch`: no matching entries in passwd file\n",
        ),
        (
            &["-w", "relative", "base:1", "true"],
            "error: working directory `relative` is not absolute\n",
        ),
        (
            &["-v", "/a:/x", "-v", "/b:/x/", "base:1", "true"],
            "error: two mounts at `/x/`\n",
        ),
        (
            &["base:1"],
            "error: the image has no command, and none is given\n",
        ),
    ];
    machine.ok(&["pull", "-q", "base:1"]);
    for (arguments, stderr) in cases {
        let mut all = vec!["run", "--network=none"];
        all.extend(arguments);
        let outcome = machine.run(&all);
        assert_eq!((outcome.status, outcome.stderr.as_str()), (125, stderr));
    }
}

#[test]
fn privileged_run_sets_the_environment_as_docker_does() {
    let machine = machine!();
    machine.build(
        "env",
        "FROM base:1\nENV A=image B=image C=image\nCMD [\"env\"]\n",
    );
    machine.write("vars", "# comment\nA=file\nD= file \nHOST\nMISSING\n");
    let mut command = machine.command(&["run", "--network=none", "-h", "box"]);
    command
        .args([
            "--env-file",
            "vars",
            "-e",
            "B=flag",
            "-e",
            "C",
            "-e",
            "HOST",
            "env",
        ])
        .env("HOST", "value");
    let output = command.output().unwrap();
    let expected = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nHOSTNAME=box\nA=file\n\
                    D= file \nHOST=value\nB=flag\nHOME=/root\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}

#[test]
fn privileged_run_takes_user_and_working_directory() {
    let machine = machine!();
    let id = "id -u; id -g; pwd; echo $HOME";
    assert_eq!(shell(&machine, &[], id).1, "0\n0\n/\n/root\n");
    let web = ["-u", "web", "-w", "/tmp/a/b"];
    assert_eq!(shell(&machine, &web, id).1, "33\n44\n/tmp/a/b\n/srv\n");
    let numbers = ["-u", "7:8"];
    assert_eq!(shell(&machine, &numbers, id).1, "7\n8\n/\n/\n");
}

#[test]
fn privileged_run_gives_a_user_its_groups() {
    let machine = machine!();
    if machine
        .ok(&["doctor", "--format=json"])
        .contains("\"single-id\"")
    {
        eprintln!("skipped: a user with a single id has no further groups");
        return;
    }
    assert_eq!(shell(&machine, &["-u", "web"], "id -G").1, "44 50\n");
    assert_eq!(shell(&machine, &["-u", "33"], "id -G").1, "44 50\n");
    assert_eq!(shell(&machine, &["-u", "33:7"], "id -G").1, "7\n");
}

#[test]
fn privileged_run_joins_entry_point_and_command() {
    let machine = machine!();
    machine.build(
        "entry",
        "FROM base:1\nENTRYPOINT [\"sh\", \"-c\", \"echo entry $0\"]\nCMD [\"image\"]\n",
    );
    let run = |arguments: &[&str]| {
        let mut all = vec!["run", "--network=none"];
        all.extend(arguments);
        machine.run(&all).stdout
    };
    assert_eq!(run(&["entry"]), "entry image\n");
    assert_eq!(run(&["entry", "-x"]), "entry -x\n");
    assert_eq!(
        run(&["--entrypoint", "", "entry", "readlink", "-f", "/bin/"]),
        "/bin\n"
    );
    assert_eq!(run(&["--entrypoint", "pwd", "entry"]), "/\n");
}

#[test]
fn privileged_run_finds_images_by_digest() {
    let machine = machine!();
    let digest = machine.build("d", "FROM base:1\nCMD [\"sh\", \"-c\", \"echo found\"]\n");
    let hex = digest.strip_prefix("sha256:").unwrap();
    for name in [digest.as_str(), hex, &hex[..12], &digest[..15]] {
        assert_eq!(machine.ok(&["run", "--network=none", name]), "found\n");
    }
}

#[test]
fn privileged_run_mounts_volumes() {
    let machine = machine!();
    machine.build(
        "data",
        "FROM base:1\nRUN mkdir -p /data/sub && echo image >/data/sub/file && chmod 711 /data\nVOLUME /data\n",
    );
    machine.write("host/file", "host\n");
    let run = |flags: &[&str], script: &str| {
        let mut all = vec!["run", "--network=none"];
        all.extend(flags);
        all.extend(["data", "sh", "-c", script]);
        let outcome = machine.run(&all);
        outcome.stdout + &outcome.stderr
    };
    // anonymous: filled from the image, gone afterwards, writable below a read-only root
    let script = "cat /data/sub/file; echo new >/data/new; echo >/bin/x; ls /data";
    let expected = "image\nnew\nsub\nsh: 1: cannot create /bin/x: Read-only file system\n";
    assert_eq!(run(&["--read-only"], script), expected);
    assert_eq!(run(&[], "ls /data"), "sub\n");
    // named: filled once, kept
    assert_eq!(
        run(&["-v", "name:/data"], "ls /data; echo kept >/data/new"),
        "sub\n"
    );
    assert_eq!(run(&["-v", "name:/data"], "cat /data/new"), "kept\n");
    assert_eq!(
        run(&["-v", "name:/data:ro"], "echo >/data/new"),
        "sh: 1: cannot create /data/new: Read-only file system\n"
    );
    assert_eq!(run(&["-v", "empty:/data:nocopy"], "ls /data"), "");
    // of the host: hides the image's, and a missing working directory is made there
    assert_eq!(
        run(
            &["-v", "./host:/data", "-w", "/data/made"],
            "cat ../file; pwd"
        ),
        "host\n/data/made\n"
    );
    assert!(machine.path("work/host/made").is_dir());
    assert!(machine.left_behind().is_empty());
}

#[test]
fn privileged_run_keeps_nothing_of_the_root() {
    let machine = machine!();
    assert_eq!(
        shell(&machine, &["--rm"], "echo >/new; ls /new").1,
        "/new\n"
    );
    let (status, _) = shell(&machine, &[], "ls /new");
    assert_eq!(status, 2);
}

#[test]
fn privileged_run_limits_memory_directories() {
    let machine = machine!();
    let script = "ls -ld /m | head -c 10; head -c 200000 /dev/zero >/m/x || wc -c </m/x";
    let (_, output) = shell(&machine, &["--tmpfs", "/m:size=128k,mode=700"], script);
    assert!(output.starts_with("drwx------131072\n"), "{output}");
}

#[test]
fn privileged_run_changes_capabilities() {
    let machine = machine!();
    let bounding =
        "while read name value; do test $name = CapBnd: && echo $value; done </proc/self/status";
    let set = |flags: &[&str]| {
        let output = shell(&machine, flags, bounding).1;
        u64::from_str_radix(output.trim(), 16).unwrap_or_else(|_| panic!("{output}"))
    };
    let default = set(&[]);
    assert_eq!(default, 0xa804_25fb);
    assert_eq!(set(&["--cap-drop", "all"]), 0);
    assert_eq!(set(&["--cap-drop=ALL", "--cap-add=NET_RAW"]), 1 << 13);
    assert_eq!(
        set(&["--cap-add", "CAP_NET_ADMIN", "--cap-drop", "chown"]),
        (default | 1 << 12) & !1
    );
}

#[test]
fn privileged_run_passes_standard_input_on_if_asked() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    let arguments = ["run", "--network=none", "base:1", "cat"];
    assert_eq!(machine.feed(&arguments, b"typed").stdout, "");
    let arguments = ["run", "-i", "--network=none", "base:1", "cat"];
    assert_eq!(machine.feed(&arguments, b"typed").stdout, "typed");
}

#[test]
fn privileged_run_names_itself_in_etc() {
    let machine = machine!();
    let script = "cat /etc/hosts /etc/hostname";
    let expected = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\n\
                    ff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\nbox\n";
    assert_eq!(shell(&machine, &["--hostname", "box"], script).1, expected);
    let host = std::fs::read_to_string("/etc/hosts").unwrap();
    let outcome = machine.run(&["run", "--network=host", "base:1", "cat", "/etc/hosts"]);
    assert_eq!(outcome.stdout, host);
}

#[test]
fn privileged_run_ends_when_nobody_reads_its_output() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    let script = "while echo line; do :; done";
    let mut child = machine
        .command(&["run", "--network=none", "base:1", "sh", "-c", script])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "line\n");
    drop(output);
    // the shell cannot write any more, or is told by a signal that it handles, being the first process
    assert!(child.wait().unwrap().code().is_some());
}
