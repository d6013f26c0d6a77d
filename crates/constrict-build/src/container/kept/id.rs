//! The identity of a container: 64 hexadecimal digits, as docker's.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{IoContext, Result};

/// How many digits people are shown.
const SHORT: usize = 12;

/// 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Id(String);

impl Id {
    /// A new one.
    pub(super) fn random() -> Result<Self> {
        let mut bytes = [0; 32];
        rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())
            .at("read", "/dev/urandom")?;
        Ok(Id(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// Parses all 64 digits.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 64 && is_hex(text)).then(|| Id(text.into()))
    }

    /// What people are shown of it.
    pub fn short(&self) -> &str {
        &self.0[..SHORT]
    }

    /// Whether it begins so.
    pub(super) fn begins_with(&self, text: &str) -> bool {
        !text.is_empty() && self.0.starts_with(text)
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Id {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Id::parse(&text).ok_or_else(|| format!("`{text}` is no id of a container"))
    }
}

#[cfg(test)]
mod tests {
    use super::Id;

    #[test]
    fn ids_are_64_digits_and_shown_by_twelve() {
        let id = Id::random().unwrap();
        assert_eq!(Id::parse(&id.to_string()), Some(id.clone()));
        assert_eq!(id.short(), &id.to_string()[..12]);
        assert!(id.begins_with(id.short()) && !id.begins_with(""));
        assert_eq!(Id::parse("abc"), None);
        assert_eq!(Id::parse(&"g".repeat(64)), None);
        assert_ne!(Id::random().unwrap(), id);
    }
}
