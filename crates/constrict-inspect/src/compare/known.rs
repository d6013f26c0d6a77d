//! Known vulnerabilities as the value of a row: never a number where something was not looked up.

use crate::surface::{Item, Value};
use crate::vulnerabilities::{Known, Vulnerabilities};

/// The value. Where a source, or a source for some packages, is missing there is no number, only what is known.
pub fn vulnerabilities(found: &Vulnerabilities) -> Value {
    let known = found.known();
    let items: Vec<Item> = known.iter().map(item).collect();
    let missing = found.not_checked();
    if missing.is_empty() {
        return Value::count(items);
    }
    let text = match items.len() {
        0 => "not checked".to_string(),
        count => format!("{count} known, not all checked"),
    };
    Value {
        value: None,
        text,
        items,
        missing: Some(format!("not checked: {}", missing.join("; "))),
    }
}

fn item(known: &Known) -> Item {
    let fixed = known.fixed.as_deref();
    let fixed = fixed.map_or("no fix known".to_string(), |version| {
        format!("fixed in {version}")
    });
    let severity = known.severity.iter().cloned();
    let summary = Some(known.summary.clone()).filter(|summary| !summary.is_empty());
    let detail: Vec<String> = [fixed].into_iter().chain(severity).chain(summary).collect();
    Item {
        name: format!("{} in {} {}", known.id, known.package, known.installed),
        detail: detail.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::Ecosystem;
    use crate::vulnerabilities::Outcome;

    fn checked(known: Vec<Known>) -> Outcome {
        Outcome::Checked {
            source: "osv".into(),
            ecosystem: Ecosystem::Python,
            packages: 1,
            what: String::new(),
            known,
            not_compared: Vec::new(),
            as_of: None,
        }
    }

    fn one() -> Known {
        Known {
            id: "PYSEC-1".into(),
            aliases: Vec::new(),
            ecosystem: Ecosystem::Python,
            package: "flask".into(),
            installed: "2.0".into(),
            binaries: Vec::new(),
            fixed: Some("2.1".into()),
            summary: "It leaks".into(),
            severity: None,
            source: "osv".into(),
        }
    }

    #[test]
    fn there_is_a_number_only_where_everything_was_looked_up() {
        let missing = || Outcome::NotChecked {
            source: Some("url".into()),
            ecosystem: None,
            why: "it answers 404".into(),
        };
        let value = |outcomes| vulnerabilities(&Vulnerabilities { outcomes });
        assert_eq!(value(vec![checked(Vec::new())]), Value::count(Vec::new()));
        let found = value(vec![checked(vec![one()])]);
        assert_eq!((found.value, found.text.as_str()), (Some(1), "1"));
        assert_eq!(
            found.items,
            [Item {
                name: "PYSEC-1 in flask 2.0".into(),
                detail: "fixed in 2.1, It leaks".into()
            }]
        );
        let found = value(vec![checked(Vec::new()), missing()]);
        assert_eq!((found.value, found.text.as_str()), (None, "not checked"));
        assert_eq!(
            found.missing.as_deref(),
            Some("not checked: it answers 404")
        );
        let found = value(vec![checked(vec![one()]), missing()]);
        assert_eq!(
            (found.value, found.text.as_str()),
            (None, "1 known, not all checked")
        );
    }
}
