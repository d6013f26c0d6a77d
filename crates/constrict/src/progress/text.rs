//! Text that fits on a line of a terminal: how wide it is, and what of it can be shown.

/// What a terminal would show of a line of output: no escape sequences or other control characters, and of a line that
/// is written over by carriage returns the last version.
pub(crate) fn visible(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let last = text
        .trim_end_matches(['\r', '\n'])
        .rsplit('\r')
        .find(|part| !part.trim().is_empty())
        .unwrap_or_default();
    let mut shown = String::new();
    let mut rest = last.chars();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => skip_escape(&mut rest),
            '\t' => shown.push(' '),
            // marks that turn the direction of text could disguise it
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            c if c.is_control() => {}
            c => shown.push(c),
        }
    }
    shown.trim_end().into()
}

/// Skips the rest of an escape sequence.
fn skip_escape(rest: &mut std::str::Chars<'_>) {
    match rest.next() {
        // control sequences end with a letter or one of a few signs
        Some('[') => drop(rest.find(|c| ('@'..='~').contains(c))),
        // commands to the terminal end with BEL or ESC \
        Some(']' | 'P' | '^' | '_') => {
            while let Some(c) = rest.next() {
                if c == '\u{7}' || (c == '\u{1b}' && rest.next().is_some()) {
                    return;
                }
            }
        }
        _ => {}
    }
}

/// How many columns a character takes.
fn columns(c: char) -> usize {
    match u32::from(c) {
        // combining marks, joiners, variation selectors
        0x300..=0x36f | 0x200b..=0x200f | 0x20d0..=0x20ff | 0xfe00..=0xfe0f => 0,
        // East Asian and emoji
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// How many columns a text takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// `text` cut to `limit` columns, with `…` if something is missing.
pub(crate) fn fit(text: &str, limit: usize) -> String {
    if width(text) <= limit {
        return text.into();
    }
    let mut used = 0;
    let mut cut = String::new();
    for c in text.chars() {
        if used + columns(c) + 1 > limit {
            break;
        }
        used += columns(c);
        cut.push(c);
    }
    if limit > 0 {
        cut.push('…');
    }
    cut
}

/// `text` in lines of at most `limit` columns, broken between words where it can be; all but the first are indented.
pub(crate) fn wrap(text: &str, limit: usize, indent: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut words = text.split(' ');
    let mut line = words.next().unwrap_or_default().to_string();
    for word in words {
        if !line.trim().is_empty() && width(&line) + 1 + width(word) > limit {
            lines.push(std::mem::replace(&mut line, format!("{indent}{word}")));
        } else {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::{fit, visible, width, wrap};

    #[test]
    fn messages_are_broken_between_words() {
        let text = "warning: RUN uses the host's network: pasta is not installed";
        assert_eq!(
            wrap(text, 30, "  "),
            [
                "warning: RUN uses the host's",
                "  network: pasta is not",
                "  installed"
            ]
        );
        assert_eq!(wrap(text, 80, "  "), [text]);
        assert_eq!(
            wrap("a verylongword b", 5, " "),
            ["a", " verylongword", " b"]
        );
        assert_eq!(wrap("   not cached: x", 80, ""), ["   not cached: x"]);
    }

    #[test]
    fn output_is_shown_without_control_characters() {
        let cases: [(&[u8], &str); 7] = [
            (b"plain", "plain"),
            (b"a\tb \x07", "a b"),
            (b"\x1b[31mred\x1b[0m", "red"),
            (b"\x1b]0;title\x07text", "text"),
            (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
            (b" 10%\r 50%\r100%\r\n", "100%"),
            (b"\xff\x1b[", "\u{fffd}"),
        ];
        for (line, expected) in cases {
            assert_eq!(visible(line), expected, "{line:?}");
        }
    }

    #[test]
    fn text_is_cut_to_columns() {
        assert_eq!(fit("abcdef", 6), "abcdef");
        assert_eq!(fit("abcdefg", 6), "abcde…");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(fit("abc", 0), "");
        assert_eq!(width("e\u{301}日"), 3);
    }
}
