//! The names of signals that STOPSIGNAL takes.

/// Linux's, without `SIG`.
const NAMES: [&str; 36] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL",
    "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP",
    "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
];

/// Whether a text is a signal: a number, a name with `SIG` or without, or a real-time signal.
pub(crate) fn is_known(text: &str) -> bool {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse::<u16>().is_ok_and(|number| number != 0);
    }
    let upper = text.to_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let offset = |prefix: &str, limit: u8| {
        let number = name
            .strip_prefix(prefix)
            .and_then(|rest| rest.parse::<u8>().ok());
        number.is_some_and(|number| (1..=limit).contains(&number))
    };
    NAMES.contains(&name) || offset("RTMIN+", 15) || offset("RTMAX-", 14)
}

#[cfg(test)]
mod tests {
    use super::is_known;

    #[test]
    fn signals_have_names_and_numbers() {
        for text in ["9", "SIGTERM", "term", "SIGRTMIN+3", "RTMAX-14"] {
            assert!(is_known(text), "{text}");
        }
        for text in ["", "0", "SIGNOSUCH", "RTMIN+16", "-1"] {
            assert!(!is_known(text), "{text}");
        }
    }
}
