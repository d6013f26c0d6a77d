//! The real archive: signatures, indices and closures of the suites that this crate knows.

use std::time::Instant;

use constrict_debian::resolve::{Request, resolve};
use constrict_debian::suite::{PythonVersion, Suite, pythons};

use crate::mirror;

#[test]
fn network_minbase_closure_of_every_release() {
    for (suite, python) in [
        (Suite::Bullseye, "3.9"),
        (Suite::Bookworm, "3.11"),
        (Suite::Trixie, "3.13"),
    ] {
        let start = Instant::now();
        let universe = mirror::universe(suite, "amd64");
        eprintln!("{suite}: universe in {:?}", start.elapsed());
        assert_eq!(
            pythons(universe.packages()),
            [PythonVersion::parse(python).unwrap()]
        );
        let start = Instant::now();
        let request = Request {
            wanted: vec!["apt".to_owned(), "ca-certificates".to_owned()],
            essential: true,
            prefer: Request::usual_preferences(),
            ..Request::default()
        };
        let choices = resolve(&universe, &request).unwrap();
        eprintln!("{suite}: resolved in {:?}", start.elapsed());
        let names: Vec<&str> = choices.iter().map(|choice| &*choice.package.name).collect();
        eprintln!("{suite}: {} {names:?}", names.len());
        for needed in ["dpkg", "bash", "libc6", "apt", "openssl"] {
            assert!(names.contains(&needed), "{suite}: {names:?}");
        }
        assert!(names.len() < 110, "{suite}: {names:?}");
        let position = |name: &str| names.iter().position(|found| *found == name);
        assert!(position("libc6") < position("bash"));
        eprintln!("{}", mirror::download(&choices).len());
    }
}
