//! Names of containers: docker's rule, and names for those that are given none.

use crate::error::{Error, Result};

const ADJECTIVES: [&str; 48] = [
    "amber", "brisk", "calm", "candid", "cheerful", "clever", "cosy", "crisp", "curious", "daring",
    "dapper", "eager", "early", "fair", "fond", "frosty", "gentle", "golden", "handy", "honest",
    "humble", "jolly", "keen", "kind", "lively", "lucid", "mellow", "merry", "mild", "modest",
    "neat", "nimble", "patient", "placid", "plucky", "proud", "quiet", "rapid", "sincere", "snug",
    "sober", "steady", "sunny", "swift", "tidy", "warm", "witty", "zesty",
];
const NOUNS: [&str; 48] = [
    "alder", "badger", "beacon", "birch", "brook", "canyon", "cedar", "comet", "coral", "crane",
    "delta", "dune", "falcon", "fern", "finch", "fjord", "gecko", "glacier", "harbour", "hazel",
    "heron", "island", "jackdaw", "juniper", "kestrel", "lagoon", "lark", "linden", "lynx",
    "maple", "marten", "meadow", "meteor", "otter", "pebble", "pine", "plover", "quartz", "raven",
    "reef", "robin", "spruce", "stork", "summit", "thicket", "walnut", "willow", "wren",
];

/// Checks a name that is asked for.
pub(super) fn check(name: &str) -> Result<()> {
    let mut letters = name.chars();
    let is_first = letters.next().is_some_and(|c| c.is_ascii_alphanumeric());
    let is_name = is_first
        && name.len() > 1
        && letters.all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    match is_name {
        true => Ok(()),
        false => Err(Error::Invalid(format!(
            "`{name}` is no name of a container: two or more of [a-zA-Z0-9_.-], the first a letter or digit"
        ))),
    }
}

/// A name that nobody has, chosen by `seed`.
pub(super) fn choose(seed: u64, is_taken: &dyn Fn(&str) -> bool) -> String {
    let pairs = ADJECTIVES.len() * NOUNS.len();
    let start = usize::try_from(seed % pairs as u64).unwrap_or(0);
    let pair = |at: usize| {
        let at = at % pairs;
        format!(
            "{}_{}",
            ADJECTIVES[at / NOUNS.len()],
            NOUNS[at % NOUNS.len()]
        )
    };
    let free = (start..start + pairs)
        .map(pair)
        .find(|name| !is_taken(name));
    free.unwrap_or_else(|| {
        let numbered = (2..).map(|number| format!("{}{number}", pair(start)));
        let mut free = numbered.filter(|name| !is_taken(name));
        free.next().unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{ADJECTIVES, NOUNS, check, choose};

    #[test]
    fn names_follow_dockers_rule() {
        for name in ["web", "a1", "my_app-1.2"] {
            check(name).unwrap();
        }
        for name in ["", "a", "-a", "a b", "a/b", "é1"] {
            let expected = format!(
                "`{name}` is no name of a container: two or more of [a-zA-Z0-9_.-], the first a letter or digit"
            );
            assert_eq!(check(name).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn chosen_names_are_free_even_when_every_pair_is_taken() {
        let mut taken = BTreeSet::new();
        for seed in 0..=(ADJECTIVES.len() * NOUNS.len()) as u64 {
            let name = choose(seed * 7, &|name| taken.contains(name));
            check(&name).unwrap();
            assert!(taken.insert(name));
        }
        assert!(taken.iter().any(|name| name.ends_with('2')));
    }
}
