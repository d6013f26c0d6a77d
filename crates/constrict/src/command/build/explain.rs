//! `constrict cache explain`: which steps of a Dockerfile a build would find in the cache, and why not the others.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use constrict_build::Observer;
use constrict_dockerfile::Span;
use constrict_oci::registry;

use super::attempt::{attach, parse};
use super::ground::Ground;
use super::options;
use crate::arguments::Build;
use crate::failure::Failure;
use crate::progress::{self, Show};
use crate::session;

/// Prints a line for each step; below those that are not in the cache, why.
pub(crate) fn run(arguments: &Build) -> Result<ExitCode, Failure> {
    let ground = Ground::prepare(arguments, || {
        let steps = Arc::new(Steps::new(progress::observer(
            arguments.progress,
            arguments.quiet,
        )));
        (steps.clone(), steps)
    })?;
    let (name, text) = (&ground.context.dockerfile_name, &ground.context.dockerfile);
    let dockerfile = parse(arguments, name, text)?;
    constrict_build::explain(
        &ground.images,
        &dockerfile,
        &options::options(arguments, ground.context.main.clone())?,
        options::brought(arguments, name, ground.settings.ca.clone())?,
    )
    .map_err(attach(name, text))?;
    session::print(&ground.observer.text());
    Ok(ExitCode::SUCCESS)
}

/// What is known of each step, by its vertex; downloads and notices are shown as in a build.
struct Steps {
    shown: Arc<dyn Show>,
    steps: Mutex<BTreeMap<usize, (String, Vec<String>)>>,
}

impl Steps {
    fn new(shown: Arc<dyn Show>) -> Self {
        Steps {
            shown,
            steps: Mutex::default(),
        }
    }

    fn add(&self, vertex: usize, name: &str, reasons: &[String]) {
        if progress::is_step(name) {
            let step = (name.to_string(), reasons.to_vec());
            let mut steps = self.steps.lock().expect("no panic while held");
            steps.insert(vertex, step);
        }
    }

    fn text(&self) -> String {
        let steps = self.steps.lock().expect("no panic while held");
        let mut text = String::new();
        for (name, reasons) in steps.values() {
            let state = match reasons.is_empty() {
                true => "cached    ",
                false => "not cached",
            };
            text += &format!("{state}  {name}\n");
            for reason in reasons {
                text += &format!("{:12}{reason}\n", "");
            }
        }
        text
    }
}

impl Observer for Steps {
    fn started(&self, _vertex: usize, _name: &str) {}

    fn cached(&self, vertex: usize, name: &str) {
        self.add(vertex, name, &[]);
    }

    /// A download: there is no cache of it.
    fn finished(&self, _vertex: usize, _name: &str, _took: Duration) {}

    fn failed(&self, vertex: usize, name: &str) {
        self.shown.failed(vertex, name);
    }

    fn cancelled(&self, _vertex: usize, _name: &str) {}

    fn output(&self, vertex: usize, line: &[u8]) {
        self.shown.output(vertex, line);
    }

    fn explain(&self, vertex: usize, name: &str, reasons: &[String]) {
        self.add(vertex, name, reasons);
    }

    fn notice(&self, message: &str, span: Option<Span>) {
        self.shown.notice(message, span);
    }

    fn phase(&self, what: &str) {
        self.shown.phase(what);
    }

    fn download(&self, what: &str, size: u64) -> Box<dyn registry::Progress> {
        self.shown.download(what, size)
    }
}
