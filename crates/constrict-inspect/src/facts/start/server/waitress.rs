//! Servers of few words: waitress-serve, `http.server`, `aiohttp.web`, `wsgiref`.
//!
//! Source: <https://docs.pylonsproject.org/projects/waitress/en/stable/runner.html>, each one's `--help`.

use super::{Options, Run, Server};

pub(super) const SERVERS: &[Server] = &[
    Server {
        names: &["waitress-serve", "waitress"],
        mentions: "waitress",
        examine: waitress,
    },
    Server {
        names: &["http.server"],
        mentions: "http.server",
        examine: files,
    },
    Server {
        names: &["aiohttp.web"],
        mentions: "aiohttp",
        examine: aiohttp,
    },
];

const VALUED: &[&str] = &[
    "--host",
    "--port",
    "--listen",
    "--unix-socket",
    "--unix-socket-perms",
    "--url-scheme",
    "--url-prefix",
    "--ident",
    "--trusted-proxy",
    "--trusted-proxy-count",
    "--trusted-proxy-headers",
    "--threads",
    "--backlog",
    "--recv-bytes",
    "--send-bytes",
    "--outbuf-overflow",
    "--outbuf-high-watermark",
    "--inbuf-overflow",
    "--connection-limit",
    "--cleanup-interval",
    "--channel-timeout",
    "--max-request-header-size",
    "--max-request-body-size",
    "--asyncore-loop-timeout",
    "--app",
    "--channel-request-lookahead",
];

fn waitress(run: &mut Run<'_, '_, '_>) {
    let options = Options::read(&run.words, VALUED);
    let app = options
        .get(&["--app"])
        .map(str::to_string)
        .or_else(|| options.words.first().cloned());
    if let Some(app) = app {
        run.demand_spec(
            &app,
            None,
            vec![run.directory()],
            format!("`waitress-serve {app}`"),
        );
    }
    if options.open || options.has(&["--unix-socket"]) {
        return;
    }
    let listens: Vec<String> = options.all(&["--listen"]).map(str::to_string).collect();
    for listen in &listens {
        run.bind(
            &listen.replace('*', "0.0.0.0"),
            "8080",
            format!("`--listen={listen}`"),
        );
    }
    if listens.is_empty() {
        let (host, port) = (options.get(&["--host"]), options.get(&["--port"]));
        let why = host.map_or("waitress's default".into(), |host| {
            format!("`--host {host}`")
        });
        run.listen(
            Some(host.unwrap_or("0.0.0.0")),
            Some(port.unwrap_or("8080")),
            why,
        );
    }
}

fn files(run: &mut Run<'_, '_, '_>) {
    let options = Options::read(
        &run.words,
        &["-b", "--bind", "-d", "--directory", "-p", "--protocol"],
    );
    let host = options.get(&["-b", "--bind"]);
    let why = host.map_or("http.server's default".into(), |host| {
        format!("`--bind {host}`")
    });
    run.listen(
        Some(host.unwrap_or("0.0.0.0")),
        Some(options.words.first().map_or("8000", String::as_str)),
        why,
    );
}

fn aiohttp(run: &mut Run<'_, '_, '_>) {
    let options = Options::read(
        &run.words,
        &["-H", "--hostname", "-P", "--port", "-U", "--path"],
    );
    if let Some(spec) = options.words.first().cloned() {
        run.demand_spec(
            &spec,
            None,
            vec![run.directory()],
            format!("`python -m aiohttp.web {spec}`"),
        );
    }
    let host = options.get(&["-H", "--hostname"]);
    let why = host.map_or("aiohttp.web's default".into(), |host| {
        format!("`-H {host}`")
    });
    run.listen(
        Some(host.unwrap_or("localhost")),
        Some(options.get(&["-P", "--port"]).unwrap_or("8080")),
        why,
    );
}
