//! Whether a text can be the name of an image, by the grammar of the distribution specification's references.
//!
//! Never resolves anything: `scratch` and stages have names of that form too.

/// The longest name of a repository, with its registry.
const LONGEST: usize = 255;

/// Whether BuildKit takes the text for the name of an image.
pub(crate) fn is_valid(text: &str) -> bool {
    if text.len() == 64
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    {
        return false;
    }
    let (name, digest) = text
        .split_once('@')
        .map_or((text, None), |(name, digest)| (name, Some(digest)));
    let (name, tag) = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (name, None),
    };
    let (registry, path) = match name.split_once('/') {
        Some((first, path)) if is_registry(first) => (Some(first), path),
        _ => (None, name),
    };
    name.len() <= LONGEST
        && registry.is_none_or(is_domain)
        && path.split('/').all(is_component)
        && tag.is_none_or(is_tag)
        && digest.is_none_or(is_digest)
}

/// Whether the first part of a name is a registry: one with a dot, a port, or capitals.
fn is_registry(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':']) || first.to_lowercase() != first
}

fn is_domain(domain: &str) -> bool {
    let (host, port) = match domain.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (domain, None),
    };
    let is_label = |label: &str| {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty()
            && label.bytes().all(is_word)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_host = host.starts_with('[') && host.ends_with(']') || host.split('.').all(is_label);
    is_host && port.is_none_or(is_port)
}

/// Small letters and digits, parted by `.`, `_`, `__` or dashes.
fn is_component(component: &str) -> bool {
    let mut run = String::new();
    let mut at_start = true;
    for ch in component.chars() {
        match ch {
            'a'..='z' | '0'..='9' => {
                let is_separator = matches!(run.as_str(), "" | "." | "_" | "__");
                if !(is_separator || run.chars().all(|ch| ch == '-'))
                    || (at_start && !run.is_empty())
                {
                    return false;
                }
                run.clear();
                at_start = false;
            }
            '.' | '_' | '-' => run.push(ch),
            _ => return false,
        }
    }
    run.is_empty() && !at_start
}

fn is_tag(tag: &str) -> bool {
    let is_word = |ch: char| ch.is_ascii_alphanumeric() || ch == '_';
    tag.len() <= 128
        && tag.starts_with(is_word)
        && tag.chars().all(|ch| is_word(ch) || matches!(ch, '.' | '-'))
}

fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hash)) = digest.split_once(':') else {
        return false;
    };
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return false,
    };
    hash.len() == length
        && hash
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    #[test]
    fn names_of_images_are_valid() {
        let digest = format!("a@sha256:{}", "0".repeat(64));
        for text in [
            "python",
            "python:3.11-slim",
            "a/b/c",
            "localhost/a",
            "registry.example:5000/a_b/c__d:x",
            "Ghcr.io/a",
            "a--b",
            &digest,
            "127.0.0.1:5100/library/python",
        ] {
            assert!(is_valid(text), "{text}");
        }
    }

    #[test]
    fn other_texts_are_not() {
        for text in [
            "",
            ":",
            "a:",
            "Python",
            "a/B",
            "a b",
            "a..b",
            "-a",
            "a/",
            "/a",
            "python:",
            "a@b",
            "a___b",
            "https://a/b",
            "python:3.11 slim",
        ] {
            assert!(!is_valid(text), "{text}");
        }
        assert!(!is_valid(&"a".repeat(64)));
    }
}
