//! What earlier checks by this program learned of the files of one layer, by the digests of their contents. Anything that is
//! damaged was never learned.
//!
//! A postcard of all (digest, fact, value), sorted.

use std::collections::BTreeMap;

use constrict_oci::Digest;

/// Facts fewer than these are found again sooner than they are read.
const WORTH_KEEPING: usize = 8;

/// Facts of contents.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Learned {
    facts: BTreeMap<(Digest, String), Vec<u8>>,
    is_new: bool,
}

impl Learned {
    pub(super) fn parse(bytes: &[u8]) -> Learned {
        let listed: Vec<(Digest, String, &[u8])> = postcard::from_bytes(bytes).unwrap_or_default();
        let facts = listed.into_iter();
        Learned {
            facts: facts
                .map(|(content, fact, value)| ((content, fact), value.to_vec()))
                .collect(),
            is_new: false,
        }
    }

    /// The bytes to keep; `None` if nothing was learned that is worth it.
    pub(super) fn to_bytes(&self) -> Option<Vec<u8>> {
        if !self.is_new || self.facts.len() < WORTH_KEEPING {
            return None;
        }
        let facts = self.facts.iter();
        let listed: Vec<(&Digest, &str, &[u8])> = facts
            .map(|((content, fact), value)| (content, fact.as_str(), value.as_slice()))
            .collect();
        postcard::to_stdvec(&listed).ok()
    }

    pub(super) fn get(&self, content: &Digest, fact: &str) -> Option<Vec<u8>> {
        self.facts.get(&(*content, fact.to_string())).cloned()
    }

    pub(super) fn add(&mut self, content: &Digest, fact: &str, value: Vec<u8>) {
        self.facts.insert((*content, fact.to_string()), value);
        self.is_new = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learned_is_known_the_next_time_if_it_is_worth_it() {
        let digests: Vec<Digest> = (0..9).map(|n| Digest::of(&[n])).collect();
        let mut learned = Learned::default();
        for (count, digest) in digests.iter().enumerate() {
            assert_eq!(learned.to_bytes().is_some(), count >= WORTH_KEEPING);
            learned.add(digest, "one", vec![1]);
            learned.add(digest, "one", vec![count as u8; 300]);
        }
        learned.add(&digests[0], "two", Vec::new());
        let bytes = learned.to_bytes().unwrap();
        let again = Learned::parse(&bytes);
        assert_eq!(again.facts, learned.facts);
        assert_eq!(again.get(&digests[3], "one"), Some(vec![3; 300]));
        assert_eq!(again.get(&digests[0], "two"), Some(Vec::new()));
        assert_eq!(again.get(&digests[1], "two"), None);
        // nothing new
        assert_eq!(again.to_bytes(), None);
    }

    #[test]
    fn damage_is_as_if_nothing_had_been_learned() {
        let mut learned = Learned::default();
        (0..9).for_each(|n| learned.add(&Digest::of(&[n]), "fact", vec![n]));
        let bytes = learned.to_bytes().unwrap();
        for length in 0..bytes.len() {
            assert_eq!(Learned::parse(&bytes[..length]), Learned::default());
        }
    }
}
