//! `constrict save` and `constrict load`: images as archives that docker reads and writes.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use constrict_build::export::{archive, image::Image};
use constrict_build::source::layout;
use constrict_oci::{Platform, Reference};

use crate::arguments::{Load, ProgressMode, Save};
use crate::failure::Failure;
use crate::session;

/// Writes an archive.
pub(crate) fn save(arguments: &Save) -> Result<ExitCode, Failure> {
    if arguments.output.is_none() && std::io::stdout().is_terminal() {
        return Err(Failure::usage(
            "an archive is not written to a terminal: `-o PATH` says where to",
        ));
    }
    let images = session::images(None, ProgressMode::Plain, true)?;
    let store = &images.layers.store;
    let first = *session::known(store, &arguments.images[0])?.manifest();
    let mut names = Vec::new();
    for text in &arguments.images {
        if *session::known(store, text)?.manifest() != first {
            return Err(Failure::usage(format!(
                "`{text}` and `{}` are two images: an archive has one",
                arguments.images[0]
            )));
        }
        // what is found by its digest has no name there either
        names.extend(
            Reference::parse(text)
                .ok()
                .map(Reference::or_latest)
                .filter(|name| store.tag(name).is_ok_and(|tag| tag.is_some())),
        );
    }
    let documents = images.stored(&first, &Platform::host(), &format!("image@{first}"))?;
    let image = Image {
        descriptor: documents.descriptor,
        manifest: documents.manifest,
        config: documents.config,
    };
    let io = |act, path: &Path, source| constrict_build::Error::Io {
        act,
        path: path.into(),
        source,
    };
    match &arguments.output {
        Some(path) => {
            let file = std::fs::File::create(path).map_err(|source| io("create", path, source))?;
            let mut sink = std::io::BufWriter::with_capacity(1 << 18, file);
            archive::write_docker(&images.layers, &image, &names, &mut sink)?;
        }
        None => archive::write_docker(
            &images.layers,
            &image,
            &names,
            &mut std::io::stdout().lock(),
        )?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads an archive, and prints what came.
pub(crate) fn load(arguments: &Load) -> Result<ExitCode, Failure> {
    if arguments.input.is_none() && std::io::stdin().is_terminal() {
        return Err(Failure::usage(
            "an archive is not read from a terminal: `-i PATH` says where it is",
        ));
    }
    let images = session::images(None, ProgressMode::Plain, true)?;
    let platform = session::platform(arguments.platform.as_deref())?;
    let path = match &arguments.input {
        Some(path) => path.clone(),
        None => {
            let path = images.layers.store.temporary("load");
            let io = |source| constrict_build::Error::Io {
                act: "write",
                path: path.clone(),
                source,
            };
            let mut file = std::fs::File::create(&path).map_err(io)?;
            std::io::copy(&mut std::io::stdin().lock(), &mut file).map_err(io)?;
            path
        }
    };
    for (names, documents) in layout::load(&images, &path, &platform)? {
        let digest = documents.descriptor.digest;
        let text = match (arguments.quiet, names.is_empty()) {
            (true, _) => format!("{digest}\n"),
            (false, true) => format!("Loaded image: {digest}\n"),
            (false, false) => names
                .iter()
                .map(|name| format!("Loaded image: {}\n", name.familiar()))
                .collect(),
        };
        session::print(&text);
    }
    Ok(ExitCode::SUCCESS)
}
