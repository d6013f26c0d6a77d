//! Authentication: who gets what, and who must not.

use std::fs;

use constrict_oci::Reference;
use constrict_oci::registry::{
    Client, Credential, Credentials, Error, HostConfig, Mirror, Options, Partial,
};
use constrict_testing::{Auth, Effect, Fault, FileServer, Registry, Response};

use super::{blob, message, noise, options, reference, says};

const SECRET: &str = "hunter2:with/odd=characters";

fn ann() -> Credential {
    Credential::Password {
        user: "ann".into(),
        password: SECRET.into(),
    }
}

fn client_with(registry: &str, credential: Credential) -> Client {
    let options = Options {
        credentials: Credentials::Given([(registry.to_owned(), credential)].into()),
        ..options()
    };
    Client::new(options).expect("nothing to go wrong")
}

fn image(registry: &Registry) -> Reference {
    reference(&format!("{}/team/app:1", registry.host()))
}

fn token_requests(registry: &Registry) -> usize {
    let requests = registry.requests();
    requests
        .iter()
        .filter(|request| request.path == "/token")
        .count()
}

#[test]
fn everybodys_token_is_got_once_and_used_again() {
    let registry = Registry::start_with(Auth::anonymous_tokens());
    registry.add_image("team/app", "1", &[]);
    let client = super::client();
    for _ in 0..3 {
        client.resolve(&image(&registry)).expect("anonymous");
    }
    assert_eq!(token_requests(&registry), 1);
    assert_eq!(
        registry.take_lines(),
        [
            "GET /v2/team/app/manifests/1 401",
            "GET /token 200",
            "GET /v2/team/app/manifests/1 200",
            "GET /v2/team/app/manifests/1 200",
            "GET /v2/team/app/manifests/1 200",
        ]
    );
}

#[test]
fn threads_that_start_together_ask_for_one_token() {
    let registry = Registry::start_with(Auth::anonymous_tokens());
    registry.add_image("team/app", "1", &[]);
    let client = super::client();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| client.resolve(&image(&registry)).expect("anonymous"));
        }
    });
    assert_eq!(token_requests(&registry), 1);
}

#[test]
fn a_token_that_is_over_is_got_again() {
    let registry = Registry::start_with(Auth::anonymous_tokens());
    registry.add_image("team/app", "1", &[]);
    let client = super::client();
    client.resolve(&image(&registry)).expect("anonymous");
    registry.revoke_tokens();
    client
        .resolve(&image(&registry))
        .expect("with another token");
    assert_eq!(token_requests(&registry), 2);
}

#[test]
fn a_user_gets_a_token_to_pull_and_to_push() {
    let registry = Registry::start_with(Auth::tokens_for("ann", SECRET));
    registry.add_image("team/app", "1", &[]);
    let client = client_with(&registry.host(), ann());
    client.resolve(&image(&registry)).expect("allowed");
    client
        .push_manifest(
            &image(&registry),
            &constrict_oci::MediaType::OciManifest,
            b"{}",
        )
        .expect("allowed");
    let digest = registry.add_blob("other/base", b"layer");
    assert!(
        client
            .mount_blob(&image(&registry), &digest, "other/base")
            .expect("allowed")
    );
}

#[test]
fn user_and_password_go_with_every_request_where_asked() {
    let auth = Auth::Basic {
        user: "ann".into(),
        password: SECRET.into(),
    };
    let registry = Registry::start_with(auth);
    registry.add_image("team/app", "1", &[]);
    client_with(&registry.host(), ann())
        .resolve(&image(&registry))
        .expect("allowed");
}

#[test]
fn an_identity_token_is_exchanged() {
    let registry = Registry::start_with(Auth::Token {
        user: None,
        identity: Some(SECRET.into()),
        expires_in: 300,
        realm: None,
    });
    registry.add_image("team/app", "1", &[]);
    let client = client_with(&registry.host(), Credential::IdentityToken(SECRET.into()));
    client.resolve(&image(&registry)).expect("allowed");
    assert_eq!(registry.take_lines()[1], "POST /token 200");
}

#[test]
fn dockers_file_is_read() {
    let registry = Registry::start_with(Auth::tokens_for("ann", "pass"));
    registry.add_image("team/app", "1", &[]);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.json");
    // ann:pass
    let json = format!(
        r#"{{"auths":{{"{}":{{"auth":"YW5uOnBhc3M="}}}}}}"#,
        registry.host()
    );
    fs::write(&path, json).expect("written");
    let options = Options {
        credentials: Credentials::File(path),
        ..options()
    };
    let client = Client::new(options).expect("nothing to go wrong");
    client.resolve(&image(&registry)).expect("allowed");
}

#[test]
fn a_refusal_says_with_what_it_was_asked_and_shows_no_secret() {
    let registry = Registry::start_with(Auth::tokens_for("ann", "other"));
    registry.add_image("team/app", "1", &[]);
    let host = registry.host();
    let error = client_with(&host, ann())
        .resolve(&image(&registry))
        .expect_err("wrong password");
    assert_eq!(
        message(&error, &[(&host, "HOST")]),
        "cannot pull `HOST/team/app:1`: asked `HOST` (its authentication is refused: no token was granted: incorrect \
         username or password)"
    );
    assert!(!format!("{error:?}").contains("hunter2"));
    let basic = Auth::Basic {
        user: "ann".into(),
        password: "other".into(),
    };
    let registry = Registry::start_with(basic);
    let host = registry.host();
    assert_eq!(
        says(super::client().resolve(&image(&registry)), &host),
        "cannot pull `HOST/team/app:1`: asked `HOST` (access denied, without credentials for `HOST`: authentication \
         required)"
    );
    assert_eq!(
        says(client_with(&host, ann()).resolve(&image(&registry)), &host),
        "cannot pull `HOST/team/app:1`: asked `HOST` (access denied, with the credentials for `HOST`: authentication \
         required)"
    );
}

#[test]
fn a_push_that_only_pulling_is_granted_for_is_denied() {
    let registry = Registry::start_with(Auth::anonymous_tokens());
    let host = registry.host();
    let client = super::client();
    let pushed = client.push_manifest(
        &image(&registry),
        &constrict_oci::MediaType::OciManifest,
        b"{}",
    );
    let error = pushed.expect_err("denied");
    assert!(matches!(&error, Error::Push { .. }), "{error:?}");
    assert!(
        message(&error, &[(&host, "HOST")])
            .contains("access denied, without credentials for `HOST`")
    );
    assert_eq!(token_requests(&registry), 1);
}

#[test]
fn a_mirror_never_gets_the_registrys_credential() {
    let auth = Auth::Basic {
        user: "ann".into(),
        password: SECRET.into(),
    };
    let mirror = Registry::start_with(auth);
    mirror.add_image("library/python", "1", &[]);
    let hub = HostConfig {
        mirrors: vec![Mirror::parse(&mirror.host()).expect("valid")],
        ..HostConfig::default()
    };
    let options = Options {
        credentials: Credentials::Given([("docker.io".to_owned(), ann())].into()),
        hosts: [("docker.io".to_owned(), hub)].into(),
        proxies: constrict_oci::registry::Proxies {
            https: Some("http://127.0.0.1:9".to_owned()),
            ..Default::default()
        },
        retries: 0,
        ..options()
    };
    let client = Client::new(options).expect("nothing to go wrong");
    client.resolve(&reference("python:1")).expect_err("denied");
    assert!(
        mirror
            .requests()
            .iter()
            .all(|request| request.header("authorization").is_none())
    );
    // its own it gets
    let client = mirrored_with_own(&mirror);
    client.resolve(&reference("python:1")).expect("allowed");
}

fn mirrored_with_own(mirror: &Registry) -> Client {
    let hub = HostConfig {
        mirrors: vec![Mirror::parse(&mirror.host()).expect("valid")],
        ..HostConfig::default()
    };
    let options = Options {
        credentials: Credentials::Given([(mirror.host(), ann())].into()),
        hosts: [("docker.io".to_owned(), hub)].into(),
        ..options()
    };
    Client::new(options).expect("nothing to go wrong")
}

#[test]
fn a_redirect_to_another_server_takes_no_credential_along() {
    let registry = Registry::start_with(Auth::tokens_for("ann", SECRET));
    let content = noise(1000);
    registry.add_blob("team/app", &content);
    registry.add_image("team/app", "1", &[]);
    let cdn = FileServer::start();
    cdn.put("/object", Response::new(200, content.clone()));
    let client = client_with(&registry.host(), ann());
    client.resolve(&image(&registry)).expect("allowed");
    let away = Response::new(307, "").header("Location", cdn.url("/object"));
    registry.inject(Fault::new("GET", "/blobs/", 1, Effect::Answer(away)));
    let descriptor = blob(&content);
    let mut sink = Vec::new();
    let partial = Partial::none(&descriptor.digest);
    client
        .fetch_blob(&image(&registry), &descriptor, &mut sink, partial, &())
        .expect("fetched");
    assert!(sink == content);
    let last = registry.requests().pop().expect("requests");
    assert!(
        last.header("authorization")
            .is_some_and(|value| value.starts_with("Bearer "))
    );
    assert_eq!(cdn.requests().len(), 1);
    assert_eq!(cdn.requests()[0].header("authorization"), None);
}

#[test]
fn an_upload_elsewhere_takes_no_credential_along() {
    let registry = Registry::start_with(Auth::tokens_for("ann", SECRET));
    let storage = FileServer::start();
    storage.put("/upload", Response::new(201, ""));
    let opened = Response::new(202, "").header("Location", storage.url("/upload?signature=x"));
    registry.inject(Fault::new("POST", "/uploads/", 1, Effect::Answer(opened)));
    let content = noise(1000);
    let open = || Ok(Box::new(std::io::Cursor::new(content.clone())) as Box<dyn std::io::Read>);
    let client = client_with(&registry.host(), ann());
    client
        .push_blob(&image(&registry), &blob(&content), &open, &())
        .expect("pushed");
    assert_eq!(storage.requests()[0].header("authorization"), None);
}

#[test]
fn a_plain_realm_elsewhere_gets_no_credential() {
    let thief = FileServer::start();
    let registry = Registry::start_tls_with(Auth::Token {
        user: Some(("ann".into(), SECRET.into())),
        identity: None,
        expires_in: 300,
        realm: Some(thief.url("/token")),
    });
    let client = client_with(&registry.host(), ann());
    let error = client.resolve(&image(&registry)).expect_err("refused");
    let text = message(
        &error,
        &[(&registry.host(), "HOST"), (&thief.host(), "THIEF")],
    );
    assert_eq!(
        text,
        "cannot pull `HOST/team/app:1`: asked `HOST` (its authentication is refused: its token realm \
         `http://THIEF/token` is plain HTTP)"
    );
    assert_eq!(thief.requests(), []);
}

#[test]
fn nothing_shown_of_a_client_is_secret() {
    let client = client_with("r.example", ann());
    assert!(!format!("{client:?}").contains("hunter2"));
}
