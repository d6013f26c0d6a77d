//! One HTTP exchange: connection, proxy, TLS, headers, body. Never authenticates, redirects or repeats.

use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ureq::http::{HeaderMap, Method, Request, Response};
use ureq::{Agent, AsSendBody, Body, SendBody, Timeout};

use super::endpoint::{Endpoint, Speech};
use super::proxy::Routes;
use super::tls;
use super::url::{Scheme, Url, is_loopback};
use super::{Answer, Options, Outage, Result};

/// Until a server on this machine has shown that it speaks TLS.
const PROBE: Duration = Duration::from_secs(3);
/// Connections kept open to one server; no more transfers than this run at once.
const IDLE_CONNECTIONS: usize = 16;

/// How the standard library begins what it says of a name that the resolver does not know.
const LOOKUP: &str = "failed to lookup address information";

/// What a request carries.
pub(crate) enum Content<'a> {
    None,
    Bytes(&'a [u8]),
    Stream(&'a mut dyn Read, u64),
}

/// The connections to all servers.
pub(crate) struct Transport {
    options: Options,
    verified: Agent,
    unverified: Agent,
    routes: Routes,
    /// What servers on this machine turned out to speak.
    spoken: Mutex<Vec<(String, Scheme)>>,
}

impl Transport {
    pub(crate) fn new(options: Options) -> Result<Transport> {
        let agent = |tls| {
            let config = Agent::config_builder()
                .tls_config(tls)
                .http_status_as_error(false)
                .max_redirects(0)
                .proxy(None)
                .user_agent(&options.user_agent)
                .max_idle_connections(4 * IDLE_CONNECTIONS)
                .max_idle_connections_per_host(IDLE_CONNECTIONS)
                .timeout_connect(Some(options.timeouts.connect))
                .timeout_recv_response(Some(options.timeouts.response));
            config.build().new_agent()
        };
        Ok(Transport {
            verified: agent(tls::verified(options.extra_ca.as_deref())?),
            unverified: agent(tls::unverified()),
            routes: Routes::new(&options.proxies)?,
            spoken: Mutex::new(Vec::new()),
            options,
        })
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// Sends a request and gives the head of the answer; its body is still to be read.
    pub(crate) fn exchange(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        content: Content<'_>,
    ) -> Result<Response<Body>, Answer> {
        self.exchange_within(self.options.timeouts.connect, method, url, headers, content)
    }

    fn exchange_within(
        &self,
        connect: Duration,
        method: Method,
        url: &Url,
        mut headers: HeaderMap,
        content: Content<'_>,
    ) -> Result<Response<Body>, Answer> {
        match content {
            Content::None if matches!(method, Method::GET | Method::HEAD) => {
                self.run(connect, method, url, headers, ())
            }
            Content::None => self.run(connect, method, url, headers, &[][..]),
            Content::Bytes(bytes) => self.run(connect, method, url, headers, bytes),
            Content::Stream(reader, length) => {
                headers.insert("content-length", length.into());
                self.run(connect, method, url, headers, SendBody::from_reader(reader))
            }
        }
    }

    fn run(
        &self,
        connect: Duration,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: impl AsSendBody,
    ) -> Result<Response<Body>, Answer> {
        let timeouts = &self.options.timeouts;
        // what only reads is answered soon; what writes, when the registry has hashed and stored it
        let silence = match method {
            Method::GET | Method::HEAD => timeouts.idle,
            _ => timeouts.response,
        };
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = (url.to_request().parse())
            .map_err(|_| Answer::protocol(format!("`{url}` is not a valid URL")))?;
        *request.headers_mut() = headers;
        let agent = self.agent(url);
        let proxy = self.routes.to(url);
        let proxied = proxy.is_some();
        let request = agent
            .configure_request(request)
            .proxy(proxy)
            .timeout_connect(Some(connect))
            .timeout_per_read(Some(silence))
            .timeout_per_write(Some(timeouts.idle))
            .build();
        agent.run(request).map_err(|error| match network(&error) {
            Answer::Network { reason, outage } if proxied => Answer::Network {
                reason: format!("through the proxy: {reason}"),
                outage,
            },
            answer => answer,
        })
    }

    fn agent(&self, url: &Url) -> &Agent {
        let host = |name: &str| {
            self.options
                .hosts
                .get(name)
                .is_some_and(|host| host.insecure)
        };
        // docker counts every registry on this machine as insecure
        if is_loopback(&url.authority) || host(&url.authority) || host(url.host()) {
            &self.unverified
        } else {
            &self.verified
        }
    }

    /// Whether an endpoint speaks TLS; on this machine it is asked, once.
    pub(crate) fn scheme(&self, endpoint: &Endpoint) -> Scheme {
        if let Speech::Only(scheme) = endpoint.speech {
            return scheme;
        }
        let authority = &endpoint.authority;
        let known = |spoken: &[(String, Scheme)]| {
            let mut found = spoken.iter().filter(|(name, _)| name == authority);
            found.next().map(|(_, scheme)| *scheme)
        };
        let mut spoken = self.spoken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(scheme) = known(&spoken) {
            return scheme;
        }
        let url = Url::new(Scheme::Https, authority, "/v2/");
        let answer =
            self.exchange_within(PROBE, Method::GET, &url, HeaderMap::new(), Content::None);
        match answer {
            Ok(_) => spoken.push((authority.clone(), Scheme::Https)),
            // nobody there yet: ask again next time
            Err(Answer::Network {
                outage: Outage::Refused,
                ..
            }) => {}
            Err(_) => spoken.push((authority.clone(), Scheme::Http)),
        }
        known(&spoken).unwrap_or(Scheme::Http)
    }
}

/// What went wrong, without the URL: its query may be a secret.
fn network(error: &ureq::Error) -> Answer {
    let outage = match error {
        ureq::Error::Io(error) => io_outage(error),
        ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => Outage::NoConnection,
        ureq::Error::HostNotFound => Outage::UnknownHost,
        ureq::Error::ConnectionFailed => Outage::Refused,
        _ => Outage::Broken,
    };
    let reason = match error {
        ureq::Error::Io(error) => io_reason(error),
        ureq::Error::Timeout(timeout) => format!("no answer in time ({timeout})"),
        ureq::Error::HostNotFound => "the host name is not known".to_owned(),
        ureq::Error::ConnectionFailed => "connection failed".to_owned(),
        ureq::Error::Rustls(error) => format!("TLS failed: {error}"),
        ureq::Error::Tls(reason) => format!("TLS failed: {reason}"),
        ureq::Error::Protocol(error) => format!("the answer is not valid HTTP: {error}"),
        ureq::Error::LargeResponseHeader(..) => "the head of the answer is too large".to_owned(),
        ureq::Error::ConnectProxyFailed(_) => "the proxy refused the connection".to_owned(),
        ureq::Error::BadUri(_) => "the URL is not valid".to_owned(),
        _ => "the exchange failed".to_owned(),
    };
    Answer::Network { reason, outage }
}

/// The reading of a body that broke off.
pub(crate) fn broken(error: &io::Error) -> Answer {
    match error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<ureq::Error>())
    {
        Some(error) => network(error),
        None => Answer::Network {
            reason: io_reason(error),
            outage: Outage::Broken,
        },
    }
}

fn io_outage(error: &io::Error) -> Outage {
    use io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable, TimedOut};
    match error.kind() {
        ConnectionRefused => Outage::Refused,
        HostUnreachable | NetworkUnreachable | TimedOut => Outage::NoConnection,
        // the standard library has no kind for a name that the resolver does not know
        _ if error.to_string().starts_with(LOOKUP) => Outage::UnknownHost,
        _ => Outage::Broken,
    }
}

fn io_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset => "connection reset".to_owned(),
        io::ErrorKind::BrokenPipe => "connection closed".to_owned(),
        io::ErrorKind::UnexpectedEof => "the connection ended early".to_owned(),
        _ if io_outage(error) == Outage::UnknownHost => "the host name is not known".to_owned(),
        // rustls's, which come wrapped so
        io::ErrorKind::InvalidData => format!("TLS failed: {error}"),
        _ => error.to_string(),
    }
}
