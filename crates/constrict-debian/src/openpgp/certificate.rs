//! Certificates: a primary key, its subkeys, and what its own signatures say of them. Never follows signatures by
//! others: whoever hands in a keyring trusts what is in it.
//!
//! A revocation by a designated revoker counts unchecked: it can only withhold trust, and the revoker's key is
//! seldom at hand.

use super::key::PublicKey;
use super::packet::{Packet, malformed, packets};
use super::signature::{Kind, Signature};
use super::{CLOCK_SLACK, Fingerprint};
use crate::Result;

const SIGNATURE: u8 = 2;
const PUBLIC_KEY: u8 = 6;
const USER_ID: u8 = 13;
const PUBLIC_SUBKEY: u8 = 14;
const USER_ATTRIBUTE: u8 = 17;

/// Key flag: may sign data.
const MAY_SIGN: u8 = 0x02;

/// A primary key with what belongs to it.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    primary: PublicKey,
    signatures: Vec<Signature>,
    /// What certifications of each user id hash behind the key, and the certifications.
    user_ids: Vec<(Vec<u8>, Vec<Signature>)>,
    subkeys: Vec<(PublicKey, Vec<Signature>)>,
    /// A revocation of any of its keys that can't be checked, such as one over SHA-1: taken at its word.
    unchecked_revocation: bool,
}

/// What the signatures that follow a packet are about.
enum Subject {
    Primary,
    UserId,
    Subkey,
    Unknown,
}

impl Certificate {
    /// Reads the certificates of a keyring; keys of other versions are passed over.
    pub(super) fn parse_all(stream: &[u8]) -> Result<Vec<Certificate>> {
        let mut list: Vec<Certificate> = Vec::new();
        let mut subject = Subject::Unknown;
        for packet in packets(stream)? {
            if packet.tag == PUBLIC_KEY {
                subject = Subject::Unknown;
                if let Some(primary) = PublicKey::parse(packet.body)? {
                    list.push(Certificate::of(primary));
                    subject = Subject::Primary;
                }
                continue;
            }
            match list.last_mut() {
                Some(certificate) => subject = certificate.add(packet, subject)?,
                None if packet.tag == SIGNATURE => {
                    return Err(malformed("a signature before any key"));
                }
                None => {}
            }
        }
        Ok(list)
    }

    fn of(primary: PublicKey) -> Certificate {
        Certificate {
            primary,
            signatures: vec![],
            user_ids: vec![],
            subkeys: vec![],
            unchecked_revocation: false,
        }
    }

    fn add(&mut self, packet: Packet<'_>, subject: Subject) -> Result<Subject> {
        match packet.tag {
            SIGNATURE => {
                match (Signature::parse(packet.body)?, &subject) {
                    (Ok(made), Subject::Primary) => self.signatures.push(made),
                    (Ok(made), Subject::UserId) => self
                        .user_ids
                        .last_mut()
                        .expect("one was added")
                        .1
                        .push(made),
                    (Ok(made), Subject::Subkey) => {
                        self.subkeys.last_mut().expect("one was added").1.push(made)
                    }
                    (Err(unusable), Subject::Primary | Subject::Subkey) => {
                        let revocation =
                            matches!(unusable.kind, Kind::KeyRevocation | Kind::SubkeyRevocation);
                        self.unchecked_revocation |= revocation;
                    }
                    _ => {}
                }
                Ok(subject)
            }
            _ if matches!(subject, Subject::Unknown) && packet.tag != PUBLIC_SUBKEY => {
                Ok(Subject::Unknown)
            }
            USER_ID | USER_ATTRIBUTE => {
                let prefix = if packet.tag == USER_ID { 0xb4 } else { 0xd1 };
                let length = (packet.body.len() as u32).to_be_bytes();
                self.user_ids
                    .push(([&[prefix][..], &length, packet.body].concat(), Vec::new()));
                Ok(Subject::UserId)
            }
            PUBLIC_SUBKEY => match PublicKey::parse(packet.body)? {
                Some(key) => {
                    self.subkeys.push((key, Vec::new()));
                    Ok(Subject::Subkey)
                }
                None => Ok(Subject::Unknown),
            },
            _ => Ok(subject),
        }
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        self.primary.fingerprint
    }

    /// The key that a signature names, if this certificate has it.
    pub(super) fn find(&self, made: &Signature) -> Option<&PublicKey> {
        let named = |key: &&PublicKey| match (&made.facts.issuer_fingerprint, &made.facts.issuer_id)
        {
            (Some(fingerprint), _) => key.fingerprint == *fingerprint,
            (None, Some(id)) => key.key_id() == *id,
            (None, None) => false,
        };
        std::iter::once(&self.primary)
            .chain(self.subkeys.iter().map(|(key, _)| key))
            .find(named)
    }

    /// Refuses a key of this certificate that may not sign data at `now`.
    pub(super) fn check_may_sign(&self, key: &PublicKey, now: i64) -> Result<(), &'static str> {
        let flags = self.check_primary(now)?;
        if key.fingerprint == self.primary.fingerprint {
            return match flags {
                Some(flags) if flags & MAY_SIGN == 0 => Err("the key is not for signing"),
                _ => Ok(()),
            };
        }
        let (_, signatures) = self
            .subkeys
            .iter()
            .find(|(subkey, _)| subkey.fingerprint == key.fingerprint)
            .ok_or("not its key")?;
        self.check_subkey(key, signatures, now)
    }

    /// Refuses a primary key that is revoked, expired or not self-signed; returns its flags.
    fn check_primary(&self, now: i64) -> Result<Option<u8>, &'static str> {
        let hashed = self.primary.hashed();
        let revoked =
            |made: &Signature| made.kind == Kind::KeyRevocation && self.revokes(made, &hashed);
        if self.unchecked_revocation || self.signatures.iter().any(revoked) {
            return Err("the key is revoked");
        }
        let own = |made: &&Signature| self.primary.check(made, &hashed).is_ok();
        let direct = self
            .signatures
            .iter()
            .filter(|made| made.kind == Kind::DirectKey);
        let direct: Vec<_> = direct
            .filter(own)
            .filter(|made| in_force(made, now))
            .collect();
        let certified = self
            .user_ids
            .iter()
            .filter_map(|(id, made)| self.certification(&hashed, id, made, now));
        let certified: Vec<_> = certified.collect();
        let newest_certified = certified.iter().copied().max_by_key(|made| made.created());
        let stated = direct
            .iter()
            .copied()
            .filter(|made| made.facts.key_expires_after.is_some());
        let newest_direct = stated.max_by_key(|made| made.created());
        if direct.is_empty() && certified.is_empty() {
            return Err("the key has no self-signature in force");
        }
        for made in [newest_certified, newest_direct].into_iter().flatten() {
            check_key_time(&self.primary, made, now)?;
        }
        Ok(newest_certified.and_then(|made| made.facts.key_flags))
    }

    fn revokes(&self, made: &Signature, hashed: &[u8]) -> bool {
        let revokers = self
            .signatures
            .iter()
            .filter_map(|made| made.facts.designated_revoker);
        let by = |revoker: Fingerprint| match (made.facts.issuer_fingerprint, made.facts.issuer_id)
        {
            (Some(issuer), _) => issuer == revoker,
            (None, Some(id)) => revoker.0[12..] == id,
            (None, None) => false,
        };
        revokers.into_iter().any(by) || self.primary.check(made, hashed).is_ok()
    }

    /// The newest self-certification of a user id, none if it is revoked later.
    fn certification<'a>(
        &self,
        key: &[u8],
        id: &[u8],
        made: &'a [Signature],
        now: i64,
    ) -> Option<&'a Signature> {
        let data = [key, id].concat();
        let relevant = made.iter().filter(|made| {
            matches!(
                made.kind,
                Kind::Certification | Kind::CertificationRevocation
            )
        });
        let own = relevant
            .filter(|made| self.names_primary(made) && self.primary.check(made, &data).is_ok());
        let newest = own
            .filter(|made| in_force(made, now))
            .max_by_key(|made| (made.created(), made.kind == Kind::CertificationRevocation));
        newest.filter(|made| made.kind == Kind::Certification)
    }

    /// Cheaper than checking the hundreds of certifications that others made.
    fn names_primary(&self, made: &Signature) -> bool {
        match (made.facts.issuer_fingerprint, made.facts.issuer_id) {
            (Some(fingerprint), _) => fingerprint == self.primary.fingerprint,
            (None, Some(id)) => id == self.primary.key_id(),
            (None, None) => true,
        }
    }

    fn check_subkey(
        &self,
        key: &PublicKey,
        signatures: &[Signature],
        now: i64,
    ) -> Result<(), &'static str> {
        let data = [self.primary.hashed(), key.hashed()].concat();
        let own = |made: &&Signature| self.primary.check(made, &data).is_ok();
        if signatures
            .iter()
            .filter(|made| made.kind == Kind::SubkeyRevocation)
            .any(|made| own(&made))
        {
            return Err("the subkey is revoked");
        }
        let bindings = signatures
            .iter()
            .filter(|made| made.kind == Kind::SubkeyBinding && in_force(made, now));
        let newest = bindings.filter(own).max_by_key(|made| made.created());
        let binding = newest.ok_or("the subkey has no binding signature in force")?;
        check_key_time(key, binding, now)?;
        if binding.facts.key_flags.unwrap_or(0) & MAY_SIGN == 0 {
            return Err("the subkey is not for signing");
        }
        let embedded = binding
            .facts
            .embedded
            .as_deref()
            .ok_or("the subkey has not signed its primary key")?;
        match Signature::parse(embedded) {
            Ok(Ok(back)) if back.kind == Kind::PrimaryKeyBinding && in_force(&back, now) => {
                key.check(&back, &data)
            }
            _ => Err("the subkey has not signed its primary key"),
        }
    }
}

fn in_force(made: &Signature, now: i64) -> bool {
    made.check_time(now, CLOCK_SLACK).is_ok()
}

fn check_key_time(key: &PublicKey, made: &Signature, now: i64) -> Result<(), &'static str> {
    let created = i64::from(key.created);
    match made.facts.key_expires_after {
        _ if created > now + CLOCK_SLACK => Err("the key is from the future"),
        Some(seconds) if seconds > 0 && created + i64::from(seconds) <= now => {
            Err("the key expired")
        }
        _ => Ok(()),
    }
}
