//! Limits that a row must not pass: `shells>0`, `unpacked>100MB`, `owned<90%`.

use super::{Comparison, Row};

/// What makes a comparison fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The row's name.
    pub row: String,
    compare: Compare,
    number: u64,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    More,
    AtLeast,
    Less,
    AtMost,
    Equal,
    Other,
}

/// Longer signs first.
const SIGNS: [(&str, Compare); 7] = [
    (">=", Compare::AtLeast),
    ("<=", Compare::AtMost),
    ("==", Compare::Equal),
    ("!=", Compare::Other),
    (">", Compare::More),
    ("<", Compare::Less),
    ("=", Compare::Equal),
];

/// Units of numbers.
const UNITS: [(&str, u64); 10] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("%", 1),
    ("B", 1),
    ("", 1),
];

/// Why a limit cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// There is no such row.
    #[error("no row `{0}`")]
    Row(String),
    /// It is no comparison.
    #[error("`{0}` compares nothing")]
    Sign(String),
    /// What it is compared with is no number.
    #[error("`{0}` is no number")]
    Number(String),
}

impl Limit {
    /// Reads `row>number`, with a unit (`kB`, `MB`, `GB`, `MiB`, …, `%`) if need be.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Limit, LimitError> {
        let at = text.find(['<', '>', '=', '!']);
        let at = at.ok_or_else(|| LimitError::Sign(text.to_string()))?;
        let (row, rest) = text.split_at(at);
        let row = row.trim();
        if super::find(row).is_none() {
            return Err(LimitError::Row(row.to_string()));
        }
        let sign = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
        let (sign, compare) = sign.ok_or_else(|| LimitError::Sign(text.to_string()))?;
        let number = number(rest[sign.len()..].trim())?;
        Ok(Limit {
            row: row.to_string(),
            compare: *compare,
            number,
            text: text.trim().to_string(),
        })
    }

    /// Why the last image of a comparison breaks it. What is not known breaks every limit: nobody has looked.
    pub fn breach(&self, comparison: &Comparison) -> Option<String> {
        let row = comparison.row(&self.row)?;
        let (image, value) = comparison.images.iter().zip(&row.values).next_back()?;
        let name = &image.name;
        let Some(found) = value.value else {
            let why = value.missing.as_deref().unwrap_or("not known");
            return Some(format!("`{}`: {} of `{name}`: {why}", self.text, row.title));
        };
        self.holds(found)
            .then(|| format!("`{}`: {} of `{name}`: {}", self.text, row.title, value.text))
    }

    fn holds(&self, found: u64) -> bool {
        match self.compare {
            Compare::More => found > self.number,
            Compare::AtLeast => found >= self.number,
            Compare::Less => found < self.number,
            Compare::AtMost => found <= self.number,
            Compare::Equal => found == self.number,
            Compare::Other => found != self.number,
        }
    }
}

impl Row {
    /// The value of the last image.
    pub fn last(&self) -> Option<&crate::surface::Value> {
        self.values.last()
    }
}

/// A number with at most one decimal point and a unit.
fn number(text: &str) -> Result<u64, LimitError> {
    let wrong = || LimitError::Number(text.to_string());
    let (digits, unit) = UNITS
        .iter()
        .find_map(|(name, unit)| Some((text.strip_suffix(name)?.trim_end(), *unit)))
        .ok_or_else(wrong)?;
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(part) || part.len() > 9 {
        return Err(wrong());
    }
    let whole: u64 = whole.parse().map_err(|_| wrong())?;
    let scale = 10u64.pow(part.len() as u32);
    let part: u64 = if part.is_empty() {
        0
    } else {
        part.parse().map_err(|_| wrong())?
    };
    let whole = whole.checked_mul(unit).ok_or_else(wrong)?;
    Ok(whole.saturating_add((u128::from(part) * u128::from(unit) / u128::from(scale)) as u64))
}
