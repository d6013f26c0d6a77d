//! A package index for pip, uv and their kin. Never has a package that a test did not give it.
//!
//! Protocol: the simple repository API (PEP 503), HTML, with hashes.

use std::collections::BTreeMap;
use std::sync::Arc;

use constrict_oci::Digest;

use crate::Wheel;
use crate::http::{Recorded, Request, Response, Server};

/// An index that ends when it is dropped.
pub struct PackageIndex {
    server: Server,
}

struct Files {
    /// By normalised name: file names.
    projects: BTreeMap<String, Vec<String>>,
    files: BTreeMap<String, Vec<u8>>,
}

impl PackageIndex {
    /// An index of these wheels.
    pub fn start(wheels: &[Wheel]) -> PackageIndex {
        PackageIndex::serve(wheels, false)
    }

    /// The same with TLS; [`authority_pem`](crate::authority_pem) vouches for it.
    pub fn start_tls(wheels: &[Wheel]) -> PackageIndex {
        PackageIndex::serve(wheels, true)
    }

    fn serve(wheels: &[Wheel], tls: bool) -> PackageIndex {
        let mut files = Files {
            projects: BTreeMap::new(),
            files: BTreeMap::new(),
        };
        for wheel in wheels {
            let project = files.projects.entry(normalise(wheel.name())).or_default();
            project.push(wheel.file_name());
            files.files.insert(wheel.file_name(), wheel.build());
        }
        let files = Arc::new(files);
        let server = Server::start(tls, move |request| files.answer(request));
        PackageIndex { server }
    }

    /// What `pip --index-url` takes.
    pub fn url(&self) -> String {
        format!("{}/simple/", self.server.url())
    }

    /// `127.0.0.1:port`
    pub fn host(&self) -> String {
        self.server.host()
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.server.log().clone()
    }
}

impl Files {
    fn answer(&self, request: &Request) -> Response {
        if let Some(name) = request.path.strip_prefix("/files/") {
            return match self.files.get(name) {
                Some(content) => Response::new(200, content.clone())
                    .header("Content-Type", "application/octet-stream")
                    .ranged(request),
                None => Response::new(404, ""),
            };
        }
        let project = request.path.strip_prefix("/simple/");
        match project.map(|name| name.trim_end_matches('/')) {
            Some("") => page(
                self.projects
                    .keys()
                    .map(|name| (format!("/simple/{name}/"), name.clone())),
            ),
            Some(name) if self.projects.contains_key(name) => {
                page(self.projects[name].iter().map(|file| {
                    let hash = Digest::of(&self.files[file]).hex();
                    (format!("/files/{file}#sha256={hash}"), file.clone())
                }))
            }
            _ => Response::new(404, ""),
        }
    }
}

fn page(links: impl Iterator<Item = (String, String)>) -> Response {
    let mut html = "<!DOCTYPE html><html><body>\n".to_owned();
    for (target, text) in links {
        html.push_str(&format!("<a href=\"{target}\">{text}</a><br>\n"));
    }
    html.push_str("</body></html>\n");
    Response::new(200, html).header("Content-Type", "text/html")
}

/// PEP 503: lower case, runs of `-`, `_` and `.` are one `-`.
fn normalise(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised() {
        assert_eq!(normalise("My__Demo.-x"), "my-demo-x");
    }
}
