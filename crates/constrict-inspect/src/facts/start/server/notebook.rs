//! Jupyter: where it listens. What notebooks import is only known when they run.

use super::{Options, Run, Server};

pub(super) const SERVERS: &[Server] = &[
    Server {
        names: &[
            "jupyter",
            "jupyter-lab",
            "jupyter-notebook",
            "jupyter-server",
            "jupyterlab",
            "notebook",
        ],
        mentions: "jupyter",
        examine,
    },
    Server {
        names: &["mlflow"],
        mentions: "mlflow",
        examine: mlflow,
    },
];

fn examine(run: &mut Run<'_, '_, '_>) {
    let options = Options::read(
        &run.words,
        &["--ip", "--port", "--config", "--notebook-dir"],
    );
    let configured = options.has(&["--config"]) || run.variable("JUPYTER_CONFIG_DIR").is_some();
    let host = options
        .get(&["--ip", "--ServerApp.ip", "--NotebookApp.ip"])
        .map(|host| {
            if host == "*" {
                "0.0.0.0".to_string()
            } else {
                host.to_string()
            }
        });
    let home = run.process.user.home.clone();
    let own = run
        .walker
        .files()
        .is_directory(&run.absolute(&format!("{home}/.jupyter")));
    if host.is_none() && (configured || own || options.open) {
        return run.listen(None, None, "jupyter");
    }
    if run
        .words
        .iter()
        .any(|word| ["lab", "notebook", "server"].contains(&word.as_str()))
        || run.words.is_empty()
    {
        let why = host
            .as_ref()
            .map_or("jupyter's default".into(), |host| format!("`--ip {host}`"));
        run.listen(
            Some(host.as_deref().unwrap_or("localhost")),
            Some(options.get(&["--port"]).unwrap_or("8888")),
            why,
        );
    }
}

fn mlflow(run: &mut Run<'_, '_, '_>) {
    let options = Options::read(
        &run.words,
        &[
            "-h",
            "--host",
            "-p",
            "--port",
            "--backend-store-uri",
            "--default-artifact-root",
            "-w",
            "--workers",
        ],
    );
    if options
        .words
        .first()
        .is_some_and(|word| word == "server" || word == "ui")
    {
        let get = |names: &[&str], variable: &str| {
            options
                .get(names)
                .map(str::to_string)
                .or_else(|| run.variable(variable).map(str::to_string))
        };
        let (host, port) = (
            get(&["-h", "--host"], "MLFLOW_HOST"),
            get(&["-p", "--port"], "MLFLOW_PORT"),
        );
        let why = host
            .as_ref()
            .map_or("mlflow's default".into(), |host| format!("`--host {host}`"));
        run.listen(
            Some(host.as_deref().unwrap_or("127.0.0.1")),
            Some(port.as_deref().unwrap_or("5000")),
            why,
        );
    }
}
