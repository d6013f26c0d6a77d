//! What a tier found, printed as it comes and kept in full below `target/acceptance/reports/`.

use std::fs;

use super::compare::Differences;
use super::lab::Lab;
use crate::error::{Result, io};

/// Differences shown on the terminal for one case; the file has all.
const SHOWN: usize = 8;

/// What was found about one case.
pub(crate) struct Finding {
    name: String,
    /// Any line under `image` is a failure.
    pub(crate) differences: Differences,
    /// For the file only.
    pub(crate) notes: Vec<String>,
}

impl Finding {
    /// Nothing found yet about `name`.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            differences: Differences::default(),
            notes: Vec::new(),
        }
    }
}

/// The sum over a tier.
pub(crate) struct Report {
    tier: &'static str,
    passed: usize,
    failed: Vec<String>,
    history: Vec<String>,
}

impl Report {
    /// An empty report of `tier`.
    pub(crate) fn new(tier: &'static str) -> Self {
        Self {
            tier,
            passed: 0,
            failed: Vec::new(),
            history: Vec::new(),
        }
    }

    /// Prints and keeps `finding`.
    pub(crate) fn add(&mut self, lab: &Lab, finding: Finding) -> Result<()> {
        let Finding {
            name,
            differences: Differences { image, history },
            notes,
        } = finding;
        let path = lab.reports.join(format!("{}-{name}.txt", self.tier));
        let full: Vec<&str> = image
            .iter()
            .chain(&history)
            .chain(&notes)
            .map(String::as_str)
            .collect();
        fs::write(&path, full.join("\n")).map_err(io("write", &path))?;
        if !history.is_empty() {
            self.history.push(name.clone());
        }
        if image.is_empty() {
            self.passed += 1;
            println!(
                "ok    {name}{}",
                if history.is_empty() {
                    ""
                } else {
                    " (history differs)"
                }
            );
            return Ok(());
        }
        println!("FAIL  {name}");
        for line in image.iter().take(SHOWN) {
            println!("    {}", line.replace('\n', "\n    "));
        }
        if image.len() > SHOWN {
            println!("    … {} more in {}", image.len() - SHOWN, path.display());
        }
        self.failed.push(name);
        Ok(())
    }

    /// Prints the sum; whether nothing failed.
    pub(crate) fn close(mut self) -> bool {
        self.failed.sort();
        self.history.sort();
        println!("\n== {}", self.tier);
        if !self.history.is_empty() {
            println!(
                "history differs in {}: {}",
                self.history.len(),
                self.history.join(" ")
            );
        }
        if !self.failed.is_empty() {
            println!("failed: {}", self.failed.join(" "));
        }
        println!("{} passed, {} failed", self.passed, self.failed.len());
        self.failed.is_empty()
    }
}
