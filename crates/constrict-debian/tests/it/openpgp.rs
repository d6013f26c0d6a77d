//! Clearsigned documents against keyrings made with gpg (`testdata/openpgp/make.sh`).

use std::fs;

use constrict_debian::Error;
use constrict_debian::openpgp::{Keyring, Verified, verify_clearsigned};
use proptest::prelude::*;
use time::OffsetDateTime;
use time::macros::datetime;

/// A month after the documents were signed.
const NOW: OffsetDateTime = datetime!(2024-02-20 0:00 UTC);

const TEXT: &str = "Origin: Test\nSuite: probe\n- dashed\nFrom here\n\nlast line\n";

fn data(name: &str) -> Vec<u8> {
    fs::read(format!(
        "{}/testdata/openpgp/{name}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

fn keyring() -> Keyring {
    Keyring::parse(&data("keyring.gpg")).unwrap()
}

fn verify(name: &str, now: OffsetDateTime) -> Result<Verified, Error> {
    verify_clearsigned(&data(name), &keyring(), now)
}

/// Why the only signature of a document was refused.
fn refusal(name: &str, now: OffsetDateTime) -> String {
    match verify(name, now) {
        Err(Error::Untrusted(list)) => list[0].fact.to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn armored_and_binary_keyrings_hold_the_same_keys() {
    let armored = Keyring::parse(&data("keyring.asc")).unwrap();
    assert_eq!(armored.fingerprints(), keyring().fingerprints());
    assert_eq!(armored.fingerprints().len(), 6);
}

#[test]
fn good_signatures_give_text_and_signer() {
    let keys = keyring().fingerprints();
    for (name, key) in [
        ("ed25519.asc", 0),
        ("rsa-sha256.asc", 1),
        ("rsa-sha384.asc", 1),
        ("rsa-sha512.asc", 1),
        ("subkey.asc", 5),
    ] {
        let expected = Verified {
            text: TEXT.as_bytes().to_vec(),
            signers: vec![keys[key]],
        };
        assert_eq!(verify(name, NOW).unwrap(), expected, "{name}");
    }
    assert_eq!(verify("two.asc", NOW).unwrap().signers.len(), 2);
}

#[test]
fn carriage_returns_at_line_ends_change_nothing() {
    let document = String::from_utf8(data("ed25519.asc"))
        .unwrap()
        .replace('\n', "\r\n");
    assert_eq!(
        verify_clearsigned(document.as_bytes(), &keyring(), NOW)
            .unwrap()
            .text,
        TEXT.as_bytes()
    );
}

#[test]
fn weak_algorithms_are_refused() {
    assert_eq!(
        refusal("rsa-sha1.asc", NOW),
        "a hash function that is broken"
    );
    assert_eq!(refusal("small.asc", NOW), "the signature is wrong");
}

#[test]
fn keys_and_signatures_expire() {
    assert!(verify("expiring.asc", NOW).is_ok());
    assert_eq!(
        refusal("expiring.asc", datetime!(2024-03-02 0:00 UTC)),
        "the key expired"
    );
    assert!(verify("short-lived.asc", NOW).is_ok());
    assert_eq!(
        refusal("short-lived.asc", datetime!(2024-03-03 0:00 UTC)),
        "the signature expired"
    );
    assert_eq!(
        refusal("ed25519.asc", datetime!(2024-01-31 0:00 UTC)),
        "the signature is from the future"
    );
}

#[test]
fn revoked_and_unknown_keys_are_refused() {
    assert_eq!(refusal("revoked.asc", NOW), "the key is revoked");
    let before = Keyring::parse(&data("before-revocation.asc")).unwrap();
    assert!(verify_clearsigned(&data("revoked.asc"), &before, NOW).is_ok());
    assert_eq!(
        refusal("stranger.asc", NOW),
        "the key is not in the keyring"
    );
}

#[test]
fn changed_documents_are_refused() {
    let document = String::from_utf8(data("ed25519.asc")).unwrap();
    let changes: [(&str, &str, &str); 6] = [
        ("probe", "other", "no valid signature"),
        ("last line", "last  line", "no valid signature"),
        (
            "-----BEGIN PGP SIGNED",
            "Origin: Evil\n\n-----BEGIN PGP SIGNED",
            "doesn't start as one",
        ),
        (
            "Hash: SHA256",
            "Hash: SHA256\nSuite: evil",
            "has a header other than `Hash`",
        ),
        ("- - dashed", "-dashed", "has an unescaped hyphen"),
        (
            "-----END PGP SIGNATURE-----",
            "-----END PGP SIGNATURE-----\nSuite: evil",
            "has something behind its signature",
        ),
    ];
    for (from, to, expected) in changes {
        let changed = document.replacen(from, to, 1);
        let error = verify_clearsigned(changed.as_bytes(), &keyring(), NOW)
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn binding_signatures_of_subkeys_count() {
    // the flags of the binding signature are hashed: a keyring with any byte of them changed trusts the subkey no more
    let bytes = data("keyring.gpg");
    let flags = [0x02, 0x1b, 0x02];
    let place = bytes
        .windows(3)
        .rposition(|window| window == flags)
        .unwrap();
    let mut changed = bytes.clone();
    changed[place + 2] = 0x03;
    let keyring = Keyring::parse(&changed).unwrap();
    assert!(verify_clearsigned(&data("subkey.asc"), &keyring, NOW).is_err());
}

proptest! {
    #[test]
    fn changed_keyrings_never_panic(changes in prop::collection::vec((0usize..2600, any::<u8>()), 1..8)) {
        let mut bytes = data("keyring.gpg");
        for (place, value) in changes {
            let place = place % bytes.len();
            bytes[place] = value;
        }
        if let Ok(keyring) = Keyring::parse(&bytes) {
            for name in ["ed25519.asc", "subkey.asc"] {
                let text = verify_clearsigned(&data(name), &keyring, NOW).map(|verified| verified.text);
                prop_assert!(text.is_err() || text.is_ok_and(|text| text == TEXT.as_bytes()));
            }
        }
    }

    #[test]
    fn changed_documents_never_give_another_text(place in 0usize..800, value in any::<u8>()) {
        let mut document = data("two.asc");
        let place = place % document.len();
        document[place] = value;
        if let Ok(verified) = verify_clearsigned(&document, &keyring(), NOW) {
            prop_assert_eq!(verified.text, TEXT.as_bytes());
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(verify_clearsigned(&bytes, &keyring(), NOW).is_err());
        if let Ok(keyring) = Keyring::parse(&bytes) {
            prop_assert!(keyring.fingerprints().len() < 200);
        }
    }
}
