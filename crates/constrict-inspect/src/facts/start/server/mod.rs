//! Servers and other programs that import what their words, configuration and variables name, and where they listen. Each
//! has a file; the table says which names they go by. Never resolves a module against an interpreter's search path.

use constrict_python::source::{Literal, Module};

use super::walk::{Process, Walker, is_known};
use super::{Demand, Listen, ObstacleKind, Program, Target};
use crate::files::{components, file_name, join, parent};

mod celery;
mod django;
mod fastapi;
mod flask;
mod gunicorn;
mod hypercorn;
mod notebook;
mod options;
mod script;
mod source;
mod streamlit;
mod uvicorn;
mod waitress;
mod worker;

use options::Options;

/// A known program.
struct Server {
    /// The script's name and the name of the module for `-m`.
    names: &'static [&'static str],
    /// What the script's text mentions: a program of the user's that is called alike does not.
    mentions: &'static str,
    examine: fn(&mut Run<'_, '_, '_>),
}

const SERVERS: &[&[Server]] = &[
    gunicorn::SERVERS,
    uvicorn::SERVERS,
    hypercorn::SERVERS,
    waitress::SERVERS,
    flask::SERVERS,
    django::SERVERS,
    celery::SERVERS,
    fastapi::SERVERS,
    streamlit::SERVERS,
    worker::SERVERS,
    notebook::SERVERS,
];

/// One run of a known program.
struct Run<'w, 'a, 'f> {
    walker: &'w mut Walker<'a, 'f>,
    process: &'w Process,
    /// The interpreter's X and Y, as its name tells them.
    python: (u8, u8),
    /// The file that runs, if it is one.
    script: Option<Vec<u8>>,
    /// The module after `-m`.
    module_name: Option<String>,
    /// The words after the script or module.
    words: Vec<String>,
    demands: Vec<Demand>,
    listens: Vec<Listen>,
    /// A file that is run as a script besides.
    runs: Option<Vec<u8>>,
}

/// Finds out what a run of Python imports besides its target, and where it listens. A file that it runs as a script is
/// a program of its own, and given back.
pub(crate) fn examine(
    walker: &mut Walker<'_, '_>,
    program: &mut Program,
    process: &Process,
) -> Option<Vec<u8>> {
    let python = version(walker, &program.executable);
    let run = program.python.as_mut()?;
    let (name, script) = match &run.target {
        Target::Path(path) => (
            String::from_utf8_lossy(file_name(path)).into_owned(),
            Some(path.clone()),
        ),
        Target::Module(module) => (module.clone(), None),
        Target::Console { name, .. } => (name.clone(), None),
        _ => return None,
    };
    let words = run.arguments.clone();
    let mut found = Run {
        walker,
        process,
        python,
        script: script.clone(),
        module_name: script.is_none().then(|| name.clone()),
        words,
        demands: Vec::new(),
        listens: Vec::new(),
        runs: None,
    };
    let name = name.strip_suffix(".__main__").unwrap_or(&name);
    let known = SERVERS
        .iter()
        .copied()
        .flatten()
        .find(|server| server.names.contains(&name));
    let mentions = |server: &Server| match &script {
        Some(script) => found
            .walker
            .files()
            .text(script, 64 << 10)
            .is_none_or(|text| text.contains(server.mentions)),
        None => true,
    };
    match known.filter(|server| mentions(server)) {
        Some(server) => (server.examine)(&mut found),
        None => script::examine(&mut found),
    }
    run.demands = found.demands;
    program.listens = found.listens;
    found.runs
}

/// X and Y from the name of the interpreter, or of the directory of its library; the newest if nothing tells.
fn version(walker: &Walker<'_, '_>, executable: &[u8]) -> (u8, u8) {
    let real = super::execute::real_name(walker.files(), executable);
    let parse = |name: &str| {
        let (major, minor) = name
            .trim_start_matches(|next: char| !next.is_ascii_digit())
            .split_once('.')?;
        Some((
            major.parse().ok()?,
            minor
                .chars()
                .take_while(char::is_ascii_digit)
                .collect::<String>()
                .parse()
                .ok()?,
        ))
    };
    parse(&real).unwrap_or((3, 14))
}

impl Run<'_, '_, '_> {
    /// A variable of the process, if it is set to something known.
    fn variable(&self, name: &str) -> Option<&str> {
        self.process
            .environment
            .get(name)
            .filter(|value| !value.is_empty() && is_known(value))
    }

    fn directory(&self) -> Vec<u8> {
        self.process.environment.directory.clone()
    }

    fn absolute(&self, path: &str) -> Vec<u8> {
        self.process.environment.absolute(path.as_bytes())
    }

    /// A module has to be there, and a name in it.
    fn demand(
        &mut self,
        module: &str,
        attribute: Option<&str>,
        paths: Vec<Vec<u8>>,
        why: impl Into<String>,
    ) {
        let name = |text: &str| {
            !text.is_empty()
                && text.split('.').all(|part| {
                    !part.is_empty()
                        && part
                            .chars()
                            .all(|next| next.is_alphanumeric() || next == '_')
                })
        };
        if !name(module) {
            return;
        }
        let attribute = attribute.map(|attribute| {
            let called = attribute.contains('(');
            let first = attribute
                .split(['(', '.'])
                .next()
                .unwrap_or_default()
                .trim();
            (first.to_string(), called)
        });
        let demand = Demand {
            module: module.to_string(),
            attribute: attribute
                .filter(|(attribute, _)| name(attribute))
                .map(|(attribute, called)| if called { attribute + "()" } else { attribute }),
            paths,
            why: why.into(),
            sure: self.process.sure,
        };
        if !self.demands.contains(&demand) && self.demands.len() < 500 {
            self.demands.push(demand);
        }
    }

    /// `module:attribute`, in the working directory or those given.
    fn demand_spec(
        &mut self,
        spec: &str,
        default: Option<&str>,
        paths: Vec<Vec<u8>>,
        why: impl Into<String>,
    ) {
        if !is_known(spec) {
            return self
                .walker
                .unknown("only the run tells which application is served".into());
        }
        let (module, attribute) = match spec.split_once(':') {
            Some((module, attribute)) => (module, Some(attribute)),
            None => (spec, default),
        };
        self.demand(module, attribute, paths, why);
    }

    fn listen(&mut self, host: Option<&str>, port: Option<&str>, why: impl Into<String>) {
        let known = |text: &str| is_known(text).then(|| text.to_string());
        self.listens.push(Listen {
            host: host.and_then(known),
            port: port.and_then(|port| port.trim().parse().ok()),
            sure: self.process.sure,
            why: why.into(),
        });
    }

    /// `host:port`, `:port`, `[::]:port`, `host`; sockets of files are left out.
    fn bind(&mut self, address: &str, port: &str, why: impl Into<String>) {
        let address = address.strip_prefix("tcp://").unwrap_or(address);
        if address.starts_with("unix:") || address.starts_with("fd:") || address.starts_with('/') {
            return;
        }
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port),
            _ => (address, port),
        };
        // what is known of a host is known although the port is not
        self.listen(Some(host), Some(port), why);
    }

    /// A file that the program is told to run; whether it is there.
    fn needs_file(&mut self, file: &str, words: &[String]) -> Option<Vec<u8>> {
        let path = self.walker.path_of(file, self.process)?;
        if self.walker.files().exists(&path) {
            return Some(path);
        }
        self.walker.obstacle(
            ObstacleKind::NoScript { path },
            words.to_vec(),
            self.process,
        );
        None
    }

    /// The facts of a source of the image.
    fn module(&self, path: &[u8]) -> Option<Module> {
        let target = constrict_python::source::Target {
            python: self.python,
        };
        Module::parse(&self.walker.files().read(path, 1 << 20)?, &target).ok()
    }

    /// The file of a module below one of some directories: what is found here is surely the application's own.
    fn find_module(&self, module: &str, paths: &[Vec<u8>]) -> Option<Vec<u8>> {
        let files = self.walker.files();
        let relative = module.replace('.', "/");
        paths.iter().find_map(|directory| {
            let at = |end: &str| join(directory, format!("{relative}{end}").as_bytes());
            [at(".py"), at("/__init__.py")]
                .into_iter()
                .find(|path| files.is_file(path))
        })
    }

    /// The text of a value, with the image's variables.
    fn value(&self, literal: &Literal) -> Option<String> {
        match literal {
            Literal::Str(text) => Some(text.clone()),
            Literal::Int(number) => Some(number.to_string()),
            Literal::Env { name, default } => match (self.process.environment.get(name), default) {
                (Some(value), _) => is_known(value).then(|| value.to_string()),
                (None, Some(default)) => self.value(default),
                (None, None) => None,
            },
            _ => None,
        }
    }

    /// The name of a file as a module, and the directory that makes it importable: up through packages.
    fn as_module(&self, path: &[u8]) -> (String, Vec<u8>) {
        let text = String::from_utf8_lossy(path).into_owned();
        let stem = text.strip_suffix(".py").unwrap_or(&text).to_string();
        let stem = stem
            .strip_suffix("/__init__")
            .map(str::to_string)
            .unwrap_or(stem);
        let mut names = vec![String::from_utf8_lossy(file_name(stem.as_bytes())).into_owned()];
        let mut directory = parent(stem.as_bytes()).to_vec();
        while !directory.is_empty()
            && self
                .walker
                .files()
                .is_file(&join(&directory, b"__init__.py"))
            && components(&directory).count() < 40
        {
            names.insert(
                0,
                String::from_utf8_lossy(file_name(&directory)).into_owned(),
            );
            directory = parent(&directory).to_vec();
        }
        (names.join("."), directory)
    }
}
