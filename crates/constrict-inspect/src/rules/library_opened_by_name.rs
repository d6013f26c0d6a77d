//! Row 15: a library that Python opens by its name, which no object's `DT_NEEDED` shows.
//!
//! What the application itself opens is a fact; what well-known packages open when they are imported is the table here.

use super::missing_library::remedy;
use crate::facts::Facts;
use crate::facts::imports::{Module, ModuleKind, Reach};
use crate::facts::natives::{Fault, FaultKind, Matter, opens};
use crate::facts::start::Program;
use crate::files::{file_name, parent};
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "library-opened-by-name",
    summary: "a library that Python opens by name is not in the image",
    severity: Severity::Breaks,
    rows: &[15],
    page: include_str!("../../../../docs/rules/library-opened-by-name.md"),
    check,
};

/// A module that opens libraries as it is imported, and cannot be imported without them.
struct Opener {
    /// The module whose import does it.
    module: &'static str,
    /// The distribution that it is from, since several share a module's name; empty if only one has it.
    distribution: &'static str,
    /// Each has to be there under one of its names.
    libraries: &'static [&'static [&'static str]],
    /// A file beside the package, by the beginning of its name, that makes the libraries needless.
    bundled: &'static [&'static str],
    /// Whether it is known to fail, not only likely.
    sure: bool,
}

#[rustfmt::skip]
const OPENERS: &[Opener] = &[
    Opener { module: "magic.loader", distribution: "python-magic", libraries: &[&["libmagic.so.1"]], bundled: &["libmagic"], sure: true },
    Opener { module: "weasyprint.text.ffi", distribution: "", libraries: &[
        &["libgobject-2.0.so.0"], &["libpango-1.0.so.0"], &["libharfbuzz.so.0"], &["libfontconfig.so.1"], &["libpangoft2-1.0.so.0"],
    ], bundled: &[], sure: true },
    Opener { module: "cairocffi", distribution: "", libraries: &[&["libcairo.so.2"]], bundled: &[], sure: true },
    Opener { module: "pyzbar.wrapper", distribution: "", libraries: &[&["libzbar.so.0"]], bundled: &[], sure: true },
    Opener { module: "pylibdmtx.wrapper", distribution: "", libraries: &[&["libdmtx.so.0"]], bundled: &[], sure: true },
    Opener { module: "soundfile", distribution: "", libraries: &[&["libsndfile.so.1", "libsndfile.so"]], bundled: &["_soundfile_data"], sure: true },
    Opener { module: "sounddevice", distribution: "", libraries: &[&["libportaudio.so.2"]], bundled: &["_sounddevice_data"], sure: true },
    Opener { module: "enchant._enchant", distribution: "", libraries: &[&["libenchant-2.so.2", "libenchant.so.1"]], bundled: &["data"], sure: true },
    Opener { module: "shapely.geos", distribution: "", libraries: &[&["libgeos_c.so.1", "libgeos_c.so"]], bundled: &["Shapely.libs", "shapely.libs", ".libs", "lib"], sure: true },
    Opener { module: "rtree.finder", distribution: "", libraries: &[&["libspatialindex_c.so.6", "libspatialindex_c.so.8", "libspatialindex_c.so"]], bundled: &["lib"], sure: false },
    Opener { module: "pyvips.vdecls", distribution: "", libraries: &[&["libvips.so.42"]], bundled: &["_libvips", "pyvips_binary"], sure: false },
    Opener { module: "vlc", distribution: "python-vlc", libraries: &[&["libvlc.so.5"]], bundled: &[], sure: false },
    Opener { module: "usb.core", distribution: "pyusb", libraries: &[&["libusb-1.0.so.0", "libusb-0.1.so.4"]], bundled: &["libusb_package"], sure: false },
    Opener { module: "OpenGL.GL", distribution: "", libraries: &[&["libGL.so.1"]], bundled: &[], sure: false },
    Opener { module: "django.contrib.gis.geos", distribution: "", libraries: &[&["libgeos_c.so.1"]], bundled: &[], sure: false },
];

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for fault in facts.natives().of(Matter::Named) {
        findings.extend(opened(facts, fault));
    }
    for run in &facts.imports().runs {
        let Some(program) = facts.start().programs.get(run.program) else {
            continue;
        };
        let fatal = program.sure && program.fatal;
        for opener in OPENERS {
            if let Some(module) = run.modules.get(opener.module) {
                findings.extend(known(facts, program, fatal, opener, module));
            }
        }
        let wrapper = run.modules.get("psycopg.pq");
        findings.extend(wrapper.and_then(|module| psycopg(facts, program, fatal, module)));
    }
}

/// A library that the application opens.
fn opened(facts: &Facts<'_>, fault: &Fault) -> Option<Finding> {
    let FaultKind::MissingLibrary { soname, .. } = &fault.kind else {
        return None;
    };
    let (severity, message) = match fault.need {
        Some(Reach::Sure) => (
            Severity::Breaks,
            format!("this image cannot start: `{soname}`, which it opens by name, is not in it"),
        ),
        Some(Reach::Maybe) => (
            Severity::Risk,
            format!("`{soname}`, which this image may open by name, is not in it"),
        ),
        _ => return None,
    };
    let finding = Finding::new(RULE.name, severity, message)
        .at(facts.place_of(&fault.object))
        .because("opened by", fault.route(Some(soname)));
    let name = file_name(soname.as_bytes());
    let name = String::from_utf8_lossy(name).into_owned();
    let python = facts
        .start()
        .programs
        .iter()
        .find(|program| program.python.is_some());
    Some(match python {
        Some(program) => remedy(facts, finding, &name, &program.executable),
        None => finding,
    })
}

/// A library that a well-known package opens.
fn known(
    facts: &Facts<'_>,
    program: &Program,
    fatal: bool,
    opener: &Opener,
    module: &Module,
) -> Option<Finding> {
    if module.kind != ModuleKind::Source || is_bundled(facts, opener, &module.path) {
        return None;
    }
    let files = facts.files();
    let owner = facts.distributions().owner_of(files, &module.path);
    if !opener.distribution.is_empty()
        && owner.is_some_and(|owner| owner.name != opener.distribution)
    {
        return None;
    }
    let absent = opener.libraries.iter().find(|names| {
        let found = names.iter().map(|name| opens(facts, program, name));
        let found: Vec<Option<bool>> = found.collect();
        found.iter().all(|found| *found == Some(false))
    })?;
    let name = opener.module.split('.').next().unwrap_or_default();
    absence(
        facts,
        program,
        module,
        name,
        absent[0],
        fatal && opener.sure,
    )
}

fn absence(
    facts: &Facts<'_>,
    program: &Program,
    module: &Module,
    name: &str,
    soname: &str,
    sure: bool,
) -> Option<Finding> {
    let (severity, message) = match module.need {
        Reach::Sure if sure => (
            Severity::Breaks,
            format!(
                "this image cannot start: `{soname}`, which `{name}` opens by name, is not in it"
            ),
        ),
        Reach::Optional => return None,
        _ => (
            Severity::Risk,
            format!("`{soname}`, which `{name}` opens by name, is not in this image"),
        ),
    };
    let mut route = module.chain.clone();
    route.push(soname.to_string());
    let finding = Finding::new(RULE.name, severity, message)
        .at(facts.place_of(&module.path))
        .because("opened by", route.join(" → "));
    Some(remedy(facts, finding, soname, &program.executable))
}

/// Whether the package brings the library itself.
fn is_bundled(facts: &Facts<'_>, opener: &Opener, module: &[u8]) -> bool {
    let package = parent(module);
    [package, parent(package)].iter().any(|directory| {
        let mut names = facts.files().list(directory).into_iter();
        names.any(|(name, node)| {
            let library = node.is_directory() || name.windows(3).any(|part| part == b".so");
            library
                && opener
                    .bundled
                    .iter()
                    .any(|bundled| name.starts_with(bundled.as_bytes()))
        })
    })
}

/// psycopg 3 opens libpq by name unless one of its compiled halves is installed.
fn psycopg(facts: &Facts<'_>, program: &Program, fatal: bool, module: &Module) -> Option<Finding> {
    let site = parent(parent(parent(&module.path)));
    let compiled = ["psycopg_binary", "psycopg_c"];
    let files = facts.files();
    let present = |name: &&str| files.is_directory(&crate::files::join(site, name.as_bytes()));
    let soname = "libpq.so.5";
    if compiled.iter().any(present) || opens(facts, program, soname) != Some(false) {
        return None;
    }
    absence(facts, program, module, "psycopg", soname, fatal)
}
