use crate::facts::Facts;
use crate::sample::Sample;
use crate::size::size;
use crate::survey::Survey;

#[test]
fn what_could_go_is_named_with_its_condition() {
    let site = "venv/lib/python3.11/site-packages";
    let image = Sample::new()
        .file(&format!("{site}/pip/__init__.py"), "12345")
        .file(&format!("{site}/sklearn/tests/data/x.csv"), "1234567")
        .file(&format!("{site}/sklearn/test/kept.csv"), "1234567")
        .file(&format!("{site}/numpy/core/x.h"), "123")
        .file("usr/include/x.h", "1234")
        .file("usr/share/doc/x/copyright", "1234567")
        .file("usr/share/doc/x/changelog.gz", "12")
        .file("var/lib/apt/lists/x", "123456")
        .program("venv/bin/activate", "1")
        .image();
    let facts = Facts::new(&image);
    let survey = Survey::of(&facts);
    let trims: Vec<_> = size(&facts, &survey, &[])
        .trims
        .into_iter()
        .map(|trim| {
            (
                trim.name,
                trim.amount.bytes,
                trim.places[0].path.clone(),
                trim.condition.holds,
            )
        })
        .collect();
    let shown =
        |name: &str, bytes, path: &str, holds| (name.to_string(), bytes, path.to_string(), holds);
    assert_eq!(
        trims,
        [
            shown("tests", 7, &format!("/{site}/sklearn/tests"), None),
            shown("installers", 6, &format!("/{site}/pip"), None),
            shown("caches", 6, "/var/lib/apt/lists", Some(true)),
            shown("headers", 4, "/usr/include", None),
            shown("development-files", 3, &format!("/{site}/numpy"), None),
            shown("documentation", 2, "/usr/share/doc/x", None),
        ]
    );
}
