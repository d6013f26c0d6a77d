//! How long ago something was, and how long it lasts, in docker's words.

/// `seconds` as `3 minutes ago`.
pub(crate) fn ago(seconds: u64) -> String {
    format!("{} ago", lasting(seconds))
}

/// `seconds` as `3 minutes`.
pub(crate) fn lasting(seconds: u64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let days = hours / 24;
    match () {
        () if seconds < 1 => "Less than a second".into(),
        () if seconds == 1 => "1 second".into(),
        () if seconds < 60 => format!("{seconds} seconds"),
        () if minutes == 1 => "About a minute".into(),
        () if minutes < 60 => format!("{minutes} minutes"),
        () if hours == 1 => "About an hour".into(),
        () if hours < 48 => format!("{hours} hours"),
        () if days < 14 => format!("{days} days"),
        () if days < 60 => format!("{} weeks", days / 7),
        () if days < 730 => format!("{} months", days / 30),
        () => format!("{} years", days / 365),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn ages_are_told_as_docker_tells_them() {
        let day = 24 * 3600;
        let cases = [
            (0, "Less than a second ago"),
            (1, "1 second ago"),
            (59, "59 seconds ago"),
            (119, "About a minute ago"),
            (180, "3 minutes ago"),
            (3600, "About an hour ago"),
            (47 * 3600, "47 hours ago"),
            (13 * day, "13 days ago"),
            (30 * day, "4 weeks ago"),
            (90 * day, "3 months ago"),
            (800 * day, "2 years ago"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(super::ago(seconds), expected);
        }
    }
}
