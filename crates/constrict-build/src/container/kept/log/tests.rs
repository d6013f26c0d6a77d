use super::{Log, Place, Stream};

fn texts(place: &Place) -> Vec<String> {
    let mut reader = place.read().unwrap();
    let entries = std::iter::from_fn(|| reader.next_entry().unwrap());
    entries.map(|entry| entry.text).collect()
}

#[test]
fn lines_of_both_streams_are_kept_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    assert_eq!(texts(&place), Vec::<String>::new());
    let log = Log::open(place.clone()).unwrap();
    let (mut out, mut err) = (log.lines(Stream::Stdout), log.lines(Stream::Stderr));
    out.take(b"one\ntw");
    err.take(b"wrong\n");
    out.take(b"o\nno end");
    drop(out);
    let mut reader = place.read().unwrap();
    let entries = std::iter::from_fn(|| reader.next_entry().unwrap());
    let told: Vec<_> = entries.map(|entry| (entry.stream, entry.text)).collect();
    let expected = [
        (Stream::Stdout, "one\n"),
        (Stream::Stderr, "wrong\n"),
        (Stream::Stdout, "two\n"),
        (Stream::Stdout, "no end"),
    ];
    assert_eq!(
        told,
        expected.map(|(stream, text)| (stream, text.to_string()))
    );
    // more comes
    err.take(b"later\n");
    assert_eq!(reader.next_entry().unwrap().unwrap().text, "later\n");
    assert_eq!(reader.next_entry().unwrap(), None);
}

#[test]
fn long_lines_are_cut_between_characters() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let log = Log::open(place.clone()).unwrap();
    let line = format!("a{}\n", "é".repeat(10_000));
    log.lines(Stream::Stdout).take(line.as_bytes());
    let parts = texts(&place);
    assert_eq!(
        parts.iter().map(String::len).collect::<Vec<_>>(),
        [16_383, 3_619]
    );
    assert_eq!(parts.concat(), line);
}

#[test]
fn a_log_has_a_limit_and_a_reader_misses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(folder.path());
    let log = Log::with_limit(place.clone(), 1_000).unwrap();
    let mut lines = log.lines(Stream::Stdout);
    let mut reader = place.read().unwrap();
    let mut seen = Vec::new();
    for number in 0..100 {
        lines.take(format!("{number}\n").as_bytes());
        if number % 5 == 0 {
            seen.extend(std::iter::from_fn(|| reader.next_entry().unwrap()));
        }
    }
    seen.extend(std::iter::from_fn(|| reader.next_entry().unwrap()));
    let seen: Vec<_> = seen.into_iter().map(|entry| entry.text).collect();
    let all: Vec<_> = (0..100).map(|number| format!("{number}\n")).collect();
    assert_eq!(seen, all);
    // of what is left, the end counts
    let left = texts(&place);
    assert!(left.len() < 40, "{left:?}");
    assert!(all.ends_with(&left));
    for name in ["log", "log.1"] {
        assert!(folder.path().join(name).metadata().unwrap().len() <= 1_000);
    }
}
