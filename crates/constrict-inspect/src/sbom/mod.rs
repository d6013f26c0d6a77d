//! Software bills of materials: what [`crate::packages`] finds in an image, as SPDX 2.3 or CycloneDX 1.6.
//!
//! | file | what |
//! |---|---|
//! | `inventory` | the image, its operating system, packages and interpreters as components, whatever the format |
//! | `purl` | package URLs |
//! | `license` | what records call a licence, as SPDX expressions where that is sure |
//! | `spdx`, `cyclonedx` | the documents |
//!
//! A document is a function of the image, its name and this program's version: no clock is read and no number is drawn.
//! Never looks at what no record lists: compiled-in libraries and copied files are in no document.

mod cyclonedx;
mod inventory;
mod license;
mod purl;
mod python;
mod spdx;

use constrict_oci::{Digest, Reference};

use crate::facts::Facts;
use inventory::Inventory;

/// Which document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// SPDX 2.3, as JSON.
    Spdx,
    /// CycloneDX 1.6, as JSON.
    CycloneDx,
}

impl Format {
    /// Its media type, which is also the artifact type in registries.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Spdx => "application/spdx+json",
            Format::CycloneDx => "application/vnd.cyclonedx+json",
        }
    }

    /// What names of its files end with: `spdx.json`, `cdx.json`.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Spdx => "spdx.json",
            Format::CycloneDx => "cdx.json",
        }
    }
}

/// What a document says of the image that its files and configuration do not tell.
#[derive(Clone, Debug)]
pub struct About {
    /// As the user calls it.
    pub name: String,
    /// The name in a registry or the store, if it has one.
    pub reference: Option<Reference>,
    /// The manifest's digest; none for a directory.
    pub digest: Option<Digest>,
    /// Seconds since 1970 that stand for the time of an image that says none.
    pub epoch: i64,
    /// Whether the files of packages are listed (CycloneDX only).
    pub files: bool,
}

/// The document, with a newline at its end.
pub fn document(facts: &Facts<'_>, about: &About, format: Format) -> Vec<u8> {
    let inventory = Inventory::take(facts, about);
    let mut json = match format {
        Format::Spdx => spdx::document(&inventory),
        Format::CycloneDx => cyclonedx::document(&inventory),
    };
    json.push(b'\n');
    json
}

/// A UUID (version 8, RFC 9562) that is a function of these bytes.
fn uuid(bytes: &[u8]) -> String {
    let hex = Digest::of(bytes).hex();
    // 9 is variant 10 with its next two bits 01
    format!(
        "{}-{}-8{}-9{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..32]
    )
}

#[cfg(test)]
mod tests;
