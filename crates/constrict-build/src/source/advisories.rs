//! Databases of vulnerabilities from web servers, kept in the store: a server that says that nothing has changed sends nothing.
//! Never reads what they say.
//!
//! ```text
//! advisories/<digest of the address>.json      what the server said of it, and the digest of the content
//! advisories/<digest of the address>-<sha256>  the content
//! ```

use std::path::{Path, PathBuf};

use constrict_oci::Digest;
use serde::{Deserialize, Serialize};

use crate::error::{IoContext, Result};
use crate::layers::Layers;
use crate::source::http::{self, Validators};

/// Longest database, bytes: a hundred times the longest of OSV's.
const LIMIT: u64 = 16 << 30;

/// What the server said of a file that is kept.
#[derive(Serialize, Deserialize)]
struct Record {
    content: Digest,
    validators: Validators,
}

/// Where the content of an address is in the store; the server is asked every time. `ca` is a bundle of certificate
/// authorities.
///
/// # Errors
///
/// Whatever keeps the server from answering, even if an older content is kept.
pub fn fetch(url: &str, ca: Option<&Path>, layers: &Layers) -> Result<PathBuf> {
    let store = &layers.store;
    let folder = store.root().join("advisories");
    std::fs::create_dir_all(&folder).at("create", &folder)?;
    let address = Digest::of(url.as_bytes()).hex();
    let path = |content: &Digest| folder.join(format!("{address}-{}", content.hex()));
    let record_path = folder.join(format!("{address}.json"));
    let record: Option<Record> = store.read_json(&record_path)?;
    let record = record.filter(|record| path(&record.content).is_file());
    let known = record.as_ref().map(|record| record.validators.clone());
    let temporary = store.temporary("advisories");
    let shown = http::without_secrets(url);
    let _shown = layers.observer.download(&shown, 0);
    let agent = http::agent(ca)?;
    let fetched =
        http::download_if_changed(&agent, url, &known.unwrap_or_default(), LIMIT, &temporary)?;
    match (fetched, record) {
        (Some((downloaded, validators)), _) => {
            let kept = path(&downloaded.digest);
            std::fs::rename(&temporary, &kept).at("rename to", &kept)?;
            let record = Record {
                content: downloaded.digest,
                validators,
            };
            store.write_json(&record_path, &record)?;
            http::forget_others(&format!("{address}-"), &kept)?;
            Ok(kept)
        }
        (None, Some(record)) => Ok(path(&record.content)),
        // it was asked without conditions, so that is no answer
        (None, None) => http::download(&agent, url, &temporary).map(|_| temporary),
    }
}

/// An address without user, password and query.
pub fn shown(url: &str) -> String {
    http::without_secrets(url)
}
