//! What shells and `man` want of a program: completions, manual pages. Made from the arguments' definitions and the
//! reference of `constrict.toml`.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;
use constrict_build::settings::reference::{KEYS, sample};

use crate::arguments::{Arguments, Completions, Man};
use crate::failure::Failure;
use crate::session;

/// Prints the completions for a shell.
pub(crate) fn completions(arguments: &Completions) -> Result<ExitCode, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Arguments::command(),
        "constrict",
        &mut text,
    );
    session::print(&String::from_utf8_lossy(&text));
    Ok(ExitCode::SUCCESS)
}

/// Prints the manual page, or writes one for each command and one for the configuration to a directory.
pub(crate) fn man(arguments: &Man) -> Result<ExitCode, Failure> {
    let command = Arguments::command();
    let io = |act, path: &Path, source| constrict_build::Error::Io {
        act,
        path: path.into(),
        source,
    };
    match &arguments.directory {
        None => {
            let mut text = Vec::new();
            let page = clap_mangen::Man::new(command).render(&mut text);
            page.map_err(|source| io("write", Path::new("the manual page"), source))?;
            session::print(&String::from_utf8_lossy(&text));
        }
        Some(directory) => {
            std::fs::create_dir_all(directory).map_err(|source| io("create", directory, source))?;
            clap_mangen::generate_to(command, directory)
                .map_err(|source| io("write to", directory, source))?;
            let path = directory.join("constrict.toml.5");
            std::fs::write(&path, configuration()).map_err(|source| io("write", &path, source))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `constrict.toml(5)`.
fn configuration() -> String {
    let mut text = String::from(
        ".TH constrict.toml 5\n\
         .SH NAME\nconstrict.toml \\- configuration of constrict\n\
         .SH DESCRIPTION\n\
         The user's file is \\fI~/.config/constrict/constrict.toml\\fR, the project's \\fIconstrict.toml\\fR beside the\n\
         Dockerfile. Both are read; the project's counts before the user's.\n\
         .SH KEYS\n",
    );
    let mut table = "";
    for key in KEYS {
        if key.table != table {
            table = key.table;
            let _ = writeln!(text, ".SS [{}]", roff(table));
        }
        let (name, kind, meaning) = (roff(key.name), roff(key.kind), roff(key.meaning));
        let _ = writeln!(text, ".TP\n\\fB{name}\\fR = {kind}\n{meaning}");
        let _ = writeln!(text, "[default: {}]", roff(key.default));
    }
    let _ = writeln!(text, ".SH EXAMPLE\n.nf\n{}.fi", roff(&sample()));
    text.push_str(".SH SEE ALSO\n.BR constrict (1)\n");
    text
}

/// Text as it stands: no part of it is a request, and code spans are not marked.
fn roff(text: &str) -> String {
    let lines = text
        .replace('\\', "\\e")
        .replace('`', "")
        .replace('-', "\\-");
    lines
        .split_inclusive('\n')
        .map(|line| match line.starts_with(['.', '\'']) {
            true => format!("\\&{line}"),
            false => line.into(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_of_a_manual_page_is_no_request() {
        assert_eq!(super::roff("`a-b`\n.x\n"), "a\\-b\n\\&.x\n");
    }
}
