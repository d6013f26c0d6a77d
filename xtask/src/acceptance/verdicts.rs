//! The verdicts tier: what `build` says of the seeds, which builders before it call built. Four of five do not start; each
//! cause must be named, the ones that work must pass, and `--fix` must make those start and answer that can be mended.

use std::fs;
use std::path::Path;

use super::lab::Lab;
use super::report::{Finding, Report};
use crate::error::{Result, io};
use crate::process;

/// A Dockerfile of a seed, and what its build must say; nothing if it passes.
type Verdict = (&'static str, &'static str, &'static [&'static str]);

const VERDICTS: &[Verdict] = &[
    (
        "000",
        "Dockerfile",
        &[
            "error[missing-library]: this image cannot start: `libmariadb.so.3` is not in it",
            "  COPY --from=builder /app/venv /app/venv",
            "app.py:1 `import MySQLdb` → MySQLdb/_mysql.cpython-39-x86_64-linux-gnu.so → libmariadb.so.3",
            "found in: stage `builder`, package libmariadb3",
        ],
    ),
    ("001", "Dockerfile", &[]),
    ("001", "Dockerfile.single", &[]),
    (
        "002",
        "Dockerfile",
        &[
            "error[missing-script]: this image cannot start: `flask` is not on PATH",
            "has no `url_quote`",
        ],
    ),
    ("002", "Dockerfile.single", &["has no `url_quote`"]),
    (
        "003",
        "Dockerfile",
        &[
            "`/usr/bin/python3 uvicorn` finds no file",
            "/workspaces/modern-dev/.venv/lib/python3.11/site-packages",
            "in the image: Python 3.9",
        ],
    ),
    ("003", "Dockerfile.single", &[]),
    (
        "004",
        "Dockerfile",
        &["numpy 1.24.4", "is made for glibc, and the image has musl"],
    ),
];

/// Seeds that `--fix` mends, with a line that a requirements file needs first, and how the image must show that it lives.
const MENDED: &[(&str, &str, &str)] = &[
    ("000", "", "start: answers HTTP 200 on port 5000"),
    ("002", "Werkzeug<3", "start: answers HTTP 200 on port 5000"),
    ("003", "", "start: answers HTTP 200 on port 80"),
    ("004", "", "start: exits 0"),
];

/// Builds each seed with the check on.
pub(crate) fn run(lab: &Lab, _names: &[String]) -> Result<Report> {
    let seeds = lab.seeds()?;
    let mut report = Report::new("verdicts");
    for (seed, dockerfile, says) in VERDICTS {
        let folder = seeds.join(seed);
        let mut finding = Finding::new(&format!("{seed}-{dockerfile}"));
        let file = folder.join(dockerfile);
        let words = ["--file", &file.display().to_string()];
        let wanted = i32::from(!says.is_empty());
        build(lab, &folder, &words, wanted, says, &mut finding)?;
        report.add(lab, finding)?;
    }
    for (seed, line, lives) in MENDED {
        let folder = seeds.join(seed);
        if !line.is_empty() {
            require(&folder.join("requirements.txt"), line)?;
        }
        let mut finding = Finding::new(&format!("{seed}-fix"));
        build(
            lab,
            &folder,
            &["--fix", "--start"],
            0,
            &[*lives],
            &mut finding,
        )?;
        report.add(lab, finding)?;
    }
    Ok(report)
}

fn build(
    lab: &Lab,
    context: &Path,
    words: &[&str],
    status: i32,
    says: &[&str],
    finding: &mut Finding,
) -> Result<()> {
    let mut command = lab.constrict();
    command.args(["build", "--progress=plain", "--check=error"]);
    let ended = process::capture(command.args(words).arg(context))?;
    let facts = &mut finding.differences.image;
    if ended.status != Some(status) {
        facts.push(format!("ends with {:?}, not {status}", ended.status));
    }
    let unsaid = says.iter().filter(|text| !ended.stderr.contains(**text));
    facts.extend(unsaid.map(|text| format!("does not say: {text}")));
    if !facts.is_empty() {
        facts.push(process::last_lines(&ended.stderr, 40));
    }
    Ok(())
}

fn require(path: &Path, line: &str) -> Result<()> {
    let text = fs::read_to_string(path).map_err(io("read", path))?;
    fs::write(path, format!("{}\n{line}\n", text.trim_end())).map_err(io("write", path))
}
