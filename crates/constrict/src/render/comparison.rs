//! Comparisons for a terminal, for a comment of a pull request, and for programs.

use constrict_inspect::compare::{Aim, Comparison, Group, Row, Unit};
use constrict_inspect::surface::{Item, Value};

/// The groups, with their headings.
const GROUPS: [(Group, &str); 4] = [
    (Group::Size, "Size"),
    (Group::Contents, "Contents"),
    (Group::Surface, "Attack surface"),
    (Group::Trust, "Trust"),
];
/// Longer texts are cut in tables; the whole text follows below.
const WIDTH: usize = 28;
/// How many items a Markdown comment lists for a row.
const LISTED: usize = 50;

/// A table for people. `differences` leaves out rows that are the same; the items of rows in `show` follow.
pub(crate) fn table(comparison: &Comparison, differences: bool, show: &[String]) -> String {
    let names = names(comparison);
    let mut lines: Vec<Vec<String>> = vec![heading(comparison, &names)];
    for (group, title) in GROUPS {
        let rows = rows(comparison, group, differences);
        if rows.is_empty() {
            continue;
        }
        lines.push(vec![String::new()]);
        lines.push(vec![title.to_string()]);
        for row in rows {
            let mark = if row.differs { "*" } else { " " };
            let mut line = vec![format!("{mark} {}", row.title)];
            line.extend(row.values.iter().map(|value| cut(&value.text)));
            line.extend(change(row));
            lines.push(line);
        }
    }
    let mut text = aligned(&lines);
    if comparison.rows.iter().any(|row| row.differs) {
        text.push_str("\n* differs\n");
    }
    for note in notes(comparison) {
        text.push_str(&format!("\n{note}\n"));
    }
    for row in comparison
        .rows
        .iter()
        .filter(|row| show.contains(&row.name))
    {
        text.push_str(&format!(
            "\n{}: {}\n  why: {}\n",
            row.name, row.title, row.why
        ));
        text.push_str(&format!("  source: {}\n", row.source));
        for (name, value) in names.iter().zip(&row.values) {
            text.push_str(&format!("  {name}: {}\n", value.text));
            for item in &value.items {
                text.push_str(&format!("    {}\n", shown(item)));
            }
        }
    }
    text
}

/// Markdown as GitHub and GitLab render it.
pub(crate) fn markdown(comparison: &Comparison, differences: bool, show: &[String]) -> String {
    let names = names(comparison);
    let heading: Vec<String> = heading(comparison, &names)
        .iter()
        .map(|cell| escaped(cell))
        .collect();
    let mut text = format!("| {} |\n|---|", heading.join(" | "));
    text.push_str(&"---:|".repeat(heading.len() - 1));
    text.push('\n');
    for (group, title) in GROUPS {
        let rows = rows(comparison, group, differences);
        if rows.is_empty() {
            continue;
        }
        text.push_str(&format!(
            "| **{title}** |{}\n",
            " |".repeat(heading.len() - 1)
        ));
        for row in rows {
            let cells = row.values.iter().map(|value| escaped(&value.text));
            let cells: Vec<String> = cells.chain(change(row)).collect();
            let title = match row.differs {
                true => format!("**{}**", row.title),
                false => row.title.clone(),
            };
            text.push_str(&format!("| {title} | {} |\n", cells.join(" | ")));
        }
    }
    for note in notes(comparison) {
        text.push_str(&format!("\n{}\n", escaped(&note)));
    }
    for row in comparison
        .rows
        .iter()
        .filter(|row| show.contains(&row.name))
    {
        text.push_str(&format!(
            "\n<details><summary>{}: {}</summary>\n\n",
            row.title, row.why
        ));
        text.push_str(&format!("Source: {}\n\n", row.source));
        for (name, value) in names.iter().zip(&row.values) {
            text.push_str(&format!("- {}: {}\n", escaped(name), escaped(&value.text)));
            for item in value.items.iter().take(LISTED) {
                text.push_str(&format!("  - {}\n", escaped(&shown(item))));
            }
            if value.items.len() > LISTED {
                text.push_str(&format!("  - and {} more\n", value.items.len() - LISTED));
            }
        }
        text.push_str("\n</details>\n");
    }
    text
}

/// One JSON document.
pub(crate) fn json(comparison: &Comparison) -> String {
    let text = serde_json::to_string_pretty(comparison).expect("plain data");
    format!("{text}\n")
}

fn names(comparison: &Comparison) -> Vec<&str> {
    let images = comparison.images.iter();
    images.map(|image| image.name.as_str()).collect()
}

fn heading(comparison: &Comparison, names: &[&str]) -> Vec<String> {
    let mut heading = vec![String::new()];
    heading.extend(names.iter().map(|name| (*name).to_string()));
    if comparison.images.len() == 2 {
        heading.push("change".to_string());
    }
    heading
}

fn rows(comparison: &Comparison, group: Group, differences: bool) -> Vec<&Row> {
    let rows = comparison.rows.iter().filter(|row| row.group == group);
    rows.filter(|row| row.differs || !differences).collect()
}

/// What became of a number between two images: `-86 %`, `+3`; nothing for words.
fn change(row: &Row) -> Option<String> {
    let [before, after] = row.values.as_slice() else {
        return None;
    };
    let (Some(before), Some(after)) = (before.value, after.value) else {
        return Some(String::new());
    };
    let more = i128::from(after) - i128::from(before);
    Some(match (row.unit, row.aim) {
        (Unit::Text, _) => String::new(),
        _ if more == 0 => "0".to_string(),
        (Unit::Bytes, Aim::Less) if before > 0 => {
            let percent = (more as f64 * 100.0 / before as f64).round();
            // what is left is not nothing
            let least = if after > 0 { -99.0 } else { -100.0 };
            format!("{:+.0} %", percent.max(least))
        }
        (Unit::Bytes, _) => format!("{more:+}"),
        _ => format!("{more:+}"),
    })
}

/// Texts that a table cuts, and why something is not known.
fn notes(comparison: &Comparison) -> Vec<String> {
    let mut notes = Vec::new();
    for row in &comparison.rows {
        let mut missing: Vec<&String> = row
            .values
            .iter()
            .filter_map(|value: &Value| value.missing.as_ref())
            .filter(|why| why.contains(':'))
            .collect();
        missing.dedup();
        notes.extend(missing.iter().map(|why| format!("{}: {why}", row.title)));
        for (name, value) in names(comparison).iter().zip(&row.values) {
            if value.text.chars().count() > WIDTH && value.missing.is_none() {
                notes.push(format!("{}, {name}: {}", row.title, value.text));
            }
        }
    }
    notes
}

fn shown(item: &Item) -> String {
    match item.detail.as_str() {
        "" => printable(&item.name),
        detail => printable(&format!("{} ({detail})", item.name)),
    }
}

/// Names of files are anybody's: nothing of them commands the terminal.
pub(crate) fn printable(text: &str) -> String {
    let shown = |letter: char| match letter.is_control() {
        true => char::REPLACEMENT_CHARACTER,
        false => letter,
    };
    text.chars().map(shown).collect()
}

fn cut(text: &str) -> String {
    let text = printable(text);
    match text.chars().count() > WIDTH {
        true => text.chars().take(WIDTH - 1).chain(['…']).collect(),
        false => text,
    }
}

/// Text that Markdown shows as it is.
fn escaped(text: &str) -> String {
    let mut shown = String::new();
    for letter in printable(text).chars() {
        match letter {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '#' | '@' => {
                shown.extend(['\\', letter])
            }
            letter => shown.push(letter),
        }
    }
    shown
}

/// The first column to the left, the others to the right, two spaces apart.
fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = lines.iter().filter(|line| line.len() > 1 || column > 0);
        let cells = cells.filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let mut shown = String::new();
        for (column, cell) in line.iter().enumerate() {
            let width = widths[column];
            match column {
                0 => shown.push_str(&format!("{cell:width$}")),
                _ => shown.push_str(&format!("  {cell:>width$}")),
            }
        }
        text.push_str(shown.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
