//! `constrict sbom`: what is installed in an image, as SPDX or CycloneDX.

use std::process::ExitCode;

use constrict_inspect::{Facts, sbom};

use super::build::write;
use crate::arguments::{ProgressMode, Sbom, SbomFormat};
use crate::failure::Failure;
use crate::{inspection, session};

/// Writes the document.
pub(crate) fn run(arguments: &Sbom) -> Result<ExitCode, Failure> {
    if arguments.files && arguments.format == SbomFormat::Spdx {
        return Err(Failure::usage_with_hint(
            "`--files` is not for SPDX, whose files need SHA-1",
            "--format cyclonedx has files with SHA-256",
        ));
    }
    let epoch = epoch()?;
    let images = session::images(arguments.ca.as_deref(), ProgressMode::Plain, true)?;
    let platform = session::platform(arguments.platform.as_deref())?;
    let subject = inspection::open(&images, &arguments.image, &platform)?;
    let about = sbom::About {
        name: arguments.image.clone(),
        reference: subject.reference,
        digest: subject.digest,
        epoch,
        files: arguments.files,
    };
    let document = sbom::document(
        &Facts::new(&subject.image),
        &about,
        arguments.format.format(),
    );
    match &arguments.output {
        None => session::print(&String::from_utf8_lossy(&document)),
        Some(path) => write(path, &document)?,
    }
    Ok(ExitCode::SUCCESS)
}

impl SbomFormat {
    /// The format that is written.
    pub(crate) fn format(self) -> sbom::Format {
        match self {
            SbomFormat::Spdx => sbom::Format::Spdx,
            SbomFormat::CycloneDx => sbom::Format::CycloneDx,
        }
    }
}

/// The time of an image that says none: SOURCE_DATE_EPOCH, else 1970.
fn epoch() -> Result<i64, Failure> {
    let given = session::variable("SOURCE_DATE_EPOCH").filter(|text| !text.is_empty());
    given.map_or(Ok(0), |text| session::epoch(&text))
}
