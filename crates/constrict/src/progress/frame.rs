//! What the live display shows, as lines of text; it writes nothing and reads no clock.
//!
//! ```text
//!  ✓ [builder 2/4] RUN pip install . 3.2s
//!  • [builder 3/4] RUN python -m compileall . 0.4s
//!      Compiling './app.py'...
//!  ↓ docker.io/library/python 12.3MB of 45.6MB
//! ```

use std::time::Duration;

use super::bytes;
use super::text::{fit, width};

/// A step in work.
pub(super) struct Step {
    /// Its name.
    pub(super) name: String,
    /// How long it has been running.
    pub(super) elapsed: Duration,
    /// The last line that it wrote.
    pub(super) last_line: String,
}

/// A download or upload in work.
pub(super) struct Transfer {
    /// What is transferred.
    pub(super) name: String,
    /// Bytes that are there.
    pub(super) done: u64,
    /// Bytes in all.
    pub(super) size: u64,
    /// Towards a registry.
    pub(super) is_upload: bool,
}

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Done, in this time.
    Done(Duration),
    /// It was done before.
    Cached,
    /// It failed.
    Failed,
}

const GREEN: &str = "32";
const RED: &str = "31";
const BLUE: &str = "34";
const DIM: &str = "2";

fn paint(code: &str, text: &str) -> String {
    format!("\x1b[{code}m{text}\x1b[m")
}

/// ` ✓ name detail`, the name cut so that the line has `columns`.
fn line(sign: &str, code: &str, name: &str, detail: &str, columns: usize) -> String {
    let room = columns.saturating_sub(4 + width(detail));
    format!(
        " {} {} {}",
        paint(code, sign),
        fit(name, room),
        paint(DIM, detail)
    )
}

/// A step that has ended: it scrolls up and stays.
pub(super) fn ended(name: &str, end: End, columns: usize) -> String {
    match end {
        End::Done(took) => line("✓", GREEN, name, &seconds(took), columns),
        End::Cached => line("✓", GREEN, name, "cached", columns),
        End::Failed => line("✗", RED, name, "failed", columns),
    }
}

/// What is in work, in at most `rows` lines of at most `columns`.
pub(super) fn working(
    steps: &[Step],
    transfers: &[Transfer],
    columns: usize,
    rows: usize,
) -> Vec<String> {
    let mut lines = Vec::new();
    for step in steps {
        lines.push(line("•", BLUE, &step.name, &seconds(step.elapsed), columns));
        if !step.last_line.is_empty() {
            let text = fit(&step.last_line, columns.saturating_sub(5));
            lines.push(format!("     {}", paint(DIM, &text)));
        }
    }
    for transfer in transfers {
        let detail = format!("{} of {}", bytes(transfer.done), bytes(transfer.size));
        let sign = if transfer.is_upload { "↑" } else { "↓" };
        lines.push(line(sign, BLUE, &transfer.name, &detail, columns));
    }
    if lines.len() > rows {
        let hidden = lines.len() - rows.saturating_sub(1);
        lines.truncate(rows.saturating_sub(1));
        lines.push(format!(
            "   {}",
            paint(DIM, &format!("and {hidden} more lines"))
        ));
    }
    lines
}

fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1}s", time.as_secs_f64()),
        whole => format!("{}m{:02}s", whole / 60, whole % 60),
    }
}

/// How many rows lines take that may be wider than the terminal has become.
pub(super) fn rows(widths: &[usize], columns: usize) -> usize {
    let rows_of = |width: &usize| width.div_ceil(columns.max(1)).max(1);
    widths.iter().map(rows_of).sum()
}

/// The columns of a painted line.
pub(super) fn painted_width(line: &str) -> usize {
    width(&super::text::visible(line.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{End, Step, Transfer, ended, painted_width, rows, working};

    fn plain(lines: &[String]) -> Vec<String> {
        let strip = |line: &String| super::super::text::visible(line.as_bytes());
        lines.iter().map(strip).collect()
    }

    fn step(name: &str, millis: u64, last_line: &str) -> Step {
        Step {
            name: name.into(),
            elapsed: Duration::from_millis(millis),
            last_line: last_line.into(),
        }
    }

    #[test]
    fn ended_steps_are_one_line() {
        let name = "[builder 2/4] RUN pip install --no-cache-dir -r requirements.txt";
        let lines = [
            ended(name, End::Done(Duration::from_millis(3210)), 80),
            ended(name, End::Done(Duration::from_millis(3210)), 40),
            ended(name, End::Cached, 80),
            ended(name, End::Failed, 40),
        ];
        assert_eq!(
            plain(&lines),
            [
                " ✓ [builder 2/4] RUN pip install --no-cache-dir -r requirements.txt 3.2s",
                " ✓ [builder 2/4] RUN pip install -… 3.2s",
                " ✓ [builder 2/4] RUN pip install --no-cache-dir -r requirements.txt cached",
                " ✗ [builder 2/4] RUN pip install… failed",
            ]
        );
        assert_eq!(
            lines[0],
            format!(" \x1b[32m✓\x1b[m {name} \x1b[2m3.2s\x1b[m")
        );
    }

    #[test]
    fn work_is_shown_with_its_last_line_and_bytes() {
        let steps = [
            step("[1/2] RUN a", 400, "Collecting flask==3.0.3"),
            step("[2/2] RUN b", 61_000, ""),
        ];
        let transfers = [Transfer {
            name: "docker.io/library/python".into(),
            done: 12_345_678,
            size: 45_600_000,
            is_upload: false,
        }];
        let expected = [
            " • [1/2] RUN a 0.4s",
            "     Collecting flask==3.0.3",
            " • [2/2] RUN b 1m01s",
            " ↓ docker.io/library/python 12.3MB of 45.6MB",
        ];
        assert_eq!(plain(&working(&steps, &transfers, 80, 10)), expected);
        assert_eq!(
            plain(&working(&steps, &transfers, 80, 3)),
            [expected[0], expected[1], "   and 2 more lines"]
        );
        assert_eq!(
            plain(&working(&steps, &transfers, 24, 10)),
            [
                " • [1/2] RUN a 0.4s",
                "     Collecting flask==…",
                " • [2/2] RUN b 1m01s",
                " ↓ doc… 12.3MB of 45.6MB",
            ]
        );
    }

    #[test]
    fn narrower_terminals_wrap_what_was_drawn() {
        assert_eq!(rows(&[80, 0, 20], 80), 3);
        assert_eq!(rows(&[80, 0, 20], 40), 4);
        assert_eq!(painted_width(&ended("日本", End::Cached, 80)), 14);
    }
}
