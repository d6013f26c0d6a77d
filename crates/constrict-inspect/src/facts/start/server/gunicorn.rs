//! gunicorn: `gunicorn module:attribute`, its options, `GUNICORN_CMD_ARGS` and its configuration file.
//!
//! Source: <https://docs.gunicorn.org/en/stable/settings.html>.

use std::collections::BTreeMap;

use constrict_python::source::Literal;

use super::{Options, Run, Server, django};
use crate::files::shown;

pub(super) const SERVERS: &[Server] = &[Server {
    names: &["gunicorn", "gunicorn.app.wsgiapp"],
    mentions: "gunicorn",
    examine,
}];

const VALUED: &[&str] = &[
    "-c",
    "--config",
    "-b",
    "--bind",
    "--backlog",
    "-w",
    "--workers",
    "-k",
    "--worker-class",
    "--threads",
    "--worker-connections",
    "--max-requests",
    "--max-requests-jitter",
    "-t",
    "--timeout",
    "--graceful-timeout",
    "--keep-alive",
    "--limit-request-line",
    "--limit-request-fields",
    "--limit-request-field_size",
    "--reload-engine",
    "--reload-extra-file",
    "--chdir",
    "-e",
    "--env",
    "-p",
    "--pid",
    "--worker-tmp-dir",
    "-u",
    "--user",
    "-g",
    "--group",
    "-m",
    "--umask",
    "--access-logfile",
    "--access-logformat",
    "--error-logfile",
    "--log-file",
    "--log-level",
    "--logger-class",
    "--log-config",
    "--log-config-json",
    "--log-syslog-to",
    "--log-syslog-prefix",
    "--log-syslog-facility",
    "--statsd-host",
    "--dogstatsd-tags",
    "--statsd-prefix",
    "-n",
    "--name",
    "--pythonpath",
    "--paste",
    "--paster",
    "--forwarded-allow-ips",
    "--proxy-allow-from",
    "--keyfile",
    "--certfile",
    "--ssl-version",
    "--cert-reqs",
    "--ca-certs",
    "--ciphers",
    "--paste-global",
    "--control-socket",
    "--forwarder-headers",
    "--header-map",
    "--proxy-protocol",
];

/// Settings, the ones that win.
struct Settings {
    options: Options,
    variable: Options,
    file: Configured,
}

/// A configuration file and what it assigns.
#[derive(Default)]
struct Configured {
    /// As shown; empty if there is none.
    path: String,
    values: BTreeMap<String, Literal>,
}

impl Settings {
    /// A setting's values, and what says so; nobody's if it is not set.
    fn all(&self, run: &Run<'_, '_, '_>, names: &[&str], member: &str) -> (Vec<String>, &str) {
        for (options, from) in [
            (&self.options, "its arguments"),
            (&self.variable, "GUNICORN_CMD_ARGS"),
        ] {
            let values: Vec<String> = options.all(names).map(str::to_string).collect();
            if !values.is_empty() {
                return (values, from);
            }
        }
        let values = match self.file.values.get(member) {
            Some(Literal::List(items) | Literal::Tuple(items)) => {
                items.iter().map(|item| run.value(item)).collect()
            }
            Some(literal) => Some(run.value(literal).into_iter().collect()),
            None => None,
        };
        (values.unwrap_or_default(), &self.file.path)
    }

    fn get(&self, run: &Run<'_, '_, '_>, names: &[&str], member: &str) -> Option<String> {
        self.all(run, names, member).0.pop()
    }
}

fn examine(run: &mut Run<'_, '_, '_>) {
    let options = Options::read(&run.words, VALUED);
    let words: Vec<String> = run
        .variable("GUNICORN_CMD_ARGS")
        .unwrap_or_default()
        .split_ascii_whitespace()
        .map(str::to_string)
        .collect();
    let variable = Options::read(&words, VALUED);
    if options.has(&["--paste", "--paster", "--version", "-v", "--help", "-h"]) {
        return;
    }
    let configured = options
        .get(&["-c", "--config"])
        .or_else(|| variable.get(&["-c", "--config"]))
        .map(str::to_string);
    let Some(file) = configuration(run, configured.as_deref()) else {
        return;
    };
    let settings = Settings {
        options,
        variable,
        file,
    };
    let mut paths = vec![run.directory()];
    if let Some(directory) = settings.get(run, &["--chdir"], "chdir") {
        paths = vec![run.absolute(&directory)];
    }
    for path in settings
        .get(run, &["--pythonpath"], "pythonpath")
        .unwrap_or_default()
        .split(',')
        .filter(|path| !path.is_empty())
    {
        paths.push(run.absolute(path));
    }
    let class = settings.get(run, &["-k", "--worker-class"], "worker_class");
    if let Some(class) = &class {
        worker_class(run, class, &paths);
    }
    let named = settings
        .options
        .words
        .first()
        .cloned()
        .or_else(|| run.value(settings.file.values.get("wsgi_app")?));
    match named {
        Some(spec) => {
            run.demand_spec(
                &spec,
                Some("application"),
                paths.clone(),
                format!("`gunicorn {spec}`"),
            );
            django::behind(run, &spec, &paths);
        }
        None => run
            .walker
            .unknown("only the run tells which application gunicorn serves".into()),
    }
    let (binds, from) = settings.all(run, &["-b", "--bind"], "bind");
    if binds.is_empty() && (settings.options.open || settings.file.values.contains_key("bind")) {
        return run.listen(None, None, "gunicorn");
    }
    match (
        binds.is_empty(),
        run.process.environment.get("PORT").map(str::to_string),
    ) {
        (true, Some(port)) => run.listen(Some("0.0.0.0"), Some(&port), "gunicorn with `PORT`"),
        (true, None) => run.listen(Some("127.0.0.1"), Some("8000"), "gunicorn's default"),
        _ => binds
            .iter()
            .for_each(|bind| run.bind(bind, "8000", format!("`{bind}` in {from}"))),
    }
}

/// What the configuration file assigns; `None` if there is one that cannot be read.
fn configuration(run: &mut Run<'_, '_, '_>, configured: Option<&str>) -> Option<Configured> {
    let path = match configured {
        Some(module) if module.starts_with("python:") => {
            run.demand(
                &module[7..],
                None,
                vec![run.directory()],
                format!("`gunicorn -c {module}`"),
            );
            run.find_module(&module[7..], &[run.directory()])?
        }
        Some(file) => {
            let file = file.strip_prefix("file:").unwrap_or(file).to_string();
            let words = [vec!["gunicorn".to_string()], run.words.clone()].concat();
            run.needs_file(&file, &words)?
        }
        None => {
            let default = run.absolute("gunicorn.conf.py");
            if !run.walker.files().is_file(&default) {
                return Some(Configured::default());
            }
            default
        }
    };
    let module = run.module(&path)?;
    let mut values = module.values;
    // what is computed is set all the same
    for name in module.names.bound.keys() {
        values.entry(name.clone()).or_insert(Literal::Unknown);
    }
    Some(Configured {
        path: format!("`{}`", shown(&path)),
        values,
    })
}

fn worker_class(run: &mut Run<'_, '_, '_>, class: &str, paths: &[Vec<u8>]) {
    let why = format!("`gunicorn --worker-class {class}`");
    match class {
        "sync" | "gthread" => {}
        "gevent" | "gevent_wsgi" | "gevent_pywsgi" => run.demand("gevent", None, Vec::new(), why),
        "eventlet" | "tornado" => run.demand(class, None, Vec::new(), why),
        class if class.starts_with("egg:") => {}
        class => {
            if let Some((module, name)) = class.rsplit_once('.') {
                run.demand(module, Some(name), paths.to_vec(), why);
            }
        }
    }
}
