//! Heredocs: files written in the Dockerfile itself.

/// One `<<NAME` and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heredoc {
    /// The delimiter without quotes.
    pub name: String,
    /// The body as written, each line with its end; leading tabs are still there.
    pub content: String,
    /// The delimiter was not quoted: COPY and ADD expand variables in the body.
    pub expand: bool,
    /// `<<-`: leading tabs do not belong to the body.
    pub chomp: bool,
    /// The descriptor before `<<`.
    pub fd: Option<u32>,
}

impl Heredoc {
    /// The body with the leading tabs removed where `<<-` asks for it.
    #[must_use]
    pub fn body(&self) -> String {
        if !self.chomp {
            return self.content.clone();
        }
        self.content
            .split_inclusive('\n')
            .map(|line| line.trim_start_matches('\t'))
            .collect()
    }
}
