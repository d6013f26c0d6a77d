//! `$x` and `${x...}`: which variable, which operator, which value.

use super::ExpandError;
use super::lexer::Lexer;
use super::pattern::Pattern;

impl Lexer<'_> {
    /// The value of the substitution that starts at `$`.
    pub(super) fn dollar(&mut self) -> Result<String, ExpandError> {
        self.next();
        if self.peek() != Some('{') {
            let name = self.name();
            if name.is_empty() {
                return Ok("$".to_owned());
            }
            return Ok(match self.variable(&name) {
                None if self.mode.keeps_unset() => format!("${name}"),
                value => value.unwrap_or_default(),
            });
        }
        self.next();
        match self.peek() {
            None => return Err(ExpandError::UnclosedBrace),
            Some('{' | '}' | ':') => return Err(ExpandError::BadSubstitution),
            Some(_) => {}
        }
        let name = self.name();
        match self.next() {
            Some('}') => Ok(match self.variable(&name) {
                None if self.mode.keeps_unset() => format!("${{{name}}}"),
                value => value.unwrap_or_default(),
            }),
            Some(':') => {
                let operator = self.next();
                self.operator(&name, true, operator)
            }
            Some(operator @ ('+' | '-' | '?' | '#' | '%')) => {
                self.operator(&name, false, Some(operator))
            }
            Some('/') => self.replacement(&name),
            other => Err(ExpandError::UnsupportedModifier(
                other.unwrap_or('\u{fffd}').to_string(),
            )),
        }
    }

    /// A variable's name: a special parameter, digits, or letters, digits and underscores; possibly empty.
    fn name(&mut self) -> String {
        let mut name = String::new();
        match self.peek() {
            Some(ch) if ch.is_numeric() => {
                while self.peek().is_some_and(char::is_numeric) {
                    name.extend(self.next());
                }
            }
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => name.extend(self.next()),
            _ => {
                while self
                    .peek()
                    .is_some_and(|ch| ch.is_alphanumeric() || ch == '_')
                {
                    name.extend(self.next());
                }
            }
        }
        name
    }

    /// `${name:-word}` and its like; `colon`: an empty value counts as none.
    fn operator(
        &mut self,
        name: &str,
        colon: bool,
        operator: Option<char>,
    ) -> Result<String, ExpandError> {
        let operator_text = || {
            let colon = if colon { ":" } else { "" };
            format!("{colon}{}", operator.unwrap_or('\u{fffd}'))
        };
        let trims = matches!(operator, Some('#' | '%'));
        let word = self
            .read_until('}', trims)?
            .ok_or(ExpandError::UnclosedBrace)?;
        let value = self.variable(name);
        if value.is_none() && self.mode.keeps_unset() {
            return Ok(format!("${{{name}{}{word}}}", operator_text()));
        }
        let counts = value
            .as_ref()
            .is_some_and(|value| !(colon && value.is_empty()));
        match operator {
            Some('-') => Ok(if counts {
                value.unwrap_or_default()
            } else {
                word
            }),
            Some('+') => Ok(if counts { word } else { String::new() }),
            Some('?') if counts => Ok(value.unwrap_or_default()),
            Some('?') => {
                let default = if value.is_none() { "unset" } else { "empty" };
                let message = if word.is_empty() {
                    format!("is not allowed to be {default}")
                } else {
                    word
                };
                Err(ExpandError::Required {
                    name: name.to_owned(),
                    message,
                })
            }
            Some(end @ ('#' | '%')) => {
                let (pattern, longest) = match word.strip_prefix(end) {
                    Some(pattern) => (pattern, true),
                    None => (word.as_str(), false),
                };
                let pattern = Pattern::parse(pattern)?;
                let value = value.unwrap_or_default();
                let kept = if end == '#' {
                    pattern.without_prefix(&value, longest)
                } else {
                    pattern.without_suffix(&value, longest)
                };
                Ok(kept.to_owned())
            }
            _ => Err(ExpandError::UnsupportedModifier(operator_text())),
        }
    }

    /// `${name/pattern/replacement}` and `${name//pattern/replacement}`.
    fn replacement(&mut self, name: &str) -> Result<String, ExpandError> {
        let everywhere = self.peek() == Some('/');
        if everywhere {
            self.next();
        }
        let pattern = self
            .read_until('/', true)?
            .ok_or(ExpandError::MissingSlash)?;
        let replacement = self
            .read_until('}', true)?
            .ok_or(ExpandError::UnclosedBrace)?;
        let value = self.variable(name);
        if value.is_none() && self.mode.keeps_unset() {
            return Ok(format!("${{{name}/{pattern}/{replacement}}}"));
        }
        let value = value.unwrap_or_default();
        let pattern = Pattern::parse(&pattern)?;
        Ok(if everywhere {
            pattern.replace_all(&value, &replacement)
        } else {
            pattern.replace_first(&value, &replacement)
        })
    }
}
