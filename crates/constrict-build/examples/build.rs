//! Builds one context and prints what happens: the least program around [`constrict_build::build`].
//!
//! `build STORE REGISTRY CONTEXT [ID=FILE]…`: Docker Hub's images are taken from REGISTRY, the rest are secrets. RUN has no
//! network. Says `start`, `cached`, `done` and `failed` of each step, the output of RUN, at last the image's digest; and why a
//! step is done, unless `EXPLAIN=no` lets plans be known by their inputs.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use constrict_build::frontend::dockerfile::{MainContext, NoCache, Options};
use constrict_build::graph::DirectorySource;
use constrict_build::layers::Layers;
use constrict_build::solver::{DEFAULT_EPOCH, Secret, Settings};
use constrict_build::source::image::Images;
use constrict_build::store::Store;
use constrict_build::{Observer, build};
use constrict_dockerfile::Span;
use constrict_dockerfile::instruction::Network;
use constrict_oci::layer::Compression;
use constrict_oci::registry::{self, HostConfig, Mirror};
use constrict_oci::{Digest, Platform};

/// Prints a line for each event.
struct Lines;

impl Observer for Lines {
    fn started(&self, _: usize, name: &str) {
        println!("start {name}");
    }
    fn cached(&self, _: usize, name: &str) {
        println!("cached {name}");
    }
    fn finished(&self, _: usize, name: &str, _: Duration) {
        println!("done {name}");
    }
    fn failed(&self, _: usize, name: &str) {
        println!("failed {name}");
    }
    fn cancelled(&self, _: usize, name: &str) {
        println!("cancelled {name}");
    }
    fn phase(&self, _: &str) {}
    fn output(&self, _: usize, line: &[u8]) {
        println!("> {}", String::from_utf8_lossy(line).trim_end());
    }
    fn explain(&self, _: usize, name: &str, reasons: &[String]) {
        println!("why {name}: {}", reasons.join("; "));
    }
    fn notice(&self, message: &str, _: Option<Span>) {
        println!("notice {message}");
    }
    fn download(&self, _: &str, _: u64) -> Box<dyn registry::Progress> {
        Box::new(())
    }
}

fn main() -> ExitCode {
    constrict_sandbox::init_if_asked();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(digest) => {
            println!("image {digest}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let mut next: Option<&dyn std::error::Error> = Some(&*error);
            while let Some(error) = next {
                println!("error {error}");
                next = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<Digest, Box<dyn std::error::Error>> {
    let [store, registry, context, secrets @ ..] = arguments else {
        return Err("usage: build STORE REGISTRY CONTEXT [ID=FILE]…".into());
    };
    let mode = constrict_sandbox::enter()?.mode;
    let docker = HostConfig {
        mirrors: vec![Mirror::parse(registry)?],
        ..HostConfig::default()
    };
    let layers = Layers {
        store: Arc::new(Store::open(Path::new(store), "example")?),
        registry: registry::Client::new(registry::Options {
            hosts: BTreeMap::from([("docker.io".into(), docker)]),
            ..registry::Options::default()
        })?,
        mode,
        observer: Arc::new(Lines),
    };
    let images = Images {
        layers: Arc::new(layers),
        pull: false,
        debian: None,
    };
    let context = Path::new(context);
    let dockerfile = constrict_dockerfile::parse(&std::fs::read(context.join("Dockerfile"))?)?;
    let secrets = secrets.iter().filter_map(|secret| secret.split_once('='));
    let settings = Settings {
        epoch: DEFAULT_EPOCH,
        clamp: false,
        explain: std::env::var_os("EXPLAIN").is_none_or(|explain| explain != "no"),
        dry: false,
        scope: "example".into(),
        secrets: secrets
            .map(|(id, file)| (id.to_string(), Secret::File(file.into())))
            .collect(),
        agents: BTreeMap::new(),
        authorities: None,
        hosts: Vec::new(),
        ca: None,
        debug_shell: None,
    };
    let image = build(
        &images,
        &dockerfile,
        &options(context),
        settings,
        Compression::GZIP,
    )?;
    Ok(image.image.descriptor.digest)
}

fn options(context: &Path) -> Options {
    let ignore = std::fs::read(context.join(".dockerignore")).ok();
    Options {
        target: None,
        build_args: BTreeMap::new(),
        labels: BTreeMap::new(),
        platform: Platform::host(),
        build_platform: Platform::host(),
        contexts: BTreeMap::new(),
        context: MainContext::Directory(DirectorySource {
            name: "the build context".into(),
            path: context.into(),
            ignore: ignore.map(|text| (".dockerignore".into(), text)),
        }),
        no_cache: NoCache::No,
        proxies: Vec::new(),
        network: Network::None,
        allow_insecure: false,
    }
}
