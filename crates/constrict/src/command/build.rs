//! `constrict build`: the story of a build as the user sees it.

mod attempt;
mod attest;
mod debug_shell;
mod explain;
mod export;
mod ground;
mod mend;
mod misuse;
mod options;
mod seen;
mod verdict;

use std::process::ExitCode;

use constrict_oci::Reference;
use constrict_oci::layer::Compression;

use super::output::Output;
use super::start;
use crate::arguments::{Build, CheckMode};
use crate::failure::Failure;
use crate::progress::{self, Show};
use attempt::{Attempt, Workshop};
pub(crate) use explain::run as explain;
pub(crate) use export::write;
use export::{export, metadata};
use ground::Ground;
pub(crate) use seen::{Bench, seen};

/// Builds, exports, prints the digest.
pub(crate) fn run(arguments: Build) -> Result<ExitCode, Failure> {
    let outputs: Vec<Output> = arguments
        .output
        .iter()
        .map(|text| Output::parse(text))
        .collect::<Result<_, _>>()?;
    let tags: Vec<Reference> = arguments
        .tag
        .iter()
        .map(|tag| parse_tag(tag))
        .collect::<Result<_, _>>()?;
    misuse::check_destinations(&arguments, &outputs, &tags)?;
    let wanted = attest::wanted(&arguments)?;
    if arguments.write {
        mend::written(&arguments)?;
    }
    let Ground {
        context,
        settings,
        images,
        observer,
    } = Ground::prepare(&arguments, || {
        let observer = progress::observer(arguments.progress, arguments.quiet);
        (observer.clone(), observer)
    })?;
    let workshop = Workshop {
        arguments: &arguments,
        settings: &settings,
        images: &images,
        observer: &*observer,
        name: &context.dockerfile_name,
        options: &options::options(&arguments, context.main.clone())?,
        compression: outputs
            .first()
            .map_or(Compression::GZIP, |output| output.compression),
    };
    let attempt = match arguments.fix {
        false => workshop.attempt(&context.dockerfile)?,
        true => {
            let mended = mend::mended(&workshop, &context.dockerfile)?;
            mend::conclude(
                &arguments,
                workshop.name,
                &context.dockerfile,
                &mended,
                &*observer,
            )?;
            mended.attempt
        }
    };
    observer.phase("");
    let passed = verdict::pass(&attempt.report, arguments.check, &*observer);
    if arguments.start.start {
        started(&workshop, &attempt, &*observer, passed.is_ok())?;
    }
    passed?;

    observer.phase("storing the image");
    let documents = attest::attach(
        &workshop,
        &attempt,
        &wanted,
        &tags,
        context.commit.as_deref(),
    )?;
    let image = attempt.built.image;
    export(&images, &image, &arguments, &outputs, &tags)?;
    attest::write_beside(&outputs, &documents)?;
    observer.summary(&image, &tags);
    if let Some(path) = &arguments.iidfile {
        write(path, image.descriptor.digest.to_string().as_bytes())?;
    }
    if let Some(path) = &arguments.metadata_file {
        write(path, &metadata(&image, &tags))?;
    }
    if arguments.quiet {
        println!("{}", image.descriptor.digest);
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs the image, also one that the check refuses, and says what came of it; an error if only that keeps it from a name.
fn started(
    workshop: &Workshop<'_>,
    attempt: &Attempt,
    observer: &dyn Show,
    passed: bool,
) -> Result<(), Failure> {
    let arguments = workshop.arguments;
    let config = &attempt.built.image.config;
    let started = start::try_out(&workshop.images.layers, config, &arguments.start)?;
    let checked = (arguments.check != CheckMode::Off).then_some(&attempt.report);
    let style = progress::style();
    if !(arguments.quiet && started.is_plain(checked)) {
        observer.findings(&start::text(&started, checked, style));
    }
    match passed && !started.lives() {
        true => Err(Failure::Died),
        false => Ok(()),
    }
}

pub(super) fn parse_tag(tag: &str) -> Result<Reference, Failure> {
    let reference = Reference::parse(tag)
        .map_err(|error| Failure::usage(format!("invalid tag `{tag}`: {error}")))?;
    if reference.digest().is_some() {
        return Err(Failure::usage(format!(
            "invalid tag `{tag}`: a tag has no digest"
        )));
    }
    Ok(reference.or_latest())
}
