//! Images of the store by what a user types: a name, a digest, or the beginning of one.

use constrict_oci::{Digest, ImageConfig, Reference};

use crate::error::{Error, Result};
use crate::store::{Store, Tag};

/// A shorter beginning of a digest is taken for a name.
const MIN_PREFIX: usize = 4;

/// What was found.
#[derive(Clone, Debug)]
pub enum Match {
    /// A name.
    Tag(Tag),
    /// An image by its digest.
    Digest(Digest),
}

impl Match {
    /// The manifest.
    pub fn manifest(&self) -> &Digest {
        match self {
            Match::Tag(tag) => &tag.manifest,
            Match::Digest(digest) => digest,
        }
    }
}

/// The image that `text` means: a name comes before the beginning of a digest. An error if several digests begin so.
pub fn look_up(store: &Store, text: &str) -> Result<Option<Match>> {
    let reference = Reference::parse(text);
    if let Ok(reference) = &reference {
        if let Some(tag) = store.tag(&reference.clone().or_latest())? {
            return Ok(Some(Match::Tag(tag)));
        }
        if let Some(digest) = reference.digest() {
            let known = store.images()?.contains(digest);
            return Ok(known.then_some(Match::Digest(*digest)));
        }
    }
    let prefix = text.strip_prefix("sha256:").unwrap_or(text);
    let is_hex = prefix
        .bytes()
        .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if prefix.len() < MIN_PREFIX || !is_hex {
        return match reference {
            Ok(_) => Ok(None),
            Err(error) => Err(error.into()),
        };
    }
    let mut found = store.images()?;
    found.retain(|digest| digest.hex().starts_with(prefix));
    match found.len() {
        0 => Ok(None),
        1 => Ok(found.pop().map(Match::Digest)),
        count => Err(Error::Invalid(format!(
            "`{text}` is the beginning of {count} images' digests"
        ))),
    }
}

/// How many bytes the files of an image have unpacked; `None` as long as a layer was never read.
pub fn unpacked_size(store: &Store, config: &ImageConfig) -> Result<Option<u64>> {
    let mut size = 0;
    for diff_id in &config.rootfs.diff_ids {
        let Some(index) = store.layer_index(diff_id)? else {
            return Ok(None);
        };
        for entry in index.entries() {
            if let constrict_oci::layer::Kind::File { size: bytes, .. } = entry.kind {
                size += bytes;
            }
        }
    }
    Ok(Some(size))
}

impl Store {
    /// When an image was last made or pulled, in seconds since 1970; `None` if it is not known here.
    pub fn image_added_at(&self, manifest: &Digest) -> Option<u64> {
        let path = self.root().join("images").join(manifest.hex());
        let added = path.metadata().and_then(|meta| meta.modified()).ok()?;
        let since = added.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(since.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use constrict_oci::{Digest, Reference};

    use super::{Match, look_up};
    use crate::store::Store;

    #[test]
    fn names_come_before_beginnings_of_digests() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "root").unwrap();
        let digest = |text: &str| Digest::parse(&format!("sha256:{text:0<64}")).unwrap();
        let (one, two) = (digest("abcd1"), digest("abcd2"));
        store.add_image(&one).unwrap();
        store.add_image(&two).unwrap();
        let cafe = Reference::parse("cafe").unwrap().or_latest();
        store.set_tag(&cafe, &two).unwrap();
        let found = |text: &str| match look_up(&store, text) {
            Ok(Some(Match::Tag(tag))) => tag.reference,
            Ok(Some(Match::Digest(digest))) => digest.hex()[..5].to_string(),
            Ok(None) => "nothing".into(),
            Err(error) => error.to_string(),
        };
        assert_eq!(found("cafe"), "docker.io/library/cafe:latest");
        assert_eq!(found("abcd1"), "abcd1");
        assert_eq!(found("sha256:abcd2"), "abcd2");
        assert_eq!(found(&one.to_string()), "abcd1");
        assert_eq!(found(&format!("any/name@{two}")), "abcd2");
        assert_eq!(
            found("abcd"),
            "`abcd` is the beginning of 2 images' digests"
        );
        assert_eq!(found("abc"), "nothing");
        assert_eq!(found("abcd3"), "nothing");
        assert_eq!(found("python:3.11"), "nothing");
    }
}
