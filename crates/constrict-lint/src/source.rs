//! The text and its lines, counted as BuildKit counts them.

/// A Dockerfile's text.
pub(crate) struct Source<'a> {
    pub(crate) text: &'a [u8],
    /// Where each line starts.
    starts: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        let after = |(at, byte): (usize, &u8)| (*byte == b'\n').then_some(at + 1);
        let starts = std::iter::once(0).chain(text.iter().enumerate().filter_map(after));
        Self {
            text,
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
}
