//! Sources that nobody wrote by hand: an error or facts, never a panic, never the end of the stack.

use constrict_python::Error;
use constrict_python::source::{Module, Target};
use proptest::prelude::*;

const TARGET: Target = Target { python: (3, 11) };

const SEED: &str = "import a.b as c\nfrom . import d\ntry:\n    import e\nexcept ImportError as x:\n    raise y('z') from x\n\
class F(c.G, metaclass=H):\n    def i(self, j=lambda k: (l := k)):\n        return [m for n in o if p]\n\
if __name__ == '__main__':\n    F().i(*q, **r)\nmatch s:\n    case {'t': u, **v}:\n        w: int = f'{x!r:>{y}}'\n\
with z as (a, *b), c:\n    global d\n    del a[0], b.c\n    __all__ += ['x']\n";

proptest! {
    #[test]
    fn any_text_ends(text in "\\PC{0,200}") {
        let _ = Module::parse(text.as_bytes(), &TARGET);
    }

    #[test]
    fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Module::parse(&bytes, &TARGET);
    }

    #[test]
    fn any_tokens_end(words in proptest::collection::vec(
        prop::sample::select(vec!["import ", "from ", "a", ".", "(", ")", "[", "]", ":", "\n", "    ", "if ", "else", "try", "except ",
            "def ", "class ", "lambda ", "=", ",", "*", "'x'", "1", "f'{", "}'", "match ", "case ", "with ", "as ", "not ", "for ", "in "]), 0..60)) {
        let _ = Module::parse(words.concat().as_bytes(), &TARGET);
    }

    #[test]
    fn mutated_sources_end(at in 0..SEED.len(), length in 0usize..20, with in "[ -~\\n]{0,5}") {
        let end = (at + length).min(SEED.len());
        let source = format!("{}{with}{}", &SEED[..at], &SEED[end..]);
        let _ = Module::parse(source.as_bytes(), &TARGET);
    }
}

#[test]
fn deep_sources_are_refused_or_survive_a_small_stack() {
    let chains = [
        ("a", ".b", ""),
        ("1", " + 1", ""),
        ("f", "()", ""),
        ("f", "[0]", ""),
        ("a", " if b else c", ""),
        ("a", " and b", ""),
    ];
    for (head, link, tail) in chains {
        for (count, fits) in [(2_400, true), (100_000, false)] {
            let source = format!("x = {head}{}{tail}\n", link.repeat(count));
            assert_eq!(parse_on_small_stack(source), fits, "{link} {count}");
        }
    }
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{1: ", "}"),
        ("f(", ")"),
        ("lambda: (", ")"),
    ] {
        for (count, fits) in [(150, true), (100_000, false)] {
            let source = format!("x = {}1{}\n", open.repeat(count), close.repeat(count));
            assert_eq!(parse_on_small_stack(source), fits, "{open} {count}");
        }
    }
    for prefix in ["not ", "-", "lambda: "] {
        assert!(
            parse_on_small_stack(format!("x = {}1\n", prefix.repeat(2_000))),
            "{prefix}"
        );
        assert!(
            !parse_on_small_stack(format!("x = {}1\n", prefix.repeat(100_000))),
            "{prefix}"
        );
    }
}

fn parse_on_small_stack(source: String) -> bool {
    let thread = std::thread::Builder::new().stack_size(1 << 20);
    let parsed = thread
        .spawn(move || Module::parse(source.as_bytes(), &TARGET))
        .expect("a thread")
        .join()
        .expect("no panic");
    match parsed {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error, Error::TooDeep);
            false
        }
    }
}

#[test]
fn large_sources_are_refused() {
    let source = vec![b'\n'; 9 << 20];
    assert!(matches!(
        Module::parse(&source, &TARGET),
        Err(Error::TooLarge { .. })
    ));
}

#[test]
fn facts_are_bounded() {
    let source = "import a\n".repeat(100_000);
    let module = Module::parse(source.as_bytes(), &TARGET).unwrap();
    assert!(module.truncated && module.imports.len() < 10_000);
}

#[test]
fn broken_sources_name_the_line() {
    let error = Module::parse(b"x = 1\nprint 'hello'\n", &TARGET).unwrap_err();
    assert!(matches!(error, Error::Syntax { line: 2, .. }), "{error:?}");
    assert!(Module::parse("\u{feff}import a\n".as_bytes(), &TARGET).is_ok());
    assert!(Module::parse(b"# coding: latin-1\nx = '\xe9'\n", &TARGET).is_ok());
    assert!(Module::parse(b"", &TARGET).is_ok());
}
