//! `--start`: the image is run to show that it lives, and the check from the files is held against what is seen.

mod imports;
mod text;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use constrict_build::container::probe::{self, Observation, Trial};
use constrict_build::layers::Layers;
use constrict_inspect::facts::Facts;
use constrict_inspect::{Report, Severity};
use constrict_oci::ImageConfig;

use crate::arguments;
use crate::failure::Failure;
use crate::{inspection, interrupt};

use imports::Imports;

pub(super) use text::{json, text};

/// One that neither ends nor listens has to go on for so long.
const SETTLE: Duration = Duration::from_secs(3);

/// What came of running an image.
pub(super) struct Started {
    observation: Observation,
    /// What became of the modules that it reaches, if it lived.
    imports: Option<Imports>,
}

impl Started {
    /// Whether the image lives.
    pub(super) fn lives(&self) -> bool {
        self.observation.how.lives() && !self.lacks_modules()
    }

    /// Whether it goes on without what it needs.
    fn lacks_modules(&self) -> bool {
        let how = &self.observation.how;
        self.imports
            .as_ref()
            .is_some_and(|imports| imports.kill(how))
    }

    /// Whether there is nothing to say but that it lives, as the check said.
    pub(super) fn is_plain(&self, checked: Option<&Report>) -> bool {
        self.lives() && text::doubts(self).is_empty() && self.disagreement(checked).is_none()
    }

    /// What the check found and the run did not show, or the other way round.
    fn disagreement(&self, checked: Option<&Report>) -> Option<String> {
        let report = checked?;
        let first = report
            .findings
            .iter()
            .find(|finding| finding.severity == Severity::Breaks);
        match (first, self.lives()) {
            (Some(found), true) => Some(format!("it found `{}`, and the image lives", found.rule)),
            (None, false) => Some("it found nothing that keeps the image from starting".into()),
            _ => None,
        }
    }
}

/// Runs an image of the store as `constrict run` would, and watches it.
pub(super) fn try_out(
    layers: &Arc<Layers>,
    config: &ImageConfig,
    arguments: &arguments::Start,
) -> Result<Started, Failure> {
    let diff_ids = &config.rootfs.diff_ids;
    let image = inspection::image(layers, String::new(), config.clone(), diff_ids, None)?;
    let facts = Facts::new(&image);
    let listens = |program: &constrict_inspect::facts::start::Program| {
        program.sure && program.listens.iter().any(|listen| listen.sure)
    };
    let trial = Trial {
        limit: Duration::from_secs(arguments.start_timeout.into()),
        settle: SETTLE,
        exposed: exposed(&config.config.exposed_ports),
        listens: facts.start().programs.iter().any(listens),
        read_only: arguments.start_read_only,
    };
    let observation = probe::try_out(layers, config, &trial);
    // an interrupted container ends as if it had died
    interrupt::settle();
    let observation = observation?;
    let imports = match observation.how.lives() {
        true => Some(imports::try_out(
            layers,
            config,
            &facts,
            trial.limit,
            trial.read_only,
        )),
        false => None,
    };
    interrupt::settle();
    Ok(Started {
        observation,
        imports: imports.transpose()?,
    })
}

/// The TCP ports of `EXPOSE`: `8000/tcp`, `8000`.
fn exposed(ports: &BTreeSet<String>) -> Vec<u16> {
    let tcp = ports.iter().filter_map(|port| {
        let (number, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
        let is_tcp = protocol.eq_ignore_ascii_case("tcp");
        number.parse().ok().filter(|_| is_tcp)
    });
    tcp.collect()
}

#[cfg(test)]
#[path = "start/tests.rs"]
mod tests;
