//! Directives, continuations, comments, line ends.

use constrict_dockerfile::instruction::Command;
use constrict_dockerfile::{Kind, line_of};

use super::{good, kind, kinds};

fn cmd(text: &str) -> Kind {
    Kind::Cmd(Command::Shell(text.to_owned()))
}

fn env(pairs: &[(&str, &str)]) -> Kind {
    Kind::Env(
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    )
}

#[test]
fn continuations_join_and_keep_indentation() {
    assert_eq!(
        kind("CMD a \\\n  b \\   \n# c\n\n   # d\n  c # not\\\n  e\n"),
        cmd("a   b   c # not  e")
    );
    assert_eq!(kind("ENV a=b\\\n   c=d"), env(&[("a", "b"), ("c", "d")]));
    assert_eq!(kind("ENV e=f\\\n#x\ng=h"), env(&[("e", "fg=h")]));
    assert_eq!(kind("CMD \\\n\\\n b"), cmd("b"));
    assert_eq!(kind("  \\\nCMD a"), cmd("a"));
}

#[test]
fn an_escaped_escape_or_the_end_continues_nothing() {
    assert_eq!(
        kinds("CMD a \\\\\nENV a=1\n"),
        [cmd("a \\\\"), env(&[("a", "1")])]
    );
    assert_eq!(kind("CMD a \\"), cmd("a"));
    assert_eq!(kinds("CMD a \u{b}\\\u{b}\nUSER b")[0], cmd("a \u{b}\\"));
}

#[test]
fn a_comment_needs_a_line_of_its_own() {
    assert_eq!(kinds(" # x\n\tCMD a # b\n"), [cmd("a # b")]);
}

#[test]
fn carriage_returns_go() {
    let dockerfile =
        good("FROM scratch\r\nCMD a \\\r\n  b\r\nENV x=\"1 \\\r\n 2\"\r\nLABEL a b c\r\n");
    let kinds: Vec<_> = dockerfile.stages[0]
        .instructions
        .iter()
        .map(|i| i.kind.clone())
        .collect();
    let label = Kind::Label(vec![("a".to_owned(), "b c".to_owned())]);
    assert_eq!(kinds, [cmd("a   b"), env(&[("x", "\"1  2\"")]), label]);
}

#[test]
fn the_escape_directive_counts_only_at_the_top() {
    let first = |text: &str| good(text).stages[0].instructions[0].kind.clone();
    assert_eq!(
        first("\u{feff}# escape=`\nFROM scratch\nCMD a `\n  b \\\n"),
        cmd("a   b \\")
    );
    assert_eq!(
        first("  #  EsCaPe = `  \nFROM scratch\nCMD a`\nb\n"),
        cmd("ab")
    );
    for no_directive in [
        "# a comment\n",
        "\n",
        "#!/bin/x\n",
        "# unknown=x\n",
        "# syntax is good\n",
    ] {
        assert_eq!(
            first(&format!(
                "{no_directive}# escape=`\nFROM scratch\nCMD a \\\n b\n"
            )),
            cmd("a  b")
        );
    }
}

#[test]
fn syntax_and_check_also_follow_a_first_line_for_a_shell() {
    let directives = good("#!/x\n#syntax=docker/dockerfile:1\n# check=skip=A,B;error=true;experimental=all\nFROM scratch\n").directives;
    assert_eq!(
        directives.syntax.expect("a directive").value,
        "docker/dockerfile:1"
    );
    assert_eq!(directives.checks.skip, ["A", "B"]);
    assert!(
        directives.checks.error
            && directives.checks.experimental_all
            && !directives.checks.skip_all
    );
    assert!(
        good("# check=skip=all\nFROM scratch\n")
            .directives
            .checks
            .skip_all
    );
    assert!(
        !good(" # check=error=true\nFROM scratch\n")
            .directives
            .checks
            .error
    );
    assert!(
        !good("#!x\n# check=error=false\n# check=error=true\nFROM scratch\n")
            .directives
            .checks
            .error
    );
}

#[test]
fn spans_are_those_of_the_source() {
    let text = "\u{feff}# x\nFROM scratch AS one\n".to_owned()
        + "  COPY --from=a \\\n # c\n  bé  c /d # \r\nRUN <<EOF\nx\nEOF\nUSER u";
    let dockerfile = good(&text);
    let [copy, run, user] = &dockerfile.stages[0].instructions[..] else {
        panic!("three instructions")
    };
    let of = |span: constrict_dockerfile::Span| &text[span.start..span.end];
    assert_eq!(of(dockerfile.stages[0].from.image_span), "scratch");
    assert_eq!(of(copy.span), "COPY --from=a \\\n # c\n  bé  c /d # ");
    assert_eq!(copy.text, "COPY --from=a   bé  c /d #");
    assert_eq!(of(run.span), "RUN <<EOF\nx\nEOF");
    assert_eq!(run.text, "RUN <<EOF");
    assert_eq!(of(user.span), "USER u");
    assert_eq!(line_of(text.as_bytes(), user.span.start).to_string(), "9:1");
    let Kind::Copy(copy) = &copy.kind else {
        panic!("a COPY")
    };
    assert_eq!(
        copy.source_spans
            .iter()
            .map(|span| of(*span))
            .collect::<Vec<_>>(),
        ["bé", "c", "/d"]
    );
    assert_eq!(copy.from_span.map(of), Some("--from=a"));
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let dockerfile = constrict_dockerfile::parse(b"FROM scratch\nENV a=\xff\xfe b=c\nUSER \xc3")
        .expect("a Dockerfile");
    assert_eq!(
        dockerfile.stages[0].instructions[0].kind,
        env(&[("a", "\u{fffd}\u{fffd}"), ("b", "c")])
    );
    let error = constrict_dockerfile::parse(b"FROM scratch AS a\xd5").expect_err("no stage name");
    assert_eq!((error.span().start, error.span().end), (16, 18));
}

#[test]
fn a_blank_ends_what_check_asks_for() {
    let checks = |value: &str| {
        good(&format!("# check={value}\nFROM a\n"))
            .directives
            .checks
    };
    assert_eq!(checks("skip=A, B;error=true").skip, ["A", ""]);
    assert!(!checks("skip=A, B;error=true").error);
    assert!(checks("skip=all # they are known").skip_all);
}
