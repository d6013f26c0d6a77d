//! Any bytes as records of vulnerabilities, as a zip of them and as a changelog: reading ends, what is found is installed, members
//! stay below the limit, and ids are ids.

#![no_main]

use constrict_inspect::packages::Ecosystem;
use constrict_inspect::vulnerabilities::scan::Scan;
use constrict_inspect::vulnerabilities::zip::Archive;
use constrict_inspect::vulnerabilities::{Outcome, Subjects, Vulnerabilities, security_suite};
use libfuzzer_sys::fuzz_target;

/// The largest member.
const LIMIT: usize = 1 << 16;

fuzz_target!(|bytes: &[u8]| {
    let mut subjects = Subjects::default();
    subjects.release = Some("12".into());
    let installed = [("a", "1.0"), ("b", "2.0rc1+local"), ("c", "no version")];
    for (name, version) in installed {
        for ecosystem in [Ecosystem::Python, Ecosystem::Debian] {
            subjects.add(ecosystem, name.into(), version.into(), None);
        }
    }
    let mut scan = Scan::new(&subjects, "fuzz");
    scan.document("bytes", bytes);
    if let Ok(archive) = Archive::of_bytes(bytes.to_vec()) {
        let (mut raw, mut content) = (Vec::new(), Vec::new());
        for member in archive.members().iter().take(16) {
            if archive.content(member, LIMIT, &mut raw, &mut content).is_ok() {
                assert!(content.len() <= LIMIT);
                scan.document(&member.name, &content);
            }
        }
    }
    let found = Vulnerabilities::new(scan.finish(), &subjects);
    for known in found.known() {
        let named = subjects.get(known.ecosystem, &known.package);
        assert!(named.iter().any(|subject| subject.version == known.installed));
    }
    let is_said = |outcome: &Outcome| match outcome {
        Outcome::NotChecked { why, .. } => !why.is_empty(),
        Outcome::Checked { .. } => true,
    };
    assert!(!found.outcomes.is_empty() && found.outcomes.iter().all(is_said));
    for id in security_suite::ids(&String::from_utf8_lossy(bytes), "1.0-1") {
        assert!(id.starts_with("CVE-") && id.is_ascii());
    }
});
