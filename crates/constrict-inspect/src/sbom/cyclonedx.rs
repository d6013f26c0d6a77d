//! CycloneDX 1.6 as JSON. Source: ECMA-424, and `bom-1.6.schema.json`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::inventory::{self, Inventory, Kind};
use super::license::Licence;
use super::uuid;
use crate::packages::Ecosystem;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    serial_number: String,
    version: u32,
    metadata: Metadata,
    components: Vec<Component>,
    dependencies: Vec<Dependency>,
}

#[derive(Serialize)]
struct Metadata {
    timestamp: String,
    tools: Tools,
    component: Component,
}

#[derive(Serialize)]
struct Tools {
    components: Vec<Component>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Component {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref", skip_serializing_if = "String::is_empty")]
    bom_ref: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    supplier: Option<Named>,
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<Choice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_references: Vec<External>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    components: Vec<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Named {
    name: String,
}

#[derive(Serialize)]
struct Hash {
    alg: &'static str,
    content: String,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Choice {
    License { license: License },
    Expression { expression: String },
}

#[derive(Serialize)]
struct License {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

#[derive(Serialize)]
struct External {
    url: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
struct Evidence {
    occurrences: Vec<Occurrence>,
}

#[derive(Serialize)]
struct Occurrence {
    location: String,
}

#[derive(Serialize)]
struct Property {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    #[serde(rename = "ref")]
    reference: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<String>,
}

const ROOT: &str = "image";

/// The document.
pub(super) fn document(inventory: &Inventory) -> Vec<u8> {
    let components = &inventory.components;
    let tool = Component {
        kind: "application",
        name: "constrict".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        ..Component::default()
    };
    let references = |numbers: &[usize]| {
        let found = numbers.iter().map(|at| components[*at].reference.clone());
        found.collect()
    };
    let everything: Vec<usize> = (0..components.len()).collect();
    let mut dependencies = vec![Dependency {
        reference: ROOT.into(),
        depends_on: references(&everything),
    }];
    dependencies.extend(components.iter().map(|component| Dependency {
        reference: component.reference.clone(),
        depends_on: references(&component.depends),
    }));
    let mut bom = Bom {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: String::new(),
        version: 1,
        metadata: Metadata {
            timestamp: inventory.created.clone(),
            tools: Tools {
                components: vec![tool],
            },
            component: root(&inventory.root),
        },
        components: components
            .iter()
            .map(|found| component(found, components))
            .collect(),
        dependencies,
    };
    bom.serial_number = format!("urn:uuid:{}", uuid(&json(&bom)));
    json(&bom)
}

fn json(bom: &Bom) -> Vec<u8> {
    serde_json::to_vec_pretty(bom).expect("plain data")
}

fn root(root: &inventory::Root) -> Component {
    let hash = |digest: &constrict_oci::Digest| Hash {
        alg: algorithm(digest),
        content: digest.hex(),
    };
    let layer = |digest: &constrict_oci::Digest| Property {
        name: "constrict:layer",
        value: digest.to_string(),
    };
    Component {
        kind: "container",
        bom_ref: ROOT.into(),
        name: root.name.clone(),
        version: root
            .digest
            .map_or(String::new(), |digest| digest.to_string()),
        hashes: root.digest.iter().map(hash).collect(),
        purl: root.purl.clone(),
        properties: root.layers.iter().map(layer).collect(),
        ..Component::default()
    }
}

fn algorithm(digest: &constrict_oci::Digest) -> &'static str {
    match digest.algorithm() {
        constrict_oci::Algorithm::Sha256 => "SHA-256",
        constrict_oci::Algorithm::Sha512 => "SHA-512",
    }
}

fn component(found: &inventory::Component, all: &[inventory::Component]) -> Component {
    let hash = |digest: &constrict_oci::Digest| Hash {
        alg: algorithm(digest),
        content: digest.hex(),
    };
    let website = found.homepage.as_ref().filter(|url| inventory::is_url(url));
    let website = website.map(|url| External {
        url: url.clone(),
        kind: "website",
    });
    let file = |(path, digest): &(String, Option<constrict_oci::Digest>)| Component {
        kind: "file",
        name: path.clone(),
        hashes: digest.iter().map(hash).collect(),
        ..Component::default()
    };
    Component {
        kind: match found.kind {
            Kind::System => "operating-system",
            Kind::Interpreter => "application",
            Kind::Package(_) => "library",
        },
        bom_ref: found.reference.clone(),
        supplier: found.supplier.clone().map(|name| Named { name }),
        name: found.name.clone(),
        version: found.version.clone(),
        description: found.summary.clone(),
        hashes: found.hash.iter().map(|(digest, _)| hash(digest)).collect(),
        licenses: found.licence.as_ref().map_or(Vec::new(), licenses),
        purl: found.purl.clone(),
        external_references: website.into_iter().collect(),
        components: found.files.iter().map(file).collect(),
        evidence: Some(Evidence {
            occurrences: vec![Occurrence {
                location: found.location.clone(),
            }],
        }),
        properties: properties(found, all),
    }
}

fn properties(found: &inventory::Component, all: &[inventory::Component]) -> Vec<Property> {
    let ecosystem = match found.kind {
        Kind::Package(Ecosystem::Debian) => Some("dpkg"),
        Kind::Package(Ecosystem::Alpine) => Some("apk"),
        Kind::Package(Ecosystem::Python) => Some("python"),
        Kind::System | Kind::Interpreter => None,
    };
    let source = found.upstream.as_ref();
    let values = [
        ("constrict:found-by", ecosystem.map(ToString::to_string)),
        (
            "constrict:hash-of",
            found.hash.as_ref().map(|(_, path)| path.clone()),
        ),
        (
            "constrict:layer",
            found.layer.map(|layer| layer.to_string()),
        ),
        (
            "constrict:owner",
            found.owner.map(|owner| all[owner].reference.clone()),
        ),
        (
            "constrict:source",
            source.map(|(name, version)| format!("{name} {version}")),
        ),
    ];
    let set = |(name, value): (&'static str, Option<String>)| {
        Some(Property {
            name,
            value: value?,
        })
    };
    values.into_iter().filter_map(set).collect()
}

/// Several licences that all apply, or one expression: the format has no way to mix them.
fn licenses(licence: &Licence) -> Vec<Choice> {
    let license = |id: Option<&str>, name: Option<&String>| Choice::License {
        license: License {
            id: id.map(ToString::to_string),
            name: name.cloned(),
        },
    };
    match licence.plain() {
        Some(parts) => parts
            .into_iter()
            .map(|part| match part {
                Licence::Named(name) => license(None, Some(name)),
                Licence::Id(id) => license(Some(id), None),
                other => license(None, Some(&other.expression(&mut BTreeMap::new()))),
            })
            .collect(),
        None => vec![Choice::Expression {
            expression: licence.expression(&mut BTreeMap::new()),
        }],
    }
}
