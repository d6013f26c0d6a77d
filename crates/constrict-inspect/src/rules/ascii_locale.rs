//! Row 27: a locale in which Python cannot write umlauts, or one that the image does not have.
//!
//! Source: PEP 538, PEP 540 (since 3.7 C and POSIX mean UTF-8); setlocale(3); locale names as glibc normalises them.

use crate::facts::Facts;
use crate::facts::imports::Reach;
use crate::facts::sources::own_sources;
use crate::facts::system::Libc;
use crate::files::Files;
use crate::mend::Mend;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "ascii-locale",
    summary: "the locale is not UTF-8, or not in the image",
    severity: Severity::Breaks,
    rows: &[27],
    page: include_str!("../../../../docs/rules/ascii-locale.md"),
    check,
};

/// A larger archive of locales is not read.
const LIMIT: usize = 16 << 20;

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let environment = facts.environment();
    let interpreters = &facts.interpreters().all;
    let of_python = |name: &str| environment.get(name).unwrap_or_default();
    // musl knows UTF-8 only; the interpreter decides by itself if it is told to
    if interpreters.is_empty()
        || facts.system().libcs == [Libc::Musl]
        || of_python("PYTHONUTF8") == "1"
        || !of_python("PYTHONIOENCODING").is_empty()
    {
        return;
    }
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| {
        Some((
            name,
            environment.get(name).filter(|value| !value.is_empty())?,
        ))
    });
    let Some(finding) = (match set {
        None | Some((_, "C" | "POSIX")) => old_python(facts, set),
        Some((name, value)) => named(facts, name, value),
    }) else {
        return;
    };
    let name = set.map_or("LANG", |(name, _)| name);
    findings.push(
        finding
            .at(facts.place_of_instruction("ENV"))
            .hint(format!("ENV {name}=C.UTF-8"))
            .mend(Mend::Env(vec![(name.into(), "C.UTF-8".into())])),
    );
}

/// Before 3.7 the C locale means ASCII, since then only if all that turns it into UTF-8 is switched off.
fn old_python(facts: &Facts<'_>, set: Option<(&str, &str)>) -> Option<Finding> {
    let environment = facts.environment();
    let coerced = environment.get("PYTHONCOERCECLOCALE") != Some("0")
        && set.is_none_or(|(name, _)| name != "LC_ALL");
    let kept = !coerced && environment.get("PYTHONUTF8") == Some("0");
    let old = facts
        .interpreters()
        .all
        .iter()
        .find(|python| python.version < (3, 7) || kept)?;
    let is = set.map_or("no locale is set".to_string(), |(name, value)| {
        format!("`{name}={value}`")
    });
    let version = format!("Python {}.{}", old.version.0, old.version.1);
    let what = format!("{version} reads and writes ASCII only: {is}");
    let interpreter = crate::files::shown(&old.path);
    let Some((path, line)) = prints(facts) else {
        return Some(
            Finding::new(RULE.name, Severity::Risk, what).because("interpreter", interpreter),
        );
    };
    let message = format!("this image cannot start: {what}, and it prints more");
    let finding =
        Finding::new(RULE.name, Severity::Breaks, message).because("interpreter", interpreter);
    Some(finding.because("printed by", format!("{path}:{line}, `UnicodeEncodeError`")))
}

/// Where the application surely prints a text that ASCII does not have as it is imported.
fn prints(facts: &Facts<'_>) -> Option<(String, usize)> {
    let sources = own_sources(facts, facts.imports())
        .into_iter()
        .filter(|source| source.need == Reach::Sure);
    sources.into_iter().find_map(|source| {
        let mut quoted = false;
        let line = source.text.lines().position(|line| {
            let quotes = line.matches("\"\"\"").count() + line.matches("'''").count();
            let code = !quoted && quotes == 0;
            quoted ^= quotes % 2 == 1;
            let text = line
                .strip_prefix("print(\"")
                .or_else(|| line.strip_prefix("print('"));
            code && text.is_some_and(|text| {
                text.split(['"', '\''])
                    .next()
                    .is_some_and(|text| !text.is_ascii())
                    && !text.contains("file=")
            })
        });
        line.map(|line| (crate::files::shown(&source.path), line + 1))
    })
}

/// A locale by name: its character set, and whether it is there.
fn named(facts: &Facts<'_>, name: &str, value: &str) -> Option<Finding> {
    let (language, charset) = value.split_once('.').unwrap_or((value, ""));
    let charset = normalised(charset.split('@').next().unwrap_or_default());
    if language == "C" && charset == "utf8" {
        // since glibc 2.35 it is built in, before that Debian's own package had it
        return None;
    }
    if !has_locale(facts.files(), language, &charset)? {
        let message = format!("the locale that `{name}={value}` asks for is not in this image");
        let finding = Finding::new(RULE.name, Severity::Risk, message)
            .because("searched", "`/usr/lib/locale`");
        return Some(finding.because(
            "then",
            "`locale.setlocale(locale.LC_ALL, \"\")` raises `unsupported locale setting`",
        ));
    }
    if charset == "utf8" || language.ends_with("@utf8") {
        return None;
    }
    let message = format!(
        "`{name}={value}` is not UTF-8: files and output are read and written in another character set"
    );
    Some(Finding::new(RULE.name, Severity::Risk, message))
}

/// As glibc compares character sets.
fn normalised(charset: &str) -> String {
    charset
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|next| next.to_ascii_lowercase())
        .collect()
}

/// Whether a locale is installed; `None` if that cannot be told.
fn has_locale(files: &Files, language: &str, charset: &str) -> Option<bool> {
    let wanted = if charset.is_empty() {
        language.to_string()
    } else {
        format!("{language}.{charset}")
    };
    let same = |name: &[u8]| {
        let name = String::from_utf8_lossy(name);
        let (of, set) = name.split_once('.').unwrap_or((&name, ""));
        of == language && (normalised(set) == charset || charset.is_empty())
    };
    if files
        .list(b"usr/lib/locale")
        .iter()
        .any(|(name, node)| node.is_directory() && same(name))
    {
        return Some(true);
    }
    let archive: &[u8] = b"usr/lib/locale/locale-archive";
    let Some(content) = files.read(archive, LIMIT + 1) else {
        return Some(false);
    };
    if content.len() > LIMIT {
        return None;
    }
    let name = [b"\0".as_slice(), wanted.as_bytes(), b"\0"].concat();
    Some(content.windows(name.len()).any(|part| part == name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;
    use crate::sample::Sample;

    fn python(env: &[&str]) -> Sample {
        Sample::new()
            .directory("usr/lib/locale/C.utf8", 0o755)
            .directory("usr/lib/locale/de_DE", 0o755)
            .directory("usr/lib/locale/fr_FR.utf8", 0o755)
            .config(|config| config.config.env = env.iter().map(|line| line.to_string()).collect())
    }

    fn message(sample: Sample) -> Option<String> {
        let image = sample.image();
        let facts = Facts::new(&image);
        let value = facts
            .environment()
            .get("LANG")
            .unwrap_or_default()
            .to_string();
        named(&facts, "LANG", &value).map(|found| found.message)
    }

    #[test]
    fn a_locale_that_is_not_there_is_named() {
        let expected = "the locale that `LANG=en_US.UTF-8` asks for is not in this image";
        assert_eq!(
            message(python(&["LANG=en_US.UTF-8"])).as_deref(),
            Some(expected)
        );
        let expected = "`LANG=de_DE` is not UTF-8: files and output are read and written in another character set";
        assert_eq!(message(python(&["LANG=de_DE"])).as_deref(), Some(expected));
    }

    #[test]
    fn utf8_is_fine() {
        assert_eq!(message(python(&["LANG=C.UTF-8"])), None);
        assert_eq!(message(python(&["LANG=fr_FR.UTF-8"])), None);
        let archive = b"header\0en_US.utf8\0more";
        assert_eq!(
            message(python(&["LANG=en_US.UTF-8"]).file("usr/lib/locale/locale-archive", archive)),
            None
        );
    }

    #[test]
    fn old_interpreters_need_a_locale() {
        let found = |version: &str, env: &[&str]| {
            let interpreter = format!("usr/local/bin/python{version}");
            let sample = python(env).program(&interpreter, b"\x7fELF");
            let found = sample
                .file(&format!("usr/local/lib/python{version}/os.py"), "")
                .findings(RULE.name);
            found
                .into_iter()
                .map(|found| found.message)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            found("3.6", &[]),
            ["Python 3.6 reads and writes ASCII only: no locale is set"]
        );
        assert_eq!(
            found("3.6", &["LC_ALL=C"]),
            ["Python 3.6 reads and writes ASCII only: `LC_ALL=C`"]
        );
        assert_eq!(found("3.6", &["LANG=C.UTF-8"]), [""; 0]);
        assert_eq!(found("3.12", &["LC_ALL=POSIX"]), [""; 0]);
        assert_eq!(
            found("3.12", &["LANG=en_US.UTF-8", "PYTHONUTF8=1"]),
            [""; 0]
        );
        assert_eq!(found("3.12", &["LANG=en_US.UTF-8"]).len(), 1);
    }

    #[test]
    fn a_text_that_ascii_lacks_breaks_only_where_it_is_printed() {
        let found = |env: &[&str], source: &str| {
            let sample = python(env)
                .program("usr/local/bin/python3.11", b"\x7fELF")
                .file("usr/local/lib/python3.11/os.py", "")
                .file("app/app.py", source)
                .cmd(&["/usr/local/bin/python3.11", "/app/app.py"]);
            sample
                .findings(RULE.name)
                .into_iter()
                .map(|found| found.severity)
                .collect::<Vec<_>>()
        };
        let off = ["LC_ALL=C", "PYTHONUTF8=0", "PYTHONCOERCECLOCALE=0"];
        assert_eq!(found(&off, "print(\"caf\u{e9}\")\n"), [Severity::Breaks]);
        assert_eq!(
            found(
                &off,
                "def f():\n    print(\"caf\u{e9}\")\nprint(\"x\")  # \u{e9}\n"
            ),
            [Severity::Risk]
        );
        assert_eq!(found(&["LC_ALL=C"], "print(\"caf\u{e9}\")\n"), []);
        assert_eq!(
            found(&["LANG=C", "PYTHONUTF8=0"], "print(\"caf\u{e9}\")\n"),
            []
        );
    }
}
