//! `constrict history`: the steps that made an image, youngest first.

use std::process::ExitCode;

use constrict_oci::Platform;

use crate::arguments::{History, ProgressMode};
use crate::failure::Failure;
use crate::progress::bytes;
use crate::render::table;
use crate::session;

/// A longer instruction is cut, as docker does.
const WIDTH: usize = 45;

/// Prints a table.
pub(crate) fn run(arguments: &History) -> Result<ExitCode, Failure> {
    let images = session::images(None, ProgressMode::Plain, true)?;
    let store = &images.layers.store;
    let found = session::known(store, &arguments.image)?;
    let digest = found.manifest();
    let documents = images.stored(digest, &Platform::host(), &format!("image@{digest}"))?;
    let mut layers = documents
        .config
        .rootfs
        .diff_ids
        .iter()
        .zip(&documents.manifest.layers);
    let mut rows = Vec::new();
    for step in &documents.config.history {
        let layer = if step.empty_layer {
            None
        } else {
            layers.next()
        };
        let id = layer.map_or("<none>".to_string(), |(diff_id, _)| {
            diff_id.hex()[..12].to_string()
        });
        let size = layer.map_or(0, |(_, blob)| blob.size);
        let created = step.created.as_deref().unwrap_or("");
        let by = match arguments.no_trunc {
            true => step.created_by.clone(),
            false => cut(&step.created_by),
        };
        rows.push(vec![
            id,
            created.to_string(),
            by,
            bytes(size),
            step.comment.clone(),
        ]);
    }
    rows.reverse();
    let text = match arguments.quiet {
        true => rows.iter().map(|row| format!("{}\n", row[0])).collect(),
        false => {
            let header = ["LAYER", "CREATED", "CREATED BY", "COMPRESSED", "COMMENT"];
            rows.insert(0, header.map(String::from).to_vec());
            table::table(&rows)
        }
    };
    session::print(&text);
    Ok(ExitCode::SUCCESS)
}

fn cut(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
