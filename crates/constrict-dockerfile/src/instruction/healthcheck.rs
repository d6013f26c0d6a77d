//! HEALTHCHECK, and durations in Go's syntax: `1h2m3.5s`, `250ms`.
//!
//! Never fills in a default: `None` and zero are the runtime's to read.

use std::time::Duration;

use super::parse::command;
use super::{Check, Command, Healthcheck};
use crate::error::{Error, Fact};
use crate::flag::{Takes, Values};
use crate::node::{Args, Node};

/// The least interval but none.
const LEAST: Duration = Duration::from_millis(1);

const FLAGS: &[(&str, Takes)] = &[
    ("interval", Takes::Text),
    ("timeout", Takes::Text),
    ("start-period", Takes::Text),
    ("start-interval", Takes::Text),
    ("retries", Takes::Text),
];

pub(super) fn parse(node: &Node) -> Result<Healthcheck, Error> {
    let fail = |fact| Error::new(fact, node.line.span);
    let Args::Typed(kind, args) = &node.args else {
        return Err(fail(Fact::AtLeastOneArgument("HEALTHCHECK")));
    };
    let command = command(args);
    let is_empty = match &command {
        Command::Exec(words) => words.is_empty(),
        Command::Shell(text) => text.is_empty(),
    };
    match kind.to_uppercase().as_str() {
        "" => return Err(fail(Fact::AtLeastOneArgument("HEALTHCHECK"))),
        "NONE" if is_empty => return Ok(Healthcheck::None),
        "NONE" => return Err(fail(Fact::HealthcheckNoneArguments)),
        _ => {}
    }
    let flags = Values::parse(&node.flags, FLAGS)?;
    match kind.to_uppercase().as_str() {
        "CMD" if is_empty => return Err(fail(Fact::HealthcheckWithoutCommand)),
        "CMD" => {}
        other => return Err(fail(Fact::HealthcheckType(other.to_owned()))),
    }
    let interval = |flag| {
        let span = flags.span(flag).unwrap_or(node.line.span);
        interval(flags.text(flag), flag).map_err(|fact| Error::new(fact, span))
    };
    let span = flags.span("retries").unwrap_or(node.line.span);
    Ok(Healthcheck::Check(Check {
        interval: interval("interval")?,
        timeout: interval("timeout")?,
        start_period: interval("start-period")?,
        start_interval: interval("start-interval")?,
        retries: retries(flags.text("retries")).map_err(|fact| Error::new(fact, span))?,
        command,
    }))
}

fn retries(value: Option<String>) -> Result<Option<u32>, Fact> {
    let Some(value) = value else { return Ok(None) };
    let number: i32 = value.parse().map_err(|_| Fact::Retries(value))?;
    u32::try_from(number)
        .map(Some)
        .map_err(|_| Fact::NegativeRetries(number))
}

fn interval(value: Option<String>, flag: &'static str) -> Result<Option<Duration>, Fact> {
    let Some(value) = value else { return Ok(None) };
    let nanoseconds = duration(&value).map_err(|reason| Fact::Duration {
        flag,
        value,
        reason,
    })?;
    match u64::try_from(nanoseconds).map(Duration::from_nanos) {
        Ok(length) if length.is_zero() || length >= LEAST => Ok(Some(length)),
        _ => Err(Fact::ShortInterval(flag)),
    }
}

/// Nanoseconds of a duration in Go's syntax.
fn duration(text: &str) -> Result<i64, &'static str> {
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err("no number");
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(
            rest.find(|ch: char| !ch.is_ascii_digit() && ch != '.')
                .unwrap_or(rest.len()),
        );
        let (unit, after) = after.split_at(
            after
                .find(|ch: char| ch.is_ascii_digit() || ch == '.')
                .unwrap_or(after.len()),
        );
        total += nanoseconds(number, unit)?;
        if total > i128::from(i64::MAX) {
            return Err("too long");
        }
        rest = after;
    }
    let total = i64::try_from(total).map_err(|_| "too long")?;
    Ok(if negative { -total } else { total })
}

fn nanoseconds(number: &str, unit: &str) -> Result<i128, &'static str> {
    let scale: i128 = match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "" => return Err("missing unit"),
        _ => return Err("unknown unit"),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return Err("no number");
    }
    // more digits than these say nothing of a nanosecond
    let fraction = &fraction[..fraction.len().min(15)];
    let digits = |text: &str| {
        if text.is_empty() {
            Ok(0)
        } else {
            text.parse::<i128>().map_err(|_| "too long")
        }
    };
    let whole = digits(whole)?.checked_mul(scale).ok_or("too long")?;
    let divisor = (0..fraction.len()).fold(1, |divisor: i128, _| divisor * 10);
    Ok(whole.saturating_add(digits(fraction)? * scale / divisor))
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_gos() {
        assert_eq!(duration("1h2m3.5s"), Ok(3_723_500_000_000));
        assert_eq!(duration("250ms"), Ok(250_000_000));
        assert_eq!(duration("1.5us"), Ok(1_500));
        assert_eq!(duration(".5s"), Ok(500_000_000));
        assert_eq!(duration("-1s"), Ok(-1_000_000_000));
        assert_eq!(duration("0"), Ok(0));
        assert_eq!(duration("1"), Err("missing unit"));
        assert_eq!(duration("1x"), Err("unknown unit"));
        assert_eq!(duration(""), Err("no number"));
        assert_eq!(duration("s"), Err("no number"));
        assert_eq!(duration("9999999h"), Err("too long"));
    }
}
