//! Numbers of bytes and of things, as messages show them. Never rounds a number that a reader could count.

/// `712 bytes`, `1.4 MB`; powers of 1000, as registries count.
pub(crate) fn bytes(count: u64) -> String {
    let scaled =
        |unit: u64, name: &str| format!("{}.{} {name}", count / unit, count % unit * 10 / unit);
    match count {
        1 => "1 byte".into(),
        0..1_000 => format!("{count} bytes"),
        1_000..1_000_000 => scaled(1_000, "kB"),
        1_000_000..1_000_000_000 => scaled(1_000_000, "MB"),
        _ => scaled(1_000_000_000, "GB"),
    }
}

/// `1 file`, `3 files`.
pub(crate) fn count(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    }
}

/// The first of several texts, and how many more there are: `a, b and 7 more`.
pub(crate) fn some(texts: &[String], most: usize) -> String {
    let shown = texts
        .iter()
        .take(most)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match texts.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [0, 1, 999, 1_499, 1_450_000, 2_000_000_000].map(bytes),
            [
                "0 bytes",
                "1 byte",
                "999 bytes",
                "1.4 kB",
                "1.4 MB",
                "2.0 GB"
            ]
        );
        assert_eq!([count(1, "file"), count(2, "file")], ["1 file", "2 files"]);
        let texts = ["a", "b", "c"].map(str::to_string);
        assert_eq!(
            [some(&texts, 3), some(&texts, 1)],
            ["a, b, c", "a and 2 more"]
        );
    }
}
