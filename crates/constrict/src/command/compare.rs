//! `constrict compare`: images side by side, and the limits that they are held to.

use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use constrict_build::settings::Settings;
use constrict_build::source::image::Images;
use constrict_inspect::Facts;
use constrict_inspect::compare::{self, Baseline, Comparison, Limit, Profile};
use constrict_inspect::surface::Value;
use constrict_inspect::vulnerabilities::NO_SOURCE;

use super::build::{self, Bench};
use crate::arguments::{Arguments, Build, Command, Compare, CompareFormat};
use crate::failure::Failure;
use crate::inspection::Seen;
use crate::render::comparison;
use crate::vulnerabilities::Access;
use crate::{progress, session};

/// Prints the comparison; the exit status is 1 if a limit is passed.
pub(crate) fn run(arguments: &Compare) -> Result<ExitCode, Failure> {
    let limits: Vec<Limit> = arguments
        .limits
        .iter()
        .map(|text| limit(text))
        .collect::<Result<_, _>>()?;
    let baseline = arguments.baseline.as_deref().map(baseline).transpose()?;
    let show = shown(&arguments.show)?;
    let builds = builds(arguments)?;
    if arguments.images.is_empty() && builds.is_empty() {
        return Err(Failure::usage_with_hint(
            "nothing to compare",
            "constrict compare IMAGE IMAGE, or --file Dockerfile.single --file Dockerfile",
        ));
    }
    let settings = Settings::load(Some(Path::new(".")), &session::variable)?;
    let seen = look(arguments, &settings, &builds)?;
    progress::close();
    let mut profiles: Vec<Profile> = Vec::new();
    for seen in &seen {
        let mut profile = seen.profile()?;
        let known = vulnerabilities(arguments, &settings, seen)?;
        profile.values.insert("vulnerabilities".to_string(), known);
        profiles.push(profile);
    }
    let comparison = compare::compare(profiles);
    let text = match arguments.format {
        CompareFormat::Table => comparison::table(&comparison, arguments.differences, &show),
        CompareFormat::Markdown => comparison::markdown(&comparison, arguments.differences, &show),
        CompareFormat::Json => comparison::json(&comparison),
        CompareFormat::Html => page(&comparison, &seen)?,
    };
    match &arguments.output {
        Some(path) => build::write(path, text.as_bytes())?,
        None => session::print(&text),
    }
    let mut breaches: Vec<String> = limits
        .iter()
        .filter_map(|limit| limit.breach(&comparison))
        .map(|breach| format!("limit {breach}"))
        .collect();
    if let Some(baseline) = &baseline {
        let worse = compare::worse(baseline, &comparison, arguments.tolerance);
        breaches.extend(
            worse
                .into_iter()
                .map(|line| format!("worse than the baseline: {line}")),
        );
    }
    match breaches.is_empty() {
        true => Ok(ExitCode::SUCCESS),
        false => Err(Failure::Limits(breaches)),
    }
}

/// Finds and builds what is to be compared.
fn look(
    arguments: &Compare,
    settings: &Settings,
    builds: &[(String, Build)],
) -> Result<Vec<Seen>, Failure> {
    let platform = session::platform(arguments.platform.as_deref())?;
    let mode = session::enter()?;
    let store = session::store(mode)?;
    // a display has a thread, and none may exist before the namespaces are entered
    let quiet = arguments.quiet || builds.is_empty();
    let show = progress::observer(arguments.progress, quiet);
    let bench = Bench {
        mode,
        told: show.clone(),
        store,
        show,
    };
    let ca = arguments.ca.as_deref().or(settings.ca.as_deref());
    let told = bench.told.clone();
    let images = Images {
        layers: session::layers(bench.store.clone(), mode, settings, ca, told)?,
        pull: false,
        debian: None,
    };
    let mut seen = Vec::new();
    for name in &arguments.images {
        seen.push(Seen::find(&images, name, &platform)?);
    }
    for (name, build) in builds {
        seen.push(build::seen(&bench, build, name.clone())?);
    }
    Ok(seen)
}

/// What is known of the packages of an image; sources are asked each time, for they change and the image does not.
fn vulnerabilities(
    arguments: &Compare,
    settings: &Settings,
    seen: &Seen,
) -> Result<Value, Failure> {
    let sources = match arguments.sources.is_empty() {
        true => &settings.vulnerabilities.sources,
        false => &arguments.sources,
    };
    if sources.is_empty() {
        return Ok(Value::missing(format!("not checked: {NO_SOURCE}")));
    }
    let image = (seen.image)()?;
    let access = Access {
        layers: &seen.layers,
        settings,
        ca: arguments.ca.as_deref().or(settings.ca.as_deref()),
        offline: false,
    };
    let found = crate::vulnerabilities::look(sources, &Facts::new(&image), &access);
    Ok(compare::vulnerabilities(&found))
}

/// The builds that are asked for, with what to call them.
fn builds(arguments: &Compare) -> Result<Vec<(String, Build)>, Failure> {
    let none = [String::new()];
    let files: &[String] = match (arguments.files.as_slice(), arguments.targets.as_slice()) {
        ([], []) => return Ok(Vec::new()),
        ([], _) => &none,
        (files, _) => files,
    };
    let targets: &[String] = match arguments.targets.as_slice() {
        [] => &none,
        targets => targets,
    };
    let mut builds = Vec::new();
    for file in files {
        for target in targets {
            let name: Vec<&str> = [file.as_str(), target.as_str()]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect();
            builds.push((name.join(":"), command_line(arguments, file, target)?));
        }
    }
    Ok(builds)
}

/// `constrict build` with these words: what is not said has the same default there.
fn command_line(arguments: &Compare, file: &str, target: &str) -> Result<Build, Failure> {
    let mut words = vec![
        "constrict".to_string(),
        "build".into(),
        "--check=warn".into(),
    ];
    let flags = [("--file", file), ("--target", target)];
    for (flag, value) in flags.into_iter().filter(|(_, value)| !value.is_empty()) {
        words.extend([flag.to_string(), value.to_string()]);
    }
    for argument in &arguments.build_args {
        words.extend(["--build-arg".to_string(), argument.clone()]);
    }
    if let Some(platform) = &arguments.platform {
        words.extend(["--platform".to_string(), platform.clone()]);
    }
    if let Some(ca) = &arguments.ca {
        words.extend(["--ca".to_string(), ca.to_string_lossy().into_owned()]);
    }
    words.extend(["--".to_string(), arguments.context.clone()]);
    let matches = Arguments::command().try_get_matches_from(words);
    let parsed = matches.and_then(|matches| Arguments::from_arg_matches(&matches));
    match parsed.map(|parsed| parsed.command) {
        Ok(Command::Build(build)) => Ok(*build),
        Ok(_) => unreachable!("the first word is `build`"),
        Err(error) => Err(Failure::usage(error.to_string())),
    }
}

fn limit(text: &str) -> Result<Limit, Failure> {
    Limit::parse(text).map_err(|error| {
        Failure::usage_with_hint(
            format!("`--fail-if {text}`: {error}"),
            format!("ROW, a sign and a number, `shells>0`; rows: {}", rows()),
        )
    })
}

fn baseline(path: &Path) -> Result<Baseline, Failure> {
    let hint = format!(
        "constrict compare IMAGE --format json -o {}",
        path.display()
    );
    let bytes = std::fs::read(path).map_err(|error| {
        let why = crate::progress::without_numbers(&error.to_string());
        let message = format!("cannot read the baseline `{}`: {why}", path.display());
        Failure::usage_with_hint(message, hint.clone())
    })?;
    Baseline::parse(&bytes).map_err(|why| {
        let message = format!("`{}` is no comparison: {why}", path.display());
        Failure::usage_with_hint(message, hint)
    })
}

/// The rows whose items are listed.
fn shown(names: &[String]) -> Result<Vec<String>, Failure> {
    if names.iter().any(|name| name == "all") {
        return Ok(compare::ROWS
            .iter()
            .map(|row| row.name.to_string())
            .collect());
    }
    match names.iter().find(|name| compare::find(name).is_none()) {
        None => Ok(names.to_vec()),
        Some(unknown) => Err(Failure::usage_with_hint(
            format!("no row `{unknown}`"),
            format!("rows: {}", rows()),
        )),
    }
}

fn rows() -> String {
    let names: Vec<&str> = compare::ROWS.iter().map(|row| row.name).collect();
    names.join(", ")
}

fn page(comparison: &Comparison, seen: &[Seen]) -> Result<String, Failure> {
    let mut trees = Vec::new();
    for seen in seen {
        trees.push(compare::tree(&(seen.image)()?).0);
    }
    let json = serde_json::to_string(comparison).expect("plain data");
    let trees = serde_json::to_string(&trees).expect("plain data");
    Ok(constrict_inspect::page::page(&json, &trees))
}
