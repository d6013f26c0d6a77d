//! The stage whose name is most like one that is not there, for hints.

/// More edits than this are another name.
const NEAR: usize = 2;

/// The stage of this Dockerfile that `name` may have meant.
pub(super) fn nearest(dockerfile: &[u8], name: &str) -> Option<String> {
    let parsed = constrict_dockerfile::parse(dockerfile).ok()?;
    let names = parsed
        .stages
        .iter()
        .filter_map(|stage| stage.name.as_deref());
    let near = names.map(|stage| (edits(&stage.to_lowercase(), &name.to_lowercase()), stage));
    let (_, stage) = near
        .filter(|(edits, _)| (1..=NEAR).contains(edits))
        .min_by_key(|(edits, _)| *edits)?;
    Some(stage.to_string())
}

/// The Levenshtein distance.
fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, from) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, to) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = substituted.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn nearest_stage_is_at_most_two_edits_away() {
        let dockerfile = b"FROM a AS builder\nFROM b AS Runtime\nFROM c\n";
        let found = |name| nearest(dockerfile, name).unwrap_or_default();
        assert_eq!(found("bulder"), "builder");
        assert_eq!(found("runtim"), "runtime");
        assert_eq!(found("debian"), "");
        assert_eq!(found("builder"), "");
    }
}
