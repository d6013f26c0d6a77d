//! Which servers are asked for an image of a registry, in order, and how. Never connects to one.

use std::fmt;

use super::url::{Scheme, Url, check_authority, is_loopback};
use super::{Error, Options, Result};

/// Where `docker.io` really is.
const DOCKER_HUB: &str = "registry-1.docker.io";

/// A server that has copies of another registry's images: `host[:port][/path]` or an http(s) URL.
///
/// A path goes between `/v2/` and the repository, as BuildKit and podman put it (`harbor.example/hub` is asked for
/// `/v2/hub/library/python`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    scheme: Option<Scheme>,
    authority: String,
    /// Without slashes at its ends.
    prefix: String,
}

impl Mirror {
    /// Reads the address of a mirror.
    pub fn parse(text: &str) -> Result<Mirror> {
        let fault = |reason| Error::Mirror {
            text: text.rsplit('@').next().unwrap_or_default().to_owned(),
            reason,
        };
        let lower = text.to_ascii_lowercase();
        let (scheme, rest) = if lower.starts_with("https://") {
            (Some(Scheme::Https), &text[8..])
        } else if lower.starts_with("http://") {
            (Some(Scheme::Http), &text[7..])
        } else if text.contains("://") {
            return Err(fault("it is neither an http nor an https URL"));
        } else {
            (None, text)
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        check_authority(authority).map_err(fault)?;
        let path = path.trim_matches('/');
        let prefix = match path.strip_prefix("v2") {
            Some(below) if below.is_empty() || below.starts_with('/') => below.trim_matches('/'),
            _ => path,
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/~".contains(&byte);
        if !prefix.bytes().all(plain) || prefix.split('/').any(|part| part == "..") {
            return Err(fault("its path is not one of a repository"));
        }
        Ok(Mirror {
            scheme,
            authority: authority.to_ascii_lowercase(),
            prefix: prefix.to_owned(),
        })
    }
}

impl fmt::Display for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = self.scheme {
            write!(f, "{}://", scheme.as_str())?;
        }
        f.write_str(&self.authority)?;
        match self.prefix.as_str() {
            "" => Ok(()),
            prefix => write!(f, "/{prefix}"),
        }
    }
}

/// With or without TLS, or as the server likes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speech {
    Only(Scheme),
    /// On this machine: TLS if the server speaks it, else plain, as docker does.
    Either,
}

/// One server that may have the images of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) speech: Speech,
    pub(crate) authority: String,
    prefix: String,
    /// The name that its credentials are filed under.
    pub(crate) account: String,
}

impl Endpoint {
    /// The registry itself, for a push and after its mirrors.
    pub(crate) fn of_registry(registry: &str, options: &Options) -> Endpoint {
        let authority = if registry == "docker.io" {
            DOCKER_HUB
        } else {
            registry
        };
        Endpoint {
            speech: speech(registry, authority, options),
            authority: authority.to_ascii_lowercase(),
            prefix: String::new(),
            account: registry.to_owned(),
        }
    }

    fn of_mirror(mirror: &Mirror, options: &Options) -> Endpoint {
        let authority = &mirror.authority;
        let speech = mirror
            .scheme
            .map_or_else(|| speech(authority, authority, options), Speech::Only);
        Endpoint {
            speech,
            authority: authority.clone(),
            prefix: mirror.prefix.clone(),
            account: authority.clone(),
        }
    }

    /// All that are asked for an image of `registry`, in order.
    pub(crate) fn all(registry: &str, options: &Options) -> Vec<Endpoint> {
        let mirrors = options.hosts.get(registry).map(|host| &host.mirrors);
        let mirrors = mirrors.into_iter().flatten();
        let mut endpoints: Vec<Endpoint> = mirrors
            .map(|mirror| Endpoint::of_mirror(mirror, options))
            .collect();
        endpoints.push(Endpoint::of_registry(registry, options));
        endpoints
    }

    /// The repository as this server names it.
    pub(crate) fn repository(&self, repository: &str) -> String {
        match self.prefix.as_str() {
            "" => repository.to_owned(),
            prefix => format!("{prefix}/{repository}"),
        }
    }

    /// `/v2/<repository>/<rest>` on this server.
    pub(crate) fn url(&self, scheme: Scheme, repository: &str, rest: &str) -> Url {
        let path = format!("/v2/{}/{rest}", self.repository(repository));
        Url::new(scheme, &self.authority, &path)
    }
}

fn speech(name: &str, authority: &str, options: &Options) -> Speech {
    if options.hosts.get(name).is_some_and(|host| host.http) {
        Speech::Only(Scheme::Http)
    } else if is_loopback(authority) {
        Speech::Either
    } else {
        Speech::Only(Scheme::Https)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.authority)?;
        match self.prefix.as_str() {
            "" => Ok(()),
            prefix => write!(f, "/{prefix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::HostConfig;
    use super::*;

    fn options(name: &str, mirrors: &[&str]) -> Options {
        let mirrors = mirrors
            .iter()
            .map(|text| Mirror::parse(text).expect("valid"));
        let host = HostConfig {
            mirrors: mirrors.collect(),
            ..HostConfig::default()
        };
        Options {
            hosts: [(name.to_owned(), host)].into(),
            ..Options::default()
        }
    }

    #[test]
    fn mirrors_come_before_the_registry_and_keep_their_path() {
        let options = options(
            "docker.io",
            &[
                "127.0.0.1:5100",
                "https://harbor.example/v2/hub/",
                "http://plain.example/a/b",
            ],
        );
        let urls: Vec<String> = Endpoint::all("docker.io", &options)
            .iter()
            .map(|endpoint| {
                let scheme = match endpoint.speech {
                    Speech::Only(scheme) => scheme,
                    Speech::Either => Scheme::Http,
                };
                endpoint
                    .url(scheme, "library/python", "tags/list")
                    .to_string()
            })
            .collect();
        assert_eq!(
            urls,
            [
                "http://127.0.0.1:5100/v2/library/python/tags/list",
                "https://harbor.example/v2/hub/library/python/tags/list",
                "http://plain.example/v2/a/b/library/python/tags/list",
                "https://registry-1.docker.io/v2/library/python/tags/list",
            ]
        );
    }

    #[test]
    fn plain_http_is_for_loopback_and_where_configured() {
        let mut options = options("other.example", &[]);
        let speech = |name: &str, options: &Options| Endpoint::of_registry(name, options).speech;
        assert_eq!(speech("localhost:5000", &options), Speech::Either);
        assert_eq!(speech("r.example", &options), Speech::Only(Scheme::Https));
        options.hosts.entry("r.example".into()).or_default().http = true;
        assert_eq!(speech("r.example", &options), Speech::Only(Scheme::Http));
    }

    #[test]
    fn what_is_no_mirror_is_refused_without_its_password() {
        for text in ["", "ftp://x", "http://", "x/../y", "x/a?b", "x:port"] {
            assert!(Mirror::parse(text).is_err(), "{text}");
        }
        let error = Mirror::parse("https://user:secret@x").expect_err("has a user");
        assert_eq!(
            error.to_string(),
            "`x` is not a mirror: it has a user name in it"
        );
    }
}
