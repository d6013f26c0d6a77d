//! Two texts as a unified diff, with three lines around each change.

use std::fmt::Write as _;

const CONTEXT: usize = 3;

/// The diff from `old` to `new`; empty if they are equal. `name` stands in the head.
pub fn diff(name: &str, old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let steps = steps(&old, &new);
    if steps.iter().all(|step| matches!(step, Step::Keep(..))) {
        return String::new();
    }
    let mut text = format!("--- {name}\n+++ {name}\n");
    let changed: Vec<usize> = (0..steps.len())
        .filter(|at| !matches!(steps[*at], Step::Keep(..)))
        .collect();
    let mut hunks: Vec<(usize, usize)> = Vec::new();
    for at in changed {
        let (start, end) = (
            at.saturating_sub(CONTEXT),
            (at + 1 + CONTEXT).min(steps.len()),
        );
        match hunks.last_mut() {
            Some(last) if start <= last.1 => last.1 = end,
            _ => hunks.push((start, end)),
        }
    }
    for (start, end) in hunks {
        hunk(&steps[start..end], &old, &new, &steps[..start], &mut text);
    }
    text
}

#[derive(Clone, Copy)]
enum Step {
    Keep(usize),
    Remove(usize),
    Add(usize),
}

/// The shortest way from one to the other by their longest common subsequence. Dockerfiles are short.
fn steps(old: &[&str], new: &[&str]) -> Vec<Step> {
    let mut common = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = match old[i] == new[j] {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut steps = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            steps.push(Step::Keep(i));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || common[i + 1][j] >= common[i][j + 1]) {
            steps.push(Step::Remove(i));
            i += 1;
        } else {
            steps.push(Step::Add(j));
            j += 1;
        }
    }
    steps
}

fn hunk(steps: &[Step], old: &[&str], new: &[&str], before: &[Step], text: &mut String) {
    let count = |steps: &[Step], old: bool| {
        let counts = |step: &&Step| match step {
            Step::Keep(_) => true,
            Step::Remove(_) => old,
            Step::Add(_) => !old,
        };
        steps.iter().filter(counts).count()
    };
    let range = |old: bool| {
        let (first, lines) = (count(before, old), count(steps, old));
        format!("{},{lines}", if lines == 0 { first } else { first + 1 })
    };
    let _ = writeln!(text, "@@ -{} +{} @@", range(true), range(false));
    for step in steps {
        let _ = match step {
            Step::Keep(line) => writeln!(text, " {}", old[*line]),
            Step::Remove(line) => writeln!(text, "-{}", old[*line]),
            Step::Add(line) => writeln!(text, "+{}", new[*line]),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::diff;

    #[test]
    fn changes_come_with_the_lines_around_them() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\n";
        let new = "a\nb\nc\nd\nE\nf\ng\nh\ni\nj\nk\nl\n";
        assert_eq!(
            diff("Dockerfile", old, new),
            "--- Dockerfile\n+++ Dockerfile\n@@ -2,10 +2,11 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n i\n j\n k\n+l\n"
        );
        assert_eq!(diff("x", "", "a\n"), "--- x\n+++ x\n@@ -0,0 +1,1 @@\n+a\n");
        assert_eq!(diff("x", old, old), "");
    }
}
