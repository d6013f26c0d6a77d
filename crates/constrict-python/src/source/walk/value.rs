//! Expressions → literals, as far as the text tells.

use ruff_python_ast::{self as ast, BoolOp, Expr, Number, Operator, UnaryOp};

use super::super::literal::Literal;
use super::super::path::{Base, FilePath};
use super::Walker;
use super::scope::Known;

/// Bounds on one literal.
const MAX_TEXT: usize = 4_096;
const MAX_ITEMS: usize = 256;
const MAX_DEPTH: usize = 6;

impl Walker<'_> {
    /// The literal that an expression is; what can't be told is [`Literal::Unknown`].
    pub(super) fn literal(&self, expression: &Expr) -> Literal {
        self.literal_within(expression, MAX_DEPTH)
    }

    pub(super) fn literal_within(&self, expression: &Expr, depth: usize) -> Literal {
        let Some(depth) = depth.checked_sub(1) else {
            return Literal::Unknown;
        };
        let items = |elements: &[Expr]| -> Vec<Literal> {
            elements
                .iter()
                .map(|one| self.literal_within(one, depth))
                .collect()
        };
        match expression {
            Expr::NoneLiteral(_) => Literal::None,
            Expr::BooleanLiteral(literal) => Literal::Bool(literal.value),
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(number) => number.as_i64().map_or(Literal::Unknown, Literal::Int),
                Number::Float(number) => Literal::Float(*number),
                Number::Complex { .. } => Literal::Unknown,
            },
            Expr::StringLiteral(literal) if literal.value.len() <= MAX_TEXT => {
                Literal::Str(literal.value.to_str().to_owned())
            }
            Expr::List(list) if list.elts.len() <= MAX_ITEMS => Literal::List(items(&list.elts)),
            Expr::Set(set) if set.elts.len() <= MAX_ITEMS => Literal::List(items(&set.elts)),
            Expr::Tuple(tuple) if tuple.elts.len() <= MAX_ITEMS => {
                Literal::Tuple(items(&tuple.elts))
            }
            Expr::Dict(dict) if dict.items.len() <= MAX_ITEMS => {
                let pair = |item: &ast::DictItem| {
                    let key = item
                        .key
                        .as_ref()
                        .map_or(Literal::Unknown, |key| self.literal_within(key, depth));
                    (key, self.literal_within(&item.value, depth))
                };
                Literal::Dict(dict.items.iter().map(pair).collect())
            }
            Expr::UnaryOp(unary) => negated(unary, self.literal_within(&unary.operand, depth)),
            Expr::BinOp(operation) if operation.op == Operator::Div => self.path_sum(
                operation.op,
                self.literal_within(&operation.left, depth),
                &self.literal_within(&operation.right, depth),
            ),
            Expr::BinOp(operation) if operation.op == Operator::Add => {
                match (
                    self.literal_within(&operation.left, depth),
                    self.literal_within(&operation.right, depth),
                ) {
                    (Literal::Str(left), Literal::Str(right))
                        if left.len() + right.len() <= MAX_TEXT =>
                    {
                        Literal::Str(left + &right)
                    }
                    (Literal::List(mut left), Literal::List(right))
                        if left.len() + right.len() <= MAX_ITEMS =>
                    {
                        left.extend(right);
                        Literal::List(left)
                    }
                    (left, right) => self.path_sum(operation.op, left, &right),
                }
            }
            Expr::BoolOp(either) if either.op == BoolOp::Or => self.env_or(either, depth),
            Expr::FString(text) => self.formatted(text, depth),
            Expr::Call(call) => match self.env_call(call, depth) {
                Literal::Unknown => self.path_call(call, depth),
                known => known,
            },
            Expr::Subscript(subscript) => match self.env_item(subscript) {
                Literal::Unknown => self.path_item(subscript, depth),
                known => known,
            },
            Expr::Name(name)
                if name.id.as_str() == "__file__" && self.lookup("__file__").is_none() =>
            {
                Literal::Path(FilePath {
                    base: Base::Source { up: 0 },
                    rest: String::new(),
                })
            }
            Expr::Name(name) => match self.lookup(name.id.as_str()) {
                Some(Known::Value(literal)) => literal.clone(),
                Some(Known::Other) => Literal::Unknown,
                _ => self.named(expression),
            },
            Expr::Attribute(attribute) => match self.path_attribute(attribute, depth) {
                Literal::Unknown => self.named(expression),
                known => known,
            },
            _ => Literal::Unknown,
        }
    }

    fn named(&self, expression: &Expr) -> Literal {
        match self.dotted(expression) {
            Some(dotted) if !dotted.path.contains("()") => Literal::Name(dotted.path),
            _ => Literal::Unknown,
        }
    }

    /// `os.environ.get("X") or "default"`.
    fn env_or(&self, either: &ast::ExprBoolOp, depth: usize) -> Literal {
        let [first, second] = &*either.values else {
            return Literal::Unknown;
        };
        match (
            self.literal_within(first, depth),
            self.literal_within(second, depth),
        ) {
            (
                Literal::Env {
                    name,
                    default: None,
                },
                default,
            ) if default != Literal::Unknown => Literal::Env {
                name,
                default: Some(Box::new(default)),
            },
            (env @ Literal::Env { .. }, _) => env,
            _ => Literal::Unknown,
        }
    }

    /// `os.environ.get("X", default)`, `os.getenv`, and conversions around them.
    fn env_call(&self, call: &ast::ExprCall, depth: usize) -> Literal {
        let Some(path) = self.foreign_path(&call.func) else {
            return Literal::Unknown;
        };
        let arguments = &call.arguments;
        match path.as_str() {
            "os.environ.get" | "os.getenv" | "os.environ.setdefault" | "os.environ.pop" => {
                let Some(Expr::StringLiteral(name)) = arguments.find_argument_value("key", 0)
                else {
                    return Literal::Unknown;
                };
                let default = arguments.find_argument_value("default", 1);
                let default = default.map(|default| self.literal_within(default, depth));
                Literal::Env {
                    name: name.value.to_str().to_owned(),
                    default: default
                        .filter(|default| *default != Literal::None)
                        .map(Box::new),
                }
            }
            "int" | "str" | "bool" | "float" => {
                let Some(inner) = arguments.args.first() else {
                    return Literal::Unknown;
                };
                let inner = self.literal_within(inner, depth);
                match (path.as_str(), inner) {
                    (_, env @ Literal::Env { .. }) => env,
                    ("int", Literal::Str(text)) => {
                        text.trim().parse().map_or(Literal::Unknown, Literal::Int)
                    }
                    ("int", value @ Literal::Int(_)) | ("str", value @ Literal::Str(_)) => value,
                    ("str", Literal::Int(number)) => Literal::Str(number.to_string()),
                    _ => Literal::Unknown,
                }
            }
            _ => Literal::Unknown,
        }
    }

    /// `os.environ["X"]`.
    fn env_item(&self, subscript: &ast::ExprSubscript) -> Literal {
        match (
            self.foreign_path(&subscript.value).as_deref(),
            &*subscript.slice,
        ) {
            (Some("os.environ"), Expr::StringLiteral(name)) => Literal::Env {
                name: name.value.to_str().to_owned(),
                default: None,
            },
            _ => Literal::Unknown,
        }
    }
}

fn negated(unary: &ast::ExprUnaryOp, operand: Literal) -> Literal {
    match (unary.op, operand) {
        (UnaryOp::USub, Literal::Int(number)) => {
            number.checked_neg().map_or(Literal::Unknown, Literal::Int)
        }
        (UnaryOp::USub, Literal::Float(number)) => Literal::Float(-number),
        (UnaryOp::Not, Literal::Bool(value)) => Literal::Bool(!value),
        _ => Literal::Unknown,
    }
}
