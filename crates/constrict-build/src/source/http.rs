//! Files from web servers, for ADD.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use constrict_oci::{Digest, DigestWriter};

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

/// Makes the client of a build: it trusts `ca` besides what the system trusts.
pub(crate) fn agent(ca: Option<&Path>) -> Result<ureq::Agent> {
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
        .timeout_recv_response(Some(Duration::from_secs(60)))
        .max_redirects(10)
        .user_agent(concat!("constrict/", env!("CARGO_PKG_VERSION")));
    Ok(config.build().new_agent())
}

/// Downloads `url` to the file `target`.
pub(crate) fn download(agent: &ureq::Agent, url: &str, target: &Path) -> Result<Downloaded> {
    let mut attempt = 1;
    loop {
        match try_download(agent, url, target) {
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

fn try_download(agent: &ureq::Agent, url: &str, target: &Path) -> Result<Downloaded> {
    let failed = |error: String| Error::Download {
        url: without_secrets(url),
        reason: error,
    };
    let mut response = agent
        .get(url)
        .call()
        .map_err(|error| failed(error.to_string()))?;
    let header = response
        .headers()
        .get("last-modified")
        .and_then(|value| value.to_str().ok())
        .map(str::to_string);
    let file = std::fs::File::create(target).at("create", target)?;
    let mut writer = DigestWriter::new(std::io::BufWriter::new(file));
    let mut body = response.body_mut().as_reader();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = std::io::Read::read(&mut body, &mut buffer)
            .map_err(|error| failed(error.to_string()))?;
        if n == 0 {
            break;
        }
        writer.write_all(&buffer[..n]).at("write", target)?;
    }
    let (mut file, digest, _) = writer.finish();
    file.flush().at("write", target)?;
    Ok(Downloaded {
        digest,
        modified: header.as_deref().and_then(http_date),
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
mod tests {
    use super::{http_date, without_secrets};

    #[test]
    fn dates_of_http_are_read() {
        assert_eq!(
            http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(784_111_777)
        );
        assert_eq!(http_date("yesterday"), None);
    }

    #[test]
    fn addresses_lose_their_secrets() {
        assert_eq!(
            without_secrets("https://u:p@example.com/a?token=x"),
            "https://example.com/a"
        );
    }
}
