//! Programs that work on queues and crawl: dramatiq, huey, arq, taskiq, scrapy, rq.
//!
//! Source: each one's command line as its documentation has it.

use super::{Options, Run, Server};

pub(super) const SERVERS: &[Server] = &[
    Server {
        names: &["dramatiq"],
        mentions: "dramatiq",
        examine: dramatiq,
    },
    Server {
        names: &[
            "huey_consumer.py",
            "huey_consumer",
            "huey.bin.huey_consumer",
        ],
        mentions: "huey",
        examine: last_dot,
    },
    Server {
        names: &["arq"],
        mentions: "arq",
        examine: last_dot,
    },
    Server {
        names: &["taskiq"],
        mentions: "taskiq",
        examine: taskiq,
    },
    Server {
        names: &["scrapy"],
        mentions: "scrapy",
        examine: scrapy,
    },
    Server {
        names: &["rq"],
        mentions: "rq",
        examine: rq,
    },
];

fn dramatiq(run: &mut Run<'_, '_, '_>) {
    let valued = [
        "-p",
        "--processes",
        "-t",
        "--threads",
        "--path",
        "-Q",
        "--queues",
        "--pid-file",
        "--log-file",
        "--fork-function",
        "-f",
        "--worker-shutdown-timeout",
    ];
    let options = Options::read(&run.words, &valued);
    let directory = options
        .get(&["--path"])
        .map_or(run.directory(), |directory| run.absolute(directory));
    // -Q takes several words: what follows it is no module
    if options.has(&["-Q", "--queues"]) || options.open {
        return;
    }
    for spec in options.words.clone() {
        run.demand_spec(
            &spec,
            None,
            vec![directory.clone()],
            format!("`dramatiq {spec}`"),
        );
    }
}

/// `module.name`.
fn last_dot(run: &mut Run<'_, '_, '_>) {
    let first = run
        .words
        .first()
        .cloned()
        .filter(|word| !word.starts_with('-'));
    if let Some((module, name)) = first.as_deref().and_then(|word| word.rsplit_once('.')) {
        run.demand(
            module,
            Some(name),
            vec![run.directory()],
            format!("`{}`", first.as_deref().unwrap_or_default()),
        );
    }
}

fn taskiq(run: &mut Run<'_, '_, '_>) {
    if let [command, spec, ..] = run.words.clone().as_slice()
        && command == "worker"
        && spec.contains(':')
    {
        run.demand_spec(
            spec,
            None,
            vec![run.directory()],
            format!("`taskiq worker {spec}`"),
        );
    }
}

fn scrapy(run: &mut Run<'_, '_, '_>) {
    let options = Options::read(
        &run.words,
        &[
            "-s",
            "--set",
            "-a",
            "-o",
            "-O",
            "-L",
            "--loglevel",
            "--logfile",
            "--pidfile",
            "--profile",
        ],
    );
    if let [command, file, ..] = options.words.as_slice()
        && command == "runspider"
    {
        let words = [vec!["scrapy".to_string()], run.words.clone()].concat();
        run.runs = run.needs_file(file, &words);
    }
    let Some(text) = run
        .walker
        .files()
        .text(&run.absolute("scrapy.cfg"), 64 << 10)
    else {
        return;
    };
    let settings = text.lines().find_map(|line| {
        line.trim()
            .strip_prefix("default")?
            .trim_start()
            .strip_prefix('=')
            .map(str::trim)
            .map(str::to_string)
    });
    if let Some(module) = run
        .variable("SCRAPY_SETTINGS_MODULE")
        .map(str::to_string)
        .or(settings)
    {
        run.demand(
            &module,
            None,
            vec![run.directory()],
            format!("scrapy's settings are `{module}`"),
        );
    }
}

fn rq(run: &mut Run<'_, '_, '_>) {
    let options = Options::read(
        &run.words,
        &[
            "-c",
            "--config",
            "-u",
            "--url",
            "-P",
            "--path",
            "-n",
            "--name",
            "-w",
            "--worker-class",
            "-S",
            "--serializer",
        ],
    );
    if let Some(module) = options.get(&["-c", "--config"]).map(str::to_string) {
        run.demand(
            &module,
            None,
            vec![run.directory()],
            format!("`rq -c {module}`"),
        );
    }
}
