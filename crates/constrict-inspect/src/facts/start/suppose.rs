//! What would run if what stands in the way were mended: a console script that was not copied with its distribution, or that
//! ENTRYPOINT takes for its argument. What else is wrong is found in the same check, not after the next build.

use super::server;
use super::walk::{Caller, Process, Walker};
use super::{Obstacle, ObstacleKind, Program, PythonRun, Target};

/// Follows what the first obstacle hides, if it keeps the image from starting and a distribution has the script.
pub(super) fn follow(walker: &mut Walker<'_, '_>) {
    let Some(obstacle) = walker.out.breaking().next().cloned() else {
        return;
    };
    match &obstacle.kind {
        ObstacleKind::NotOnPath { name } => console(walker, &obstacle, &name.clone()),
        ObstacleKind::NoScript { .. } if walker.out.eaten.is_some() => command(walker, &obstacle),
        _ => {}
    }
}

/// CMD alone, as if ENTRYPOINT did not take it.
fn command(walker: &mut Walker<'_, '_>, obstacle: &Obstacle) {
    let argv = walker.facts.image.config.config.cmd.clone();
    let known = walker.out.obstacles.len();
    let process = process(obstacle);
    let Some(name) = argv.first().cloned() else {
        return;
    };
    walker.exec(argv, process, Caller::Kernel);
    if let Some(next) = walker.out.obstacles.get(known).cloned()
        && matches!(next.kind, ObstacleKind::NotOnPath { .. })
    {
        // that it is not on PATH is what the module's own mend is for
        walker.out.obstacles.truncate(known);
        console(walker, &next, &name);
    }
}

/// The function that the script would call.
fn console(walker: &mut Walker<'_, '_>, obstacle: &Obstacle, name: &str) {
    let files = walker.files();
    let distributions = walker.facts.distributions();
    let Some((owner, object)) = distributions.console_script(files, name) else {
        return;
    };
    let Some(executable) = owner.interpreter(files) else {
        return;
    };
    let process = process(obstacle);
    let mut program = Program {
        argv: obstacle.argv.clone(),
        executable,
        via: obstacle.via.clone(),
        environment: process.environment.clone(),
        user: process.user.clone(),
        sure: true,
        fatal: true,
        deaf: false,
        python: Some(PythonRun {
            target: Target::Console {
                name: name.to_string(),
                object: object.to_string(),
            },
            arguments: obstacle.argv.get(1..).unwrap_or_default().to_vec(),
            ..PythonRun::default()
        }),
        listens: Vec::new(),
    };
    server::examine(walker, &mut program, &process);
    walker.record(program);
}

fn process(obstacle: &Obstacle) -> Process {
    Process {
        environment: obstacle.environment.clone(),
        user: obstacle.user.clone(),
        via: obstacle.via.clone(),
        sure: true,
        fatal: true,
        asked: false,
        first: true,
        deaf: false,
    }
}
