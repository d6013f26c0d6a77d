//! Files from web servers, for ADD. A redirect leads to web servers only, and never to a link-local address, where clouds
//! keep the credentials of a machine.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use constrict_oci::registry::redirected;
use constrict_oci::{Digest, DigestWriter};
use serde::{Deserialize, Serialize};
use ureq::http::Response;

use crate::error::{Error, IoContext, Result};

/// What was downloaded.
pub(crate) struct Downloaded {
    /// The content's digest.
    pub(crate) digest: Digest,
    /// `Last-Modified`, in seconds since 1970.
    pub(crate) modified: Option<i64>,
}

/// How often a download is tried.
const ATTEMPTS: u32 = 3;

/// How many redirects are followed.
const REDIRECTS: u32 = 10;

/// A server that sends nothing for so long is given up.
const IDLE: Duration = Duration::from_secs(60);

/// Makes the client of a build: it trusts `ca` besides what the system trusts.
pub(crate) fn agent(ca: Option<&Path>) -> Result<ureq::Agent> {
    patient(ca, IDLE)
}

fn patient(ca: Option<&Path>, idle: Duration) -> Result<ureq::Agent> {
    let mut tls = ureq::tls::TlsConfig::builder();
    if let Some(path) = ca {
        let pem = std::fs::read(path).at("read", path)?;
        let mut roots = Vec::new();
        for item in ureq::tls::parse_pem(&pem) {
            if let Ok(ureq::tls::PemItem::Certificate(certificate)) = item {
                roots.push(certificate);
            }
        }
        tls = tls.root_certs(ureq::tls::RootCerts::new_with_certs(&roots));
    } else {
        tls = tls.root_certs(ureq::tls::RootCerts::PlatformVerifier);
    }
    let config = ureq::Agent::config_builder()
        .tls_config(tls.build())
        .http_status_as_error(true)
        .timeout_connect(Some(Duration::from_secs(15)))
        .timeout_recv_response(Some(idle))
        .timeout_per_read(Some(idle))
        .max_redirects(0)
        .user_agent(concat!("constrict/", env!("CARGO_PKG_VERSION")));
    Ok(config.build().new_agent())
}

/// What a server said of a file, so that it can be asked whether that has changed (RFC 9110, section 13).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Validators {
    /// `ETag`
    pub(crate) tag: Option<String>,
    /// `Last-Modified`, as it was sent.
    pub(crate) modified: Option<String>,
}

/// Deletes the older downloads of an address: what is beside `kept` and begins with `prefix`.
pub(crate) fn forget_others(prefix: &str, kept: &Path) -> Result<()> {
    let folder = kept.parent().expect("what is kept is in a folder");
    for entry in std::fs::read_dir(folder).at("read", folder)? {
        let path = entry.at("read", folder)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path != kept && name.starts_with(prefix) {
            // another process may have been first
            let _ = std::fs::remove_file(&path);
        }
    }
    Ok(())
}

/// Downloads `url` to the file `target`.
pub(crate) fn download(agent: &ureq::Agent, url: &str, target: &Path) -> Result<Downloaded> {
    let fetched = download_if_changed(agent, url, &Validators::default(), u64::MAX, target)?;
    match fetched {
        Some((downloaded, _)) => Ok(downloaded),
        None => Err(Error::Download {
            url: without_secrets(url),
            reason: "the server says that nothing has changed, which it was not asked".into(),
        }),
    }
}

/// Downloads at most `limit` bytes, unless the file is still the one that the server said this of: then `None`.
pub(crate) fn download_if_changed(
    agent: &ureq::Agent,
    url: &str,
    known: &Validators,
    limit: u64,
    target: &Path,
) -> Result<Option<(Downloaded, Validators)>> {
    let mut attempt = 1;
    loop {
        match try_download(agent, url, known, limit, target) {
            Err(Error::Download { reason, .. })
                if attempt < ATTEMPTS && !reason.contains("http status: 4") =>
            {
                std::thread::sleep(Duration::from_millis(250 << attempt));
                attempt += 1;
            }
            other => return other,
        }
    }
}

fn try_download(
    agent: &ureq::Agent,
    url: &str,
    known: &Validators,
    limit: u64,
    target: &Path,
) -> Result<Option<(Downloaded, Validators)>> {
    let failed = |error: String| Error::Download {
        url: without_secrets(url),
        reason: error.replace(url, &without_secrets(url)),
    };
    let mut response = get(agent, url, known).map_err(failed)?;
    if response.status().as_u16() == 304 {
        return Ok(None);
    }
    let header = |name: &str| {
        let value = response.headers().get(name)?;
        value.to_str().ok().map(str::to_string)
    };
    let validators = Validators {
        tag: header("etag"),
        modified: header("last-modified"),
    };
    let file = std::fs::File::create(target).at("create", target)?;
    let mut writer = DigestWriter::new(std::io::BufWriter::new(file));
    let mut body = response.body_mut().as_reader();
    let mut buffer = vec![0; 1 << 16];
    let mut length = 0;
    loop {
        let n = std::io::Read::read(&mut body, &mut buffer)
            .map_err(|error| failed(error.to_string()))?;
        if n == 0 {
            break;
        }
        length += n as u64;
        if length > limit {
            return Err(failed(format!("it has more than {limit} bytes")));
        }
        writer.write_all(&buffer[..n]).at("write", target)?;
    }
    let (mut file, digest, _) = writer.finish();
    file.flush().at("write", target)?;
    let downloaded = Downloaded {
        digest,
        modified: validators.modified.as_deref().and_then(http_date),
    };
    Ok(Some((downloaded, validators)))
}

/// The answer at the end of the redirects.
fn get(
    agent: &ureq::Agent,
    url: &str,
    known: &Validators,
) -> std::result::Result<Response<ureq::Body>, String> {
    let mut at = url.to_string();
    for _ in 0..=REDIRECTS {
        let mut request = agent.get(&at);
        if let Some(tag) = &known.tag {
            request = request.header("if-none-match", tag);
        }
        if let Some(modified) = &known.modified {
            request = request.header("if-modified-since", modified);
        }
        let response = request.call().map_err(|error| error.to_string())?;
        if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(response);
        }
        let location = response.headers().get("location");
        let location = location
            .and_then(|value| value.to_str().ok())
            .ok_or("a redirect leads nowhere")?;
        at = next(&at, location).map_err(|reason| format!("a redirect is refused: {reason}"))?;
    }
    Err(format!("it redirects more than {REDIRECTS} times"))
}

/// The address that a redirect leads to; user and password go along to the same server only.
fn next(from: &str, location: &str) -> std::result::Result<String, String> {
    let Some((scheme, rest)) = from.split_once("://") else {
        return redirected(from, location);
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let Some(at) = rest[..end].rfind('@') else {
        return redirected(from, location);
    };
    let to = redirected(&format!("{scheme}://{}", &rest[at + 1..]), location)?;
    let server = format!("{scheme}://{}", rest[at + 1..end].to_ascii_lowercase());
    Ok(match to.strip_prefix(&server) {
        Some(path) if path.starts_with('/') => {
            format!("{scheme}://{}@{}{path}", &rest[..at], &rest[at + 1..end])
        }
        _ => to,
    })
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
fn http_date(text: &str) -> Option<i64> {
    let format = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    time::PrimitiveDateTime::parse(text, format)
        .ok()
        .map(|date| date.assume_utc().unix_timestamp())
}

/// An address without user, password and query.
pub(crate) fn without_secrets(url: &str) -> String {
    let url = url.split('?').next().unwrap_or(url);
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest
                .split_once('/')
                .map_or((rest, ""), |(host, path)| (host, path));
            let host = host.rsplit('@').next().unwrap_or(host);
            format!("{scheme}://{host}/{path}")
        }
        None => url.into(),
    }
}

#[cfg(test)]
mod tests;
