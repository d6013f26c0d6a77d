//! Row 30: bytecode that the interpreter cannot use: of another version, or older than its source.
//!
//! Source: PEP 3147 (names), PEP 552 (flags), `importlib._bootstrap_external` (magic numbers and what is compared).

use crate::facts::Facts;
use crate::facts::account::{User, Want};
use crate::facts::imports::{Module, ModuleKind, Reach};
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
/// The magic numbers of the released versions.
const MAGIC: &[((u8, u8), u16)] = &[
    ((3, 6), 3379),
    ((3, 7), 3394),
    ((3, 8), 3413),
    ((3, 9), 3425),
    ((3, 10), 3439),
    ((3, 11), 3495),
    ((3, 12), 3531),
    ((3, 13), 3571),
    ((3, 14), 3627),
];

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
        let (mut unfit, mut example, mut whole) = (0, None, 0);
        for module in run.modules.values() {
            match module.kind {
                ModuleKind::Bytecode => findings.extend(sourceless(facts, module, python.version)),
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
fn sourceless(facts: &Facts<'_>, module: &Module, version: (u8, u8)) -> Option<Finding> {
    let found = version_of(magic(facts, &module.path)?)?;
    if found == version || !MAGIC.iter().any(|(known, _)| *known == version) {
        return None;
    }
    let shown_version = |(x, y): (u8, u8)| format!("{x}.{y}");
    let what = format!(
        "`{}` is bytecode of Python {}, and the interpreter is {}",
        shown(&module.path),
        shown_version(found),
        shown_version(version)
    );
    let (severity, message) = match module.need {
        Reach::Sure => (Severity::Breaks, format!("this image cannot start: {what}")),
        _ => (Severity::Risk, what),
    };
    let finding = Finding::new(RULE.name, severity, message).at(facts.place_of(&module.path));
    Some(
        finding
            .because("needed by", module.chain.join(" → "))
            .hint("ship the sources, or compile with the interpreter of the image"),
    )
}

/// The magic number of a bytecode file.
fn magic(facts: &Facts<'_>, path: &[u8]) -> Option<u16> {
    let head = facts.files().read(path, 16)?;
    (head.get(2..4)? == b"\r\n").then(|| u16::from_le_bytes([head[0], head[1]]))
}

fn version_of(magic: u16) -> Option<(u8, u8)> {
    MAGIC
        .iter()
        .find(|(_, known)| *known == magic)
        .map(|(version, _)| *version)
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
    let head = files.read(&cached, 16).filter(|head| head.len() == 16)?;
    let expected = MAGIC
        .iter()
        .find(|(known, _)| *known == version)
        .map(|(_, magic)| *magic)?;
    let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let (_, node) = files.resolve(source)?;
    if head[..4]
        != [
            expected.to_le_bytes()[0],
            expected.to_le_bytes()[1],
            b'\r',
            b'\n',
        ]
    {
        return Some("its bytecode has the magic number of another version".into());
    }
    // bit 0: checked by hash or not at all, not by time
    if word(4) & 1 == 1 {
        return None;
    }
    let stale = word(8) != node.mtime as u32 || u64::from(word(12)) != node.size() & 0xffff_ffff;
    stale.then(|| "time or size of the source are not those that its bytecode notes".into())
}
