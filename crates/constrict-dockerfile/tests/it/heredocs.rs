//! Heredocs on RUN, COPY and ADD.

use constrict_dockerfile::Kind;
use constrict_dockerfile::instruction::{Heredoc, Run, Script, SourceArg};

use super::{kind, kinds};

fn sources(line: &str) -> Vec<SourceArg> {
    match kind(line) {
        Kind::Copy(copy) | Kind::Add(copy) => copy.sources,
        other => panic!("{other:?}"),
    }
}

fn run(line: &str) -> Run {
    match kind(line) {
        Kind::Run(run) => run,
        other => panic!("{other:?}"),
    }
}

fn heredoc(name: &str, content: &str) -> Heredoc {
    Heredoc {
        name: name.to_owned(),
        content: content.to_owned(),
        expand: true,
        chomp: false,
        fd: None,
    }
}

#[test]
fn bodies_follow_in_the_order_of_their_names() {
    let raw = Heredoc {
        expand: false,
        ..heredoc("RAW", "$x\n# no comment\n\\\n")
    };
    let tabs = Heredoc {
        chomp: true,
        ..heredoc("TAB", "\t\tt\n \tu\n")
    };
    let expected = [
        SourceArg::Heredoc(heredoc("EOF", " EOF\nEOF \n")),
        SourceArg::Path("a".to_owned()),
        SourceArg::Heredoc(raw),
        SourceArg::Heredoc(tabs.clone()),
    ];
    let line = "COPY <<EOF a <<\"RAW\" <<-TAB /d/\n EOF\nEOF \nEOF\n$x\n# no comment\n\\\nRAW\n\t\tt\n \tu\n\tTAB";
    assert_eq!(sources(line), expected);
    assert_eq!(tabs.body(), "t\n \tu\n");
}

#[test]
fn the_instruction_after_a_body_is_an_instruction() {
    let kinds = kinds("COPY <<EOF /d\nUSER no\nEOF\nUSER yes\n");
    assert_eq!(kinds[1..], [Kind::User("yes".to_owned())]);
}

#[test]
fn line_ends_are_part_of_the_body_but_not_of_the_delimiter() {
    assert_eq!(
        sources("COPY <<EOF /d\r\nhi\r\nEOF\r\n"),
        [SourceArg::Heredoc(heredoc("EOF", "hi\r\n"))]
    );
    assert_eq!(
        sources("COPY <<EOF /d\nEOF"),
        [SourceArg::Heredoc(heredoc("EOF", ""))]
    );
}

#[test]
fn two_of_one_name_are_both_the_second() {
    let second = SourceArg::Heredoc(heredoc("EOF", "ho\n"));
    assert_eq!(
        sources("COPY <<EOF <<EOF /d/\nhi\nEOF\nho\nEOF"),
        [second.clone(), second]
    );
}

#[test]
fn the_words_of_copy_know_no_heredoc_with_blanks() {
    let paths = ["<<", "EOF"].map(|word| SourceArg::Path(word.to_owned()));
    assert_eq!(sources("COPY <<  EOF /d\nhi\nEOF"), paths);
}

#[test]
fn json_has_no_bodies() {
    assert_eq!(
        sources("COPY [\"<<EOF\", \"/d\"]"),
        [SourceArg::Heredoc(heredoc("EOF", ""))]
    );
    assert_eq!(run("RUN [\"<<EOF\"]").heredocs, []);
}

#[test]
fn other_instructions_have_none() {
    assert_eq!(
        kinds("CMD <<EOF\nLABEL a=\"<<EOF\"\nENV b <<EOF\n").len(),
        3
    );
}

#[test]
fn a_lone_heredoc_is_the_script() {
    let shell = |text: &str| Script::Shell(text.to_owned());
    assert_eq!(
        run("RUN <<EOF\necho 1\necho 2\nEOF").script(),
        shell("echo 1\necho 2\n")
    );
    assert_eq!(run("RUN <<  EOF\nx\nEOF").script(), shell("x\n"));
    assert_eq!(
        run("RUN --network=none <<-EOF   \n\tx\n\tEOF").script(),
        shell("x\n")
    );
    assert_eq!(run("RUN 3<<\"EOF\"\nx $y\nEOF").script(), shell("x $y\n"));
    let file = Script::File {
        name: "EOF".to_owned(),
        content: "#!/usr/bin/python3\npass\n".to_owned(),
    };
    assert_eq!(
        run("RUN <<EOF\n#!/usr/bin/python3\npass\nEOF").script(),
        file
    );
}

#[test]
fn other_heredocs_are_the_shells_own() {
    let shell = |text: &str| Script::Shell(text.to_owned());
    assert_eq!(
        run("RUN python3 <<'E' > /u\nprint('$x')\nE").script(),
        shell("python3 <<'E' > /u\nprint('$x')\nE")
    );
    assert_eq!(
        run("RUN cat <<A > /w && cat <<-\"B\"\n1\nA\n\t2\n\tB").script(),
        shell("cat <<A > /w && cat <<-\"B\"\n1\nA\n\t2\nB")
    );
    assert_eq!(
        run("RUN <<A <<B\n#!x\nA\n2\nB").script(),
        shell("<<A <<B\n#!x\nA\n2\nB")
    );
}

#[test]
fn a_heredoc_line_may_continue() {
    let run = run("RUN cat \\\n  <<EOF \\\n  - \nhi\nEOF");
    assert_eq!(
        run.script(),
        Script::Shell("cat   <<EOF   -\nhi\nEOF".to_owned())
    );
}
