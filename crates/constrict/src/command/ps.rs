//! `constrict ps`: the containers of the store.

mod filter;

use std::process::ExitCode;
use std::sync::Arc;

use constrict_build::container::kept::{self, Kept, Moment};
use constrict_build::container::look_up;
use constrict_build::store::Store;
use serde_json::{Value, json};

use self::filter::Filter;
use crate::arguments::Ps;
use crate::failure::Failure;
use crate::render::{age, container, table, template};
use crate::session;

/// The columns of the table: member and title.
const COLUMNS: [(&str, &str); 7] = [
    ("ID", "CONTAINER ID"),
    ("Image", "IMAGE"),
    ("Command", "COMMAND"),
    ("RunningFor", "CREATED"),
    ("Status", "STATUS"),
    ("Ports", "PORTS"),
    ("Names", "NAMES"),
];
/// Titles of what only a template shows.
const MORE: [(&str, &str); 4] = [
    ("CreatedAt", "CREATED AT"),
    ("State", "STATE"),
    ("Labels", "LABELS"),
    ("HealthStatus", "HEALTH"),
];

/// Lists.
pub(crate) fn run(arguments: &Ps) -> Result<ExitCode, Failure> {
    let filter = Filter::parse(&arguments.filter)?;
    let store = session::own_store()?;
    let last = if arguments.latest {
        Some(1)
    } else {
        arguments.last
    };
    let all = arguments.all || last.is_some() || filter.asks_for_status();
    let ancestor = filter.ancestor(&store)?;
    let mut found = kept::all(&store)?;
    found.retain(|kept| {
        (all || kept.record.is_running())
            && filter.has(&kept.record)
            && ancestor.is_none_or(|image| kept.record.manifest == image)
    });
    found.truncate(last.unwrap_or(usize::MAX));
    session::print(&told(&store, &found, arguments)?);
    Ok(ExitCode::SUCCESS)
}

fn told(store: &Arc<Store>, found: &[Kept], arguments: &Ps) -> Result<String, Failure> {
    let is_cut = !arguments.no_trunc;
    if arguments.quiet {
        let ids = found.iter().map(|kept| shown_id(kept, is_cut));
        return Ok(ids.map(|id| format!("{id}\n")).collect());
    }
    let rows = found
        .iter()
        .map(|kept| row(store, kept, is_cut))
        .collect::<Result<Vec<_>, _>>()?;
    let table_of = |columns: &[String]| table_of(columns, &rows);
    match arguments.format.as_deref() {
        None | Some("table") => table_of(&COLUMNS.map(|(member, _)| format!("{{{{.{member}}}}}"))),
        Some("json") => Ok(rows.iter().map(|row| format!("{row}\n")).collect()),
        Some(text) => match text.strip_prefix("table ") {
            Some(columns) => {
                let columns = columns.replace("\\t", "\t");
                table_of(&columns.split('\t').map(String::from).collect::<Vec<_>>())
            }
            None => rows
                .iter()
                .map(|row| Ok(template::fill(text, row).map_err(Failure::usage)? + "\n"))
                .collect(),
        },
    }
}

/// A table of templates, each with the titles of its members above.
fn table_of(columns: &[String], rows: &[Value]) -> Result<String, Failure> {
    let titles: Value = COLUMNS
        .iter()
        .chain(&MORE)
        .map(|(member, title)| (member.to_string(), Value::from(*title)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let line = |row: &Value| {
        let cells = columns.iter().map(|column| template::fill(column, row));
        cells.collect::<Result<Vec<_>, _>>().map_err(Failure::usage)
    };
    let lines = std::iter::once(&titles).chain(rows).map(line);
    Ok(table::table(&lines.collect::<Result<Vec<_>, _>>()?))
}

fn shown_id(kept: &Kept, is_cut: bool) -> String {
    match is_cut {
        true => kept.record.id.short().into(),
        false => kept.record.id.to_string(),
    }
}

fn row(store: &Arc<Store>, kept: &Kept, is_cut: bool) -> Result<Value, Failure> {
    let record = &kept.record;
    let now = Moment::now();
    // a name that stands for another image by now would be a lie
    let image = match look_up(store, &record.image) {
        Ok(Some(found)) if *found.manifest() == record.manifest => record.image.clone(),
        _ => record.manifest.hex()[..12].to_string(),
    };
    let labels = record.labels.iter();
    let labels: Vec<String> = labels
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    Ok(json!({
        "ID": shown_id(kept, is_cut),
        "Image": image,
        "Command": container::command(record, is_cut),
        "CreatedAt": record.created.rfc3339(),
        "RunningFor": age::ago(record.created.seconds_until(now)),
        "Status": container::status(record, now),
        "State": container::state(record),
        "Ports": container::ports(record),
        "Names": record.name,
        "Labels": labels.join(","),
        "HealthStatus": record.health.as_ref().map_or(String::new(), |health| health.status.to_string()),
    }))
}
