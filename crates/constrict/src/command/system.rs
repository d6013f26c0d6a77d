//! `constrict system`: the store as a whole.

use std::process::ExitCode;

use constrict_build::store::prune::Scope;

use crate::arguments::{ProgressMode, System};
use crate::failure::Failure;
use crate::progress::bytes;
use crate::render::table;
use crate::session;

/// `df` or `prune`.
pub(crate) fn run(command: &System) -> Result<ExitCode, Failure> {
    match command {
        System::Prune(arguments) => super::prune::run(arguments),
        System::Df => df(),
    }
}

/// What the store takes, by kind, and how much of it `prune` would free.
fn df() -> Result<ExitCode, Failure> {
    let images = session::images(None, ProgressMode::Plain, true)?;
    let store = &images.layers.store;
    let all = store.usage()?;
    let scope = Scope {
        containers: true,
        images: true,
        named: false,
        cache: true,
        before: None,
    };
    let free = store.prune(&scope, true)?;
    let mut rows = vec![
        ["TYPE", "TOTAL", "SIZE", "RECLAIMABLE"]
            .map(String::from)
            .to_vec(),
    ];
    for (kind, usage) in &all {
        let free = free.bytes.get(kind).copied().unwrap_or(0);
        let share = (free * 100).checked_div(usage.bytes).unwrap_or(0);
        rows.push(vec![
            kind.to_string(),
            usage.count.to_string(),
            bytes(usage.bytes),
            format!("{} ({share}%)", bytes(free)),
        ]);
    }
    session::print(&table::table(&rows));
    Ok(ExitCode::SUCCESS)
}
