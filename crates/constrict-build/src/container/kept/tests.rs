use constrict_oci::{Digest, RunConfig};
use constrict_sandbox::Mode;

use super::home::Home;
use super::id::Id;
use super::moment::Moment;
use super::record::{Record, Status, VERSION};
use super::{all, find};
use crate::container::request::Request;
use crate::store::Store;

/// A record of a container that runs.
fn record(id: &str, name: &str) -> Record {
    Record {
        version: VERSION,
        id: Id::parse(&format!("{id:0<64}")).unwrap(),
        name: name.into(),
        image: "app:1".into(),
        manifest: Digest::of(b"manifest"),
        layers: vec![Digest::of(b"layer")],
        mode: Mode::Root,
        created: Moment::now(),
        command: vec!["true".into()],
        config: RunConfig::default(),
        request: Request::default(),
        labels: Default::default(),
        hostname: "box".into(),
        remove: false,
        stop_signal: 15,
        stop_timeout: 10,
        healthcheck: None,
        ports: Vec::new(),
        status: running(),
        health: None,
    }
}

fn running() -> Status {
    Status::Running {
        pid: 7,
        started: Moment::now(),
    }
}

/// Makes a container of an image that runs until what is returned is dropped.
pub(crate) fn keep(store: &Store, manifest: Digest, layers: Vec<Digest>) -> impl Sized + use<> {
    let record = Record {
        manifest,
        layers,
        ..record("abc", "kept")
    };
    Home::make(store, &record).unwrap()
}

#[test]
fn containers_are_found_by_name_id_and_the_beginning_of_an_id() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), "root").unwrap();
    assert!(all(&store).unwrap().is_empty());
    let one = Home::make(&store, &record("ab1", "web")).unwrap();
    let two = Home::make(&store, &record("ab2", "ab1")).unwrap();
    let found = |text: &str| match find(&store, text) {
        Ok(kept) => kept.record.name,
        Err(error) => error.to_string(),
    };
    assert_eq!(found("web"), "web");
    assert_eq!(found("/web"), "web");
    // a name comes before an id
    assert_eq!(found("ab1"), "ab1");
    assert_eq!(found("ab10"), "web");
    assert_eq!(found(&format!("{:0<64}", "ab2")), "ab1");
    assert_eq!(found("ab"), "`ab` is the beginning of 2 containers' ids");
    assert_eq!(found("we"), "no container `we`");
    assert_eq!(found(""), "no container ``");
    drop((one, two));
}

#[test]
fn what_killed_supervisors_left_is_put_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), "root").unwrap();
    let told = || {
        let mut told: Vec<_> = all(&store)
            .unwrap()
            .into_iter()
            .map(|kept| {
                let status = match kept.record.status {
                    Status::Exited { code, .. } => format!("exited {code}"),
                    other => format!("{other:?}").split(' ').next().unwrap().to_string(),
                };
                format!("{} {status}", kept.record.name)
            })
            .collect();
        told.sort();
        told
    };
    let living = Home::make(&store, &record("a", "living")).unwrap();
    drop(Home::make(&store, &record("b", "killed")).unwrap());
    let short = Record {
        remove: true,
        ..record("c", "short")
    };
    drop(Home::make(&store, &short).unwrap());
    let begun = Record {
        status: Status::Created,
        ..record("d", "begun")
    };
    let begins = Home::make(&store, &begun).unwrap();
    assert_eq!(
        told(),
        ["begun Created", "killed exited 137", "living Running"]
    );
    drop(begins);
    assert_eq!(told(), ["killed exited 137", "living Running"]);
    let running = find(&store, "living").unwrap();
    drop(living);
    assert_eq!(told(), ["killed exited 137", "living exited 137"]);
    running.remove().unwrap();
    running.remove().unwrap();
    assert_eq!(told(), ["killed exited 137"]);
    assert!(running.look_again().unwrap().is_none());
}

#[test]
fn a_record_of_another_version_is_no_container() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), "root").unwrap();
    let other = Record {
        version: VERSION + 1,
        ..record("a", "other")
    };
    let home = Home::make(&store, &other).unwrap();
    assert!(all(&store).unwrap().is_empty());
    home.save(&record("a", "other")).unwrap();
    assert_eq!(all(&store).unwrap().len(), 1);
    home.remove().unwrap();
    assert!(all(&store).unwrap().is_empty());
}
