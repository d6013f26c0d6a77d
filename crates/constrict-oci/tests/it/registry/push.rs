//! Pushes: blobs, mounts, manifests.

use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};

use constrict_oci::registry::{Client, Error};
use constrict_oci::{Descriptor, MediaType, Reference};
use constrict_testing::{Effect, Fault, Registry, Response};

use super::{blob, client, noise, reference, says};

fn push(client: &Client, repository: &Reference, content: &[u8]) -> Result<(), Error> {
    let content = content.to_vec();
    let open = || Ok(Box::new(io::Cursor::new(content.clone())) as Box<dyn Read>);
    client.push_blob(repository, &blob(&content), &open, &())
}

fn repository(registry: &Registry) -> Reference {
    reference(&format!("{}/team/app:1", registry.host()))
}

#[test]
fn a_pushed_image_can_be_pulled() {
    let registry = Registry::start();
    let to = repository(&registry);
    let client = client();
    let content = noise(2 << 20);
    let descriptor = blob(&content);
    assert!(!client.has_blob(&to, &descriptor.digest).expect("answered"));
    push(&client, &to, &content).expect("pushed");
    assert!(client.has_blob(&to, &descriptor.digest).expect("answered"));
    assert!(registry.blob("team/app", &descriptor.digest) == Some(content));

    let manifest = br#"{"schemaVersion":2,"config":{},"layers":[]}"#;
    let digest = client
        .push_manifest(&to, &MediaType::OciManifest, manifest)
        .expect("pushed");
    assert_eq!(
        client.resolve(&to).expect("there").descriptor.digest,
        digest
    );
    let untagged = reference(&format!("{}/team/app", registry.host()));
    client
        .push_manifest(&untagged, &MediaType::OciManifest, manifest)
        .expect("pushed");
    let lines = registry.take_lines();
    assert_eq!(
        lines[lines.len() - 1],
        format!("PUT /v2/team/app/manifests/{digest} 201")
    );
}

#[test]
fn an_empty_blob_can_be_pushed() {
    let registry = Registry::start();
    push(&client(), &repository(&registry), b"").expect("pushed");
    assert_eq!(
        registry.blob("team/app", &blob(b"").digest),
        Some(Vec::new())
    );
}

#[test]
fn failures_that_may_pass_are_repeated_from_the_beginning() {
    let registry = Registry::start();
    let busy = || Effect::Answer(Response::new(503, ""));
    registry.inject(Fault::new("POST", "/uploads/", 1, busy()));
    registry.inject(Fault::new("PUT", "/uploads/", 2, busy()));
    registry.inject(Fault::new("PUT", "/manifests/", 1, busy()));
    let to = repository(&registry);
    let client = client();
    let content = noise(1 << 20);
    push(&client, &to, &content).expect("pushed");
    assert!(registry.blob("team/app", &blob(&content).digest) == Some(content));
    client
        .push_manifest(&to, &MediaType::OciManifest, b"{}")
        .expect("pushed");
}

#[test]
fn locations_may_be_absolute_and_elsewhere() {
    let (registry, storage) = (Registry::start(), Registry::start());
    let content = noise(1000);
    let to = repository(&storage);
    let descriptor = blob(&content);
    // leaves an upload open there
    let kept = Effect::Answer(Response::new(204, ""));
    storage.inject(Fault::new("DELETE", "/uploads/", 1, kept));
    assert!(
        !client()
            .mount_blob(&to, &descriptor.digest, "none")
            .expect("answered")
    );
    let elsewhere = format!("{}/v2/team/app/blobs/uploads/1?state=a%2Fb", storage.url());
    let opened = Response::new(202, "").header("Location", elsewhere);
    registry.inject(Fault::new("POST", "/uploads/", 1, Effect::Answer(opened)));
    push(&client(), &repository(&registry), &content).expect("pushed");
    assert!(storage.blob("team/app", &descriptor.digest) == Some(content));
}

#[test]
fn blobs_are_mounted_where_the_registry_has_them() {
    let registry = Registry::start();
    let digest = registry.add_blob("library/python", b"layer");
    let to = repository(&registry);
    let client = client();
    assert!(
        client
            .mount_blob(&to, &digest, "library/python")
            .expect("answered")
    );
    assert!(registry.blob("team/app", &digest).is_some());
    registry.take_lines();
    assert!(
        !client
            .mount_blob(&to, &super::missing(), "library/python")
            .expect("answered")
    );
    // the upload that the registry opened instead is closed
    assert_eq!(
        registry.take_lines(),
        [
            "POST /v2/team/app/blobs/uploads/ 202",
            "DELETE /v2/team/app/blobs/uploads/1 204"
        ]
    );
}

#[test]
fn a_refused_digest_is_said_and_not_repeated() {
    let registry = Registry::start();
    let content = noise(1000);
    let wrong = Descriptor::new(MediaType::OciLayer, super::missing(), 1000);
    let open = || Ok(Box::new(io::Cursor::new(content.clone())) as Box<dyn Read>);
    let pushed = client().push_blob(&repository(&registry), &wrong, &open, &());
    assert_eq!(
        says(pushed, &registry.host()),
        format!(
            "cannot push `HOST/team/app@{}`: `HOST` (HTTP status 400: digest invalid)",
            super::missing()
        )
    );
    assert_eq!(registry.requests().len(), 2);
}

#[test]
fn a_source_that_fails_is_this_machines_failure() {
    let registry = Registry::start();
    let opened = AtomicUsize::new(0);
    let content = noise(1000);
    let open = || {
        opened.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(io::Cursor::new(content[..500].to_vec())) as Box<dyn Read>)
    };
    let error = client().push_blob(&repository(&registry), &blob(&content), &open, &());
    let error = error.expect_err("too short");
    let Error::Source { source, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(source.to_string(), "it is shorter than its descriptor says");
    assert_eq!(opened.load(Ordering::SeqCst), 1);
    let open = || Err(io::ErrorKind::PermissionDenied.into());
    let error = client().push_blob(&repository(&registry), &blob(&content), &open, &());
    assert!(matches!(error, Err(Error::Source { .. })));
}

#[test]
fn a_registry_that_stored_something_else_is_found_out() {
    let registry = Registry::start();
    let other = super::missing().to_string();
    let lie = Effect::Header("Docker-Content-Digest", other);
    registry.inject(Fault::new("PUT", "/manifests/", 1, lie));
    let pushed = client().push_manifest(&repository(&registry), &MediaType::OciManifest, b"{}");
    assert!(says(pushed, &registry.host()).contains("the content has digest"));
}
