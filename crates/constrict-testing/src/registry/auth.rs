//! Who may use a registry of this crate, and the tokens that it gives out. Never checks a signature: a token is a number.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Shared;
use crate::http::{Request, Response, parse_query};

/// What a registry asks of its clients.
#[derive(Clone, Debug, Default)]
pub enum Auth {
    /// Nothing.
    #[default]
    Open,
    /// User and password with every request.
    Basic {
        /// The one user.
        user: String,
        /// Her password.
        password: String,
    },
    /// A token from `/token` of the same server, or of `realm`.
    Token {
        /// User and password that tokens are given for; `None` gives everybody tokens to pull.
        user: Option<(String, String)>,
        /// A refresh token that tokens are given for.
        identity: Option<String>,
        /// The seconds a token is good for.
        expires_in: u64,
        /// Another realm to name.
        realm: Option<String>,
    },
}

impl Auth {
    /// Tokens to pull for everybody, none to push.
    pub fn anonymous_tokens() -> Auth {
        Auth::Token {
            user: None,
            identity: None,
            expires_in: 300,
            realm: None,
        }
    }

    /// Tokens for one user only.
    pub fn tokens_for(user: &str, password: &str) -> Auth {
        Auth::Token {
            user: Some((user.to_owned(), password.to_owned())),
            identity: None,
            expires_in: 300,
            realm: None,
        }
    }
}

/// The tokens given out: what each allows.
#[derive(Default)]
pub(crate) struct Tokens {
    scopes: BTreeMap<String, Vec<String>>,
    given: u64,
}

impl Shared {
    /// The refusal of a request that may not be made, if it may not.
    pub(super) fn refuse(&self, request: &Request, repository: &str) -> Option<Response> {
        let action = if matches!(request.method.as_str(), "GET" | "HEAD") {
            "pull"
        } else {
            "push"
        };
        let shown = request.header("authorization").unwrap_or_default();
        let challenge = match &self.auth {
            Auth::Open => return None,
            Auth::Basic { user, password } => {
                if shown == basic(user, password) {
                    return None;
                }
                r#"Basic realm="tests, of constrict""#.to_owned()
            }
            Auth::Token { realm, .. } => {
                if self.allows(shown, repository, action) {
                    return None;
                }
                let own = || {
                    format!(
                        "http://{}/token",
                        request.header("host").unwrap_or_default()
                    )
                };
                let realm = realm.clone().unwrap_or_else(own);
                let actions = if action == "pull" {
                    "pull"
                } else {
                    "pull,push"
                };
                format!(
                    r#"Bearer realm="{realm}",service="test registry",scope="repository:{repository}:{actions}""#
                )
            }
        };
        let body =
            json!({"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]});
        Some(Response::new(401, body.to_string()).header("WWW-Authenticate", challenge))
    }

    fn allows(&self, shown: &str, repository: &str, action: &str) -> bool {
        let Some(token) = shown.strip_prefix("Bearer ") else {
            return false;
        };
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(scopes) = tokens.scopes.get(token) else {
            return false;
        };
        let resource = format!("repository:{repository}");
        scopes.iter().any(|scope| {
            let (of, actions) = scope.rsplit_once(':').unwrap_or((scope, ""));
            of == resource && actions.split(',').any(|allowed| allowed == action)
        })
    }

    /// What was given out is worth nothing from now on.
    pub(super) fn revoke_tokens(&self) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.scopes.clear();
    }

    /// `/token`: by GET with user and password or none, by POST with a refresh token.
    pub(super) fn token(&self, request: &Request) -> Response {
        let Auth::Token {
            user,
            identity,
            expires_in,
            ..
        } = &self.auth
        else {
            return Response::new(404, "");
        };
        let form = parse_query(&String::from_utf8_lossy(&request.body));
        let field = |name: &str| {
            form.iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        };
        let shown = request.header("authorization").unwrap_or_default();
        let (known, scopes): (bool, Vec<String>) = if request.method == "POST" {
            let scopes = field("scope").unwrap_or_default();
            let scopes = scopes.split(' ').map(str::to_owned).collect();
            (
                identity.is_some() && field("refresh_token") == *identity,
                scopes,
            )
        } else {
            let scopes = request.query.iter().filter(|(name, _)| name == "scope");
            let scopes = scopes.map(|(_, value)| value.clone()).collect();
            match user {
                Some((user, password)) => (shown == basic(user, password), scopes),
                None => (identity.is_none(), scopes),
            }
        };
        if !known {
            return Response::new(
                401,
                json!({"details": "incorrect username or password"}).to_string(),
            );
        }
        let everybody = user.is_none() && identity.is_none();
        let granted = scopes
            .into_iter()
            .map(|scope| match scope.rsplit_once(':') {
                Some((resource, _)) if everybody => format!("{resource}:pull"),
                _ => scope,
            });
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.given += 1;
        let token = format!("token-{}", tokens.given);
        tokens.scopes.insert(token.clone(), granted.collect());
        let name = if request.method == "POST" {
            "access_token"
        } else {
            "token"
        };
        let body = json!({name: token, "expires_in": expires_in});
        Response::new(200, body.to_string()).header("Content-Type", "application/json")
    }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}
