//! `constrict check`: what the files of an image tell, whoever built it.

use std::path::Path;
use std::process::ExitCode;

use constrict_build::settings::Settings;
use constrict_inspect::rules;

use crate::arguments::{Check, ProgressMode, ReportFormat};
use crate::failure::Failure;
use crate::render::{finding, report};
use crate::{inspection, progress, session};

use super::start;

/// Prints what was found; the exit status is 1 if the image cannot do its job.
pub(crate) fn run(arguments: &Check) -> Result<ExitCode, Failure> {
    let settings = Settings::load(Some(Path::new(".")), &session::variable)?;
    let allowed = allowed(&arguments.allow, &settings, "")?;
    let images = session::images(arguments.ca.as_deref(), ProgressMode::Plain, true)?;
    let platform = session::platform(arguments.platform.as_deref())?;
    let found = inspection::subject(&images, &arguments.image, &platform, &allowed)?;
    let started = match arguments.start.start {
        true => {
            let config = inspection::configuration(&images, &arguments.image, &platform)?;
            Some(start::try_out(&images.layers, &config, &arguments.start)?)
        }
        false => None,
    };
    let text = match arguments.format {
        ReportFormat::Text => {
            let style = progress::style();
            let findings = finding::findings(&found.findings, style);
            let gap = if findings.is_empty() { "" } else { "\n" };
            let started = started.as_ref();
            let started = started.map(|started| start::text(started, Some(&found), style));
            format!(
                "{findings}{gap}{}: {}\n{}",
                arguments.image,
                finding::summary(&found),
                started.unwrap_or_default()
            )
        }
        ReportFormat::Json => {
            let started = started
                .as_ref()
                .map(|started| start::json(started, Some(&found)));
            report::json(&arguments.image, &found, started)
        }
        ReportFormat::Sarif => report::sarif(&arguments.image, &found),
    };
    session::print(&text);
    let dies = started.is_some_and(|started| !started.lives());
    Ok(ExitCode::from(u8::from(found.breaks() || dies)))
}

/// The rules that are left out: by flags, by the configuration, and by comments `# constrict: allow=RULE` of a Dockerfile.
pub(super) fn allowed(
    flags: &[String],
    settings: &Settings,
    dockerfile: &str,
) -> Result<Vec<String>, Failure> {
    let comments = dockerfile.lines().filter_map(|line| {
        let comment = line.trim_start().strip_prefix('#')?.trim_start();
        comment
            .strip_prefix("constrict:")?
            .trim_start()
            .strip_prefix("allow=")
    });
    let comments = comments
        .flat_map(|names| names.split(','))
        .map(|name| name.trim().to_string());
    let mut allowed: Vec<String> = flags
        .iter()
        .chain(&settings.check.allow)
        .cloned()
        .chain(comments)
        .collect();
    allowed.sort();
    allowed.dedup();
    match allowed.iter().find(|name| rules::find(name).is_none()) {
        None => Ok(allowed),
        Some(unknown) => Err(Failure::usage_with_hint(
            format!("no rule `{unknown}`"),
            "`constrict explain` lists the rules",
        )),
    }
}
