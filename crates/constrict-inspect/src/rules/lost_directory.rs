//! Row 45: a package lost its directory as it was copied: its modules lie where the package itself should be.
//!
//! Docker copies what is in a directory, not the directory: `COPY shop .` and `COPY src/* .` pour folders out.

use std::collections::BTreeSet;

use constrict_dockerfile::Kind;
use constrict_dockerfile::instruction::SourceArg;
use constrict_python::source::{Form, Import};

use super::missing_module;
use crate::facts::Facts;
use crate::facts::imports::{Absence, Closure, MissingModule, ModuleKind, Reach};
use crate::facts::landmarks::is_installed;
use crate::facts::start::Target;
use crate::files::{Files, file_name, join, parent, shown};
use crate::mend::Mend;
use crate::rule::{Finding, Place, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "lost-directory",
    summary: "a package lost its directory as it was copied",
    severity: Severity::Breaks,
    rows: &[45],
    page: include_str!("../../../../docs/rules/lost-directory.md"),
    check,
};

/// Whether a missing module is a package whose content lies where it should be itself.
pub(crate) fn explains(facts: &Facts<'_>, run: &Closure, missing: &MissingModule) -> bool {
    missing.need != Reach::Optional
        && !missing_module::is_others(facts, run, missing)
        && lost(facts, run, missing).is_some()
}

/// A package without its directory.
struct Lost {
    /// Its name, without dots.
    package: String,
    /// Where its content lies.
    directory: Vec<u8>,
    /// A file of it there.
    file: Vec<u8>,
    /// The instruction that did it, if it is known.
    copy: Option<Copied>,
}

/// A COPY or ADD, as the Dockerfile or the history has it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Copied {
    /// First line 1; 0 if only the history tells.
    line: usize,
    from: Option<String>,
    sources: Vec<String>,
    destination: String,
    /// The layers that it made; empty if it is of another stage.
    layers: Vec<usize>,
}

impl Copied {
    /// The source that is a directory of this name.
    fn source(&self, name: &str) -> Option<&str> {
        let is = |source: &&String| last(source) == name;
        self.sources.iter().find(is).map(String::as_str)
    }

    /// The source that names everything in a directory.
    fn star(&self) -> Option<&str> {
        let star = |source: &&String| last(source).contains(['*', '?']);
        self.sources.iter().find(star).map(String::as_str)
    }

    /// The instruction that keeps a package's name.
    fn mended(&self, package: &str) -> String {
        let from = self
            .from
            .as_ref()
            .map_or_else(String::new, |from| format!("--from={from} "));
        let destination = self.destination.trim_end_matches('/');
        match (self.source(package), self.star()) {
            (Some(source), _) => {
                let source = source.trim_end_matches('/');
                format!("COPY {from}{source} {destination}/{package}")
            }
            (None, Some(star)) => {
                let above = star.rsplit_once('/').map_or(".", |(above, _)| above);
                format!("COPY {from}{above}/ {destination}/")
            }
            (None, None) => format!("COPY {from}{package} {destination}/{package}"),
        }
    }
}

/// The last component of a source.
fn last(source: &str) -> &str {
    let source = source.trim_end_matches('/');
    source.rsplit_once('/').map_or(source, |(_, last)| last)
}

/// Every COPY and ADD of the build, the last stage's first; of an image that somebody else built what its history tells.
fn copies(facts: &Facts<'_>) -> Vec<Copied> {
    let Some(origin) = &facts.image.origin else {
        return from_history(facts);
    };
    let mut found = Vec::new();
    let stages = origin.dockerfile.stages.iter().enumerate();
    for (number, stage) in stages.take(origin.stage + 1).rev() {
        for instruction in &stage.instructions {
            let (Kind::Copy(copy) | Kind::Add(copy)) = &instruction.kind else {
                continue;
            };
            if copy.parents {
                continue;
            }
            let start = instruction.span.start;
            let line = constrict_dockerfile::line_of(origin.text.as_bytes(), start).line;
            let layers = origin.lines.iter().filter(|(_, of)| **of == line);
            let path = |source: &SourceArg| match source {
                SourceArg::Path(path) => Some(path.clone()),
                _ => None,
            };
            found.push(Copied {
                line,
                from: copy.from.clone(),
                sources: copy.sources.iter().filter_map(path).collect(),
                destination: copy.dest.clone(),
                layers: match number == origin.stage {
                    true => layers.map(|(layer, _)| *layer).collect(),
                    false => Vec::new(),
                },
            });
        }
    }
    found
}

fn from_history(facts: &Facts<'_>) -> Vec<Copied> {
    let layers = facts.image.layers.iter().enumerate();
    let copied = |(number, step): (usize, &str)| {
        let rest = step
            .strip_prefix("COPY ")
            .or_else(|| step.strip_prefix("ADD "))?;
        let rest = rest.trim_end_matches("# buildkit").trim();
        let words = rest
            .split_whitespace()
            .filter(|word| !word.starts_with("--"));
        let mut words: Vec<String> = words.map(str::to_string).collect();
        let destination = words.pop()?;
        Some(Copied {
            line: 0,
            from: None,
            sources: words,
            destination,
            layers: vec![number],
        })
    };
    layers
        .map(|(number, layer)| (number, layer.created_by.as_str()))
        .filter_map(copied)
        .collect()
}

/// What the program takes of a package: submodules, and names that may be some.
#[derive(Default)]
struct Wanted {
    modules: BTreeSet<String>,
    names: BTreeSet<String>,
}

fn wanted(facts: &Facts<'_>, run: &Closure, package: &str) -> Wanted {
    let mut wanted = Wanted::default();
    let inside = format!("{package}.");
    let next = |module: &str| {
        let rest = module.strip_prefix(&inside)?;
        rest.split('.').next().map(str::to_string)
    };
    if let Some(python) = facts
        .start()
        .programs
        .get(run.program)
        .and_then(|program| program.python.as_ref())
    {
        let demands = python.demands.iter().map(|demand| demand.module.as_str());
        wanted.modules.extend(demands.filter_map(next));
        if let Target::Module(module) = &python.target {
            wanted.modules.extend(next(module));
        }
    }
    let Some(python) = facts.interpreters().all.get(run.search.interpreter) else {
        return wanted;
    };
    let own = run
        .modules
        .iter()
        .filter(|(_, module)| module.kind == ModuleKind::Source && !is_installed(&module.path));
    for (name, module) in own {
        let sources = &facts.imports().sources;
        let library = python.library.as_ref();
        if library.is_some_and(|library| module.path.starts_with(library)) {
            continue;
        }
        let Some(source) = sources.module(facts.files(), &module.path, python.version) else {
            continue;
        };
        for import in &source.imports {
            let Some(target) = absolute(name, &module.path, import) else {
                continue;
            };
            match (&import.form, target == package) {
                (Form::Names(names), true) => {
                    wanted
                        .names
                        .extend(names.iter().map(|taken| taken.name.clone()));
                }
                _ => wanted.modules.extend(next(&target)),
            }
        }
    }
    wanted
}

/// The module that an import of the module `name` names.
fn absolute(name: &str, path: &[u8], import: &Import) -> Option<String> {
    if import.level == 0 {
        return Some(import.module.clone());
    }
    let mut package = name;
    let ups = import.level - u32::from(file_name(path) == b"__init__.py");
    for _ in 0..ups {
        package = package.rsplit_once('.')?.0;
    }
    match import.module.as_str() {
        "" => Some(package.to_string()),
        module => Some(format!("{package}.{module}")),
    }
}

/// The directories in which the package should be.
fn directories(run: &Closure, missing: &MissingModule) -> Vec<Vec<u8>> {
    if let Some((above, _)) = missing.name.rsplit_once('.') {
        let module = run.modules.get(above).filter(|module| !module.distributed);
        let directory = module.map(|module| match module.kind {
            ModuleKind::Namespace => module.path.clone(),
            _ => parent(&module.path).to_vec(),
        });
        return directory.into_iter().collect();
    }
    let installed = |path: &[u8]| is_installed(&join(path, b"x")) || path.starts_with(b"usr/lib");
    let library = |path: &Vec<u8>| {
        use crate::facts::interpreter::PathSource;
        run.search
            .directories
            .iter()
            .any(|element| element.path == *path && element.from == PathSource::Library)
    };
    missing
        .searched
        .iter()
        .filter(|path| !installed(path) && !library(path))
        .cloned()
        .collect()
}

/// The file or directory of a module in a directory.
fn module_in(files: &Files, directory: &[u8], name: &str) -> Option<Vec<u8>> {
    let file = join(directory, format!("{name}.py").as_bytes());
    let package = join(directory, name.as_bytes());
    if files.is_file(&file) {
        return Some(file);
    }
    files.is_directory(&package).then_some(package)
}

fn lost(facts: &Facts<'_>, run: &Closure, missing: &MissingModule) -> Option<Lost> {
    match missing.why {
        Absence::NotFound => {}
        Absence::NoPackage => return relative(facts, missing),
        _ => return None,
    }
    let files = facts.files();
    let package = missing.name.rsplit('.').next()?.to_string();
    let directories = directories(run, missing);
    let copies = copies(facts);
    let wanted = wanted(facts, run, &missing.name);
    for directory in directories {
        let there = |name: &String| module_in(files, &directory, name);
        let modules: Vec<Vec<u8>> = wanted.modules.iter().filter_map(there).collect();
        let named = wanted.names.iter().find_map(there);
        let init = join(&directory, b"__init__.py");
        let init = files.is_file(&init).then_some(init);
        let whole = !wanted.modules.is_empty() && modules.len() == wanted.modules.len();
        let first = modules.into_iter().next();
        let flat = match wanted.modules.is_empty() {
            true => named.or_else(|| init.clone()),
            false => first,
        };
        let Some(file) = flat.or_else(|| init.clone()) else {
            continue;
        };
        let layer = files.node(&file).map(|node| node.layer);
        let made = |copied: &&Copied| {
            copied.layers.is_empty() || layer.is_some_and(|layer| copied.layers.contains(&layer))
        };
        let poured = |copied: &&Copied| {
            copied.source(&package).is_some()
                || copied
                    .star()
                    .is_some_and(|star| has_directory(facts, copied, star, &package, whole))
        };
        let copy = copies.iter().filter(made).find(poured);
        // without an instruction that did it, a package's own first file tells
        if copy.is_some() || (init.is_some() && whole) {
            return Some(Lost {
                package,
                directory,
                file,
                copy: copy.cloned(),
            });
        }
    }
    None
}

/// Whether `src/*` names a directory with the package's name: seen in the stage, or by what was poured out of it.
fn has_directory(
    facts: &Facts<'_>,
    copied: &Copied,
    star: &str,
    package: &str,
    poured: bool,
) -> bool {
    let stage = copied.from.as_ref().and_then(|from| {
        let origin = facts.image.origin.as_ref()?;
        origin.stages.iter().find_map(|(number, stage)| {
            (stage.name.eq_ignore_ascii_case(from) || number.to_string() == *from).then_some(stage)
        })
    });
    let above = star.rsplit_once('/').map_or("", |(above, _)| above);
    match stage {
        Some(stage) => stage
            .files
            .is_directory(&join(above.as_bytes(), package.as_bytes())),
        None => poured,
    }
}

/// A relative import at the top: the package that the file was in lost its directory.
fn relative(facts: &Facts<'_>, missing: &MissingModule) -> Option<Lost> {
    let files = facts.files();
    let directory = parent(&missing.importer).to_vec();
    let wanted = missing.name.strip_prefix('.')?;
    let module = module_in(files, &directory, wanted.split('.').next()?);
    if wanted.starts_with('.') || (module.is_none() && !wanted.is_empty()) {
        return None;
    }
    let layer = files.node(&missing.importer)?.layer;
    let copy = copies(facts)
        .into_iter()
        .find(|copied| copied.layers.contains(&layer))?;
    let identifier = |name: &str| {
        !name.is_empty()
            && name
                .chars()
                .all(|next| next.is_alphanumeric() || next == '_')
            && !name.starts_with(|next: char| next.is_ascii_digit())
    };
    let package = copy
        .sources
        .iter()
        .map(|source| last(source))
        .find(|name| identifier(name))?;
    // `COPY src/shop /app/shop` kept it
    if file_name(&directory) == package.as_bytes()
        || !files.is_file(&join(&directory, b"__init__.py"))
    {
        return None;
    }
    Some(Lost {
        package: package.to_string(),
        file: module.unwrap_or_else(|| missing.importer.clone()),
        directory,
        copy: Some(copy),
    })
}

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for run in &facts.imports().runs {
        let mut told = BTreeSet::new();
        let mut missing: Vec<&MissingModule> = run
            .missing
            .iter()
            .filter(|missing| {
                missing.need != Reach::Optional && !missing_module::is_others(facts, run, missing)
            })
            .collect();
        missing.sort_by_key(|missing| missing.need);
        for missing in missing {
            if let Some(lost) = lost(facts, run, missing)
                && told.insert((lost.package.clone(), lost.directory.clone()))
            {
                findings.extend(finding(facts, run, missing, &lost));
            }
        }
    }
}

fn finding(
    facts: &Facts<'_>,
    run: &Closure,
    missing: &MissingModule,
    lost: &Lost,
) -> Option<Finding> {
    let severity = run.severity(facts, missing.need)?;
    let lead = match severity {
        Severity::Breaks => "this image cannot start: ",
        _ => "",
    };
    let package = &lost.package;
    let message = format!(
        "{lead}the directory of package `{package}` is gone: its content lies in `{}`",
        shown(&lost.directory)
    );
    let line = lost.copy.as_ref().filter(|copy| copy.line > 0);
    let place = match line.and_then(|copy| facts.line(copy.line)) {
        Some(place) => Some(place),
        None => Some(Place::File {
            path: shown(&lost.file),
            line: None,
        }),
    };
    let found = Finding::new(RULE.name, severity, message)
        .at(place)
        .because("needed by", missing.chain.join(" → "))
        .because("found", shown(&lost.file))
        .because(
            "expected",
            shown(&join(&lost.directory, package.as_bytes())),
        );
    let relative = missing.why == Absence::NoPackage;
    let start = match relative {
        true => format!(", and start it by its whole name: `{package}.…`"),
        false => String::new(),
    };
    let Some(copy) = &lost.copy else {
        return Some(found.hint(format!(
            "copy the directory, not its content: `COPY {package} ./{package}`{start}"
        )));
    };
    let mended = copy.mended(package);
    let found = found.hint(format!("{mended}{start}"));
    Some(match (&facts.image.origin, relative) {
        (Some(origin), false) => found.mend(Mend::Edit {
            file: origin.file.clone(),
            line: mended,
        }),
        _ => found,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    const LIBRARY: &str = "usr/local/lib/python3.11";

    /// An image that runs `/app/main.py`.
    fn image(main: &str) -> Sample {
        Sample::new()
            .program("usr/local/bin/python3.11", "\x7fELF")
            .file(&format!("{LIBRARY}/os.py"), "")
            .file(&format!("{LIBRARY}/encodings/__init__.py"), "")
            .file("app/main.py", main)
            .cmd(&["python3.11", "/app/main.py"])
    }

    fn told(sample: Sample) -> Vec<(&'static str, String)> {
        let names = ["lost-directory", "missing-module", "missing-target"];
        let findings = sample.check().findings.into_iter();
        findings
            .filter(|finding| names.contains(&finding.rule))
            .map(|finding| (finding.rule, finding.message))
            .collect()
    }

    /// As if one COPY had made it all.
    fn copied(sample: Sample, step: &str) -> Sample {
        sample.made_by(0, step)
    }

    fn lost(package: &str) -> Vec<(&'static str, String)> {
        let message = format!(
            "this image cannot start: the directory of package `{package}` is gone: its content lies in `/app`"
        );
        vec![("lost-directory", message)]
    }

    #[test]
    fn a_package_that_was_poured_out_is_named() {
        let main = "from billing.invoice import total\n";
        let sample = image(main)
            .file("app/__init__.py", "")
            .file("app/invoice.py", "total = 1\n");
        assert_eq!(told(sample), lost("billing"));
        let sample = image(main).file("app/invoice.py", "total = 1\n");
        let sample = copied(sample, "COPY billing . # buildkit");
        assert_eq!(told(sample), lost("billing"));
        let sample = copied(
            image("import api.wsgi\n").file("app/wsgi.py", ""),
            "COPY src/* ./",
        );
        assert_eq!(told(sample), lost("api"));
    }

    #[test]
    fn the_instruction_that_keeps_the_name_is_the_hint() {
        let hint = |step: &str| {
            let sample = image("import api.web\n").file("app/web.py", "");
            copied(sample, step).findings(RULE.name).remove(0).hint
        };
        assert_eq!(hint("COPY api . # buildkit"), Some("COPY api ./api".into()));
        assert_eq!(
            hint("COPY /src/core /src/api ./ # buildkit"),
            Some("COPY /src/api ./api".into())
        );
        assert_eq!(
            hint("COPY /src/* /app/ # buildkit"),
            Some("COPY /src/ /app/".into())
        );
    }

    #[test]
    fn modules_of_a_distribution_that_nobody_installed_are_not_lost_directories() {
        let sample = image("from jose.utils import base64url_decode\n").file("app/utils.py", "");
        assert_eq!(told(sample)[0].0, "missing-module");
        let sample = image("import requests\n").file("app/__init__.py", "");
        assert_eq!(told(copied(sample, "COPY src/* ./"))[0].0, "missing-module");
    }

    #[test]
    fn what_is_tried_or_lies_in_its_place_passes() {
        let tried =
            "try:\n    from api.web import app\nexcept ImportError:\n    from web import app\n";
        let sample = image(tried)
            .file("app/web.py", "app = 1\n")
            .file("app/__init__.py", "");
        assert_eq!(told(copied(sample, "COPY api .")), []);
        let sample = image("from api.web import app\n").file("app/api/web.py", "app = 1\n");
        assert_eq!(told(copied(sample, "COPY src/* .")), []);
    }
}
