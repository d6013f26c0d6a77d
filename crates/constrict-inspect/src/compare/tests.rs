use super::*;
use crate::sample::Sample;

fn profile_of(name: &str, sample: Sample) -> Profile {
    let mut image = sample.image();
    image.name = name.to_string();
    profile(
        &Facts::new(&image),
        &Report::default(),
        String::new(),
        "linux/amd64".into(),
        &[],
    )
}

fn two() -> Comparison {
    let single = Sample::new()
        .program("bin/sh", "elf")
        .program("bin/bash", "elf")
        .file("app/app.py", "12345");
    let multi = Sample::new()
        .program("bin/sh", "elf")
        .file("app/app.py", "12345");
    compare(vec![
        profile_of("single", single),
        profile_of("multi", multi),
    ])
}

#[test]
fn every_row_has_a_value_an_image_and_says_whether_they_differ() {
    let comparison = two();
    let names: Vec<&str> = comparison
        .rows
        .iter()
        .map(|row| row.name.as_str())
        .collect();
    let defined: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
    assert_eq!(names, defined);
    let shown = |name: &str| {
        let row = comparison.row(name).unwrap();
        let texts: Vec<&str> = row.values.iter().map(|value| value.text.as_str()).collect();
        (texts.join(" | "), row.differs)
    };
    assert_eq!(shown("shells"), ("2 | 1".into(), true));
    assert_eq!(shown("visible"), ("11 bytes | 8 bytes".into(), true));
    assert_eq!(shown("set-id"), ("0 | 0".into(), false));
    assert_eq!(shown("compressed"), ("not known | not known".into(), false));
    assert_eq!(
        shown("vulnerabilities"),
        ("not checked | not checked".into(), false)
    );
    assert_eq!(shown("runs"), ("yes | yes".into(), false));
}

#[test]
fn json_is_read_back_as_it_was() {
    let comparison = two();
    let text = serde_json::to_string(&comparison).unwrap();
    assert_eq!(
        serde_json::from_str::<Comparison>(&text).unwrap(),
        comparison
    );
}

#[test]
fn limits_are_for_the_last_image_and_what_is_not_known_breaks_them() {
    let comparison = two();
    let breach = |text: &str| Limit::parse(text).unwrap().breach(&comparison);
    assert_eq!(breach("shells>1"), None);
    assert_eq!(
        breach("shells > 0").as_deref(),
        Some("`shells > 0`: shells of `multi`: 1")
    );
    assert_eq!(
        breach("visible>=0.008kB").as_deref(),
        Some("`visible>=0.008kB`: files as a container sees them of `multi`: 8 bytes")
    );
    assert_eq!(
        breach("vulnerabilities>0").as_deref(),
        Some("`vulnerabilities>0`: known vulnerabilities of `multi`: not checked")
    );
    assert_eq!(breach("runs<1"), None);
}

#[test]
fn limits_that_mean_nothing_are_errors() {
    let wrong = |text: &str| Limit::parse(text).unwrap_err().to_string();
    assert_eq!(wrong("shell>0"), "no row `shell`");
    assert_eq!(wrong("shells"), "`shells` compares nothing");
    assert_eq!(wrong("shells!0"), "`shells!0` compares nothing");
    assert_eq!(wrong("shells>many"), "`many` is no number");
    assert_eq!(wrong("shells>-1"), "`-1` is no number");
    assert_eq!(wrong("unpacked>1e3MB"), "`1e3MB` is no number");
    assert_eq!(
        wrong("unpacked>99999999999999999999GB"),
        "`99999999999999999999GB` is no number"
    );
}

#[test]
fn a_baseline_lets_nothing_get_worse() {
    let before = two();
    let baseline = Baseline::parse(&serde_json::to_vec(&before).unwrap()).unwrap();
    assert_eq!(worse(&baseline, &before, 0.0), Vec::<String>::new());
    let more = Sample::new()
        .program("bin/sh", "elf")
        .program("bin/zsh", "elf12")
        .file("app/app.py", "12345");
    let now = compare(vec![profile_of("multi", more)]);
    assert_eq!(
        worse(&baseline, &now, 0.0),
        [
            "size on disk: 8 bytes before, 13 bytes now",
            "files as a container sees them: 8 bytes before, 13 bytes now",
            "files: 2 before, 3 now",
            "shells: 1 before, 2 now",
            "commands on PATH: 1 before, 2 now",
        ]
    );
    let lines = worse(&baseline, &now, 70.0);
    assert_eq!(lines.len(), 3, "{lines:?}");
}

#[test]
fn what_is_no_baseline_is_refused() {
    assert!(Baseline::parse(b"{}").is_err());
    let mut comparison = two();
    comparison.version = 2;
    let text = serde_json::to_vec(&comparison).unwrap();
    assert_eq!(
        Baseline::parse(&text).unwrap_err(),
        "version 2 is not known"
    );
    comparison.version = 1;
    comparison.rows[0].values.pop();
    let text = serde_json::to_vec(&comparison).unwrap();
    assert_eq!(
        Baseline::parse(&text).unwrap_err(),
        "it has not a value for each image"
    );
}
