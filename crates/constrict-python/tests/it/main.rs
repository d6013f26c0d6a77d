//! The crate from outside: facts of sources, one file per topic, and the host's own standard library.

mod calls;
mod host;
mod hostile;
mod imports;
mod names;
mod truth;
mod writes;

use constrict_python::source::{Body, Form, Import, Module, Need, Target};

/// The facts of a source for an interpreter 3.11.
fn facts(source: &str) -> Module {
    let target = Target { python: (3, 11) };
    Module::parse(source.as_bytes(), &target).unwrap_or_else(|error| panic!("{error}:\n{source}"))
}

/// One line for each import: `3 .a.b: x, y as z | guarded 0 | main: always | message`.
fn imports(source: &str) -> Vec<String> {
    facts(source).imports.iter().map(show).collect()
}

fn show(import: &Import) -> String {
    let form = match &import.form {
        Form::Module { asname: None } => String::new(),
        Form::Module {
            asname: Some(asname),
        } => format!(" as {asname}"),
        Form::Names(names) => {
            let names = names.iter().map(|name| match &name.asname {
                None => name.name.clone(),
                Some(asname) => format!("{} as {asname}", name.name),
            });
            format!(": {}", names.collect::<Vec<_>>().join(", "))
        }
        Form::Star => ": *".to_owned(),
        Form::Dynamic => " dynamic".to_owned(),
    };
    let dots = ".".repeat(import.level as usize);
    let mut shown = format!(
        "{} {dots}{}{form} | {}",
        import.line,
        import.module,
        need(import.need)
    );
    if let Some(Body {
        function,
        need: inner,
    }) = &import.body
    {
        shown += &format!(" | {function}: {}", need(*inner));
    }
    if let Some(message) = &import.message {
        shown += &format!(" | {message}");
    }
    shown
}

fn need(need: Need) -> String {
    match need {
        Need::Guarded { attempt } => format!("guarded {attempt}"),
        Need::Fallback { of } => format!("fallback {of}"),
        Need::Follow { of } => format!("follow {of}"),
        other => format!("{other:?}").to_lowercase(),
    }
}
