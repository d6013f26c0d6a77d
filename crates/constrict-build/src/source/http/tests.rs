//! Downloads from servers that redirect, break off, stop or refuse.

use constrict_testing::{Effect, Fault, FileServer, Response};

use super::*;

/// What a download of `url` gives.
fn get_to_end(url: &str) -> std::result::Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    let agent = patient(None, Duration::from_millis(300)).unwrap();
    match download(&agent, url, &target) {
        Ok(_) => Ok(std::fs::read(&target).unwrap()),
        Err(error) => Err(format!("{error}")),
    }
}

fn redirect(to: &str) -> Response {
    Response::new(302, "").header("Location", to)
}

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

#[test]
fn redirects_to_files_and_link_local_addresses_are_refused() {
    let server = FileServer::start();
    for (location, reason) in [
        (
            "file:///etc/passwd",
            "it is neither an http nor an https URL",
        ),
        (
            "http://169.254.169.254/latest/meta-data/",
            "`http://169.254.169.254/latest/meta-data/` is a link-local address",
        ),
        (
            "//[::ffff:169.254.169.254]/latest",
            "`http://[::ffff:169.254.169.254]/latest` is a link-local address",
        ),
        (
            "http://2852039166/latest",
            "`http://2852039166/latest` is a link-local address",
        ),
        (
            "http://[fe80::1]/",
            "`http://[fe80::1]/` is a link-local address",
        ),
    ] {
        server.put("/here", redirect(location));
        let url = server.url("/here");
        let expected = format!("cannot download `{url}`: a redirect is refused: {reason}");
        assert_eq!(get_to_end(&url), Err(expected));
    }
}

#[test]
fn redirects_to_servers_are_followed_and_end() {
    let (server, other) = (FileServer::start(), FileServer::start());
    other.put("/there", Response::new(200, "content"));
    server.put("/here", redirect("/further"));
    server.put("/further", redirect(&other.url("/there")));
    server.put("/round", redirect("round"));
    assert_eq!(get_to_end(&server.url("/here")), Ok(b"content".to_vec()));
    let round = get_to_end(&server.url("/round")).unwrap_err();
    assert!(
        round.ends_with("it redirects more than 10 times"),
        "{round}"
    );
}

#[test]
fn a_password_goes_to_its_own_server_only() {
    let (server, other) = (FileServer::start(), FileServer::start());
    other.put("/there", Response::new(200, "content"));
    server.put("/here", redirect("/further"));
    server.put("/further", redirect(&other.url("/there")));
    let url = format!("http://user:hunter2@{}/here", server.host());
    assert_eq!(get_to_end(&url), Ok(b"content".to_vec()));
    let asked = |server: &FileServer| -> Vec<bool> {
        let requests = server.requests();
        requests
            .iter()
            .map(|request| request.header("authorization").is_some())
            .collect()
    };
    assert_eq!(
        (asked(&server), asked(&other)),
        (vec![true, true], vec![false])
    );
    // a look-alike is another server
    for location in [
        "http://example.com.evil.test/",
        "http://example.com@evil.test/",
        "//evil.test",
    ] {
        let next = next("http://user:hunter2@example.com/x", location);
        assert!(
            next.is_err() || !next.clone().unwrap().contains("hunter2"),
            "{next:?}"
        );
    }
    let missing = get_to_end(&format!("http://user:hunter2@{}/none", server.host())).unwrap_err();
    assert!(!missing.contains("hunter2"), "{missing}");
}

#[test]
fn what_breaks_off_or_fails_once_is_tried_again() {
    let server = FileServer::start();
    server.put("/file", Response::new(200, "content"));
    for effect in [
        Effect::Cut(3),
        Effect::Answer(Response::new(500, "")),
        Effect::Stall(3),
    ] {
        server.inject(Fault::new("GET", "/file", 1, effect));
        assert_eq!(get_to_end(&server.url("/file")), Ok(b"content".to_vec()));
    }
}

#[test]
fn a_server_that_stops_sending_is_given_up() {
    let server = FileServer::start();
    server.put("/file", Response::new(200, "content"));
    server.inject(Fault::new("GET", "/file", 9, Effect::Stall(3)));
    let error = get_to_end(&server.url("/file")).unwrap_err();
    assert!(error.contains("timeout"), "{error}");
}
