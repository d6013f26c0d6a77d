//! Users, passwords and identity tokens, and the files of docker and podman that hold them. Never sends one.
//!
//! Files: docker's `config.json` (`auths`, `credHelpers`, `credsStore`) and podman's `auth.json`, which has its form.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use docker_credential::{CredentialRetrievalError as Failure, DockerCredential};

/// What proves who asks. `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// A user and a password or access token.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// A token that short-lived ones are got with, from `docker login`.
    IdentityToken(String),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Credential::Password { .. } => "Password(..)",
            Credential::IdentityToken(_) => "IdentityToken(..)",
        })
    }
}

/// Where credentials come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Credentials {
    /// Nowhere.
    #[default]
    Anonymous,
    /// The files of docker and podman, where the environment has them, and the helpers these name.
    Machine,
    /// One file of their form.
    File(PathBuf),
    /// By the name of the registry, as references have it.
    Given(BTreeMap<String, Credential>),
}

impl Credentials {
    /// The credential for a registry. The error says what is wrong with the file or helper that should have it.
    pub(crate) fn find(&self, registry: &str) -> Result<Option<Credential>, String> {
        match self {
            Credentials::Anonymous => Ok(None),
            Credentials::Given(by_registry) => Ok(by_registry.get(registry).cloned()),
            Credentials::File(path) => in_files(registry, std::slice::from_ref(path)),
            Credentials::Machine => in_files(registry, &files()),
        }
    }
}

/// The files of this machine, those named by a variable first.
fn files() -> Vec<PathBuf> {
    let variable = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let home = variable("HOME");
    let below_home = |rest: &str| home.as_ref().map(|home| home.join(rest));
    let docker = variable("DOCKER_CONFIG").or_else(|| below_home(".docker"));
    let candidates = [
        variable("REGISTRY_AUTH_FILE"),
        docker.map(|folder| folder.join("config.json")),
        variable("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json")),
        below_home(".config/containers/auth.json"),
    ];
    candidates.into_iter().flatten().collect()
}

fn in_files(registry: &str, files: &[PathBuf]) -> Result<Option<Credential>, String> {
    let mut failure = None;
    for path in files {
        for server in server_names(registry) {
            let Ok(file) = File::open(path) else {
                break;
            };
            match docker_credential::get_credential_from_reader(BufReader::new(file), &server) {
                Ok(found) => {
                    if let Some(credential) = convert(found) {
                        return Ok(Some(credential));
                    }
                }
                Err(Failure::NoCredentialConfigured) => {}
                Err(error) => failure = failure.or_else(|| describe(&error, path)),
            }
        }
    }
    match failure {
        Some(failure) => Err(failure),
        None => Ok(None),
    }
}

/// The names under which a registry's credential may be filed.
fn server_names(registry: &str) -> Vec<String> {
    if registry == "docker.io" {
        vec!["https://index.docker.io/v1/".to_owned()]
    } else {
        vec![registry.to_owned(), format!("https://{registry}")]
    }
}

fn convert(found: DockerCredential) -> Option<Credential> {
    match found {
        DockerCredential::IdentityToken(token) if token.is_empty() => None,
        DockerCredential::IdentityToken(token) => Some(Credential::IdentityToken(token)),
        DockerCredential::UsernamePassword(user, _) if user.is_empty() => None,
        DockerCredential::UsernamePassword(user, password) => {
            Some(Credential::Password { user, password })
        }
    }
}

/// What is wrong, without what a helper printed: that may be the secret. A helper that has nothing is no failure.
fn describe(error: &Failure, path: &std::path::Path) -> Option<String> {
    let path = path.display();
    match error {
        Failure::HelperFailure { stdout, stderr, .. }
            if [stdout, stderr]
                .iter()
                .any(|text| text.contains("not found")) =>
        {
            None
        }
        Failure::HelperFailure { helper, .. } => Some(format!("`{helper}` of `{path}` failed")),
        Failure::HelperCommunicationError => Some(format!(
            "the credential helper that `{path}` names cannot be run"
        )),
        Failure::MalformedHelperResponse => Some(format!(
            "the credential helper that `{path}` names gave no credential"
        )),
        _ => Some(format!("`{path}` is not a valid credential file")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn find(json: &str, registry: &str) -> Result<Option<Credential>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.json");
        fs::write(&path, json).expect("written");
        let found = Credentials::File(path.clone()).find(registry);
        found.map_err(|error| error.replace(&path.display().to_string(), "FILE"))
    }

    #[test]
    fn docker_hub_is_filed_under_its_old_address() {
        let json = r#"{"auths":{"https://index.docker.io/v1/":{"auth":"YW5uOnNlOmNyZXQ="}}}"#;
        let expected = Credential::Password {
            user: "ann".into(),
            password: "se:cret".into(),
        };
        assert_eq!(find(json, "docker.io"), Ok(Some(expected)));
        assert_eq!(find(json, "index.docker.io.example"), Ok(None));
        assert_eq!(find(json, "evil-docker.io"), Ok(None));
    }

    #[test]
    fn identity_tokens_and_ports_are_read() {
        let json = r#"{"auths":{"r.example:5000":{"auth":"","identitytoken":"T"}}}"#;
        let expected = Credential::IdentityToken("T".into());
        assert_eq!(find(json, "r.example:5000"), Ok(Some(expected)));
        assert_eq!(find(json, "r.example"), Ok(None));
    }

    #[test]
    fn a_broken_file_is_named_and_not_shown() {
        let expected = Err("`FILE` is not a valid credential file".to_owned());
        assert_eq!(
            find(r#"{"auths":{"r.example":{"auth":"secret"#, "r.example"),
            expected
        );
    }

    #[test]
    fn a_missing_helper_is_said() {
        let json = r#"{"credHelpers":{"r.example":"constrict-none-such"}}"#;
        let expected = "the credential helper that `FILE` names cannot be run".to_owned();
        assert_eq!(find(json, "r.example"), Err(expected));
    }

    #[test]
    fn debug_shows_no_secret() {
        let given = Credentials::Given(
            [(
                "r.example".to_owned(),
                Credential::Password {
                    user: "ann".into(),
                    password: "secret".into(),
                },
            )]
            .into(),
        );
        assert_eq!(
            format!("{given:?}"),
            r#"Given({"r.example": Password(..)})"#
        );
    }
}
