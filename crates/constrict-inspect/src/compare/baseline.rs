//! A comparison that was kept, and what got worse since.

use super::{Aim, Comparison, Row, Unit};

/// What images are held to: the last image of a comparison that `--format json` wrote.
#[derive(Clone, Debug)]
pub struct Baseline {
    comparison: Comparison,
}

impl Baseline {
    /// Reads the JSON of a comparison.
    ///
    /// # Errors
    /// What is wrong with it: no JSON, another version, no image.
    pub fn parse(bytes: &[u8]) -> Result<Baseline, String> {
        let comparison: Comparison =
            serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if comparison.version != 1 {
            return Err(format!("version {} is not known", comparison.version));
        }
        let whole = |row: &Row| row.values.len() == comparison.images.len();
        if comparison.images.is_empty() || !comparison.rows.iter().all(whole) {
            return Err("it has not a value for each image".to_string());
        }
        Ok(Baseline { comparison })
    }
}

/// What of the last image is worse than the baseline's last: a line each. Bytes may grow by `tolerance` percent. A row that is no
/// longer known is worse than one that was; a row that the baseline does not have, or did not know, holds nothing back.
pub fn worse(baseline: &Baseline, comparison: &Comparison, tolerance: f64) -> Vec<String> {
    let line = |row: &Row| {
        let before = baseline.comparison.row(&row.name)?.last()?;
        let now = row.last()?;
        let number = before.value?;
        let is_worse = match (now.value, row.aim) {
            (_, Aim::None) => false,
            (None, _) => true,
            (Some(now), Aim::Less) => now > allowed(number, row.unit, tolerance),
            (Some(now), Aim::More) => now < number,
        };
        is_worse.then(|| format!("{}: {} before, {} now", row.title, before.text, now.text))
    };
    comparison.rows.iter().filter_map(line).collect()
}

fn allowed(before: u64, unit: Unit, tolerance: f64) -> u64 {
    match unit {
        Unit::Bytes => before.saturating_add((before as f64 * tolerance / 100.0) as u64),
        _ => before,
    }
}
