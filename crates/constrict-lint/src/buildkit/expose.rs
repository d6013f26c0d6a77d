//! EXPOSE: `[ip:][host:]port[-port][/protocol]`, read as BuildKit reads it.

use std::net::IpAddr;

/// A word of EXPOSE.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Port {
    /// An address or a port of the host stands before the port.
    pub(crate) is_mapped: bool,
    /// The protocol is not in lower case.
    pub(crate) is_shouted: bool,
    /// The first port and the last.
    pub(crate) range: Option<(u16, u16)>,
    /// Why BuildKit refuses it.
    pub(crate) wrong: Option<String>,
}

/// Reads a word whose variables are expanded.
pub(crate) fn parse(word: &str) -> Port {
    let (before, port) = word.rsplit_once(':').unwrap_or(("", word));
    let (address, host) = before.rsplit_once(':').unwrap_or(("", before));
    let (number, protocol) = port.split_once('/').unwrap_or((port, ""));
    let lower = protocol.to_lowercase();
    let range = range(number);
    let wrong = match () {
        () if number.is_empty() => Some("no port specified".to_owned()),
        () if !matches!(lower.as_str(), "" | "tcp" | "udp" | "sctp") => {
            Some(format!("invalid proto: {lower}"))
        }
        () if !is_address(address) => Some(format!("invalid IP address: {address}")),
        () if range.is_none() => Some(format!("invalid containerPort: {number}")),
        () if !host.is_empty() && self::range(host).is_none() => {
            Some(format!("invalid hostPort: {host}"))
        }
        () if !host.is_empty() && !is_pair(range, self::range(host)) => Some(format!(
            "invalid ranges specified for container and host Ports: {number} and {host}"
        )),
        () => None,
    };
    let is_readable = !number.is_empty() && matches!(lower.as_str(), "" | "tcp" | "udp" | "sctp");
    Port {
        is_mapped: is_readable && !(address.is_empty() && host.is_empty()),
        is_shouted: is_readable && lower != protocol,
        range,
        wrong,
    }
}

fn is_address(text: &str) -> bool {
    let inner = text
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'));
    text.is_empty() || inner.unwrap_or(text).parse::<IpAddr>().is_ok()
}

/// Whether a port can stand for one of several of the host, or each of several for one.
fn is_pair(ports: Option<(u16, u16)>, host: Option<(u16, u16)>) -> bool {
    let count = |range: Option<(u16, u16)>| range.map(|(first, last)| last - first);
    matches!(count(ports), Some(0)) || count(ports) == count(host)
}

fn range(text: &str) -> Option<(u16, u16)> {
    let number = |text: &str| {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| digits.parse().ok()).flatten()
    };
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(text)?, number(text)?),
    };
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_ranges_and_protocols_are_read() {
        let plain = |range| Port {
            is_mapped: false,
            is_shouted: false,
            range: Some(range),
            wrong: None,
        };
        assert_eq!(parse("80"), plain((80, 80)));
        assert_eq!(parse("80-90/udp"), plain((80, 90)));
        assert!(parse("80/TCP").is_shouted);
        assert!(parse("8080:80").is_mapped);
        assert!(parse("127.0.0.1:8080:80").is_mapped);
        assert_eq!(parse("[::1]:8080:80").wrong, None);
        assert_eq!(parse("80-90:1000").wrong, None);
        assert_eq!(parse("80-90:1000-1010").wrong, None);
        assert_eq!(parse("::80"), plain((80, 80)));
        assert_eq!(parse("+80"), plain((80, 80)));
    }

    #[test]
    fn what_buildkit_refuses_is_wrong() {
        let wrong = |word| parse(word).wrong.unwrap_or_default();
        assert_eq!(wrong("80/foo"), "invalid proto: foo");
        assert_eq!(wrong("/tcp"), "no port specified");
        assert_eq!(wrong("70000"), "invalid containerPort: 70000");
        assert_eq!(wrong("90-80"), "invalid containerPort: 90-80");
        assert_eq!(wrong("x:80"), "invalid hostPort: x");
        assert_eq!(
            wrong("80-85:1000-1010"),
            "invalid ranges specified for container and host Ports: 1000-1010 and 80-85"
        );
        assert_eq!(wrong("a:1:80"), "invalid IP address: a");
    }
}
