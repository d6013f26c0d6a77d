//! celery: the application after `-A`.
//!
//! Source: <https://docs.celeryq.dev/en/stable/reference/cli.html>, `celery.app.utils.find_app`.

use super::{Options, Run, Server};

pub(super) const SERVERS: &[Server] = &[Server {
    names: &["celery"],
    mentions: "celery",
    examine,
}];

fn examine(run: &mut Run<'_, '_, '_>) {
    let options = Options::read(
        &run.words,
        &[
            "-A",
            "--app",
            "-b",
            "--broker",
            "--result-backend",
            "--loader",
            "--config",
            "--workdir",
        ],
    );
    let named = options
        .get(&["-A", "--app"])
        .map(str::to_string)
        .or_else(|| run.variable("CELERY_APP").map(str::to_string));
    let Some(app) = named else { return };
    let directory = options
        .get(&["--workdir"])
        .map_or(run.directory(), |directory| run.absolute(directory));
    let paths = vec![directory];
    let why = format!("`celery -A {app}`");
    if let Some((module, name)) = app.split_once(':') {
        return run.demand(module, Some(name), paths, why);
    }
    // `package.module`, `package.module.name`, or a package that has the module `celery`
    match app.rsplit_once('.') {
        Some((module, name))
            if run.find_module(&app, &paths).is_none()
                && run.find_module(module, &paths).is_some() =>
        {
            run.demand(module, Some(name), paths, why);
        }
        _ => run.demand(&app, None, paths, why),
    }
}
