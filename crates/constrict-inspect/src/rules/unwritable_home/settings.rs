//! Files that settings name: the handlers of `logging.config.dictConfig`, Django's LOGGING and DATABASES.

use constrict_python::source::{Act, FilePath, Literal, Need};

use super::Reach;
use crate::facts::imports::{Closure, OwnModule};
use crate::facts::start::Program;
use crate::facts::written::{Places, Written};

/// What the settings in a module make its program write.
pub(super) fn written(
    places: &Places<'_>,
    module: &OwnModule,
    run: &Closure,
    program: &Program,
) -> Vec<Written> {
    let mut found = Vec::new();
    for call in module
        .source
        .calls
        .iter()
        .filter(|call| call.callee == "logging.config.dictConfig")
    {
        let Some(need) = module.reach(call.need, call.body.as_ref()) else {
            continue;
        };
        let files = call
            .argument("config", 0)
            .map(log_files)
            .unwrap_or_default();
        found.extend(
            files
                .iter()
                .filter_map(|path| places.written(module, path, Act::File, need, call.line)),
        );
    }
    let values = &module.source.values;
    if !run.modules.contains_key("django") || !values.contains_key("INSTALLED_APPS") {
        return found;
    }
    let Some(need) = module.reach(Need::Always, None) else {
        return found;
    };
    let files = values.get("LOGGING").map(log_files).unwrap_or_default();
    found.extend(
        files
            .iter()
            .filter_map(|path| places.written(module, path, Act::File, need, 0)),
    );
    let opened = ["migrate", "runserver"];
    let need = match program
        .argv
        .iter()
        .any(|word| opened.contains(&word.as_str()))
    {
        true => need,
        false => need.max(Reach::Maybe),
    };
    let database = values
        .get("DATABASES")
        .and_then(|all| sqlite(member(all, "default")?));
    found.extend(database.and_then(|path| places.written(module, &path, Act::Database, need, 0)));
    found
}

/// The file of Django's default database, if it is SQLite's.
fn sqlite(database: &Literal) -> Option<FilePath> {
    let engine = member(database, "ENGINE")?.as_str()?;
    let name = FilePath::of_literal(member(database, "NAME")?)?;
    (engine.ends_with("sqlite3") && !name.rest.starts_with(':')).then_some(name)
}

/// The files that the handlers of a logging configuration open at once.
fn log_files(configuration: &Literal) -> Vec<FilePath> {
    let Some(Literal::Dict(handlers)) = member(configuration, "handlers") else {
        return Vec::new();
    };
    let file = |handler: &Literal| {
        let delayed = member(handler, "delay").is_some();
        let class = member(handler, "class").and_then(Literal::as_str)?;
        let name = FilePath::of_literal(member(handler, "filename")?)?;
        (class.ends_with("FileHandler") && !delayed).then_some(name)
    };
    handlers
        .iter()
        .filter_map(|(_, handler)| file(handler))
        .collect()
}

fn member<'l>(dict: &'l Literal, key: &str) -> Option<&'l Literal> {
    let Literal::Dict(pairs) = dict else {
        return None;
    };
    let found = pairs.iter().rfind(|(name, _)| name.as_str() == Some(key));
    found.map(|(_, value)| value)
}
