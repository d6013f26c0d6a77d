use constrict_inspect::compare::{ROWS, compare};
use constrict_inspect::surface::{Item, Value};

use super::*;

/// A comparison in which one row has these values.
fn with(name: &str, values: Vec<Value>) -> Comparison {
    let profile = |value: Value| {
        let mut text = serde_json::json!({
            "name": "x", "digest": "", "platform": "linux/amd64", "values": {},
            "size": {
                "total": {"unpacked": 0, "visible": 0, "compressed": null}, "layers": [], "kinds": [],
                "packages": [], "unowned": {"bytes": 0, "files": 0}, "lost": [], "trims": []
            }
        });
        text["values"][name] = serde_json::to_value(value).unwrap();
        serde_json::from_value(text).unwrap()
    };
    compare(values.into_iter().map(profile).collect())
}

#[test]
fn changes_are_told_of_two_images_only() {
    let value = |number| Value::bytes(number, Vec::new());
    let told = |name: &str, values: Vec<Value>| {
        let comparison = with(name, values);
        change(comparison.row(name).unwrap())
    };
    let some = |text: &str| Some(text.to_string());
    assert_eq!(
        told("unpacked", vec![value(1040), value(103)]),
        some("-90 %")
    );
    assert_eq!(
        told("unpacked", vec![value(4526), value(412)]),
        some("-91 %")
    );
    assert_eq!(told("unpacked", vec![value(9999), value(1)]), some("-99 %"));
    assert_eq!(told("unpacked", vec![value(9), value(0)]), some("-100 %"));
    assert_eq!(told("unpacked", vec![value(0), value(103)]), some("+103"));
    assert_eq!(told("shells", vec![value(2), value(5)]), some("+3"));
    assert_eq!(told("shells", vec![value(2), value(2)]), some("0"));
    assert_eq!(
        told("shells", vec![value(2), Value::missing("not checked")]),
        some("")
    );
    assert_eq!(told("user", vec![value(0), value(1)]), some(""));
    assert_eq!(told("shells", vec![value(2)]), None);
    assert_eq!(told("shells", vec![value(2), value(3), value(4)]), None);
}

#[test]
fn names_of_files_command_neither_terminal_nor_markdown() {
    let item = Item {
        name: "/a\u{1b}[31m|`<b>_\n".to_string(),
        detail: String::new(),
    };
    let comparison = with("shells", vec![Value::count(vec![item])]);
    let show = ["shells".to_string()];
    let text = table(&comparison, false, &show);
    assert!(
        text.contains("    /a\u{fffd}[31m|`<b>_\u{fffd}\n"),
        "{text}"
    );
    let text = markdown(&comparison, false, &show);
    assert!(
        text.contains("  - /a\u{fffd}\\[31m\\|\\`&lt;b&gt;\\_\u{fffd}\n"),
        "{text}"
    );
}

#[test]
fn every_row_stands_in_the_table() {
    let text = table(&with("shells", vec![Value::count(Vec::new())]), false, &[]);
    let rows = text.lines().skip(1).filter(|line| line.starts_with("  "));
    assert_eq!(rows.count(), ROWS.len(), "{text}");
}
