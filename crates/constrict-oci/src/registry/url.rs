//! Absolute http and https URLs and what `Location` headers make of them. Never resolves a name.
//!
//! Source: RFC 3986, as far as registries use it. `Display` leaves the query out: signed URLs carry secrets there.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// The two ways to speak HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    fn port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// An absolute URL without user, password and fragment.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) scheme: Scheme,
    /// `host[:port]`
    pub(crate) authority: String,
    /// Begins with `/`.
    path: String,
    /// Without `?`; empty is none.
    query: String,
}

impl Url {
    pub(crate) fn new(scheme: Scheme, authority: &str, path: &str) -> Url {
        Url {
            scheme,
            authority: authority.to_owned(),
            path: path.to_owned(),
            query: String::new(),
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Url, &'static str> {
        let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
        let (scheme, rest) = if lower.starts_with("https://") {
            (Scheme::Https, &text[8..])
        } else if lower.starts_with("http://") {
            (Scheme::Http, &text[7..])
        } else {
            return Err("it is neither an http nor an https URL");
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        check_authority(authority)?;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        if !(path.bytes().chain(query.bytes())).all(|byte| byte.is_ascii_graphic()) {
            return Err("it has a blank or a character outside ASCII");
        }
        Ok(Url {
            scheme,
            authority: authority.to_ascii_lowercase(),
            path: if path.is_empty() { "/" } else { path }.to_owned(),
            query: query.to_owned(),
        })
    }

    /// What a `Location` header means in the answer to this URL.
    pub(crate) fn join(&self, location: &str) -> Result<Url, &'static str> {
        let location = location.trim();
        let base = format!("{}://{}", self.scheme.as_str(), self.authority);
        let path_end = location.find(['/', '?', '#']).unwrap_or(location.len());
        if location[..path_end].contains(':') {
            Url::parse(location)
        } else if location.starts_with("//") {
            Url::parse(&format!("{}:{location}", self.scheme.as_str()))
        } else if location.starts_with('/') {
            Url::parse(&format!("{base}{location}"))
        } else if location.starts_with('?') {
            Url::parse(&format!("{base}{}{location}", self.path))
        } else {
            let folder = &self.path[..=self.path.rfind('/').unwrap_or(0)];
            Url::parse(&format!("{base}{folder}{location}"))
        }
    }

    /// Adds `name=value` to the query.
    pub(crate) fn add_query(&mut self, name: &str, value: &str) {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        self.query.push_str(name);
        self.query.push('=');
        self.query.push_str(&percent_encode(value));
    }

    /// As it goes to the server.
    pub(crate) fn to_request(&self) -> String {
        let mut text = self.to_string();
        if !self.query.is_empty() {
            text.push('?');
            text.push_str(&self.query);
        }
        text
    }

    /// The host without port and brackets.
    pub(crate) fn host(&self) -> &str {
        host_of(&self.authority)
    }

    /// Whether both go to the same server: scheme, host and port.
    pub(crate) fn same_origin(&self, other: &Url) -> bool {
        let port = |url: &Url| port_of(&url.authority).unwrap_or(url.scheme.port());
        self.scheme == other.scheme
            && self.host().eq_ignore_ascii_case(other.host())
            && port(self) == port(other)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}://{}{}",
            self.scheme.as_str(),
            self.authority,
            self.path
        )
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Refuses what is not `host[:port]`, a user with or without password above all.
pub(crate) fn check_authority(authority: &str) -> Result<(), &'static str> {
    if authority.contains('@') {
        return Err("it has a user name in it");
    }
    let host = host_of(authority);
    let rest = match authority.strip_prefix('[') {
        Some(inner) => {
            let (address, rest) = inner.split_once(']').ok_or("a `]` is missing")?;
            address
                .parse::<std::net::Ipv6Addr>()
                .map_err(|_| "the address in brackets is not IPv6")?;
            rest
        }
        None => &authority[host.len()..],
    };
    if !rest.is_empty() && rest.strip_prefix(':').and_then(parse_port).is_none() {
        return Err("the port is not a number");
    }
    let valid =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':');
    if host.is_empty() || !host.bytes().all(valid) {
        return Err("the host is not valid");
    }
    Ok(())
}

fn parse_port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn port_of(authority: &str) -> Option<u16> {
    let (before, port) = authority.rsplit_once(':')?;
    // in `[::1]` the last colon is the address's
    (!before.starts_with('[') || before.ends_with(']'))
        .then(|| parse_port(port))
        .flatten()
}

fn host_of(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// Whether a host is this machine, as docker understands it: `localhost`, 127.0.0.0/8, `::1`.
pub(crate) fn is_loopback(authority: &str) -> bool {
    let host = host_of(authority);
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Whether a host is an address of the link, where clouds serve their metadata.
/// Where an answer of `from` (without user and password) with this `Location` leads: an http or https address, and not
/// one of the link that only this machine can reach, unless `from` is one already.
///
/// # Errors
/// Why it must not be followed, as a clause.
pub fn redirected(from: &str, location: &str) -> Result<String, String> {
    let from = Url::parse(from)?;
    let to = from.join(location)?;
    if is_link_local(&to.authority) && !is_link_local(&from.authority) {
        return Err(format!("`{to}` is a link-local address"));
    }
    Ok(to.to_request())
}

pub(crate) fn is_link_local(authority: &str) -> bool {
    let host = host_of(authority).trim_end_matches('.');
    let address = host.parse::<IpAddr>().ok();
    let address = address.or_else(|| numbers_and_dots(host).map(IpAddr::V4));
    address.is_some_and(|address| match address.to_canonical() {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    })
}

/// The address that resolvers take a host for which is no name, as inet_aton(3) has it: `0xa9fea9fe`, `169.16689662`.
fn numbers_and_dots(host: &str) -> Option<Ipv4Addr> {
    let number = |part: &str| match part.as_bytes() {
        [b'0', b'x' | b'X', ..] => u32::from_str_radix(&part[2..], 16).ok(),
        [b'0', _, ..] => u32::from_str_radix(part, 8).ok(),
        _ => part.parse().ok(),
    };
    let parts: Vec<u32> = host.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) {
        return None;
    }
    // the last part fills what the others leave
    let left = 8 * (4 - first.len() as u32);
    if left < 32 && *last >= 1 << left {
        return None;
    }
    let high = first
        .iter()
        .fold(0, |address: u32, part| (address << 8) | part);
    Some(Ipv4Addr::from(high.checked_shl(left).unwrap_or(0) | last))
}

/// A value in a query or a form.
pub(crate) fn percent_encode(value: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_local_addresses_are_known_in_every_notation() {
        for host in [
            "169.254.169.254",
            "169.254.169.254:80",
            "169.254.169.254.",
            "2852039166",
            "0xa9fea9fe",
            "0xA9.254.0251.0376",
            "169.16689662",
            "169.254.43518",
            "[fe80::1]:80",
            "[::ffff:169.254.169.254]",
        ] {
            assert!(is_link_local(host), "{host}");
        }
        for host in [
            "127.0.0.1",
            "169.253.1.1",
            "example.com",
            "10",
            "0x",
            "1.2.3.4.5",
            "169.254.70000",
            "256.1",
            "a9fea9fe",
            "[::1]",
            "",
        ] {
            assert!(!is_link_local(host), "{host}");
        }
        let from = "https://example.com/a/b";
        assert_eq!(
            redirected(from, "c?d"),
            Ok("https://example.com/a/c?d".into())
        );
        assert!(redirected(from, "http://0xa9fea9fe/").is_err());
        assert!(redirected(from, "file:///etc/passwd").is_err());
    }

    #[test]
    fn locations_of_every_form_are_joined() {
        let base = Url::parse("https://r.example:444/v2/a/blobs/uploads/").expect("valid");
        let cases = [
            ("/v2/x?s=1", "https://r.example:444/v2/x?s=1"),
            ("abc", "https://r.example:444/v2/a/blobs/uploads/abc"),
            ("?s=1", "https://r.example:444/v2/a/blobs/uploads/?s=1"),
            ("//cdn.example/b", "https://cdn.example/b"),
            ("http://cdn.example:80/b#f", "http://cdn.example:80/b"),
            ("HTTPS://CDN.example", "https://cdn.example/"),
        ];
        for (location, expected) in cases {
            let joined = base.join(location).map(|url| url.to_request());
            assert_eq!(joined.as_deref(), Ok(expected), "{location}");
        }
    }

    #[test]
    fn other_schemes_users_and_bad_hosts_are_refused() {
        let base = Url::parse("https://r.example/").expect("valid");
        for location in [
            "file:///etc/passwd",
            "ftp://x/y",
            "https://user:secret@x/",
            "https://",
            "https://x:99999/",
            "https://x/a b",
            "https://[::1/",
        ] {
            assert!(base.join(location).is_err(), "{location}");
        }
    }

    #[test]
    fn origins_differ_by_scheme_host_and_port() {
        let url = |text| Url::parse(text).expect("valid");
        assert!(url("https://a/x").same_origin(&url("https://A:443/y")));
        assert!(url("http://[::1]:80/").same_origin(&url("http://[::1]/")));
        assert!(!url("https://a/").same_origin(&url("http://a/")));
        assert!(!url("https://a/").same_origin(&url("https://a:8443/")));
        assert!(!url("https://a/").same_origin(&url("https://a.b/")));
    }

    #[test]
    fn loopback_is_localhost_127_and_one() {
        for host in [
            "localhost",
            "LOCALHOST:5000",
            "127.0.0.1",
            "127.9.9.9:1",
            "[::1]:5000",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "localhost.example",
            "128.0.0.1",
            "10.0.0.1:5000",
            "[::2]",
            "127.0.0.1.example",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn the_query_is_not_displayed() {
        let mut url = Url::parse("https://cdn.example/b?sig=secret").expect("valid");
        url.add_query("digest", "sha256:00");
        assert_eq!(
            url.to_request(),
            "https://cdn.example/b?sig=secret&digest=sha256%3A00"
        );
        assert_eq!(
            format!("{url} {url:?}"),
            "https://cdn.example/b https://cdn.example/b"
        );
    }
}
