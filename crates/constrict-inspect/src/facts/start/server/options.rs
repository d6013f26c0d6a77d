//! The options of a command line: `--name value`, `--name=value`, `-n value`, `-nvalue`. Never knows what they mean.

use super::super::walk::is_known;

/// Options and the words between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    values: Vec<(String, String)>,
    pub(super) words: Vec<String>,
    /// A word that only the run tells may be any option.
    pub(super) open: bool,
}

impl Options {
    /// Reads words; `valued` are the options that take a value. Everything else that begins with `-` is a flag.
    pub(super) fn read(words: &[String], valued: &[&str]) -> Options {
        let mut found = Options::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if !is_known(word) && !word.starts_with('-') && word.chars().count() == 1 {
                found.open = true;
            } else if word == "--" {
                found.words.extend(words.by_ref().cloned());
            } else if let Some(long) = word.strip_prefix("--") {
                match long.split_once('=') {
                    Some((name, value)) => found.values.push((format!("--{name}"), value.into())),
                    None if valued.contains(&word.as_str()) => found
                        .values
                        .extend(words.next().map(|value| (word.clone(), value.clone()))),
                    None => found.values.push((word.clone(), String::new())),
                }
            } else if word.len() > 1 && word.starts_with('-') {
                found.short(word, &mut words, valued);
            } else {
                found.words.push(word.clone());
            }
        }
        found
    }

    /// `-b value`, `-bvalue`, `-xyz`.
    fn short<'w>(
        &mut self,
        word: &str,
        words: &mut impl Iterator<Item = &'w String>,
        valued: &[&str],
    ) {
        let letters = word.char_indices().skip(1);
        for (at, letter) in letters {
            let name = format!("-{letter}");
            if valued.contains(&name.as_str()) {
                let rest = &word[at + letter.len_utf8()..];
                let value = match rest {
                    "" => words.next().cloned(),
                    rest => Some(rest.strip_prefix('=').unwrap_or(rest).to_string()),
                };
                self.values.extend(value.map(|value| (name, value)));
                return;
            }
            self.values.push((name, String::new()));
        }
    }

    /// The last value of an option that goes by any of these names.
    pub(super) fn get(&self, names: &[&str]) -> Option<&str> {
        self.values
            .iter()
            .rev()
            .find(|(name, _)| names.contains(&name.as_str()))
            .map(|(_, value)| value.as_str())
    }

    /// Every value of it.
    pub(super) fn all(&self, names: &[&str]) -> impl Iterator<Item = &str> {
        self.values
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()))
            .map(|(_, value)| value.as_str())
    }

    /// Whether a flag is given.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        self.get(names).is_some()
    }
}
