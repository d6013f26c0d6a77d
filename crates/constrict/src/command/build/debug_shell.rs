//! `--debug-shell`: a shell on the user's terminal where a RUN failed.

use constrict_build::{Result, RunFailure};
use constrict_sandbox::{Options, Spec, Stdio, terminal};

use crate::progress::text::visible;
use crate::render::failure::tail;
use crate::{interrupt, progress};

/// Says what failed, and gives the terminal to the shell until it ends.
pub(super) fn open(spec: &Spec, name: &str, failure: &RunFailure) -> Result<()> {
    // what failed because the program is being interrupted is not looked into
    interrupt::settle();
    progress::close();
    eprint!("{}", banner(spec, name, failure));
    let mut child = constrict_sandbox::spawn(spec, Stdio::default(), &Options::default())?;
    let session = child.take_terminal().map(terminal::Session::start);
    let session = session.transpose()?;
    let outcome = child.wait();
    if let Some(session) = session {
        session.finish();
    }
    outcome?;
    Ok(())
}

/// The last lines of the command, and where the user is now.
fn banner(spec: &Spec, name: &str, failure: &RunFailure) -> String {
    let tail = tail(failure, progress::columns());
    format!(
        "{} failed\n{tail}debug shell: `{}` in `{}` as this RUN left it\nchanges are thrown away; `exit` ends the shell\n",
        visible(name.as_bytes()),
        spec.args.join(" "),
        spec.cwd.display()
    )
}

#[cfg(test)]
mod tests {
    use constrict_build::RunFailure;
    use constrict_sandbox::{Exit, Root, Spec};

    #[test]
    fn the_shell_begins_with_what_failed_and_where() {
        let root = Root::ReadOnly { lower: Vec::new() };
        let mut spec = Spec::new(root, vec!["/bin/bash".into()]);
        spec.cwd = "/app".into();
        let failure = RunFailure {
            command: "make".into(),
            exit: Exit::Code(2),
            tail: vec!["\x1b[31mno rule\x1b[m".into(), String::new()],
        };
        assert_eq!(
            super::banner(&spec, "[builder 2/3] RUN make", &failure),
            "[builder 2/3] RUN make failed\n   | no rule\n   |\n\
             debug shell: `/bin/bash` in `/app` as this RUN left it\nchanges are thrown away; `exit` ends the shell\n"
        );
    }
}
