//! Row 30: bytecode that the interpreter cannot use: of another version, or older than its source.
//!
//! Source: PEP 3147 (names), PEP 552 (flags), `importlib._bootstrap_external` (magic numbers and what is compared).

use constrict_python::pyc::{Header, Validation};

use crate::facts::Facts;
use crate::facts::account::{User, Want};
use crate::facts::imports::{Module, ModuleKind, Reach};
use crate::facts::interpreter::Implementation;
use crate::files::{file_name, join, parent, shown};
use crate::quantity::count;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "stale-bytecode",
    summary: "bytecode does not fit its source or the interpreter",
    severity: Severity::Breaks,
    rows: &[30],
    page: include_str!("../../../../docs/rules/stale-bytecode.md"),
    check,
};

/// Fewer modules are compiled in no time.
const LEAST: usize = 50;
/// The latest version whose magic number is known.
const LATEST: (u8, u8) = (3, 14);

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for run in &facts.imports().runs {
        let program = facts.start().programs.get(run.program);
        let user = program.map_or(facts.user(), |program| &program.user);
        let search = facts
            .start()
            .programs
            .get(run.program)
            .and_then(|program| facts.interpreters().search_path(facts, program));
        let Some(python) =
            search.and_then(|search| facts.interpreters().all.get(search.interpreter))
        else {
            continue;
        };
        // of others and later ones the magic numbers are not known
        if python.implementation != Implementation::CPython || python.version > LATEST {
            continue;
        }
        let (mut unfit, mut example, mut whole) = (0, None, 0);
        for module in run.modules.values() {
            match module.kind {
                ModuleKind::Bytecode => {
                    findings.extend(sourceless(facts, run.program, module, python.version))
                }
                ModuleKind::Source if module.need != Reach::Optional => {
                    whole += 1;
                    if let Some(why) = unusable(facts, user, &module.path, python.version) {
                        unfit += 1;
                        example.get_or_insert((module.path.clone(), why));
                    }
                }
                _ => {}
            }
        }
        let Some((path, why)) = example.filter(|_| unfit >= LEAST) else {
            continue;
        };
        let message = format!(
            "{} of {whole} are compiled again at each start",
            count(unfit, "module")
        );
        findings.push(
            Finding::new(RULE.name, Severity::Waste, message)
                .at(facts.place_of(&path))
                .because("for one", format!("`{}`: {why}", shown(&path)))
                .hint("compile in the image, after the last change of the sources: `python -m compileall --invalidation-mode unchecked-hash`"),
        );
    }
}

/// A module without source whose bytecode is another version's.
fn sourceless(
    facts: &Facts<'_>,
    program: usize,
    module: &Module,
    version: (u8, u8),
) -> Option<Finding> {
    let found = head(facts, &module.path)?.python?;
    if found == version {
        return None;
    }
    let shown_version = |(x, y): (u8, u8)| format!("{x}.{y}");
    let what = format!(
        "`{}` is bytecode of Python {}, and the interpreter is {}",
        shown(&module.path),
        shown_version(found),
        shown_version(version)
    );
    let (severity, message) = match facts.fails(program, module.need) {
        true => (Severity::Breaks, format!("this image cannot start: {what}")),
        _ => (Severity::Risk, what),
    };
    let finding = Finding::new(RULE.name, severity, message).at(facts.place_of(&module.path));
    Some(
        finding
            .because("needed by", module.chain.join(" → "))
            .hint("ship the sources, or compile with the interpreter of the image"),
    )
}

/// What the head of a bytecode file says.
fn head(facts: &Facts<'_>, path: &[u8]) -> Option<Header> {
    Header::parse(&facts.files().read(path, 16)?).ok()
}

/// Why the bytecode of a source in a directory that the user cannot write to is of no use; modules that have none, or
/// that the standard library has none of, are let pass.
fn unusable(facts: &Facts<'_>, user: &User, source: &[u8], version: (u8, u8)) -> Option<String> {
    let files = facts.files();
    let cache = join(parent(source), b"__pycache__");
    let stem = file_name(source).strip_suffix(b".py")?;
    let (x, y) = version;
    let cached = join(
        &cache,
        &[stem, format!(".cpython-{x}{y}.pyc").as_bytes()].concat(),
    );
    if !files.is_file(&cached) || user.can(files, &cache, Want::Write) {
        return None;
    }
    let head = head(facts, &cached)?;
    let (_, node) = files.resolve(source)?;
    if head.python? != version {
        return Some("its bytecode has the magic number of another version".into());
    }
    let Validation::Timestamp { mtime, size } = head.validation else {
        return None;
    };
    let stale = mtime != node.mtime as u32 || u64::from(size) != node.size() & 0xffff_ffff;
    stale.then(|| "time or size of the source are not those that its bytecode notes".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, module};

    /// A program `app.py` of Python 3.11, and the head of bytecode with this magic number for a source of some size.
    fn sample() -> Sample {
        Sample::new()
            .program("usr/local/bin/python3.11", b"\x7fELF")
            .file("usr/local/lib/python3.11/os.py", "")
            .file("app/app.py", "")
            .config(|config| config.config.user = "1000".into())
            .cmd(&["/usr/local/bin/python3.11", "/app/app.py"])
    }

    fn head(magic: u16, flags: u32, size: u32) -> Vec<u8> {
        let mut head = magic.to_le_bytes().to_vec();
        head.extend(b"\r\n");
        head.extend(flags.to_le_bytes());
        head.extend(315_619_200_u32.to_le_bytes());
        head.extend(size.to_le_bytes());
        head
    }

    #[test]
    fn bytecode_of_another_version_cannot_be_imported() {
        let found = |magic: u16, need: Reach| {
            let shop = module("app/shop.pyc", ModuleKind::Bytecode, need);
            let sample = sample().file("app/shop.pyc", head(magic, 0, 0));
            let found = sample.importing(RULE.name, vec![("shop", shop)], vec![]);
            found
                .into_iter()
                .map(|found| (found.severity, found.message))
                .collect::<Vec<_>>()
        };
        let what = "`/app/shop.pyc` is bytecode of Python 3.12, and the interpreter is 3.11";
        assert_eq!(
            found(3531, Reach::Sure),
            [(Severity::Breaks, format!("this image cannot start: {what}"))]
        );
        assert_eq!(
            found(3531, Reach::Maybe),
            [(Severity::Risk, what.to_string())]
        );
        assert_eq!(found(3495, Reach::Sure), []);
        assert_eq!(found(1, Reach::Sure), []);
    }

    #[test]
    fn bytecode_that_is_older_than_its_source_is_of_no_use() {
        let found = |flags: u32, size: u32, owner: u32| {
            let names: Vec<String> = (0..60).map(|number| format!("m{number}")).collect();
            let mut sample =
                sample()
                    .directory("app/__pycache__", 0o755)
                    .owned("app/__pycache__", owner, 0);
            let mut modules = Vec::new();
            for name in &names {
                let path = format!("app/{name}.py");
                sample = sample.file(&path, "x = 1").file(
                    &format!("app/__pycache__/{name}.cpython-311.pyc"),
                    head(3495, flags, size),
                );
                modules.push((
                    name.as_str(),
                    module(&path, ModuleKind::Source, Reach::Sure),
                ));
            }
            let found = sample.importing(RULE.name, modules, vec![]);
            found
                .into_iter()
                .map(|found| (found.severity, found.message))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            found(0, 4, 0),
            [(
                Severity::Waste,
                "60 modules of 60 are compiled again at each start".to_string()
            )]
        );
        assert_eq!(found(0, 5, 0), []);
        assert_eq!(found(1, 4, 0), []);
        assert_eq!(found(0, 4, 1000), []);
    }
}
