//! Lines of the table, and the page that they are written to.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::times::{Times, shown};
use crate::error::{Error, Result, io};

const PAGE: &str = "docs/performance.md";
const BEGIN: &str = "<!-- bench -->\n";
const END: &str = "<!-- /bench -->\n";

/// What a line is to reach.
pub(crate) enum Goal {
    /// Nothing; it is there to be compared with.
    None,
    /// So many times docker's median.
    Faster(f64),
    /// A median of at most so much.
    Within(Duration),
    /// A median of at most so much more than another's.
    More { than: Times, most: Duration },
    /// Less than so many megabytes at the peak.
    Memory { peak: u64, most: u64 },
}

/// One line of the table.
pub(crate) struct Line {
    pub(crate) what: String,
    pub(crate) docker: Option<Times>,
    pub(crate) buildah: Option<Times>,
    pub(crate) ours: Times,
    pub(crate) goal: Goal,
}

impl Line {
    /// As a row of a table.
    pub(crate) fn row(&self) -> String {
        let cell = |times: &Option<Times>| times.as_ref().map_or("–".to_owned(), both);
        let (reached, goal, met) = self.judged();
        format!(
            "| {} | {} | {} | {} | {reached} | {goal} | {} |",
            self.what,
            cell(&self.docker),
            cell(&self.buildah),
            both(&self.ours),
            match met {
                None => "",
                Some(true) => "yes",
                Some(false) => "**no**",
            }
        )
    }

    fn judged(&self) -> (String, String, Option<bool>) {
        let median = self.ours.median;
        match &self.goal {
            Goal::None => (String::new(), String::new(), None),
            Goal::Faster(goal) => {
                let docker = self.docker.map_or(0.0, |times| times.median.as_secs_f64());
                let ratio = docker / median.as_secs_f64();
                (
                    format!("{ratio:.1}×"),
                    format!("{goal}×"),
                    Some(ratio >= *goal),
                )
            }
            Goal::Within(most) => (
                shown(median),
                format!("≤ {}", shown(*most)),
                Some(median <= *most),
            ),
            Goal::More { than, most } => {
                let more = median.saturating_sub(than.median);
                (
                    format!("+{}", shown(more)),
                    format!("≤ +{}", shown(*most)),
                    Some(more <= *most),
                )
            }
            Goal::Memory { peak, most } => (
                format!("{peak} MB"),
                format!("< {most} MB"),
                Some(peak < most),
            ),
        }
    }
}

fn both(times: &Times) -> String {
    format!("{} / {}", shown(times.least), shown(times.median))
}

/// All lines, under their heads.
pub(crate) fn table(lines: &[Line]) -> String {
    let rows: String = lines.iter().map(|line| line.row() + "\n").collect();
    format!(
        "| row | docker | buildah | constrict | reached | goal | met |\n|---|---|---|---|---|---|---|\n{rows}"
    )
}

/// Writes the table into the page, between its marks.
pub(crate) fn write(top: &Path, machine: &str, lines: &[Line]) -> Result<()> {
    let path = top.join(PAGE);
    let text = fs::read_to_string(&path).map_err(io("read", &path))?;
    let marked = text
        .split_once(BEGIN)
        .and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let Some((before, after)) = marked else {
        return Err(Error::Unknown {
            what: "mark `<!-- bench -->` in",
            name: PAGE.to_owned(),
        });
    };
    let text = format!(
        "{before}{BEGIN}\n{machine}\n\n{}\n{END}{after}",
        table(lines)
    );
    fs::write(&path, text).map_err(io("write", &path))
}
