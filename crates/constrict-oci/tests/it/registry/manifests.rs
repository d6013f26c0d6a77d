//! Manifests: by tag and digest, through mirrors, and what is refused.

use constrict_oci::registry::{Answer, Error};
use constrict_oci::{Digest, MediaType};
use constrict_testing::{Effect, Fault, LayerTar, Registry, Response};

use super::{client, message, mirrored, missing, reference, says};

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";

fn with_image() -> (Registry, Digest) {
    let registry = Registry::start();
    let layer = LayerTar::new().file("etc/hello", 0o644, "hello\n").build();
    let digest = registry.add_image("team/app", "1", &[layer]);
    (registry, digest)
}

#[test]
fn a_tag_is_resolved_and_the_same_by_digest() {
    let (registry, digest) = with_image();
    let by_tag = reference(&format!("{}/team/app:1", registry.host()));
    let client = client();
    let resolved = client.resolve(&by_tag).expect("resolved");
    assert_eq!(resolved.descriptor.digest, digest);
    assert_eq!(resolved.descriptor.media_type, MediaType::OciManifest);
    assert_eq!(resolved.descriptor.size, resolved.bytes.len() as u64);
    assert_eq!(resolved.endpoint, registry.host());
    assert_eq!(
        client.manifest(&by_tag, &digest).expect("there"),
        resolved.bytes
    );
    let found = client.find(&by_tag).expect("found").expect("said");
    assert_eq!(found.descriptor, resolved.descriptor);
    assert_eq!(
        registry.take_lines(),
        [
            "GET /v2/team/app/manifests/1 200".to_owned(),
            format!("GET /v2/team/app/manifests/{digest} 200"),
            "HEAD /v2/team/app/manifests/1 200".to_owned(),
        ]
    );
}

#[test]
fn a_tag_that_is_missing_is_latest_and_then_not_found() {
    let (registry, _) = with_image();
    let untagged = reference(&format!("{}/team/app", registry.host()));
    let error = client().resolve(&untagged).expect_err("no such tag");
    assert!(matches!(&error, Error::NotFound { asked, .. } if asked.len() == 1));
    assert_eq!(
        message(&error, &[(&registry.host(), "HOST")]),
        "`HOST/team/app:latest` was not found: asked `HOST` (not found)"
    );
    let none = client().find(&untagged);
    assert!(matches!(none, Err(Error::NotFound { .. })));
}

#[test]
fn mirrors_are_asked_in_order_with_their_path() {
    let (empty, full) = (Registry::start(), Registry::start());
    let digest = full.add_image("cache/hub/library/python", "3.11", &[]);
    let client = mirrored(&[empty.host(), format!("http://{}/cache/hub", full.host())]);
    let resolved = client
        .resolve(&reference("python:3.11"))
        .expect("in the second");
    assert_eq!(resolved.descriptor.digest, digest);
    assert_eq!(resolved.endpoint, format!("{}/cache/hub", full.host()));
    assert_eq!(
        empty.take_lines(),
        ["GET /v2/library/python/manifests/3.11 404"]
    );
    assert_eq!(
        full.take_lines(),
        ["GET /v2/cache/hub/library/python/manifests/3.11 200"]
    );
    // what had the manifest is asked first for what belongs to it
    client
        .manifest(&reference("python:3.11"), &digest)
        .expect("there");
    assert_eq!(empty.take_lines(), [] as [&str; 0]);
}

#[test]
fn a_failure_lists_every_endpoint_and_its_answer() {
    let (empty, broken) = (Registry::start(), Registry::start());
    broken.inject(Fault::new(
        "GET",
        "/manifests/",
        9,
        Effect::Answer(Response::new(500, "oh")),
    ));
    let gone = Registry::start().host();
    let client = mirrored(&[empty.host(), broken.host(), gone.clone()]);
    let error = client
        .resolve(&reference("python:3.11"))
        .expect_err("nobody has it");
    let names = [
        (empty.host(), "EMPTY"),
        (broken.host(), "BROKEN"),
        (gone, "GONE"),
    ];
    let names: Vec<_> = names
        .iter()
        .map(|(host, name)| (host.as_str(), *name))
        .collect();
    assert_eq!(
        message(&error, &names),
        "cannot pull `docker.io/library/python:3.11`: asked `EMPTY` (not found), `BROKEN` (HTTP status 500), \
         `GONE` (connection refused), `registry-1.docker.io` (through the proxy: connection refused)"
    );
}

#[test]
fn a_mirror_that_lies_is_passed_over() {
    let (liar, honest) = (Registry::start(), Registry::start());
    let digest = honest.add_image("library/python", "3.11", &[]);
    liar.add_image("library/python", "3.11", &[]);
    liar.inject(Fault::new("GET", "/manifests/", 9, Effect::Corrupt));
    let client = mirrored(&[liar.host(), honest.host()]);
    let pinned = reference("python").with_digest(digest);
    let resolved = client.resolve(&pinned).expect("from the second");
    assert_eq!(resolved.endpoint, honest.host());
}

#[test]
fn content_that_is_not_the_digests_is_refused() {
    let (registry, digest) = with_image();
    let (_, bytes) = registry.manifest("team/app", "1").expect("there");
    registry.inject(Fault::new("GET", "/manifests/", 1, Effect::Corrupt));
    let pinned = reference(&format!("{}/team/app@{digest}", registry.host()));
    let error = client().resolve(&pinned).expect_err("corrupt");
    let mut corrupt = bytes;
    corrupt[0] ^= 0x55;
    let expected = Answer::WrongDigest {
        expected: Box::new(digest),
        found: Box::new(Digest::of(&corrupt)),
    };
    assert_eq!(error.asked()[0].answer, expected);
    // by tag, the header says what was meant
    registry.inject(Fault::new("GET", "/manifests/", 1, Effect::Corrupt));
    let tagged = reference(&format!("{}/team/app:1", registry.host()));
    assert_eq!(
        client().resolve(&tagged).expect_err("corrupt").asked()[0].answer,
        expected
    );
}

#[test]
fn hostile_manifests_are_errors() {
    let registry = Registry::start();
    let deep = "[".repeat(100_000);
    let huge = vec![b' '; 9 << 20];
    let cases: [(&str, &[u8], &str); 6] = [
        (OCI, b"{", "the manifest is refused: it is not valid (EOF while parsing an object at line 1 column 1)"),
        (OCI, b"null", "the manifest is refused: it is not valid (invalid type: null, expected struct Outline at line 1 column 4)"),
        (OCI, deep.as_bytes(), "the manifest is refused: it is not valid (recursion limit exceeded at line 1 column 128)"),
        (OCI, &huge, "the manifest is refused: it has more than 8388608 bytes"),
        (
            "application/vnd.docker.distribution.manifest.v1+prettyjws",
            b"{}",
            "the image is in the obsolete docker schema 1 format",
        ),
        (
            "application/vnd.oci.image.index.v1+json",
            br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{}}"#,
            "the manifest is refused: it says `application/vnd.oci.image.manifest.v1+json` and its header \
             `application/vnd.oci.image.index.v1+json`",
        ),
    ];
    for (media_type, content, expected) in cases {
        registry.add_manifest("r", Some("t"), media_type, content);
        let image = reference(&format!("{}/r:t", registry.host()));
        let error = client().resolve(&image).expect_err("refused");
        assert_eq!(error.asked()[0].answer.to_string(), expected);
    }
}

#[test]
fn what_may_pass_is_repeated() {
    let (registry, digest) = with_image();
    let busy = Response::new(429, "").header("Retry-After", "0");
    registry.inject(Fault::new("GET", "/manifests/", 2, Effect::Answer(busy)));
    registry.inject(Fault::new("GET", "/manifests/", 1, Effect::Cut(3)));
    let image = reference(&format!("{}/team/app:1", registry.host()));
    assert_eq!(
        client().resolve(&image).expect("at last").descriptor.digest,
        digest
    );
    let lines = registry.take_lines();
    assert_eq!(
        lines.iter().filter(|line| line.ends_with(" 429")).count(),
        2
    );
    assert_eq!(
        lines.iter().filter(|line| line.ends_with(" 200")).count(),
        2
    );
}

#[test]
fn nobody_listening_is_said() {
    let gone = Registry::start().host();
    let image = reference(&format!("{gone}/team/app@{}", missing()));
    assert_eq!(
        says(client().resolve(&image), &gone),
        format!(
            "cannot pull `HOST/team/app@{}`: asked `HOST` (connection refused)",
            missing()
        )
    );
}
