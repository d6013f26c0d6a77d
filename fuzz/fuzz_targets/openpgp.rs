//! Any bytes as a keyring, armored or not, and as a signed document: nothing is good without a key of ours.

#![no_main]

use constrict_debian::openpgp::{Keyring, verify_clearsigned};
use libfuzzer_sys::fuzz_target;
use time::OffsetDateTime;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(keyring) = Keyring::parse(bytes) {
        let _ = keyring.fingerprints();
        let _ = verify_clearsigned(bytes, &keyring, OffsetDateTime::UNIX_EPOCH);
    }
    let nobody = Keyring::default();
    assert!(verify_clearsigned(bytes, &nobody, OffsetDateTime::UNIX_EPOCH).is_err());
});
