//! Lines and what is written between them.

use std::time::Duration;

use super::{End, Step, Transfer, ended, painted_width, rows, update, working};
use crate::render::style::Style;

fn step(name: &str, millis: u64, last_line: &str) -> Step {
    Step {
        name: name.into(),
        elapsed: Duration::from_millis(millis),
        last_line: last_line.into(),
    }
}

fn download(done: u64) -> Transfer {
    Transfer {
        name: "docker.io/library/python".into(),
        done,
        size: 45_600_000,
        is_upload: false,
    }
}

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

#[test]
fn ended_steps_are_one_line() {
    let name = "[builder 2/4] RUN pip install --no-cache-dir -r requirements.txt";
    let done = End::Done(Duration::from_millis(3210));
    let lines = [
        ended(name, done, 80, Style::Plain),
        ended(name, done, 40, Style::Plain),
        ended(name, End::Cached, 80, Style::Plain),
        ended(name, End::Failed, 40, Style::Plain),
        ended(name, End::Cancelled, 40, Style::Plain),
    ];
    assert_eq!(
        lines,
        [
            " ✓ [builder 2/4] RUN pip install --no-cache-dir -r requirements.txt 3.2s",
            " ✓ [builder 2/4] RUN pip install -… 3.2s",
            " ✓ [builder 2/4] RUN pip install --no-cache-dir -r requirements.txt cached",
            " ✗ [builder 2/4] RUN pip install… failed",
            " - [builder 2/4] RUN pip inst… cancelled",
        ]
    );
    assert_eq!(
        ended(name, done, 80, Style::Colour),
        format!(" \x1b[32m✓\x1b[m {name} \x1b[2m3.2s\x1b[m")
    );
}

#[test]
fn work_is_shown_with_its_last_line_and_bytes() {
    let steps = [
        step("[1/2] RUN a", 400, "Collecting flask==3.0.3"),
        step("[2/2] RUN b", 61_000, ""),
    ];
    let transfers = [download(12_345_678)];
    let expected = [
        " • [1/2] RUN a 0.4s",
        "     Collecting flask==3.0.3",
        " • [2/2] RUN b 1m01s",
        " ↓ docker.io/library/python ━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ 12.3MB of 45.6MB",
    ];
    let plain = |size| working(&steps, &transfers, size, Style::Plain);
    assert_eq!(plain((80, 10)), expected);
    assert_eq!(
        plain((80, 3)),
        [expected[0], expected[1], "   and 2 more lines"]
    );
    assert_eq!(
        plain((24, 10)),
        [
            " • [1/2] RUN a 0.4s",
            "     Collecting flask==…",
            " • [2/2] RUN b 1m01s",
            " ↓ doc… 12.3MB of 45.6MB",
        ]
    );
}

#[test]
fn bars_fill_and_never_make_a_line_too_wide() {
    let bar = |done, columns| {
        let transfers = [download(done)];
        working(&[], &transfers, (columns, 9), Style::Plain).concat()
    };
    assert_eq!(
        bar(0, 60),
        " ↓ docker.io/library/pyth… ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ 0B of 45.6MB"
    );
    let full = bar(99_000_000, 80);
    assert!(full.contains(&"━".repeat(20)), "{full}");
    for columns in 60..120 {
        let painted = working(&[], &[download(22_000_000)], (columns, 9), Style::Colour);
        assert!(painted_width(&painted[0]) <= columns);
    }
}

#[test]
fn an_update_writes_over_what_was_drawn() {
    let drawn = lines(&["one", "two"]);
    assert_eq!(
        update(&drawn, &[], &lines(&["uno", "due"]), 80),
        "\x1b[?2026h\x1b[2A\runo\x1b[K\ndue\x1b[K\n\x1b[?2026l"
    );
    assert_eq!(
        update(&drawn, &[], &lines(&["uno"]), 80),
        "\x1b[?2026h\x1b[2A\runo\x1b[K\n\x1b[J\x1b[?2026l"
    );
    assert_eq!(
        update(&drawn, &lines(&["done"]), &lines(&["two"]), 80),
        "\x1b[?2026h\x1b[2A\r\x1b[Jdone\ntwo\x1b[K\n\x1b[?2026l"
    );
}

#[test]
fn narrower_terminals_wrap_what_was_drawn() {
    let lines = [" ".repeat(79) + "x", String::new(), " ".repeat(19) + "x"];
    assert_eq!(rows(&lines, 80), 3);
    assert_eq!(rows(&lines, 40), 4);
    let painted = ended("日本", End::Cached, 80, Style::Colour);
    assert_eq!(painted_width(&painted), 14);
}
