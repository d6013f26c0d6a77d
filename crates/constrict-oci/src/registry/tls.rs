//! Which certificates a server may show. Never connects to one.

use std::fs;
use std::path::Path;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::{Error, Result};

/// The platform's authorities (`SSL_CERT_FILE` included) and, with `extra`, those of a PEM bundle.
pub(crate) fn verified(extra: Option<&Path>) -> Result<TlsConfig> {
    let roots = match extra {
        None => RootCerts::PlatformVerifier,
        Some(path) => {
            // the platform verifier takes no further roots through ureq, so its store is read here
            let platform = rustls_native_certs::load_native_certs().certs;
            let platform = platform
                .iter()
                .map(|certificate| Certificate::from_der(certificate.as_ref()).to_owned());
            RootCerts::from(platform.chain(read_bundle(path)?).collect::<Vec<_>>())
        }
    };
    Ok(TlsConfig::builder().root_certs(roots).build())
}

/// For a registry whose certificate is taken unseen.
pub(crate) fn unverified() -> TlsConfig {
    TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .disable_verification(true)
        .build()
}

fn read_bundle(path: &Path) -> Result<Vec<Certificate<'static>>> {
    let pem = fs::read(path).map_err(|source| Error::Authorities {
        path: path.to_owned(),
        source,
    })?;
    let certificates: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(Error::NoAuthorities {
            path: path.to_owned(),
        });
    }
    Ok(certificates)
}
