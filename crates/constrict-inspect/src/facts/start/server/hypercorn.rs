//! hypercorn and daphne: servers for ASGI applications named by their words.
//!
//! Source: <https://hypercorn.readthedocs.io/en/latest/how_to_guides/configuring.html>, `daphne --help`.

use super::{Options, Run, Server, django};

pub(super) const SERVERS: &[Server] = &[
    Server {
        names: &["hypercorn"],
        mentions: "hypercorn",
        examine: hypercorn,
    },
    Server {
        names: &["daphne"],
        mentions: "daphne",
        examine: daphne,
    },
];

const VALUED: &[&str] = &[
    "--access-log",
    "--access-logfile",
    "--access-logformat",
    "--backlog",
    "-b",
    "--bind",
    "--ca-certs",
    "--certfile",
    "--cert-reqs",
    "--ciphers",
    "-c",
    "--config",
    "--error-log",
    "--error-logfile",
    "--graceful-timeout",
    "--read-timeout",
    "--max-requests",
    "--max-requests-jitter",
    "-g",
    "--group",
    "-k",
    "--worker-class",
    "--keep-alive",
    "--keyfile",
    "--keyfile-password",
    "--insecure-bind",
    "--log-config",
    "--log-level",
    "-p",
    "--pid",
    "--quic-bind",
    "--root-path",
    "--server-name",
    "--statsd-host",
    "--statsd-prefix",
    "-m",
    "--umask",
    "-u",
    "--user",
    "--verify-mode",
    "--websocket-ping-interval",
    "-w",
    "--workers",
];

fn hypercorn(run: &mut Run<'_, '_, '_>) {
    let options = Options::read(&run.words, VALUED);
    if let Some(app) = options.words.first().cloned() {
        let spec = app
            .strip_prefix("asgi:")
            .or_else(|| app.strip_prefix("wsgi:"))
            .unwrap_or(&app)
            .to_string();
        let paths = vec![run.directory()];
        run.demand_spec(
            &spec,
            Some("app"),
            paths.clone(),
            format!("`hypercorn {app}`"),
        );
        django::behind(run, &spec, &paths);
    }
    if let Some(class @ ("uvloop" | "trio")) = options.get(&["-k", "--worker-class"]) {
        run.demand(class, None, Vec::new(), format!("`hypercorn -k {class}`"))
    }
    let binds: Vec<String> = options
        .all(&["-b", "--bind", "--insecure-bind", "--quic-bind"])
        .map(str::to_string)
        .collect();
    if options.open || (binds.is_empty() && options.has(&["-c", "--config"])) {
        return run.listen(None, None, "hypercorn");
    }
    if binds.is_empty() {
        return run.listen(Some("127.0.0.1"), Some("8000"), "hypercorn's default");
    }
    binds
        .iter()
        .for_each(|bind| run.bind(bind, "8000", format!("`--bind {bind}`")));
}

const DAPHNE: &[&str] = &[
    "-p",
    "--port",
    "-b",
    "--bind",
    "--websocket_timeout",
    "--websocket_connect_timeout",
    "-u",
    "--unix-socket",
    "--fd",
    "-e",
    "--endpoint",
    "-v",
    "--verbosity",
    "-t",
    "--http-timeout",
    "--access-log",
    "--log-fmt",
    "--ping-interval",
    "--ping-timeout",
    "--application-close-timeout",
    "--root-path",
    "--proxy-headers-host",
    "--proxy-headers-port",
    "-s",
    "--server-name",
];

fn daphne(run: &mut Run<'_, '_, '_>) {
    let options = Options::read(&run.words, DAPHNE);
    if let Some(app) = options.words.first().cloned() {
        let paths = vec![run.directory()];
        run.demand_spec(&app, None, paths.clone(), format!("`daphne {app}`"));
        django::behind(run, &app, &paths);
    }
    let (host, port) = (
        options.get(&["-b", "--bind"]),
        options.get(&["-p", "--port"]),
    );
    if options.open || options.has(&["-e", "--endpoint"]) {
        return run.listen(None, None, "daphne");
    }
    if host.is_none() && port.is_none() && options.has(&["-u", "--unix-socket", "--fd"]) {
        return;
    }
    let why = host.map_or("daphne's default".into(), |host| format!("`-b {host}`"));
    run.listen(
        Some(host.unwrap_or("127.0.0.1")),
        Some(port.unwrap_or("8000")),
        why,
    );
}
