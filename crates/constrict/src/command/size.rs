//! `constrict size`: where an image's bytes are, and what could go.

mod browse;
mod screen;

use std::io::IsTerminal;
use std::process::ExitCode;

use constrict_inspect::compare;
use serde_json::json;

use crate::arguments::{ProgressMode, Size, SizeFormat};
use crate::failure::Failure;
use crate::inspection::Seen;
use crate::{progress, render, session};

/// Prints it, or lets the user walk through it.
pub(crate) fn run(arguments: &Size) -> Result<ExitCode, Failure> {
    let is_interactive = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    let format = arguments.format.unwrap_or(match is_interactive {
        true => SizeFormat::Browse,
        false => SizeFormat::Text,
    });
    if format == SizeFormat::Browse && !is_interactive {
        return Err(Failure::usage_with_hint(
            "`--format browse` needs a terminal",
            "constrict size IMAGE --format text",
        ));
    }
    let images = session::images(arguments.ca.as_deref(), ProgressMode::Auto, false)?;
    let platform = session::platform(arguments.platform.as_deref())?;
    let seen = Seen::find(&images, &arguments.image, &platform)?;
    let profile = seen.profile()?;
    progress::close();
    match format {
        SizeFormat::Browse => {
            let tree = compare::tree(&(seen.image)()?);
            browse::browse(&profile, &tree)?;
        }
        SizeFormat::Text => session::print(&render::size::text(&profile, arguments.top)),
        SizeFormat::Json => {
            let document = json!({
                "version": 1,
                "image": profile.name,
                "digest": profile.digest,
                "platform": profile.platform,
                "size": profile.size,
            });
            let text = serde_json::to_string_pretty(&document).expect("plain data");
            session::print(&format!("{text}\n"));
        }
    }
    Ok(ExitCode::SUCCESS)
}
