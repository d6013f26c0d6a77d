//! Images side by side: rows of counts, with why each matters, the files behind it, and limits that it may be held to.
//!
//! ```text
//! Image ──▶ Profile (what is known of one image; remembered) ─┐
//! Profile … ──────────────────────────────────────────────────┼─▶ Comparison (rows) ──▶ table · Markdown · JSON · page
//! limits, a baseline ─────────────────────────────────────────┴─▶ Breach … ──▶ exit status
//! ```

mod baseline;
mod known;
mod limit;
mod rows;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facts::Facts;
use crate::image::Image;
use crate::quantity::bytes;
use crate::report::Report;
use crate::size::{Amount, KindSize, LayerSize, PackageSize, Pushed, Size, Total, Tree};
use crate::surface::{Item, Value, surface};
use crate::survey::Survey;

pub use baseline::{Baseline, worse};
pub use known::vulnerabilities;
pub use limit::{Limit, LimitError};
pub use rows::{Aim, Definition, Group, ROWS, Unit, find};

/// What is known of one image, without any other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// As the user calls it.
    pub name: String,
    /// The manifest's digest; empty for what has none.
    pub digest: String,
    /// `linux/amd64`.
    pub platform: String,
    /// Where its bytes are.
    pub size: Size,
    /// What was counted, by the rows' names.
    pub values: BTreeMap<String, Value>,
}

/// Images side by side. `docs/compare.schema.json` describes its JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// Of this format: 1.
    pub version: u32,
    /// In the order that the user gave.
    pub images: Vec<ImageOverview>,
    /// Each with a value an image.
    pub rows: Vec<Row>,
}

/// What a comparison says of one image besides its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageOverview {
    /// As the user calls it.
    pub name: String,
    /// The manifest's digest; empty for what has none.
    pub digest: String,
    /// `linux/amd64`.
    pub platform: String,
    /// Its bytes.
    pub size: Total,
    /// Lowest first.
    pub layers: Vec<LayerSize>,
    /// By kind.
    pub kinds: Vec<KindSize>,
    /// By package.
    pub packages: Vec<PackageSize>,
    /// Files that no package has.
    pub unowned: Amount,
}

/// One thing that was counted in every image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Kebab case, for limits: `set-id`.
    pub name: String,
    /// For people: `set-uid and set-gid files`.
    pub title: String,
    /// Where it belongs.
    pub group: Group,
    /// What its numbers are.
    pub unit: Unit,
    /// Which number is better.
    pub aim: Aim,
    /// Why it matters, a sentence.
    pub why: String,
    /// Who says so: `CIS Docker Benchmark 1.7.0, 4.8`.
    pub source: String,
    /// Where that can be read.
    pub url: Option<String>,
    /// One an image.
    pub values: Vec<Value>,
    /// Whether they are not all the same.
    pub differs: bool,
}

/// Looks at one image; the tree is for pages.
pub fn profile(
    facts: &Facts<'_>,
    report: &Report,
    digest: String,
    platform: String,
    pushed: &[Pushed],
) -> Profile {
    let survey = Survey::of(facts);
    let size = crate::size::size(facts, &survey, pushed);
    let mut values = surface(facts, &survey, report);
    values.extend(sizes(&size, &survey));
    Profile {
        name: facts.image.name.clone(),
        digest,
        platform,
        size,
        values,
    }
}

/// The tree of an image's bytes.
pub fn tree(image: &Image) -> Tree {
    Tree::of(&Survey::of(&Facts::new(image)))
}

/// The rows about bytes and packages.
fn sizes(size: &Size, survey: &Survey<'_>) -> BTreeMap<String, Value> {
    let layers = size.layers.iter().map(layer_item).collect();
    let packages = |of: &[&str]| {
        let found = size
            .packages
            .iter()
            .filter(|package| of.contains(&package.ecosystem.as_str()));
        let item = |package: &PackageSize| Item {
            name: package.name.clone(),
            detail: format!("{}, {}", package.version, bytes(package.amount.bytes)),
        };
        Value::count(found.map(item).collect())
    };
    let hidden = size.lost.iter().map(|lost| lost.bytes).sum();
    let lost = size.lost.iter().take(LISTED).map(|lost| Item {
        name: lost.path.clone(),
        detail: format!(
            "{} of layer {}, {} by layer {}",
            bytes(lost.bytes),
            lost.layer,
            lost.loss.word(),
            lost.by
        ),
    });
    let compressed = match size.total.compressed {
        Some(size) => Value::bytes(size, Vec::new()),
        None => Value::missing("not known: its layers are not compressed"),
    };
    let counted = [
        ("unpacked", Value::bytes(size.total.unpacked, Vec::new())),
        ("visible", Value::bytes(size.total.visible, Vec::new())),
        ("compressed", compressed),
        ("hidden", Value::bytes(hidden, lost.collect())),
        (
            "files",
            Value::text(
                survey.files().count().to_string(),
                survey.files().count() as u64,
                Vec::new(),
            ),
        ),
        ("layers", Value::count(layers)),
        ("packages", packages(&["deb", "apk"])),
        ("distributions", packages(&["pypi"])),
    ];
    counted
        .map(|(name, value)| (name.to_string(), value))
        .into()
}

/// A layer by what made it.
fn layer_item(layer: &LayerSize) -> Item {
    let name = match layer.step.as_str() {
        "" => &layer.diff_id,
        step => step,
    };
    Item {
        name: name.to_string(),
        detail: bytes(layer.unpacked),
    }
}

/// How many hidden files are named.
const LISTED: usize = 200;

/// Puts images side by side.
pub fn compare(profiles: Vec<Profile>) -> Comparison {
    let shared = shared(&profiles);
    let value = |name: &str, at: usize| match name {
        "shared-layers" => shared[at].clone(),
        name => {
            let known = profiles[at].values.get(name).cloned();
            known.unwrap_or_else(|| Value::missing("not checked"))
        }
    };
    let row = |definition: &Definition| {
        let values: Vec<Value> = (0..profiles.len())
            .map(|at| value(definition.name, at))
            .collect();
        definition.row(values)
    };
    let rows = ROWS.iter().map(row).collect();
    let overview = |profile: Profile| ImageOverview {
        name: profile.name,
        digest: profile.digest,
        platform: profile.platform,
        size: profile.size.total,
        layers: profile.size.layers,
        kinds: profile.size.kinds,
        packages: profile.size.packages,
        unowned: profile.size.unowned,
    };
    Comparison {
        version: 1,
        rows,
        images: profiles.into_iter().map(overview).collect(),
    }
}

/// For each image the layers that every other one has, too.
fn shared(profiles: &[Profile]) -> Vec<Value> {
    let has = |profile: &Profile, layer: &LayerSize| {
        let mut layers = profile.size.layers.iter();
        !layer.diff_id.is_empty() && layers.any(|other| other.diff_id == layer.diff_id)
    };
    let value = |profile: &Profile| {
        if profiles.len() < 2 {
            return Value::missing("not known: there is only one image");
        }
        let everywhere = profile
            .size
            .layers
            .iter()
            .filter(|layer| profiles.iter().all(|other| has(other, layer)));
        Value::count(everywhere.map(layer_item).collect())
    };
    profiles.iter().map(value).collect()
}

impl Comparison {
    /// The row with this name.
    pub fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }
}

#[cfg(test)]
mod tests;
