//! What a manifest from a registry is, told from its bytes and the header that came with it. Never fetches one.
//!
//! A document that can be read as two kinds is refused (CVE-2021-41190), and so is one whose header says another kind.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Answer;
use crate::MediaType;

/// The specification asks registries to take at least 4 MiB; none of the large ones takes more.
pub(crate) const MANIFEST_MAX: u64 = 8 << 20;

/// All kinds that are understood, for the `Accept` header.
pub(crate) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json";

const SCHEMA_1: &str = "application/vnd.docker.distribution.manifest.v1+";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    schema_version: Option<serde_json::Value>,
    media_type: Option<String>,
    manifests: Option<Vec<IgnoredAny>>,
    config: Option<IgnoredAny>,
    layers: Option<Vec<IgnoredAny>>,
    fs_layers: Option<IgnoredAny>,
}

/// The kind of a manifest; `content_type` is the header's.
pub(crate) fn identify(body: &[u8], content_type: Option<&str>) -> Result<MediaType, Answer> {
    let refuse = |reason: String| Answer::Manifest { reason };
    let announced = content_type.unwrap_or_default();
    if announced.starts_with(SCHEMA_1) {
        return Err(Answer::Schema1);
    }
    let outline: Outline = serde_json::from_slice(body)
        .map_err(|error| refuse(format!("it is not valid ({error})")))?;
    let version = outline
        .schema_version
        .as_ref()
        .and_then(serde_json::Value::as_u64);
    let own = outline.media_type.as_deref().unwrap_or_default();
    if version == Some(1) || outline.fs_layers.is_some() || own.starts_with(SCHEMA_1) {
        return Err(Answer::Schema1);
    }
    if version != Some(2) {
        return Err(refuse("its `schemaVersion` is not 2".to_owned()));
    }
    let index = outline.manifests.is_some();
    let manifest = outline.config.is_some() || outline.layers.is_some();
    if index && manifest {
        return Err(refuse("it is an index and an image at once".to_owned()));
    }
    let known = |name: &str| {
        Some(MediaType::parse(name)).filter(|kind| kind.is_index() || kind.is_manifest())
    };
    let (own, announced_kind) = (known(own), known(announced));
    if let (Some(own), Some(announced)) = (&own, &announced_kind)
        && own != announced
    {
        return Err(refuse(format!(
            "it says `{own}` and its header `{announced}`"
        )));
    }
    let kind = match (own.or(announced_kind), outline.media_type) {
        (Some(kind), _) => kind,
        (None, Some(other)) => {
            return Err(refuse(format!("`{}` is no kind of image", clean(&other))));
        }
        (None, None) if index => MediaType::OciIndex,
        (None, None) => MediaType::OciManifest,
    };
    if kind.is_index() && !index || kind.is_manifest() && outline.config.is_none() {
        return Err(refuse(format!(
            "it says `{kind}` and has not the members of one"
        )));
    }
    Ok(kind)
}

fn clean(text: &str) -> String {
    let shown = text.chars().filter(|character| !character.is_control());
    shown.take(100).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
    const LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

    fn identified(body: &str, content_type: &str) -> Result<String, String> {
        let kind = identify(body.as_bytes(), Some(content_type));
        kind.map(|kind| kind.to_string())
            .map_err(|answer| answer.to_string())
    }

    #[test]
    fn the_kind_is_the_documents_own_or_the_headers() {
        let image = r#"{"schemaVersion":2,"config":{},"layers":[]}"#;
        let index = r#"{"schemaVersion":2,"manifests":[]}"#;
        assert_eq!(identified(image, OCI).as_deref(), Ok(OCI));
        assert_eq!(identified(image, "application/json").as_deref(), Ok(OCI));
        assert_eq!(identified(index, LIST).as_deref(), Ok(LIST));
        let own = format!(r#"{{"schemaVersion":2,"mediaType":"{LIST}","manifests":[]}}"#);
        assert_eq!(
            identified(&own, "text/plain; charset=utf-8").as_deref(),
            Ok(LIST)
        );
    }

    #[test]
    fn confusion_is_refused() {
        let own = format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{{}},"layers":[]}}"#);
        for (body, header, reason) in [
            (
                own.as_str(),
                LIST,
                "it says `application/vnd.oci.image.manifest.v1+json` and its header `application/vnd.docker.distribution.manifest.list.v2+json`",
            ),
            (
                r#"{"schemaVersion":2,"config":{},"manifests":[]}"#,
                OCI,
                "it is an index and an image at once",
            ),
            (
                r#"{"schemaVersion":2,"manifests":[]}"#,
                OCI,
                "it says `application/vnd.oci.image.manifest.v1+json` and has not the members of one",
            ),
            (
                r#"{"schemaVersion":3}"#,
                OCI,
                "its `schemaVersion` is not 2",
            ),
            (
                r#"{"schemaVersion":2,"mediaType":"text/html"}"#,
                "text/html",
                "`text/html` is no kind of image",
            ),
        ] {
            assert_eq!(
                identified(body, header),
                Err(format!("the manifest is refused: {reason}"))
            );
        }
    }

    #[test]
    fn schema_1_is_named() {
        let expected = Err("the image is in the obsolete docker schema 1 format".to_owned());
        let body = r#"{"schemaVersion":1,"fsLayers":[]}"#;
        assert_eq!(identified(body, "application/json"), expected);
        assert_eq!(
            identified(
                "",
                "application/vnd.docker.distribution.manifest.v1+prettyjws"
            ),
            expected
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(body in ".{0,200}", header in ".{0,60}") {
            drop(identify(body.as_bytes(), Some(&header)));
        }
    }
}
