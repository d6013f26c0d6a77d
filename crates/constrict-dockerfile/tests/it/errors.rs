//! What is refused, in which words, and where.

use constrict_dockerfile::{line_of, parse, parse_onbuild};

fn refusal(text: &str) -> String {
    let error = parse(text.as_bytes()).expect_err(text);
    format!("{} {error}", line_of(text.as_bytes(), error.span().start))
}

/// The refusal of a second line.
fn of(line: &str) -> String {
    refusal(&format!("FROM scratch\n{line}\n"))
}

#[test]
fn files_without_a_stage() {
    assert_eq!(refusal(""), "1:1 the Dockerfile cannot be empty");
    assert_eq!(refusal("# hi\n\n"), "1:1 file with no instructions");
    assert_eq!(
        refusal("ARG x\n"),
        "1:1 Dockerfile contains no stages to build"
    );
    assert_eq!(
        refusal("ARG x\nRUN y\n"),
        "2:1 no build stage in current context: `RUN` comes before the first FROM"
    );
}

#[test]
fn directives() {
    assert_eq!(
        refusal("# escape=x\nFROM a\n"),
        "1:1 invalid escape token `x` does not match ` or \\"
    );
    assert_eq!(
        refusal("#escape=`\n# ESCAPE = \\\nFROM a\n"),
        "2:1 only one `escape` parser directive can be used"
    );
    assert_eq!(
        refusal("# check=foo\nFROM a\n"),
        "1:1 failed to parse check options: invalid check option `foo`"
    );
    assert_eq!(
        refusal("# check=error=yes\nFROM a\n"),
        "1:1 failed to parse check options: `yes` is no boolean"
    );
}

#[test]
fn unknown_words_come_with_the_nearest() {
    assert_eq!(
        of("COPPY a /"),
        "2:1 unknown instruction: `COPPY` (did you mean `COPY`?)"
    );
    assert_eq!(
        of("coppy a /"),
        "2:1 unknown instruction: `coppy` (did you mean `copy`?)"
    );
    assert_eq!(of("FOOBARBAZ"), "2:1 unknown instruction: `FOOBARBAZ`");
    assert_eq!(
        of("COPY --form=x a /"),
        "2:6 unknown flag: `--form` (did you mean `from`?)"
    );
}

#[test]
fn flags() {
    assert_eq!(
        of("COPY --from=x --from=y a /"),
        "2:15 duplicate flag specified: `--from`"
    );
    assert_eq!(
        of("COPY --link=maybe a /"),
        "2:6 expecting boolean value for flag `--link`, not: `maybe`"
    );
    assert_eq!(
        of("COPY --link= a /"),
        "2:6 missing a value on flag: `--link`"
    );
    assert_eq!(
        of("COPY --from a /"),
        "2:6 missing a value on flag: `--from`"
    );
    assert_eq!(
        of("COPY --checksum=x a /"),
        "2:6 unknown flag: `--checksum`"
    );
    assert_eq!(of("ADD --from=x a /"), "2:5 unknown flag: `--from`");
    assert_eq!(of("ADD --parents a /"), "2:5 unknown flag: `--parents`");
    assert_eq!(of("WORKDIR --x /a"), "2:9 unknown flag: `--x`");
    assert_eq!(of("CMD --help"), "2:5 unknown flag: `--help`");
    assert_eq!(of("RUN --network=foo x"), "2:5 invalid network mode `foo`");
    assert_eq!(
        of("RUN --security=foo x"),
        "2:5 security `foo` is not valid"
    );
    assert_eq!(
        refusal("FROM --foo=x scratch\n"),
        "1:6 unknown flag: `--foo`"
    );
}

#[test]
fn missing_arguments() {
    let two = "requires at least two arguments, but only one was provided: the destination could not be determined";
    assert_eq!(of("COPY a"), format!("2:1 COPY {two}"));
    assert_eq!(of("ADD"), format!("2:1 ADD {two}"));
    assert_eq!(of("COPY [\"a\"]"), format!("2:1 COPY {two}"));
    for keyword in [
        "ARG",
        "ENV",
        "LABEL",
        "EXPOSE",
        "VOLUME",
        "SHELL",
        "ONBUILD",
        "HEALTHCHECK",
    ] {
        assert_eq!(
            of(keyword),
            format!("2:1 {keyword} requires at least one argument")
        );
    }
    for keyword in ["MAINTAINER", "STOPSIGNAL", "USER", "WORKDIR"] {
        assert_eq!(
            of(keyword),
            format!("2:1 {keyword} requires exactly one argument")
        );
    }
    assert_eq!(of("VOLUME []"), "2:1 VOLUME requires at least one argument");
    assert_eq!(of("SHELL []"), "2:1 SHELL requires at least one argument");
}

#[test]
fn from_takes_one_or_three_words() {
    for line in [
        "FROM",
        "FROM a b",
        "FROM a b c",
        "FROM a as",
        "FROM a as b c",
    ] {
        assert_eq!(
            refusal(line),
            "1:1 FROM requires either one or three arguments",
            "{line}"
        );
    }
    assert_eq!(
        refusal("FROM a AS 1a"),
        "1:11 invalid name for build stage: `1a`, name can't start with a number or contain symbols"
    );
    assert_eq!(
        refusal("FROM a AS a/b"),
        "1:11 invalid name for build stage: `a/b`, name can't start with a number or contain symbols"
    );
}

#[test]
fn pairs() {
    assert_eq!(of("ENV a"), "2:1 ENV must have two arguments");
    assert_eq!(
        of("ENV a=b c"),
        "2:1 syntax error - can't find = in `c`: must be of the form name=value"
    );
    assert_eq!(
        of("ENV a=b # c=d"),
        "2:1 syntax error - can't find = in `#`: must be of the form name=value"
    );
    assert_eq!(of("LABEL =b"), "2:1 LABEL names can not be blank");
    assert_eq!(of("ARG =b"), "2:1 ARG names can not be blank");
}

#[test]
fn json_arrays_hold_strings() {
    let expected = "2:1 when using JSON array syntax, arrays must be comprised of strings only";
    for line in [
        "RUN [1]",
        "CMD [\"a\", null]",
        "COPY [[\"a\"], \"b\"]",
        "ONBUILD RUN [1]",
        "HEALTHCHECK CMD [1]",
    ] {
        assert_eq!(of(line), expected, "{line}");
    }
    assert_eq!(
        of("SHELL bash"),
        "2:1 SHELL requires the arguments to be in JSON form"
    );
    assert_eq!(
        of("VOLUME [\"\"]"),
        "2:1 VOLUME specified can not be an empty string"
    );
}

#[test]
fn healthchecks() {
    assert_eq!(
        of("HEALTHCHECK NONE x"),
        "2:1 HEALTHCHECK NONE takes no arguments"
    );
    assert_eq!(
        of("HEALTHCHECK CMD"),
        "2:1 missing command after HEALTHCHECK CMD"
    );
    assert_eq!(
        of("HEALTHCHECK CMD []"),
        "2:1 missing command after HEALTHCHECK CMD"
    );
    assert_eq!(
        of("HEALTHCHECK foo x"),
        "2:1 unknown type `FOO` in HEALTHCHECK (try CMD)"
    );
    assert_eq!(
        of("HEALTHCHECK --interval=1us CMD x"),
        "2:13 interval `interval` cannot be less than 1ms"
    );
    assert_eq!(
        of("HEALTHCHECK --timeout=-1s CMD x"),
        "2:13 interval `timeout` cannot be less than 1ms"
    );
    assert_eq!(
        of("HEALTHCHECK --interval=1x CMD x"),
        "2:13 invalid duration `1x` for `--interval`: unknown unit"
    );
    assert_eq!(
        of("HEALTHCHECK --retries=-1 CMD x"),
        "2:13 `--retries` cannot be negative (-1)"
    );
    assert_eq!(
        of("HEALTHCHECK --retries=2147483648 CMD x"),
        "2:13 invalid number of `--retries`: `2147483648`"
    );
}

#[test]
fn triggers() {
    assert_eq!(
        of("ONBUILD FROM x"),
        "2:1 FROM isn't allowed as an ONBUILD trigger"
    );
    assert_eq!(
        of("ONBUILD maintainer x"),
        "2:1 MAINTAINER isn't allowed as an ONBUILD trigger"
    );
    assert_eq!(
        of("ONBUILD ONBUILD RUN x"),
        "2:1 chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"
    );
    assert_eq!(of("ONBUILD --x RUN y"), "2:9 unknown flag: `--x`");
    assert_eq!(of("ONBUILD ENV a"), "2:1 ENV must have two arguments");
}

#[test]
fn a_trigger_that_cannot_fire_is_refused_when_it_does() {
    let refusal = |trigger: &str| parse_onbuild(trigger).expect_err(trigger).to_string();
    assert_eq!(refusal("COPY --nope x y"), "unknown flag: `--nope`");
    assert_eq!(
        refusal("FROM x"),
        "FROM isn't allowed as an ONBUILD trigger"
    );
    assert_eq!(
        refusal("RUN a\nRUN b"),
        "an ONBUILD trigger must be a single instruction, found 2"
    );
    assert_eq!(
        refusal(""),
        "an ONBUILD trigger must be a single instruction, found 0"
    );
}

#[test]
fn heredocs() {
    assert_eq!(of("COPY <<EOF /x\nhi"), "2:1 unterminated heredoc `EOF`");
    assert_eq!(
        of("COPY a <<EOF\nhi\nEOF"),
        "2:8 COPY cannot accept a heredoc as a destination"
    );
    assert_eq!(
        of("COPY <<EOF\nhi\nEOF"),
        "2:1 COPY requires at least two arguments, but only one was provided: the destination could not be determined"
    );
}

#[test]
fn the_form_of_lines_is_refused_before_their_meaning() {
    assert_eq!(
        refusal("FROM scratch\nCOPY --nope a b\nENV a\n"),
        "3:1 ENV must have two arguments"
    );
}

#[test]
fn places_are_found_through_continuations() {
    assert_eq!(
        of("COPY \\\n# comment\n  --link \\\n  --nope=1 \\\n a b"),
        "5:3 unknown flag: `--nope`"
    );
}
