//! Where an image's bytes are: by layer, by package, by kind, in no package, hidden by later layers; what could go.
//! Units are bytes of file contents, unpacked; `compressed` are bytes as they are pushed.

mod layers;
mod lost;
mod tree;
mod trims;

use serde::{Deserialize, Serialize};

use crate::facts::Facts;
use crate::survey::{FileKind, Survey};

pub use layers::{LayerSize, Pushed};
pub use lost::{Loss, Lost};
pub use tree::Tree;
pub use trims::{Condition, Trim};

/// Bytes, and in how many files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Bytes.
    pub bytes: u64,
    /// Files.
    pub files: u64,
}

impl Amount {
    fn add(&mut self, bytes: u64) {
        self.bytes += bytes;
        self.files += 1;
    }
}

/// An image as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// Bytes of the files of all layers, also what later ones hide: what the image takes on a disk.
    pub unpacked: u64,
    /// Bytes that a container sees, each file once.
    pub visible: u64,
    /// Bytes of the layers as they are pushed; none if they are not compressed here.
    pub compressed: Option<u64>,
}

/// The bytes of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindSize {
    /// The kind.
    pub kind: FileKind,
    /// How much.
    #[serde(flatten)]
    pub amount: Amount,
}

/// The bytes of one package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageSize {
    /// `deb`, `apk` or `pypi`.
    pub ecosystem: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// How much.
    #[serde(flatten)]
    pub amount: Amount,
}

/// Where the bytes are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// The image as a whole.
    pub total: Total,
    /// Lowest first.
    pub layers: Vec<LayerSize>,
    /// Every kind, with those that have nothing.
    pub kinds: Vec<KindSize>,
    /// In the order of `Facts::packages`.
    pub packages: Vec<PackageSize>,
    /// Files that no package has.
    pub unowned: Amount,
    /// Files of layers that no container sees, the largest first.
    pub lost: Vec<Lost>,
    /// What could go.
    pub trims: Vec<Trim>,
}

/// Adds everything up.
pub fn size(facts: &Facts<'_>, survey: &Survey<'_>, pushed: &[Pushed]) -> Size {
    let packages = facts.packages();
    let mut kinds = FileKind::ALL.map(|kind| KindSize {
        kind,
        amount: Amount::default(),
    });
    let mut owned = vec![Amount::default(); packages.all.len()];
    let mut unowned = Amount::default();
    for item in survey.files() {
        let kind = kinds.iter_mut().find(|size| size.kind == item.kind);
        kind.expect("every kind is there").amount.add(item.bytes);
        match item.owner {
            Some(owner) => owned[owner].add(item.bytes),
            None => unowned.add(item.bytes),
        }
    }
    let lost = lost::lost(facts.image);
    let layers = layers::layers(facts.image, &lost, pushed);
    let visible = survey.bytes();
    let compressed = layers.iter().map(|layer| layer.compressed).sum();
    let total = Total {
        // a directory has no layers
        unpacked: match layers.is_empty() {
            true => visible,
            false => layers.iter().map(|layer| layer.unpacked).sum(),
        },
        visible,
        compressed: if layers.is_empty() { None } else { compressed },
    };
    let named = packages.all.iter().zip(owned);
    let packages = named.map(|(package, amount)| PackageSize {
        ecosystem: package.ecosystem.purl_type().to_string(),
        name: package.name.clone(),
        version: package.version.clone(),
        amount,
    });
    Size {
        total,
        layers,
        kinds: kinds.to_vec(),
        packages: packages.collect(),
        unowned,
        trims: trims::trims(facts, survey, &lost),
        lost,
    }
}

#[cfg(test)]
mod tests;
