//! Row 21: data files that lie beside the modules of the project and were not installed with it.

use crate::facts::Facts;
use crate::facts::distribution::Distribution;
use crate::files::{Files, file_name, join, parent, shown};
use crate::quantity::{count, some};
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "lost-data-files",
    summary: "data files of the project were not installed with it",
    severity: Severity::Risk,
    rows: &[21],
    page: include_str!("../../../../docs/rules/lost-data-files.md"),
    check,
};

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
            let Some((place, lost)) = lost(facts, source.as_bytes(), module, &installed) else {
                continue;
            };
            findings.push(finding(facts, distribution, module, &place, &lost));
        }
    }
}

fn finding(
    facts: &Facts<'_>,
    distribution: &Distribution,
    module: &str,
    place: &str,
    lost: &[String],
) -> Finding {
    let message = format!(
        "{} of `{module}` were not installed with it",
        count(lost.len(), "data file")
    );
    Finding::new(RULE.name, Severity::Risk, message)
        .at(facts.place_of(&distribution.info))
        .because("not installed", some(lost, 5))
        .because("found in", place)
        .hint(
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
    use crate::facts::imports::{ModuleKind, Reach};
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
}
