//! Findings as text.
//!
//! ```text
//! error[missing-library]: this image cannot start: `libmariadb.so.3` is not in it
//!   --> Dockerfile:23  COPY --from=builder /app/venv /app/venv
//!   needed by: app.py:1 `import MySQLdb` → MySQLdb/_mysql.cpython-39-x86_64-linux-gnu.so → libmariadb.so.3
//!   hint: `constrict build --fix`
//! ```

use std::fmt::Write as _;

use constrict_inspect::{Finding, Place, Report, Severity};

use super::style::Style;

/// Every finding, worst first.
pub(crate) fn findings<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
    style: Style,
) -> String {
    let texts: Vec<String> = findings
        .into_iter()
        .map(|found| finding(found, style))
        .collect();
    texts.join("\n")
}

fn finding(finding: &Finding, style: Style) -> String {
    let rule = finding.rule;
    let head = match finding.severity {
        Severity::Breaks => style.red(&format!("error[{rule}]:")),
        Severity::Risk => style.yellow(&format!("risk[{rule}]:")),
        Severity::Waste => style.bold(&format!("waste[{rule}]:")),
    };
    let mut text = format!("{head} {}\n", finding.message);
    if let Some(place) = &finding.place {
        let _ = writeln!(text, "  {} {}", style.blue("-->"), self::place(place));
    }
    for line in &finding.evidence {
        let _ = writeln!(
            text,
            "  {} {}",
            style.bold(&format!("{}:", line.label)),
            line.text
        );
    }
    if let Some(hint) = &finding.hint {
        let _ = writeln!(text, "  {} {hint}", style.green("hint:"));
    }
    text
}

pub(super) fn place(place: &Place) -> String {
    match place {
        Place::Dockerfile { file, line, text } => format!("{file}:{line}  {text}"),
        Place::File {
            path,
            line: Some(line),
        } => format!("{path}:{line}"),
        Place::File { path, line: None } => path.clone(),
        Place::Configuration { member } => format!("{member} of the image"),
    }
}

/// One line: how much was found.
pub(crate) fn summary(report: &Report) -> String {
    let count = |severity, one: &str, many: &str| match report.count(severity) {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    };
    let counted = [
        count(Severity::Breaks, "error", "errors"),
        count(Severity::Risk, "risk", "risks"),
        count(Severity::Waste, "waste", "wastes"),
    ];
    let counted: Vec<String> = counted.into_iter().flatten().collect();
    match counted.is_empty() {
        true => "nothing found".into(),
        false => counted.join(", "),
    }
}
