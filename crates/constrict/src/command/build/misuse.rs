//! Wrong use of `constrict build`, said before anything is done.

use constrict_build::export;
use constrict_build::source::git;
use constrict_dockerfile::Dockerfile;
use constrict_oci::Reference;
use constrict_sandbox::terminal;

use crate::arguments::Build;
use crate::command::output::{Kind, Output};
use crate::failure::Failure;

/// A path that cannot be a context, said before anything is opened.
pub(super) fn check_context(place: &str) -> Result<(), Failure> {
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
pub(super) fn check_target(
    arguments: &Build,
    dockerfile: &Dockerfile,
    name: &str,
) -> Result<(), Failure> {
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

/// A push that has no name, a shell without a terminal, a directory that cannot be written to.
pub(super) fn check_destinations(
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
    if arguments.debug_shell && !terminal::is_available() {
        return Err(Failure::usage_with_hint(
            "`--debug-shell` needs a terminal as standard input and output",
            "leave it out where nobody types",
        ));
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
