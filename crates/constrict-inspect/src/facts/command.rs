//! Programs that the application's own modules run: `subprocess.run(["git", …])`, `os.system("git …")`, `shutil.which`.
//!
//! Never says whether a program is there. Of a shell's command only the first word is read.

use constrict_python::source::{Call, Form, Literal};

use super::environment::Environment;
use super::imports::{Closure, OwnModule, Reach};

/// A program that is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// As it is looked up: `git`, `/usr/bin/git`.
    pub program: String,
    /// How sure it is that it is run, and that the source fails if it is not there.
    pub need: Reach,
    /// The source.
    pub path: Vec<u8>,
    /// First line 1.
    pub line: usize,
    /// The imports to the source.
    pub chain: Vec<String>,
}

/// How a call takes a program.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A list of words, or one word; a shell's text with `shell=True`.
    Words,
    /// The argument at this place names the program.
    Name(usize),
    /// A shell's text.
    Shell,
}

/// Calls that run a program, and whether they fail by themselves if it is not there.
#[rustfmt::skip]
const CALLS: &[(&str, Shape, bool)] = &[
    ("subprocess.run", Shape::Words, true),
    ("subprocess.Popen", Shape::Words, true),
    ("subprocess.call", Shape::Words, true),
    ("subprocess.check_call", Shape::Words, true),
    ("subprocess.check_output", Shape::Words, true),
    ("subprocess.getoutput", Shape::Shell, false),
    ("subprocess.getstatusoutput", Shape::Shell, false),
    ("asyncio.create_subprocess_exec", Shape::Name(0), true),
    ("asyncio.create_subprocess_shell", Shape::Shell, false),
    ("os.execlp", Shape::Name(0), true),
    ("os.execvp", Shape::Name(0), true),
    ("os.execv", Shape::Name(0), true),
    ("os.execl", Shape::Name(0), true),
    ("os.posix_spawnp", Shape::Name(0), true),
    ("os.spawnlp", Shape::Name(1), false),
    ("os.spawnvp", Shape::Name(1), false),
    ("os.system", Shape::Shell, false),
    ("os.popen", Shape::Shell, false),
    ("pexpect.spawn", Shape::Shell, false),
    ("pexpect.run", Shape::Shell, false),
];
/// Calls that ask for a program.
const ASKING: &[&str] = &["shutil.which", "distutils.spawn.find_executable"];
/// What a shell does by itself.
const BUILTINS: &[&str] = &[
    "alias", "break", "cd", "command", "continue", "echo", "eval", "exec", "exit", "export",
    "false", "for", "getopts", "hash", "if", "kill", "printf", "pwd", "read", "return", "set",
    "shift", "test", "time", "times", "trap", "true", "type", "ulimit", "umask", "unset", "until",
    "wait", "while", "source", "case",
];

/// What the modules of a program run, and what they ask for.
#[derive(Clone, Debug, Default)]
pub struct Commands {
    /// What is run, module by module, in order.
    pub run: Vec<Command>,
    /// What `shutil.which` is asked for, other than to fail without it.
    pub asked: Vec<String>,
    /// It is asked for programs whose names only the run tells.
    pub asks_any: bool,
}

impl Commands {
    /// Reads the application's modules of one program.
    pub fn of(closure: &Closure, environment: &Environment) -> Commands {
        let mut commands = Commands::default();
        for module in &closure.own {
            for call in &module.source.calls {
                if ASKING.contains(&call.callee.as_str()) {
                    match call.args.first().and_then(Literal::as_str) {
                        Some(name) => commands.asked.push(name.to_string()),
                        None => commands.asks_any = true,
                    }
                }
                commands.run.extend(command(module, call, environment));
            }
            commands
                .run
                .extend(module.source.required.iter().filter_map(|required| {
                    let need = module.reach(required.need, required.body.as_ref())?;
                    Some(at(module, required.program.clone(), need, required.line))
                }));
            if closure.modules.get("sh").is_some_and(|sh| sh.distributed) {
                commands.run.extend(by_sh(module));
            }
        }
        let required = closure
            .own
            .iter()
            .flat_map(|module| &module.source.required);
        let required: Vec<&str> = required.map(|required| required.program.as_str()).collect();
        commands
            .asked
            .retain(|name| !required.contains(&name.as_str()));
        commands
    }
}

fn at(module: &OwnModule, program: String, need: Reach, line: u32) -> Command {
    Command {
        program,
        need,
        path: module.path.clone(),
        line: usize::try_from(line).unwrap_or(0),
        chain: module.chain.clone(),
    }
}

/// The program that a call runs.
fn command(module: &OwnModule, call: &Call, environment: &Environment) -> Option<Command> {
    let (_, form, fails) = CALLS.iter().find(|(callee, ..)| *callee == call.callee)?;
    let keyword = |name: &str| {
        call.keywords
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    };
    if keyword("executable").is_some() || keyword("**").is_some() && *form != Shape::Words {
        return None;
    }
    let shell = *form == Shape::Words
        && keyword("shell").is_some_and(|shell| *shell != Literal::Bool(false));
    let checked = call.callee.contains("check_") || keyword("check") == Some(&Literal::Bool(true));
    let (program, fails) = match form {
        Shape::Shell => (
            shell_word(text(call.args.first()?, environment)?.as_str())?,
            false,
        ),
        Shape::Name(at) => (text(call.args.get(*at)?, environment)?, *fails),
        Shape::Words => {
            let words = call.argument("args", 0)?;
            let first = words.items().map_or(Some(words), <[Literal]>::first)?;
            let first = text(first, environment)?;
            match shell {
                true => (shell_word(&first)?, checked),
                false => (first, true),
            }
        }
    };
    // another PATH may be given
    let inherits = keyword("env").is_none_or(|env| {
        *env == Literal::None || matches!(env, Literal::Name(name) if name == "os.environ")
    });
    let need = module.reach(call.need, call.body.as_ref())?;
    let need = match fails && inherits {
        true => need,
        false => need.max(Reach::Maybe),
    };
    (!program.is_empty()).then(|| at(module, program, need, call.line))
}

/// A text that is written out, or that a variable holds.
fn text(literal: &Literal, environment: &Environment) -> Option<String> {
    match literal {
        Literal::Str(text) => Some(text.clone()),
        Literal::Env { name, default } => match environment.get(name) {
            Some(value) => Some(value.to_string()),
            None => default.as_ref()?.as_str().map(str::to_string),
        },
        _ => None,
    }
}

/// The program that a shell runs first, if it is a plain word and the shell minds its absence.
fn shell_word(command: &str) -> Option<String> {
    let word = command.split_whitespace().next()?;
    let plain = |next: char| next.is_ascii_alphanumeric() || "._+-/".contains(next);
    let minds =
        !command.contains("||") && !command.contains("command -v") && !command.contains("which ");
    (minds && word.chars().all(plain) && !BUILTINS.contains(&word) && word != ".")
        .then(|| word.to_string())
}

/// `from sh import git`, which fails if there is no git.
fn by_sh(module: &OwnModule) -> Vec<Command> {
    let mut found = Vec::new();
    for import in module
        .source
        .imports
        .iter()
        .filter(|import| import.level == 0 && import.module == "sh")
    {
        let (Form::Names(names), Some(need)) = (
            &import.form,
            module.reach(import.need, import.body.as_ref()),
        ) else {
            continue;
        };
        let own = ["cd", "contrib", "env", "glob", "pushd", "bake"];
        let programs = names.iter().map(|name| name.name.as_str()).filter(|name| {
            !own.contains(name)
                && name.starts_with(|first: char| first.is_ascii_lowercase())
                && !name.contains('_')
        });
        found.extend(programs.map(|name| at(module, name.to_string(), need, import.line)));
    }
    found
}
