//! How deep the syntax tree of a source can get, found from its tokens alone: what is too deep is never parsed.
//!
//! The parser and every walk over its tree recurse. Brackets and blocks nest by themselves; operators, attributes and
//! calls in a row lean to one side and nest too, so each counts one until a comma or the end of the statement.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::Mode;
use ruff_python_parser::lexer::lex;

use crate::{Error, Result};

/// Open brackets: CPython's tokenizer has the same limit.
const MAX_BRACKETS: usize = 200;

/// Blocks: CPython's tokenizer has the same limit.
const MAX_INDENT: usize = 100;

/// Links of a chain such as `a.b.c` or `1 + 1 + 1`, brackets included.
pub(super) const MAX_CHAIN: usize = 5_000;

/// What is less deep than this is parsed on the caller's stack.
pub(super) const SHALLOW: usize = 64;

/// One bracket that is open, or the statement.
#[derive(Default)]
struct Level {
    /// Links since the last comma.
    links: usize,
    /// The longest run so far.
    longest: usize,
}

impl Level {
    fn end_run(&mut self) {
        self.longest = self.longest.max(self.links);
        self.links = 0;
    }
}

/// The depth of the tree, at most.
///
/// # Errors
///
/// [`Error::TooDeep`] beyond the bounds.
pub(super) fn measure(text: &str) -> Result<usize> {
    let mut lexer = lex(text, Mode::Module);
    let mut levels = vec![Level::default()];
    let (mut indent, mut deepest) = (0usize, 0usize);
    loop {
        let kind = lexer.next_token();
        let Some(top) = levels.last_mut() else {
            return Err(Error::TooDeep);
        };
        match kind {
            TokenKind::EndOfFile => return Ok(deepest),
            TokenKind::Indent => indent += 1,
            TokenKind::Dedent => indent = indent.saturating_sub(1),
            TokenKind::Newline | TokenKind::Semi => {
                levels.truncate(1);
                levels[0] = Level::default();
            }
            TokenKind::Comma => top.end_run(),
            TokenKind::Lpar
            | TokenKind::Lsqb
            | TokenKind::Lbrace
            | TokenKind::FStringStart
            | TokenKind::TStringStart => {
                levels.push(Level::default());
            }
            TokenKind::Rpar
            | TokenKind::Rsqb
            | TokenKind::Rbrace
            | TokenKind::FStringEnd
            | TokenKind::TStringEnd => {
                top.end_run();
                let inner = top.longest + 1;
                if levels.len() > 1 {
                    levels.pop();
                    if let Some(outer) = levels.last_mut() {
                        outer.links += inner;
                    }
                }
            }
            kind if links(kind) => top.links += 1,
            _ => continue,
        }
        let depth = indent + levels.iter().map(|level| level.links + 1).sum::<usize>();
        if depth > MAX_CHAIN || levels.len() > MAX_BRACKETS || indent > MAX_INDENT {
            return Err(Error::TooDeep);
        }
        deepest = deepest.max(depth);
    }
}

/// Tokens that put one node into another.
fn links(kind: TokenKind) -> bool {
    kind.is_operator()
        || matches!(
            kind,
            TokenKind::And
                | TokenKind::Or
                | TokenKind::Not
                | TokenKind::In
                | TokenKind::Is
                | TokenKind::If
                | TokenKind::Else
                | TokenKind::For
                | TokenKind::Lambda
                | TokenKind::Await
                | TokenKind::Yield
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_flat_and_chains_are_deep() {
        let list = format!("x = [{}]", "1 + 2, ".repeat(50_000));
        assert!(measure(&list).unwrap() < 10);
        let lines = "x = a.b.c(d)\n".repeat(50_000);
        assert!(measure(&lines).unwrap() < 10);
        for deep in [
            format!("x = {}1{}", "(".repeat(201), ")".repeat(201)),
            format!("x = a{}", ".b".repeat(6_000)),
            format!("x = 1{}", " + 1".repeat(6_000)),
            format!("x = {}1", "not ".repeat(6_000)),
            format!("x = {}1", "lambda: ".repeat(6_000)),
            format!("x = f{}", "()".repeat(6_000)),
            format!("x = {}1", "-".repeat(6_000)),
            format!("x = {}1{}", "[".repeat(100_000), "]".repeat(100_000)),
        ] {
            assert_eq!(measure(&deep), Err(Error::TooDeep), "{}", &deep[..20]);
        }
        assert_eq!(
            measure(&format!("x = a{}", ".b".repeat(1_000))).map(|depth| depth > 999),
            Ok(true)
        );
    }

    #[test]
    fn blocks_count() {
        let mut source = String::new();
        for level in 0..101 {
            source.push_str(&" ".repeat(level));
            source.push_str("if x:\n");
        }
        source.push_str(&" ".repeat(101));
        source.push_str("pass\n");
        assert_eq!(measure(&source), Err(Error::TooDeep));
    }
}
