//! What is different on a terminal: live progress, colours, and containers with a terminal of their own.

use crate::machine;
use crate::machine::Machine;
use crate::screen::Screen;

/// A screen with times replaced.
fn timeless(machine: &Machine, text: &str) -> String {
    let text = machine.shown(text.as_bytes());
    let mut out = String::new();
    for line in text.lines() {
        let mut line = line.to_string();
        if let Some((before, last)) = line.rsplit_once(' ')
            && last
                .strip_suffix('s')
                .is_some_and(|time| time.parse::<f64>().is_ok())
        {
            line = format!("{before} TIME");
        }
        out.push_str(&line);
        out.push('\n');
    }
    out
}

const DOCKERFILE: &str = "FROM base:1 AS builder\nRUN echo one; echo two; sleep 1\n\
                          FROM base:1\nCOPY --from=builder /etc/data /a-rather-long-name-for-a-file-that-is-cut-at-80-columns\n\
                          RUN echo three; false\n";

#[test]
fn privileged_live_progress_ends_with_what_was_done() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    machine.write("Dockerfile", DOCKERFILE);
    let failed = "\
error: [stage-1 3/3] RUN echo three; false failed
  --> Dockerfile:5
  5 | RUN echo three; false
cause: `echo three; false` ended with exit status 1
   | three
";
    let narrow = " ✓ [builder 2/2] RUN echo one; echo two; sleep 1 TIME
 ✓ [stage-1 2/3] COPY --from=builder /etc/data /a-rather-long-name-for-a-f… TIME
 ✗ [stage-1 3/3] RUN echo three; false failed
";
    let wide = narrow.replace("for-a-f… TIME", "for-a-file-that-is-cut-at-80-columns TIME");
    for (columns, expected) in [(80, narrow), (200, wide.as_str())] {
        let command = machine.command(&["build", "--network=none", "--no-cache", "."]);
        let screen = Screen::start(command, columns);
        screen.wait_for("     \x1b[2mtwo");
        let seen = timeless(&machine, &screen.seen());
        assert!(
            seen.contains(" • [builder 2/2] RUN echo one; echo two; sleep 1 TIME\n     two\n"),
            "{seen}"
        );
        let (status, seen) = screen.end();
        assert_eq!(status, 1);
        // the base is looked up in the same moment or before, and is not what this is about
        let seen: String = timeless(&machine, &seen)
            .lines()
            .filter(|line| !line.contains("FROM") && !line.contains("[internal]"))
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(seen, format!("{expected}{failed}"));
    }
}

#[test]
fn privileged_terminals_that_want_no_colour_get_lines() {
    let machine = machine!();
    machine.write("Dockerfile", "FROM base:1\nCOPPY\n");
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let mut command = machine.command(&["build", "--network=none", "."]);
        command.env(name, value);
        let (status, seen) = Screen::start(command, 80).end();
        assert_eq!(status, 1);
        assert!(
            seen.starts_with("error: unknown instruction: `COPPY`"),
            "{seen}"
        );
    }
}

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
    screen.wait_for("24 90\r\nxterm\r\n");
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
