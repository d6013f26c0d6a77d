//! The text and its lines, counted as BuildKit counts them.

use constrict_dockerfile::Span;

/// A Dockerfile's text.
pub(crate) struct Source<'a> {
    text: &'a [u8],
    escape: u8,
    /// Where each line starts.
    starts: Vec<usize>,
}

impl<'a> Source<'a> {
    /// A text whose continuation mark is `escape`.
    pub(crate) fn new(text: &'a [u8], escape: char) -> Self {
        let after = |(at, byte): (usize, &u8)| (*byte == b'\n').then_some(at + 1);
        let starts = std::iter::once(0).chain(text.iter().enumerate().filter_map(after));
        Self {
            text,
            escape: u8::try_from(escape).unwrap_or(b'\\'),
            starts: starts.filter(|start| *start < text.len().max(1)).collect(),
        }
    }

    /// The line of a byte, from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1)
    }

    /// How many lines there are.
    pub(crate) fn count(&self) -> usize {
        self.starts.len()
    }

    /// The text of a line, counted from 1, without its end.
    pub(crate) fn text_of(&self, line: usize) -> &'a [u8] {
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let end = self.starts.get(line).map_or(self.text.len(), |end| *end);
        self.text[start..end].trim_ascii_end()
    }

    /// The first and the last line of an instruction. One that the file's end cuts off after a continuation mark has all
    /// that follows it.
    pub(crate) fn lines(&self, span: Span) -> (usize, usize) {
        let first = self.line(span.start);
        let last = self.line(span.end.saturating_sub(1).max(span.start));
        let continues = |line: &[u8]| {
            let before = line.strip_suffix(&[self.escape]);
            before.is_some_and(|before| before.last() != Some(&self.escape))
        };
        let says_nothing = |line: usize| {
            let text = self.text_of(line).trim_ascii_start();
            text.is_empty() || text.starts_with(b"#")
        };
        let is_cut = continues(self.text_of(last))
            && !says_nothing(last)
            && (last + 1..=self.starts.len()).all(says_nothing);
        (first, if is_cut { self.starts.len() } else { last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, part: &str) -> (usize, usize) {
        let start = text.find(part).unwrap();
        Source::new(text.as_bytes(), '\\').lines(Span::new(start, start + part.len()))
    }

    #[test]
    fn instructions_have_the_lines_that_they_are_written_on() {
        let text = "FROM a\nRUN b \\\n  c\nRUN d\n";
        assert_eq!(lines(text, "FROM a"), (1, 1));
        assert_eq!(lines(text, "RUN b \\\n  c"), (2, 3));
        assert_eq!(lines(text, "RUN d"), (4, 4));
    }

    #[test]
    fn an_instruction_that_is_cut_off_has_the_rest_of_the_file() {
        let text = "FROM a\nRUN b \\\n\n# c\n\n";
        assert_eq!(lines(text, "RUN b \\"), (2, 5));
        let text = "FROM a\nRUN b \\\\\n\n# c\n";
        assert_eq!(lines(text, "RUN b \\\\"), (2, 2));
    }
}
