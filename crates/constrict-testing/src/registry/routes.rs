//! The paths below `/v2/`. Never decides who may ask.

use constrict_oci::{Digest, Index, Manifest, MediaType};
use serde_json::json;

use super::Shared;
use crate::http::{Request, Response};

impl Shared {
    pub(super) fn answer(&self, request: &Request) -> Response {
        if request.path == "/token" {
            return self.token(request);
        }
        let Some(path) = request.path.strip_prefix("/v2/") else {
            return Response::new(404, "");
        };
        let parts: Vec<&str> = path.split('/').collect();
        let (repository, rest) = match parts.iter().rposition(|part| is_section(part)) {
            Some(at) if at > 0 => (parts[..at].join("/"), &parts[at..]),
            _ => (String::new(), &parts[..]),
        };
        if let Some(refusal) = self.refuse(request, &repository) {
            return refusal;
        }
        match (request.method.as_str(), rest) {
            ("GET", [""]) => Response::new(200, "{}"),
            ("GET" | "HEAD", ["manifests", name]) => self.get_manifest(&repository, name),
            ("PUT", ["manifests", name]) => self.put_manifest(&repository, name, request),
            ("GET" | "HEAD", ["blobs", digest]) => self.get_blob(&repository, digest, request),
            ("POST", ["blobs", "uploads", ""]) => self.start_upload(&repository, request),
            ("PATCH" | "PUT", ["blobs", "uploads", id]) => self.upload(&repository, id, request),
            ("DELETE", ["blobs", "uploads", id]) => self.cancel(id),
            ("GET", ["referrers", digest]) if self.knows_referrers() => {
                self.referrers(&repository, digest, request)
            }
            ("GET", ["referrers", _]) => fault(404, "UNSUPPORTED"),
            ("GET", ["tags", "list"]) => match self.contents().tags(&repository) {
                Some(tags) => {
                    Response::new(200, json!({"name": repository, "tags": tags}).to_string())
                }
                None => fault(404, "NAME_UNKNOWN"),
            },
            _ => fault(405, "UNSUPPORTED"),
        }
    }

    fn get_manifest(&self, repository: &str, name: &str) -> Response {
        match self.contents().manifest(repository, name) {
            Some((digest, (media_type, content))) => Response::new(200, content)
                .header("Content-Type", media_type)
                .header("Docker-Content-Digest", digest.to_string()),
            None => fault(404, "MANIFEST_UNKNOWN"),
        }
    }

    fn put_manifest(&self, repository: &str, name: &str, request: &Request) -> Response {
        let digest = Digest::of(&request.body);
        let tag = match Digest::parse(name) {
            Ok(wanted) if wanted.verify(&request.body).is_err() => {
                return fault(400, "DIGEST_INVALID");
            }
            Ok(_) => None,
            Err(_) => Some(name),
        };
        let media_type = request
            .header("content-type")
            .unwrap_or_default()
            .to_owned();
        let manifest = (media_type, request.body.clone());
        self.contents()
            .add_manifest(repository, tag, digest, manifest);
        let response = Response::new(201, "")
            .header("Location", format!("/v2/{repository}/manifests/{digest}"))
            .header("Docker-Content-Digest", digest.to_string());
        let subject = Manifest::parse(&request.body)
            .ok()
            .and_then(|manifest| manifest.subject());
        match subject.filter(|_| self.knows_referrers()) {
            Some(subject) => response.header("OCI-Subject", subject.digest.to_string()),
            None => response,
        }
    }

    fn referrers(&self, repository: &str, digest: &str, request: &Request) -> Response {
        let Ok(digest) = Digest::parse(digest) else {
            return fault(400, "DIGEST_INVALID");
        };
        let mut found = self.contents().referrers(repository, &digest);
        let wanted = request.query("artifactType");
        if let Some(wanted) = wanted {
            found.retain(|entry| entry.extra["artifactType"] == wanted);
        }
        let index = Index::oci(found).to_json();
        let response =
            Response::new(200, index).header("Content-Type", MediaType::OciIndex.to_string());
        match wanted {
            Some(_) => response.header("OCI-Filters-Applied", "artifactType".to_owned()),
            None => response,
        }
    }

    fn get_blob(&self, repository: &str, digest: &str, request: &Request) -> Response {
        let digest = Digest::parse(digest).ok();
        let blob = digest.and_then(|digest| self.contents().blob(repository, &digest));
        match blob {
            Some(blob) => Response::new(200, blob.as_ref().clone())
                .header("Content-Type", "application/octet-stream")
                .ranged(request),
            None => fault(404, "BLOB_UNKNOWN"),
        }
    }

    fn start_upload(&self, repository: &str, request: &Request) -> Response {
        let mut contents = self.contents();
        if let (Some(digest), Some(from)) = (request.query("mount"), request.query("from"))
            && let Ok(digest) = Digest::parse(digest)
            && contents.mount(repository, &digest, from)
        {
            return created(repository, &digest);
        }
        let id = contents.open_upload(repository);
        Response::new(202, "").header(
            "Location",
            format!("/v2/{repository}/blobs/uploads/{id}?state=a%2Fb"),
        )
    }

    fn upload(&self, repository: &str, id: &str, request: &Request) -> Response {
        let mut contents = self.contents();
        let number: u64 = id.parse().unwrap_or(0);
        // a client that loses the query of the location has not understood it
        if request.query("state") != Some("a/b") {
            return fault(400, "BLOB_UPLOAD_INVALID");
        }
        let Some(length) = contents.append(repository, number, &request.body) else {
            return fault(404, "BLOB_UPLOAD_UNKNOWN");
        };
        if request.method == "PATCH" {
            let location = format!("/v2/{repository}/blobs/uploads/{id}?state=a%2Fb");
            let range = format!("0-{}", length.saturating_sub(1));
            return Response::new(202, "")
                .header("Location", location)
                .header("Range", range);
        }
        let content = contents.close_upload(number).unwrap_or_default();
        let digest = request
            .query("digest")
            .and_then(|digest| Digest::parse(digest).ok());
        match digest {
            Some(digest) if digest.verify(&content).is_ok() => {
                contents.add_blob(repository, digest, content);
                created(repository, &digest)
            }
            _ => fault(400, "DIGEST_INVALID"),
        }
    }

    fn cancel(&self, id: &str) -> Response {
        match self.contents().close_upload(id.parse().unwrap_or(0)) {
            Some(_) => Response::new(204, ""),
            None => fault(404, "BLOB_UPLOAD_UNKNOWN"),
        }
    }
}

fn is_section(part: &str) -> bool {
    matches!(part, "manifests" | "blobs" | "tags" | "referrers")
}

fn created(repository: &str, digest: &Digest) -> Response {
    Response::new(201, "")
        .header("Location", format!("/v2/{repository}/blobs/{digest}"))
        .header("Docker-Content-Digest", digest.to_string())
}

fn fault(status: u16, code: &str) -> Response {
    let body =
        json!({"errors": [{"code": code, "message": code.to_lowercase().replace('_', " ")}]});
    Response::new(status, body.to_string()).header("Content-Type", "application/json")
}
