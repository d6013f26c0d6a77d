//! The display of a build on a terminal, as recorded in `testdata/screens/` at 80 and 200 columns. `UPDATE=1` records
//! it anew: look at what changed.

use std::path::Path;
use std::time::Duration;

use constrict_testing::{Effect, Fault};

use crate::machine;
use crate::machine::Machine;
use crate::screen::Screen;

const DOCKERFILE: &str = "\
FROM base:1 AS builder
RUN cat /etc/data > /made
RUN echo one; echo 二二二二二二二二二二二二二二二二二二二二二二二二二二二二二二二二二二二二二二二二二二二; sleep 1; echo SEED
FROM base:1
COPY --from=builder /made /a-rather-long-name-for-a-file-that-is-cut-at-80-columns
";

const FAILING: &str = "\
FROM base:1 AS other
RUN sleep 50
FROM base:1 AS builder
RUN echo fine
RUN n=0; while test $n -lt 30; do n=$((n+1)); echo \"line $n\"; done; sleep 1; echo 'Traceback (most recent call last): a line that is a good deal wider than a narrow terminal is'; exit 3
FROM base:1
COPY --from=builder /etc/data /
COPY --from=other /etc/data /
";

/// The screen with what differs from build to build replaced by as many signs: times, digests and sizes.
fn timeless(machine: &Machine, text: &str) -> String {
    let text = machine.shown(text.as_bytes());
    let masked = |word: &str| -> String {
        let number = word.trim_start_matches('(').trim_end_matches([',', ')']);
        let is_time = number
            .strip_suffix('s')
            .is_some_and(|time| time.parse::<f64>().is_ok());
        let is_size = ["kB", "MB"].iter().any(|unit| {
            number
                .strip_suffix(unit)
                .is_some_and(|size| size.parse::<f64>().is_ok())
        });
        let hidden = |c: char| match c {
            '0'..='9' => '0',
            c => c,
        };
        match word.strip_prefix("sha256:") {
            Some(digest) => format!("sha256:{}", "0".repeat(digest.len())),
            None if is_time || is_size => word.chars().map(hidden).collect(),
            None => word.into(),
        }
    };
    let lines = text.lines().map(|line| {
        let words: Vec<String> = line.split(' ').map(masked).collect();
        words.join(" ") + "\n"
    });
    lines.collect()
}

/// Compares with what is recorded.
fn expect(name: &str, seen: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/testdata/screens")
        .join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, seen).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert_eq!(seen, expected, "{name}; see {seen}");
}

/// Whether nothing is written between the updates of the display, and each is whole.
fn is_steady(written: &str) -> bool {
    let mut rest = written;
    while let Some((between, after)) = rest.split_once("\x1b[?2026h") {
        let Some((update, next)) = after.split_once("\x1b[?2026l") else {
            return false;
        };
        if !between.is_empty() || update.contains("\x1b[?2026h") {
            return false;
        }
        rest = next;
    }
    !written.contains("\x1b[2J") && !written.contains("\x1b[?25l")
}

#[test]
fn privileged_screens_of_a_build_that_succeeds() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    machine.write("Dockerfile", &DOCKERFILE.replace("SEED", "0"));
    machine.ok(&["build", "-q", "--network=none", "."]);
    for columns in [80, 200] {
        machine.write(
            "Dockerfile",
            &DOCKERFILE.replace("SEED", &columns.to_string()),
        );
        let mut command = machine.command(&["build", "--network=none", "-t", "app:1", "."]);
        command.args(["-t", "registry.test/team/app:1"]);
        let screen = Screen::start(command, columns);
        let seen = screen.wait_to_see("     二");
        expect(
            &format!("working-{columns}.txt"),
            &timeless(&machine, &seen),
        );
        let (status, seen, written) = screen.end_with_all();
        assert_eq!(status, 0, "{seen}");
        assert!(is_steady(&written), "{written:?}");
        expect(
            &format!("success-{columns}.txt"),
            &timeless(&machine, &seen),
        );
    }
}

#[test]
fn privileged_screens_of_a_build_that_fails() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    machine.write("Dockerfile", FAILING);
    machine.run(&["build", "-q", "--network=none", "--target=builder", "."]);
    for columns in [80, 200] {
        let command = machine.command(&["build", "--network=none", "."]);
        let (status, seen) = Screen::start(command, columns).end();
        assert_eq!(status, 1, "{seen}");
        expect(
            &format!("failure-{columns}.txt"),
            &timeless(&machine, &seen),
        );
    }
}

#[test]
fn privileged_downloads_have_a_bar() {
    let machine = machine!();
    let stalled = Effect::Pause(600_000, Duration::from_secs(2));
    let fault = Fault::new("GET", "/v2/library/base/blobs/sha256:", 2, stalled);
    machine.registry().inject(fault);
    let command = machine.command(&["pull", "base:1"]);
    let screen = Screen::start(command, 80);
    let seen = timeless(&machine, &screen.wait_to_see("━"));
    assert!(
        seen.starts_with(" ↓ base ━") && seen.contains("╌ 000kB of 0.00MB\n"),
        "{seen}"
    );
    assert_eq!(screen.end().0, 0);
}

#[test]
fn privileged_display_follows_the_size_of_the_window() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    let long = "x".repeat(100);
    let dockerfile = format!("FROM base:1\nRUN echo {long}; sleep 2\nRUN echo short\n");
    machine.write("Dockerfile", &dockerfile);
    let command = machine.command(&["build", "--network=none", "."]);
    let mut screen = Screen::start(command, 60);
    let cut = format!("     {}…\n", "x".repeat(53));
    screen.wait_to_see(&cut);
    screen.resize(200);
    screen.wait_to_see(&format!("     {long}\n"));
    let (status, seen) = screen.end();
    assert_eq!(status, 0);
    let steps = seen
        .lines()
        .filter(|line| line.starts_with(" ✓ [stage-0"))
        .count();
    assert_eq!((steps, seen.matches('•').count()), (2, 0), "{seen}");
}

#[test]
fn privileged_terminals_without_colours_are_drawn_on_without() {
    let machine = machine!();
    machine.write(
        "Dockerfile",
        "FROM base:1\nRUN echo hello; sleep 1; false\n",
    );
    let mut command = machine.command(&["build", "--network=none", "."]);
    command.env("NO_COLOR", "1");
    let screen = Screen::start(command, 80);
    screen.wait_to_see("     hello\n");
    let (status, _, written) = screen.end_with_all();
    assert_eq!(status, 1);
    let is_coloured = ["\x1b[m", "\x1b[1;", "\x1b[2m", "\x1b[3"]
        .iter()
        .any(|code| written.contains(code));
    assert!(is_steady(&written) && !is_coloured, "{written:?}");
}

#[test]
fn privileged_dumb_terminals_get_lines() {
    let machine = machine!();
    machine.write("Dockerfile", "FROM base:1\nRUN echo hello; false\n");
    let mut command = machine.command(&["build", "--network=none", "."]);
    command.env("TERM", "dumb");
    let (status, seen, written) = Screen::start(command, 80).end_with_all();
    assert_eq!(status, 1);
    for line in ["#1 [stage-0 2/2] RUN echo hello; false\n", "#1 ERROR\n"] {
        assert!(seen.contains(line), "{seen}");
    }
    assert!(!written.contains('\x1b'), "{written:?}");
}
