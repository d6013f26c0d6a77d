//! `constrict rmi`: removes names, and images that have none left. Layers go with `prune`.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use constrict_build::Error;
use constrict_build::container::{Match, kept, look_up};
use constrict_build::store::Store;
use constrict_oci::{Digest, Reference};

use super::images::names_of;
use crate::arguments::{ProgressMode, Remove};
use crate::failure::Failure;
use crate::session;

/// Removes, and prints what went.
pub(crate) fn run(arguments: &Remove) -> Result<ExitCode, Failure> {
    let images = session::images(None, ProgressMode::Plain, true)?;
    let store = &images.layers.store;
    for text in &arguments.images {
        let found = match look_up(store, text)? {
            None if arguments.force => continue,
            None => session::known(store, text)?,
            Some(found) => found,
        };
        session::print(&remove(store, text, &found, arguments.force)?);
    }
    Ok(ExitCode::SUCCESS)
}

fn remove(store: &Arc<Store>, text: &str, found: &Match, force: bool) -> Result<String, Failure> {
    let digest = *found.manifest();
    let all = names_of(store, &digest)?;
    let going = match found {
        Match::Tag(tag) => {
            vec![Reference::parse(&tag.reference).map_err(constrict_build::Error::from)?]
        }
        Match::Digest(_) if all.len() > 1 && !force => {
            let names: Vec<String> = all.iter().map(Reference::familiar).collect();
            return Err(Failure::usage_with_hint(
                format!(
                    "image `{text}` has {} names: {}",
                    all.len(),
                    names.join(", ")
                ),
                format!("constrict rmi -f {text} removes them all"),
            ));
        }
        Match::Digest(_) => all.clone(),
    };
    if going.len() >= all.len() {
        check_use(store, text, &digest, force)?;
    }
    let mut told = String::new();
    for name in &going {
        if store.remove_tag(name)? {
            let _ = writeln!(told, "Untagged: {}", name.familiar());
        }
    }
    if going.len() >= all.len() {
        forget(store, &digest)?;
        let _ = writeln!(told, "Deleted: {digest}");
    }
    Ok(told)
}

/// An image goes only with its containers; with `--force`, those that have ended can do without its name.
fn check_use(store: &Store, text: &str, digest: &Digest, force: bool) -> Result<(), Failure> {
    for kept in kept::all(store)? {
        let runs = kept.is_alive();
        if kept.record.manifest == *digest && (runs || !force) {
            return Err(Error::ImageInUse {
                image: text.into(),
                container: kept.record.name,
                runs,
            }
            .into());
        }
    }
    Ok(())
}

fn forget(store: &Store, digest: &Digest) -> Result<(), Failure> {
    if store.images()?.contains(digest) {
        store.remove_image(digest)?;
    }
    Ok(())
}
