//! Words of an instruction's arguments: at blanks, and at blanks outside quotes.
//!
//! Never removes a quote: [`expand`](crate::expand) does, when it makes values of words.

/// What separates words outside quotes. A no-break space, for one, does not.
pub(crate) fn is_blank(ch: char) -> bool {
    matches!(ch, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// The words between blanks; quotes mean nothing.
pub(crate) fn split(text: &str) -> Vec<&str> {
    text.split(is_blank)
        .filter(|word| !word.is_empty())
        .collect()
}

/// The first word and what follows the blanks after it.
pub(crate) fn split_first(text: &str) -> (&str, Option<&str>) {
    match text.split_once(is_blank) {
        Some((first, rest)) => (first, Some(rest.trim_start_matches(is_blank))),
        None => (text, None),
    }
}

/// Where a scan for quoted words stands.
enum Phase {
    Blanks,
    Word,
    Quote(char),
}

/// The words between blanks that stand outside quotes, quotes and escapes kept.
pub(crate) fn split_quoted(text: &str, escape: char) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut phase = Phase::Blanks;
    let mut chars = text.chars();
    while let Some(ch) = chars.next() {
        match phase {
            Phase::Blanks if ch.is_whitespace() => continue,
            Phase::Word if ch.is_whitespace() => {
                phase = Phase::Blanks;
                words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                continue;
            }
            Phase::Quote(open) => {
                if ch == open {
                    phase = Phase::Word;
                }
                if ch != escape || open == '\'' {
                    word.push(ch);
                    continue;
                }
            }
            Phase::Blanks | Phase::Word => {
                phase = if matches!(ch, '\'' | '"') {
                    Phase::Quote(ch)
                } else {
                    Phase::Word
                };
                if ch != escape {
                    word.push(ch);
                    continue;
                }
            }
        }
        // an escape and what it escapes stay; a lone one at the end goes
        if let Some(escaped) = chars.next() {
            word.push(ch);
            word.push(escaped);
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

#[cfg(test)]
mod tests {
    use super::{split_first, split_quoted};

    #[test]
    fn quotes_and_escapes_keep_blanks_in_a_word() {
        assert_eq!(
            split_quoted(r#" a="b c"  d=e\ f 'g h'i "#, '\\'),
            [r#"a="b c""#, r"d=e\ f", "'g h'i"]
        );
        assert_eq!(
            split_quoted(r#"a="x\" y" b='\' c\"#, '\\'),
            [r#"a="x\" y""#, r"b='\'", "c"]
        );
        assert_eq!(split_quoted(r#"a=` b "" c"#, '`'), ["a=` b", "\"\"", "c"]);
    }

    #[test]
    fn an_unclosed_quote_runs_to_the_end() {
        assert_eq!(split_quoted("a 'b c", '\\'), ["a", "'b c"]);
    }

    #[test]
    fn the_first_word_ends_at_blanks_of_ascii() {
        assert_eq!(split_first("a \t b c"), ("a", Some("b c")));
        assert_eq!(split_first("a\u{a0}b"), ("a\u{a0}b", None));
    }
}
