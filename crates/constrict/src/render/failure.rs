//! A failure as text: what failed, where in the Dockerfile, why, and what to type.
//!
//! ```text
//! error: [builder 2/4] RUN pip install . failed
//!   --> Dockerfile:3
//!   3 | RUN pip install .
//! cause: `pip install .` ended with exit status 1
//!    | ERROR: No matching distribution found for flsk
//! hint: …
//! ```

use std::error::Error as _;
use std::fmt::Write as _;

use constrict_build::{Error, RunFailure};
use constrict_dockerfile::{Span, line_of};
use constrict_sandbox::Exit;

use super::stages;
use super::style::Style;
use crate::failure::Failure;
use crate::progress;
use crate::progress::text::{fit, visible, wrap};

/// How many lines of an instruction are shown.
const LINES: usize = 6;
/// A longer command is cut: it stands in the Dockerfile's lines above. The line fits in 80 columns.
const COMMAND: usize = 44;
/// The name of a step is cut likewise where no terminal says how wide it is.
const NAME: usize = 100;
/// What a kernel without memory kills with.
const SIGKILL: i32 = 9;

/// Prints a failure.
pub(crate) fn print(failure: &Failure) {
    let text = render(failure, progress::style(), progress::columns());
    progress::error(&text, failure.status());
}

/// As text for a terminal of so many columns, if it is one.
fn render(failure: &Failure, style: Style, columns: Option<usize>) -> String {
    let mut text = String::new();
    let hints = match failure {
        Failure::Usage { message, hint } => {
            let _ = writeln!(text, "{} {message}", style.red("error:"));
            hint.clone().into_iter().collect()
        }
        Failure::Broken => {
            let message = "the image was built and is not kept: it cannot do its job";
            let _ = writeln!(text, "{} {message}", style.red("error:"));
            vec![
                "--check warn builds it all the same, `constrict explain RULE` says more"
                    .to_string(),
            ]
        }
        Failure::Died => {
            let message = "the image was built and is not kept: it does not live when it is run";
            let _ = writeln!(text, "{} {message}", style.red("error:"));
            vec!["without --start it is kept, for `constrict run`".to_string()]
        }
        Failure::Limits(passed) => {
            for line in passed {
                let _ = writeln!(text, "{} {line}", style.red("error:"));
            }
            vec!["--show ROW lists what is behind a number".to_string()]
        }
        Failure::Told(_) => Vec::new(),
        Failure::Build { error, dockerfile } => {
            let message = headline(&error.to_string(), columns);
            let _ = writeln!(text, "{} {message}", style.red("error:"));
            if let (Some((name, content)), Some(span)) = (dockerfile, span(error)) {
                text.push_str(&place(name, content, span, columns, style));
            }
            let last = innermost(error);
            causes(error, style, &mut text);
            details(last, columns, &mut text);
            let content = dockerfile.as_ref().map(|(_, content)| content.as_slice());
            hints(error, last, content)
        }
    };
    for hint in hints {
        let _ = writeln!(text, "{} {hint}", style.green("hint:"));
    }
    text
}

/// The error that the others are about.
fn innermost(error: &Error) -> &Error {
    let mut last = error;
    while let Error::At {
        source: Some(source),
        ..
    } = last
    {
        last = source;
    }
    last
}

fn span(error: &Error) -> Option<Span> {
    match error {
        Error::At { span, .. } => Some(*span),
        Error::Dockerfile(error) => Some(error.span()),
        _ => None,
    }
}

/// The lines of the Dockerfile that a span covers.
fn place(name: &str, content: &[u8], span: Span, columns: Option<usize>, style: Style) -> String {
    let first = line_of(content, span.start).line;
    let last = line_of(content, span.end.saturating_sub(1).max(span.start)).line;
    let mut text = format!("  {} {name}:{first}\n", style.blue("-->"));
    let lines: Vec<&[u8]> = content.split(|byte| *byte == b'\n').collect();
    let shown = last.min(first + LINES - 1);
    let width = shown.to_string().len().max(3);
    for number in first..=shown {
        let line = lines.get(number - 1).copied().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let room = columns.map_or(usize::MAX, |columns| columns.saturating_sub(width + 3));
        let line = fit(line.trim_end(), room);
        let gutter = style.blue(&format!("{number:>width$} |"));
        let _ = writeln!(text, "{}", format!("{gutter} {line}").trim_end());
    }
    if shown < last {
        let _ = writeln!(text, "{:>width$} {}", "", style.blue("…"));
    }
    text
}

fn causes(error: &Error, style: Style, text: &mut String) {
    let mut source = error.source();
    let mut said = error.to_string();
    while let Some(cause) = source {
        // the source of `Error::At` is boxed
        let own = cause
            .downcast_ref::<Box<Error>>()
            .map(|own| &**own)
            .or_else(|| cause.downcast_ref::<Error>());
        let message = match own {
            Some(Error::RunFailed(failure)) => ended(failure),
            _ => cause.to_string(),
        };
        if message != said {
            let shown = progress::without_numbers(&message);
            let _ = writeln!(text, "{} {shown}", style.bold("cause:"));
        }
        said = message;
        source = cause.source();
    }
}

/// How a command ended.
fn ended(failure: &RunFailure) -> String {
    let command = one_line(&failure.command, COMMAND);
    match failure.exit {
        Exit::Code(code) => format!("`{command}` ended with exit status {code}"),
        Exit::Signal(signal) => {
            let name = signal_hook::low_level::signal_name(signal).unwrap_or("no name");
            format!("`{command}` was killed by signal {signal} ({name})")
        }
    }
}

/// What failed, on one line. The name of a step is cut: its instruction is shown below.
fn headline(message: &str, columns: Option<usize>) -> String {
    let message = one_line(message, usize::MAX);
    match message.strip_suffix(" failed") {
        Some(name) if name.starts_with('[') => {
            let around = "error:  failed".len();
            let room = columns.map_or(NAME, |columns| columns.saturating_sub(around));
            format!("{} failed", fit(name, room))
        }
        _ => message,
    }
}

/// Text without line ends and repeated white space, cut at `limit` characters.
fn one_line(text: &str, limit: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let joined = words.join(" ");
    if joined.chars().count() <= limit {
        return joined;
    }
    let cut: String = joined.chars().take(limit - 1).collect();
    format!("{cut}…")
}

/// What an error knows besides its message.
fn details(error: &Error, columns: Option<usize>, text: &mut String) {
    match error {
        Error::RunFailed(failure) => text.push_str(&tail(failure, columns)),
        Error::NoSuchBase { asked, .. } => {
            for (whom, answer) in asked {
                let _ = writeln!(text, "   asked {whom}: {answer}");
            }
        }
        Error::NoSuchPath {
            ignored_by: Some(line),
            ..
        } => {
            let _ = writeln!(
                text,
                "   hidden by {}:{}: {}",
                line.file, line.line, line.pattern
            );
        }
        _ => {}
    }
}

/// The last lines of a command, behind bars. What moves the cursor or changes colours is for another screen.
pub(crate) fn tail(failure: &RunFailure, columns: Option<usize>) -> String {
    let mut text = String::new();
    for line in &failure.tail {
        let line = format!("   | {}", visible(line.as_bytes()));
        for line in wrap(line.trim_end(), columns.unwrap_or(usize::MAX), "   |   ") {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// What to type or change.
fn hints(error: &Error, last: &Error, dockerfile: Option<&[u8]>) -> Vec<String> {
    let own = match error {
        Error::At { hint, .. } => hint.clone(),
        _ => None,
    };
    own.into_iter().chain(hint_of(last, dockerfile)).collect()
}

fn hint_of(error: &Error, dockerfile: Option<&[u8]>) -> Option<String> {
    match error {
        Error::NoSuchBase {
            hint, reference, ..
        } => {
            let name = reference.strip_suffix(":latest").unwrap_or(reference);
            let stage = dockerfile.and_then(|text| stages::nearest(text, name));
            stage
                .map(|stage| format!("there is a stage `{stage}`"))
                .or_else(|| hint.clone())
        }
        Error::NoSuchPath {
            nearest: Some(nearest),
            ..
        } => Some(format!("there is `{nearest}`")),
        Error::NoSuchPath {
            ignored_by: Some(line),
            path,
            ..
        } => Some(format!(
            "add `!{path}` below line {} of {}",
            line.line, line.file
        )),
        Error::NoDockerfile { .. } => {
            Some("constrict build -f PATH says where the Dockerfile is".into())
        }
        Error::NoSuchImage(_) => Some("constrict images lists those that there are".into()),
        Error::NoSuchObject(_) => {
            Some("constrict ps -a and constrict images list what there is".into())
        }
        Error::NoSuchContainer(_) => Some("constrict ps -a lists those that there are".into()),
        Error::NameTaken { name, .. } => Some(format!(
            "constrict rm -f {name} removes that one and frees the name"
        )),
        Error::NotRunning(name) => Some(format!("constrict start {name} starts it again")),
        Error::ContainerRuns(name) => Some(format!(
            "constrict stop {name} ends it; constrict rm -f {name} kills and removes it"
        )),
        Error::ImageInUse { container, .. } => Some(format!(
            "constrict rm -f {container} removes that container"
        )),
        Error::RunFailed(failure) => hint_of_run(failure),
        Error::Sandbox(error) => error.remedy().map(Into::into),
        _ => None,
    }
}

fn hint_of_run(failure: &RunFailure) -> Option<String> {
    let has_no_shell = failure
        .tail
        .first()
        .is_some_and(|line| line == "`/bin/sh` not found in the container");
    match failure.exit {
        Exit::Code(127) if has_no_shell => Some(
            "the image has no shell: RUN [\"PROGRAM\", \"ARGUMENT\"] needs none, and COPY --from takes what another \
             stage made"
                .into(),
        ),
        Exit::Signal(SIGKILL) | Exit::Code(137) => {
            Some("a kernel that runs out of memory kills so: `dmesg` tells".into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use constrict_build::{Error, IgnoredBy, RunFailure};
    use constrict_dockerfile::Span;
    use constrict_sandbox::Exit;

    use super::{Style, render};
    use crate::failure::Failure;

    const DOCKERFILE: &str =
        "FROM debian AS builder\nRUN make \\\r\n  && make install\nCOPY --from=bulder /a /b\n";

    fn at(start: usize, end: usize, source: Error) -> Failure {
        Failure::Build {
            error: Box::new(Error::At {
                span: Span { start, end },
                message: "[builder 2/2] RUN make   && make install failed".into(),
                hint: None,
                source: Some(Box::new(source)),
            }),
            dockerfile: Some(("Dockerfile".into(), DOCKERFILE.into())),
        }
    }

    fn run(exit: Exit, tail: &[&str]) -> Error {
        Error::RunFailed(Box::new(RunFailure {
            command: "make   && make install".into(),
            exit,
            tail: tail.iter().map(ToString::to_string).collect(),
        }))
    }

    #[test]
    fn failing_run_shows_command_last_lines_and_status() {
        let failure = at(
            23,
            52,
            run(Exit::Code(2), &["make: *** No targets.  Stop.", ""]),
        );
        let expected = "\
error: [builder 2/2] RUN make && make install failed
  --> Dockerfile:2
  2 | RUN make \\
  3 |   && make install
cause: `make && make install` ended with exit status 2
   | make: *** No targets.  Stop.
   |
";
        assert_eq!(render(&failure, Style::Plain, None), expected);
    }

    #[test]
    fn last_lines_are_shown_without_control_and_in_the_terminals_columns() {
        let failure = at(
            23,
            26,
            run(
                Exit::Code(1),
                &["\x1b[31mone two three\x1b[m", " 10%\r100%"],
            ),
        );
        let text = render(&failure, Style::Plain, Some(14));
        let (_, told) = text.split_once("status 1\n").unwrap();
        assert_eq!(told, "   | one two\n   |   three\n   | 100%\n");
    }

    #[test]
    fn killed_run_shows_the_signal() {
        let failure = at(23, 26, run(Exit::Signal(9), &[]));
        let expected = "\
error: [builder 2/2] RUN make && make install failed
  --> Dockerfile:2
  2 | RUN make \\
cause: `make && make install` was killed by signal 9 (SIGKILL)
hint: a kernel that runs out of memory kills so: `dmesg` tells
";
        assert_eq!(render(&failure, Style::Plain, None), expected);
    }

    #[test]
    fn missing_path_names_the_line_that_hides_it() {
        let failure = at(
            52,
            60,
            Error::NoSuchPath {
                path: "a.pyc".into(),
                place: "the build context".into(),
                ignored_by: Some(IgnoredBy {
                    file: ".dockerignore".into(),
                    line: 2,
                    pattern: "*.pyc".into(),
                }),
                nearest: None,
            },
        );
        let text = render(&failure, Style::Plain, None);
        let (_, told) = text.split_once("cause: ").unwrap();
        let expected = "\
`a.pyc` not found in the build context
   hidden by .dockerignore:2: *.pyc
hint: add `!a.pyc` below line 2 of .dockerignore
";
        assert_eq!(told, expected);
    }

    #[test]
    fn misspelt_stage_is_named() {
        let failure = at(
            54,
            60,
            Error::NoSuchBase {
                reference: "bulder:latest".into(),
                asked: vec![("r.example".into(), "not found".into())],
                hint: Some("another".into()),
            },
        );
        let text = render(&failure, Style::Plain, None);
        let (_, told) = text.split_once("cause: ").unwrap();
        let expected = "\
no image `bulder:latest`
   asked r.example: not found
hint: there is a stage `builder`
";
        assert_eq!(told, expected);
    }

    #[test]
    fn system_errors_come_without_their_number_and_in_colour_on_terminals() {
        let failure = Failure::from(Error::Io {
            act: "open",
            path: "/x".into(),
            source: std::io::Error::from_raw_os_error(2),
        });
        assert_eq!(
            render(&failure, Style::Colour, None),
            "\x1b[1;31merror:\x1b[m cannot open `/x`\n\x1b[1mcause:\x1b[m No such file or directory\n"
        );
    }
}
