//! Progress on standard error: live on a terminal, lines as BuildKit's plain mode has them elsewhere, or JSON.

mod attempts;
mod frame;
mod live;
mod plain;
mod raw;
mod tally;
pub(crate) mod text;

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use constrict_build::Observer;
use constrict_build::export::image::Image;
use constrict_oci::Reference;

use crate::arguments::ProgressMode;
use crate::render::style::Style;
pub(crate) use tally::is_step;

/// Shows progress, and what came of it.
pub(crate) trait Show: Observer {
    /// An attempt with this Dockerfile begins: notices point into it, and what was said of one before is not repeated.
    fn begin(&self, file: &str, text: &[u8]);
    /// One quiet summary at the end.
    fn summary(&self, image: &Image, tags: &[Reference]);
    /// What the check at the end of a build found, in lines.
    fn findings(&self, text: &str);
}

/// The display on the terminal, if there is one.
static LIVE: OnceLock<Arc<live::Live>> = OnceLock::new();

/// The display for programs, if it was asked for.
static RAW: OnceLock<Arc<raw::Raw>> = OnceLock::new();

/// The way to show that was asked for. To be called once.
pub(crate) fn observer(mode: ProgressMode, quiet: bool) -> Arc<dyn Show> {
    match mode {
        ProgressMode::RawJson if !quiet => RAW.get_or_init(raw::Raw::start).clone(),
        ProgressMode::Auto if !quiet && is_terminal() => {
            LIVE.get_or_init(|| live::Live::start(style())).clone()
        }
        _ => Arc::new(plain::Plain::new(quiet)),
    }
}

fn is_set(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Whether standard error is a terminal that can be written to anywhere.
fn is_terminal() -> bool {
    std::io::stderr().is_terminal() && is_set("TERM").is_some_and(|term| term != "dumb")
}

/// Whether standard error takes colours.
pub(crate) fn colour() -> bool {
    is_terminal() && is_set("NO_COLOR").is_none()
}

/// The columns for a line on standard error, if it is a terminal.
pub(crate) fn columns() -> Option<usize> {
    std::io::stderr().is_terminal().then(live::columns)
}

/// How messages on standard error are coloured.
pub(crate) fn style() -> Style {
    match colour() {
        true => Style::Colour,
        false => Style::Plain,
    }
}

/// Says why the program fails; as JSON where progress is.
pub(crate) fn error(text: &str, status: u8) {
    match RAW.get() {
        Some(raw) => raw.error(text, status),
        // if nobody reads it, the exit status still tells
        None => drop(std::io::stderr().write_all(text.as_bytes())),
    }
}

/// A line about what was done, when the display has ended; as JSON where progress is.
pub(crate) fn note(line: &str) {
    match RAW.get() {
        Some(raw) => raw.findings(line),
        // nobody reads it: then there is nobody to tell
        None => drop(std::io::stderr().write_all(format!("{line}\n").as_bytes())),
    }
}

/// Ends the display, so that something else can be written.
pub(crate) fn close() {
    if let Some(live) = LIVE.get() {
        live.close();
    }
}

/// Set when nothing more is to be shown.
static IS_SILENT: AtomicBool = AtomicBool::new(false);

/// Ends the display for good: what still fails because the program is being interrupted is no news.
pub(crate) fn silence() {
    close();
    IS_SILENT.store(true, Ordering::SeqCst);
}

fn is_silent() -> bool {
    IS_SILENT.load(Ordering::SeqCst)
}

/// A message of the system without the numbers that only help programs.
pub(crate) fn without_numbers(message: &str) -> String {
    let mut parts = message.split(" (os error ");
    let mut text = parts.next().unwrap_or_default().to_string();
    for part in parts {
        text.push_str(
            part.trim_start_matches(|c: char| c.is_ascii_digit())
                .strip_prefix(')')
                .unwrap_or(part),
        );
    }
    text
}

/// Bytes for people, in units of 1000 as docker shows them.
pub(crate) fn bytes(count: u64) -> String {
    let mut value = count as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 999.5 {
            return match (unit, value) {
                ("B", _) | (_, 99.95..) => format!("{value:.0}{unit}"),
                (_, 9.995..) => format!("{value:.1}{unit}"),
                _ => format!("{value:.2}{unit}"),
            };
        }
        value /= 1000.0;
    }
    format!("{value:.2}TB")
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_of_system_errors_are_left_out() {
        let text = "no `/x` (Permission denied (os error 13)): no y (os error 2)";
        let expected = "no `/x` (Permission denied): no y";
        assert_eq!(super::without_numbers(text), expected);
    }

    #[test]
    fn bytes_have_three_digits() {
        let shown = [
            0,
            18,
            999,
            1000,
            2_690_000,
            24_500_000,
            361_200_000,
            999_700_000,
            1_234_000_000_000,
        ];
        assert_eq!(
            shown.map(super::bytes),
            [
                "0B", "18B", "999B", "1.00kB", "2.69MB", "24.5MB", "361MB", "1.00GB", "1.23TB"
            ]
        );
    }
}
