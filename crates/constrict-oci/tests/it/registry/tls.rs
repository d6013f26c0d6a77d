//! TLS and plain HTTP: where which is spoken.

use std::fs;

use constrict_oci::registry::{Client, Error, HostConfig, Options};
use constrict_testing::{Registry, authority_pem};

use super::{client, options, reference};

#[test]
fn a_registry_on_loopback_may_have_any_certificate() {
    let registry = Registry::start_tls();
    registry.add_image("team/app", "1", &[]);
    let image = reference(&format!("{}/team/app:1", registry.host()));
    client().resolve(&image).expect("as docker does");
}

#[test]
fn a_registry_elsewhere_needs_a_certificate_that_is_trusted() {
    let registry = Registry::start_tls();
    registry.add_image("team/app", "1", &[]);
    let image = reference(&format!("{}/team/app:1", registry.distant_host()));
    let few = Options {
        retries: 0,
        ..options()
    };
    let error = Client::new(few.clone())
        .expect("made")
        .resolve(&image)
        .expect_err("unknown");
    assert!(
        error
            .to_string()
            .contains("TLS failed: invalid peer certificate"),
        "{error}"
    );

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ca.pem");
    fs::write(&path, format!("# ours\n{}", authority_pem())).expect("written");
    let trusting = Options {
        extra_ca: Some(path),
        ..few.clone()
    };
    Client::new(trusting)
        .expect("made")
        .resolve(&image)
        .expect("vouched for");

    let insecure = HostConfig {
        insecure: true,
        ..HostConfig::default()
    };
    let careless = Options {
        hosts: [(registry.distant_host(), insecure)].into(),
        ..few
    };
    Client::new(careless)
        .expect("made")
        .resolve(&image)
        .expect("taken unseen");
}

#[test]
fn plain_http_elsewhere_is_spoken_only_where_configured() {
    let registry = Registry::start();
    registry.add_image("team/app", "1", &[]);
    let image = reference(&format!("{}/team/app:1", registry.distant_host()));
    let few = Options {
        retries: 0,
        ..options()
    };
    Client::new(few.clone())
        .expect("made")
        .resolve(&image)
        .expect_err("no TLS there");
    assert_eq!(registry.requests(), []);
    let plain = HostConfig {
        http: true,
        ..HostConfig::default()
    };
    let configured = Options {
        hosts: [(registry.distant_host(), plain)].into(),
        ..few
    };
    Client::new(configured)
        .expect("made")
        .resolve(&image)
        .expect("configured");
}

#[test]
fn a_bundle_without_certificates_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ca.pem");
    let with = |path: &std::path::Path| {
        Client::new(Options {
            extra_ca: Some(path.to_owned()),
            ..options()
        })
    };
    assert!(matches!(with(&path), Err(Error::Authorities { .. })));
    fs::write(&path, "nothing").expect("written");
    assert!(matches!(with(&path), Err(Error::NoAuthorities { .. })));
}
