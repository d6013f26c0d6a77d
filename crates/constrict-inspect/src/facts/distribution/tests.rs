//! What installed distributions say of themselves.

use super::*;
use crate::files::shown;
use crate::sample::Sample;

const SITE: &str = "opt/venv/lib/python3.11/site-packages";

fn flask() -> Sample {
    let info = format!("{SITE}/Flask-2.3.2.dist-info");
    Sample::new()
        .file(&format!("{info}/METADATA"), "Metadata-Version: 2.1\nName: Flask\nVersion: 2.3.2\nRequires-Dist: Werkzeug >=2.3\n\nRequires-Dist: text")
        .file(
            &format!("{info}/RECORD"),
            "../../../bin/flask,sha256=x,230\nflask/__init__.py,sha256=x,10\n\"flask/a,b.py\",sha256=x,3\nflask/gone.py,,\n",
        )
        .file(&format!("{info}/entry_points.txt"), "[console_scripts]\nflask = flask.cli:main [dev]\n\n[other]\nx=y:z\n")
        .file(&format!("{info}/WHEEL"), "Wheel-Version: 1.0\nTag: py3-none-any\n")
        .file(&format!("{info}/INSTALLER"), "pip\n")
        .file(&format!("{info}/REQUESTED"), "")
        .file(&format!("{info}/direct_url.json"), r#"{"url": "file:///src/flask", "dir_info": {"editable": true}}"#)
        .file(&format!("{SITE}/flask/__init__.py"), "1234567890")
        .file("opt/venv/bin/flask", "#!/opt/venv/bin/python\n")
}

#[test]
fn names_and_versions_come_from_names_of_directories() {
    let image = flask()
        .file(
            "usr/lib/python3/dist-packages/six-1.16.0.egg-info",
            "Name: six\nVersion: 1.16.0\n",
        )
        .file(
            "app/Zope.Interface.egg-info/PKG-INFO",
            "Name: Zope.Interface\nVersion: 5.0\n",
        )
        .file(
            "usr/lib/python3/dist-packages/PyYAML-6.0-py3.11.egg-info/PKG-INFO",
            "Name: PyYAML\n",
        )
        .image();
    let facts = Facts::new(&image);
    let seen: Vec<_> = facts
        .distributions()
        .all
        .iter()
        .map(|found| (found.name.as_str(), found.version.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            ("zope-interface", "5.0"),
            ("flask", "2.3.2"),
            ("pyyaml", "6.0"),
            ("six", "1.16.0")
        ]
    );
    assert_eq!(facts.distributions().by_name("FLASK").count(), 1);
    assert_eq!(facts.distributions().in_site(SITE.as_bytes()).count(), 1);
}

#[test]
fn documents_are_read_as_the_specifications_say() {
    let image = flask().image();
    let facts = Facts::new(&image);
    let all = facts.distributions();
    let found = all.by_name("flask").next().unwrap();
    let documents = found.documents(facts.files());
    let requires: Vec<_> = documents
        .requires
        .iter()
        .map(|found| found.name.as_str())
        .collect();
    assert_eq!(requires, ["werkzeug"]);
    assert_eq!(
        documents.scripts().collect::<Vec<_>>(),
        [("flask", "flask.cli:main")]
    );
    assert_eq!(
        (documents.tags.as_slice(), documents.installer.as_str()),
        (["py3-none-any".to_string()].as_slice(), "pip")
    );
    assert!(documents.requested && documents.editable);
    assert_eq!(documents.url.as_deref(), Some("file:///src/flask"));
    assert_eq!(documents.modules, ["flask"]);
    let record: Vec<_> = documents
        .record
        .iter()
        .map(|file| (shown(&file.path), file.size))
        .collect();
    let site = |path: &str| format!("/{SITE}/{path}");
    assert_eq!(
        record,
        [
            ("/opt/venv/bin/flask".to_string(), Some(230)),
            (site("flask/__init__.py"), Some(10)),
            (site("flask/a,b.py"), Some(3)),
            (site("flask/gone.py"), None)
        ]
    );
}

#[test]
fn a_file_has_an_owner() {
    let image = flask().image();
    let facts = Facts::new(&image);
    let owner = |path: &str| {
        facts
            .distributions()
            .owner_of(facts.files(), path.as_bytes())
            .map(|found| found.name.as_str())
    };
    assert_eq!(owner("/opt/venv/bin/flask"), Some("flask"));
    assert_eq!(owner("opt/venv/bin/python"), None);
    let found = facts.distributions().by_name("flask").next().unwrap();
    assert_eq!(facts.distributions().size(&facts, found), 10 + 23);
}

#[test]
fn damaged_metadata_reads_as_empty() {
    let image = Sample::new()
        .file(
            "x/a-1.dist-info/RECORD",
            b"\xff\xfe,,\n\"unterminated\n,,\n",
        )
        .file("x/a-1.dist-info/direct_url.json", "{")
        .file("x/.dist-info/METADATA", "")
        .image();
    let facts = Facts::new(&image);
    let all = &facts.distributions().all;
    assert_eq!(
        all.iter()
            .map(|found| found.name.as_str())
            .collect::<Vec<_>>(),
        ["a"]
    );
    let documents = all[0].documents(facts.files());
    assert_eq!((documents.record.len(), documents.url.clone()), (2, None));
}
