//! Values as Go prints them: the texts of an image's history are BuildKit's, and BuildKit is written in Go.

use std::time::Duration;

/// `["a" "b"]`: `%q` of a list of strings.
pub(super) fn quoted_list<S: AsRef<str>>(list: &[S]) -> String {
    let quoted: Vec<String> = list.iter().map(|item| quote(item.as_ref())).collect();
    format!("[{}]", quoted.join(" "))
}

/// `[a b]`: `%v` of a list of strings.
pub(super) fn plain_list<S: AsRef<str>>(list: &[S]) -> String {
    let items: Vec<&str> = list.iter().map(AsRef::as_ref).collect();
    format!("[{}]", items.join(" "))
}

/// `"text"`: `%q` of a string (`strconv.Quote`).
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0b' => quoted.push_str("\\v"),
            '\x0c' => quoted.push_str("\\f"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => {
                quoted.push_str(&format!("\\x{:02x}", c as u32))
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// `'\x03'`: `%q` of a number, which Go takes for a character.
pub(super) fn quote_char(number: u32) -> String {
    match char::from_u32(number) {
        Some('\'') => "'\\''".into(),
        Some('\\') => "'\\\\'".into(),
        Some('"') => "'\"'".into(),
        Some(c) => {
            let quoted = quote(&c.to_string());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
        None => "'\u{fffd}'".into(),
    }
}

/// `1m30s`: a `time.Duration`.
pub(super) fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0s".into();
    }
    if nanos < 1_000_000_000 {
        let (unit, size) = [("ms", 1_000_000), ("µs", 1_000), ("ns", 1)]
            .into_iter()
            .find(|(_, size)| nanos >= *size)
            .expect("a nanosecond is the least");
        return format!("{}{unit}", decimal(nanos, size));
    }
    let seconds = nanos / 1_000_000_000;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let rest = decimal(nanos % 60_000_000_000, 1_000_000_000);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}

fn decimal(value: u128, unit: u128) -> String {
    let digits = unit.ilog10() as usize;
    let fraction = format!("{:0digits$}", value % unit);
    let fraction = if digits == 0 {
        ""
    } else {
        fraction.trim_end_matches('0')
    };
    if fraction.is_empty() {
        (value / unit).to_string()
    } else {
        format!("{}.{fraction}", value / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::{duration, quote, quote_char};
    use std::time::Duration;

    #[test]
    fn durations_print_as_in_go() {
        for (millis, expected) in [
            (0, "0s"),
            (5_000, "5s"),
            (90_000, "1m30s"),
            (3_600_000, "1h0m0s"),
            (1_500, "1.5s"),
            (100, "100ms"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn strings_print_as_in_go() {
        assert_eq!(quote("a \"b\"\n\\"), r#""a \"b\"\n\\""#);
        assert_eq!(quote_char(3), r"'\x03'");
        assert_eq!(quote_char(0), r"'\x00'");
        assert_eq!(quote_char(65), "'A'");
    }
}
