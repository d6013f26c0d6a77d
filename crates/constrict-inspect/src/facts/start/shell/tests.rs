//! Texts → trees, and hostile texts.

use proptest::prelude::*;

use super::parse;
use super::syntax::{Change, Command, Part, Simple, Word};

fn text(text: &str, quoted: bool) -> Part {
    Part::Text {
        text: text.into(),
        quoted,
    }
}

fn variable(name: &str, quoted: bool) -> Part {
    Part::Variable {
        name: name.into(),
        change: None,
        quoted,
    }
}

fn only(source: &str) -> Command {
    let mut list = parse(source).expect(source);
    assert_eq!(list.len(), 1, "{source}");
    list.remove(0).command
}

#[test]
fn words_keep_what_is_quoted() {
    let Command::Simple(simple) = only("A=1 x 'a b'\"$c\"d \"${e:-f}\" \\$ 2>&1 >out # no") else {
        panic!()
    };
    let default = Part::Variable {
        name: "e".into(),
        change: Some((
            Change::Default { empty: true },
            Word(vec![text("f", false)]),
        )),
        quoted: true,
    };
    assert_eq!(
        simple,
        Simple {
            assignments: vec![("A".into(), Word(vec![text("1", false)]))],
            words: vec![
                Word(vec![text("x", false)]),
                Word(vec![
                    text("a b", true),
                    text("", true),
                    variable("c", true),
                    text("d", false)
                ]),
                Word(vec![text("", true), default]),
                Word(vec![text("$", true)]),
            ],
            writes: vec![Word(vec![text("out", false)])],
            line: 1,
        }
    );
}

#[test]
fn every_construct_is_read() {
    let texts = [
        "if a; then b; elif c; then d; else e; fi",
        "case $x in a|b) c ;; (d) e ;; *) ;; esac",
        "while a; do b; done < file",
        "until ! a && b; do c; done",
        "for x in a b; do echo $x; done",
        "for x; do echo $x; done",
        "for ((i=0; i<3; i++)); do a; done",
        "f() { a; }",
        "function f { a; }",
        "function f() ( a )",
        "{ a; b; } | c",
        "(a; b) && c || d",
        "a <<EOF\nif $x ( ' \nEOF\n",
        "a <<-'EOF'\n\tx\n\tEOF\n",
        "a $(b \"$(c)\") `d` $((1 + (2))) <(e)",
        "[[ $a == b* && -n $c ]] || d",
        "((x++))",
        "a=(1 2 3)",
        "a \\\n b",
        "echo ${#a} ${!b} ${c//x/y} ${d%.*} ${e:0:1}",
        "echo $'a\\n' \"$@\" $# $? $$",
        "! a",
        "trap 'kill $!' TERM INT",
        "a &\nb;c\n\n# end",
        "if a; then\n  : # nothing\nfi",
        "exec 3>&1 >log 2>&1",
        "",
    ];
    for text in texts {
        assert!(parse(text).is_ok(), "{text}");
    }
}

#[test]
fn what_is_no_shell_is_refused() {
    for text in [
        "if a; then b",
        "a )",
        "'",
        "\"",
        "$(",
        "${a",
        "fi",
        "case x in",
        "a &&",
        "| b",
        "then",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn lines_are_counted() {
    let list = parse("a\n\nb <<E\nx\nE\nc \\\n d\n'x\ny'\nlast").unwrap();
    let lines: Vec<usize> = list
        .iter()
        .map(|item| match &item.command {
            Command::Simple(simple) => simple.line,
            _ => 0,
        })
        .collect();
    assert_eq!(lines, [1, 3, 6, 8, 10]);
}

#[test]
fn deep_texts_are_refused() {
    let deep = |open: &str, close: &str| open.repeat(5000) + "a" + &close.repeat(5000);
    for (open, close) in [
        ("(", ")"),
        ("{ ", "; }"),
        ("$(", ")"),
        ("${a:-", "}"),
        ("\"$(", ")\""),
        ("if a; then ", "; fi"),
        ("a && ", ""),
        ("! ", ""),
    ] {
        let _ = parse(&deep(open, close));
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "[ -~\n\t]{0,80}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_line_of_shell_panics(words in proptest::collection::vec(prop_oneof![
        Just("if"), Just("then"), Just("fi"), Just("case"), Just("in"), Just("esac"), Just(";;"), Just("("), Just(")"), Just("{"), Just("}"),
        Just("&&"), Just("||"), Just("|"), Just("&"), Just(";"), Just("\n"), Just("$("), Just("${a"), Just("\""), Just("'"), Just("<<E"), Just("a"),
        Just("[["), Just("]]"), Just("f()"), Just("for"), Just("do"), Just("done"), Just("while"), Just("\\"), Just("`"), Just("exec"), Just("$@"),
    ], 0..40)) {
        use crate::facts::start::tests::{find, image};
        let text = words.join(" ");
        let _ = parse(&text);
        find(image().cmd(&["/bin/sh", "-c", &text]));
    }
}

#[test]
fn what_comes_before_an_error_is_read() {
    let text = "#!/bin/sh\n'''exec' /opt/venv/bin/python \"$0\" \"$@\"\n' '''\nimport re\nsys.exit(main())\n";
    let (list, whole) = super::parse_readable(text);
    assert!(!whole);
    assert!(!list.is_empty());
    assert!(parse(text).is_err());
    let (list, whole) = super::parse_readable("a\nb\n");
    assert_eq!((list.len(), whole), (2, true));
}
