//! Artifacts about an image: through the referrers API, and where a registry does not have it.

use constrict_oci::{Descriptor, EMPTY, Index, Manifest, MediaType, Reference};
use constrict_testing::{Effect, Fault, Registry, Response};

use super::{client, reference};

const KIND: &str = "application/spdx+json";

/// A repository with an image, and an artifact of these bytes about it, whose blobs are there.
fn artifact(registry: &Registry, content: &[u8]) -> (Reference, Manifest) {
    let image = registry.add_image("team/app", "1", &[b"layer".to_vec()]);
    let (_, bytes) = registry.manifest("team/app", "1").expect("just added");
    let subject = Descriptor::of(MediaType::OciManifest, &bytes);
    assert_eq!(subject.digest, image);
    registry.add_blob("team/app", content);
    registry.add_blob("team/app", EMPTY);
    let blob = Descriptor::of(MediaType::parse(KIND), content);
    let to = reference(&format!("{}/team/app:1", registry.host()));
    (to, Manifest::artifact(KIND, blob, &subject))
}

#[test]
fn an_artifact_manifest_names_its_subject() {
    let registry = Registry::start();
    let (_, manifest) = artifact(&registry, b"{}");
    let subject = manifest.subject().expect("it has one");
    let expected = format!(
        "{{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\
         \"config\":{{\"mediaType\":\"application/vnd.oci.empty.v1+json\",\
         \"digest\":\"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\",\"size\":2}},\
         \"layers\":[{{\"mediaType\":\"application/spdx+json\",\
         \"digest\":\"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\",\"size\":2}}],\
         \"artifactType\":\"application/spdx+json\",\
         \"subject\":{{\"digest\":\"{}\",\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"size\":{}}}}}",
        subject.digest, subject.size
    );
    assert_eq!(
        String::from_utf8(manifest.to_json()).expect("JSON"),
        expected
    );
}

#[test]
fn registries_that_know_subjects_list_them() {
    let registry = Registry::start();
    let (to, manifest) = artifact(&registry, b"document");
    registry.take_lines();
    let digest = client().push_referrer(&to, &manifest).expect("pushed");
    assert_eq!(
        registry.take_lines(),
        [format!("PUT /v2/team/app/manifests/{digest} 201")]
    );
    let subject = manifest.subject().expect("it has one").digest;
    assert_eq!(
        registry.referrers("team/app", &subject),
        [(KIND.to_owned(), b"document".to_vec())]
    );
}

#[test]
fn for_other_registries_a_tag_has_the_list() {
    let registry = Registry::start();
    registry.forget_referrers();
    let (to, one) = artifact(&registry, b"one");
    let (_, other) = artifact(&registry, b"other");
    let client = client();
    client.push_referrer(&to, &one).expect("pushed");
    client.push_referrer(&to, &other).expect("pushed");
    let again = client.push_referrer(&to, &one).expect("pushed");
    let subject = one.subject().expect("it has one").digest;
    assert_eq!(
        registry.referrers("team/app", &subject),
        [
            (KIND.to_owned(), b"one".to_vec()),
            (KIND.to_owned(), b"other".to_vec())
        ]
    );
    let tag = format!("sha256-{}", subject.hex());
    let (kind, index) = registry.manifest("team/app", &tag).expect("tagged");
    assert_eq!(kind, MediaType::OciIndex.as_str());
    let index = Index::parse(&index).expect("an index");
    assert_eq!(index.manifests[0].digest, again);
    assert_eq!(index.manifests[0].extra["artifactType"], KIND);
}

#[test]
fn an_index_that_cannot_be_read_is_not_overwritten() {
    let registry = Registry::start();
    registry.forget_referrers();
    let (to, manifest) = artifact(&registry, b"one");
    let denied = Effect::Answer(Response::new(403, ""));
    registry.inject(Fault::new("GET", "/manifests/sha256-", 1, denied));
    assert!(client().push_referrer(&to, &manifest).is_err());
    let subject = manifest.subject().expect("it has one").digest;
    assert!(registry.referrers("team/app", &subject).is_empty());
}
