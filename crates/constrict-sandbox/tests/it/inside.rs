//! Further programs in a running sandbox, and a first process of ours.

use constrict_sandbox::{Capabilities, CapabilityBase, Spec, User};
use serde_json::{Value, json};

use crate::need_root;
use crate::sandbox::{Machine, SINGLE, answer, start};

/// Runs `further` in a sandbox that runs `spec`; what came of it.
fn inside(machine: &Machine, spec: &Spec, further: &Spec) -> Value {
    let mut driver = machine.driver();
    driver.env(
        "DRIVER_INSIDE",
        serde_json::to_string(further).expect("serialisable"),
    );
    driver.env("DRIVER_KILL", "9");
    answer(start(&mut driver, spec)).remove(0)["inside"].clone()
}

const FACTS: &str = "echo one >>/seen; id -u; busybox hostname; test -d /proc/1 && grep -E 'CapBnd|Seccomp:' \
                     /proc/self/status; test -e /proc/self/fd/3 || echo closed";

#[test]
fn privileged_further_programs_are_inside_and_as_confined() {
    need_root!();
    for uid in [0, SINGLE] {
        let machine = Machine::owned_by(uid);
        let mut spec = machine.shell("sleep 60");
        spec.hostname = "inside".to_owned();
        let mut further = spec.clone();
        further.args = ["sh", "-c", FACTS].map(str::to_owned).to_vec();
        further.capabilities = Capabilities {
            base: CapabilityBase::None,
            ..Capabilities::default()
        };
        let seen = inside(&machine, &spec, &further);
        let text = seen["stdout"].as_str().unwrap_or_else(|| panic!("{seen}"));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines[0], lines[1]), ("0", "inside"), "{uid}: {seen}");
        assert_eq!(
            lines[2..],
            ["CapBnd:\t0000000000000000", "Seccomp:\t2", "closed"],
            "{uid}"
        );
        assert_eq!(machine.changes(), ["seen"]);

        further.user = User {
            uid: 5,
            gid: 6,
            groups: Vec::new(),
        };
        further.args = ["sh", "-c", "id -u; id -g; exit 4"]
            .map(str::to_owned)
            .to_vec();
        let seen = inside(&machine, &spec, &further);
        assert_eq!(
            seen,
            json!({ "exit": { "Code": 4 }, "stdout": "5\n6\n", "terminal": null }),
            "{uid}"
        );
    }
}

#[test]
fn privileged_further_programs_that_do_not_start_are_told() {
    need_root!();
    let machine = Machine::new();
    let spec = machine.shell("sleep 60");
    let mut further = spec.clone();
    further.args = vec!["nothing".to_owned()];
    let expected = json!({ "error": "`nothing` not found in the container", "status": 127 });
    assert_eq!(inside(&machine, &spec, &further), expected);
    further = spec.clone();
    further.cwd = "/no/where".into();
    let expected = json!({
        "error": "working directory `/no/where` cannot be entered in the container", "status": null
    });
    assert_eq!(inside(&machine, &spec, &further), expected);
}

#[test]
fn privileged_further_programs_have_a_terminal_of_the_sandbox() {
    need_root!();
    let machine = Machine::new();
    let spec = machine.shell("sleep 60");
    let mut further = machine.shell("busybox tty; test -t 2 && echo yes");
    further.terminal = true;
    let seen = inside(&machine, &spec, &further);
    assert_eq!(seen["terminal"], "/dev/pts/0\r\nyes\r\n", "{seen}");
}

#[test]
fn privileged_a_first_process_of_ours_ends_with_the_program() {
    need_root!();
    for uid in [0, SINGLE] {
        let machine = Machine::owned_by(uid);
        let mut spec = machine
            .shell("echo $$; (sleep 0.1 &); sleep 0.3; set -- /proc/[0-9]*; echo $#; kill -9 $$");
        spec.init = true;
        let seen = machine.run(&spec);
        // it and the shell: no orphan is left
        assert_eq!(
            (&seen["exit"], &seen["stdout"]),
            (&json!({ "Code": 137 }), &json!("2\n2\n")),
            "{uid}: {seen}"
        );
        spec.args = vec!["nothing".to_owned()];
        assert_eq!(machine.run(&spec)["status"], 127);
    }
}
