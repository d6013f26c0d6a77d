use super::*;
use crate::sample::Sample;

#[test]
fn every_file_has_a_kind_and_is_counted_once() {
    let image = Sample::new()
        .file("usr/lib/libx.a", "1234")
        .file("app/app.py", "12")
        .file("app/__pycache__/app.cpython-311.pyc", "123")
        .file("var/lib/apt/lists/x", "1")
        .file("home/me/.cache/pip/x", "1")
        .file("usr/share/man/man1/x.1", "1")
        .file("venv/x-1.dist-info/RECORD", "12345")
        .file("app/model.bin", "123456")
        .file("app/READ.md", "1")
        .link("bin", "usr/bin")
        .image();
    let facts = Facts::new(&image);
    let survey = Survey::of(&facts);
    let shown: Vec<_> = survey
        .items
        .iter()
        .map(|item| (crate::files::shown(item.path), item.kind.name(), item.bytes))
        .collect();
    let expected = [
        ("/app/READ.md", "documentation", 1),
        ("/app/__pycache__/app.cpython-311.pyc", "bytecode", 3),
        ("/app/app.py", "source", 2),
        ("/app/model.bin", "data", 6),
        ("/bin", "data", 0),
        ("/home/me/.cache/pip/x", "cache", 1),
        ("/usr/lib/libx.a", "native", 4),
        ("/usr/share/man/man1/x.1", "documentation", 1),
        ("/var/lib/apt/lists/x", "cache", 1),
        ("/venv/x-1.dist-info/RECORD", "metadata", 5),
    ];
    let expected = expected.map(|(path, kind, bytes)| (path.to_string(), kind, bytes));
    assert_eq!(shown, expected);
    assert_eq!(survey.bytes(), 24);
}
