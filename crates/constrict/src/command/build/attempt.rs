//! One build of a Dockerfile and the check of what it gave.

use constrict_build::frontend::dockerfile::Options;
use constrict_build::settings::Settings;
use constrict_build::source::image::Images;
use constrict_build::{Built, solver};
use constrict_dockerfile::Dockerfile;
use constrict_inspect::Report;
use constrict_oci::layer::Compression;

use super::{misuse, options, verdict};
use crate::arguments::{Build, CheckMode};
use crate::failure::Failure;
use crate::progress::Show;

/// What does not change from one attempt to the next.
pub(super) struct Workshop<'a> {
    /// What the user typed.
    pub(super) arguments: &'a Build,
    /// What the configuration says.
    pub(super) settings: &'a Settings,
    /// Where bases are from.
    pub(super) images: &'a Images,
    /// Told of what happens.
    pub(super) observer: &'a dyn Show,
    /// The Dockerfile's name, for messages.
    pub(super) name: &'a str,
    /// How it is lowered.
    pub(super) options: &'a Options,
    /// How layers are compressed.
    pub(super) compression: Compression,
}

/// What was built, and what was found in it.
pub(super) struct Attempt {
    /// The Dockerfile's text.
    pub(super) text: Vec<u8>,
    /// The image.
    pub(super) built: Built,
    /// The findings; none if nothing was looked for.
    pub(super) report: Report,
}

impl Workshop<'_> {
    /// Builds a Dockerfile with this text, and checks the image.
    pub(super) fn attempt(&self, text: &[u8]) -> Result<Attempt, Failure> {
        self.observer.begin(self.name, text);
        let attach = attach(self.name, text);
        let dockerfile = parse(self.arguments, self.name, text)?;
        let brought: solver::Settings =
            options::brought(self.arguments, self.name, self.settings.ca.clone())?;
        let built = constrict_build::build(
            self.images,
            &dockerfile,
            self.options,
            brought,
            self.compression,
        )
        .map_err(attach)?;
        let report = self.check(&built, text, &dockerfile)?;
        Ok(Attempt {
            text: text.to_vec(),
            built,
            report,
        })
    }

    fn check(
        &self,
        built: &Built,
        text: &[u8],
        dockerfile: &Dockerfile,
    ) -> Result<Report, Failure> {
        if self.arguments.check == CheckMode::Off {
            return Ok(Report::default());
        }
        self.observer.phase("checking the image");
        let allowed =
            crate::command::check::allowed(&[], self.settings, &String::from_utf8_lossy(text))?;
        let source = verdict::Source {
            name: self.name,
            text,
            dockerfile,
        };
        verdict::report(self.images, built, &source, &allowed)
    }
}

/// Adds the Dockerfile to an error, which shows the place in it.
pub(super) fn attach(name: &str, text: &[u8]) -> impl Fn(constrict_build::Error) -> Failure {
    move |error| Failure::Build {
        error: Box::new(error),
        dockerfile: Some((name.to_string(), text.to_vec())),
    }
}

/// The Dockerfile, which has the stage that is asked for.
pub(super) fn parse(arguments: &Build, name: &str, text: &[u8]) -> Result<Dockerfile, Failure> {
    let dockerfile =
        constrict_dockerfile::parse(text).map_err(|error| attach(name, text)(error.into()))?;
    misuse::check_target(arguments, &dockerfile, name)?;
    Ok(dockerfile)
}
