//! Mends as edits of a Dockerfile's text. Everything that no mend is about stays as its author wrote it.
//!
//! Packages are installed right after FROM, where later changes do not undo the cache; files are copied and commands
//! run after the last instruction that changes files; what runs is set where it was set before.

use constrict_dockerfile::{Dockerfile, Error, Instruction, Kind, Span, Stage, parse};

use super::{Mend, PackageManager};

/// The text with the mends in the stage number `stage`. Mends that cannot be written (`Mend::Edit`) leave it as it is; where
/// another base is asked for, nothing else is done, since everything is different then.
pub fn apply(text: &str, stage: usize, mends: &[Mend]) -> Result<String, Error> {
    let dockerfile = parse(text.as_bytes())?;
    let Some(stage) = dockerfile.stages.get(stage) else {
        return Ok(text.to_string());
    };
    let target = Target {
        text,
        dockerfile: &dockerfile,
        stage,
    };
    let mut mends: Vec<&Mend> = mends.iter().collect();
    mends.sort();
    mends.dedup();
    if let Some(Mend::Base {
        image, entrypoint, ..
    }) = mends.iter().find(|mend| matches!(mend, Mend::Base { .. }))
    {
        let mut edits = vec![Edit {
            at: stage.from.image_span,
            with: image.clone(),
        }];
        let kept = entrypoint
            .clone()
            .map(|words| Mend::Entrypoint(Some(words)));
        edits.extend(kept.and_then(|kept| target.edit(&kept)));
        return Ok(replaced(text, &edits));
    }
    let mut edits = Vec::new();
    let mut packages: Vec<(PackageManager, Vec<String>)> = Vec::new();
    for mend in mends {
        match mend {
            Mend::Install {
                packages: names,
                manager,
            } => match packages.iter_mut().find(|(known, _)| known == manager) {
                Some((_, known)) => known.extend(names.clone()),
                None => packages.push((*manager, names.clone())),
            },
            mend => edits.extend(target.edit(mend)),
        }
    }
    for (manager, mut names) in packages {
        names.sort();
        names.dedup();
        edits.push(target.insert(stage.from.span, &install(manager, &names)));
    }
    // the later place first; of one place the last edit first, so that they end in their order
    edits.reverse();
    edits.sort_by_key(|edit| edit.at.start);
    Ok(replaced(text, &edits))
}

struct Edit {
    at: Span,
    with: String,
}

struct Target<'a> {
    text: &'a str,
    dockerfile: &'a Dockerfile,
    stage: &'a Stage,
}

impl Target<'_> {
    fn edit(&self, mend: &Mend) -> Option<Edit> {
        let files = self.last_change();
        match mend {
            Mend::CopyFrom {
                stage,
                paths,
                ldconfig,
            } => {
                let mut lines = copies(stage, paths);
                if *ldconfig {
                    lines.push_str(&self.as_root("RUN ldconfig"));
                }
                Some(self.insert(files, &lines))
            }
            Mend::Write { path, text, mode } => {
                let end = if text.ends_with('\n') { "" } else { "\n" };
                Some(self.insert(
                    files,
                    &format!("COPY --chmod={mode:o} <<'EOF' {path}\n{text}{end}EOF\n"),
                ))
            }
            Mend::Run { command } => {
                Some(self.insert(files, &self.as_root(&format!("RUN {}", words(command)))))
            }
            Mend::Chmod { path, mode } => {
                Some(self.insert(files, &self.as_root(&format!("RUN chmod {mode:o} {path}"))))
            }
            Mend::Env(pairs) => {
                let lines: String = pairs
                    .iter()
                    .map(|(name, value)| format!("ENV {name}={}\n", quoted(value)))
                    .collect();
                Some(self.insert(files, &lines))
            }
            Mend::Entrypoint(command) => {
                let line = format!(
                    "ENTRYPOINT {}",
                    words(command.as_deref().unwrap_or_default())
                );
                match (self.last("ENTRYPOINT"), self.last("CMD")) {
                    (Some(found), _) => Some(Edit {
                        at: found.span,
                        with: line,
                    }),
                    (None, Some(cmd)) => Some(Edit {
                        at: Span::new(cmd.span.start, cmd.span.start),
                        with: format!("{line}\n"),
                    }),
                    (None, None) => Some(self.insert(self.end(), &format!("{line}\n"))),
                }
            }
            Mend::Cmd(command) => {
                let line = format!("CMD {}", words(command));
                match self.last("CMD") {
                    Some(found) => Some(Edit {
                        at: found.span,
                        with: line,
                    }),
                    None => Some(self.insert(self.end(), &format!("{line}\n"))),
                }
            }
            Mend::Install { .. } | Mend::Base { .. } | Mend::Edit { .. } => None,
        }
    }

    fn last(&self, keyword: &str) -> Option<&Instruction> {
        self.stage
            .instructions
            .iter()
            .rfind(|instruction| instruction.kind.keyword() == keyword)
    }

    /// The last instruction of the stage.
    fn end(&self) -> Span {
        self.stage
            .instructions
            .last()
            .map_or(self.stage.from.span, |last| last.span)
    }

    /// The last instruction that changes files.
    fn last_change(&self) -> Span {
        let changes = |instruction: &&Instruction| {
            matches!(
                instruction.kind,
                Kind::Add(_) | Kind::Copy(_) | Kind::Run(_) | Kind::Workdir(_) | Kind::Shell(_)
            )
        };
        let last = self.stage.instructions.iter().rfind(changes);
        last.map_or(self.stage.from.span, |last| last.span)
    }

    /// The user at the place where commands are inserted, if a stage that this one is based on or itself sets one there.
    fn user(&self) -> Option<&str> {
        let end = self.last_change().end;
        let before = |instruction: &&Instruction| instruction.span.end <= end;
        let mut stage = self.stage;
        loop {
            let user = stage
                .instructions
                .iter()
                .filter(before)
                .rev()
                .find_map(|instruction| match &instruction.kind {
                    Kind::User(user) => Some(user.as_str()),
                    _ => None,
                });
            if user.is_some() {
                return user;
            }
            let parent = self.dockerfile.stages[..stage.index]
                .iter()
                .rfind(|parent| {
                    parent.name.as_deref() == Some(stage.from.image.to_lowercase().as_str())
                });
            stage = parent?;
        }
    }

    /// A line that has to run as root, between USER lines if the user is another at that place.
    fn as_root(&self, line: &str) -> String {
        match self.user() {
            Some(user) if !["root", "0", "0:0", "root:root"].contains(&user) => {
                format!("USER root\n{line}\nUSER {user}\n")
            }
            _ => format!("{line}\n"),
        }
    }

    /// New lines after an instruction, whose span ends with its last line.
    fn insert(&self, after: Span, lines: &str) -> Edit {
        let at = match self.text[after.end.min(self.text.len())..].find('\n') {
            // a span may include the line's end
            _ if self.text[..after.end.min(self.text.len())].ends_with('\n') => after.end,
            Some(end) => after.end + end + 1,
            None => self.text.len(),
        };
        let broken = at == self.text.len() && !self.text.ends_with('\n');
        let with = if broken {
            format!("\n{}", lines.trim_end_matches('\n'))
        } else {
            lines.to_string()
        };
        Edit {
            at: Span::new(at, at),
            with,
        }
    }
}

/// `COPY --from` lines, one for the files of each directory and one for each directory that is copied as a whole.
fn copies(stage: &str, paths: &[String]) -> String {
    let mut folders: Vec<(&str, Vec<&str>)> = Vec::new();
    let (whole, files): (Vec<&String>, Vec<&String>) =
        paths.iter().partition(|path| path.ends_with('/'));
    for path in files {
        let (folder, _) = path.rsplit_once('/').unwrap_or(("", path));
        match folders.iter_mut().find(|(known, _)| *known == folder) {
            Some((_, files)) => files.push(path),
            None => folders.push((folder, vec![path])),
        }
    }
    let line = |(folder, files): (&str, Vec<&str>)| {
        format!("COPY --from={stage} {} {folder}/\n", files.join(" "))
    };
    let whole = whole
        .into_iter()
        .map(|path| format!("COPY --from={stage} {path} {path}\n"));
    folders.into_iter().map(line).chain(whole).collect()
}

fn install(manager: PackageManager, names: &[String]) -> String {
    let names = names.join(" ");
    match manager {
        PackageManager::Apt => format!(
            "RUN apt-get update && apt-get install -y --no-install-recommends {names} && rm -rf /var/lib/apt/lists/*\n"
        ),
        PackageManager::Apk => format!("RUN apk add --no-cache {names}\n"),
    }
}

/// Words in exec form: JSON with a blank after each comma, as people write it.
fn words(command: &[String]) -> String {
    let quoted: Vec<String> = command
        .iter()
        .map(|word| serde_json::to_string(word).expect("text is JSON"))
        .collect();
    format!("[{}]", quoted.join(", "))
}

/// A value of ENV.
fn quoted(value: &str) -> String {
    match value
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || "/._-:+@$".contains(letter))
    {
        true => value.to_string(),
        false => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

fn replaced(text: &str, edits: &[Edit]) -> String {
    let mut text = text.to_string();
    for edit in edits.iter().rev() {
        let end = edit.at.end.max(edit.at.start);
        // a span may include the end of its line, which stays
        let covered = &text[edit.at.start..end];
        let kept = covered.len() - covered.trim_end_matches(['\n', '\r']).len();
        text.replace_range(edit.at.start..end - kept, &edit.with);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(text: &str, mends: &[Mend]) -> String {
        let last = parse(text.as_bytes()).unwrap().stages.len() - 1;
        apply(text, last, mends).unwrap()
    }

    const TWO: &str = "\
FROM python:3.11 AS builder
RUN pip install flask

FROM python:3.11-slim
# the venv
COPY --from=builder /venv /venv
USER app
EXPOSE 80
CMD [\"flask\", \"run\"]
";

    #[test]
    fn files_are_copied_after_the_last_change_and_packages_come_first() {
        let mends = [
            Mend::CopyFrom {
                stage: "builder".into(),
                paths: vec![
                    "/usr/lib/a.so.1".into(),
                    "/usr/lib/b.so.2".into(),
                    "/opt/c".into(),
                    "/opt/python/".into(),
                ],
                ldconfig: true,
            },
            Mend::Install {
                packages: vec!["libpq5".into()],
                manager: PackageManager::Apt,
            },
            Mend::Install {
                packages: vec!["libmariadb3".into()],
                manager: PackageManager::Apt,
            },
        ];
        assert_eq!(
            edited(TWO, &mends),
            "\
FROM python:3.11 AS builder
RUN pip install flask

FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends libmariadb3 libpq5 && rm -rf /var/lib/apt/lists/*
# the venv
COPY --from=builder /venv /venv
COPY --from=builder /usr/lib/a.so.1 /usr/lib/b.so.2 /usr/lib/
COPY --from=builder /opt/c /opt/
COPY --from=builder /opt/python/ /opt/python/
RUN ldconfig
USER app
EXPOSE 80
CMD [\"flask\", \"run\"]
"
        );
    }

    #[test]
    fn commands_run_as_root_and_the_user_comes_back() {
        let text = "FROM a\nUSER app\nCOPY x /x\nCMD x";
        let mends = [Mend::Run {
            command: vec!["ldconfig".into()],
        }];
        assert_eq!(
            edited(text, &mends),
            "FROM a\nUSER app\nCOPY x /x\nUSER root\nRUN [\"ldconfig\"]\nUSER app\nCMD x"
        );
    }

    #[test]
    fn what_runs_is_set_where_it_was_set() {
        let reset = [Mend::Entrypoint(None)];
        assert_eq!(
            edited("FROM a\nCMD [\"x\"]\n", &reset),
            "FROM a\nENTRYPOINT []\nCMD [\"x\"]\n"
        );
        assert_eq!(
            edited("FROM a\nENTRYPOINT [\"y\"]\nCMD x\n", &reset),
            "FROM a\nENTRYPOINT []\nCMD x\n"
        );
        let exec = [Mend::Cmd(vec!["python".into(), "app.py".into()])];
        assert_eq!(
            edited("FROM a\nCMD python \\\n  app.py\nUSER b", &exec),
            "FROM a\nCMD [\"python\", \"app.py\"]\nUSER b"
        );
        assert_eq!(
            edited("FROM a", &exec),
            "FROM a\nCMD [\"python\", \"app.py\"]"
        );
    }

    #[test]
    fn another_base_comes_alone() {
        let mends = [
            Mend::Entrypoint(None),
            Mend::Base {
                image: "python:3.11-slim".into(),
                why: "the builder's".into(),
                entrypoint: None,
            },
        ];
        assert_eq!(
            edited(
                "FROM x AS b\nFROM --platform=linux/amd64 gcr.io/y:z AS c\nCMD x\n",
                &mends
            ),
            "FROM x AS b\nFROM --platform=linux/amd64 python:3.11-slim AS c\nCMD x\n"
        );
    }

    #[test]
    fn another_base_keeps_the_entrypoint_that_cmd_relies_on() {
        let mends = [Mend::Base {
            image: "python:3.11-slim".into(),
            why: "the builder's".into(),
            entrypoint: Some(vec!["python3".into()]),
        }];
        assert_eq!(
            edited("FROM gcr.io/y:z\nCMD [\"app.py\"]\n", &mends),
            "FROM python:3.11-slim\nENTRYPOINT [\"python3\"]\nCMD [\"app.py\"]\n"
        );
    }

    #[test]
    fn scripts_are_written_by_a_heredoc() {
        let write = [Mend::Write {
            path: "/usr/local/bin/f".into(),
            text: "#!/bin/sh\nexec \"$@\"".into(),
            mode: 0o755,
        }];
        assert_eq!(
            edited("FROM a\nCOPY x /\n", &write),
            "FROM a\nCOPY x /\nCOPY --chmod=755 <<'EOF' /usr/local/bin/f\n#!/bin/sh\nexec \"$@\"\nEOF\n"
        );
    }
}
