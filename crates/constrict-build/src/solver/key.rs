//! Cache keys: the digest of everything that a vertex's result depends on, part by part.
//!
//! | vertex | parts |
//! |---|---|
//! | files | for each planned entry: path, type, mode, owner, content (no time that a host chose) |
//! | run | the layers of its base, command, environment, directory, user, mounts with the content of what they show |

use constrict_oci::{Digest, Hasher};

use crate::store::Component;

/// Raised when the meaning of a part changes, so that old records do not match.
const VERSION: &str = "1";

/// The parts of a key.
#[derive(Debug, Default)]
pub(crate) struct Key {
    components: Vec<Component>,
}

impl Key {
    /// Starts the key of a kind of vertex.
    pub(crate) fn new(kind: &str) -> Self {
        let mut key = Key::default();
        key.add("the kind of step", format!("{kind} {VERSION}"));
        key
    }

    /// Adds a part; `name` is for people.
    pub(crate) fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.components.push(Component {
            name: name.into(),
            value: value.into(),
        });
    }

    /// The digest of all parts. Lengths are part of it, so no two lists of parts look alike.
    pub(crate) fn digest(&self) -> Digest {
        let mut hasher = Hasher::sha256();
        for Component { name, value } in &self.components {
            for text in [name, value] {
                hasher.update(&(text.len() as u64).to_le_bytes());
                hasher.update(text.as_bytes());
            }
        }
        hasher.finish()
    }

    /// The parts.
    pub(crate) fn components(&self) -> &[Component] {
        &self.components
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn the_borders_of_parts_count() {
        let mut one = Key::new("run");
        one.add("ab", "c");
        let mut other = Key::new("run");
        other.add("a", "bc");
        assert_ne!(one.digest(), other.digest());
    }
}
