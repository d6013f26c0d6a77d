//! Heredocs: files written in the Dockerfile itself, and where a line announces them.
//!
//! Never reads a body: lines are [`node`](crate::node)'s.

use crate::expand::{delimiter_words, heredoc_line_words};

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

    /// Whether a line, without its end, is the one that ends the body.
    pub(crate) fn ends_at(&self, line: &str) -> bool {
        let line = if self.chomp {
            line.trim_start_matches('\t')
        } else {
            line
        };
        line == self.name
    }

    /// The heredoc that a whole word announces: `[fd]<<[-]NAME`.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let after_digits = word.trim_start_matches(|ch: char| ch.is_ascii_digit());
        let digits = &word[..word.len() - after_digits.len()];
        let rest = after_digits.strip_prefix("<<")?;
        let (chomp, rest) = rest
            .strip_prefix('-')
            .map_or((false, rest), |rest| (true, rest));
        let rest = rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
        if rest.is_empty() || rest.contains('<') {
            return None;
        }
        let [name] = <[String; 1]>::try_from(delimiter_words(rest, false).ok()?).ok()?;
        let [raw] = <[String; 1]>::try_from(delimiter_words(rest, true).ok()?).ok()?;
        let quotes = |text: &str| text.matches(['\'', '"']).count();
        Some(Self {
            expand: quotes(&name) == quotes(&raw),
            name,
            content: String::new(),
            chomp,
            fd: digits.parse().ok(),
        })
    }
}

/// The heredocs that a line announces, in order; none if its quotes are not balanced.
pub(crate) fn announced(line: &str) -> Vec<Heredoc> {
    if !line.contains("<<") {
        return Vec::new();
    }
    let words = heredoc_line_words(line).unwrap_or_default();
    words
        .iter()
        .filter_map(|word| Heredoc::parse(word))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::announced;

    fn shapes(line: &str) -> Vec<String> {
        let shape = |h: &super::Heredoc| {
            format!(
                "{}{}{}{}",
                h.fd.map(|fd| fd.to_string()).unwrap_or_default(),
                if h.chomp { "-" } else { "" },
                h.name,
                if h.expand { "" } else { " raw" }
            )
        };
        announced(line).iter().map(shape).collect()
    }

    #[test]
    fn announcements_are_whole_words_outside_quotes() {
        assert_eq!(shapes("RUN cat <<EOF"), ["EOF"]);
        assert_eq!(shapes("RUN cat<<EOF"), [""; 0]);
        assert_eq!(shapes("RUN cat <<<EOF"), [""; 0]);
        assert_eq!(shapes("RUN echo \"<<EOF\" '<<EOF'"), [""; 0]);
        assert_eq!(shapes("RUN echo \"it's\" <<EOF | sh"), ["EOF"]);
        assert_eq!(shapes("RUN echo it's <<EOF"), [""; 0]);
        assert_eq!(shapes("RUN cat <<EOF; echo"), ["EOF;"]);
        assert_eq!(shapes("RUN cat <<  EOF"), ["EOF"]);
        assert_eq!(shapes("RUN cat << EOF >x"), ["EOF"]);
        assert_eq!(shapes("RUN echo $((1<<2))"), [""; 0]);
        assert_eq!(shapes("RUN echo \\<<EOF"), [""; 0]);
    }

    #[test]
    fn descriptors_tabs_and_quotes_are_told() {
        assert_eq!(shapes("RUN 3<<A 4<<-B cat"), ["3A", "4-B"]);
        assert_eq!(
            shapes("RUN <<\"A\" <<'B' <<C\"D\""),
            ["A raw", "B raw", "CD raw"]
        );
        assert_eq!(shapes("RUN <<$EOF <<${E}"), ["$EOF", "${E}"]);
        assert_eq!(shapes("RUN <<\"A B\""), ["A B raw"]);
        assert_eq!(shapes("RUN <<\\EOF"), ["EOF"]);
    }
}
