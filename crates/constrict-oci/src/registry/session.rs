//! Requests to one endpoint, with authentication, redirects and repetition. Never turns to another endpoint.

use std::io::{self, Read};
use std::thread;

use serde::Deserialize;
use time::OffsetDateTime;
use ureq::Body;
use ureq::http::{HeaderMap, Method, Response, StatusCode};

use super::auth::{Access, Grants, Question};
use super::endpoint::Endpoint;
use super::error::Fault;
use super::retry::{Attempts, retry_after};
use super::transport::{Content, Transport, broken};
use super::url::{Scheme, Url, is_link_local};
use super::{Answer, Options, Result};

/// Redirects followed for one request.
const REDIRECTS: usize = 6;
/// Bytes of an error's body that are looked at.
const REFUSAL_MAX: u64 = 64 << 10;
/// Characters of a server's own words that are passed on.
const MESSAGE_MAX: usize = 300;

/// All that requests need, shared by the threads of a client.
pub(crate) struct Session {
    pub(crate) transport: Transport,
    grants: Grants,
}

/// One request to an endpoint.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) target: Target<'a>,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Payload<'a>,
    pub(crate) repository: &'a str,
    pub(crate) access: Access,
}

/// Where a request goes.
pub(crate) enum Target<'a> {
    /// Below `/v2/<repository>/`, with a query.
    Path(&'a str, &'a [(&'a str, &'a str)]),
    /// Where the endpoint sent us.
    Url(&'a Url),
}

/// What a request carries, in a form that can be sent again.
pub(crate) enum Payload<'a> {
    None,
    Bytes(&'a [u8]),
    Stream(&'a dyn Fn() -> Result<Box<dyn Read + 'a>, Fault>, u64),
}

impl Session {
    pub(crate) fn new(options: Options) -> Result<Session> {
        Ok(Session {
            transport: Transport::new(options)?,
            grants: Grants::default(),
        })
    }

    pub(crate) fn attempts(&self) -> Attempts {
        let options = self.transport.options();
        Attempts::new(options.retries, options.backoff)
    }

    /// Repeats `act` while its failures may pass.
    pub(crate) fn repeat<T>(&self, mut act: impl FnMut() -> Result<T, Fault>) -> Result<T, Fault> {
        let mut attempts = self.attempts();
        loop {
            let answer = match act() {
                Err(Fault::Remote(answer)) => answer,
                done => return done,
            };
            match attempts.next(&answer) {
                Some(pause) => thread::sleep(pause),
                None => return Err(Fault::Remote(answer)),
            }
        }
    }

    /// Sends a request once, or twice if a token had to be got first. Gives a success; anything else is a fault.
    pub(crate) fn call(&self, endpoint: &Endpoint, call: &Call<'_>) -> Result<Answered, Fault> {
        let scheme = self.transport.scheme(endpoint);
        let url = match &call.target {
            Target::Url(url) => (*url).clone(),
            Target::Path(path, query) => {
                let mut url = endpoint.url(scheme, call.repository, path);
                for (name, value) in *query {
                    url.add_query(name, value);
                }
                url
            }
        };
        // a location on another server, to which the endpoint's grant does not go
        let home = Url::new(scheme, &endpoint.authority, "/").same_origin(&url);
        let grant = self.grants.current(endpoint, call.repository, &call.access);
        let mut headers = call.headers.clone();
        if let Some(grant) = grant.as_ref().filter(|_| home) {
            headers.insert("authorization", grant.header.clone());
        }
        let mut answer = self.send(call, &url, &headers)?;
        if answer.head.status() == StatusCode::UNAUTHORIZED && home {
            let asked = Question {
                endpoint,
                scheme,
                repository: call.repository,
                access: &call.access,
            };
            let challenged = answer.head.headers().clone();
            let denied = refusal(answer.head);
            let grant = self
                .grants
                .answer(&self.transport, &asked, grant.as_ref(), &challenged)?;
            let Some(grant) = grant else {
                return Err(self.denied(endpoint, denied).into());
            };
            headers.insert("authorization", grant.header);
            answer = self.send(call, &url, &headers)?;
        }
        let status = answer.head.status();
        if status.is_success() || call.method == Method::HEAD && status.is_redirection() {
            Ok(answer)
        } else {
            Err(self.denied(endpoint, refusal(answer.head)).into())
        }
    }

    fn send(&self, call: &Call<'_>, url: &Url, headers: &HeaderMap) -> Result<Answered, Fault> {
        let method = call.method.clone();
        let head = match &call.payload {
            Payload::None if method == Method::GET => {
                follow(&self.transport, method, url, headers)?
            }
            Payload::None => {
                self.transport
                    .exchange(method, url, headers.clone(), Content::None)?
            }
            Payload::Bytes(bytes) => {
                let content = Content::Bytes(bytes);
                self.transport
                    .exchange(method, url, headers.clone(), content)?
            }
            Payload::Stream(open, length) => {
                let mut reader = open()?;
                let content = Content::Stream(&mut reader, *length);
                self.transport
                    .exchange(method, url, headers.clone(), content)?
            }
        };
        Ok(Answered {
            head,
            url: url.clone(),
        })
    }

    fn denied(&self, endpoint: &Endpoint, answer: Answer) -> Answer {
        match answer {
            Answer::Status {
                status: 404 | 410, ..
            } => Answer::NotFound,
            Answer::Status {
                status: status @ (401 | 403),
                message,
                ..
            } => Answer::Denied {
                status,
                credentials: self.grants.describe(&self.transport, endpoint),
                message,
            },
            other => other,
        }
    }
}

/// A success, and the URL that was asked.
pub(crate) struct Answered {
    pub(crate) head: Response<Body>,
    url: Url,
}

impl Answered {
    /// Where the answer sends us.
    pub(crate) fn location(&self) -> Result<Url, Answer> {
        location(&self.url, self.head.headers())
    }
}

fn location(from: &Url, headers: &HeaderMap) -> Result<Url, Answer> {
    let text = headers
        .get("location")
        .and_then(|value| value.to_str().ok());
    let text = text.ok_or_else(|| Answer::protocol("its answer has no location"))?;
    let url = from
        .join(text)
        .map_err(|reason| Answer::protocol(format!("its location is not usable: {reason}")))?;
    if from.scheme == Scheme::Https && url.scheme == Scheme::Http {
        return Err(Answer::protocol(format!("its location `{url}` leaves TLS")));
    }
    if is_link_local(&url.authority) && !is_link_local(&from.authority) {
        return Err(Answer::protocol(format!(
            "its location `{url}` is a link-local address"
        )));
    }
    Ok(url)
}

/// Sends a request and follows redirects; a grant does not go to another server.
pub(crate) fn follow(
    transport: &Transport,
    method: Method,
    url: &Url,
    headers: &HeaderMap,
) -> Result<Response<Body>, Answer> {
    let mut url = url.clone();
    let mut headers = headers.clone();
    for _ in 0..=REDIRECTS {
        let answer = transport.exchange(method.clone(), &url, headers.clone(), Content::None)?;
        if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(answer);
        }
        let next = location(&url, answer.headers())?;
        if !next.same_origin(&url) {
            headers.remove("authorization");
        }
        url = next;
    }
    Err(Answer::protocol(format!(
        "it redirects more than {REDIRECTS} times"
    )))
}

/// A body of at most `limit` bytes; `None` if there are more.
pub(crate) fn read_answer(answer: Response<Body>, limit: u64) -> Result<Option<Vec<u8>>, Answer> {
    let mut bytes = Vec::new();
    let reader = answer.into_body().into_reader();
    let read = reader.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|error: io::Error| broken(&error))?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

#[derive(Deserialize)]
struct Refusals {
    #[serde(default)]
    errors: Vec<Refusal>,
    /// Of token servers.
    details: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    code: Option<String>,
    message: Option<String>,
}

/// What an answer that is no success says.
pub(crate) fn refusal(answer: Response<Body>) -> Answer {
    let status = answer.status().as_u16();
    let retry_after = retry_after(answer.headers(), OffsetDateTime::now_utc());
    let body = read_answer(answer, REFUSAL_MAX).ok().flatten();
    Answer::Status {
        status,
        message: body.and_then(|body| parse_refusal(&body)),
        retry_after,
    }
}

fn parse_refusal(body: &[u8]) -> Option<String> {
    let refusals: Refusals = serde_json::from_slice(body).ok()?;
    let first = refusals.errors.into_iter().next();
    let text = first.and_then(|refusal| refusal.message.filter(|m| !m.is_empty()).or(refusal.code));
    let text = text.or(refusals.details)?;
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let clean: String = clean.take(MESSAGE_MAX).collect();
    Some(clean.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_is_told_without_control_characters() {
        let body = br#"{"errors":[{"code":"X","message":"no\u001b[31m such"},{"code":"Y"}]}"#;
        assert_eq!(parse_refusal(body).as_deref(), Some("no [31m such"));
        assert_eq!(
            parse_refusal(br#"{"errors":[{"code":"X"}]}"#).as_deref(),
            Some("X")
        );
        assert_eq!(parse_refusal(b"<html>"), None);
        assert_eq!(parse_refusal(br#"{"errors":null}"#), None);
    }

    #[test]
    fn locations_may_not_leave_tls_or_go_to_the_link() {
        let headers = |location: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("location", location.parse().expect("valid"));
            headers
        };
        let from = Url::parse("https://r.example/v2/").expect("valid");
        let refused = |to| location(&from, &headers(to)).map_err(|answer| answer.to_string());
        assert_eq!(
            refused("http://r.example/x?sig=secret"),
            Err("its location `http://r.example/x` leaves TLS".to_owned())
        );
        assert_eq!(
            refused("https://169.254.169.254/latest"),
            Err("its location `https://169.254.169.254/latest` is a link-local address".to_owned())
        );
        assert!(refused("file:///etc/passwd").is_err());
    }
}
