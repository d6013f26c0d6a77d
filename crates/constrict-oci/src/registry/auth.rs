//! The `Authorization` header for an endpoint: user and password, or a token got from the realm that it names. Never
//! gives a registry's credential to another endpoint.
//!
//! Source: distribution's `spec/auth/{token,scope,oauth}.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use ureq::Body;
use ureq::http::{HeaderMap, HeaderValue, Method, Response};

use super::challenge::{Challenge, parse_challenges};
use super::endpoint::Endpoint;
use super::session::{follow, read_answer, refusal};
use super::transport::{Content, Transport};
use super::url::{Scheme, Url, is_loopback, percent_encode};
use super::{Answer, Credential};

/// What a token that names no term is good for, by the specification.
const TERM: Duration = Duration::from_secs(60);
/// A token is not used in its last moments.
const MARGIN: Duration = Duration::from_secs(5);
/// No token answer is longer.
const TOKEN_MAX: u64 = 1 << 20;

/// What is to be done with a repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    Pull,
    Push,
    /// Push, with blobs of another repository.
    Mount(String),
}

impl Access {
    fn scopes(&self, endpoint: &Endpoint, repository: &str) -> Vec<String> {
        let scope = |repository: &str, actions: &str| {
            format!("repository:{}:{actions}", endpoint.repository(repository))
        };
        match self {
            Access::Pull => vec![scope(repository, "pull")],
            Access::Push => vec![scope(repository, "pull,push")],
            Access::Mount(from) => vec![scope(repository, "pull,push"), scope(from, "pull")],
        }
    }
}

/// A header that an endpoint took, or should take. `Debug` does not show it.
#[derive(Clone)]
pub(crate) struct Grant {
    pub(crate) header: HeaderValue,
    until: Option<Instant>,
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Grant(..)")
    }
}

type Slot = Arc<Mutex<Option<Grant>>>;

/// The grants that are in use, and the credentials that were found.
#[derive(Default)]
pub(crate) struct Grants {
    slots: Mutex<BTreeMap<(String, String, Access), Slot>>,
    credentials: Mutex<BTreeMap<String, Result<Option<Credential>, String>>>,
}

impl Grants {
    /// The grant for what is to be done, if there is one.
    pub(crate) fn current(
        &self,
        endpoint: &Endpoint,
        repository: &str,
        access: &Access,
    ) -> Option<Grant> {
        let slot = self.slot(endpoint, repository, access);
        let grant = slot.lock().unwrap_or_else(PoisonError::into_inner).clone();
        grant.filter(|grant| grant.until.is_none_or(|until| Instant::now() < until))
    }

    /// A grant that answers the challenges of a 401; `used` is the one that was not enough.
    pub(crate) fn answer(
        &self,
        transport: &Transport,
        asked: &Question<'_>,
        used: Option<&Grant>,
        challenged: &HeaderMap,
    ) -> Result<Option<Grant>, Answer> {
        let slot = self.slot(asked.endpoint, asked.repository, asked.access);
        // held while the token is fetched, so that transfers that start together ask for one token
        let mut held = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let newer = held
            .clone()
            .filter(|grant| used.is_none_or(|used| used.header != grant.header));
        let newer = newer.filter(|grant| grant.until.is_none_or(|until| Instant::now() < until));
        if newer.is_some() {
            return Ok(newer);
        }
        let challenges = challenged.get_all("www-authenticate").into_iter();
        let challenges: Vec<Challenge> = challenges
            .filter_map(|value| value.to_str().ok())
            .flat_map(parse_challenges)
            .collect();
        let grant = self.grant(transport, asked, &challenges)?;
        // what was refused is not fetched over and over
        let same = |grant: &Grant| used.is_some_and(|used| used.header == grant.header);
        let grant = grant.filter(|grant| !same(grant));
        held.clone_from(&grant);
        Ok(grant)
    }

    fn grant(
        &self,
        transport: &Transport,
        asked: &Question<'_>,
        challenges: &[Challenge],
    ) -> Result<Option<Grant>, Answer> {
        // a helper that fails is no reason not to pull what everybody may
        let credential = self.credential(transport, asked.endpoint).unwrap_or(None);
        let bearer = challenges.iter().find_map(|challenge| match challenge {
            Challenge::Bearer {
                realm,
                service,
                scopes,
            } => Some((realm, service.as_deref(), scopes)),
            Challenge::Basic => None,
        });
        if let Some((realm, service, scopes)) = bearer {
            let realm = check_realm(realm, asked, transport)?;
            let own = asked.access.scopes(asked.endpoint, asked.repository);
            let scopes = merge(own.iter().chain(scopes));
            return fetch(transport, realm, service, &scopes, credential.as_ref()).map(Some);
        }
        match (challenges.contains(&Challenge::Basic), credential) {
            (true, Some(Credential::Password { user, password })) => Ok(Some(Grant {
                header: basic(&user, &password)?,
                until: None,
            })),
            (true, _) => Ok(None),
            (false, _) => Err(Answer::Authentication {
                reason: "it asks for neither a user and password nor a token".to_owned(),
            }),
        }
    }

    fn credential(
        &self,
        transport: &Transport,
        endpoint: &Endpoint,
    ) -> Result<Option<Credential>, String> {
        let mut known = self
            .credentials
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let find = || transport.options().credentials.find(&endpoint.account);
        known
            .entry(endpoint.account.clone())
            .or_insert_with(find)
            .clone()
    }

    /// With what an endpoint was asked, for a message.
    pub(crate) fn describe(&self, transport: &Transport, endpoint: &Endpoint) -> String {
        match self.credential(transport, endpoint) {
            Ok(None) => format!("without credentials for `{}`", endpoint.account),
            Ok(Some(_)) => format!("with the credentials for `{}`", endpoint.account),
            Err(reason) => format!("without credentials since {reason}"),
        }
    }

    fn slot(&self, endpoint: &Endpoint, repository: &str, access: &Access) -> Slot {
        let key = (endpoint.to_string(), repository.to_owned(), access.clone());
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(key).or_default())
    }
}

/// For what a grant is wanted.
pub(crate) struct Question<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) scheme: Scheme,
    pub(crate) repository: &'a str,
    pub(crate) access: &'a Access,
}

/// A realm gets the credential, so it must be as safe as the registry itself: https, or plain beside a plain registry.
fn check_realm(realm: &str, asked: &Question<'_>, transport: &Transport) -> Result<Url, Answer> {
    let url = Url::parse(realm).map_err(|reason| Answer::Authentication {
        reason: format!("its token realm is not usable: {reason}"),
    })?;
    let host = transport.options().hosts.get(&url.authority);
    let plain = is_loopback(&url.authority)
        || url.authority == asked.endpoint.authority
        || host.is_some_and(|host| host.http);
    if url.scheme == Scheme::Https || asked.scheme == Scheme::Http && plain {
        Ok(url)
    } else {
        Err(Answer::Authentication {
            reason: format!("its token realm `{url}` is plain HTTP"),
        })
    }
}

/// Scopes of one resource made one, their actions united.
fn merge<'a>(scopes: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut actions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for scope in scopes {
        let (resource, added) = scope.rsplit_once(':').unwrap_or((scope, ""));
        actions
            .entry(resource)
            .or_default()
            .extend(added.split(','));
    }
    let joined = actions.into_iter().map(|(resource, actions)| {
        let actions: Vec<&str> = actions.into_iter().collect();
        format!("{resource}:{}", actions.join(","))
    });
    joined.collect()
}

fn fetch(
    transport: &Transport,
    mut realm: Url,
    service: Option<&str>,
    scopes: &[String],
    credential: Option<&Credential>,
) -> Result<Grant, Answer> {
    let mut headers = HeaderMap::new();
    headers.insert("accept", HeaderValue::from_static("application/json"));
    let answer = if let Some(Credential::IdentityToken(token)) = credential {
        let form = refresh_form(service, scopes, token);
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert("content-type", kind);
        transport.exchange(
            Method::POST,
            &realm,
            headers,
            Content::Bytes(form.as_bytes()),
        )?
    } else {
        if let Some(service) = service {
            realm.add_query("service", service);
        }
        for scope in scopes {
            realm.add_query("scope", scope);
        }
        if let Some(Credential::Password { user, password }) = credential {
            headers.insert("authorization", basic(user, password)?);
        }
        follow(transport, Method::GET, &realm, &headers)?
    };
    read_token(answer)
}

fn refresh_form(service: Option<&str>, scopes: &[String], token: &str) -> String {
    format!(
        "grant_type=refresh_token&client_id=constrict&service={}&scope={}&refresh_token={}",
        percent_encode(service.unwrap_or_default()),
        percent_encode(&scopes.join(" ")),
        percent_encode(token),
    )
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

fn read_token(answer: Response<Body>) -> Result<Grant, Answer> {
    let status = answer.status().as_u16();
    if !(200..300).contains(&status) {
        return Err(match refusal(answer) {
            Answer::Status {
                status: status @ (400 | 401 | 403),
                message,
                ..
            } => Answer::Authentication {
                reason: match message {
                    Some(message) => format!("no token was granted: {message}"),
                    None => format!("no token was granted (HTTP status {status})"),
                },
            },
            other => other,
        });
    }
    let fault = |reason: &str| Answer::Authentication {
        reason: reason.to_owned(),
    };
    let body = read_answer(answer, TOKEN_MAX)?.ok_or_else(|| fault("its token is too large"))?;
    let token: Token =
        serde_json::from_slice(&body).map_err(|_| fault("its token answer is not valid JSON"))?;
    let term = token.expires_in.map_or(TERM, Duration::from_secs);
    let value = [token.token, token.access_token]
        .into_iter()
        .flatten()
        .find(|token| !token.is_empty());
    let value = value.ok_or_else(|| fault("its token answer has no token"))?;
    Ok(Grant {
        header: secret(&format!("Bearer {value}"))?,
        until: Instant::now().checked_add(term.saturating_sub(MARGIN)),
    })
}

fn basic(user: &str, password: &str) -> Result<HeaderValue, Answer> {
    secret(&format!(
        "Basic {}",
        STANDARD.encode(format!("{user}:{password}"))
    ))
}

fn secret(text: &str) -> Result<HeaderValue, Answer> {
    let mut value = HeaderValue::from_str(text).map_err(|_| Answer::Authentication {
        reason: "the token has a character that no header may have".to_owned(),
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_of_one_repository_are_united() {
        let scopes = [
            "repository:a:pull",
            "repository:b:pull",
            "repository:a:push,pull",
        ];
        let scopes = scopes.map(str::to_owned);
        assert_eq!(
            merge(scopes.iter()),
            ["repository:a:pull,push", "repository:b:pull"]
        );
    }

    #[test]
    fn a_grant_is_not_shown() {
        let grant = Grant {
            header: basic("ann", "secret").expect("valid"),
            until: None,
        };
        assert_eq!(
            format!("{grant:?} {:?}", grant.header),
            "Grant(..) Sensitive"
        );
    }
}
