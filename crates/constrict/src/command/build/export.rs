//! Where the built image goes: names, archives, directories, registries.

use std::path::Path;

use constrict_build::export;
use constrict_build::export::image::Image;
use constrict_build::source::image::Images;
use constrict_oci::Reference;

use super::parse_tag;
use crate::arguments::Build;
use crate::command::output::{Kind, Output};
use crate::failure::Failure;

/// Names the image and writes it wherever it was asked for.
pub(super) fn export(
    images: &Images,
    image: &Image,
    arguments: &Build,
    outputs: &[Output],
    tags: &[Reference],
) -> Result<(), Failure> {
    let layers = &images.layers;
    layers.store.add_image(&image.descriptor.digest)?;
    for tag in tags {
        layers.store.set_tag(tag, &image.descriptor.digest)?;
    }
    let diff_ids = &image.config.rootfs.diff_ids;
    for output in outputs {
        let names: Vec<Reference> = match &output.name {
            Some(names) => names.split(',').map(parse_tag).collect::<Result<_, _>>()?,
            None => tags.to_vec(),
        };
        match output.kind {
            Kind::Oci => export::archive::write_oci(layers, image, &names, &mut sink(output)?)?,
            Kind::Docker => {
                export::archive::write_docker(layers, image, &names, &mut sink(output)?)?
            }
            Kind::Tar => export::directory::write_tar(layers, diff_ids, sink(output)?)?,
            Kind::Local => {
                let target = output.dest.as_deref().expect("local has a destination");
                export::directory::write_directory(layers, diff_ids, target, layers.mode)?;
            }
            Kind::Registry => push(images, image, &names)?,
            Kind::Image if output.push => push(images, image, &names)?,
            Kind::Image => {}
        }
    }
    if arguments.push && !outputs.iter().any(|output| output.kind == Kind::Registry) {
        push(images, image, tags)?;
    }
    Ok(())
}

fn push(images: &Images, image: &Image, names: &[Reference]) -> Result<(), Failure> {
    for name in names {
        export::registry::push(&images.layers, image, name)?;
    }
    Ok(())
}

/// The file that an output is written to, or standard output.
fn sink(output: &Output) -> Result<Box<dyn std::io::Write>, Failure> {
    match output.dest.as_deref() {
        Some(path) if path != Path::new("-") => {
            let file =
                std::fs::File::create(path).map_err(|source| constrict_build::Error::Io {
                    act: "create",
                    path: path.into(),
                    source,
                })?;
            Ok(Box::new(std::io::BufWriter::with_capacity(1 << 18, file)))
        }
        _ if rustix::termios::isatty(std::io::stdout()) => Err(Failure::usage(
            "an archive is not written to a terminal: `dest=PATH` says where to",
        )),
        _ => Ok(Box::new(std::io::stdout().lock())),
    }
}

pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    Ok(
        std::fs::write(path, content).map_err(|source| constrict_build::Error::Io {
            act: "write",
            path: path.into(),
            source,
        })?,
    )
}

/// What `docker buildx build --metadata-file` writes, as far as it applies.
pub(super) fn metadata(image: &Image, tags: &[Reference]) -> Vec<u8> {
    let names: Vec<String> = tags.iter().map(ToString::to_string).collect();
    let facts = serde_json::json!({
        "containerimage.digest": image.descriptor.digest,
        "containerimage.config.digest": image.manifest.config.digest,
        "containerimage.descriptor": image.descriptor,
        "image.name": names.join(","),
    });
    let mut json = serde_json::to_vec_pretty(&facts).expect("plain data");
    json.push(b'\n');
    json
}
