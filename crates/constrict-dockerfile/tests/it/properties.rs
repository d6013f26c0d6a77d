//! What holds for every text.

use constrict_dockerfile::expand::{expand, expand_heredoc, expand_to_words};
use constrict_dockerfile::glob::Glob;
use constrict_dockerfile::ignore::Ignore;
use constrict_dockerfile::instruction::Mount;
use constrict_dockerfile::{Dockerfile, Kind, Span, line_of, parse, parse_onbuild};
use proptest::prelude::*;

/// Texts of the parts that Dockerfiles are made of.
fn dockerfile_text() -> impl Strategy<Value = Vec<u8>> {
    let parts = proptest::sample::select(vec![
        "FROM ",
        "scratch",
        "a AS b",
        "\n",
        "\n",
        "\n",
        "\r\n",
        " \\\n",
        "`\n",
        "RUN ",
        "COPY ",
        "ADD ",
        "ENV ",
        "ARG ",
        "LABEL ",
        "ONBUILD ",
        "HEALTHCHECK ",
        "CMD ",
        "SHELL ",
        "VOLUME ",
        "EXPOSE ",
        "USER ",
        "NONE",
        "# ",
        "# escape=`\n",
        "# syntax=x\n",
        "# check=skip=all\n",
        "#!",
        "<<EOF",
        "<<-\"E\"",
        "EOF\n",
        "\tE\n",
        "3<<",
        "[\"a\", \"b\"]",
        "[",
        "]",
        "--mount=",
        "type=cache,",
        "target=/x",
        "--from=",
        "--link",
        "--interval=1s ",
        "\"",
        "'",
        "$x",
        "${x:-",
        "}",
        "=",
        "a",
        " ",
        "\t",
        "\u{feff}",
        "é",
        "\u{a0}",
        "\0",
    ]);
    let parts =
        proptest::collection::vec(parts, 0..40).prop_map(|parts| parts.concat().into_bytes());
    let led = parts
        .clone()
        .prop_map(|rest| [b"FROM scratch\n", rest.as_slice()].concat());
    prop_oneof![led, parts, proptest::collection::vec(any::<u8>(), 0..200)]
}

fn spans(dockerfile: &Dockerfile) -> Vec<Span> {
    let mut spans: Vec<Span> = dockerfile
        .warnings
        .iter()
        .map(|warning| warning.span)
        .collect();
    spans.extend(dockerfile.global_args.iter().map(|arg| arg.span));
    for stage in &dockerfile.stages {
        spans.extend([stage.span, stage.from.span, stage.from.image_span]);
        for instruction in &stage.instructions {
            spans.push(instruction.span);
            match &instruction.kind {
                Kind::Add(copy) | Kind::Copy(copy) => {
                    spans.extend(copy.source_spans.iter().chain(&copy.from_span))
                }
                Kind::Run(run) => spans.extend(run.mounts.iter().map(|mount| mount.span())),
                _ => {}
            }
        }
    }
    spans
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parsing_ends_with_spans_inside_the_text(text in dockerfile_text()) {
        let spans = match parse(&text) {
            Ok(dockerfile) => spans(&dockerfile),
            Err(error) => vec![error.span()],
        };
        for span in spans {
            prop_assert!(span.start <= span.end && span.end <= text.len(), "{span:?} of {}", text.len());
            prop_assert!(line_of(&text, span.start) <= line_of(&text, span.end));
        }
    }

    #[test]
    fn triggers_parse_or_do_not(text in "(RUN|COPY|ENV|ADD|ONBUILD) [ -~\n]{0,60}") {
        let _ = parse_onbuild(&text);
    }

    #[test]
    fn plain_words_are_their_own_value(word in "[a-zA-Z0-9_./:@%+=, é-]{0,40}", escape in "[\\\\`]") {
        let escape = escape.chars().next().expect("one character");
        let none = |_: &str| None;
        prop_assert_eq!(&expand(&word, none, escape).expect("a plain word").value, &word);
        prop_assert_eq!(&expand_heredoc(&word, none, escape).expect("a plain word").value, &word);
        let words = expand_to_words(&word, none, escape).expect("a plain word").words;
        prop_assert_eq!(words, word.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn any_word_expands_or_does_not(word in "([ax $\"'*?/#%:+{}\\\\-]|\\$\\{x|:-|//|é){0,60}", value in "[ab./\n]{0,20}") {
        let lookup = |name: &str| (name == "x").then(|| value.clone());
        let _ = expand(&word, lookup, '\\');
        let _ = expand_heredoc(&word, lookup, '\\');
    }

    #[test]
    fn quoting_protects_a_word(word in "[^']{0,40}") {
        let word = word.replace('\u{feff}', "");
        let quoted = format!("'{word}'");
        prop_assert_eq!(expand(&quoted, |_| None, '\\').expect("a quoted word").value, word);
    }

    #[test]
    fn mounts_parse_or_do_not(text in "((type|target|from|mode|size|ro)?(=|,|\")?(bind|cache|secret|1m|/x)?){0,8}") {
        let _ = Mount::parse(&text);
    }

    #[test]
    fn a_pattern_without_specials_matches_itself_alone(path in "[a-c/.]{1,12}", other in "[a-c/.]{1,12}") {
        let glob = Glob::parse(&path).expect("a plain pattern");
        prop_assert!(glob.matches(&path));
        prop_assert_eq!(glob.matches(&other), path == other);
    }

    #[test]
    fn what_is_pruned_holds_nothing_that_stays(
        lines in proptest::collection::vec("!?(\\*\\*/?|[ab*?]|\\[a-b\\]|/){1,5}", 1..6),
        dir in "[ab](/[ab]){0,2}",
        below in "[ab](/[ab]){0,2}",
    ) {
        if let Ok(ignore) = Ignore::parse(lines.join("\n").as_bytes())
            && ignore.prunes(&dir)
        {
            let path = [dir, below].join("/");
            prop_assert!(ignore.matches(&path));
        }
    }
}

#[test]
fn long_files_take_no_time() {
    let text = "FROM scratch\n".to_owned() + &"RUN a \\\n  b \\\n # c\n  d\n".repeat(16_250);
    let dockerfile = parse(text.as_bytes()).expect("a Dockerfile");
    assert_eq!(dockerfile.stages[0].instructions.len(), 16_250);
    let one = "FROM scratch\nRUN a".to_owned() + &" \\\n b".repeat(65_000);
    assert_eq!(
        parse(one.as_bytes()).expect("a Dockerfile").stages[0]
            .instructions
            .len(),
        1
    );
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    let onbuild = "FROM scratch\n".to_owned() + &"ONBUILD ".repeat(65_000) + "RUN x";
    assert!(parse(onbuild.as_bytes()).is_err());
    let json = "FROM scratch\nCMD ".to_owned() + &"[".repeat(65_000);
    assert!(parse(json.as_bytes()).is_ok(), "text for the shell");
    let heredoc = "FROM scratch\nRUN cat <<".to_owned() + &"${a:-".repeat(65_000);
    assert!(parse(heredoc.as_bytes()).is_ok(), "no heredoc");
}
