//! Expressions → paths: `pathlib`, `os.path` and the source's own `__file__`.

use ruff_python_ast::{self as ast, Expr, Operator};

use super::super::literal::Literal;
use super::super::path::{Base, FilePath};
use super::Walker;

/// The longest path that is followed, in bytes.
const MAX_PATH: usize = 4_096;

/// Methods of paths that give the same path.
const SAME: [&str; 4] = ["resolve", "absolute", "as_posix", "__str__"];

fn path(base: Base) -> Literal {
    Literal::Path(FilePath {
        base,
        rest: String::new(),
    })
}

fn bounded(path: Option<FilePath>) -> Literal {
    path.filter(|path| path.rest.len() <= MAX_PATH)
        .map_or(Literal::Unknown, Literal::Path)
}

impl Walker<'_> {
    /// The path that a call gives.
    pub(super) fn path_call(&self, call: &ast::ExprCall, depth: usize) -> Literal {
        let arguments = &call.arguments.args;
        let value =
            |at: usize| -> Option<Literal> { Some(self.literal_within(arguments.get(at)?, depth)) };
        if let Some(callee) = self.foreign_path(&call.func) {
            return match callee.as_str() {
                "pathlib.Path.home" => path(Base::Home),
                "pathlib.Path.cwd" | "os.getcwd" => path(Base::Working),
                "os.path.join" | "pathlib.Path" | "pathlib.PosixPath" | "pathlib.PurePath" => {
                    self.joined(None, arguments, depth)
                }
                "os.path.expanduser" => {
                    let path = value(0).and_then(|value| FilePath::of_literal(&value));
                    bounded(path.and_then(FilePath::expand_user))
                }
                "os.path.abspath" | "os.path.realpath" | "os.path.normpath" | "os.fspath"
                | "str" => match value(0) {
                    Some(same @ (Literal::Path(_) | Literal::Str(_))) => same,
                    _ => Literal::Unknown,
                },
                "os.path.dirname" => {
                    let path = value(0).and_then(|value| FilePath::of_literal(&value));
                    bounded(path.map(FilePath::parent))
                }
                "shlex.split" => value(0).map_or(Literal::Unknown, |text| words(&text)),
                _ => self.path_method(call, depth),
            };
        }
        self.path_method(call, depth)
    }

    /// A method of a path, or of a text.
    fn path_method(&self, call: &ast::ExprCall, depth: usize) -> Literal {
        let Expr::Attribute(method) = &*call.func else {
            return Literal::Unknown;
        };
        let name = method.attr.id.as_str();
        let of_path = SAME.contains(&name) || matches!(name, "joinpath" | "expanduser");
        let splits = name == "split" && call.arguments.is_empty();
        if !(of_path || splits) {
            return Literal::Unknown;
        }
        match (name, self.literal_within(&method.value, depth)) {
            ("split", text) => words(&text),
            ("joinpath", Literal::Path(path)) => {
                self.joined(Some(path), &call.arguments.args, depth)
            }
            ("expanduser", Literal::Path(path)) => bounded(path.expand_user()),
            (_, same @ Literal::Path(_)) => same,
            _ => Literal::Unknown,
        }
    }

    fn joined(&self, start: Option<FilePath>, parts: &[Expr], depth: usize) -> Literal {
        let mut joined = start;
        for part in parts {
            let part = self.literal_within(part, depth);
            joined = match joined {
                None => FilePath::of_literal(&part),
                Some(path) => path.join(&part),
            };
            if joined.is_none() {
                return Literal::Unknown;
            }
        }
        bounded(joined)
    }

    /// `path / part` and `path + "/part"`.
    pub(super) fn path_sum(&self, operator: Operator, left: Literal, right: &Literal) -> Literal {
        let joined = match (operator, left, right) {
            (Operator::Div, Literal::Path(path), part) => path.join(part),
            (Operator::Div, Literal::Str(text), Literal::Path(path)) => {
                FilePath::of(&text).join(&Literal::Path(path.clone()))
            }
            (
                Operator::Add,
                path @ (Literal::Path(_) | Literal::Env { .. }),
                Literal::Str(text),
            ) => FilePath::of_literal(&path).and_then(|path| path.plus(text)),
            _ => None,
        };
        bounded(joined)
    }

    /// `path.parent`.
    pub(super) fn path_attribute(&self, attribute: &ast::ExprAttribute, depth: usize) -> Literal {
        if attribute.attr.id.as_str() != "parent" {
            return Literal::Unknown;
        }
        match self.literal_within(&attribute.value, depth) {
            Literal::Path(path) => bounded(Some(path.parent())),
            _ => Literal::Unknown,
        }
    }

    /// `path.parents[1]`.
    pub(super) fn path_item(&self, subscript: &ast::ExprSubscript, depth: usize) -> Literal {
        let Expr::Attribute(attribute) = &*subscript.value else {
            return Literal::Unknown;
        };
        if attribute.attr.id.as_str() != "parents" {
            return Literal::Unknown;
        }
        let above = self.literal_within(&subscript.slice, depth).as_int();
        match (self.literal_within(&attribute.value, depth), above) {
            (Literal::Path(path), Some(above @ 0..=32)) => {
                bounded(Some((0..=above).fold(path, |path, _| path.parent())))
            }
            _ => Literal::Unknown,
        }
    }

    /// `f"{directory}/name"`, if every part is known.
    pub(super) fn formatted(&self, text: &ast::ExprFString, depth: usize) -> Literal {
        let mut whole = Literal::Str(String::new());
        for part in text.value.elements() {
            let more = match part {
                ast::InterpolatedStringElement::Literal(literal) => {
                    Literal::Str(literal.value.to_string())
                }
                ast::InterpolatedStringElement::Interpolation(inner)
                    if inner.format_spec.is_none()
                        && inner.debug_text.is_none()
                        && inner.conversion == ast::ConversionFlag::None =>
                {
                    self.literal_within(&inner.expression, depth)
                }
                ast::InterpolatedStringElement::Interpolation(_) => return Literal::Unknown,
            };
            whole = match (whole, more) {
                (Literal::Str(mut start), Literal::Str(more))
                    if start.len() + more.len() <= MAX_PATH =>
                {
                    start.push_str(&more);
                    Literal::Str(start)
                }
                (Literal::Str(start), path @ (Literal::Path(_) | Literal::Env { .. }))
                    if start.is_empty() =>
                {
                    path
                }
                (start, more) => self.path_sum(Operator::Add, start, &more),
            };
            if whole == Literal::Unknown {
                return whole;
            }
        }
        whole
    }
}

/// The words of a text without quotes.
fn words(text: &Literal) -> Literal {
    match text {
        Literal::Str(text) if !text.contains(['"', '\'', '\\']) => {
            let word = |word: &str| Literal::Str(word.to_owned());
            Literal::List(text.split_whitespace().take(64).map(word).collect())
        }
        _ => Literal::Unknown,
    }
}
