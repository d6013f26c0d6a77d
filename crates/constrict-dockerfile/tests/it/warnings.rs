//! Lint findings, under BuildKit's names and in its words.

use super::good;

fn warnings(text: &str) -> Vec<String> {
    let stage =
        |stage: Option<usize>| stage.map_or_else(String::new, |index| format!(" [{index}]"));
    let line = |w: &constrict_dockerfile::Warning| {
        constrict_dockerfile::line_of(text.as_bytes(), w.span.start).line
    };
    good(text)
        .warnings
        .iter()
        .map(|w| format!("{} {}{}: {}", line(w), w.rule, stage(w.stage), w.message))
        .collect()
}

#[test]
fn findings_come_in_the_order_of_the_text() {
    let text = "FROM a as Foo\nMAINTAINER x\nenv a b\nENV c=d \\\n\n e=f\nCMD ['x']\nFROM b AS foo\nSHELL [\"x\"]\nCMD y\nCMD [\"z\"]\nFROM c AS scratch\n";
    let json =
        "JSON arguments recommended for CMD to prevent unintended behavior related to OS signals";
    let expected = [
        "1 StageNameCasing: Stage name 'Foo' should be lowercase".to_owned(),
        "1 FromAsCasing: 'as' and 'FROM' keywords' casing do not match".to_owned(),
        "2 MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label".to_owned(),
        "3 LegacyKeyValueFormat [0]: \"env key=value\" should be used instead of legacy \"env key value\" format".to_owned(),
        "3 ConsistentInstructionCasing: Command 'env' should match the case of the command majority (uppercase)".to_owned(),
        "6 NoEmptyContinuation: Empty continuation line".to_owned(),
        format!("7 JSONArgsRecommended [0]: {json}"),
        "8 DuplicateStageName: Duplicate stage name \"foo\", stage names should be unique".to_owned(),
        "10 MultipleInstructionsDisallowed [1]: Multiple CMD instructions should not be used in the same stage because only the last one will be used".to_owned(),
        "12 ReservedStageName: Stage name should not use the same name as reserved stage \"scratch\"".to_owned(),
    ];
    assert_eq!(warnings(text), expected);
}

#[test]
fn a_good_file_has_none() {
    assert_eq!(
        warnings("from a as b\nrun x \\\n # comment\n y\ncmd [\"z\"]\n"),
        [""; 0]
    );
}

#[test]
fn a_shell_of_ones_own_or_of_the_stage_below_needs_no_json() {
    assert_eq!(
        warnings("FROM a AS b\nSHELL [\"x\"]\nFROM b AS c\nCMD y\nFROM c\nENTRYPOINT z\n"),
        [""; 0]
    );
}

#[test]
fn empty_lines_are_told_once_where_the_instruction_ends() {
    let expected = [
        "6 NoEmptyContinuation: Empty continuation line",
        "9 NoEmptyContinuation: Empty continuation line",
    ];
    let text = "FROM a\nRUN b \\\n\n  c \\\n\n  d\nRUN e \\\n\n# f\n";
    assert_eq!(warnings(text), expected);
}

#[test]
fn keywords_before_the_first_stage_have_any_case() {
    assert_eq!(
        warnings("arg A=1\narg B=2\narg C=3\nFROM a\nRUN b\n"),
        [""; 0]
    );
}

#[test]
fn an_error_tells_what_was_noticed_before_it() {
    let text = "FROM a as B\nENV c d\nCMD x\nBOGUS\nFROM e as F\n";
    let error = constrict_dockerfile::parse(text.as_bytes()).unwrap_err();
    let rules: Vec<&str> = error.noticed().iter().map(|w| w.rule).collect();
    assert_eq!(rules, ["StageNameCasing", "FromAsCasing"]);
}
