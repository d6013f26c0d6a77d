//! What a source does to the file system, and the programs that it insists on.

use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::TextSize;

use super::super::fact::{Act, Required, Root, Write};
use super::super::literal::Literal;
use super::super::path::FilePath;
use super::frame::{Failure, Frame};
use super::scope::Known;
use super::{MAX_CALLS, Walker, start};

impl<'a> Walker<'a> {
    /// Notes a call that makes or changes a file, if its path is known.
    pub(super) fn record_write(&mut self, call: &'a ast::ExprCall) {
        let Some((path, act)) = self.written(call) else {
            return;
        };
        if self.facts.writes.len() >= MAX_CALLS {
            self.facts.truncated = true;
            return;
        }
        // under `if not os.path.exists(path)` it happens where it matters: when nothing is there
        let frames = self.frames.clone();
        self.frames
            .retain(|frame| !matches!(frame, Frame::Absent(absent) if *absent == path));
        let place = self.place(start(call), Some(Failure::Permission));
        self.frames = frames;
        self.facts.writes.push(Write {
            path,
            act,
            line: place.line,
            need: place.need,
            body: place.body,
        });
    }

    fn written(&self, call: &ast::ExprCall) -> Option<(FilePath, Act)> {
        let argument = |name: &str, at: usize| call.arguments.find_argument_value(name, at);
        let path = |name: &str| {
            let value = argument(name, 0)?;
            FilePath::of_literal(&self.literal(value))
        };
        let changes = |at: usize| {
            let mode = argument("mode", at).map(|mode| self.literal(mode));
            mode.is_some_and(|mode| {
                mode.as_str()
                    .is_some_and(|mode| mode.contains(['w', 'a', 'x']))
            })
        };
        let delayed = || call.arguments.find_keyword("delay").is_some();
        let dotted = self.dotted(&call.func);
        if let Some(dotted) = dotted.filter(|dotted| dotted.root != Root::Local) {
            let found = match dotted.path.as_str() {
                "open" if dotted.root == Root::Builtin && changes(1) => {
                    Some((path("file"), Act::File))
                }
                "io.open" if changes(1) => Some((path("file"), Act::File)),
                "codecs.open" if changes(1) => Some((path("filename"), Act::File)),
                "os.makedirs" => Some((path("name"), Act::Directory { parents: true })),
                "os.mkdir" => Some((path("path"), Act::Directory { parents: false })),
                "logging.basicConfig" => {
                    let file = call.arguments.find_keyword("filename");
                    let file =
                        file.and_then(|file| FilePath::of_literal(&self.literal(&file.value)));
                    Some((file, Act::File))
                }
                "logging.FileHandler"
                | "logging.handlers.RotatingFileHandler"
                | "logging.handlers.TimedRotatingFileHandler"
                | "logging.handlers.WatchedFileHandler"
                    if !delayed() =>
                {
                    Some((path("filename"), Act::File))
                }
                "sqlite3.connect" => {
                    let name = path("database").filter(|path| {
                        !path.rest.starts_with(':') && !path.rest.starts_with("file:")
                    });
                    Some((name, Act::Database))
                }
                _ => None,
            };
            if let Some((path, act)) = found {
                return Some((path?, act));
            }
        }
        let Expr::Attribute(method) = &*call.func else {
            return None;
        };
        let act = match method.attr.id.as_str() {
            "mkdir" => {
                let parents = argument("parents", 1).map(|parents| self.literal(parents));
                Act::Directory {
                    parents: parents == Some(Literal::Bool(true)),
                }
            }
            "touch" | "write_text" | "write_bytes" => Act::File,
            "open" if changes(0) => Act::File,
            _ => return None,
        };
        match self.literal(&method.value) {
            Literal::Path(path) => Some((path, act)),
            _ => None,
        }
    }

    /// The path that isn't there when the condition holds: `not os.path.exists(path)`, `not path.is_dir()`.
    pub(super) fn absent_path(&self, condition: &Expr) -> Option<FilePath> {
        let Expr::UnaryOp(ast::ExprUnaryOp {
            op: ast::UnaryOp::Not,
            operand,
            ..
        }) = condition
        else {
            return None;
        };
        let Expr::Call(call) = &**operand else {
            return None;
        };
        match self.foreign_path(&call.func).as_deref() {
            Some("os.path.exists" | "os.path.isdir" | "os.path.isfile" | "os.path.lexists") => {
                FilePath::of_literal(&self.literal(call.arguments.args.first()?))
            }
            _ => {
                let Expr::Attribute(method) = &*call.func else {
                    return None;
                };
                let asks = matches!(method.attr.id.as_str(), "exists" | "is_dir" | "is_file");
                match self.literal(&method.value) {
                    Literal::Path(path) if asks => Some(path),
                    _ => None,
                }
            }
        }
    }

    /// The program that `shutil.which(…)` looks for, itself or by a name for what it gave.
    fn sought(&self, value: &Expr) -> Option<String> {
        match value {
            Expr::Call(call) => self.looked_up(call),
            Expr::Name(name) => match self.lookup(name.id.as_str())? {
                Known::Program(program) => Some(program.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// The program that a call of `shutil.which` looks for.
    pub(super) fn looked_up(&self, call: &ast::ExprCall) -> Option<String> {
        let which = self.foreign_path(&call.func)? == "shutil.which";
        let alone = call.arguments.len() == 1;
        let program = self.literal(call.arguments.find_argument_value("cmd", 0)?);
        program
            .as_str()
            .filter(|_| which && alone)
            .map(str::to_owned)
    }

    /// The program whose absence makes a condition hold: `not shutil.which("x")`, `which("x") is None`.
    fn absent_program(&self, condition: &Expr) -> Option<String> {
        match condition {
            Expr::UnaryOp(unary) if unary.op == ast::UnaryOp::Not => self.sought(&unary.operand),
            Expr::Compare(compare) => match (&*compare.ops, &*compare.comparators) {
                ([ast::CmpOp::Is | ast::CmpOp::Eq], [Expr::NoneLiteral(_)]) => {
                    self.sought(&compare.left)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Notes `if not shutil.which("x"): raise …`.
    pub(super) fn record_required(&mut self, condition: &Expr, body: &[Stmt]) {
        let fails = match body.last() {
            Some(Stmt::Raise(_)) => true,
            Some(Stmt::Expr(expression)) => {
                self.exits(&expression.value) && says_failure(&expression.value)
            }
            _ => false,
        };
        if fails && let Some(program) = self.absent_program(condition) {
            self.require(program, start(condition));
        }
    }

    /// Notes `assert shutil.which("x")`.
    pub(super) fn record_asserted(&mut self, condition: &Expr) {
        let asked = match condition {
            Expr::Compare(compare) => match (&*compare.ops, &*compare.comparators) {
                ([ast::CmpOp::IsNot | ast::CmpOp::NotEq], [Expr::NoneLiteral(_)]) => {
                    self.sought(&compare.left)
                }
                _ => None,
            },
            _ => self.sought(condition),
        };
        if let Some(program) = asked {
            self.require(program, start(condition));
        }
    }

    fn require(&mut self, program: String, offset: TextSize) {
        // what is raised may be caught
        let tried = |frame: &Frame| matches!(frame, Frame::Attempt { .. });
        if self.frames.iter().any(tried) || self.facts.required.len() >= MAX_CALLS {
            return;
        }
        let place = self.place(offset, None);
        self.facts.required.push(Required {
            program,
            line: place.line,
            need: place.need,
            body: place.body,
        });
    }
}

/// `sys.exit(1)`, `sys.exit("no git")`: not `sys.exit()`, `sys.exit(0)`.
fn says_failure(exit: &Expr) -> bool {
    let Expr::Call(call) = exit else {
        return false;
    };
    match call.arguments.args.first() {
        None | Some(Expr::NoneLiteral(_)) => false,
        Some(Expr::NumberLiteral(number)) => {
            !matches!(&number.value, ast::Number::Int(status) if status.as_u8() == Some(0))
        }
        Some(_) => true,
    }
}
