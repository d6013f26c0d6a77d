//! Failure modes of Python images that the text alone shows, each as `docs/lint.md` describes it.
//!
//! A rule is quiet where the text leaves doubt: `constrict check` looks at the image itself.

mod base;
mod console;
mod copy;
mod exec_form;
mod packages;
mod rules;
mod secrets;
mod server;
mod start;
mod venv;

use constrict_dockerfile::Dockerfile;

pub(crate) use rules::ALL;

use crate::facts::Facts;
use crate::sink::Sink;

/// Runs the rules.
pub(crate) fn check(dockerfile: &Dockerfile, facts: &Facts<'_>, sink: &mut Sink<'_>) {
    for stage in &dockerfile.stages {
        exec_form::check(stage, sink);
        copy::check(stage, sink);
    }
    for index in start::targets(facts) {
        let start = start::Start::of(facts, index);
        exec_form::check_start(&start, facts, index, sink);
        server::check(&start, facts, index, sink);
        console::check(&start, facts, index, sink);
    }
    packages::check(facts, sink);
    venv::check(facts, sink);
    secrets::check(dockerfile, facts, sink);
}
