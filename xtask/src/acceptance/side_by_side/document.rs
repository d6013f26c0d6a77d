//! `docs/compare.md`: the tables between its markers, and whether a Markdown table says what the JSON does.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use super::{Pair, rows};
use crate::acceptance::lab::Lab;
use crate::error::{Error, Result, io};

/// The comparison that is shown in full; of the others only what differs.
const IN_FULL: &str = "seed-002";

/// Writes the document with `UPDATE=1`; what is wrong with it else.
pub(super) fn keep(lab: &Lab, pairs: &[Pair]) -> Result<Vec<String>> {
    let path = lab.top.join("docs/compare.md");
    let kept = fs::read_to_string(&path).map_err(io("read", &path))?;
    let mut sections = vec![("rows".to_owned(), reasons(&pairs[0].comparison))];
    for pair in pairs {
        let text = match pair.name.as_str() {
            IN_FULL => pair.markdown.clone(),
            // without the notes below it
            _ => pair
                .differences
                .split_inclusive('\n')
                .take_while(|line| line.starts_with('|'))
                .collect(),
        };
        sections.push((pair.name.clone(), text));
    }
    let mut made = kept.clone();
    let mut wrong = Vec::new();
    for (name, text) in &sections {
        let section = Section::find(&kept, name).ok_or_else(|| Error::Archive {
            path: path.clone(),
            what: format!("lines `{}`, `{}`", begin(name), end(name)),
        })?;
        made = Section::find(&made, name).map_or(made.clone(), |found| found.with(text));
        let (is, was) = (table(text), table(section.text));
        if name == "rows" && is != was {
            wrong.push("the rows have changed".to_owned());
        }
        if is.first() != was.first() {
            wrong.push(format!(
                "{name}: columns {:?}, not {:?}",
                was.first(),
                is.first()
            ));
        }
        wrong.extend(order(name, &was, &pairs[0].comparison, name == IN_FULL));
    }
    let fresh = lab.pictures.with_file_name("compare.md");
    fs::write(&fresh, &made).map_err(io("write", &fresh))?;
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, made).map_err(io("write", &path))?;
        return Ok(Vec::new());
    }
    if !wrong.is_empty() {
        wrong.push("UPDATE=1 cargo xtask acceptance compare writes docs/compare.md".to_owned());
    }
    Ok(wrong)
}

fn begin(name: &str) -> String {
    format!("<!-- {name}: written by `UPDATE=1 cargo xtask acceptance compare` -->\n")
}

fn end(name: &str) -> String {
    format!("<!-- end of {name} -->\n")
}

/// What lies between two markers.
struct Section<'a> {
    before: &'a str,
    text: &'a str,
    after: &'a str,
}

impl<'a> Section<'a> {
    fn find(document: &'a str, name: &str) -> Option<Self> {
        let (begin, end) = (begin(name), end(name));
        let start = document.find(&begin)? + begin.len();
        let length = document[start..].find(&end)?;
        Some(Self {
            before: &document[..start],
            text: &document[start..start + length],
            after: &document[start + length..],
        })
    }

    fn with(&self, text: &str) -> String {
        format!("{}{text}{}", self.before, self.after)
    }
}

/// Why each row matters, and who says so.
fn reasons(comparison: &Value) -> String {
    let mut text = String::from("| row | what | better | why | source |\n|---|---|---|---|---|\n");
    for row in rows(comparison) {
        let field = |key: &str| row[key].as_str().unwrap_or_default();
        let source = match row["url"].as_str() {
            Some(url) => format!("[{}]({url})", field("source")),
            None => field("source").to_owned(),
        };
        let better = match field("aim") {
            "none" => "",
            aim => aim,
        };
        let _ = writeln!(
            text,
            "| `{}` | {} | {better} | {} | {source} |",
            field("name"),
            field("title"),
            field("why")
        );
    }
    text
}

/// The cells of a table, without its rule and without marks of emphasis.
fn table(text: &str) -> Vec<Vec<String>> {
    let lines = text
        .lines()
        .filter(|line| line.starts_with('|') && !line.starts_with("|---"));
    let cell = |cell: &str| plain(cell.trim());
    let cells = |line: &str| {
        let inner = line.trim_start_matches('|').trim_end_matches('|');
        // a bar of a name is written with a backslash
        let kept = inner.replace("\\|", "\u{1}");
        kept.split('|')
            .map(|part| cell(&part.replace('\u{1}', "|")))
            .collect()
    };
    lines.map(cells).collect()
}

/// What a reader sees.
fn plain(cell: &str) -> String {
    let cell = cell.trim_start_matches("**").trim_end_matches("**");
    let mut text = String::new();
    let mut letters = cell.chars();
    while let Some(letter) = letters.next() {
        text.extend(if letter == '\\' {
            letters.next()
        } else {
            Some(letter)
        });
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// What is wrong with the titles of a kept table: those of the rows, in their order, all of them if it is a full one.
fn order(name: &str, kept: &[Vec<String>], comparison: &Value, is_full: bool) -> Vec<String> {
    if name == "rows" {
        return Vec::new();
    }
    let titles = rows(comparison)
        .iter()
        .filter_map(|row| row["title"].as_str());
    let titles: Vec<&str> = titles.collect();
    // a group has a heading and no cells
    let listed = kept
        .iter()
        .skip(1)
        .filter(|cells| cells[1..].iter().any(|cell| !cell.is_empty()));
    let listed: Vec<&str> = listed.map(|cells| cells[0].as_str()).collect();
    let mut rest = titles.iter();
    let in_order = listed.iter().all(|title| rest.any(|known| known == title));
    if in_order && (!is_full || listed.len() == titles.len()) {
        return Vec::new();
    }
    vec![format!("{name}: rows {listed:?}, not {titles:?}")]
}

/// What a Markdown table says otherwise than the JSON of the same comparison.
pub(super) fn unlike(markdown: &str, comparison: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let images = comparison["images"].as_array().into_iter().flatten();
    let mut heading = vec![String::new()];
    heading.extend(images.map(|image| text(&image["name"])));
    heading.push("change".to_owned());
    let mut wanted = vec![heading];
    for row in rows(comparison) {
        let values = row["values"].as_array().into_iter().flatten();
        let mut cells = vec![text(&row["title"])];
        cells.extend(values.map(|value| text(&value["text"])));
        cells.push(change(row));
        wanted.push(cells);
    }
    let mut said = table(markdown);
    said.retain(|cells| cells[0].is_empty() || cells[1..].iter().any(|cell| !cell.is_empty()));
    let pairs = wanted
        .iter()
        .zip(&said)
        .filter(|(wanted, said)| wanted != said);
    let mut wrong: Vec<String> = pairs
        .map(|(wanted, said)| format!("{said:?}, not {wanted:?}"))
        .collect();
    if wanted.len() != said.len() {
        wrong.push(format!("{} lines, not {}", said.len(), wanted.len()));
    }
    wrong
}

/// The last column: percent of bytes, the difference of counts, nothing of words and of what is not known.
fn change(row: &Value) -> String {
    let number = |at: usize| row["values"][at]["value"].as_i64();
    let (Some(before), Some(after)) = (number(0), number(1)) else {
        return String::new();
    };
    match row["unit"].as_str() {
        Some("text") => String::new(),
        _ if before == after => "0".to_owned(),
        Some("bytes") if before > 0 => {
            let more = (after - before) * 200;
            let half = if more < 0 { -before } else { before };
            let percent = (more + half) / (2 * before);
            format!("{:+} %", if after > 0 { percent.max(-99) } else { percent })
        }
        _ => format!("{:+}", after - before),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_between_its_markers() {
        let document = format!("a\n{}old\n{}b\n", begin("x"), end("x"));
        let made = Section::find(&document, "x").map(|found| found.with("new\n"));
        assert_eq!(made, Some(format!("a\n{}new\n{}b\n", begin("x"), end("x"))));
    }

    #[test]
    fn cells_are_read_as_they_are_shown() {
        let text = "|  | a\\_b | change |\n|---|---:|---:|\n| **shells** | 1 \\| 2 | &lt;3 |\n";
        assert_eq!(
            table(text),
            [["", "a_b", "change"], ["shells", "1 | 2", "<3"]]
        );
    }
}
