//! `constrict vulnerabilities`: what is known of the packages of an image, and what was not checked.

use std::path::Path;
use std::process::ExitCode;

use constrict_build::settings::Settings;
use constrict_inspect::Facts;
use constrict_inspect::vulnerabilities::Vulnerabilities;

use crate::arguments::{self, FailOn, ProgressMode, VulnerabilitiesFormat};
use crate::failure::Failure;
use crate::vulnerabilities::{Access, look};
use crate::{inspection, progress, render, session};

/// Prints what is known; the exit status is 1 as `--fail-on` says.
pub(crate) fn run(arguments: &arguments::Vulnerabilities) -> Result<ExitCode, Failure> {
    let settings = Settings::load(Some(Path::new(".")), &session::variable)?;
    let images = session::images(arguments.ca.as_deref(), ProgressMode::Plain, true)?;
    let platform = session::platform(arguments.platform.as_deref())?;
    let image = (inspection::Seen::find(&images, &arguments.image, &platform)?.image)()?;
    let facts = Facts::new(&image);
    let access = Access {
        layers: &images.layers,
        settings: &settings,
        ca: arguments.ca.as_deref().or(settings.ca.as_deref()),
        offline: arguments.offline,
    };
    let sources = match arguments.source.is_empty() {
        true => &settings.vulnerabilities.sources,
        false => &arguments.source,
    };
    let found = look(sources, &facts, &access);
    session::print(&match arguments.format {
        VulnerabilitiesFormat::Text => {
            render::vulnerabilities::text(&arguments.image, &found, progress::style())
        }
        VulnerabilitiesFormat::Json => render::vulnerabilities::json(&arguments.image, &found),
    });
    let fails = arguments.fail_on.is_some_and(|which| fails(&found, which));
    Ok(ExitCode::from(u8::from(fails)))
}

/// What is not checked may be vulnerable.
fn fails(found: &Vulnerabilities, which: FailOn) -> bool {
    let counts = found
        .known()
        .iter()
        .any(|known| which == FailOn::Any || known.fixed.is_some());
    counts || !found.not_checked().is_empty()
}
