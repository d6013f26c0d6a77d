//! Patterns of `case` and `${NAME#…}`: `*`, `?`, `[…]`. Never looks at files.

/// Whether the whole of `text` matches; each character of the pattern says whether it is quoted.
pub(crate) fn matches(text: &str, pattern: &[(char, bool)]) -> bool {
    let text: Vec<char> = text.chars().collect();
    covers(&text, pattern)
}

/// Without recursion: the last `*` is where it goes on after a mismatch.
fn covers(text: &[char], pattern: &[(char, bool)]) -> bool {
    let (mut at, mut wanted) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        match pattern.get(wanted) {
            Some(('*', false)) => {
                star = Some((wanted + 1, at));
                wanted += 1;
                continue;
            }
            Some(_) if at < text.len() => {
                if let Some(length) = one(text[at], &pattern[wanted..]) {
                    at += 1;
                    wanted += length;
                    continue;
                }
            }
            None if at == text.len() => return true,
            _ => {}
        }
        match star {
            Some((after, from)) if from < text.len() => {
                star = Some((after, from + 1));
                (wanted, at) = (after, from + 1);
            }
            _ => return false,
        }
    }
}

/// How much of the pattern one character takes, if it matches.
fn one(next: char, pattern: &[(char, bool)]) -> Option<usize> {
    match pattern[0] {
        ('?', false) => Some(1),
        ('[', false) => match set(next, pattern) {
            Some((true, length)) => Some(length),
            Some((false, _)) => None,
            None => (next == '[').then_some(1),
        },
        (wanted, _) => (wanted == next).then_some(1),
    }
}

/// Whether a character is in the set that the pattern begins with, and the set's length; `None` if it has no end.
fn set(next: char, pattern: &[(char, bool)]) -> Option<(bool, usize)> {
    let negated = matches!(pattern.get(1), Some(('!' | '^', false)));
    let first = 1 + usize::from(negated);
    let end = first
        + 1
        + pattern
            .get(first + 1..)?
            .iter()
            .position(|(next, _)| *next == ']')?;
    let members: Vec<char> = pattern[first..end].iter().map(|(next, _)| *next).collect();
    let mut found = false;
    let mut at = 0;
    while at < members.len() {
        if members.get(at + 1) == Some(&'-') && at + 2 < members.len() {
            found |= (members[at]..=members[at + 2]).contains(&next);
            at += 3;
        } else {
            found |= members[at] == next;
            at += 1;
        }
    }
    Some((found != negated, end + 1))
}

/// `value` without the shortest or longest beginning or end that matches.
pub(crate) fn removed(value: &str, pattern: &[(char, bool)], suffix: bool, long: bool) -> String {
    let text: Vec<char> = value.chars().take(4096).collect();
    let cut = |length: usize| match suffix {
        true => (&text[..text.len() - length], &text[text.len() - length..]),
        false => (&text[length..], &text[..length]),
    };
    let mut lengths: Vec<usize> = (0..=text.len()).collect();
    if long {
        lengths.reverse();
    }
    let found = lengths
        .into_iter()
        .find(|length| covers(cut(*length).1, pattern));
    cut(found.unwrap_or(0)).0.iter().collect()
}
