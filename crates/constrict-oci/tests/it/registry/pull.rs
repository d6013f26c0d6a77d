//! Blobs: resumed, verified, redirected.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::Mutex;

use constrict_oci::registry::{BlobSink, Client, Error, Partial, Progress};
use constrict_oci::{Descriptor, Digest, MediaType};
use constrict_testing::{Effect, Fault, FileServer, Registry, Response};

use super::{blob, client, message, mirrored, missing, noise, reference};

const SIZE: usize = 3 << 20;

fn fetch(client: &Client, registry: &Registry, descriptor: &Descriptor) -> Result<Vec<u8>, Error> {
    let repository = reference(&format!("{}/team/app", registry.host()));
    let mut sink = Vec::new();
    let partial = Partial::none(&descriptor.digest);
    client.fetch_blob(&repository, descriptor, &mut sink, partial, &())?;
    Ok(sink)
}

/// The ranges that were asked for.
fn ranges(registry: &Registry) -> Vec<Option<String>> {
    let requests = registry.requests();
    let blobs = requests
        .iter()
        .filter(|request| request.path.contains("/blobs/"));
    blobs
        .map(|request| request.header("range").map(str::to_owned))
        .collect()
}

#[test]
fn a_blob_is_fetched_and_its_progress_told() {
    struct Seen(Mutex<Vec<u64>>);
    impl Progress for Seen {
        fn bytes(&self, done: u64) {
            self.0.lock().expect("no panic").push(done);
        }
    }
    let registry = Registry::start();
    let content = noise(SIZE);
    registry.add_blob("team/app", &content);
    let descriptor = blob(&content);
    let repository = reference(&format!("{}/team/app", registry.host()));
    let seen = Seen(Mutex::default());
    let mut sink = Vec::new();
    let partial = Partial::none(&descriptor.digest);
    client()
        .fetch_blob(&repository, &descriptor, &mut sink, partial, &seen)
        .expect("fetched");
    assert!(sink == content);
    let seen = seen.0.into_inner().expect("no panic");
    assert!(seen.is_sorted());
    assert_eq!((seen[0], seen[seen.len() - 1]), (0, SIZE as u64));
}

#[test]
fn a_broken_connection_is_taken_up_where_it_broke() {
    let registry = Registry::start();
    let content = noise(SIZE);
    registry.add_blob("team/app", &content);
    registry.inject(Fault::new("GET", "/blobs/", 1, Effect::Cut(1_000_000)));
    registry.inject(Fault::new("GET", "/blobs/", 1, Effect::Cut(500_000)));
    assert!(fetch(&client(), &registry, &blob(&content)).expect("fetched") == content);
    let expected = [None, Some("bytes=1000000-"), Some("bytes=1500000-")];
    assert_eq!(
        ranges(&registry),
        expected.map(|range| range.map(str::to_owned))
    );
}

#[test]
fn a_server_that_stops_sending_is_asked_for_the_rest() {
    let registry = Registry::start();
    let content = noise(SIZE);
    registry.add_blob("team/app", &content);
    registry.inject(Fault::new("GET", "/blobs/", 1, Effect::Stall(1_000_000)));
    let mut options = super::options();
    options.timeouts.idle = std::time::Duration::from_millis(200);
    let client = Client::new(options).expect("nothing to go wrong");
    assert!(fetch(&client, &registry, &blob(&content)).expect("fetched") == content);
    let expected = [None, Some("bytes=1000000-".to_owned())];
    assert_eq!(ranges(&registry), expected);
    // and given up when it never goes on
    registry.inject(Fault::new("GET", "/blobs/", 99, Effect::Stall(0)));
    let error = fetch(&client, &registry, &blob(&content)).expect_err("silent");
    let said = message(&error, &[(&registry.host(), "HOST")]);
    assert!(said.contains("no answer in time"), "{said}");
}

#[test]
fn a_server_without_ranges_sends_it_again() {
    let registry = Registry::start();
    let content = noise(SIZE);
    registry.add_blob("team/app", &content);
    registry.inject(Fault::new("GET", "/blobs/", 1, Effect::Cut(1_000_000)));
    registry.inject(Fault::new("GET", "/blobs/", 1, Effect::IgnoreRange));
    assert!(fetch(&client(), &registry, &blob(&content)).expect("fetched") == content);
}

#[test]
fn a_range_that_begins_elsewhere_is_not_taken() {
    let registry = Registry::start();
    let content = noise(SIZE);
    registry.add_blob("team/app", &content);
    registry.inject(Fault::new("GET", "/blobs/", 1, Effect::Cut(1_000_000)));
    let elsewhere = format!("bytes 999999-{}/{SIZE}", SIZE - 1);
    registry.inject(Fault::new(
        "GET",
        "/blobs/",
        1,
        Effect::Header("Content-Range", elsewhere),
    ));
    assert!(fetch(&client(), &registry, &blob(&content)).expect("fetched") == content);
    assert_eq!(ranges(&registry).last(), Some(&None));
}

#[test]
fn an_earlier_beginning_is_used() {
    let registry = Registry::start();
    let content = noise(SIZE);
    registry.add_blob("team/app", &content);
    let descriptor = blob(&content);
    let mut file: File = tempfile::tempfile().expect("a file");
    file.write_all(&content[..2_000_000]).expect("written");
    file.seek(SeekFrom::Start(0)).expect("sought");
    let partial = Partial::read(&descriptor.digest, &mut file).expect("read");
    assert_eq!(partial.bytes(), 2_000_000);
    let repository = reference(&format!("{}/team/app", registry.host()));
    client()
        .fetch_blob(&repository, &descriptor, &mut file, partial, &())
        .expect("fetched");
    let mut found = Vec::new();
    file.seek(SeekFrom::Start(0)).expect("sought");
    file.read_to_end(&mut found).expect("read");
    assert!(found == content);
    assert_eq!(ranges(&registry), [Some("bytes=2000000-".to_owned())]);
}

#[test]
fn an_earlier_beginning_of_something_else_is_dropped() {
    let registry = Registry::start();
    let content = noise(SIZE);
    registry.add_blob("team/app", &content);
    let descriptor = blob(&content);
    let mut sink = vec![7; 1000];
    let partial = Partial::read(&descriptor.digest, &mut &sink.clone()[..]).expect("read");
    let repository = reference(&format!("{}/team/app", registry.host()));
    client()
        .fetch_blob(&repository, &descriptor, &mut sink, partial, &())
        .expect("fetched");
    assert!(sink == content);
}

#[test]
fn wrong_content_is_refused_and_the_next_mirror_asked() {
    let (liar, honest) = (Registry::start(), Registry::start());
    let content = noise(1000);
    liar.add_blob("library/python", &content);
    honest.add_blob("library/python", &content);
    liar.inject(Fault::new("GET", "/blobs/", 9, Effect::Corrupt));
    let client = mirrored(&[liar.host(), honest.host()]);
    let descriptor = blob(&content);
    let mut sink = Vec::new();
    let partial = Partial::none(&descriptor.digest);
    client
        .fetch_blob(&reference("python"), &descriptor, &mut sink, partial, &())
        .expect("fetched");
    assert!(sink == content);
    assert_eq!(liar.requests().len(), 1);

    let mut corrupt = content.clone();
    corrupt[0] ^= 0x55;
    let error = fetch_from(&liar, &descriptor).expect_err("wrong");
    assert_eq!(
        message(&error, &[(&liar.host(), "HOST")]),
        format!(
            "cannot pull `HOST/library/python@{}`: asked `HOST` (the content has digest `{}` where `{}` was announced)",
            descriptor.digest,
            Digest::of(&corrupt),
            descriptor.digest
        )
    );
}

fn fetch_from(registry: &Registry, descriptor: &Descriptor) -> Result<(), Error> {
    let repository = reference(&format!("{}/library/python", registry.host()));
    let partial = Partial::none(&descriptor.digest);
    client().fetch_blob(&repository, descriptor, &mut Vec::new(), partial, &())
}

#[test]
fn a_mirror_that_breaks_off_is_continued_by_the_next() {
    let (first, second) = (Registry::start(), Registry::start());
    let content = noise(SIZE);
    first.add_blob("library/python", &content);
    second.add_blob("library/python", &content);
    first.inject(Fault::new("GET", "/blobs/", 99, Effect::Cut(100_000)));
    let client = mirrored(&[first.host(), second.host()]);
    let descriptor = blob(&content);
    let mut sink = Vec::new();
    let partial = Partial::none(&descriptor.digest);
    client
        .fetch_blob(&reference("python"), &descriptor, &mut sink, partial, &())
        .expect("fetched");
    assert!(sink == content);
    assert_eq!(ranges(&second), [Some("bytes=100000-".to_owned())]);
}

#[test]
fn more_or_less_than_announced_is_refused() {
    let registry = Registry::start();
    let content = noise(1000);
    registry.add_blob("team/app", &content);
    let mut descriptor = blob(&content);
    registry.inject(Fault::new("GET", "/blobs/", 1, Effect::Lengthen));
    let error = fetch(&client(), &registry, &descriptor).expect_err("too long");
    assert_eq!(
        error.asked()[0].answer.to_string(),
        "the content has more bytes where 1000 were announced"
    );
    descriptor.size = 1001;
    let error = fetch(&client(), &registry, &descriptor).expect_err("too short");
    assert_eq!(
        error.asked()[0].answer.to_string(),
        "the content has 1000 bytes where 1001 were announced"
    );
}

#[test]
fn a_missing_blob_is_not_found() {
    let registry = Registry::start();
    let descriptor = Descriptor::new(MediaType::OciLayer, missing(), 5);
    let error = fetch(&client(), &registry, &descriptor).expect_err("missing");
    assert!(matches!(error, Error::NotFound { .. }));
}

#[test]
fn redirects_are_followed_and_ranges_go_along() {
    let registry = Registry::start();
    let content = noise(SIZE);
    let cdn = FileServer::start();
    cdn.put("/object", Response::new(200, content.clone()));
    cdn.inject(Fault::new("GET", "/object", 1, Effect::Cut(1_000_000)));
    let away = Response::new(307, "").header("Location", cdn.url("/object?signature=secret"));
    registry.inject(Fault::new("GET", "/blobs/", 9, Effect::Answer(away)));
    assert!(fetch(&client(), &registry, &blob(&content)).expect("fetched") == content);
    let seen: Vec<_> = cdn.requests();
    assert_eq!(seen[1].header("range"), Some("bytes=1000000-"));
}

#[test]
fn redirects_end_and_signed_addresses_are_not_shown() {
    let registry = Registry::start();
    let content = noise(10);
    let cdn = FileServer::start();
    let away = Response::new(302, "").header("Location", cdn.url("/loop?signature=secret"));
    cdn.put("/loop", away.clone());
    registry.inject(Fault::new("GET", "/blobs/", 9, Effect::Answer(away)));
    let error = fetch(&client(), &registry, &blob(&content)).expect_err("a loop");
    assert_eq!(
        error.asked()[0].answer.to_string(),
        "it redirects more than 6 times"
    );
    assert!(!format!("{error} {error:?}").contains("secret"));
}

#[test]
fn a_full_disk_is_this_machines_failure_and_not_repeated() {
    struct Full;
    impl BlobSink for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<()> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn restart(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let registry = Registry::start();
    let content = noise(1000);
    registry.add_blob("team/app", &content);
    let descriptor = blob(&content);
    let repository = reference(&format!("{}/team/app", registry.host()));
    let partial = Partial::none(&descriptor.digest);
    let error = client().fetch_blob(&repository, &descriptor, &mut Full, partial, &());
    assert!(matches!(error, Err(Error::Sink { .. })));
    assert_eq!(registry.requests().len(), 1);
}

#[test]
fn many_threads_share_a_client() {
    let registry = Registry::start();
    let contents: Vec<Vec<u8>> = (1..16).map(|n| noise(n * 10_000)).collect();
    let client = client();
    std::thread::scope(|scope| {
        for content in &contents {
            registry.add_blob("team/app", content);
            let (client, registry) = (client.clone(), &registry);
            scope.spawn(move || {
                assert!(fetch(&client, registry, &blob(content)).expect("fetched") == *content);
            });
        }
    });
}
