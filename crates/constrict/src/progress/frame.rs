//! What the live display shows, as lines of text, and what is written to turn one picture into the next; it writes
//! nothing itself and reads no clock.
//!
//! ```text
//!  ✓ [builder 2/4] RUN pip install . 3.2s
//!  • [builder 3/4] RUN python -m compileall . 0.4s
//!      Compiling './app.py'...
//!  ↓ docker.io/library/python ━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌ 12.3MB of 45.6MB
//! ```

use std::time::Duration;

use super::bytes;
use super::text::{fit, width};
use crate::render::style::Style;

/// A step in work.
pub(super) struct Step {
    /// Its name.
    pub(super) name: String,
    /// How long it has been running.
    pub(super) elapsed: Duration,
    /// The last line that it wrote.
    pub(super) last_line: String,
}

/// Downloads or uploads of one thing in work.
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
    /// It was ended because something else failed.
    Cancelled,
}

const GREEN: &str = "32";
const RED: &str = "31";
const BLUE: &str = "34";
const DIM: &str = "2";

/// The columns of a bar.
const BAR: usize = 20;
/// Terminals with fewer columns have no room for one.
const BAR_FROM: usize = 60;

/// The terminal keeps what it shows until the end of the update.
const BEGIN_UPDATE: &str = "\x1b[?2026h";
const END_UPDATE: &str = "\x1b[?2026l";
const ERASE_TO_END_OF_LINE: &str = "\x1b[K";
const ERASE_BELOW: &str = "\x1b[J";

/// ` ✓ name detail`, the name cut so that the line has `columns`.
fn line(
    (sign, code): (&str, &str),
    name: &str,
    detail: &str,
    columns: usize,
    style: Style,
) -> String {
    let room = columns.saturating_sub(4 + width(detail));
    format!(
        " {} {} {}",
        style.paint(code, sign),
        fit(name, room),
        style.paint(DIM, detail)
    )
}

/// A step that has ended: it scrolls up and stays.
pub(super) fn ended(name: &str, end: End, columns: usize, style: Style) -> String {
    let (sign, detail) = match end {
        End::Done(took) => (("✓", GREEN), seconds(took)),
        End::Cached => (("✓", GREEN), "cached".into()),
        End::Failed => (("✗", RED), "failed".into()),
        End::Cancelled => (("-", DIM), "cancelled".into()),
    };
    line(sign, name, &detail, columns, style)
}

/// What is in work, in at most `rows` lines of at most `columns`.
pub(super) fn working(
    steps: &[Step],
    transfers: &[Transfer],
    (columns, rows): (usize, usize),
    style: Style,
) -> Vec<String> {
    let mut lines = Vec::new();
    for step in steps {
        let elapsed = seconds(step.elapsed);
        lines.push(line(("•", BLUE), &step.name, &elapsed, columns, style));
        if !step.last_line.is_empty() {
            let text = fit(&step.last_line, columns.saturating_sub(5));
            lines.push(format!("     {}", style.paint(DIM, &text)));
        }
    }
    let transfers = transfers.iter();
    lines.extend(transfers.map(|transfer| self::transfer(transfer, columns, style)));
    if lines.len() > rows {
        let hidden = lines.len() - rows.saturating_sub(1);
        lines.truncate(rows.saturating_sub(1));
        let more = format!("and {hidden} more lines");
        lines.push(format!("   {}", style.paint(DIM, &more)));
    }
    lines
}

/// ` ↓ name ━━━━╌╌╌╌ 12.3MB of 45.6MB`.
fn transfer(transfer: &Transfer, columns: usize, style: Style) -> String {
    let detail = format!("{} of {}", bytes(transfer.done), bytes(transfer.size));
    let sign = if transfer.is_upload { "↑" } else { "↓" };
    if columns < BAR_FROM || transfer.size == 0 {
        return line((sign, BLUE), &transfer.name, &detail, columns, style);
    }
    let share = transfer.done.min(transfer.size) as f64 / transfer.size as f64;
    let done = (share * BAR as f64) as usize;
    let bar = style.paint(BLUE, &"━".repeat(done)) + &style.paint(DIM, &"╌".repeat(BAR - done));
    let room = columns.saturating_sub(5 + BAR + width(&detail));
    format!(
        " {} {} {bar} {}",
        style.paint(BLUE, sign),
        fit(&transfer.name, room),
        style.paint(DIM, &detail)
    )
}

fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1}s", time.as_secs_f64()),
        whole => format!("{}m{:02}s", whole / 60, whole % 60),
    }
}

/// What is written to show `lines` in place of those that were `drawn`, with `scrolled` above them. The cursor stands
/// below the last line before and after. Nothing is erased that is written again at once, so that nothing flickers.
pub(super) fn update(
    drawn: &[String],
    scrolled: &[String],
    lines: &[String],
    columns: usize,
) -> String {
    let mut text = String::from(BEGIN_UPDATE);
    let up = rows(drawn, columns);
    if up > 0 {
        text.push_str(&format!("\x1b[{up}A\r"));
    }
    if !scrolled.is_empty() {
        // these may be wider than the terminal, and do not end where older ones did
        text.push_str(ERASE_BELOW);
    }
    for line in scrolled {
        text.push_str(line);
        text.push('\n');
    }
    for line in lines {
        text.push_str(line);
        text.push_str(ERASE_TO_END_OF_LINE);
        text.push('\n');
    }
    if up > lines.len() && scrolled.is_empty() {
        text.push_str(ERASE_BELOW);
    }
    text.push_str(END_UPDATE);
    text
}

/// How many rows lines take that may be wider than the terminal has become.
fn rows(lines: &[String], columns: usize) -> usize {
    let rows_of = |line: &String| painted_width(line).div_ceil(columns.max(1)).max(1);
    lines.iter().map(rows_of).sum()
}

/// The columns of a painted line.
fn painted_width(line: &str) -> usize {
    width(&super::text::visible(line.as_bytes()))
}

#[cfg(test)]
mod tests;
