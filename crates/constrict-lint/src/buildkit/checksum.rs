//! `ADD --checksum`: what BuildKit takes.
//!
//! Never downloads anything.

/// The algorithms, and how many digits their digests have.
const ALGORITHMS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

/// What is wrong with a checksum of `source`: `None` if there are several sources, or a heredoc.
pub(crate) fn mistake(checksum: &str, source: Option<&str>) -> Option<&'static str> {
    if checksum.is_empty() {
        return None;
    }
    let Some(source) = source else {
        return Some("checksum can't be specified for multiple sources");
    };
    if is_git(source) {
        return None;
    }
    if !(source.starts_with("http://") || source.starts_with("https://")) {
        return Some("checksum requires HTTP(S) or Git sources");
    }
    digest_mistake(checksum)
}

fn digest_mistake(checksum: &str) -> Option<&'static str> {
    let is_word = |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, '=' | '_' | '-');
    let parts = checksum.split_once(':');
    let parts = parts.filter(|(_, hash)| !hash.is_empty() && hash.chars().all(is_word));
    let Some((algorithm, hash)) = parts else {
        return Some("invalid checksum digest format");
    };
    let known = ALGORITHMS.iter().find(|(name, _)| *name == algorithm);
    let is_small = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    match known {
        None => Some("unsupported digest algorithm"),
        Some((_, digits)) if hash.len() != *digits => Some("invalid checksum digest length"),
        Some(_) if !hash.bytes().all(is_small) => Some("invalid checksum digest format"),
        Some(_) => None,
    }
}

fn is_git(source: &str) -> bool {
    let schemes = ["git://", "ssh://", "git@", "github.com/"];
    let path = source.split(['#', '?']).next().unwrap_or_default();
    schemes.iter().any(|scheme| source.starts_with(scheme))
        || (source.starts_with("http") && path.ends_with(".git"))
}

#[cfg(test)]
mod tests {
    use super::mistake;

    #[test]
    fn checksums_are_digests_of_one_download() {
        let page = Some("https://example.com/a");
        let sha256 = format!("sha256:{}", "0a".repeat(32));
        assert_eq!(mistake(&sha256, page), None);
        assert_eq!(mistake("", None), None);
        assert_eq!(mistake("0a0b", Some("https://example.com/a.git#b")), None);
        let cases = [
            ("sha256:0a", page, "invalid checksum digest length"),
            (&sha256.to_uppercase(), page, "unsupported digest algorithm"),
            ("0a", page, "invalid checksum digest format"),
            (
                &sha256,
                None,
                "checksum can't be specified for multiple sources",
            ),
            (
                &sha256,
                Some("a"),
                "checksum requires HTTP(S) or Git sources",
            ),
        ];
        for (checksum, source, expected) in cases {
            assert_eq!(mistake(checksum, source), Some(expected), "{checksum}");
        }
    }
}
