//! Conditions that the target settles: version, platform, implementation, `TYPE_CHECKING`, the main guard.

use ruff_python_ast::{self as ast, BoolOp, CmpOp, Expr, Number, Operator, UnaryOp};

use super::super::literal::Literal;
use super::Walker;
use super::frame::Frame;
use super::scope::Known;

/// The truth of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    Known(bool),
    /// False at run time, true for type checkers.
    TypeChecking,
    /// True if the module is the one that was started; if not `sure`, on a further condition.
    Main {
        sure: bool,
    },
    Unknown,
}

/// A value that the target settles.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Str(String),
    Tuple(Vec<Value>),
    /// A tuple of which only the first elements are known: `sys.version_info`.
    OpenTuple(Vec<i64>),
    /// A string of which only the beginning is known: `sys.version`.
    OpenStr(String),
    /// A number between two, both included: `sys.hexversion`.
    Range(i64, i64),
}

impl Value {
    fn truth(&self) -> Option<bool> {
        Some(match self {
            Value::None => false,
            Value::Bool(value) => *value,
            Value::Int(value) => *value != 0,
            Value::Str(value) => !value.is_empty(),
            Value::Tuple(value) => !value.is_empty(),
            Value::OpenTuple(_) | Value::OpenStr(_) => true,
            Value::Range(low, _) => *low > 0,
        })
    }

    fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(value) => Some(*value),
            Value::Bool(value) => Some(i64::from(*value)),
            _ => None,
        }
    }

    fn ints(&self) -> Option<Vec<i64>> {
        match self {
            Value::Tuple(items) => items.iter().map(Value::as_int).collect(),
            _ => None,
        }
    }
}

impl Walker<'_> {
    /// The truth of a condition.
    pub(super) fn truth(&self, condition: &Expr) -> Truth {
        match condition {
            Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => match self.truth(&unary.operand) {
                Truth::Known(value) => Truth::Known(!value),
                Truth::TypeChecking => Truth::Known(true),
                Truth::Main { .. } | Truth::Unknown => Truth::Unknown,
            },
            Expr::BoolOp(bool_op) => self.truth_of_several(bool_op),
            Expr::Compare(compare) if is_main_guard(compare) => Truth::Main { sure: true },
            Expr::Name(name) if name.id.as_str() == "TYPE_CHECKING" => Truth::TypeChecking,
            Expr::Attribute(attribute) if attribute.attr.id.as_str() == "TYPE_CHECKING" => {
                Truth::TypeChecking
            }
            Expr::Named(named) => self.truth(&named.value),
            Expr::Name(_) if self.aliases_type_checking(condition) => Truth::TypeChecking,
            _ => match self.value(condition).and_then(|value| value.truth()) {
                Some(value) => Truth::Known(value),
                None => Truth::Unknown,
            },
        }
    }

    fn aliases_type_checking(&self, name: &Expr) -> bool {
        self.foreign_path(name)
            .is_some_and(|path| path.ends_with(".TYPE_CHECKING"))
    }

    fn truth_of_several(&self, several: &ast::ExprBoolOp) -> Truth {
        let truths: Vec<_> = several
            .values
            .iter()
            .map(|value| self.truth(value))
            .collect();
        let decisive = Truth::Known(several.op == BoolOp::Or);
        if truths.contains(&decisive) {
            return decisive;
        }
        let mut open = truths
            .into_iter()
            .filter(|truth| !matches!(truth, Truth::Known(_)));
        let Some(first) = open.next() else {
            return Truth::Known(several.op == BoolOp::And);
        };
        let rest: Vec<_> = open.collect();
        match several.op {
            BoolOp::And if first == Truth::TypeChecking || rest.contains(&Truth::TypeChecking) => {
                Truth::TypeChecking
            }
            BoolOp::And => {
                let main = |truth: &Truth| matches!(truth, Truth::Main { .. });
                let any = main(&first) || rest.iter().any(main);
                let sure = rest.is_empty() && first == Truth::Main { sure: true };
                if any {
                    Truth::Main { sure }
                } else {
                    Truth::Unknown
                }
            }
            // `TYPE_CHECKING or x` is `x`
            BoolOp::Or => {
                let mut at_run_time = std::iter::once(first)
                    .chain(rest)
                    .filter(|truth| *truth != Truth::TypeChecking);
                match (at_run_time.next(), at_run_time.next()) {
                    (None, _) => Truth::TypeChecking,
                    (Some(only), None) => only,
                    _ => Truth::Unknown,
                }
            }
        }
    }

    /// The value of an expression, if the target settles it.
    pub(super) fn value(&self, expression: &Expr) -> Option<Value> {
        match expression {
            Expr::NoneLiteral(_) => Some(Value::None),
            Expr::BooleanLiteral(literal) => Some(Value::Bool(literal.value)),
            Expr::StringLiteral(literal) => Some(Value::Str(literal.value.to_str().to_owned())),
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(number) => number.as_i64().map(Value::Int),
                _ => None,
            },
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                elts.iter()
                    .map(|part| self.value(part))
                    .collect::<Option<_>>()
                    .map(Value::Tuple)
            }
            Expr::Name(name) => self
                .value_of_name(name.id.as_str())
                .or_else(|| self.value_of_path(expression)),
            Expr::Attribute(_) => self.value_of_path(expression),
            Expr::Subscript(subscript) => self.value_of_subscript(subscript),
            Expr::Call(call) => self.value_of_call(call),
            Expr::Compare(compare) => self.value_of_compare(compare).map(Value::Bool),
            Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => self
                .value(&unary.operand)?
                .truth()
                .map(|value| Value::Bool(!value)),
            Expr::BinOp(operation) => {
                let (left, right) = (
                    self.value(&operation.left)?.as_int()?,
                    self.value(&operation.right)?.as_int()?,
                );
                let result = match operation.op {
                    Operator::Add => left.checked_add(right),
                    Operator::Sub => left.checked_sub(right),
                    Operator::Mult => left.checked_mul(right),
                    Operator::Pow => u32::try_from(right)
                        .ok()
                        .and_then(|right| left.checked_pow(right)),
                    Operator::LShift => u32::try_from(right)
                        .ok()
                        .filter(|by| *by < 62)
                        .and_then(|by| left.checked_mul(1 << by)),
                    _ => None,
                };
                result.map(Value::Int)
            }
            Expr::BoolOp(bool_op) => match self.truth_of_several(bool_op) {
                Truth::Known(value) => Some(Value::Bool(value)),
                _ => None,
            },
            Expr::If(choice) => match self.truth(&choice.test) {
                Truth::Known(true) => self.value(&choice.body),
                Truth::Known(false) => self.value(&choice.orelse),
                _ => None,
            },
            _ => None,
        }
    }

    /// A constant; a plain literal counts only where nothing can have changed it: in the straight run of the module.
    fn value_of_name(&self, name: &str) -> Option<Value> {
        if name == "__debug__" {
            return Some(Value::Bool(true));
        }
        match self.lookup(name)? {
            Known::Settled(value) => Some(value.clone()),
            Known::Value(literal) => {
                let straight = self.scopes.len() == 1
                    && !self.frames.iter().any(|frame| {
                        matches!(
                            frame,
                            Frame::Conditional | Frame::Absent(_) | Frame::Function
                        )
                    });
                match literal {
                    Literal::Bool(value) if straight => Some(Value::Bool(*value)),
                    Literal::Int(value) if straight => Some(Value::Int(*value)),
                    Literal::Str(value) if straight => Some(Value::Str(value.clone())),
                    Literal::None if straight => Some(Value::None),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn value_of_path(&self, expression: &Expr) -> Option<Value> {
        let path = self.foreign_path(expression)?;
        let (major, minor) = self.target.python;
        let (x, y) = (i64::from(major), i64::from(minor));
        let text = |value: &str| Some(Value::Str(value.to_owned()));
        match path.as_str() {
            "sys.version_info" => Some(Value::OpenTuple(vec![x, y])),
            "sys.version_info.major" => Some(Value::Int(x)),
            "sys.version_info.minor" => Some(Value::Int(y)),
            "sys.version" | "platform.python_version()" => {
                Some(Value::OpenStr(format!("{major}.{minor}.")))
            }
            "sys.hexversion" => {
                let low = (x << 24) + (y << 16);
                Some(Value::Range(low, low + 0xffff))
            }
            "sys.maxsize" => Some(Value::Int(i64::MAX)),
            "sys.platform" => text("linux"),
            "sys.byteorder" => text("little"),
            "sys.implementation.name" => text("cpython"),
            "os.name" => text("posix"),
            "os.sep" | "os.path.sep" => text("/"),
            "typing.TYPE_CHECKING" => Some(Value::Bool(false)),
            "six.PY2" | "future.utils.PY2" => Some(Value::Bool(false)),
            "six.PY3" | "six.PY34" | "future.utils.PY3" => Some(Value::Bool(true)),
            _ => None,
        }
    }

    fn value_of_subscript(&self, subscript: &ast::ExprSubscript) -> Option<Value> {
        let value = self.value(&subscript.value)?;
        if let Expr::Slice(slice) = &*subscript.slice {
            let from = match slice.lower.as_deref() {
                None => 0,
                Some(lower) => usize::try_from(self.value(lower)?.as_int()?).ok()?,
            };
            let to = usize::try_from(self.value(slice.upper.as_deref()?)?.as_int()?).ok()?;
            if slice.step.is_some() || from > to {
                return None;
            }
            return match value {
                Value::OpenTuple(items) => Some(Value::Tuple(
                    items
                        .get(from..to)?
                        .iter()
                        .copied()
                        .map(Value::Int)
                        .collect(),
                )),
                Value::Tuple(items) => {
                    Some(Value::Tuple(items.get(from..to.min(items.len()))?.to_vec()))
                }
                Value::OpenStr(text) => Some(Value::Str(text.get(from..to)?.to_owned())),
                Value::Str(text) => {
                    Some(Value::Str(text.get(from..to.min(text.len()))?.to_owned()))
                }
                _ => None,
            };
        }
        let index = usize::try_from(self.value(&subscript.slice)?.as_int()?).ok()?;
        match value {
            Value::OpenTuple(items) => items.get(index).copied().map(Value::Int),
            Value::Tuple(items) => items.get(index).cloned(),
            Value::OpenStr(text) | Value::Str(text) => text
                .get(index..=index)
                .map(|one| Value::Str(one.to_owned())),
            _ => None,
        }
    }

    fn value_of_call(&self, call: &ast::ExprCall) -> Option<Value> {
        if let Some(path) = self.foreign_path(&call.func) {
            let text = |value: &str| Some(Value::Str(value.to_owned()));
            match path.as_str() {
                "platform.system" => return text("Linux"),
                "platform.python_implementation" => return text("CPython"),
                "platform.python_version" => {
                    let (major, minor) = self.target.python;
                    return Some(Value::OpenStr(format!("{major}.{minor}.")));
                }
                "hasattr" | "getattr" => return self.value_of_probe(&path, call),
                "bool" => {
                    return self
                        .value(call.arguments.args.first()?)?
                        .truth()
                        .map(Value::Bool);
                }
                "int" | "str" | "tuple" => {
                    return match (path.as_str(), self.value(call.arguments.args.first()?)?) {
                        ("int", Value::Str(text)) => text.parse().ok().map(Value::Int),
                        ("int", value @ Value::Int(_)) | ("str", value @ Value::Str(_)) => {
                            Some(value)
                        }
                        ("tuple", value @ Value::Tuple(_)) => Some(value),
                        _ => None,
                    };
                }
                _ => {}
            }
        }
        let Expr::Attribute(method) = &*call.func else {
            return None;
        };
        let receiver = self.value(&method.value)?;
        match (method.attr.id.as_str(), receiver) {
            ("lower", Value::Str(text)) => Some(Value::Str(text.to_lowercase())),
            ("upper", Value::Str(text)) => Some(Value::Str(text.to_uppercase())),
            ("startswith", Value::Str(text)) => {
                self.starts(call, |prefix| Some(text.starts_with(prefix)))
            }
            ("startswith", Value::OpenStr(text)) => self.starts(call, |prefix| {
                let known = prefix.len() <= text.len() || !prefix.starts_with(&text);
                known.then(|| text.starts_with(prefix))
            }),
            ("endswith", Value::Str(text)) => {
                self.starts(call, |suffix| Some(text.ends_with(suffix)))
            }
            _ => None,
        }
    }

    fn starts(&self, call: &ast::ExprCall, test: impl Fn(&str) -> Option<bool>) -> Option<Value> {
        let prefixes = match self.value(call.arguments.args.first()?)? {
            Value::Str(prefix) => vec![prefix],
            Value::Tuple(items) => items
                .into_iter()
                .map(|item| match item {
                    Value::Str(prefix) => Some(prefix),
                    _ => None,
                })
                .collect::<Option<_>>()?,
            _ => return None,
        };
        let mut found = false;
        for prefix in prefixes {
            found |= test(&prefix)?;
        }
        Some(Value::Bool(found))
    }

    /// `hasattr(sys, "frozen")` and the like: marks of other implementations and of frozen programs.
    fn value_of_probe(&self, function: &str, call: &ast::ExprCall) -> Option<Value> {
        let [object, Expr::StringLiteral(name), default @ ..] = &*call.arguments.args else {
            return None;
        };
        if self.foreign_path(object)? != "sys" {
            return None;
        }
        let elsewhere = [
            "pypy_version_info",
            "pypy_translation_info",
            "frozen",
            "_MEIPASS",
            "getwindowsversion",
            "winver",
            "getandroidapilevel",
            "JYTHON_JAR",
            "importers",
        ];
        if !elsewhere.contains(&name.value.to_str()) {
            return None;
        }
        match function {
            "hasattr" => Some(Value::Bool(false)),
            _ => self.value(default.first()?),
        }
    }

    fn value_of_compare(&self, compare: &ast::ExprCompare) -> Option<bool> {
        let mut left = self.value(&compare.left)?;
        let mut holds = true;
        for (operator, right) in compare.ops.iter().zip(&compare.comparators) {
            let right = self.value(right)?;
            holds &= compare_values(&left, *operator, &right)?;
            left = right;
        }
        Some(holds)
    }
}

/// `__name__ == "__main__"`, either way round.
fn is_main_guard(compare: &ast::ExprCompare) -> bool {
    let name = |side: &Expr| matches!(side, Expr::Name(name) if name.id.as_str() == "__name__");
    let main = |side: &Expr| matches!(side, Expr::StringLiteral(text) if text.value.to_str() == "__main__");
    let ([CmpOp::Eq], [right]) = (&*compare.ops, &*compare.comparators) else {
        return false;
    };
    (name(&compare.left) && main(right)) || (main(&compare.left) && name(right))
}

fn compare_values(left: &Value, operator: CmpOp, right: &Value) -> Option<bool> {
    use std::cmp::Ordering;
    match operator {
        CmpOp::In | CmpOp::NotIn => {
            let found = match (left, right) {
                (Value::Str(part), Value::Str(text)) => text.contains(part.as_str()),
                (Value::Str(part), Value::OpenStr(text)) if text.contains(part.as_str()) => true,
                (Value::OpenStr(_) | Value::OpenTuple(_) | Value::Range(..), _) => return None,
                (item, Value::Tuple(items)) => items.contains(item),
                _ => return None,
            };
            return Some(found == (operator == CmpOp::In));
        }
        CmpOp::Is | CmpOp::IsNot => {
            let same = match (left, right) {
                (Value::None, Value::None) => true,
                (Value::Bool(left), Value::Bool(right)) => left == right,
                (Value::None, _) | (_, Value::None) => false,
                _ => return None,
            };
            return Some(same == (operator == CmpOp::Is));
        }
        _ => {}
    }
    let ordering = order(left, right)?;
    Some(match operator {
        CmpOp::Eq => ordering == Ordering::Equal,
        CmpOp::NotEq => ordering != Ordering::Equal,
        CmpOp::Lt => ordering == Ordering::Less,
        CmpOp::LtE => ordering != Ordering::Greater,
        CmpOp::Gt => ordering == Ordering::Greater,
        _ => ordering != Ordering::Less,
    })
}

/// How two values compare, if what is known of them settles it.
fn order(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    use std::cmp::Ordering;
    match (left, right) {
        (Value::OpenTuple(known), other) => {
            let other = other.ints()?;
            let shared = known.len().min(other.len());
            match known[..shared].cmp(&other[..shared]) {
                // what isn't known is not negative, and it makes it longer, hence greater, unless the other says more
                Ordering::Equal if other[shared..].iter().all(|part| *part == 0) => {
                    Some(Ordering::Greater)
                }
                Ordering::Equal => None,
                decided => Some(decided),
            }
        }
        (Value::OpenStr(known), Value::Str(other)) => {
            let shared = known.len().min(other.len());
            match known.as_bytes()[..shared].cmp(&other.as_bytes()[..shared]) {
                Ordering::Equal if other.len() <= known.len() => Some(Ordering::Greater),
                Ordering::Equal => None,
                decided => Some(decided),
            }
        }
        (Value::Range(low, high), Value::Int(other)) => match () {
            () if high < other => Some(Ordering::Less),
            () if low > other => Some(Ordering::Greater),
            // a release at that very number is the least that can be meant
            () if low == other => Some(Ordering::Greater),
            () => None,
        },
        (_, Value::OpenTuple(_) | Value::OpenStr(_) | Value::Range(..)) => {
            order(right, left).map(Ordering::reverse)
        }
        (Value::Tuple(left), Value::Tuple(right)) => {
            for (one, other) in left.iter().zip(right) {
                match order(one, other)? {
                    Ordering::Equal => {}
                    decided => return Some(decided),
                }
            }
            Some(left.len().cmp(&right.len()))
        }
        (Value::Str(left), Value::Str(right)) => Some(left.cmp(right)),
        (left, right) => Some(left.as_int()?.cmp(&right.as_int()?)),
    }
}
