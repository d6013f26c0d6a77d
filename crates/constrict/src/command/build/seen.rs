//! A build for somebody who looks at the image: it gets no name and goes nowhere, and the check only says what it finds.

use std::sync::Arc;

use constrict_build::Observer;
use constrict_build::source::image::Documents;
use constrict_build::store::Store;
use constrict_oci::layer::Compression;
use constrict_sandbox::Mode;

use super::attempt::{self, Workshop};
use super::{Ground, options, verdict};
use crate::arguments::Build;
use crate::failure::Failure;
use crate::inspection::Seen;
use crate::progress::Show;

/// What several builds of one command share.
pub(crate) struct Bench {
    /// How isolated RUN is.
    pub(crate) mode: Mode,
    /// The store.
    pub(crate) store: Arc<Store>,
    /// The display.
    pub(crate) show: Arc<dyn Show>,
    /// The display, told of what happens.
    pub(crate) told: Arc<dyn Observer>,
}

/// Builds what `arguments` say, and calls it `name`.
pub(crate) fn seen(bench: &Bench, arguments: &Build, name: String) -> Result<Seen, Failure> {
    let Ground {
        context,
        settings,
        images,
        observer,
    } = Ground::open(
        arguments,
        bench.mode,
        Arc::clone(&bench.store),
        Arc::clone(&bench.show),
        Arc::clone(&bench.told),
    )?;
    let workshop = Workshop {
        arguments,
        settings: &settings,
        images: &images,
        observer: &*observer,
        name: &context.dockerfile_name,
        options: &options::options(arguments, context.main.clone())?,
        compression: Compression::GZIP,
    };
    let built = workshop.attempt(&context.dockerfile)?.built;
    let dockerfile = attempt::parse(arguments, &context.dockerfile_name, &context.dockerfile)?;
    let (file, text) = (context.dockerfile_name.clone(), context.dockerfile.clone());
    let source = verdict::Source {
        name: &file,
        text: &text,
        dockerfile: &dockerfile,
    };
    let image = &built.image;
    Ok(Seen {
        name,
        documents: Some(Documents {
            descriptor: image.descriptor.clone(),
            manifest: image.manifest.clone(),
            config: image.config.clone(),
        }),
        key: verdict::key(&built, &source),
        image: {
            let layers = Arc::clone(&images.layers);
            Box::new(move || {
                let source = verdict::Source {
                    name: &file,
                    text: &text,
                    dockerfile: &dockerfile,
                };
                verdict::image(&layers, &built, &source)
            })
        },
        layers: images.layers,
    })
}
