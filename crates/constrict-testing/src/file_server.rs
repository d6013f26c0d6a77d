//! Files by HTTP, for `ADD` and for redirects: any status and headers, ranges, a log of what was asked. Never writes one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::Fault;
use crate::faults::Faults;
use crate::http::{Recorded, Request, Response, Server};

/// A server of files that ends when it is dropped.
pub struct FileServer {
    server: Server,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    files: Mutex<BTreeMap<String, Response>>,
    faults: Faults,
}

impl FileServer {
    /// A server without files.
    pub fn start() -> FileServer {
        FileServer::serve(false)
    }

    /// The same with TLS; [`authority_pem`](crate::authority_pem) vouches for it.
    pub fn start_tls() -> FileServer {
        FileServer::serve(true)
    }

    fn serve(tls: bool) -> FileServer {
        let shared = Arc::new(Shared::default());
        let served = Arc::clone(&shared);
        let server = Server::start(tls, move |request| {
            served
                .faults
                .answer(request, |request| served.answer(request))
        });
        FileServer { server, shared }
    }

    /// Answers requests for a path (which begins with `/`) so; a 200 is served in ranges where they are asked for.
    pub fn put(&self, path: &str, response: Response) {
        let mut files = self
            .shared
            .files
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        files.insert(path.to_owned(), response);
    }

    /// Does something wrong from now on.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults.add(fault);
    }

    /// `127.0.0.1:port`
    pub fn host(&self) -> String {
        self.server.host()
    }

    /// `http://127.0.0.1:port` and a path.
    pub fn url(&self, path: &str) -> String {
        self.server.url() + path
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.server.log().clone()
    }
}

impl Shared {
    fn answer(&self, request: &Request) -> Response {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        match files.get(&request.path) {
            Some(response) if response.status == 200 => response.clone().ranged(request),
            Some(response) => response.clone(),
            None => Response::new(404, "not found\n"),
        }
    }
}
