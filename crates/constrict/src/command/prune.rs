//! `constrict prune` and `constrict system prune`: frees what no image with a name needs.

use std::io::{IsTerminal, Write as _};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use constrict_build::store::prune::{Freed, Scope};

use crate::arguments::Prune;
use crate::failure::Failure;
use crate::progress::bytes;
use crate::session;

/// Asks, deletes, says what was freed.
pub(crate) fn run(arguments: &Prune) -> Result<ExitCode, Failure> {
    let scope = Scope {
        containers: !arguments.keep_containers,
        images: true,
        named: arguments.all,
        cache: true,
        before: before(&arguments.filter)?,
    };
    carry_out(&scope, arguments.force, arguments.dry_run)
}

/// The same for a scope.
pub(super) fn carry_out(scope: &Scope, force: bool, dry: bool) -> Result<ExitCode, Failure> {
    if !force && !dry && !agreed(scope)? {
        return Ok(ExitCode::SUCCESS);
    }
    let store = session::own_store()?;
    let freed = store.prune(scope, dry)?;
    session::print(&told(&freed, dry));
    if freed.busy {
        eprintln!("warning: a build uses the store: layers and cache stay until it has ended");
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks on a terminal; without one, `--force` has to say yes.
fn agreed(scope: &Scope) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage_with_hint(
            "nobody is there to be asked",
            "constrict prune --force",
        ));
    }
    let images = match (scope.images, scope.named) {
        (false, _) => "",
        (true, true) => "all images that no container uses",
        (true, false) => "images without a name",
    };
    let containers = match scope.containers {
        true => "containers that have ended",
        false => "",
    };
    let rest = match scope.cache {
        true => "layers, cache and packages that nothing needs",
        false => "",
    };
    let parts: Vec<&str> = [containers, images, rest]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    eprint!("This removes {}. Go on? [y/N] ", parts.join(", "));
    // an answer that cannot be read is no
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    Ok(read.is_ok() && ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

fn told(freed: &Freed, dry: bool) -> String {
    let mut text = String::new();
    let mut list = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            text.push_str(&format!("{title}:\n{}\n\n", lines.join("\n")));
        }
    };
    list(
        "Removed containers",
        freed.containers.iter().map(ToString::to_string).collect(),
    );
    list("Removed names", freed.names.clone());
    list(
        "Removed images",
        freed.images.iter().map(ToString::to_string).collect(),
    );
    let parts = freed.bytes.iter().filter(|(_, size)| **size > 0);
    list(
        "Removed files",
        parts
            .map(|(what, size)| format!("{what}: {}", bytes(*size)))
            .collect(),
    );
    let verb = if dry {
        "Would be freed"
    } else {
        "Total reclaimed space"
    };
    format!("{text}{verb}: {}\n", bytes(freed.total()))
}

/// The time before which things are old: `until=24h`, `until=2026-01-31T12:00:00Z`, `until=1760000000`.
pub(super) fn before(filters: &[String]) -> Result<Option<SystemTime>, Failure> {
    let mut before = None;
    for filter in filters {
        let Some(value) = filter.strip_prefix("until=") else {
            return Err(Failure::usage(format!(
                "`--filter {filter}` is not known: until=24h is"
            )));
        };
        let time = point_in_time(value)?;
        before = Some(before.map_or(time, |known: SystemTime| known.min(time)));
    }
    Ok(before)
}

/// A time that has been: `24h` ago, `2026-01-31T12:00:00Z`, `1760000000`.
pub(super) fn point_in_time(text: &str) -> Result<SystemTime, Failure> {
    duration(text)
        .and_then(|ago| SystemTime::now().checked_sub(ago))
        .or_else(|| point(text))
        .ok_or_else(|| Failure::usage(format!("`{text}` is no time: 24h, 2026-01-31T12:00:00Z")))
}

/// `1h30m`, as Go writes durations; days too.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit = rest[end..]
            .find(|letter: char| letter.is_ascii_digit())
            .map_or(rest.len(), |at| end + at);
        total += number
            * match &rest[end..unit] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "d" => 86400.0,
                _ => return None,
            };
        rest = &rest[unit..];
    }
    (!text.is_empty())
        .then(|| Duration::try_from_secs_f64(total).ok())
        .flatten()
}

/// Seconds since 1970, a day, or RFC 3339.
fn point(text: &str) -> Option<SystemTime> {
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => constrict_build::time::rfc3339(text)?,
    };
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{duration, point};

    #[test]
    fn times_are_durations_and_points() {
        let seconds = |text| duration(text).map(|duration| duration.as_secs());
        assert_eq!(seconds("24h"), Some(86_400));
        assert_eq!(seconds("1h30m"), Some(5_400));
        assert_eq!(seconds("7d"), Some(604_800));
        assert_eq!(seconds("12"), None);
        assert_eq!(seconds("x"), None);
        assert_eq!(seconds(""), None);
        let at = |text| point(text).map(|time| time.duration_since(std::time::UNIX_EPOCH).unwrap());
        assert_eq!(at("1700000000"), Some(Duration::from_secs(1_700_000_000)));
        assert_eq!(
            at("1970-01-02T00:00:00Z"),
            Some(Duration::from_secs(86_400))
        );
        assert_eq!(at("1970-01-02"), Some(Duration::from_secs(86_400)));
        assert_eq!(at("soon"), None);
    }
}
