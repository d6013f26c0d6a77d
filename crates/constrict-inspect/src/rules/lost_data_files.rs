//! Row 21: data files that lie beside the modules of the project and were not installed with it.

use crate::facts::Facts;
use crate::facts::distribution::Distribution;
use constrict_python::source::Need;

use crate::facts::imports::{ModuleKind, OwnModule};
use crate::facts::landmarks::is_installed;
use crate::files::{Files, file_name, join, parent, shown};
use crate::quantity::{count, some};
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "lost-data-files",
    summary: "data files of the project were not installed with it",
    severity: Severity::Breaks,
    rows: &[21],
    page: include_str!("../../../../docs/rules/lost-data-files.md"),
    check,
};

/// The largest source that is read.
const LIMIT: usize = 1 << 20;

/// Endings of files that programs read.
const DATA: &[&str] = &[
    "cfg", "css", "csv", "graphql", "html", "ini", "j2", "jinja", "jinja2", "js", "json", "jsonl",
    "lark", "mako", "mo", "onnx", "png", "proto", "sql", "svg", "tmpl", "toml", "ttf", "txt",
    "xml", "xsd", "yaml", "yml",
];
/// Directories whose content is not meant to be installed.
const SPARE: &[&[u8]] = &[
    b"test",
    b"tests",
    b"docs",
    b"examples",
    b"node_modules",
    b"__pycache__",
];

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    left_behind(facts, findings);
    for distribution in &facts.distributions().all {
        let documents = distribution.documents(facts.files());
        let Some(source) = documents
            .url
            .as_deref()
            .and_then(|url| url.strip_prefix("file://"))
            .filter(|_| !documents.editable)
        else {
            continue;
        };
        for module in &documents.modules {
            let installed = join(&distribution.site, module.as_bytes());
            if !facts.files().is_directory(&installed)
                || !is_imported_from(facts, module, &installed)
            {
                continue;
            }
            let lost = lost(facts, source.as_bytes(), module, &installed);
            let opened = opened(facts, &installed);
            if lost.is_some() || opened.is_some() {
                findings.push(finding(facts, distribution, module, lost, opened));
            }
        }
    }
}

/// Files that the application's own modules surely open beside themselves, and that only another stage has.
fn left_behind(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let start = facts.start();
    for run in &facts.imports().runs {
        let runs = |module: &&OwnModule| {
            let reach = module.reach(Need::Always, None);
            !is_installed(&module.path)
                && reach.is_some_and(|reach| facts.fails(run.program, reach))
        };
        for module in run.own.iter().filter(runs).filter(|_| !start.changed) {
            let text = facts.files().text(&module.path, LIMIT).unwrap_or_default();
            let gone = opens(&text).into_iter().find_map(|(name, line)| {
                let path = join(parent(&module.path), name.as_bytes());
                let stage = (!facts.files().exists(&path))
                    .then(|| stage_with(facts, file_name(&module.path), name.as_bytes()))??;
                Some((path, line, stage))
            });
            let Some((path, line, (stage, there))) = gone else {
                continue;
            };
            let message = format!("this image cannot start: `{}` is not in it", shown(&path));
            let (from, to) = (shown(&there), shown(&path));
            let finding = Finding::new(RULE.name, Severity::Breaks, message)
                .at(facts.place_of(&module.path))
                .because("opened by", format!("{}:{line}", shown(&module.path)))
                .because("found in", format!("stage `{stage}`: `{from}`"))
                .hint(format!("COPY --from={stage} {from} {to}"));
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
}

/// The stage that has a file of this name beside the same module, and where.
fn stage_with(facts: &Facts<'_>, module: &[u8], name: &[u8]) -> Option<(String, Vec<u8>)> {
    let end = join(b"", name);
    let stages = facts.image.origin.iter();
    stages
        .flat_map(|origin| origin.stages.values())
        .find_map(|stage| {
            let mut files = stage.files.walk(b"").filter(|(_, node)| node.is_file());
            let (path, _) = files.find(|(path, _)| {
                let beside = path
                    .strip_suffix(end.as_slice())
                    .filter(|rest| rest.is_empty() || rest.ends_with(b"/"));
                beside.is_some_and(|beside| stage.files.is_file(&[beside, module].concat()))
            })?;
            Some((stage.name.clone(), path.to_vec()))
        })
}

/// A file that a module opens, and where.
struct Opened {
    path: Vec<u8>,
    module: Vec<u8>,
    line: usize,
}

/// The first file beside the modules of a package that one of them surely opens when it is imported, and that is not there.
fn opened(facts: &Facts<'_>, installed: &[u8]) -> Option<Opened> {
    let inside = [installed, b"/"].concat();
    let runs = facts.imports().runs.iter();
    let modules = runs.flat_map(|run| run.modules.values().map(|module| (run.program, module)));
    let mut modules = modules.filter(|(program, module)| {
        module.kind == ModuleKind::Source
            && module.path.starts_with(&inside)
            && facts.fails(*program, module.need)
    });
    modules.find_map(|(_, module)| {
        let text = facts.files().text(&module.path, LIMIT)?;
        let opened = opens(&text)
            .into_iter()
            .map(|(name, line)| (join(parent(&module.path), name.as_bytes()), line));
        let mut gone = opened.filter(|(path, _)| !facts.files().exists(path));
        gone.next().map(|(path, line)| Opened {
            path,
            module: module.path.clone(),
            line,
        })
    })
}

/// What statements at the beginning of a line read beside their module, `(Path(__file__).parent / "x.sql").read_text()`,
/// at once or by a name that is set so; with the line, from 1. What is asked for first (`exists`) does not count.
fn opens(text: &str) -> Vec<(String, usize)> {
    let reads = |line: &str| {
        [".read_text(", ".read_bytes(", ".open(", "open("]
            .iter()
            .any(|call| line.contains(call))
    };
    let writes = |line: &str| {
        let modes = [
            "w", "w+", "wb", "wt", "a", "a+", "ab", "at", "x", "xb", "r+",
        ];
        let quoted = |mode: &&str| {
            line.contains(&format!("\"{mode}\"")) || line.contains(&format!("'{mode}'"))
        };
        modes.iter().any(quoted) || line.contains("mode=") || line.contains(".write")
    };
    let asks = ["exists(", "is_file(", " if ", "lambda", "suppress("]
        .iter()
        .any(|word| text.contains(word))
        || text.contains("\"\"\"");
    let mut found = Vec::new();
    let mut named: Vec<(&str, String)> = Vec::new();
    let mut directories: Vec<&str> = Vec::new();
    for (at, written) in text.lines().enumerate().filter(|_| !asks) {
        directories.extend(own_directory(written));
        let line = &in_full(written, &directories);
        let line = line.as_str();
        if !is_statement(line) || writes(line) {
            continue;
        }
        match beside(line) {
            Some(name) if reads(line) => found.push((name, at + 1)),
            Some(name) => named.extend(
                written
                    .split_once(" = ")
                    .map(|(target, _)| (target.trim(), name)),
            ),
            None if reads(line) => {
                let uses = |name: &str| {
                    line.contains(&format!("{name}.read_"))
                        || line.contains(&format!("{name}.open("))
                        || line.contains(&format!("open({name}"))
                };
                found.extend(
                    named
                        .iter()
                        .filter(|(target, _)| uses(target))
                        .map(|(_, name)| (name.clone(), at + 1)),
                );
            }
            None => {}
        }
    }
    found
}

/// The name that a line gives the directory of its module: `HERE = Path(__file__).parent`.
fn own_directory(line: &str) -> Option<&str> {
    const DIRECTORIES: &[&str] = &[
        "Path(__file__).parent",
        "Path(__file__).resolve().parent",
        "pathlib.Path(__file__).parent",
        "os.path.dirname(__file__)",
        "os.path.dirname(os.path.abspath(__file__))",
        "os.path.dirname(os.path.realpath(__file__))",
    ];
    let (name, value) = line.split_once(" = ")?;
    let plain = name
        .chars()
        .all(|next| next.is_alphanumeric() || next == '_');
    (plain && DIRECTORIES.contains(&value.trim_end())).then_some(name)
}

/// A line with such names written out.
fn in_full(line: &str, directories: &[&str]) -> String {
    let named = |name: &&&str| {
        let mut around = line.split(**name);
        let before = around.next().unwrap_or_default();
        around.next().is_some_and(|after| {
            before.ends_with(['(', ' ']) && after.trim_start().starts_with(['/', ',', '.'])
        })
    };
    match directories.iter().find(named) {
        Some(name) if !line.contains("__file__") => line.replacen(name, "Path(__file__).parent", 1),
        _ => line.to_string(),
    }
}

/// Whether a line is a statement of the module itself, not the head of a block or a part of one.
fn is_statement(line: &str) -> bool {
    let word = line
        .split(|next: char| !(next.is_alphanumeric() || next == '_'))
        .next()
        .unwrap_or_default();
    let head = [
        "async", "class", "def", "elif", "else", "except", "finally", "for", "if", "match", "try",
        "while",
    ];
    !word.is_empty() && !head.contains(&word)
}

/// The path beside the module that an expression makes of `__file__` and literals.
fn beside(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("__file__")?;
    let up = line.matches(".parent").count() + line.matches("dirname(").count();
    // a path that is written to, or made of more than literals, is not known
    if up != 1 || line.contains('{') || line.contains('+') || line.matches("__file__").count() != 1
    {
        return None;
    }
    let mut parts = rest.split(['"', '\'']);
    let first = parts.next()?.trim_start_matches(')');
    let first = first
        .trim_start_matches(".resolve()")
        .trim_start_matches(".absolute()");
    let first = first
        .trim_start_matches(".parent")
        .trim_start_matches(".joinpath");
    let glue = |text: &str| text.chars().all(|next| " /,().".contains(next));
    let mut names: Vec<&str> = Vec::new();
    let mut between = first;
    // literals with nothing but `/` and `,` between them, up to where the path is closed
    while glue(between) {
        let Some(name) = parts.next() else { break };
        names.push(name);
        between = parts.next()?;
    }
    let closed = between.is_empty() || between.trim_start().starts_with(')') || glue(between);
    // the mode of open() is a literal, too
    names.retain(|name| !["r", "rb", "rt"].contains(name));
    (closed && !names.is_empty()).then(|| names.join("/"))
}

fn finding(
    facts: &Facts<'_>,
    distribution: &Distribution,
    module: &str,
    lost: Option<(String, Vec<String>)>,
    opened: Option<Opened>,
) -> Finding {
    let (place, lost) = lost.unwrap_or_default();
    let mut finding = match &opened {
        Some(opened) => {
            let name = String::from_utf8_lossy(file_name(&opened.path)).into_owned();
            let message = format!(
                "this image cannot start: `{name}` of `{module}` was not installed with it"
            );
            Finding::new(RULE.name, Severity::Breaks, message)
                .because(
                    "opened by",
                    format!("{}:{}", shown(&opened.module), opened.line),
                )
                .because("not there", shown(&opened.path))
        }
        None => {
            let message = format!(
                "{} of `{module}` were not installed with it",
                count(lost.len(), "data file")
            );
            Finding::new(RULE.name, Severity::Risk, message)
        }
    };
    if !lost.is_empty() {
        finding = finding
            .because("not installed", some(&lost, 5))
            .because("found in", place);
    }
    finding.at(facts.place_of(&distribution.info)).hint(
        "list them in `[tool.setuptools.package-data]`, or let the build backend include them",
    )
}

/// Whether the start imports the module from where it was installed.
fn is_imported_from(facts: &Facts<'_>, module: &str, installed: &[u8]) -> bool {
    let mut runs = facts.imports().runs.iter();
    runs.any(|run| {
        run.modules
            .get(module)
            .is_some_and(|found| found.path == installed || parent(&found.path) == installed)
    })
}

/// The data files of the module in the project's sources, in the image or in a stage, that are not beside the installed
/// module; and where the sources are.
fn lost(
    facts: &Facts<'_>,
    source: &[u8],
    module: &str,
    installed: &[u8],
) -> Option<(String, Vec<String>)> {
    let stages = facts
        .image
        .origin
        .iter()
        .flat_map(|origin| origin.stages.values());
    let stages = stages.map(|stage| (format!("stage `{}`", stage.name), &stage.files));
    let views = stages.chain([("this image".to_string(), facts.files())]);
    for (name, files) in views {
        let roots =
            [join(source, b"src"), source.to_vec()].map(|root| join(&root, module.as_bytes()));
        let Some(root) = roots.into_iter().find(|root| is_package(files, root)) else {
            continue;
        };
        let Some((root, _)) = files.resolve(&root) else {
            continue;
        };
        let below = |path: &[u8]| path.get(root.len() + 1..).unwrap_or_default().to_vec();
        let data = files
            .walk(&root)
            .filter(|(path, node)| node.is_file() && is_data(&below(path)));
        let lost = data.filter(|(path, _)| !facts.files().exists(&join(installed, &below(path))));
        let lost: Vec<String> = lost.map(|(path, _)| shown(path)).collect();
        return (!lost.is_empty()).then(|| (format!("{name}: `{}`", shown(&root)), lost));
    }
    None
}

fn is_package(files: &Files, path: &[u8]) -> bool {
    files.is_file(&join(path, b"__init__.py"))
}

/// Whether a file, by its path in the package, is data that a program may read.
fn is_data(path: &[u8]) -> bool {
    let name = String::from_utf8_lossy(file_name(path)).to_ascii_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    DATA.contains(&ending)
        && !path
            .split(|byte| *byte == b'/')
            .any(|part| SPARE.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::imports::Reach;
    use crate::sample::{Sample, module};

    const SITE: &str = "opt/venv/lib/python3.12/site-packages";

    fn found(editable: bool, path: &str) -> Vec<Finding> {
        let url =
            format!("{{\"url\": \"file:///src\", \"dir_info\": {{\"editable\": {editable}}}}}");
        Sample::new()
            .file("src/shop/__init__.py", "")
            .file("src/shop/schema.sql", "")
            .file("src/shop/templates/base.html", "")
            .file("src/shop/tests/data.json", "")
            .file(&format!("{SITE}/shop/__init__.py"), "")
            .file(&format!("{SITE}/shop/schema.sql"), "")
            .file(&format!("{SITE}/shop-1.0.dist-info/direct_url.json"), url)
            .file(
                &format!("{SITE}/shop-1.0.dist-info/RECORD"),
                "shop/__init__.py,,\nshop/schema.sql,,\n",
            )
            .importing(
                RULE.name,
                vec![("shop", module(path, ModuleKind::Source, Reach::Sure))],
                vec![],
            )
    }

    #[test]
    fn templates_that_were_not_installed_are_named() {
        let found = found(false, &format!("{SITE}/shop/__init__.py"));
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "1 data file of `shop` were not installed with it"
        );
        assert_eq!(found[0].evidence[0].text, "/src/shop/templates/base.html");
    }

    #[test]
    fn sources_that_are_imported_as_they_lie_lack_nothing() {
        assert_eq!(found(false, "src/shop/__init__.py"), []);
        assert_eq!(found(true, &format!("{SITE}/shop/__init__.py")), []);
    }

    #[test]
    fn what_a_module_opens_as_it_is_imported_has_to_be_there() {
        let direct = "from pathlib import Path\nSQL = (Path(__file__).parent / \"sql\" / 'schema.sql').read_text(\"utf-8\")\n";
        let named = "import os\nPATH = os.path.join(os.path.dirname(__file__), \"schema.sql\")\ntext = open(PATH).read()\n";
        let directory = "import os\nHERE = os.path.dirname(__file__)\nwith open(os.path.join(HERE, \"sql\", 'a.sql')) as file:\n    SQL = file.read()\n";
        assert_eq!(opens(directory), [("sql/a.sql".to_string(), 3)]);
        assert_eq!(opens(direct), [("sql/schema.sql".to_string(), 2)]);
        assert_eq!(opens(named), [("schema.sql".to_string(), 3)]);
        for text in [
            "PATH = Path(__file__).parent / \"local.json\"\nprint(PATH.read_text() if PATH.exists() else 1)\n",
            "def f():\n    return (Path(__file__).parent / \"x.sql\").read_text()\n",
            "SQL = (Path(__file__).parent.parent / \"x.sql\").read_text()\n",
            "SQL = (Path(__file__).parent / name / \"x.sql\").read_text()\n",
            "SQL = (Path(__file__).parent / f\"{name}.sql\").read_text()\n",
            "PATH = Path(__file__).parent / \"x.sql\"\n",
            "LOG = open(os.path.join(os.path.dirname(__file__), \"x.log\"), 'w')\n",
            "LOG = (Path(__file__).parent / \"x.log\").open(\"a\")\n",
        ] {
            assert_eq!(opens(text), [], "{text}");
        }
    }

    #[test]
    fn a_missing_file_that_is_opened_breaks_the_image() {
        let found = Sample::new()
            .file(&format!("{SITE}/shop/__init__.py"), "from pathlib import Path\nSQL = (Path(__file__).parent / 'schema.sql').read_text()\n")
            .file(&format!("{SITE}/shop-1.0.dist-info/direct_url.json"), "{\"url\": \"file:///src\", \"dir_info\": {}}")
            .file(&format!("{SITE}/shop-1.0.dist-info/RECORD"), "shop/__init__.py,,\n")
            .importing(RULE.name, vec![("shop", module(&format!("{SITE}/shop/__init__.py"), ModuleKind::Source, Reach::Sure))], vec![]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].severity, Severity::Breaks);
        assert_eq!(
            found[0].message,
            "this image cannot start: `schema.sql` of `shop` was not installed with it"
        );
    }
}
