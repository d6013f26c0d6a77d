//! Containers with a terminal of their own.

use crate::machine;
use crate::screen::Screen;

#[test]
fn privileged_interactive_container_has_a_terminal() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    let command = machine.command(&[
        "run",
        "-it",
        "--network=none",
        "base:1",
        "sh",
        "-c",
        "while test \"$(stty size)\" = '0 0'; do :; done; stty size; echo $TERM; cat; exit 6",
    ]);
    let mut screen = Screen::start(command, 90);
    screen.wait_for("50 90\r\nxterm\r\n");
    screen.type_keys("typed\n");
    screen.wait_for("typed\r\ntyped\r\n");
    // end of input, as a key
    screen.type_keys("\u{4}");
    let (status, _) = screen.end();
    assert_eq!(status, 6);
    assert!(machine.left_behind().is_empty());
}

#[test]
fn privileged_ctrl_c_is_a_key_for_an_interactive_container() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    let command = machine.command(&[
        "run",
        "-it",
        "--network=none",
        "base:1",
        "sh",
        "-c",
        "trap 'exit 4' INT; echo ready; while true; do sleep 0.05; done",
    ]);
    let mut screen = Screen::start(command, 80);
    screen.wait_for("ready");
    screen.type_keys("\u{3}");
    assert_eq!(screen.end().0, 4);
}

#[test]
fn privileged_container_without_input_has_a_terminal_too() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    let outcome = machine.run(&[
        "run",
        "-t",
        "--network=none",
        "base:1",
        "sh",
        "-c",
        "test -t 1 && echo terminal",
    ]);
    assert_eq!(
        (outcome.status, outcome.stdout.as_str()),
        (0, "terminal\r\n")
    );
    let outcome = machine.run(&[
        "run",
        "--network=none",
        "base:1",
        "sh",
        "-c",
        "test -t 1 || echo none",
    ]);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (0, "none\n"));
}
