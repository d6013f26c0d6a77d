//! SPDX 2.3 as JSON. Source: the SPDX specification 2.3 and its `spdx-schema.json`.

use std::collections::BTreeMap;

use constrict_oci::{Algorithm, Digest};
use serde::Serialize;

use super::inventory::{self, Component, Inventory, Kind};
use super::uuid;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    spdx_id: &'static str,
    name: String,
    document_namespace: String,
    creation_info: CreationInfo,
    packages: Vec<Package>,
    #[serde(
        rename = "hasExtractedLicensingInfos",
        skip_serializing_if = "Vec::is_empty"
    )]
    licensing: Vec<Licensing>,
    relationships: Vec<Relationship>,
}

#[derive(Serialize)]
struct CreationInfo {
    created: String,
    creators: Vec<String>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    name: String,
    #[serde(rename = "SPDXID")]
    spdx_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    version_info: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    supplier: Option<String>,
    download_location: &'static str,
    files_analyzed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checksums: Vec<Checksum>,
    #[serde(skip_serializing_if = "Option::is_none")]
    homepage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_info: Option<String>,
    license_concluded: &'static str,
    license_declared: String,
    copyright_text: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_refs: Vec<ExternalRef>,
    primary_package_purpose: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checksum {
    algorithm: &'static str,
    checksum_value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef {
    reference_category: &'static str,
    reference_type: &'static str,
    reference_locator: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Licensing {
    license_id: String,
    extracted_text: String,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: String,
    relationship_type: &'static str,
    related_spdx_element: String,
}

const UNKNOWN: &str = "NOASSERTION";
const DOCUMENT: &str = "SPDXRef-DOCUMENT";
const ROOT: &str = "SPDXRef-Image";

/// The document.
pub(super) fn document(inventory: &Inventory) -> Vec<u8> {
    let mut refs = BTreeMap::new();
    let ids: Vec<String> = inventory.components.iter().map(identifier).collect();
    let mut packages = vec![root(&inventory.root)];
    for (component, id) in inventory.components.iter().zip(&ids) {
        packages.push(package(component, id.clone(), &mut refs));
    }
    let licensing = refs.into_iter().map(|(license_id, name)| Licensing {
        license_id,
        extracted_text: format!("What the package's own record calls its licence: {name}"),
        name,
    });
    let mut document = Document {
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        spdx_id: DOCUMENT,
        name: inventory.root.name.clone(),
        document_namespace: String::new(),
        creation_info: CreationInfo {
            created: inventory.created.clone(),
            creators: vec![format!("Tool: constrict-{}", env!("CARGO_PKG_VERSION"))],
        },
        packages,
        licensing: licensing.collect(),
        relationships: relationships(&inventory.components, &ids),
    };
    document.document_namespace = format!("urn:uuid:{}", uuid(&json(&document)));
    json(&document)
}

fn json(document: &Document) -> Vec<u8> {
    serde_json::to_vec_pretty(document).expect("plain data")
}

/// `SPDXRef-libc6-0123456789abcdef`: readable, and unique by the digest of the component's reference.
fn identifier(component: &Component) -> String {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '.';
    let name = component.name.chars().take(60);
    let name: String = name
        .map(|letter| if is_allowed(letter) { letter } else { '-' })
        .collect();
    let unique = Digest::of(component.reference.as_bytes()).hex();
    format!("SPDXRef-{name}-{}", &unique[..16])
}

fn checksum(digest: &Digest) -> Checksum {
    Checksum {
        algorithm: match digest.algorithm() {
            Algorithm::Sha256 => "SHA256",
            Algorithm::Sha512 => "SHA512",
        },
        checksum_value: digest.hex(),
    }
}

fn purl(url: &str) -> ExternalRef {
    ExternalRef {
        reference_category: "PACKAGE-MANAGER",
        reference_type: "purl",
        reference_locator: url.to_string(),
    }
}

fn root(root: &inventory::Root) -> Package {
    Package {
        name: root.name.clone(),
        spdx_id: ROOT.into(),
        version_info: root
            .digest
            .map_or(String::new(), |digest| digest.to_string()),
        download_location: UNKNOWN,
        checksums: root.digest.iter().map(checksum).collect(),
        license_concluded: UNKNOWN,
        license_declared: UNKNOWN.into(),
        copyright_text: UNKNOWN,
        external_refs: root.purl.iter().map(|url| purl(url)).collect(),
        primary_package_purpose: "CONTAINER",
        ..Package::default()
    }
}

fn package(found: &Component, id: String, refs: &mut BTreeMap<String, String>) -> Package {
    let licence = found.licence.as_ref();
    let homepage = found.homepage.clone().filter(|url| inventory::is_url(url));
    Package {
        name: found.name.clone(),
        spdx_id: id,
        version_info: found.version.clone(),
        supplier: found.supplier.as_deref().map(actor),
        download_location: UNKNOWN,
        files_analyzed: false,
        checksums: found
            .hash
            .iter()
            .map(|(digest, _)| checksum(digest))
            .collect(),
        homepage,
        source_info: Some(source_info(found)),
        license_concluded: UNKNOWN,
        license_declared: licence.map_or(UNKNOWN.into(), |licence| licence.expression(refs)),
        copyright_text: UNKNOWN,
        summary: found.summary.clone(),
        external_refs: found.purl.iter().map(|url| purl(url)).collect(),
        primary_package_purpose: match found.kind {
            Kind::System => "OPERATING-SYSTEM",
            Kind::Interpreter => "APPLICATION",
            Kind::Package(_) => "LIBRARY",
        },
    }
}

/// Where it was found.
fn source_info(found: &Component) -> String {
    use std::fmt::Write as _;
    let mut text = format!("found by {}", found.location);
    if let Some(layer) = &found.layer {
        let _ = write!(text, " in layer {layer}");
    }
    if let Some((name, version)) = &found.upstream {
        let _ = write!(text, "; built from {name} {version}");
    }
    if let Some((_, path)) = &found.hash {
        let _ = write!(text, "; the checksum is that of {path}");
    }
    text
}

/// `Person: name (address)` of `name <address>`.
fn actor(text: &str) -> String {
    let clean = |text: &str| {
        text.replace(['(', ')', '<', '>', '"'], " ")
            .trim()
            .to_string()
    };
    let (name, address) = match text.split_once('<') {
        Some((name, address)) => (
            clean(name),
            clean(address.split('>').next().unwrap_or_default()),
        ),
        None => (clean(text), String::new()),
    };
    let is_address = address.contains('@') && !address.contains(char::is_whitespace);
    match (name.is_empty(), is_address) {
        (true, false) => UNKNOWN.into(),
        (true, true) => format!("Person: {address} ({address})"),
        (false, true) => format!("Person: {name} ({address})"),
        (false, false) => format!("Person: {name}"),
    }
}

fn relationships(components: &[Component], ids: &[String]) -> Vec<Relationship> {
    let relation = |from: &str, kind, to: &str| Relationship {
        spdx_element_id: from.into(),
        relationship_type: kind,
        related_spdx_element: to.into(),
    };
    let mut all = vec![relation(DOCUMENT, "DESCRIBES", ROOT)];
    all.extend(ids.iter().map(|id| relation(ROOT, "CONTAINS", id)));
    for (component, id) in components.iter().zip(ids) {
        let owner = component.owner.iter();
        all.extend(owner.map(|owner| relation(&ids[*owner], "CONTAINS", id)));
        let needs = component.depends.iter();
        all.extend(needs.map(|need| relation(id, "DEPENDS_ON", &ids[*need])));
    }
    all
}
