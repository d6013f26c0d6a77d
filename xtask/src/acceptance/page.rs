//! The page tier: what `constrict compare --format html` makes, in Debian's Chromium without a screen.
//!
//! `page/sample.py` makes the data, `page/cases.py` drives the browser; both say what their cases are. The judges are not
//! ours: axe-core for accessibility, the browser's own log for what is asked of the network, pdftotext for what is on paper. The
//! pictures that the cases take stay in `target/page/`. Needs `chromium`, `chromedriver` and `pdftotext` (poppler-utils).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::lab::Lab;
use super::report::{Finding, Report};
use crate::error::{Result, io, json};
use crate::process;

/// The scripts, written where Python finds them.
const SCRIPTS: [(&str, &str); 3] = [
    ("browser.py", include_str!("page/browser.py")),
    ("cases.py", include_str!("page/cases.py")),
    ("sample.py", include_str!("page/sample.py")),
];

/// What comes from PyPI: the driver, and axe-core, which is taken out of the last one.
const INSTALLED: [&str; 2] = ["selenium", "axe-playwright-python"];

const FIND_AXE: &str = "import importlib.util as u, pathlib as p
print(p.Path(u.find_spec('axe_playwright_python').origin).with_name('axe.min.js'))";

/// Samples, and the cases that are for each; `any` are those that hold for every page.
const SAMPLES: [(&str, &[&str]); 5] = [
    ("small", &["any", "small"]),
    ("large", &["large"]),
    ("one", &["any"]),
    (
        "three",
        &[
            "opens",
            "mouse",
            "filters",
            "differences",
            "accessible",
            "narrow",
            "prints",
        ],
    ),
    ("hostile", &["opens", "keyboard", "accessible", "hostile"]),
];

/// The page that `constrict compare` itself makes, of both variants of a seed.
const SEED: &str = "seed-002";

/// The sample whose pictures lie at the top.
const SHOWN: &str = "small";

/// What a case found, as a line of `cases.py`.
#[derive(Deserialize)]
struct Said {
    case: String,
    facts: Vec<String>,
    notes: Vec<String>,
}

/// Drives the pages of the samples, or those named.
pub(crate) fn run(lab: &Lab, names: &[String]) -> Result<Report> {
    let browser = Browser::install(lab)?;
    let mut report = Report::new("page");
    for (name, cases) in SAMPLES {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            let page = browser.sample(lab, name)?;
            browser.judge(lab, &mut report, name, &page, cases)?;
        }
    }
    if names.is_empty() || names.iter().any(|wanted| wanted == SEED) {
        let page = browser.seed(lab)?;
        browser.judge(lab, &mut report, SEED, &page, &["any"])?;
    }
    Ok(report)
}

/// A Python that can drive Chromium.
struct Browser {
    python: PathBuf,
    axe: String,
    /// Scripts, samples and pages.
    work: PathBuf,
    /// Pictures.
    kept: PathBuf,
}

impl Browser {
    fn install(lab: &Lab) -> Result<Self> {
        let work = lab.work.join("page");
        fs::create_dir_all(&work).map_err(io("create", &work))?;
        for (name, text) in SCRIPTS {
            let path = work.join(name);
            fs::write(&path, text).map_err(io("write", &path))?;
        }
        let venv = work.join("venv");
        process::demand(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        let mut install = Command::new(venv.join("bin/pip"));
        process::demand(install.args(["install", "--quiet"]).args(INSTALLED))?;
        let python = venv.join("bin/python");
        let axe = process::demand(Command::new(&python).args(["-c", FIND_AXE]))?;
        Ok(Self {
            python,
            axe: axe.trim().to_owned(),
            kept: lab.pictures.clone(),
            work,
        })
    }

    /// A page of data that `sample.py` makes.
    fn sample(&self, lab: &Lab, name: &str) -> Result<PathBuf> {
        let mut make = Command::new(&self.python);
        process::demand(
            make.arg(self.work.join("sample.py"))
                .arg(name)
                .arg(&self.work),
        )?;
        let data = |what: &str| self.work.join(format!("{name}.{what}.json"));
        let mut example = Command::new("cargo");
        example.current_dir(&lab.top);
        example.args([
            "run",
            "--quiet",
            "-p",
            "constrict-inspect",
            "--example",
            "page",
        ]);
        let page = process::demand(example.args([data("comparison"), data("trees")]))?;
        let path = self.work.join(format!("{name}.html"));
        fs::write(&path, page).map_err(io("write", &path))?;
        Ok(path)
    }

    /// The page of a seed's images.
    fn seed(&self, lab: &Lab) -> Result<PathBuf> {
        let path = self.work.join(format!("{SEED}.html"));
        let mut compare = lab.constrict();
        compare.args(["compare", "--quiet", "--file", "Dockerfile.single"]);
        compare.args(["--file", "Dockerfile", "--format", "html", "--output"]);
        compare.arg(&path).current_dir(lab.seeds()?.join("002"));
        process::demand(&mut compare)?;
        Ok(path)
    }

    /// Adds what `cases` find on `page` to `report`.
    fn judge(
        &self,
        lab: &Lab,
        report: &mut Report,
        name: &str,
        page: &Path,
        cases: &[&str],
    ) -> Result<()> {
        let mut drive = Command::new(&self.python);
        drive.arg(self.work.join("cases.py")).arg(&self.axe);
        let kept = if name == SHOWN {
            self.kept.clone()
        } else {
            self.kept.join(name)
        };
        let said = process::demand(drive.arg(kept).arg(page).args(cases))?;
        for line in said.lines() {
            let Said { case, facts, notes } =
                serde_json::from_str(line).map_err(json("a case of the page"))?;
            let mut finding = Finding::new(&format!("{name}-{case}"));
            finding.differences.image = facts;
            finding.notes = notes;
            report.add(lab, finding)?;
        }
        Ok(())
    }
}
