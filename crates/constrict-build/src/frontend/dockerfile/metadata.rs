//! Instructions that change the configuration only, and WORKDIR and ARG.

use constrict_dockerfile::instruction::{ArgDef, Check, Command, Healthcheck};
use constrict_dockerfile::{Instruction, Kind, Span, expand};

use super::args::Variables;
use super::at;
use super::go;
use super::stage::{ArgState, Lowering, State};
use crate::error::Result;
use crate::graph::{FileAction, FilesOp, Op};

impl Lowering<'_> {
    /// Everything that makes no layer.
    pub(super) fn metadata(&mut self, state: &mut State, instruction: &Instruction) -> Result<()> {
        let span = instruction.span;
        match &instruction.kind {
            Kind::Env(pairs) => {
                let pairs = self.pairs(state, pairs, span)?;
                let mut env = Variables::from_env(&state.config.config.env);
                for (name, value) in &pairs {
                    env.set(name, value);
                    state.variables.set(name, value);
                }
                state.config.config.env = env.to_env();
                state.history(format!("ENV {}", joined(&pairs)), false);
            }
            Kind::Label(pairs) => {
                let pairs = self.pairs(state, pairs, span)?;
                state.config.config.labels.extend(pairs.iter().cloned());
                state.history(format!("LABEL {}", joined(&pairs)), false);
            }
            Kind::Maintainer(name) => {
                state.config.author = name.clone();
                state.history(format!("MAINTAINER {name}"), false);
            }
            Kind::Cmd(command) => {
                state.config.config.cmd = argv(state, command);
                state.config.config.args_escaped = true;
                state.has_cmd = true;
                state.history(
                    format!("CMD {}", go::quoted_list(&state.config.config.cmd)),
                    false,
                );
            }
            Kind::Entrypoint(command) => {
                state.config.config.entrypoint = argv(state, command);
                if !state.has_cmd {
                    state.config.config.cmd.clear();
                }
                state.history(
                    format!(
                        "ENTRYPOINT {}",
                        go::quoted_list(&state.config.config.entrypoint)
                    ),
                    false,
                );
            }
            Kind::Expose(words) => self.expose(state, words, span)?,
            Kind::Healthcheck(check) => healthcheck(state, check),
            Kind::Onbuild(onbuild) => state.config.config.on_build.push(onbuild.text.clone()),
            Kind::Shell(shell) => {
                state.config.config.shell = shell.clone();
                state.history(format!("SHELL {}", go::plain_list(shell)), false);
            }
            Kind::Stopsignal(word) => {
                let signal = state.expand(self, word, span)?;
                check_signal(&signal).map_err(|message| at(span, message))?;
                state.history(format!("STOPSIGNAL {signal}"), false);
                state.config.config.stop_signal = signal;
            }
            Kind::User(word) => {
                let user = state.expand(self, word, span)?;
                state.history(format!("USER {user}"), false);
                state.config.config.user = user;
            }
            Kind::Volume(words) => {
                let mut volumes = Vec::new();
                for word in words {
                    let volume = state.expand(self, word, span)?;
                    if volume.is_empty() {
                        return Err(at(span, "VOLUME specified can not be an empty string"));
                    }
                    volumes.push(volume);
                }
                state.history(format!("VOLUME {}", go::plain_list(&volumes)), false);
                state.config.config.volumes.extend(volumes);
            }
            Kind::Add(_) | Kind::Copy(_) | Kind::Run(_) | Kind::Workdir(_) | Kind::Arg(_) => {
                unreachable!("lowered by functions of their own")
            }
        }
        Ok(())
    }

    fn pairs(
        &self,
        state: &State,
        pairs: &[(String, String)],
        span: Span,
    ) -> Result<Vec<(String, String)>> {
        let mut expanded = Vec::new();
        for (name, value) in pairs {
            expanded.push((
                state.expand(self, name, span)?,
                state.expand(self, value, span)?,
            ));
        }
        Ok(expanded)
    }

    fn expose(&self, state: &mut State, words: &[String], span: Span) -> Result<()> {
        let mut written = Vec::new();
        for word in words {
            let lookup = |name: &str| state.variables.get(name).map(Into::into);
            let expanded = expand::expand_to_words(word, lookup, self.dockerfile.directives.escape)
                .map_err(|error| at(span, format!("cannot expand `{word}`: {error}")))?;
            written.extend(expanded.words);
        }
        written.sort();
        let mut ports = Vec::new();
        for word in &written {
            ports.extend(parse_ports(word).map_err(|message| at(span, message))?);
        }
        state.history(format!("EXPOSE {}", go::plain_list(&ports)), false);
        state.config.config.exposed_ports.extend(ports);
        Ok(())
    }

    /// ARG in a stage.
    pub(super) fn arg(
        &mut self,
        state: &mut State,
        definitions: &[ArgDef],
        span: Span,
    ) -> Result<()> {
        let mut shown = Vec::new();
        for ArgDef { name, default } in definitions {
            let given = self.options.build_args.get(name).cloned();
            let value = match (&given, default) {
                (Some(_), _) => given,
                (None, Some(default)) => Some(state.expand(self, default, span)?),
                (None, None) => self.global.get(name).map(Into::into),
            };
            if let Some(value) = &value {
                state.variables.set(name, value);
            }
            shown.push(match &value {
                Some(value) => format!("{name}={value}"),
                None => name.clone(),
            });
            if state
                .args
                .insert(name.clone(), ArgState { value })
                .is_none()
            {
                state.arg_order.push(name.clone());
            }
        }
        state.history(format!("ARG {}", shown.join(" ")), false);
        Ok(())
    }

    /// WORKDIR.
    pub(super) fn workdir(&mut self, state: &mut State, word: &str, span: Span) -> Result<()> {
        let path = state.expand(self, word, span)?;
        let path = working_directory(&state.config.config.working_dir, &path);
        state.config.config.working_dir = path.clone();
        state.history(format!("WORKDIR {path}"), path != "/");
        if path == "/" {
            return Ok(());
        }
        let user = state.config.config.user.clone();
        let action = FileAction::MakeDirectory {
            path: path.clone(),
            user,
        };
        let name = self.next_name(state, &format!("WORKDIR {path}"));
        let op = Op::Files(FilesOp {
            base: state.result,
            actions: vec![action],
        });
        self.advance(state, op, name, span);
        Ok(())
    }
}

/// `path`, taken from directory `from` unless it is absolute, without `.`, `..` and doubled slashes. A slash at its
/// end stays.
pub(super) fn absolute(from: &str, path: &str) -> String {
    let joined = if path.starts_with('/') {
        path.to_string()
    } else {
        format!("{from}/{path}")
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let slash = if path.ends_with('/') && !parts.is_empty() {
        "/"
    } else {
        ""
    };
    format!("/{}{slash}", parts.join("/"))
}

/// WORKDIR as the configuration has it: an absolute path as it is written, another joined to the last.
fn working_directory(last: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_string();
    }
    let joined = absolute("/", &format!("{last}/{path}"));
    match joined.trim_end_matches('/') {
        "" => "/".into(),
        joined => joined.into(),
    }
}

fn joined(pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join(" ")
}

/// The arguments of CMD and ENTRYPOINT.
fn argv(state: &State, command: &Command) -> Vec<String> {
    match command {
        Command::Exec(args) => args.clone(),
        Command::Shell(text) => state.shell().into_iter().chain([text.clone()]).collect(),
    }
}

fn healthcheck(state: &mut State, check: &Healthcheck) {
    let nanos = |duration: Option<std::time::Duration>| duration.map_or(0, |d| d.as_nanos() as i64);
    let config = match check {
        Healthcheck::None => constrict_oci::Healthcheck {
            test: vec!["NONE".into()],
            ..Default::default()
        },
        Healthcheck::Check(Check {
            interval,
            timeout,
            start_period,
            start_interval,
            retries,
            command,
        }) => {
            let test = match command {
                Command::Exec(args) => ["CMD".to_string()]
                    .into_iter()
                    .chain(args.iter().cloned())
                    .collect(),
                Command::Shell(text) => vec!["CMD-SHELL".into(), text.clone()],
            };
            constrict_oci::Healthcheck {
                test,
                interval: nanos(*interval),
                timeout: nanos(*timeout),
                start_period: nanos(*start_period),
                start_interval: nanos(*start_interval),
                retries: i64::from(retries.unwrap_or(0)),
                ..Default::default()
            }
        }
    };
    let duration = |nanos: i64| {
        go::quote(&go::duration(std::time::Duration::from_nanos(
            nanos.unsigned_abs(),
        )))
    };
    state.history(
        format!(
            "HEALTHCHECK &{{{} {} {} {} {} {}}}",
            go::quoted_list(&config.test),
            duration(config.interval),
            duration(config.timeout),
            duration(config.start_period),
            duration(config.start_interval),
            go::quote_char(config.retries as u32)
        ),
        false,
    );
    state.config.config.healthcheck = Some(config);
}

/// `8000-8002/tcp`, `127.0.0.1:80:8080/udp`: the ports of the container, as the configuration has them.
fn parse_ports(word: &str) -> Result<Vec<String>, String> {
    let invalid = |what: &str| format!("invalid containerPort: {what}");
    let (ports, protocol) = word.rsplit_once('/').unwrap_or((word, "tcp"));
    let protocol = if protocol.is_empty() {
        "tcp".to_string()
    } else {
        protocol.to_lowercase()
    };
    if !["tcp", "udp", "sctp"].contains(&protocol.as_str()) {
        return Err(format!("invalid proto: {protocol}"));
    }
    let container = ports
        .rsplit_once(':')
        .map_or(ports, |(_, container)| container);
    if container.is_empty() {
        return Err(format!("no port specified: {word}<empty>"));
    }
    let (first, last) = container.split_once('-').unwrap_or((container, container));
    let first: u16 = first.parse().map_err(|_| invalid(container))?;
    let last: u16 = last.parse().map_err(|_| invalid(container))?;
    if last < first {
        return Err(invalid(container));
    }
    Ok((first..=last)
        .map(|port| format!("{port}/{protocol}"))
        .collect())
}

/// A number above 0 or a signal's name.
fn check_signal(signal: &str) -> Result<(), String> {
    const NAMES: &str = " ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS \
                         TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX ";
    let upper = signal.to_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let known = match name.parse::<i64>() {
        Ok(number) => number != 0,
        Err(_) => {
            let real_time = |prefix: &str| {
                name.strip_prefix(prefix)
                    .is_some_and(|n| n.parse::<u8>().is_ok_and(|n| n <= 15))
            };
            NAMES.contains(&format!(" {name} ")) || real_time("RTMIN+") || real_time("RTMAX-")
        }
    };
    if known {
        Ok(())
    } else {
        Err(format!("invalid signal: {signal}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{absolute, parse_ports};

    #[test]
    fn paths_are_taken_from_the_working_directory() {
        assert_eq!(absolute("/app", "src"), "/app/src");
        assert_eq!(absolute("/app/", "src/"), "/app/src/");
        assert_eq!(absolute("/app", "/x/../y//z"), "/y/z");
        assert_eq!(absolute("/", ".."), "/");
        assert_eq!(absolute("/", "/"), "/");
    }

    #[test]
    fn ports_are_those_of_the_container() {
        assert_eq!(parse_ports("80").unwrap(), ["80/tcp"]);
        assert_eq!(parse_ports("53/UDP").unwrap(), ["53/udp"]);
        assert_eq!(
            parse_ports("8000-8002").unwrap(),
            ["8000/tcp", "8001/tcp", "8002/tcp"]
        );
        assert_eq!(parse_ports("127.0.0.1:80:81").unwrap(), ["81/tcp"]);
        for wrong in ["", "x", "80/icmp", "70000", "9-8"] {
            assert!(parse_ports(wrong).is_err(), "{wrong}");
        }
    }
}
