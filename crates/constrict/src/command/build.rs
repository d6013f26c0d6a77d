//! `constrict build`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use constrict_build::export;
use constrict_build::export::image::Image;
use constrict_build::frontend::dockerfile::{MainContext, NamedContext, NoCache, Options};
use constrict_build::settings::{Bases, Settings};
use constrict_build::solver::{self, Agent, Authorities, DEFAULT_EPOCH, Secret};
use constrict_build::source::debian::Debian;
use constrict_build::source::image::Images;
use constrict_build::source::{context, git};
use constrict_dockerfile::Dockerfile;
use constrict_dockerfile::instruction::Network;
use constrict_oci::layer::Compression;
use constrict_oci::{Platform, Reference};
use constrict_sandbox::Mode;

use super::output::{Kind, Output};
use super::verdict::{self, Source};
use crate::arguments::{BasesMode, Build, CheckMode, NetworkMode};
use crate::failure::Failure;
use crate::{progress, session};

/// Builds, exports, prints the digest.
pub(crate) fn run(arguments: Build) -> Result<ExitCode, Failure> {
    let outputs: Vec<Output> = arguments
        .output
        .iter()
        .map(|text| Output::parse(text))
        .collect::<Result<_, _>>()?;
    let tags: Vec<Reference> = arguments
        .tag
        .iter()
        .map(|tag| parse_tag(tag))
        .collect::<Result<_, _>>()?;
    check_destinations(&arguments, &outputs, &tags)?;
    let mode = session::enter()?;
    let store = session::store(mode)?;
    let ca = arguments.ca.clone();
    check_context(&arguments.context)?;
    let context = context::open(
        &arguments.context,
        arguments.file.as_deref(),
        &mut std::io::stdin(),
        &store,
        ca.as_deref(),
    )?;
    let settings = Settings::load(context.project.as_deref(), &session::variable)?;
    let ca = ca.or(settings.ca.clone());
    let observer = progress::observer(arguments.progress, arguments.quiet);
    let layers = session::layers(store, mode, &settings, ca.as_deref(), observer.clone())?;
    let debian = match wants_debian(arguments.bases, settings.bases) {
        true => Some(Debian::new(
            &settings.debian,
            ca.as_deref(),
            arguments.pull,
        )?),
        false => None,
    };
    let images = Images {
        layers,
        pull: arguments.pull,
        debian,
    };
    let attach = |error: constrict_build::Error| Failure::Build {
        error: Box::new(error),
        dockerfile: Some((context.dockerfile_name.clone(), context.dockerfile.clone())),
    };
    let dockerfile =
        constrict_dockerfile::parse(&context.dockerfile).map_err(|error| attach(error.into()))?;
    check_target(&arguments, &dockerfile, &context.dockerfile_name)?;
    let options = options(&arguments, context.main.clone())?;
    let brought = brought(&arguments, &context.dockerfile_name, ca)?;
    let compression = outputs
        .first()
        .map_or(Compression::GZIP, |output| output.compression);
    let built = constrict_build::build(&images, &dockerfile, &options, brought, compression)
        .map_err(attach)?;
    if arguments.check != CheckMode::Off {
        let text = String::from_utf8_lossy(&context.dockerfile);
        let allowed = super::check::allowed(&[], &settings, &text)?;
        let source = Source {
            name: &context.dockerfile_name,
            text: &context.dockerfile,
            dockerfile: &dockerfile,
        };
        let report = verdict::report(&images, &built, &source, &allowed)?;
        verdict::pass(&report, arguments.check, &*observer)?;
    }
    let image = built.image;
    export(&images, &image, &arguments, &outputs, &tags, mode)?;
    observer.summary(&image, &tags);
    if let Some(path) = &arguments.iidfile {
        write(path, image.descriptor.digest.to_string().as_bytes())?;
    }
    if let Some(path) = &arguments.metadata_file {
        write(path, &metadata(&image, &tags))?;
    }
    if arguments.quiet {
        println!("{}", image.descriptor.digest);
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn parse_tag(tag: &str) -> Result<Reference, Failure> {
    let reference = Reference::parse(tag)
        .map_err(|error| Failure::usage(format!("invalid tag `{tag}`: {error}")))?;
    if reference.digest().is_some() {
        return Err(Failure::usage(format!(
            "invalid tag `{tag}`: a tag has no digest"
        )));
    }
    Ok(reference.or_latest())
}

/// Whether bases come from Debian's packages: what the command line says counts before the settings.
fn wants_debian(asked: Option<BasesMode>, set: Option<Bases>) -> bool {
    match asked {
        Some(mode) => mode == BasesMode::Debian,
        None => set == Some(Bases::Debian),
    }
}

/// A path that cannot be a context, said before anything is opened.
fn check_context(place: &str) -> Result<(), Failure> {
    if place == "-" || place.contains("://") || git::parse(place).is_some() {
        return Ok(());
    }
    match std::fs::metadata(place) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(Failure::usage_with_hint(
            format!("the build context `{place}` is no directory"),
            format!(
                "constrict build -f {place} . if it is the Dockerfile, constrict build - < {place} if it is a tar"
            ),
        )),
        Err(_) => Err(Failure::usage(format!("no build context at `{place}`"))),
    }
}

/// A target that the Dockerfile does not have.
fn check_target(arguments: &Build, dockerfile: &Dockerfile, name: &str) -> Result<(), Failure> {
    let Some(target) = arguments
        .target
        .as_deref()
        .filter(|target| !target.is_empty())
    else {
        return Ok(());
    };
    let number = target.parse::<usize>().ok();
    let names = || {
        dockerfile
            .stages
            .iter()
            .filter_map(|stage| stage.name.as_deref())
    };
    if number.is_some_and(|number| number < dockerfile.stages.len())
        || names().any(|name| name.eq_ignore_ascii_case(target))
    {
        return Ok(());
    }
    let message = format!("no stage `{target}` in {name}");
    let known: Vec<String> = names().map(|name| format!("`{name}`")).collect();
    Err(match known.is_empty() {
        true => Failure::usage_with_hint(message, "FROM IMAGE AS NAME names a stage"),
        false => Failure::usage_with_hint(message, format!("there is {}", known.join(", "))),
    })
}

fn check_destinations(
    arguments: &Build,
    outputs: &[Output],
    tags: &[Reference],
) -> Result<(), Failure> {
    let pushes = arguments.push
        || outputs
            .iter()
            .any(|output| output.kind == Kind::Registry || output.push);
    if pushes && tags.is_empty() && outputs.iter().all(|output| output.name.is_none()) {
        return Err(Failure::Usage {
            message: "a push needs a name".into(),
            hint: Some("constrict build --push -t REGISTRY/NAME:TAG .".into()),
        });
    }
    for output in outputs {
        if output.kind == Kind::Local {
            export::directory::check_target(
                output.dest.as_deref().expect("local has a destination"),
            )?;
        }
    }
    Ok(())
}

fn options(arguments: &Build, context: MainContext) -> Result<Options, Failure> {
    let build_platform = Platform::host();
    let platform = match arguments
        .platform
        .as_deref()
        .or(session::variable("DOCKER_DEFAULT_PLATFORM").as_deref())
    {
        Some(text) => Platform::parse(text).map_err(|error| Failure::usage(error.to_string()))?,
        None => build_platform.clone(),
    };
    let mut contexts = BTreeMap::new();
    for text in &arguments.build_context {
        let (name, value) = pair(text, "--build-context")?;
        contexts.insert(name.to_lowercase(), named_context(&name, &value)?);
    }
    Ok(Options {
        target: arguments.target.clone(),
        build_args: build_args(&arguments.build_arg),
        labels: arguments.label.iter().map(|text| label(text)).collect(),
        platform,
        build_platform,
        contexts,
        context,
        no_cache: match (arguments.no_cache, arguments.no_cache_filter.as_slice()) {
            (true, _) => NoCache::All,
            (false, []) => NoCache::No,
            (false, names) => {
                NoCache::Stages(names.iter().map(|name| name.to_lowercase()).collect())
            }
        },
        proxies: session::proxies(),
        network: match arguments.network {
            NetworkMode::Default => Network::Default,
            NetworkMode::None => Network::None,
            NetworkMode::Host => Network::Host,
        },
        allow_insecure: arguments
            .allow
            .iter()
            .any(|allowed| allowed == "security.insecure"),
    })
}

fn pair(text: &str, flag: &str) -> Result<(String, String), Failure> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.into())),
        _ => Err(Failure::usage(format!("`{flag} {text}` is no NAME=VALUE"))),
    }
}

fn label(text: &str) -> (String, String) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    (name.into(), value.into())
}

/// `NAME=VALUE`, or `NAME` with the value of our own environment, if it has one.
fn build_args(arguments: &[String]) -> BTreeMap<String, String> {
    let value = |text: &String| match text.split_once('=') {
        Some((name, value)) => Some((name.to_string(), value.to_string())),
        None => session::variable(text).map(|value| (text.clone(), value)),
    };
    arguments.iter().filter_map(value).collect()
}

fn named_context(name: &str, value: &str) -> Result<NamedContext, Failure> {
    if let Some(image) = value.strip_prefix("docker-image://") {
        return Ok(NamedContext::Image(image.into()));
    }
    let forms = ["oci-layout://", "oci-archive:", "docker-archive:"];
    if forms.iter().any(|form| value.starts_with(form)) {
        return Ok(NamedContext::Image(value.into()));
    }
    Ok(match git::parse(value) {
        Some(repository) => NamedContext::Git(repository),
        None => NamedContext::Directory(context::named(name, Path::new(value))?),
    })
}

/// What the build brings along besides its graph.
fn brought(
    arguments: &Build,
    dockerfile: &str,
    ca: Option<PathBuf>,
) -> Result<solver::Settings, Failure> {
    let given = session::variable("SOURCE_DATE_EPOCH")
        .or_else(|| build_args(&arguments.build_arg).remove("SOURCE_DATE_EPOCH"))
        .filter(|text| !text.is_empty());
    let epoch = match &given {
        Some(text) => text.parse().map_err(|_| {
            Failure::usage(format!(
                "SOURCE_DATE_EPOCH is `{text}`, which is no number of seconds"
            ))
        })?,
        None => DEFAULT_EPOCH,
    };
    let authorities = match session::bundle(ca.as_deref()) {
        Some(path) => Some(Authorities {
            bundle: std::fs::read(&path).map_err(|source| constrict_build::Error::Io {
                act: "read",
                path: path.clone(),
                source,
            })?,
        }),
        None => None,
    };
    let mut secrets = BTreeMap::new();
    for text in &arguments.secret {
        let (id, secret) = parse_secret(text)?;
        secrets.insert(id, secret);
    }
    let mut agents = BTreeMap::new();
    for text in &arguments.ssh {
        let (id, socket) = text
            .split_once('=')
            .map_or((text.as_str(), None), |(id, path)| {
                (id, Some(path.to_string()))
            });
        let Some(socket) = socket.or_else(|| session::variable("SSH_AUTH_SOCK")) else {
            return Err(Failure::usage(format!(
                "`--ssh {text}`: SSH_AUTH_SOCK is not set"
            )));
        };
        agents.insert(id.to_string(), Agent(socket.into()));
    }
    let mut hosts = Vec::new();
    for text in &arguments.add_host {
        let Some((name, address)) = text.split_once(['=', ':']) else {
            return Err(Failure::usage(format!(
                "`--add-host {text}` is no HOST:ADDRESS"
            )));
        };
        hosts.push((name.to_string(), address.to_string()));
    }
    let here = std::env::current_dir().unwrap_or_default();
    Ok(solver::Settings {
        epoch,
        clamp: given.is_some(),
        explain: arguments.explain,
        scope: format!("{} {}", here.join(&arguments.context).display(), dockerfile),
        secrets,
        agents,
        authorities,
        hosts,
        ca,
    })
}

/// `id=NAME,src=FILE`, `id=NAME,env=VARIABLE`, `id=NAME`: a variable of that name, else a file.
fn parse_secret(text: &str) -> Result<(String, Secret), Failure> {
    let (mut id, mut file, mut variable) = (None, None, None);
    for field in text.split(',') {
        match field.split_once('=') {
            Some(("id", value)) => id = Some(value.to_string()),
            Some(("src" | "source", value)) => file = Some(value.to_string()),
            Some(("env", value)) => variable = Some(value.to_string()),
            Some(("type", "file" | "env")) => {}
            _ => {
                return Err(Failure::usage(format!(
                    "`{field}` in `--secret {text}` is not understood"
                )));
            }
        }
    }
    let Some(id) = id.or_else(|| file.clone()) else {
        return Err(Failure::usage(format!("`--secret {text}` has no id")));
    };
    let secret = match (file, variable) {
        (_, Some(variable)) => Secret::Variable(variable),
        (Some(file), None) => Secret::File(file.into()),
        (None, None) if session::variable(&id).is_some() => Secret::Variable(id.clone()),
        (None, None) => Secret::File(PathBuf::from(&id)),
    };
    if let Secret::File(path) = &secret
        && !path.is_file()
    {
        return Err(Failure::usage(format!(
            "secret `{id}`: no file `{}`",
            path.display()
        )));
    }
    Ok((id, secret))
}

fn export(
    images: &Images,
    image: &Image,
    arguments: &Build,
    outputs: &[Output],
    tags: &[Reference],
    mode: Mode,
) -> Result<(), Failure> {
    let layers = &images.layers;
    layers.store.add_image(&image.descriptor.digest)?;
    for tag in tags {
        layers.store.set_tag(tag, &image.descriptor.digest)?;
    }
    let diff_ids = &image.config.rootfs.diff_ids;
    for output in outputs {
        let names: Vec<Reference> = match &output.name {
            Some(names) => names.split(',').map(parse_tag).collect::<Result<_, _>>()?,
            None => tags.to_vec(),
        };
        match output.kind {
            Kind::Oci => export::archive::write_oci(layers, image, &names, &mut sink(output)?)?,
            Kind::Docker => {
                export::archive::write_docker(layers, image, &names, &mut sink(output)?)?
            }
            Kind::Tar => export::directory::write_tar(layers, diff_ids, sink(output)?)?,
            Kind::Local => {
                let target = output.dest.as_deref().expect("local has a destination");
                export::directory::write_directory(layers, diff_ids, target, mode)?;
            }
            Kind::Registry => push(images, image, &names)?,
            Kind::Image if output.push => push(images, image, &names)?,
            Kind::Image => {}
        }
    }
    if arguments.push && !outputs.iter().any(|output| output.kind == Kind::Registry) {
        push(images, image, tags)?;
    }
    Ok(())
}

fn push(images: &Images, image: &Image, names: &[Reference]) -> Result<(), Failure> {
    for name in names {
        export::registry::push(&images.layers, image, name)?;
    }
    Ok(())
}

/// The file that an output is written to, or standard output.
fn sink(output: &Output) -> Result<Box<dyn std::io::Write>, Failure> {
    match output.dest.as_deref() {
        Some(path) if path != Path::new("-") => {
            let file =
                std::fs::File::create(path).map_err(|source| constrict_build::Error::Io {
                    act: "create",
                    path: path.into(),
                    source,
                })?;
            Ok(Box::new(std::io::BufWriter::with_capacity(1 << 18, file)))
        }
        _ if rustix::termios::isatty(std::io::stdout()) => Err(Failure::usage(
            "an archive is not written to a terminal: `dest=PATH` says where to",
        )),
        _ => Ok(Box::new(std::io::stdout().lock())),
    }
}

fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    Ok(
        std::fs::write(path, content).map_err(|source| constrict_build::Error::Io {
            act: "write",
            path: path.into(),
            source,
        })?,
    )
}

/// What `docker buildx build --metadata-file` writes, as far as it applies.
fn metadata(image: &Image, tags: &[Reference]) -> Vec<u8> {
    let names: Vec<String> = tags.iter().map(ToString::to_string).collect();
    let facts = serde_json::json!({
        "containerimage.digest": image.descriptor.digest,
        "containerimage.config.digest": image.manifest.config.digest,
        "containerimage.descriptor": image.descriptor,
        "image.name": names.join(","),
    });
    let mut json = serde_json::to_vec_pretty(&facts).expect("plain data");
    json.push(b'\n');
    json
}
