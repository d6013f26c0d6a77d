//! Expansion of words.

use constrict_dockerfile::expand::{expand, expand_heredoc, expand_to_words};

fn lookup(name: &str) -> Option<String> {
    let value = match name {
        "x" => "abc.tar.gz",
        "e" => "",
        "sp" => "p  q",
        "s" => "a/b/c",
        "st" => "a*b?c",
        "nl" => "a\nb",
        _ => return None,
    };
    Some(value.to_owned())
}

fn value(word: &str) -> String {
    expand(word, lookup, '\\').map_or_else(
        |error| format!("error: {error}"),
        |expansion| expansion.value,
    )
}

#[test]
fn words() {
    for (word, expected) in [
        ("a b", "a b"),
        ("$x", "abc.tar.gz"),
        ("$xy$x", "abc.tar.gz"),
        ("${x}y", "abc.tar.gzy"),
        ("$u-$e-", "--"),
        ("$", "$"),
        ("a$ b", "a$ b"),
        ("$.", "$."),
        ("$1$12a$@$#$$", "a"),
        ("\\$x", "$x"),
        ("'$x'", "$x"),
        ("\"$x 'y'\"", "abc.tar.gz 'y'"),
        ("'a\\b'", "a\\b"),
        ("\"a\\b\\\"\\$\\\\\"", "a\\b\"$\\"),
        ("a\\b\\", "ab"),
        ("a\"b\"'c'd", "abcd"),
        ("$sp", "p  q"),
        ("é${x}é", "éabc.tar.gzé"),
    ] {
        assert_eq!(value(word), expected, "{word}");
    }
}

#[test]
fn defaults_alternatives_and_requirements() {
    for (word, expected) in [
        ("${u:-w}${u-w}${e:-w}${e-w}", "www"),
        ("${x:+w}${x+w}${e:+w}${e+w}${u:+w}${u+w}", "www"),
        ("${u:-${e:-$x}}", "abc.tar.gz"),
        ("${u:-\"a b\"'}'\\}}", "a b}}"),
        ("${e?m}${x:?m}", "abc.tar.gz"),
        ("${u:?}", "error: u: is not allowed to be unset"),
        ("${e:?}", "error: e: is not allowed to be empty"),
        ("${u?no $s}", "error: u: no a/b/c"),
        ("${e:?gone}", "error: e: gone"),
    ] {
        assert_eq!(value(word), expected, "{word}");
    }
}

#[test]
fn prefixes_and_suffixes() {
    for (word, expected) in [
        ("${x%.*}", "abc.tar"),
        ("${x%%.*}", "abc"),
        ("${x#*.}", "tar.gz"),
        ("${x##*.}", "gz"),
        ("${s##*/}", "c"),
        ("${s%/*}", "a/b"),
        ("${x#?b}", "c.tar.gz"),
        ("${x#z}${x%z}", "abc.tar.gzabc.tar.g"),
        ("${x#}${u#a}", "abc.tar.gz"),
        ("${st#a\\*}", "b?c"),
        ("${st%\\?c}", "a*b"),
        ("${s#a\\/}", "b/c"),
        ("${nl#*}${nl##*}", "a\nb\nb"),
        ("${x#[a]}", "abc.tar.gz"),
        (
            "${x#\\a}",
            "error: invalid pattern (\\a) in substitution: invalid escape '\\a'",
        ),
    ] {
        assert_eq!(value(word), expected, "{word}");
    }
}

#[test]
fn replacements() {
    for (word, expected) in [
        ("${x/./-}", "abc-tar.gz"),
        ("${x//./-}", "abc-tar-gz"),
        ("${x//[.]/-}", "abc.tar.gz"),
        ("${s//\\//_}", "a_b_c"),
        ("${x/.*/}", "abc"),
        ("${x/a*c/}", ".tar.gz"),
        ("${s/$u/X}", "Xa/b/c"),
        ("${s//$u/-}", "-a-/-b-/-c-"),
        ("${x//?/\\$0}", "\\a\\b\\c\\.\\t\\a\\r\\.\\g\\z"),
        ("${x/b/\\}}", "a\\}c.tar.gz"),
        ("${u/a/b}", ""),
        ("${x/a}", "error: syntax error: missing '/' in ${}"),
        ("${x/a/b", "error: syntax error: missing '}'"),
    ] {
        assert_eq!(value(word), expected, "{word}");
    }
}

#[test]
fn bad_syntax() {
    for (word, expected) in [
        ("${", "error: syntax error: missing '}'"),
        ("${}", "error: syntax error: bad substitution"),
        ("${:-a}", "error: syntax error: bad substitution"),
        ("${{x}}", "error: syntax error: bad substitution"),
        (
            "${x",
            "error: unsupported modifier (\u{fffd}) in substitution",
        ),
        ("${x:-a", "error: syntax error: missing '}'"),
        (
            "${x:=a}",
            "error: unsupported modifier (:=) in substitution",
        ),
        ("${x^^}", "error: unsupported modifier (^) in substitution"),
        (
            "'a",
            "error: unexpected end of statement while looking for matching single-quote",
        ),
        (
            "\"a",
            "error: unexpected end of statement while looking for matching double-quote",
        ),
    ] {
        assert_eq!(value(word), expected, "{word}");
    }
}

#[test]
fn another_escape_character_escapes() {
    let value = |word| expand(word, lookup, '`').expect("a good word").value;
    assert_eq!(value("`$x C:\\a\\b \"`\"\""), "$x C:\\a\\b \"");
    assert_eq!(value("\\$x"), "\\abc.tar.gz");
}

#[test]
fn names_that_took_part_are_told() {
    let expansion = expand("$x ${u:-${v}} '$w'", lookup, '\\').expect("a good word");
    assert_eq!(expansion.matched.into_iter().collect::<Vec<_>>(), ["x"]);
    assert_eq!(
        expansion.unmatched.into_iter().collect::<Vec<_>>(),
        ["u", "v"]
    );
}

#[test]
fn words_split_at_blanks_outside_quotes() {
    let words = |word| {
        expand_to_words(word, lookup, '\\')
            .expect("a good word")
            .words
    };
    assert_eq!(
        words("a  $sp \"$sp\" 'c d' e\\ f $u ''"),
        ["a", "p", "q", "p  q", "c d", "e f"]
    );
    assert_eq!(words("$u"), [""; 0]);
}

#[test]
fn heredoc_bodies_keep_quotes() {
    let body = "$x ${u:-z} \"q\" 's' \\$x \\\\ \\n a\\\n b ${x:+\"p\"}\n";
    let expanded = expand_heredoc(body, lookup, '\\')
        .expect("a good body")
        .value;
    assert_eq!(expanded, "abc.tar.gz z \"q\" 's' $x \\ n a\n b \"p\"\n");
    assert_eq!(
        expand_heredoc("`$x \\$x ``", lookup, '`')
            .expect("a good body")
            .value,
        "$x \\abc.tar.gz `"
    );
    assert!(expand_heredoc("${x\n", lookup, '\\').is_err());
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| "${u:-".repeat(depth) + "v" + &"}".repeat(depth);
    assert_eq!(value(&nested(100)), "v");
    assert_eq!(
        value(&nested(100_000)),
        "error: substitutions nested deeper than 100 levels"
    );
}
