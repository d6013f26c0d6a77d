//! uvicorn and granian: `uvicorn module:attribute`, options and `UVICORN_…` variables.
//!
//! Source: <https://www.uvicorn.org/settings/>, <https://github.com/emmett-framework/granian>.

use super::{Options, Run, Server, django};

pub(super) const SERVERS: &[Server] = &[
    Server {
        names: &["uvicorn"],
        mentions: "uvicorn",
        examine: uvicorn,
    },
    Server {
        names: &["granian"],
        mentions: "granian",
        examine: granian,
    },
];

const VALUED: &[&str] = &[
    "--host",
    "--port",
    "--uds",
    "--fd",
    "--reload-dir",
    "--reload-include",
    "--reload-exclude",
    "--reload-delay",
    "--workers",
    "--loop",
    "--http",
    "--ws",
    "--ws-max-size",
    "--ws-max-queue",
    "--ws-ping-interval",
    "--ws-ping-timeout",
    "--ws-per-message-deflate",
    "--lifespan",
    "--interface",
    "--env-file",
    "--log-config",
    "--log-level",
    "--root-path",
    "--limit-concurrency",
    "--backlog",
    "--limit-max-requests",
    "--timeout-keep-alive",
    "--timeout-graceful-shutdown",
    "--timeout-worker-healthcheck",
    "--forwarded-allow-ips",
    "--ssl-keyfile",
    "--ssl-certfile",
    "--ssl-keyfile-password",
    "--ssl-version",
    "--ssl-cert-reqs",
    "--ssl-ca-certs",
    "--ssl-ciphers",
    "--header",
    "--app-dir",
    "--h11-max-incomplete-event-size",
    "--limit-max-requests-jitter",
];

fn uvicorn(run: &mut Run<'_, '_, '_>) {
    let options = Options::read(&run.words, VALUED);
    if options.has(&["--help", "--version"]) {
        return;
    }
    let get = |run: &Run<'_, '_, '_>, option: &str, variable: &str| {
        options
            .get(&[option])
            .map(str::to_string)
            .or_else(|| run.variable(variable).map(str::to_string))
    };
    let app = options
        .words
        .first()
        .cloned()
        .or_else(|| run.variable("UVICORN_APP").map(str::to_string));
    let directory = get(run, "--app-dir", "UVICORN_APP_DIR")
        .map_or(run.directory(), |directory| run.absolute(&directory));
    match app {
        Some(app) => {
            let factory = options.has(&["--factory"]) && app.contains(':');
            let spec = if factory {
                format!("{app}()")
            } else {
                app.clone()
            };
            run.demand_spec(
                &spec,
                None,
                vec![directory.clone()],
                format!("`uvicorn {app}`"),
            );
            django::behind(run, &app, &[directory]);
        }
        None => run
            .walker
            .unknown("only the run tells which application uvicorn serves".into()),
    }
    for (option, variable, modules) in [
        ("--loop", "UVICORN_LOOP", &["uvloop"][..]),
        ("--http", "UVICORN_HTTP", &["httptools", "h11"]),
        ("--ws", "UVICORN_WS", &["websockets", "wsproto"]),
    ] {
        let value = get(run, option, variable).unwrap_or_default();
        if modules.contains(&value.as_str()) {
            run.demand(
                &value,
                None,
                Vec::new(),
                format!("`uvicorn {option} {value}`"),
            );
        }
    }
    if get(run, "--env-file", "UVICORN_ENV_FILE").is_some() {
        run.demand("dotenv", None, Vec::new(), "`uvicorn --env-file`");
    }
    if options.has(&["--uds", "--fd"]) {
        return;
    }
    let (host, port) = (
        get(run, "--host", "UVICORN_HOST"),
        get(run, "--port", "UVICORN_PORT"),
    );
    let why = host.as_ref().map_or("uvicorn's default".into(), |host| {
        format!("`--host {host}`")
    });
    let open = options.open && host.is_none();
    let host = (!open).then(|| host.unwrap_or_else(|| "127.0.0.1".into()));
    run.listen(
        host.as_deref(),
        Some(port.as_deref().unwrap_or("8000")),
        why,
    );
}

const GRANIAN: &[&str] = &[
    "--host",
    "--port",
    "--uds",
    "--interface",
    "--http",
    "--workers",
    "--blocking-threads",
    "--runtime-threads",
    "--runtime-blocking-threads",
    "--runtime-mode",
    "--loop",
    "--task-impl",
    "--backlog",
    "--backpressure",
    "--http1-buffer-size",
    "--ssl-keyfile",
    "--ssl-certificate",
    "--log-level",
    "--log-config",
    "--access-log-fmt",
    "--url-path-prefix",
    "--respawn-interval",
    "--workers-lifetime",
    "--process-name",
    "--pid-file",
    "--static-path-mount",
    "--static-path-route",
    "--working-dir",
    "--env-files",
    "--reload-paths",
];

fn granian(run: &mut Run<'_, '_, '_>) {
    let options = Options::read(&run.words, GRANIAN);
    let directory = options
        .get(&["--working-dir"])
        .map_or(run.directory(), |directory| run.absolute(directory));
    if let Some(app) = options.words.first().cloned() {
        run.demand_spec(&app, None, vec![directory], format!("`granian {app}`"));
    }
    let get = |option: &str, variable: &str| {
        options
            .get(&[option])
            .map(str::to_string)
            .or_else(|| run.variable(variable).map(str::to_string))
    };
    let (host, port) = (get("--host", "GRANIAN_HOST"), get("--port", "GRANIAN_PORT"));
    if !options.open && !options.has(&["--uds"]) {
        let why = host.as_ref().map_or("granian's default".into(), |host| {
            format!("`--host {host}`")
        });
        run.listen(
            Some(host.as_deref().unwrap_or("127.0.0.1")),
            Some(port.as_deref().unwrap_or("8000")),
            why,
        );
    }
}
