//! Row 17: a program that the application runs, or a distribution that it imports, is not on the image's PATH.
//!
//! Of the application's own sources only what is written out is read ([`crate::facts::command`]); what well-known
//! distributions call is the table here.

use std::collections::BTreeMap;

use crate::facts::Facts;
use crate::facts::command::{Command, Commands};
use crate::facts::imports::{Closure, Reach};
use crate::facts::start::Program;
use crate::facts::written::Places;
use crate::files::{file_name, parent, shown};
use crate::mend::{Mend, PackageManager};
use crate::rule::{Finding, Place, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "missing-program",
    summary: "a program that the application runs is not in the image",
    severity: Severity::Breaks,
    rows: &[17],
    page: include_str!("../../../../docs/rules/missing-program.md"),
    check,
};

/// A distribution's module that runs programs.
struct Caller {
    module: &'static str,
    /// Any of them will do.
    programs: &'static [&'static str],
    /// Texts of sources that say where the program is, or variables that do.
    told: &'static [&'static str],
}

/// Modules that run a program when they are asked to do their work.
#[rustfmt::skip]
const CALLERS: &[Caller] = &[
    Caller { module: "pdf2image.pdf2image", programs: &["pdftoppm"], told: &["poppler_path"] },
    Caller { module: "pytesseract.pytesseract", programs: &["tesseract"], told: &["tesseract_cmd"] },
    Caller { module: "pydub.utils", programs: &["ffmpeg", "avconv"], told: &[".converter", "static_ffmpeg"] },
    Caller { module: "ffmpeg._run", programs: &["ffmpeg"], told: &["cmd=", "static_ffmpeg"] },
    Caller { module: "whisper.audio", programs: &["ffmpeg"], told: &["static_ffmpeg"] },
    Caller { module: "pypandoc", programs: &["pandoc"], told: &["PYPANDOC_PANDOC", "download_pandoc"] },
    Caller { module: "pdfkit.configuration", programs: &["wkhtmltopdf"], told: &["wkhtmltopdf="] },
    Caller { module: "imgkit.config", programs: &["wkhtmltoimage"], told: &["wkhtmltoimage="] },
    Caller { module: "graphviz.backend.execute", programs: &["dot"], told: &[] },
    Caller { module: "ocrmypdf", programs: &["tesseract"], told: &[] },
    Caller { module: "tabula.io", programs: &["java"], told: &["JAVA_HOME", "jpype"] },
    Caller { module: "tika.tika", programs: &["java"], told: &["TIKA_JAVA", "TIKA_CLIENT_ONLY", "TIKA_SERVER_ENDPOINT"] },
    Caller { module: "pyspark.java_gateway", programs: &["java"], told: &["JAVA_HOME", "SPARK_REMOTE", ".remote("] },
    Caller { module: "exiftool.exiftool", programs: &["exiftool"], told: &["executable="] },
];
/// Values of GIT_PYTHON_REFRESH that let GitPython fail at its import.
const STRICT: &[&str] = &["error", "e", "exception", "raise", "r", "2", ""];
/// Programs that a run-time puts into containers.
const INJECTED: &[&str] = &["nvidia-smi", "rocm-smi"];
/// Programs before the application that may install others.
const INSTALLERS: &[&str] = &[
    "apt-get", "apt", "apk", "dnf", "microdnf", "yum", "pip", "pip3", "uv", "conda", "mamba",
    "npm", "curl", "wget",
];

/// Programs with the packages of Debian and Alpine that have them, where these are called otherwise than the program.
#[rustfmt::skip]
const PACKAGES: &[(&str, &str, &str)] = &[
    ("7z", "p7zip-full", "7zip"), ("chromedriver", "chromium-driver", "chromium-chromedriver"), ("convert", "imagemagick", "imagemagick"),
    ("dig", "dnsutils", "bind-tools"), ("dot", "graphviz", "graphviz"), ("exiftool", "libimage-exiftool-perl", "exiftool"),
    ("ffprobe", "ffmpeg", "ffmpeg"), ("gpg", "gnupg", "gnupg"), ("gs", "ghostscript", "ghostscript"),
    ("identify", "imagemagick", "imagemagick"), ("ip", "iproute2", "iproute2"), ("java", "default-jre-headless", "openjdk17-jre-headless"),
    ("libreoffice", "libreoffice", "libreoffice"), ("mogrify", "imagemagick", "imagemagick"), ("mysql", "default-mysql-client", "mysql-client"),
    ("mysqldump", "default-mysql-client", "mysql-client"), ("nc", "netcat-openbsd", "netcat-openbsd"), ("node", "nodejs", "nodejs"),
    ("nslookup", "dnsutils", "bind-tools"), ("pdfinfo", "poppler-utils", "poppler-utils"), ("pdftocairo", "poppler-utils", "poppler-utils"),
    ("pdftoppm", "poppler-utils", "poppler-utils"), ("pdftotext", "poppler-utils", "poppler-utils"), ("pg_dump", "postgresql-client", "postgresql-client"),
    ("pg_isready", "postgresql-client", "postgresql-client"), ("pg_restore", "postgresql-client", "postgresql-client"), ("ping", "iputils-ping", "iputils"),
    ("ps", "procps", "procps"), ("psql", "postgresql-client", "postgresql-client"), ("redis-cli", "redis-tools", "redis"),
    ("scp", "openssh-client", "openssh-client"), ("soffice", "libreoffice", "libreoffice"), ("ssh", "openssh-client", "openssh-client"),
    ("ssh-keygen", "openssh-client", "openssh-keygen"), ("sqlite3", "sqlite3", "sqlite"), ("tesseract", "tesseract-ocr", "tesseract-ocr"),
    ("wkhtmltoimage", "wkhtmltopdf", "wkhtmltopdf"),
];
/// Programs whose packages have their names.
const SAME: &[&str] = &[
    "bash",
    "curl",
    "espeak",
    "ffmpeg",
    "file",
    "gcc",
    "git",
    "jq",
    "make",
    "mediainfo",
    "pandoc",
    "rsync",
    "sox",
    "tar",
    "unzip",
    "wget",
    "wkhtmltopdf",
    "xmlsec1",
    "zip",
];

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let mut worst: BTreeMap<String, (Severity, Finding)> = BTreeMap::new();
    for run in &facts.imports().runs {
        let Some(program) = facts.start().programs.get(run.program) else {
            continue;
        };
        if installs_before(facts, run.program) {
            continue;
        }
        for (name, severity, finding) in missing(facts, run, program) {
            let entry = worst
                .entry(name)
                .or_insert_with(|| (severity, finding.clone()));
            if severity < entry.0 {
                *entry = (severity, finding);
            }
        }
    }
    findings.extend(worst.into_values().map(|(_, finding)| finding));
}

fn missing(
    facts: &Facts<'_>,
    run: &Closure,
    program: &Program,
) -> Vec<(String, Severity, Finding)> {
    let mut found = Vec::new();
    let commands = Commands::of(run, &program.environment);
    let places = Places::of(facts.files(), program, run);
    let moved = places.says(&[
        "environ[\"PATH\"]",
        "environ['PATH']",
        "putenv(",
        "add_paths(",
    ]);
    for command in &commands.run {
        let name = &command.program;
        if is_there(facts, program, name) || commands.asked.contains(name) {
            continue;
        }
        let need = match moved || commands.asks_any {
            true => command.need.max(Reach::Maybe),
            false => command.need,
        };
        if let Some(severity) = run.severity(facts, need) {
            found.push((name.clone(), severity, own(facts, command, severity)));
        }
    }
    for caller in CALLERS {
        let Some(module) = run
            .modules
            .get(caller.module)
            .filter(|module| module.distributed)
        else {
            continue;
        };
        let there = |name: &&str| {
            is_there(facts, program, name) || commands.asked.iter().any(|asked| asked == name)
        };
        let set = caller
            .told
            .iter()
            .any(|name| program.environment.get(name).is_some());
        if module.need != Reach::Optional
            && !set
            && !places.says(caller.told)
            && !moved
            && !caller.programs.iter().any(there)
        {
            let name = caller.programs[0];
            let package = caller.module.split('.').next().unwrap_or_default();
            let message = format!("`{name}`, which `{package}` runs, is not in this image");
            let finding = Finding::new(RULE.name, Severity::Risk, message)
                .at(facts.place_of(&module.path))
                .because("needed by", module.chain.join(" → "));
            found.push((
                name.to_string(),
                Severity::Risk,
                remedy(facts, finding, name),
            ));
        }
    }
    if !moved && !places.says(&["GIT_PYTHON_"]) {
        found.extend(git_python(facts, run, program));
    }
    found
}

/// What the application itself runs.
fn own(facts: &Facts<'_>, command: &Command, severity: Severity) -> Finding {
    let name = &command.program;
    let message = match severity {
        Severity::Breaks => {
            format!("this image cannot start: `{name}`, which it runs, is not in it")
        }
        _ => format!("`{name}`, which this image may run, is not in it"),
    };
    let text = facts
        .files()
        .text(&command.path, 1 << 20)
        .unwrap_or_default();
    let line = text
        .lines()
        .nth(command.line.saturating_sub(1))
        .unwrap_or_default()
        .trim();
    let path = shown(&command.path);
    let mut chain = command.chain.clone();
    chain.push(format!("{path}:{} `{line}`", command.line));
    let finding = Finding::new(RULE.name, severity, message)
        .at(Some(Place::File {
            path,
            line: Some(command.line),
        }))
        .because("needed by", chain.join(" → "));
    remedy(facts, finding, name)
}

/// GitPython asks for git when it is imported, and fails without unless it is told not to mind.
fn git_python(
    facts: &Facts<'_>,
    run: &Closure,
    program: &Program,
) -> Option<(String, Severity, Finding)> {
    let module = run
        .modules
        .get("git")
        .filter(|_| run.modules.contains_key("git.cmd"))?;
    let environment = &program.environment;
    let refresh = environment
        .get("GIT_PYTHON_REFRESH")
        .unwrap_or_default()
        .to_lowercase();
    let name = environment
        .get("GIT_PYTHON_GIT_EXECUTABLE")
        .unwrap_or("git");
    if !module.distributed || !STRICT.contains(&refresh.as_str()) || is_there(facts, program, name)
    {
        return None;
    }
    let severity = run.severity(facts, module.need)?;
    let message = match severity {
        Severity::Breaks => format!(
            "this image cannot start: `{name}`, which GitPython runs when it is imported, is not in it"
        ),
        _ => format!("`{name}`, which GitPython runs when it is imported, is not in this image"),
    };
    let finding = Finding::new(RULE.name, severity, message)
        .at(facts.place_of(&module.path))
        .because("needed by", module.chain.join(" → "));
    Some((name.to_string(), severity, remedy(facts, finding, name)))
}

/// Whether the program finds it, or it is not known where it is looked for.
fn is_there(facts: &Facts<'_>, program: &Program, name: &str) -> bool {
    let files = facts.files();
    if name.contains('/') {
        let path = name.as_bytes();
        let of_programs = matches!(file_name(parent(path)), b"bin" | b"sbin");
        return !(of_programs && path.starts_with(b"/")) || files.exists(path);
    }
    INJECTED.contains(&name)
        || program
            .environment
            .candidates(name)
            .any(|path| files.node(&path).is_some())
}

/// Whether something before the program may bring others along.
fn installs_before(facts: &Facts<'_>, program: usize) -> bool {
    facts.start().programs.iter().take(program).any(|earlier| {
        let name = earlier
            .argv
            .first()
            .map(|word| word.rsplit('/').next().unwrap_or(word));
        name.is_some_and(|name| INSTALLERS.contains(&name))
    })
}

/// With the package that has it.
fn remedy(facts: &Facts<'_>, finding: Finding, name: &str) -> Finding {
    let entry = PACKAGES.iter().find(|(program, ..)| *program == name);
    let named = entry.map(|(_, debian, alpine)| (*debian, *alpine));
    let named = named.or_else(|| {
        SAME.iter()
            .find(|same| **same == name)
            .map(|same| (*same, *same))
    });
    let system = facts.system();
    let (package, manager, line) = match named {
        Some((debian, _))
            if system.is_debian_like() && facts.files().is_file(b"usr/bin/apt-get") =>
        {
            (
                debian,
                PackageManager::Apt,
                format!(
                    "RUN apt-get update && apt-get install -y --no-install-recommends {debian}"
                ),
            )
        }
        Some((_, alpine)) if system.id() == "alpine" => (
            alpine,
            PackageManager::Apk,
            format!("RUN apk add --no-cache {alpine}"),
        ),
        _ => {
            return finding.hint(format!(
                "install `{name}` in the last stage, or begin it with a base that has it"
            ));
        }
    };
    let breaks = finding.severity == Severity::Breaks;
    let finding = finding.hint(format!("in the last stage: {line}"));
    match breaks {
        true => finding.mend(Mend::Install {
            packages: vec![package.into()],
            manager,
        }),
        false => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    const SITE: &str = "usr/local/lib/python3.11/site-packages";

    fn image(source: &str) -> Sample {
        Sample::new()
            .program("usr/local/bin/python3.11", "\x7fELF")
            .file("usr/local/lib/python3.11/os.py", "")
            .file("usr/local/lib/python3.11/encodings/__init__.py", "")
            .file("usr/bin/apt-get", "")
            .file("etc/os-release", "ID=debian\nVERSION_ID=12\n")
            .program("usr/bin/tar", "\x7fELF")
            .file("app/app.py", source)
            .cmd(&["python3.11", "app.py"])
            .config(|config| config.config.working_dir = "/app".into())
    }

    fn found(sample: Sample) -> Vec<(Severity, String)> {
        let found = sample.findings(RULE.name).into_iter();
        found.map(|found| (found.severity, found.message)).collect()
    }

    fn breaks(name: &str) -> Vec<(Severity, String)> {
        vec![(
            Severity::Breaks,
            format!("this image cannot start: `{name}`, which it runs, is not in it"),
        )]
    }

    fn may(name: &str) -> Vec<(Severity, String)> {
        vec![(
            Severity::Risk,
            format!("`{name}`, which this image may run, is not in it"),
        )]
    }

    #[test]
    fn a_program_that_is_run_at_start_breaks() {
        for source in [
            "import subprocess\nsubprocess.run(['git', 'log'], check=True)\n",
            "from subprocess import check_output\nV = check_output('git log -1'.split())\n",
            "import subprocess\ndef main():\n    subprocess.Popen(['git', *x])\nif __name__ == '__main__':\n    main()\n",
            "import os, subprocess\nsubprocess.call([os.environ.get('GIT', 'git')])\n",
            "import subprocess\nsubprocess.run('git log | tail', shell=True, check=True)\n",
            "import subprocess\ntry:\n    subprocess.run(['git'], check=True)\nexcept subprocess.CalledProcessError:\n    pass\n",
            "import shutil, sys\nif shutil.which('git') is None:\n    sys.exit('git is needed')\n",
            "import os\nos.execvp('git', ['git', 'log'])\n",
            "import asyncio\nasync def main():\n    await asyncio.create_subprocess_exec('git', 'log')\nasyncio.run(main())\n",
        ] {
            assert_eq!(found(image(source)), breaks("git"), "{source}");
        }
        let finding = image("import subprocess\nsubprocess.run(['git', 'log'])\n")
            .findings(RULE.name)
            .remove(0);
        assert_eq!(
            finding.evidence[0].text,
            "/app/app.py:2 `subprocess.run(['git', 'log'])`"
        );
        assert_eq!(
            finding.hint.as_deref(),
            Some(
                "in the last stage: RUN apt-get update && apt-get install -y --no-install-recommends git"
            )
        );
    }

    #[test]
    fn a_program_that_a_function_of_another_module_runs_at_start_breaks() {
        let sample = image("from tools import version\nV = version()\n")
            .file("app/tools.py", "import subprocess\ndef version():\n    return subprocess.check_output(['/usr/bin/git'])\n");
        assert_eq!(found(sample), breaks("/usr/bin/git"));
    }

    #[test]
    fn a_program_that_is_run_later_or_whose_absence_does_not_end_it_is_a_risk() {
        for source in [
            "import subprocess\ndef pages():\n    subprocess.run(['git'])\n",
            "import subprocess\nif x:\n    subprocess.run(['git'])\n",
            "import os\nos.system('git log')\n",
            "import os, subprocess\nos.environ['PATH'] += ':/opt/bin'\nsubprocess.run(['git'])\n",
            "import subprocess\nsubprocess.run(['git'], env={'A': 'b'})\n",
        ] {
            assert_eq!(found(image(source)), may("git"), "{source}");
        }
    }

    #[test]
    fn a_program_that_is_there_or_asked_for_or_tried_is_none() {
        for source in [
            "import subprocess\nsubprocess.run(['tar', 'x'])\n",
            "import subprocess, sys\nsubprocess.run([sys.executable, '-V'])\n",
            "import shutil, subprocess\nif shutil.which('git'):\n    subprocess.run(['git'])\n",
            "import subprocess\ntry:\n    subprocess.run(['git'])\nexcept FileNotFoundError:\n    pass\n",
            "import subprocess\ntry:\n    subprocess.run(['git'])\nexcept Exception:\n    pass\n",
            "import os\nos.system('cd /tmp && git log')\nos.system('git log || true')\n",
            "import subprocess\nsubprocess.run(['./run.sh'])\nsubprocess.run(['nvidia-smi'])\n",
            "import subprocess, sys\nif sys.platform == 'win32':\n    subprocess.run(['where'])\n",
        ] {
            assert_eq!(found(image(source)), [], "{source}");
        }
    }

    #[test]
    fn a_program_that_the_entry_script_installs_first_is_none() {
        let script = "#!/bin/sh\nset -e\napt-get install -y git\nexec python3.11 app.py\n";
        let sample = image("import subprocess\nsubprocess.run(['git'])\n")
            .program("bin/dash", "\x7fELF")
            .link("bin/sh", "dash")
            .program("usr/bin/apt-get", "\x7fELF")
            .program("app/start.sh", script)
            .cmd(&["/app/start.sh"]);
        assert_eq!(found(sample), []);
    }

    fn git_python(source: &str) -> Sample {
        image(source)
            .file(
                &format!("{SITE}/git/__init__.py"),
                "from git.cmd import Git\n",
            )
            .file(&format!("{SITE}/git/cmd.py"), "class Git: pass\n")
    }

    #[test]
    fn gitpython_cannot_be_imported_without_git() {
        let message = "this image cannot start: `git`, which GitPython runs when it is imported, is not in it";
        assert_eq!(
            found(git_python("import git\n")),
            [(Severity::Breaks, message.to_string())]
        );
        assert_eq!(
            found(git_python(
                "try:\n    import git\nexcept ImportError:\n    git = None\n"
            )),
            []
        );
        assert_eq!(
            found(git_python(
                "import os\nos.environ['GIT_PYTHON_REFRESH'] = 'quiet'\nimport git\n"
            )),
            []
        );
        let quiet = git_python("import git\n")
            .config(|config| config.config.env = vec!["GIT_PYTHON_REFRESH=quiet".into()]);
        assert_eq!(found(quiet), []);
        assert_eq!(
            found(git_python("import git\n").program("usr/bin/git", "\x7fELF")),
            []
        );
    }

    #[test]
    fn distributions_that_run_programs_are_a_risk() {
        let sample = |source: &str| {
            image(source)
                .file(
                    &format!("{SITE}/pytesseract/__init__.py"),
                    "from .pytesseract import image_to_string\n",
                )
                .file(
                    &format!("{SITE}/pytesseract/pytesseract.py"),
                    "def image_to_string(): pass\n",
                )
        };
        let message = "`tesseract`, which `pytesseract` runs, is not in this image".to_string();
        assert_eq!(
            found(sample("import pytesseract\n")),
            [(Severity::Risk, message)]
        );
        let told = "import pytesseract\npytesseract.pytesseract.tesseract_cmd = '/opt/tesseract'\n";
        assert_eq!(found(sample(told)), []);
    }
}
