//! Fetching from the mirror that this host's apt uses, with curl; `.deb` files are kept between runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use constrict_debian::openpgp::{Keyring, verify_clearsigned};
use constrict_debian::packages::read_packages;
use constrict_debian::release::{Freshness, Release};
use constrict_debian::resolve::{Choice, Universe};
use constrict_debian::sources::{Mirrors, Source, debian_mirrors, parse_deb822, parse_list};
use constrict_debian::suite::Suite;
use time::OffsetDateTime;

/// The mirrors of this host's apt.
pub(crate) fn mirrors() -> Mirrors {
    let mut sources: Vec<Source> = Vec::new();
    if let Ok(text) = fs::read_to_string("/etc/apt/sources.list") {
        sources.extend(parse_list(&text).unwrap());
    }
    for entry in fs::read_dir("/etc/apt/sources.list.d").unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        match path.extension().and_then(|suffix| suffix.to_str()) {
            Some("list") => sources.extend(parse_list(&text).unwrap()),
            Some("sources") => sources.extend(parse_deb822(&text).unwrap()),
            _ => {}
        }
    }
    debian_mirrors(&sources).expect("this host's apt uses a Debian mirror")
}

pub(crate) fn fetch(url: &str) -> Vec<u8> {
    let output = Command::new("curl")
        .args(["-fsS", "--retry", "3", url])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{url}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

pub(crate) fn keyring() -> Keyring {
    Keyring::parse(&fs::read("/usr/share/keyrings/debian-archive-keyring.gpg").unwrap()).unwrap()
}

/// A suite's Release file, its signature checked.
pub(crate) fn release(archive: &str, suite: &str) -> Release {
    let document = fetch(&format!("{archive}/dists/{suite}/InRelease"));
    let now = OffsetDateTime::now_utc();
    let verified = verify_clearsigned(&document, &keyring(), now).unwrap();
    let release = Release::parse(&verified.text).unwrap();
    release.check_freshness(now, Freshness::Ignored).unwrap();
    release
}

/// The universe of a release with its updates and security updates.
pub(crate) fn universe(suite: Suite, architecture: &str) -> Universe {
    let mirrors = mirrors();
    let mut universe = Universe::new(architecture);
    let security = mirrors.security.as_ref().unwrap_or(&mirrors.main);
    let mut suites = vec![(&mirrors.main, suite.codename().to_owned())];
    suites.extend(suite.updates().map(|name| (&mirrors.main, name)));
    suites.extend(suite.security().map(|name| (security, name)));
    for (archive, name) in suites {
        let file = release(archive, &name)
            .packages_file("main", architecture)
            .unwrap();
        let bytes = fetch(&format!("{archive}/dists/{name}/{}", file.fetch_path));
        file.check(&bytes).unwrap();
        let index = file.compression.line_decoder(&bytes[..], 1 << 30).unwrap();
        universe.add(archive, read_packages(index, architecture).unwrap());
    }
    universe
}

/// The `.deb` files of a closure, checked, in its order.
pub(crate) fn download(choices: &[Choice<'_>]) -> Vec<PathBuf> {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("debs");
    fs::create_dir_all(&kept).unwrap();
    let fetch_one = |choice: &Choice<'_>| {
        let path = kept.join(choice.package.sha256.to_string());
        if !path.exists() {
            let bytes = fetch(&choice.url());
            choice
                .package
                .sha256
                .check(&choice.package.filename, choice.package.size, &bytes)
                .unwrap();
            fs::write(&path, bytes).unwrap();
        }
        path
    };
    choices.iter().map(fetch_one).collect()
}
