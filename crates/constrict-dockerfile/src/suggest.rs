//! The nearest of some words, for "did you mean".
//!
//! Never suggests a word that is three edits away.

/// Edits from which a word is no longer near.
const TOO_FAR: usize = 3;

/// The option nearest to `word`, at most two edits away; none if it is one of them.
#[must_use]
pub fn nearest<'a>(word: &str, options: &[&'a str]) -> Option<&'a str> {
    let mut best = None;
    let mut least = TOO_FAR;
    for option in options {
        let edits = distance(word, option);
        if edits == 0 {
            return None;
        }
        if edits < least {
            least = edits;
            best = Some(*option);
        }
    }
    best
}

fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    // more characters apart than could be near: no need to compare
    if left.chars().count() >= right.len() + TOO_FAR {
        return TOO_FAR;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, from) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, to) in right.iter().enumerate() {
            let above = row[column + 1];
            let substituted = diagonal + usize::from(from != *to);
            row[column + 1] = substituted.min(above + 1).min(row[column] + 1);
            diagonal = above;
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn nearest_is_at_most_two_edits_away() {
        assert_eq!(nearest("COPPY", &["ADD", "COPY"]), Some("COPY"));
        assert_eq!(nearest("form", &["chown", "from"]), Some("from"));
        assert_eq!(nearest("x", &["chown", "from"]), None);
        assert_eq!(nearest("from", &["from"]), None);
    }
}
