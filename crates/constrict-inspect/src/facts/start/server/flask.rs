//! flask: `--app`, `FLASK_APP`, `.flaskenv`, `wsgi.py` and `app.py`.
//!
//! Source: <https://flask.palletsprojects.com/en/stable/cli/>.

use super::{ObstacleKind, Options, Run, Server};

pub(super) const SERVERS: &[Server] = &[Server {
    names: &["flask"],
    mentions: "flask",
    examine,
}];

const VALUED: &[&str] = &[
    "-A",
    "--app",
    "-e",
    "--env-file",
    "-h",
    "--host",
    "-p",
    "--port",
    "--cert",
    "--key",
    "--extra-files",
    "--exclude-patterns",
];
/// Commands that do without the application.
const WITHOUT: &[&str] = &["--version", "--help"];

fn examine(run: &mut Run<'_, '_, '_>) {
    let options = Options::read(&run.words, VALUED);
    let Some(command) = options
        .words
        .first()
        .cloned()
        .filter(|_| !options.has(WITHOUT))
    else {
        return;
    };
    let named = options
        .get(&["-A", "--app"])
        .map(|app| (app.to_string(), format!("`flask --app {app}`")));
    let named = named.or_else(|| {
        variable(run, "FLASK_APP").map(|app| (app.clone(), format!("`FLASK_APP={app}`")))
    });
    match named {
        Some((app, why)) => application(run, &app, why),
        None if options.open => run
            .walker
            .unknown("only the run tells which application flask serves".into()),
        None => found(run),
    }
    if command != "run" {
        return;
    }
    let host = options
        .get(&["-h", "--host"])
        .map(str::to_string)
        .or_else(|| variable(run, "FLASK_RUN_HOST"));
    let port = options
        .get(&["-p", "--port"])
        .map(str::to_string)
        .or_else(|| variable(run, "FLASK_RUN_PORT"));
    if host.is_none() && options.open {
        return run.listen(None, None, "flask run");
    }
    let why = host
        .as_ref()
        .map_or("flask's default".into(), |host| format!("`--host {host}`"));
    run.listen(
        Some(host.as_deref().unwrap_or("127.0.0.1")),
        Some(port.as_deref().unwrap_or("5000")),
        why,
    );
}

/// A variable of the process, or of `.flaskenv` or `.env`, which flask reads where python-dotenv is installed.
fn variable(run: &Run<'_, '_, '_>, name: &str) -> Option<String> {
    run.variable(name).map(str::to_string).or_else(|| {
        [".env", ".flaskenv"].iter().find_map(|file| {
            let text = run.walker.files().text(&run.absolute(file), 64 << 10)?;
            let value = text.lines().find_map(|line| {
                line.trim()
                    .strip_prefix("export ")
                    .unwrap_or(line.trim())
                    .strip_prefix(name)?
                    .trim_start()
                    .strip_prefix('=')
                    .map(str::to_string)
            })?;
            Some(value.trim().trim_matches(['"', '\'']).to_string())
                .filter(|value| !value.is_empty())
        })
    })
}

fn application(run: &mut Run<'_, '_, '_>, app: &str, why: String) {
    // a colon of a path on Windows is not meant
    let (file, name) = match app.split_once(':') {
        Some((file, name)) => (file, Some(name)),
        None => (app, None),
    };
    if !super::is_known(app) {
        return run
            .walker
            .unknown("only the run tells which application flask serves".into());
    }
    let path = run.absolute(file.trim());
    let (module, directory) = run.as_module(&path);
    run.demand(&module, name, vec![directory], why);
}

fn found(run: &mut Run<'_, '_, '_>) {
    let there = ["wsgi.py", "app.py"]
        .into_iter()
        .find(|file| run.walker.files().is_file(&run.absolute(file)));
    match there {
        Some(file) => application(run, file, format!("`flask run` takes {file}")),
        // a package is taken as well
        None if ["wsgi", "app"]
            .iter()
            .any(|name| run.walker.files().is_directory(&run.absolute(name))) => {}
        None => {
            let words = [vec!["flask".to_string()], run.words.clone()].concat();
            let kind = ObstacleKind::NoApplication {
                looked_for: "`FLASK_APP`, wsgi.py or app.py".into(),
            };
            run.walker.obstacle(kind, words, run.process);
        }
    }
}
