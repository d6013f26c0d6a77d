//! A small HTTP/1.1 server over the standard library's sockets, one thread a connection. Never serves but on loopback.
//!
//! Enough of RFC 9112 for the clients that builds use: persistent connections, `Content-Length` and chunked bodies,
//! `HEAD`, `Expect: 100-continue`.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The certificate authority, in PEM, that vouches for the servers of this crate that speak TLS. They are `localhost`,
/// `127.0.0.1` and `0.0.0.0`; the last is the same machine but not a loopback address.
pub fn authority_pem() -> &'static str {
    include_str!("../testdata/ca.pem")
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Percent-decoded, without the query.
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = pairs.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str())
}

/// What a test asks about a request that was served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// `GET`, ...
    pub method: String,
    /// Percent-decoded, without the query.
    pub path: String,
    /// Names in lower case, in order of arrival.
    pub headers: Vec<(String, String)>,
    /// The status it was answered with.
    pub status: u16,
}

impl Recorded {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// `GET /path 200`
    pub fn line(&self) -> String {
        format!("{} {} {}", self.method, self.path, self.status)
    }
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Besides `Content-Length`, which is the body's unless it is given here.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The connection ends after so many bytes of the body.
    pub cut: Option<usize>,
    /// Where it would end, it stays open instead, and nothing more is sent.
    pub stalls: bool,
    /// After so many bytes of the body nothing is sent for this time.
    pub pause: Option<(usize, Duration)>,
}

impl Response {
    /// An answer with a body.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Response {
        Response {
            status,
            body: body.into(),
            ..Response::default()
        }
    }

    /// The same with one more header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Response {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The part that a `Range` header asks for, as a 206; all of it without one.
    pub(crate) fn ranged(mut self, request: &Request) -> Response {
        let total = self.body.len();
        self.headers.push(("Accept-Ranges".into(), "bytes".into()));
        let Some(range) = request
            .header("range")
            .and_then(|text| text.strip_prefix("bytes="))
        else {
            return self;
        };
        let (start, end) = range.split_once('-').unwrap_or((range, ""));
        let start: usize = start.parse().unwrap_or(usize::MAX);
        let end: usize = end
            .parse::<usize>()
            .map_or(total, |end| (end + 1).min(total));
        if start >= end {
            return Response::new(416, "").header("Content-Range", format!("bytes */{total}"));
        }
        self.body = self.body[start..end].to_vec();
        self.status = 206;
        let range = format!("bytes {start}-{}/{total}", end - 1);
        self.header("Content-Range", range)
    }
}

type Handler = dyn Fn(&Request) -> Response + Send + Sync;

/// A server that ends when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    handler: Box<Handler>,
    tls: Option<Arc<ServerConfig>>,
    stopped: AtomicBool,
    log: Mutex<Vec<Recorded>>,
}

impl Server {
    pub(crate) fn start(
        tls: bool,
        handler: impl Fn(&Request) -> Response + Send + Sync + 'static,
    ) -> Server {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let shared = Arc::new(Shared {
            handler: Box::new(handler),
            tls: tls.then(tls_config),
            stopped: AtomicBool::new(false),
            log: Mutex::default(),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if accepting.stopped.load(Ordering::SeqCst) {
                    break;
                }
                let shared = Arc::clone(&accepting);
                // a client that goes away is no failure of the server
                thread::spawn(move || drop(shared.connection(stream)));
            }
        });
        Server { address, shared }
    }

    /// `127.0.0.1:port`
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn url(&self) -> String {
        let scheme = if self.shared.tls.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.address)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.shared
            .log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // wakes the accepting thread
        drop(TcpStream::connect(self.address));
    }
}

fn tls_config() -> Arc<ServerConfig> {
    let certificate = CertificateDer::from(&include_bytes!("../testdata/server.der")[..]);
    let key = PrivatePkcs8KeyDer::from(&include_bytes!("../testdata/server.key.der")[..]);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::Pkcs8(key))
        .expect("the key is the certificate's");
    Arc::new(config)
}

/// A connection with or without TLS.
trait Duplex: Read + Write {}
impl<T: Read + Write> Duplex for T {}

impl Shared {
    fn connection(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let raw = stream.try_clone()?;
        let mut first = [0];
        // the first byte of a TLS handshake, which a plain server can only refuse
        if stream.peek(&mut first)? == 1 && first[0] == 22 && self.tls.is_none() {
            return stream.shutdown(Shutdown::Both);
        }
        let duplex: Box<dyn Duplex> = match &self.tls {
            Some(config) => {
                let connection =
                    ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
                Box::new(StreamOwned::new(connection, stream))
            }
            None => Box::new(stream),
        };
        let mut duplex = BufReader::new(duplex);
        while let Some(request) = read_request(&mut duplex)? {
            if self.stopped.load(Ordering::SeqCst) {
                break;
            }
            let response = (self.handler)(&request);
            self.log
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Recorded {
                    method: request.method.clone(),
                    path: request.path.clone(),
                    headers: request.headers.clone(),
                    status: response.status,
                });
            write_response(duplex.get_mut(), &request, &response)?;
            if response.stalls {
                // until the client has had enough
                io::copy(&mut duplex, &mut io::sink())?;
            }
            if response.cut.is_some() {
                break;
            }
        }
        raw.shutdown(Shutdown::Both)
    }
}

fn read_request(reader: &mut BufReader<Box<dyn Duplex>>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Request {
        method: method.to_owned(),
        path: percent_decode(path),
        query: parse_query(query),
        headers: Vec::new(),
        body: Vec::new(),
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        let header = (name.to_ascii_lowercase(), value.trim().to_owned());
        request.headers.push(header);
    }
    if request.header("expect").is_some() {
        reader
            .get_mut()
            .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    request.body = read_body(reader, &request)?;
    Ok(Some(request))
}

fn read_body(reader: &mut impl BufRead, request: &Request) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if request.header("transfer-encoding").is_some() {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let size = u64::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
            reader.take(size).read_to_end(&mut body)?;
            reader.read_line(&mut line)?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
    let length = request
        .header("content-length")
        .and_then(|text| text.parse().ok());
    let length: u64 = length.unwrap_or(0);
    reader.take(length).read_to_end(&mut body)?;
    if body.len() as u64 == length {
        Ok(body)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

fn write_response(out: &mut dyn Duplex, request: &Request, response: &Response) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {} -\r\n", response.status);
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let own = |name: &str| {
        response
            .headers
            .iter()
            .any(|(key, _)| key.eq_ignore_ascii_case(name))
    };
    if !own("content-length") && !matches!(response.status, 204 | 304) {
        head.push_str(&format!("Content-Length: {}\r\n", response.body.len()));
    }
    head.push_str("\r\n");
    out.write_all(head.as_bytes())?;
    if request.method != "HEAD" {
        let end = response.cut.unwrap_or(usize::MAX).min(response.body.len());
        let (pauses_at, time) = response.pause.unwrap_or_default();
        let (first, rest) = response.body[..end].split_at(pauses_at.min(end));
        out.write_all(first)?;
        out.flush()?;
        std::thread::sleep(time);
        out.write_all(rest)?;
    }
    out.flush()
}

/// Pairs of a query or a form.
pub(crate) fn parse_query(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| {
            (
                percent_decode(name),
                percent_decode(&value.replace('+', " ")),
            )
        })
        .collect()
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
