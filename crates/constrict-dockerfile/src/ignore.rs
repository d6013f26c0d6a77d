//! `.dockerignore`: which paths of a context do not belong to it. Also the patterns of `--exclude`.
//!
//! Never reads a file. Format: one pattern a line, `#` comments, `!` exceptions; the last match decides. A pattern that
//! matches a directory matches what is below it; `**` is any number of directories. The rules are those of
//! moby/patternmatcher, its oddities included: `**x` at the start matches any path that ends with `x`.

use std::borrow::Cow;

use crate::glob::{BadPattern, Glob, Matcher, Stars};

/// The patterns of an ignore file.
#[derive(Debug, Clone, Default)]
pub struct Ignore {
    patterns: Vec<Pattern>,
}

/// Why an ignore file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IgnoreError {
    /// A malformed pattern.
    #[error("invalid pattern `{pattern}` on line {line}: {reason}")]
    Pattern {
        /// Line, from 1.
        line: usize,
        /// The pattern.
        pattern: String,
        /// What is wrong.
        reason: BadPattern,
    },
    /// `!` and nothing else.
    #[error("illegal exclusion pattern `!` on line {line}")]
    LoneException {
        /// Line, from 1.
        line: usize,
    },
}

/// Which patterns a directory matched: what is below it matches them too.
#[derive(Debug, Clone, Default)]
pub struct Matched(Vec<bool>);

#[derive(Debug, Clone)]
struct Pattern {
    line: usize,
    text: String,
    exception: bool,
    form: Form,
}

/// How a pattern is compared, chosen as moby/patternmatcher does.
#[derive(Debug, Clone)]
enum Form {
    Exact(String),
    /// `prefix**`
    Prefix(String),
    /// `**suffix`
    Suffix(String),
    Automaton(Matcher),
}

impl Form {
    fn parse(pattern: &str) -> Result<Self, BadPattern> {
        // the syntax is that of Go's filepath.Match, whatever follows
        Glob::parse(pattern)?;
        let special = |text: &str| text.contains(['*', '?', '[', ']', '\\']);
        if !special(pattern) {
            return Ok(Self::Exact(pattern.to_owned()));
        }
        if let Some(suffix) = pattern.strip_prefix("**")
            && !special(suffix)
        {
            return Ok(Self::Suffix(suffix.to_owned()));
        }
        if let Some(prefix) = pattern.strip_suffix("**")
            && !special(prefix)
        {
            return Ok(Self::Prefix(prefix.to_owned()));
        }
        Matcher::parse(pattern, Stars::Directories).map(Self::Automaton)
    }

    fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(text) => path == text,
            Self::Prefix(prefix) => path.starts_with(prefix.as_str()),
            Self::Suffix(suffix) => {
                path.ends_with(suffix.as_str()) || suffix.strip_prefix('/') == Some(path)
            }
            Self::Automaton(matcher) => matcher.matches(path),
        }
    }

    fn could_match_below(&self, dir: &str) -> bool {
        let below = |text: &str| {
            text.strip_prefix(dir)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        match self {
            Self::Exact(text) => below(text),
            Self::Prefix(prefix) => below(prefix) || format!("{dir}/").starts_with(prefix.as_str()),
            Self::Suffix(_) => true,
            Self::Automaton(matcher) => matcher.could_match_below(dir),
        }
    }
}

impl Ignore {
    /// Parses an ignore file.
    ///
    /// # Errors
    /// A malformed pattern.
    pub fn parse(text: &[u8]) -> Result<Self, IgnoreError> {
        let text =
            String::from_utf8_lossy(text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text));
        let mut patterns = Vec::new();
        for (index, line) in text.split('\n').enumerate() {
            let text = line.trim();
            if line.starts_with('#') || text.is_empty() {
                continue;
            }
            let (exception, path) = text
                .strip_prefix('!')
                .map_or((false, text), |path| (true, path.trim()));
            let path = if path.is_empty() {
                String::new()
            } else {
                clean(path)
            };
            let path = if path.len() > 1 {
                path.strip_prefix('/').unwrap_or(&path)
            } else {
                &path
            };
            patterns.extend(pattern(index + 1, text, exception, path)?);
        }
        Ok(Self { patterns })
    }

    /// Patterns given one by one, such as those of `--exclude`; they are not made relative.
    ///
    /// # Errors
    /// A malformed pattern; its line is its position from 1.
    pub fn from_patterns<S: AsRef<str>>(texts: &[S]) -> Result<Self, IgnoreError> {
        let mut patterns = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let text = text.as_ref().trim();
            if text.is_empty() {
                continue;
            }
            let cleaned = clean(text);
            let (exception, path) = cleaned
                .strip_prefix('!')
                .map_or((false, cleaned.as_str()), |path| (true, path));
            patterns.extend(pattern(index + 1, text, exception, path)?);
        }
        Ok(Self { patterns })
    }

    /// No pattern at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether the path, relative to the context and with `/`, is ignored.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.decide(path).is_some_and(|pattern| !pattern.exception)
    }

    /// Whether the path is ignored, compared as it is written; only the directories above it are taken clean. That is how
    /// BuildKit's build check looks at the sources of COPY, where a build would look at files.
    #[must_use]
    pub fn matches_as_written(&self, path: &str) -> bool {
        let above = path
            .rsplit_once('/')
            .map_or(".".to_owned(), |(above, _)| clean(&format!("{above}/")));
        let ends = above.match_indices('/').map(|(end, _)| end);
        let above: Vec<&str> = match above.as_str() {
            "." => Vec::new(),
            above => ends.chain([above.len()]).map(|end| &above[..end]).collect(),
        };
        let mut ignored = false;
        for pattern in &self.patterns {
            let hits = |path: &str| pattern.form.matches(path);
            if pattern.exception == ignored && (hits(path) || above.iter().any(|dir| hits(dir))) {
                ignored = !pattern.exception;
            }
        }
        ignored
    }

    /// The line that decides about the path: its number from 1 and its text; `None` if no line speaks of it.
    #[must_use]
    pub fn deciding_line(&self, path: &str) -> Option<(usize, &str)> {
        self.decide(path)
            .map(|pattern| (pattern.line, pattern.text.as_str()))
    }

    /// Whether the path is ignored, given what its directory matched; what it matched itself is for what is below it.
    ///
    /// For a walk: each path costs one comparison a pattern. The root's is `Matched::default()`.
    #[must_use]
    pub fn step(&self, path: &str, parent: &Matched) -> (bool, Matched) {
        let (decisive, matched) = self.step_deciding(path, parent);
        (decisive.is_some_and(|pattern| !pattern.exception), matched)
    }

    /// Whether a directory can be left out wholesale: it is ignored and no exception can match below it.
    #[must_use]
    pub fn prunes(&self, dir: &str) -> bool {
        let dir = relative(dir);
        self.matches(&dir) && !self.may_except_below(&dir)
    }

    /// Whether an exception could match below a directory; if none can, what is below an ignored one is ignored.
    #[must_use]
    pub fn may_except_below(&self, dir: &str) -> bool {
        self.patterns
            .iter()
            .any(|pattern| pattern.exception && pattern.form.could_match_below(dir))
    }

    fn decide(&self, path: &str) -> Option<&Pattern> {
        let path = relative(path);
        if path == "." || self.patterns.is_empty() {
            return None;
        }
        let mut matched = Matched::default();
        for (end, _) in path.match_indices('/') {
            matched = self.step_deciding(&path[..end], &matched).1;
        }
        self.step_deciding(&path, &matched).0
    }

    fn step_deciding(&self, path: &str, parent: &Matched) -> (Option<&Pattern>, Matched) {
        let mut matched = vec![false; self.patterns.len()];
        let mut ignored = false;
        let mut decisive = None;
        for (index, pattern) in self.patterns.iter().enumerate() {
            let inherited = parent.0.get(index).copied().unwrap_or_default();
            // a pattern that could change nothing is not asked, and so is not inherited either
            let hit = inherited || (pattern.exception == ignored && pattern.form.matches(path));
            matched[index] = hit;
            if hit {
                ignored = !pattern.exception;
                decisive = Some(pattern);
            }
        }
        (decisive, Matched(matched))
    }
}

fn pattern(
    line: usize,
    text: &str,
    exception: bool,
    path: &str,
) -> Result<Option<Pattern>, IgnoreError> {
    if path.is_empty() {
        return if exception {
            Err(IgnoreError::LoneException { line })
        } else {
            Ok(None)
        };
    }
    let form = Form::parse(path).map_err(|reason| IgnoreError::Pattern {
        line,
        pattern: path.to_owned(),
        reason,
    })?;
    Ok(Some(Pattern {
        line,
        text: text.to_owned(),
        exception,
        form,
    }))
}

/// A path relative to the context, however it was written.
fn relative(path: &str) -> Cow<'_, str> {
    let is_clean = |part: &str| !matches!(part, "" | "." | "..");
    if path.split('/').all(is_clean) {
        return Cow::Borrowed(path);
    }
    let cleaned = clean(path);
    Cow::Owned(match cleaned.strip_prefix('/') {
        Some("") => ".".to_owned(),
        Some(relative) => relative.to_owned(),
        None => cleaned,
    })
}

/// The shortest equal path, as Go's `filepath.Clean` has it.
pub(crate) fn clean(path: &str) -> String {
    let is_rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if is_rooted => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (is_rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}
