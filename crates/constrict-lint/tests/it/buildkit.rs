//! BuildKit's checks. `cargo xtask acceptance lint` compares many more files with docker itself.

use constrict_lint::Family;

use super::{lines, report};

/// `line rule: message`.
fn told(text: &str) -> Vec<String> {
    let report = report(text, Family::Buildkit);
    assert_eq!(report.broken, None, "{text}");
    let line = |finding: &constrict_lint::Finding| {
        format!(
            "{} {}: {}",
            finding.first_line, finding.rule.name, finding.message
        )
    };
    report.findings.iter().map(line).collect()
}

fn rules(text: &str) -> Vec<String> {
    lines(&report(text, Family::Buildkit))
}

#[test]
fn a_good_file_has_no_findings() {
    let text = "ARG V=3.11\nFROM python:${V}-slim AS build\nWORKDIR /app\nCOPY . .\nFROM build\nENV A=1\nCMD [\"python\"]\n";
    assert_eq!(told(text), [""; 0]);
}

#[test]
fn messages_are_buildkits() {
    let cases = [
        (
            "FROM a AS B\n",
            "1 StageNameCasing: Stage name 'B' should be lowercase",
        ),
        (
            "FROM a as b\n",
            "1 FromAsCasing: 'as' and 'FROM' keywords' casing do not match",
        ),
        (
            "FROM a\nRUN b \\\n\n c\n",
            "2 NoEmptyContinuation: Empty continuation line",
        ),
        (
            "FROM a\nrun b\n",
            "2 ConsistentInstructionCasing: Command 'run' should match the case of the command majority (uppercase)",
        ),
        (
            "FROM a AS scratch\n",
            "1 ReservedStageName: Stage name should not use the same name as reserved stage \"scratch\"",
        ),
        (
            "FROM a\nCMD b\n",
            "2 JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals",
        ),
        (
            "FROM a\nMAINTAINER b\n",
            "2 MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label",
        ),
        (
            "FROM a${TARGETPLATFROM}\n",
            "1 UndefinedArgInFrom: FROM argument 'TARGETPLATFROM' is not declared (did you mean TARGETPLATFORM?)",
        ),
        (
            "FROM scratch\nENV FOO=1\nLABEL b=$FOX\n",
            "3 UndefinedVar: Usage of undefined variable '$FOX' (did you mean $FOO?)",
        ),
        (
            "FROM a\nWORKDIR b\n",
            "2 WorkdirRelativePath: Relative workdir \"b\" can have unexpected results if the base image changes",
        ),
        (
            "FROM a\nENV b c\n",
            "2 LegacyKeyValueFormat: \"ENV key=value\" should be used instead of legacy \"ENV key value\" format",
        ),
        (
            "FROM --platform=$TARGETPLATFORM a\n",
            "1 RedundantTargetPlatform: Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior",
        ),
        (
            "FROM --platform=linux/arm64 a\n",
            "1 FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value \"linux/arm64\"",
        ),
        (
            "FROM a\nARG B_TOKEN\n",
            "2 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ARG \"B_TOKEN\")",
        ),
        (
            "FROM a\nEXPOSE 80/TCP\n",
            "2 ExposeProtoCasing: Defined protocol '80/TCP' in EXPOSE instruction should be lowercase",
        ),
        (
            "FROM a\nEXPOSE 1:80\n",
            "2 ExposeInvalidFormat: EXPOSE instruction should not define an IP address or host-port mapping, found '1:80'",
        ),
    ];
    for (text, expected) in cases {
        let told = told(text);
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        let ignored_lines = |line: &str| line[1..] == expected[1..];
        assert!(
            told.iter().any(|line| ignored_lines(line)),
            "{text}: {told:?}"
        );
        assert_eq!(told.len(), 1, "{told:?}");
    }
}

#[test]
fn names_that_are_given_twice_are_told() {
    let expected =
        ["2 DuplicateStageName: Duplicate stage name \"a\", stage names should be unique"];
    assert_eq!(told("FROM x AS a\nFROM x AS a\n"), expected);
    let expected = [
        "2 MultipleInstructionsDisallowed: Multiple CMD instructions should not be used in the same stage because only the last one will be used",
    ];
    assert_eq!(told("FROM x\nCMD [\"a\"]\nCMD [\"b\"]\n"), expected);
}

#[test]
fn a_base_that_no_default_names_is_told_and_refused() {
    let report = report("ARG B\nFROM ${B}\nCMD x\n", Family::Buildkit);
    assert_eq!(lines(&report), ["2 InvalidDefaultArgInFrom"]);
    assert_eq!(
        report.broken.map(|broken| broken.message).unwrap(),
        "base name (${B}) should not be blank"
    );
}

#[test]
fn descriptions_are_checked_where_that_is_on() {
    let text =
        "# check=experimental=all\n# a word\nARG A=1\n# A is fine\nARG A=1\n# other\nFROM x AS b\n";
    assert_eq!(
        rules(text),
        [
            "3 InvalidDefinitionDescription",
            "7 InvalidDefinitionDescription"
        ]
    );
    assert_eq!(
        rules(&text.replace("# check=experimental=all", "#")),
        [""; 0]
    );
}

#[test]
fn all_stages_are_checked_and_what_is_inherited_counts() {
    let text = "FROM x AS a\nSHELL [\"s\"]\nARG A=1\nWORKDIR /w\nFROM a\nCMD c\nLABEL a=$A\nWORKDIR v\nFROM x\nCMD c\n";
    assert_eq!(rules(text), ["10 JSONArgsRecommended"]);
}

#[test]
fn triggers_fire_where_the_last_stage_needs_them() {
    let text = "FROM x AS a\nONBUILD WORKDIR w\nFROM a\n";
    assert_eq!(rules(text), ["3 WorkdirRelativePath"]);
    assert_eq!(rules(&format!("{text}FROM x\n")), [""; 0]);
}

#[test]
fn what_is_refused_ends_the_checks() {
    let text = "FROM x AS a\nCMD a\nVOLUME $N\nCMD b\nFROM x AS b\nCMD c\n";
    let report = report(text, Family::Buildkit);
    assert_eq!(lines(&report), ["2 JSONArgsRecommended", "3 UndefinedVar"]);
    assert_eq!(report.broken.map(|broken| broken.line), Some(3));
}

#[test]
fn a_file_that_cannot_be_parsed_has_what_came_before() {
    let report = report(
        "# check=skip=FromAsCasing\nFROM a as B\nMAINTAINER x\nCMD x\nBOGUS\n",
        Family::Buildkit,
    );
    assert_eq!(
        lines(&report),
        ["2 StageNameCasing", "3 MaintainerDeprecated"]
    );
    let broken = report.broken.unwrap();
    assert_eq!(
        (broken.line, broken.message.as_str()),
        (5, "unknown instruction: `BOGUS`")
    );
}

#[test]
fn checks_are_skipped_and_made_errors() {
    let text = "FROM a as b\nCMD x\n";
    assert_eq!(
        rules(&format!("# check=skip=FromAsCasing\n{text}")),
        ["3 JSONArgsRecommended"]
    );
    assert_eq!(rules(&format!("# check=skip=all\n{text}")), [""; 0]);
    let fails = |directive: &str| report(&format!("{directive}\n{text}"), Family::Buildkit).fails();
    assert!(!fails("#"));
    assert!(fails("# check=error=true"));
    assert!(!fails("# check=skip=all;error=true"));
}

#[test]
fn circles_and_later_stages_are_refused() {
    let broken = |text: &str| {
        report(text, Family::Buildkit)
            .broken
            .map(|broken| broken.message)
    };
    let circle = "FROM x AS a\nCOPY --from=b / /\nFROM x AS b\nCOPY --from=a / /\n";
    assert_eq!(
        broken(circle).unwrap(),
        "circular dependency detected on stage: a"
    );
    let later = "FROM x AS a\nCOPY --from=b / /\nFROM x AS b\n";
    assert_eq!(
        broken(later).unwrap(),
        "cannot copy from a stage that is defined after the current one"
    );
    assert_eq!(
        broken("FROM x AS a\nFROM x AS b\nCOPY --from=a / /\nCOPY --from=0 / /\n"),
        None
    );
}

#[test]
fn what_is_copied_or_mounted_from_has_a_name_that_images_can_have() {
    let broken = |text: &str| {
        let broken = report(text, Family::Buildkit).broken.unwrap();
        format!("{}: {}", broken.line, broken.message)
    };
    assert_eq!(
        broken("FROM x\nCMD c\nCOPY --from=Bad:x / /\n"),
        "3: failed to parse stage name `Bad:x`: invalid reference format"
    );
    assert_eq!(
        broken("FROM x\nRUN --mount=type=bind,from=Bad,target=/x c\n"),
        "2: failed to parse stage name `Bad`: invalid reference format"
    );
    assert_eq!(
        broken("FROM x\nCOPY a b\nCOPY --from=0 / /\n"),
        "3: circular dependency detected on stage: stage-0"
    );
}

#[test]
fn a_mount_that_covers_everything_is_refused() {
    let broken = |text: &str| {
        report(text, Family::Buildkit)
            .broken
            .map(|broken| broken.message)
    };
    let refused = Some("invalid mount target `/`".to_owned());
    assert_eq!(broken("FROM x\nRUN --mount=type=cache c\n"), refused);
    assert_eq!(
        broken("FROM x\nRUN --mount=type=bind,target=. c\n"),
        refused
    );
    let text = "FROM x AS a\nWORKDIR /srv\nFROM a\nWORKDIR app\nRUN --mount=type=cache c\n";
    assert_eq!(broken(text), None);
    let text = "FROM x\nRUN --mount=type=cache,target=$A --mount=type=cache,id=$B,target=/c c\n";
    assert_eq!(
        lines(&report(text, Family::Buildkit)),
        ["2 UndefinedVar", "2 UndefinedVar"]
    );
}

#[test]
fn a_trigger_that_fires_and_is_wrong_is_refused_before_any_stage_is_looked_at() {
    let text = "FROM x AS a\nONBUILD FOO b\nCMD c\nFROM a\nCMD d\n";
    let wrong = report(text, Family::Buildkit);
    assert_eq!(lines(&wrong), [""; 0]);
    let broken = wrong.broken.unwrap();
    assert_eq!(
        (broken.line, broken.message.as_str()),
        (4, "unknown instruction: `FOO` (did you mean `FROM`?)")
    );
    let unneeded = format!("{text}FROM x\n");
    assert_eq!(report(&unneeded, Family::Buildkit).broken, None);
}

#[test]
fn from_with_words_too_many_has_its_keywords_judged() {
    let found = |text: &str| lines(&report(text, Family::Buildkit));
    assert_eq!(found("from x AS A extra\n"), ["1 FromAsCasing"]);
    assert_eq!(found("FROM x # y\n"), [""; 0]);
    assert_eq!(found("FROM x\nMAINTAINER\n"), ["2 MaintainerDeprecated"]);
}

#[test]
fn checksums_are_judged_before_anything_is_downloaded() {
    let broken = |text: &str| {
        report(text, Family::Buildkit)
            .broken
            .map(|broken| broken.message)
    };
    assert_eq!(
        broken("FROM x\nADD --checksum=sha256:abc https://h/a /b\n").as_deref(),
        Some("invalid checksum digest length")
    );
    assert_eq!(broken("FROM x\nADD --checksum=$N https://h/a /b\n"), None);
}

#[test]
fn messages_repeat_keywords_as_they_are_written() {
    let text = "from x\ncmd a\ncmd [\"a\"]\nentrypoint b\nhealthcheck none\nhealthcheck none\n";
    assert_eq!(
        told(text),
        [
            "2 JSONArgsRecommended: JSON arguments recommended for cmd to prevent unintended behavior related to OS signals",
            "2 MultipleInstructionsDisallowed: Multiple cmd instructions should not be used in the same stage because only the last one will be used",
            "4 JSONArgsRecommended: JSON arguments recommended for entrypoint to prevent unintended behavior related to OS signals",
            "5 MultipleInstructionsDisallowed: Multiple healthcheck instructions should not be used in the same stage because only the last one will be used",
        ]
    );
}
