//! RUN.

use constrict_dockerfile::Instruction;
use constrict_dockerfile::instruction::{Network, Run, Script, Security};

use super::at;
use super::stage::{Lowering, State};
use crate::error::Result;
use crate::graph::{Op, RunOp};

impl Lowering<'_> {
    /// RUN.
    pub(super) fn run(
        &mut self,
        state: &mut State,
        instruction: &Instruction,
        run: &Run,
    ) -> Result<()> {
        let span = instruction.span;
        if !run.devices.is_empty() {
            return Err(at(span, "RUN --device is not supported"));
        }
        if run.security == Security::Insecure && !self.options.allow_insecure {
            return Err(at(
                span,
                "security.insecure is not allowed: `--allow security.insecure` permits it",
            ));
        }
        let (args, script) = match run.script() {
            Script::Exec(args) => (args, None),
            Script::Shell(text) => (state.shell().into_iter().chain([text]).collect(), None),
            Script::File { name, content } => {
                let path = format!("/dev/pipes/{name}");
                let args = state.shell().into_iter().chain([path]).collect();
                (args, Some((name, content)))
            }
        };
        if args.is_empty() {
            return Err(at(span, "RUN has no command"));
        }
        let mounts = self.mounts(state, run, span)?;
        let name = self.next_name(state, &instruction.text);
        state.history(format!("RUN {} # buildkit", history(state, &args)), true);
        let op = RunOp {
            base: state.result,
            args,
            shell: state.shell().into_iter().next().unwrap_or_default(),
            script,
            env: state.variables.list().to_vec(),
            unkeyed_env: self.proxies.clone(),
            cwd: rooted(&state.config.config.working_dir),
            user: state.config.config.user.clone(),
            mounts,
            network: if run.network == Network::Default {
                self.options.network
            } else {
                run.network
            },
            security: run.security,
        };
        self.advance(state, Op::Run(Box::new(op)), name, span);
        Ok(())
    }
}

/// A working directory as the configuration has it, which may be empty or, in other builders' images, relative.
fn rooted(path: &str) -> String {
    if path.starts_with('/') {
        path.into()
    } else {
        format!("/{path}")
    }
}

/// `|1 NAME=value /bin/sh -c text`: the ARGs declared so far, and the command.
fn history(state: &State, args: &[String]) -> String {
    let mut words = Vec::new();
    if !state.arg_order.is_empty() {
        words.push(format!("|{}", state.arg_order.len()));
    }
    for name in &state.arg_order {
        let value = state
            .variables
            .get(name)
            .or_else(|| state.args[name].value.as_deref())
            .unwrap_or("");
        words.push(format!("{name}={value}"));
    }
    words.extend(args.iter().cloned());
    words.join(" ")
}
