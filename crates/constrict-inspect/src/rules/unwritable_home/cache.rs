//! Places that well-known programs and distributions write to, and the variables that move them.
//!
//! Sources: the programs' documentation and sources: numba's `caching.py`, matplotlib's `get_configdir`, uv's cache
//! directory, gunicorn's and celery's settings, the XDG base directory specification.

use constrict_python::source::{Act, Call, Literal, Need};

use super::refused_finding;
use crate::facts::Facts;
use crate::facts::imports::{Closure, Reach};
use crate::facts::start::{Program, Target};
use crate::facts::written::{Places, Refusal, refusal};
use crate::files::{join, parent, shown};
use crate::rule::{Finding, Place, Severity};

/// A distribution that keeps something below the user's home.
struct Cache {
    /// The module that does it when it is used.
    module: &'static str,
    /// Variables that move or end it, the first to be advised.
    variables: &'static [&'static str],
    /// `XDG_CACHE_HOME`, and where below the home it is without.
    above: (&'static str, &'static str),
    /// Its name there.
    name: &'static str,
    /// What the application has to say for it to be used; empty if it is used in any case.
    said: &'static [&'static str],
}

const CACHE_HOME: (&str, &str) = ("XDG_CACHE_HOME", ".cache");
const CONFIG_HOME: (&str, &str) = ("XDG_CONFIG_HOME", ".config");
const HOME: (&str, &str) = ("HOME", "");

#[rustfmt::skip]
const CACHES: &[Cache] = &[
    Cache { module: "matplotlib", variables: &["MPLCONFIGDIR"], above: CONFIG_HOME, name: "matplotlib", said: &[] },
    Cache { module: "huggingface_hub", variables: &["HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "TRANSFORMERS_CACHE", "HF_HUB_OFFLINE"], above: CACHE_HOME, name: "huggingface", said: &["from_pretrained", "pipeline(", "hf_hub_download", "snapshot_download", "SentenceTransformer(", "load_dataset"] },
    Cache { module: "torch", variables: &["TORCH_HOME"], above: CACHE_HOME, name: "torch", said: &["torch.hub.", "load_state_dict_from_url", "pretrained=True", "weights="] },
    Cache { module: "whisper", variables: &[], above: CACHE_HOME, name: "whisper", said: &["load_model("] },
    Cache { module: "nltk", variables: &["NLTK_DATA"], above: HOME, name: "nltk_data", said: &["nltk.download("] },
    Cache { module: "easyocr", variables: &["EASYOCR_MODULE_PATH", "MODULE_PATH"], above: HOME, name: ".EasyOCR", said: &["Reader("] },
    Cache { module: "gdown", variables: &[], above: CACHE_HOME, name: "gdown", said: &["cached_download"] },
    Cache { module: "streamlit.runtime", variables: &[], above: HOME, name: ".streamlit", said: &[] },
    Cache { module: "jupyter_core", variables: &["JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR"], above: HOME, name: ".local", said: &[] },
];

/// Decorators of numba that keep compiled code if they are told to.
const COMPILERS: &[&str] = &[
    "numba.jit",
    "numba.njit",
    "numba.vectorize",
    "numba.guvectorize",
    "numba.cfunc",
    "numba.stencil",
];

/// What imported distributions keep.
pub(super) fn by_modules(
    facts: &Facts<'_>,
    run: &Closure,
    program: &Program,
    places: &Places<'_>,
) -> Vec<Finding> {
    let environment = &program.environment;
    let mut found = Vec::new();
    for cache in CACHES {
        let used = run
            .modules
            .get(cache.module)
            .filter(|module| module.distributed && module.need != Reach::Optional);
        let set = |name: &str| environment.get(name).is_some() || places.says(&[name]);
        let said = cache.said.is_empty() || places.says(cache.said);
        let Some(module) = used
            .filter(|_| said && !cache.variables.iter().any(|name| set(name)) && !set("\"HOME\""))
        else {
            continue;
        };
        let path = join(&base(program, cache.above), cache.name.as_bytes());
        if facts.files().exists(&path) {
            continue;
        }
        if let Some(refused) = closed(facts, program, &path) {
            let name = cache.module.split('.').next().unwrap_or_default();
            let finding = refused_finding(
                facts,
                &program.user,
                (&format!("has `{name}` write to"), &path, true),
                &refused,
                Severity::Risk,
            )
            .at(facts.place_of(&module.path))
            .because_first("needed by", module.chain.join(" → "));
            found.push(match cache.variables.first() {
                Some(variable) => finding.hint(format!(
                    "ENV {variable}=/tmp/{}",
                    cache.name.trim_start_matches('.')
                )),
                None => finding,
            });
        }
    }
    found.extend(numba(facts, run, program));
    found
}

/// numba refuses to compile with `cache=True` where neither `__pycache__` beside the source nor the user's cache will do.
fn numba(facts: &Facts<'_>, run: &Closure, program: &Program) -> Option<Finding> {
    let environment = &program.environment;
    run.modules.get("numba")?;
    if environment.get("NUMBA_CACHE_DIR").is_some()
        || environment.get("NUMBA_DISABLE_JIT").is_some()
    {
        return None;
    }
    closed(facts, program, &join(&base(program, CACHE_HOME), b"numba"))?;
    let python = facts
        .interpreters()
        .all
        .get(run.search.interpreter)
        .map_or((3, 12), |python| python.version);
    let mut worst: Option<(Severity, Finding)> = None;
    for module in run.modules.values() {
        let Some(source) = facts
            .imports()
            .sources
            .module(facts.files(), &module.path, python)
        else {
            continue;
        };
        let keeps = |call: &&Call| {
            COMPILERS.contains(&call.callee.as_str())
                && call.need == Need::Always
                && call
                    .keywords
                    .iter()
                    .any(|(name, value)| name == "cache" && *value == Literal::Bool(true))
        };
        let Some(call) = source.calls.iter().find(keeps) else {
            continue;
        };
        let beside = join(parent(&module.path), b"__pycache__");
        let there = facts.files().exists(&beside);
        let probe = if there {
            join(&beside, b"x")
        } else {
            beside.clone()
        };
        let Some(refused) = closed(facts, program, &probe) else {
            continue;
        };
        let Some(severity) = run.severity(facts, module.need) else {
            continue;
        };
        if worst.as_ref().is_some_and(|(known, _)| *known <= severity) {
            continue;
        }
        let path = shown(&module.path);
        let mut chain = module.chain.clone();
        chain.push(format!(
            "{path}:{} `{}(cache=True)`",
            call.line, call.callee
        ));
        let finding = refused_finding(
            facts,
            &program.user,
            ("has `numba` keep compiled code in", &beside, false),
            &refused,
            severity,
        )
        .at(Some(Place::File {
            path,
            line: usize::try_from(call.line).ok(),
        }))
        .because_first("needed by", chain.join(" → "))
        .hint("ENV NUMBA_CACHE_DIR=/tmp/numba");
        worst = Some((severity, finding));
    }
    worst.map(|(_, finding)| finding)
}

/// What the words of a program make it write when it starts.
pub(super) fn by_words(
    facts: &Facts<'_>,
    program: &Program,
    run: Option<&Closure>,
) -> Vec<Finding> {
    let Some((does, path, at_home, hint)) = first_word(program) else {
        return Vec::new();
    };
    let Some(refused) = refusal(facts.files(), &program.user, &path, does.1)
        .filter(|_| !is_configured(facts, program, run))
    else {
        return Vec::new();
    };
    let severity = match program.sure && program.fatal {
        true => Severity::Breaks,
        false => Severity::Risk,
    };
    let finding = refused_finding(
        facts,
        &program.user,
        (does.0, &path, at_home),
        &refused,
        severity,
    )
    .at(facts.place_of_instruction(facts.start().instruction))
    .because_first("needed by", program.argv.join(" "));
    vec![match hint {
        Some(hint) => finding.hint(hint),
        None => finding,
    }]
}

/// Whether a configuration says otherwise: another scheduler for celery, another cache for uv.
fn is_configured(facts: &Facts<'_>, program: &Program, run: Option<&Closure>) -> bool {
    let said = [
        "beat_scheduler",
        "BEAT_SCHEDULER",
        "schedule_filename",
        "SCHEDULE_FILENAME",
    ];
    let by_source = run.is_some_and(|run| {
        run.modules.contains_key("django_celery_beat")
            || Places::of(facts.files(), program, run).says(&said)
    });
    let by_file = ["uv.toml", "pyproject.toml"].iter().any(|name| {
        let path = program.environment.absolute(name.as_bytes());
        let text = facts.files().text(&path, 1 << 18).unwrap_or_default();
        text.contains("no-cache") || text.contains("cache-dir")
    });
    by_source || by_file
}

type Start = ((&'static str, Act), Vec<u8>, bool, Option<&'static str>);

fn first_word(program: &Program) -> Option<Start> {
    let environment = &program.environment;
    let name = |word: &String| word.rsplit('/').next().unwrap_or(word).to_string();
    // `python /opt/venv/bin/gunicorn …` as well as `gunicorn …`
    let script = match program.python.as_ref().map(|python| &python.target) {
        Some(Target::Module(module)) => module.clone(),
        Some(Target::Path(path)) => name(&String::from_utf8_lossy(path).into_owned()),
        _ => name(program.argv.first()?),
    };
    let arguments = match &program.python {
        Some(python) => python.arguments.as_slice(),
        None => program.argv.get(1..)?,
    };
    let value = |names: &[&str]| option(arguments, names);
    let file = |path: String| environment.absolute(path.as_bytes());
    match script.as_str() {
        "gunicorn" => {
            let names = [
                "--access-logfile",
                "--error-logfile",
                "--log-file",
                "--pid",
                "-p",
            ];
            let path = names
                .iter()
                .find_map(|name| value(&[name]).filter(|path| path != "-"))?;
            Some((("writes", Act::File), file(path), false, None))
        }
        "celery" => {
            let beat = arguments
                .iter()
                .any(|word| ["beat", "-B", "--beat"].contains(&word.as_str()));
            let other = value(&["-S", "--scheduler"]).is_some();
            if !beat || other || value(&["--workdir"]).is_some() {
                return None;
            }
            let path = value(&["-s", "--schedule", "--schedule-filename"])
                .unwrap_or_else(|| "celerybeat-schedule".into());
            Some((
                ("keeps its schedule in", Act::Database),
                file(path),
                false,
                Some("celery beat -s /tmp/celerybeat-schedule"),
            ))
        }
        "uv" => {
            let off = ["--no-cache", "-n", "--no-cache-dir"];
            let runs = arguments
                .iter()
                .any(|word| ["run", "sync", "pip", "tool"].contains(&word.as_str()));
            if !runs
                || arguments.iter().any(|word| off.contains(&word.as_str()))
                || environment.get("UV_NO_CACHE").is_some()
            {
                return None;
            }
            let told = value(&["--cache-dir"])
                .or_else(|| environment.get("UV_CACHE_DIR").map(str::to_string));
            let path = told.map_or_else(|| join(&base(program, CACHE_HOME), b"uv"), file);
            let does = ("makes", Act::Directory { parents: true });
            Some((
                does,
                path,
                true,
                Some("run the program of the environment itself; or ENV UV_NO_CACHE=1"),
            ))
        }
        _ => None,
    }
}

/// The value of an option, joined with `=` or the next word.
fn option(words: &[String], names: &[&str]) -> Option<String> {
    words.iter().enumerate().find_map(|(at, word)| {
        if names.contains(&word.as_str()) {
            return words.get(at + 1).cloned();
        }
        let (name, value) = word.split_once('=')?;
        (name.starts_with("--") && names.contains(&name)).then(|| value.to_string())
    })
}

/// The directory that a variable names, else the one below the home.
fn base(program: &Program, (variable, below): (&str, &str)) -> Vec<u8> {
    let environment = &program.environment;
    let home = environment.get("HOME").unwrap_or(&program.user.home);
    match environment.get(variable) {
        Some(value) if !value.is_empty() => environment.absolute(value.as_bytes()),
        _ if below.is_empty() => join(b"", home.as_bytes()),
        _ => join(&join(b"", home.as_bytes()), below.as_bytes()),
    }
}

/// What keeps the user from making a directory there.
fn closed(facts: &Facts<'_>, program: &Program, path: &[u8]) -> Option<Refusal> {
    refusal(
        facts.files(),
        &program.user,
        path,
        Act::Directory { parents: true },
    )
}
