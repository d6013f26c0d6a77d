//! Any bytes as a keyring, armored or not, and as a signed document: nothing is good without a key of ours.

#![no_main]

use constrict_debian::openpgp::{Keyring, verify_clearsigned};
use libfuzzer_sys::fuzz_target;
use time::{Duration, OffsetDateTime};

/// The keys that the seeds are signed with.
const OURS: &[u8] = include_bytes!("../../crates/constrict-debian/testdata/openpgp/keyring.gpg");

/// From 1970 to a day on which they are good.
const YEARS: Duration = Duration::days(56 * 365);

fuzz_target!(|bytes: &[u8]| {
    if let Ok(keyring) = Keyring::parse(bytes) {
        let _ = keyring.fingerprints();
        let _ = verify_clearsigned(bytes, &keyring, OffsetDateTime::UNIX_EPOCH);
    }
    if let Ok(ours) = Keyring::parse(OURS) {
        let _ = verify_clearsigned(bytes, &ours, OffsetDateTime::UNIX_EPOCH + YEARS);
    }
    let nobody = Keyring::default();
    assert!(verify_clearsigned(bytes, &nobody, OffsetDateTime::UNIX_EPOCH).is_err());
});
