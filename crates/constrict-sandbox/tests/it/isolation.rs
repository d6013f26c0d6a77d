//! What the program inside is, has and sees.

use constrict_sandbox::{Capabilities, Capability, CapabilityBase, Seccomp, User};

use crate::need_root;
use crate::sandbox::Machine;

#[test]
fn privileged_environment_and_descriptors_are_exact() {
    need_root!();
    let machine = Machine::new();
    let mut spec = machine.shell("");
    spec.args = ["env"].map(str::to_owned).to_vec();
    spec.env = vec!["PATH=/bin".to_owned(), "A=b c".to_owned()];
    assert_eq!(machine.output(&spec), "PATH=/bin\nA=b c\n");
    // 3 is the directory that `ls` itself reads
    spec.args = ["ls", "/proc/self/fd"].map(str::to_owned).to_vec();
    assert_eq!(machine.output(&spec), "0\n1\n2\n3\n");
}

#[test]
fn privileged_root_has_dockers_capabilities() {
    need_root!();
    let machine = Machine::new();
    let spec = machine.shell("grep -E '^(Cap|NoNew|Seccomp:)' /proc/self/status");
    let expected = "CapInh:\t0000000000000000\nCapPrm:\t00000000a80425fb\nCapEff:\t00000000a80425fb\n\
                    CapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000\nNoNewPrivs:\t0\nSeccomp:\t2\n";
    assert_eq!(machine.output(&spec), expected);
}

#[test]
fn privileged_other_user_has_no_capabilities() {
    need_root!();
    let machine = Machine::new();
    let mut spec = machine.shell("id; grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNew)' /proc/self/status");
    spec.user = User {
        uid: 1000,
        gid: 1001,
        groups: vec![5, 6],
    };
    spec.no_new_privileges = true;
    let none = "0000000000000000";
    let expected = format!(
        "uid=1000 gid=1001 groups=5,6\nCapInh:\t{none}\nCapPrm:\t{none}\nCapEff:\t{none}\nCapAmb:\t{none}\n\
         NoNewPrivs:\t1\n"
    );
    assert_eq!(machine.output(&spec), expected);
}

#[test]
fn privileged_added_and_dropped_capabilities() {
    need_root!();
    let machine = Machine::new();
    let mut spec = machine.shell("grep CapEff /proc/self/status");
    spec.capabilities = Capabilities {
        base: CapabilityBase::None,
        add: vec![
            Capability::parse("chown").unwrap(),
            Capability::parse("CAP_KILL").unwrap(),
        ],
        drop: vec![Capability::parse("KILL").unwrap()],
    };
    assert_eq!(machine.output(&spec), "CapEff:\t0000000000000001\n");
}

#[test]
fn privileged_filter_refuses_mounts_and_namespaces() {
    need_root!();
    let machine = Machine::new();
    // busybox has unshare in its own binary
    let script = "mount -t tmpfs x /tmp 2>&1; busybox unshare -m true 2>&1; busybox unshare -U true 2>&1; echo end";
    let refused = "mount: permission denied (are you root?)\nunshare: unshare(0x20000): Operation not permitted\n\
                   unshare: unshare(0x10000000): Operation not permitted\nend\n";
    assert_eq!(machine.output(&machine.shell(script)), refused);
}

#[test]
fn privileged_insecure_may_mount() {
    need_root!();
    let machine = Machine::new();
    let mut spec = machine
        .shell("mount -t tmpfs x /tmp && touch /tmp/y && ls /tmp && head -c1 /proc/timer_list");
    spec.capabilities = Capabilities::all();
    spec.seccomp = Seccomp::Off;
    assert_eq!(machine.output(&spec), "y\nT");
}

#[test]
fn privileged_kernel_files_are_hidden_or_read_only() {
    need_root!();
    let machine = Machine::new();
    let script = "cat /proc/keys /proc/timer_list; ls /proc/acpi /sys/firmware 2>/dev/null | grep -v :; \
                  (echo 1 > /proc/sys/kernel/panic) 2>&1; (echo 1 > /proc/irq/default_smp_affinity) 2>&1; mkdir /sys/x 2>&1; \
                  test -e /proc/2000000 || echo own pids; ls -l /dev/null";
    let output = machine.output(&machine.shell(script));
    let lines: Vec<&str> = output.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(
        lines[0], "sh: can't create /proc/sys/kernel/panic: Read-only file system",
        "{output}"
    );
    assert_eq!(
        lines[1], "sh: can't create /proc/irq/default_smp_affinity: Read-only file system",
        "{output}"
    );
    assert!(
        lines[2].starts_with("mkdir: can't create directory '/sys/x': "),
        "{output}"
    );
    assert_eq!(lines[3], "own pids");
    assert!(lines[4].starts_with("crw-rw-rw-    1 root"), "{output}");
}

#[test]
fn privileged_processes_outside_cannot_be_seen_or_killed() {
    need_root!();
    let machine = Machine::new();
    let script = format!(
        "kill -9 {} 2>&1; ls -d /proc/[0-9]* | grep -c .",
        std::process::id()
    );
    let output = machine.output(&machine.shell(&script));
    assert!(output.contains("No such process"), "{output}");
    // the shell, ls and grep
    assert!(output.ends_with("\n3\n"), "{output}");
}

#[test]
fn privileged_program_file_cannot_be_overwritten_from_inside() {
    need_root!();
    let machine = Machine::new();
    let mut spec = machine.shell("");
    // the first process executes the helper's own file, and then tries to write to it
    spec.args = vec!["/proc/self/exe".to_owned()];
    let answer = machine.run(&spec);
    assert!(
        answer["exit"]["Code"] != 0 || answer["error"].is_string(),
        "{answer}"
    );
    let script = "exec 3>>/proc/1/exe";
    spec.args = ["sh", "-c", script].map(str::to_owned).to_vec();
    assert_ne!(machine.run(&spec)["exit"]["Code"], 0);
    let driver = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    assert!(driver.starts_with(b"\x7fELF"));
}

#[test]
fn privileged_set_uid_programs_work() {
    need_root!();
    let machine = Machine::new();
    std::fs::create_dir(machine.path("lower/suid")).unwrap();
    let su = machine.path("lower/suid/busybox");
    std::fs::copy("/bin/busybox", &su).unwrap();
    std::fs::set_permissions(&su, std::os::unix::fs::PermissionsExt::from_mode(0o4755)).unwrap();
    // busybox drops what it gained for every applet but those that need it; `cat` of a root-only file shows which it is
    let mut spec =
        machine.shell("suid-id grep Uid /proc/self/status || true; grep Uid /proc/self/status");
    spec.user = User {
        uid: 1000,
        gid: 1000,
        groups: Vec::new(),
    };
    spec.args = ["/suid/busybox", "ping", "-c1", "-W1", "127.0.0.1"]
        .map(str::to_owned)
        .to_vec();
    let with = machine.run(&spec);
    spec.no_new_privileges = true;
    let without = machine.run(&spec);
    // a raw socket needs what set-uid gives, and loopback answers
    assert_eq!(
        (&with["exit"]["Code"], &without["exit"]["Code"]),
        (&0.into(), &1.into()),
        "{with} {without}"
    );
}

#[test]
fn privileged_working_directory_cannot_be_a_descriptor_of_the_host() {
    need_root!();
    let machine = Machine::new();
    for number in 3..24 {
        let mut spec = machine.shell("ls");
        spec.cwd = format!("/proc/self/fd/{number}").into();
        let answer = machine.run(&spec);
        assert_eq!(
            answer["error"],
            format!(
                "working directory `/proc/self/fd/{number}` cannot be entered in the container"
            )
        );
    }
}

#[test]
fn privileged_terminal_is_the_controlling_one() {
    need_root!();
    let machine = Machine::new();
    let mut spec = machine.shell("test -t 0 && test -t 1 && test -t 2 && ls -l /dev/console /dev/pts/0 && echo hello >/dev/tty");
    spec.terminal = true;
    let answer = machine.run(&spec);
    let text = answer["terminal"].as_str().unwrap();
    assert_eq!(answer["exit"]["Code"], 0, "{answer}");
    assert!(
        text.ends_with("hello\r\n") && text.contains("/dev/console"),
        "{text}"
    );
}
