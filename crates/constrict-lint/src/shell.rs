//! A shell script cut into simple commands, near enough to tell which programs run with which words.
//!
//! Never expands anything: `$x` stays as it is written. Knows quotes, comments, lists, pipelines, subshells, `$(…)`,
//! redirections and heredocs; control words are dropped. What it cannot make out it takes for words.

/// Deeper substitutions are not looked into.
const DEEPEST: usize = 8;

/// A simple command: its program and arguments, quotes removed, assignments and redirections gone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Command {
    pub(crate) words: Vec<String>,
}

impl Command {
    /// The program as it is called.
    pub(crate) fn name(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// The program's file name.
    pub(crate) fn program(&self) -> &str {
        basename(self.name())
    }

    /// What follows the program.
    pub(crate) fn arguments(&self) -> &[String] {
        self.words.get(1..).unwrap_or_default()
    }

    /// Whether a word is among the arguments.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.arguments().iter().any(|argument| argument == word)
    }

    /// Whether a flag is among the arguments: a long one by its name, a short one by its letter, alone or with others.
    pub(crate) fn has_flag(&self, long: &str, short: Option<char>) -> bool {
        self.arguments().iter().any(|argument| {
            match (argument.strip_prefix("--"), argument.strip_prefix('-')) {
                (Some(rest), _) => rest.split('=').next() == Some(long),
                (None, Some(letters)) => short.is_some_and(|short| letters.contains(short)),
                (None, None) => false,
            }
        })
    }
}

/// The last part of a path.
pub(crate) fn basename(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A script's commands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Script {
    /// In the order they are written; those of a `$(…)` before the command that it is part of.
    pub(crate) commands: Vec<Command>,
    /// A command's output goes into another.
    pub(crate) has_pipe: bool,
}

/// Cuts a script.
pub(crate) fn parse(text: &str) -> Script {
    let mut script = Script::default();
    let chars: Vec<char> = text.chars().collect();
    Scanner {
        chars: &chars,
        at: 0,
        depth: 0,
        script: &mut script,
        command: Vec::new(),
        is_quoted: false,
        word: None,
        drops_word: false,
        heredocs: Vec::new(),
    }
    .run();
    script
}

struct Scanner<'s> {
    chars: &'s [char],
    at: usize,
    depth: usize,
    script: &'s mut Script,
    /// The words so far, each with whether a part of it was quoted.
    command: Vec<(String, bool)>,
    word: Option<String>,
    is_quoted: bool,
    /// The word that comes is a redirection's.
    drops_word: bool,
    /// Delimiters of heredocs whose bodies come after this line.
    heredocs: Vec<(String, bool)>,
}

impl Scanner<'_> {
    fn run(mut self) {
        while let Some(ch) = self.next() {
            self.step(ch);
        }
        self.end_command();
    }

    fn next(&mut self) -> Option<char> {
        let ch = self.chars.get(self.at).copied();
        self.at += 1;
        ch
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn takes(&mut self, ch: char) -> bool {
        let is_next = self.peek() == Some(ch);
        self.at += usize::from(is_next);
        is_next
    }

    fn step(&mut self, ch: char) {
        match ch {
            '\n' => {
                self.end_command();
                self.skip_heredocs();
            }
            ch if ch.is_whitespace() => self.end_word(),
            '#' if self.word.is_none() => {
                while self.peek().is_some_and(|ch| ch != '\n') {
                    self.at += 1;
                }
            }
            ';' | '(' | ')' => self.end_command(),
            '&' if self.peek() == Some('>') => {
                self.at += 1;
                self.takes('>');
                self.redirect();
            }
            '&' => {
                self.takes('&');
                self.end_command();
            }
            '|' => {
                let is_or = self.takes('|');
                self.takes('&');
                self.script.has_pipe |= !is_or;
                self.end_command();
            }
            '<' | '>' => self.redirection(ch),
            '\\' => {
                if let Some(escaped) = self.next().filter(|ch| *ch != '\n') {
                    self.push(escaped);
                }
            }
            '\'' => self.single_quoted(),
            '"' => self.double_quoted(),
            '`' => self.backquoted(),
            '$' => self.dollar(),
            ch => self.push(ch),
        }
    }

    fn push(&mut self, ch: char) {
        self.word.get_or_insert_default().push(ch);
    }

    fn end_word(&mut self) {
        let is_quoted = std::mem::take(&mut self.is_quoted);
        let Some(word) = self.word.take() else { return };
        if std::mem::take(&mut self.drops_word) {
            return;
        }
        self.command.push((word, is_quoted));
    }

    fn end_command(&mut self) {
        self.end_word();
        self.drops_word = false;
        let words = std::mem::take(&mut self.command);
        let mut words = words.into_iter().skip_while(|(word, is_quoted)| {
            is_assignment(word) || (!is_quoted && CONTROL.contains(&word.as_str()))
        });
        let Some((first, is_quoted)) = words.next() else {
            return;
        };
        if !is_quoted && HEADS.contains(&first.as_str()) {
            return;
        }
        let words = std::iter::once(first)
            .chain(words.map(|(word, _)| word))
            .collect();
        self.script.commands.push(Command { words });
    }

    fn redirect(&mut self) {
        // a number right before the sign is a descriptor
        match self.word.take() {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {}
            word => self.word = word,
        }
        self.end_word();
        self.drops_word = true;
    }

    fn redirection(&mut self, ch: char) {
        let is_process = self.peek() == Some('(');
        if is_process {
            return;
        }
        self.redirect();
        if ch == '>' {
            self.takes('>');
            self.takes('|');
            self.takes('&');
            return;
        }
        if !self.takes('<') {
            self.takes('&');
            return;
        }
        if self.takes('<') {
            return;
        }
        let strips_tabs = self.takes('-');
        while self.peek().is_some_and(|ch| ch == ' ') {
            self.at += 1;
        }
        let mut delimiter = String::new();
        while let Some(ch) = self
            .peek()
            .filter(|ch| !ch.is_whitespace() && !";&|<>()".contains(*ch))
        {
            self.at += 1;
            if !matches!(ch, '\'' | '"' | '\\') {
                delimiter.push(ch);
            }
        }
        self.drops_word = false;
        if !delimiter.is_empty() {
            self.heredocs.push((delimiter, strips_tabs));
        }
    }

    fn skip_heredocs(&mut self) {
        for (delimiter, strips_tabs) in std::mem::take(&mut self.heredocs) {
            loop {
                let start = self.at.min(self.chars.len());
                let line: String = self.chars[start..]
                    .iter()
                    .take_while(|ch| **ch != '\n')
                    .collect();
                self.at = start + line.chars().count() + 1;
                let line = if strips_tabs {
                    line.trim_start_matches('\t')
                } else {
                    &line
                };
                if line == delimiter || self.at > self.chars.len() {
                    break;
                }
            }
        }
    }

    fn single_quoted(&mut self) {
        self.word.get_or_insert_default();
        self.is_quoted = true;
        while let Some(ch) = self.next().filter(|ch| *ch != '\'') {
            self.push(ch);
        }
    }

    fn double_quoted(&mut self) {
        self.word.get_or_insert_default();
        self.is_quoted = true;
        while let Some(ch) = self.next() {
            match ch {
                '"' => return,
                '\\' => match self.next() {
                    Some(escaped @ ('"' | '\\' | '$' | '`')) => self.push(escaped),
                    Some('\n') | None => {}
                    Some(other) => {
                        self.push('\\');
                        self.push(other);
                    }
                },
                '$' => self.dollar(),
                '`' => self.backquoted(),
                ch => self.push(ch),
            }
        }
    }

    fn backquoted(&mut self) {
        let start = self.at;
        while self.peek().is_some_and(|ch| ch != '`') {
            self.at += 1;
        }
        let end = self.at.min(self.chars.len());
        self.at += 1;
        self.push('`');
        self.inner(start, end);
    }

    /// `$x` and `${x}` as they are; what `$(…)` runs is cut as well.
    fn dollar(&mut self) {
        self.push('$');
        match self.peek() {
            Some('{') => {
                while let Some(ch) = self.next() {
                    self.push(ch);
                    if ch == '}' {
                        return;
                    }
                }
            }
            Some('(') => {
                let start = self.at + 1;
                let mut open = 0usize;
                while let Some(ch) = self.next() {
                    self.push(ch);
                    match ch {
                        '(' => open += 1,
                        ')' => open -= 1,
                        _ => {}
                    }
                    if open == 0 {
                        break;
                    }
                }
                let end = self.at.saturating_sub(1).min(self.chars.len());
                // an arithmetic expression runs nothing
                if self.chars.get(start) != Some(&'(') {
                    self.inner(start, end);
                }
            }
            _ => {}
        }
    }

    fn inner(&mut self, start: usize, end: usize) {
        if self.depth >= DEEPEST || start >= end {
            return;
        }
        Scanner {
            chars: &self.chars[start..end],
            at: 0,
            depth: self.depth + 1,
            script: self.script,
            command: Vec::new(),
            word: None,
            is_quoted: false,
            drops_word: false,
            heredocs: Vec::new(),
        }
        .run();
    }
}

/// Words before a command that are none of it.
const CONTROL: [&str; 12] = [
    "if", "then", "else", "elif", "fi", "do", "done", "while", "until", "{", "}", "!",
];

/// Words that begin something that is no command.
const HEADS: [&str; 5] = ["for", "case", "esac", "select", "function"];

/// `NAME=value`.
pub(crate) fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        let is_start = |ch: char| ch.is_ascii_alphabetic() || ch == '_';
        name.starts_with(is_start) && name.chars().all(|ch| is_start(ch) || ch.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn commands(text: &str) -> Vec<String> {
        parse(text)
            .commands
            .iter()
            .map(|command| command.words.join("·"))
            .collect()
    }

    #[test]
    fn lists_and_pipelines_are_cut() {
        assert_eq!(
            commands(
                "apt-get update && apt-get install -y 'a b' \"c=$d\"; (cd x || exit 1) | tee y"
            ),
            [
                "apt-get·update",
                "apt-get·install·-y·a b·c=$d",
                "cd·x",
                "exit·1",
                "tee·y"
            ]
        );
        assert!(parse("a | b").has_pipe);
        assert!(!parse("a || b 'c | d'").has_pipe);
    }

    #[test]
    fn control_words_assignments_and_redirections_are_gone() {
        assert_eq!(
            commands(
                "set -e; if [ -f x ]; then A=1 B='c d' run y > z 2>&1 < w; fi; for i in 1 2; do echo $i; done # end"
            ),
            ["set·-e", "[·-f·x·]", "run·y", "echo·$i"]
        );
        assert_eq!(
            commands("echo a 2>/dev/null b &> log; c<d"),
            ["echo·a·b", "c"]
        );
    }

    #[test]
    fn substitutions_are_looked_into() {
        assert_eq!(
            commands("x \"$(curl -s u | sh)\" $((1+2)) ${a:-b c}"),
            ["curl·-s·u", "sh", "x·$(curl -s u | sh)·$((1+2))·${a:-b c}"]
        );
        assert_eq!(commands("x `y z`"), ["y·z", "x·`"]);
    }

    #[test]
    fn bodies_of_heredocs_are_no_commands() {
        assert_eq!(
            commands("cat <<EOF > x && y\nrm -rf /\nEOF\nz"),
            ["cat", "y", "z"]
        );
        assert_eq!(commands("cat <<EOF"), ["cat"]);
    }

    #[test]
    fn deep_and_broken_scripts_end() {
        assert_eq!(parse(&"$(".repeat(10_000)).commands.len(), 9);
        parse(&"\"$(`".repeat(1000));
        parse("a 'b");
        parse("<<");
    }
}
