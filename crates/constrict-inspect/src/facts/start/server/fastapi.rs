//! `fastapi run` and `fastapi dev`.
//!
//! Source: <https://fastapi.tiangolo.com/fastapi-cli/>.

use super::{ObstacleKind, Options, Run, Server};

pub(super) const SERVERS: &[Server] = &[Server {
    names: &["fastapi", "fastapi_cli"],
    mentions: "fastapi",
    examine,
}];

/// Where it looks if no file is named.
const DEFAULTS: &[&str] = &[
    "main.py",
    "app.py",
    "api.py",
    "app/main.py",
    "app/app.py",
    "app/api.py",
];

fn examine(run: &mut Run<'_, '_, '_>) {
    let options = Options::read(
        &run.words,
        &[
            "--host",
            "--port",
            "--workers",
            "--root-path",
            "--app",
            "--entrypoint",
            "-e",
            "--reload-dir",
            "--forwarded-allow-ips",
        ],
    );
    let Some(command) = options
        .words
        .first()
        .cloned()
        .filter(|command| command == "run" || command == "dev")
    else {
        return;
    };
    let words = [vec!["fastapi".to_string()], run.words.clone()].concat();
    let directory = run.directory();
    let configured = run
        .walker
        .files()
        .text(&run.absolute("pyproject.toml"), 256 << 10)
        .is_some_and(|text| text.contains("[tool.fastapi]"));
    let path = match options.words.get(1) {
        Some(file) => run.needs_file(file, &words),
        None if options.has(&["--entrypoint", "-e"]) || configured || options.open => None,
        None => {
            let found = DEFAULTS
                .iter()
                .map(|file| run.absolute(file))
                .find(|path| run.walker.files().is_file(path));
            if found.is_none() {
                let kind = ObstacleKind::NoApplication {
                    looked_for: DEFAULTS.join(", "),
                };
                run.walker.obstacle(kind, words, run.process);
            }
            found
        }
    };
    if let Some(spec) = options.get(&["--entrypoint", "-e"]) {
        run.demand_spec(
            spec,
            None,
            vec![directory],
            format!("`fastapi {command} -e {spec}`"),
        );
    }
    if let Some(path) = path {
        let (module, directory) = run.as_module(&path);
        run.demand(
            &module,
            options.get(&["--app"]),
            vec![directory],
            format!("`fastapi {command}` takes {}", crate::files::shown(&path)),
        );
    }
    run.demand(
        "fastapi_cli",
        None,
        Vec::new(),
        format!("`fastapi {command}`"),
    );
    run.demand("uvicorn", None, Vec::new(), format!("`fastapi {command}`"));
    let default = if command == "run" {
        "0.0.0.0"
    } else {
        "127.0.0.1"
    };
    let host = options.get(&["--host"]);
    let why = host.map_or(format!("the default of `fastapi {command}`"), |host| {
        format!("`--host {host}`")
    });
    let port = options
        .get(&["--port"])
        .map(str::to_string)
        .or_else(|| run.variable("PORT").map(str::to_string));
    run.listen(
        Some(host.unwrap_or(default)),
        Some(port.as_deref().unwrap_or("8000")),
        why,
    );
}
