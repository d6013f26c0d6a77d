//! Which mirrors Debian's packages come from, and which keys vouch for them: `constrict.toml`, else the host's apt.

use std::path::{Path, PathBuf};

use constrict_debian::openpgp::Keyring;
use constrict_debian::release::Freshness;
use constrict_debian::sources::{Mirrors, SignedBy, debian_mirrors, parse_deb822, parse_list};

use crate::error::{Error, IoContext, Result};
use crate::settings::DebianMirrors;

/// Where packages come from.
pub(super) struct Archive {
    /// The mirrors; `security` is never missing.
    pub(super) mirrors: Mirrors,
    pub(super) keyring: Keyring,
    /// Whether an old Release file is refused.
    pub(super) freshness: Freshness,
}

/// The configuration of the host's apt.
const APT: &str = "/etc/apt";

/// Where the package `debian-archive-keyring` puts Debian's keys.
const DEBIAN_KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The archive that the settings name, else the one that the host's apt uses.
pub(super) fn archive(settings: &DebianMirrors) -> Result<Archive> {
    let host = host_mirrors()?;
    let main = settings.mirror.clone();
    let main = main.or_else(|| host.as_ref().map(|host| host.main.clone()));
    let Some(main) = main.map(|main| main.trim_end_matches('/').to_string()) else {
        return Err(Error::Invalid(
            "no Debian mirror is known: this host's apt uses none; `[debian] mirror = \"https://…/debian\"` in \
             `constrict.toml` names one"
                .into(),
        ));
    };
    let same_host = host.filter(|host| host.main == main);
    let signed_by = same_host.as_ref().and_then(|host| host.signed_by.clone());
    let security = settings
        .security
        .as_ref()
        .map(|url| url.trim_end_matches('/').to_string());
    let security = security
        .or_else(|| same_host.and_then(|host| host.security))
        .unwrap_or_else(|| format!("{main}-security"));
    let keyring = match &settings.keyring {
        Some(path) => read_keyring(path)?,
        None => host_keyring(signed_by.as_ref())?,
    };
    let is_snapshot = settings.snapshot || main.split('/').any(is_timestamp);
    Ok(Archive {
        mirrors: Mirrors {
            main,
            security: Some(security),
            signed_by: None,
        },
        keyring,
        freshness: match is_snapshot || apt_ignores_expiry() {
            true => Freshness::Ignored,
            false => Freshness::Checked,
        },
    })
}

/// The mirrors as an image may have them: without the user and password that the host needs.
pub(super) fn without_secrets(mirrors: &Mirrors) -> Mirrors {
    let strip = |url: &String| match url.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            let host = host.rsplit('@').next().unwrap_or(host);
            format!("{scheme}://{host}/{path}")
        }
        None => url.clone(),
    };
    Mirrors {
        main: strip(&mirrors.main),
        security: mirrors.security.as_ref().map(strip),
        signed_by: None,
    }
}

fn host_mirrors() -> Result<Option<Mirrors>> {
    let mut sources = Vec::new();
    let list = Path::new(APT).join("sources.list");
    let others = files_in(&Path::new(APT).join("sources.list.d"))?;
    for path in [list].into_iter().chain(others) {
        let suffix = path.extension().and_then(|suffix| suffix.to_str());
        let Some(text) = read_optional(&path)? else {
            continue;
        };
        let text = String::from_utf8_lossy(&text);
        // what apt itself would complain about is left to apt
        match suffix {
            Some("list") => sources.extend(parse_list(&text).unwrap_or_default()),
            Some("sources") => sources.extend(parse_deb822(&text).unwrap_or_default()),
            _ => {}
        }
    }
    sources.retain(|source| source.uri.starts_with("http"));
    Ok(debian_mirrors(&sources))
}

/// The keys that the host trusts for Debian.
fn host_keyring(signed_by: Option<&SignedBy>) -> Result<Keyring> {
    match signed_by {
        Some(SignedBy::Inline(text)) => return Ok(Keyring::parse(text.as_bytes())?),
        Some(SignedBy::Paths(paths)) => {
            let mut keyring = Keyring::default();
            for path in paths {
                keyring.extend(read_keyring(Path::new(path))?);
            }
            return Ok(keyring);
        }
        // fingerprints narrow down what apt trusts; Debian's own keys are all that is trusted here
        Some(SignedBy::Fingerprints(_)) | None => {}
    }
    if Path::new(DEBIAN_KEYS).is_file() {
        return read_keyring(Path::new(DEBIAN_KEYS));
    }
    let mut keyring = Keyring::default();
    for path in files_in(&Path::new(APT).join("trusted.gpg.d"))? {
        let suffix = path.extension().and_then(|suffix| suffix.to_str());
        if matches!(suffix, Some("gpg" | "asc")) {
            keyring.extend(read_keyring(&path)?);
        }
    }
    match keyring.fingerprints().is_empty() {
        false => Ok(keyring),
        true => Err(Error::Invalid(format!(
            "Debian's keys are not at `{DEBIAN_KEYS}`: the package `debian-archive-keyring` has them, and `[debian] \
             keyring = \"PATH\"` in `constrict.toml` names another place"
        ))),
    }
}

fn read_keyring(path: &Path) -> Result<Keyring> {
    Ok(Keyring::parse(&std::fs::read(path).at("read", path)?)?)
}

/// Whether the host's apt takes Release files that are out of date.
fn apt_ignores_expiry() -> bool {
    let says_so = |path: &PathBuf| {
        std::fs::read_to_string(path).is_ok_and(|text| {
            text.lines().any(|line| {
                let line = line.trim().to_ascii_lowercase();
                let value = line.strip_prefix("acquire::check-valid-until");
                value.is_some_and(|value| {
                    let value = value.trim_matches(|c: char| !c.is_ascii_alphanumeric());
                    ["false", "no", "0", "off"].contains(&value)
                })
            })
        })
    };
    let drop_ins = files_in(&Path::new(APT).join("apt.conf.d")).unwrap_or_default();
    says_so(&Path::new(APT).join("apt.conf")) || drop_ins.iter().any(says_so)
}

/// The files of a directory by name; none where it is missing.
fn files_in(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    match std::fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(paths),
        entries => {
            for entry in entries.at("read", directory)? {
                paths.push(entry.at("read", directory)?.path());
            }
        }
    }
    paths.sort();
    Ok(paths)
}

fn read_optional(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).at("read", path),
    }
}

/// Whether a part of a path is the time of a snapshot: `20250520T000000Z`.
fn is_timestamp(part: &str) -> bool {
    let bytes = part.as_bytes();
    bytes.len() == 16
        && bytes[8] == b'T'
        && bytes[15] == b'Z'
        && bytes[..8]
            .iter()
            .chain(&bytes[9..15])
            .all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_not_told_the_password_of_the_mirror() {
        let mirrors = Mirrors {
            main: "https://user:word@mirror.example/debian".into(),
            security: Some("http://mirror.example/debian-security".into()),
            signed_by: None,
        };
        let expected = Mirrors {
            main: "https://mirror.example/debian".into(),
            security: Some("http://mirror.example/debian-security".into()),
            signed_by: None,
        };
        assert_eq!(without_secrets(&mirrors), expected);
    }
}
