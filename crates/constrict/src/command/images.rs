//! `constrict images`: the names and images of the store.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use constrict_build::container::unpacked_size;
use constrict_build::source::image::{Documents, Images as Store};
use constrict_oci::{Digest, Platform, Reference};
use serde_json::json;

use crate::arguments::{Images, ImagesFormat, ProgressMode};
use crate::failure::Failure;
use crate::render::{age, table};
use crate::{progress, session};

/// What a name or an image without one is listed as.
struct Row {
    /// The name; without one, the image only has a digest.
    name: Option<Reference>,
    digest: Digest,
    /// Seconds since 1970.
    set_at: u64,
    /// Compressed, and unpacked if every layer was read so far.
    sizes: (u64, Option<u64>),
}

/// Lists.
pub(crate) fn run(arguments: &Images) -> Result<ExitCode, Failure> {
    let wanted = match &arguments.name {
        Some(name) => Some(
            Reference::parse(name)
                .map_err(|error| Failure::usage(format!("invalid name `{name}`: {error}")))?,
        ),
        None => None,
    };
    let images = session::images(None, ProgressMode::Plain, true)?;
    let mut rows = rows(&images)?;
    if let Some(wanted) = wanted {
        rows.retain(|row| {
            row.name.as_ref().is_some_and(|name| {
                name.name() == wanted.name()
                    && wanted.tag().is_none_or(|tag| name.tag() == Some(tag))
            })
        });
    }
    let text = match (arguments.quiet, arguments.format) {
        (true, _) => {
            // an image with several names is one image
            let mut seen = BTreeSet::new();
            let digests = rows.iter().map(|row| row.digest.to_string());
            let once = digests.filter(|digest| seen.insert(digest.clone()));
            once.map(|digest| format!("{digest}\n")).collect()
        }
        (false, ImagesFormat::Table) => as_table(&rows, arguments.digests),
        (false, ImagesFormat::Json) => rows.iter().map(as_json).collect(),
    };
    session::print(&text);
    Ok(ExitCode::SUCCESS)
}

/// Every name and every image without one, the youngest first.
fn rows(images: &Store) -> Result<Vec<Row>, Failure> {
    let store = &images.layers.store;
    let mut rows = Vec::new();
    let mut named = BTreeSet::new();
    for tag in store.tags()? {
        named.insert(tag.manifest);
        let name = Reference::parse(&tag.reference).map_err(constrict_build::Error::from)?;
        rows.push((Some(name), tag.manifest, tag.set_at));
    }
    for digest in store.images()? {
        if !named.contains(&digest) {
            let added = store.image_added_at(&digest).unwrap_or_default();
            rows.push((None, digest, added));
        }
    }
    let mut read = Vec::new();
    for (name, digest, set_at) in rows {
        let sizes = match documents(images, &digest) {
            Some(documents) => sizes(images, &documents)?,
            None => (0, None),
        };
        read.push(Row {
            name,
            digest,
            set_at,
            sizes,
        });
    }
    read.sort_by_key(|row| std::cmp::Reverse(row.set_at));
    Ok(read)
}

/// The documents of an image, unless some were lost.
fn documents(images: &Store, digest: &Digest) -> Option<Documents> {
    let named = format!("image@{digest}");
    images.stored(digest, &Platform::host(), &named).ok()
}

fn sizes(images: &Store, documents: &Documents) -> Result<(u64, Option<u64>), Failure> {
    let layers = documents.manifest.layers.iter();
    let unpacked = unpacked_size(&images.layers.store, &documents.config)?;
    Ok((layers.map(|layer| layer.size).sum(), unpacked))
}

/// Repository and tag of a name as docker shows them.
fn split(name: Option<&Reference>) -> (String, String) {
    let none = || "<none>".to_string();
    match name {
        None => (none(), none()),
        Some(name) => {
            let familiar = name.familiar();
            let tag = name.tag().map_or_else(none, ToString::to_string);
            let bare = familiar.split('@').next().unwrap_or(&familiar);
            let repository = bare.strip_suffix(&format!(":{tag}")).unwrap_or(bare);
            (repository.to_string(), tag)
        }
    }
}

fn as_table(rows: &[Row], digests: bool) -> String {
    let header = ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"];
    let mut lines = vec![header.map(String::from).to_vec()];
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |since| since.as_secs());
    for row in rows {
        let (repository, tag) = split(row.name.as_ref());
        let id = if digests {
            row.digest.to_string()
        } else {
            row.digest.hex()[..12].to_string()
        };
        let size = match row.sizes {
            (_, Some(unpacked)) => progress::bytes(unpacked),
            // unpacked it is more, and how much is not known before a layer is read
            (compressed, None) => format!(">{}", progress::bytes(compressed)),
        };
        let age = age::ago(now.saturating_sub(row.set_at));
        lines.push(vec![repository, tag, id, age, size]);
    }
    table::table(&lines)
}

fn as_json(row: &Row) -> String {
    let (repository, tag) = split(row.name.as_ref());
    let line = json!({
        "ID": row.digest,
        "Repository": repository,
        "Tag": tag,
        "CreatedAt": row.set_at,
        "Size": row.sizes.1,
        "CompressedSize": row.sizes.0,
    });
    format!("{line}\n")
}

/// The names that stand for an image, sorted.
pub(super) fn names_of(
    store: &Arc<constrict_build::store::Store>,
    digest: &Digest,
) -> Result<Vec<Reference>, Failure> {
    let mut names = Vec::new();
    for tag in store.tags()? {
        if tag.manifest == *digest {
            names.push(Reference::parse(&tag.reference).map_err(constrict_build::Error::from)?);
        }
    }
    Ok(names)
}
