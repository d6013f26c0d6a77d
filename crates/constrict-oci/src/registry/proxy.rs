//! Which proxy a request goes through. Loopback never goes through one.
//!
//! Variables as curl and Go read them: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, lower case first.

use std::env;
use std::fmt;
use std::net::IpAddr;

use super::url::{Scheme, Url, is_loopback};
use super::{Error, Result};

/// The proxies of this machine's network. `Debug` shows no user and password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For plain HTTP.
    pub http: Option<String>,
    /// For HTTPS.
    pub https: Option<String>,
    /// Hosts, domains, addresses and networks that are reached directly, separated by commas; `*` is every host.
    pub no_proxy: String,
}

impl Proxies {
    /// What the environment says.
    pub fn from_environment() -> Proxies {
        let variable = |names: [&str; 2]| {
            let values = names.iter().filter_map(|name| env::var(name).ok());
            values.into_iter().find(|value| !value.is_empty())
        };
        let all = variable(["all_proxy", "ALL_PROXY"]);
        Proxies {
            http: variable(["http_proxy", "HTTP_PROXY"]).or_else(|| all.clone()),
            https: variable(["https_proxy", "HTTPS_PROXY"]).or(all),
            no_proxy: variable(["no_proxy", "NO_PROXY"]).unwrap_or_default(),
        }
    }

    fn bypasses(&self, url: &Url) -> bool {
        is_loopback(&url.authority)
            || self
                .no_proxy
                .split(',')
                .any(|rule| matches(rule.trim(), url))
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |proxy: &Option<String>| {
            let host = proxy.as_deref().map(|proxy| proxy.rsplit('@').next());
            host.flatten().map(str::to_owned)
        };
        f.debug_struct("Proxies")
            .field("http", &shown(&self.http))
            .field("https", &shown(&self.https))
            .field("no_proxy", &self.no_proxy)
            .finish()
    }
}

/// The proxies in the form that requests take.
pub(crate) struct Routes {
    http: Option<ureq::Proxy>,
    https: Option<ureq::Proxy>,
    rules: Proxies,
}

impl Routes {
    pub(crate) fn new(proxies: &Proxies) -> Result<Routes> {
        let parse = |proxy: &Option<String>, variable| {
            let proxy = proxy.as_deref().map(ureq::Proxy::new).transpose();
            proxy.map_err(|_| Error::Proxy { variable })
        };
        Ok(Routes {
            http: parse(&proxies.http, "HTTP_PROXY")?,
            https: parse(&proxies.https, "HTTPS_PROXY")?,
            rules: proxies.clone(),
        })
    }

    pub(crate) fn to(&self, url: &Url) -> Option<ureq::Proxy> {
        if self.rules.bypasses(url) {
            return None;
        }
        match url.scheme {
            Scheme::Http => self.http.clone(),
            Scheme::Https => self.https.clone(),
        }
    }
}

/// One entry of `NO_PROXY`: `host`, `.domain`, `*.domain`, `address`, `network/bits`, each with or without a port.
fn matches(rule: &str, url: &Url) -> bool {
    if rule.is_empty() {
        return false;
    }
    if rule == "*" || rule.eq_ignore_ascii_case(&url.authority) {
        return true;
    }
    let host = url.host();
    if let (Some((network, bits)), Ok(address)) = (rule.split_once('/'), host.parse::<IpAddr>()) {
        return in_network(network, bits, address);
    }
    let rule = rule.trim_start_matches('*').trim_start_matches('.');
    let rule = rule.trim_matches(['[', ']']).to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    match host.strip_suffix(&rule) {
        Some(before) => !rule.is_empty() && (before.is_empty() || before.ends_with('.')),
        None => false,
    }
}

fn in_network(network: &str, bits: &str, address: IpAddr) -> bool {
    let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else {
        return false;
    };
    let same = |a: u128, b: u128, width: u32| {
        bits <= width && (bits == 0 || (a ^ b) >> (width - bits) == 0)
    };
    match (network, address) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(u32::from(a).into(), u32::from(b).into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.into(), b.into(), 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn direct(no_proxy: &str, url: &str) -> bool {
        let proxies = Proxies {
            http: Some("http://user:secret@proxy.example:3128".into()),
            https: Some("http://proxy.example:3128".into()),
            no_proxy: no_proxy.into(),
        };
        let url = Url::parse(url).expect("valid");
        Routes::new(&proxies).expect("valid").to(&url).is_none()
    }

    #[test]
    fn loopback_is_never_proxied() {
        assert!(direct("", "http://127.0.0.1:5000/"));
        assert!(direct("", "https://localhost/"));
        assert!(!direct("", "https://r.example/"));
    }

    #[test]
    fn no_proxy_names_hosts_domains_ports_and_networks() {
        for (rule, url) in [
            ("r.example", "https://r.example/"),
            ("other, example", "https://r.example/"),
            (".example", "https://r.example:5000/"),
            ("*.example", "https://r.example/"),
            ("r.example:5000", "https://r.example:5000/"),
            ("10.0.0.0/8", "https://10.1.2.3/"),
            ("fd00::/8", "http://[fd12::1]:80/"),
            ("*", "https://r.example/"),
        ] {
            assert!(direct(rule, url), "{rule} {url}");
        }
        for (rule, url) in [
            ("xample", "https://r.example/"),
            ("r.example:5000", "https://r.example:5001/"),
            ("10.0.0.0/8", "https://11.1.2.3/"),
            ("10.0.0.0/99", "https://11.1.2.3/"),
        ] {
            assert!(!direct(rule, url), "{rule} {url}");
        }
    }

    #[test]
    fn debug_shows_no_password() {
        let proxies = Proxies {
            https: Some("http://user:secret@proxy.example".into()),
            ..Proxies::default()
        };
        assert!(!format!("{proxies:?}").contains("secret"));
    }
}
