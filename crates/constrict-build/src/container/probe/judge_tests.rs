//! What is seen, and the verdict that follows.

use std::time::Duration;

use super::super::conversation::Answer;
use super::super::listener::Listener;
use super::super::{Doubt, How, Trial};
use super::{Asked, Look, candidate, doubts, judge};

fn trial(exposed: &[u16]) -> Trial {
    Trial {
        limit: Duration::from_secs(30),
        settle: Duration::from_secs(3),
        exposed: exposed.to_vec(),
        listens: false,
        read_only: false,
    }
}

fn listener(address: &str, waiting: u32) -> Listener {
    Listener {
        address: address.parse().unwrap(),
        waiting,
    }
}

/// A look after so many seconds, idle, at listeners that are as old.
fn look(seconds: u64, listeners: &[Listener]) -> Look {
    Look {
        elapsed: Duration::from_secs(seconds),
        idle: true,
        listeners: listeners.to_vec(),
        steady: Duration::from_secs(seconds),
        asked: None,
    }
}

fn asked(seconds: u64, answer: Option<Answer>) -> Option<Asked> {
    Some(Asked {
        port: 8000,
        since: Duration::from_secs(seconds),
        answer,
    })
}

#[test]
fn without_ports_it_lives_when_it_goes_on() {
    let trial = trial(&[]);
    assert_eq!(judge(&trial, &look(2, &[])), None);
    assert_eq!(judge(&trial, &look(3, &[])), Some(How::Runs));
    let mut busy = look(3, &[]);
    busy.idle = false;
    assert_eq!(judge(&trial, &busy), None, "it may still be importing");
    busy.elapsed = trial.limit;
    assert_eq!(judge(&trial, &busy), Some(How::Runs));
}

#[test]
fn one_that_is_known_to_listen_is_waited_for() {
    let mut trial = trial(&[]);
    trial.listens = true;
    assert_eq!(judge(&trial, &look(29, &[])), None);
    assert_eq!(judge(&trial, &look(30, &[])), Some(How::Runs));
    assert_eq!(doubts(&trial, &How::Runs, &[], None), [Doubt::NotListening]);
    let here = [listener("127.0.0.1:5000", 0)];
    assert_eq!(judge(&trial, &look(3, &here)), Some(How::Runs));
    assert_eq!(
        doubts(&trial, &How::Runs, &here, None),
        [Doubt::LoopbackOnly(vec![here[0].address])]
    );
}

#[test]
fn exposed_ports_have_to_be_listened_on() {
    let trial = trial(&[8000]);
    assert_eq!(judge(&trial, &look(29, &[])), None);
    assert_eq!(judge(&trial, &look(30, &[])), Some(How::Deaf));
}

#[test]
fn loopback_only_is_found_once_nothing_more_comes() {
    let trial = trial(&[8000]);
    let here = [listener("127.0.0.1:8000", 0)];
    assert_eq!(judge(&trial, &look(2, &here)), None);
    let unreachable = Some(How::Unreachable(vec![here[0].address]));
    assert_eq!(judge(&trial, &look(3, &here)), unreachable);
    let mut busy = look(3, &here);
    busy.idle = false;
    assert_eq!(judge(&trial, &busy), None);
    let other = [listener("[::1]:5000", 0)];
    assert_eq!(judge(&trial, &look(29, &other)), None);
    assert_eq!(
        judge(&trial, &look(30, &other)),
        Some(How::Unreachable(vec![other[0].address]))
    );
}

#[test]
fn what_a_port_says_counts_at_once() {
    let trial = trial(&[8000]);
    let mut seen = look(1, &[listener("0.0.0.0:8000", 0)]);
    for (answer, expected) in [
        (
            Answer::Http(404),
            How::Http {
                port: 8000,
                status: 404,
            },
        ),
        (Answer::Other, How::Speaks { port: 8000 }),
        (Answer::Closed, How::Accepts { port: 8000 }),
    ] {
        seen.asked = asked(0, Some(answer));
        assert_eq!(judge(&trial, &seen), Some(expected));
    }
}

#[test]
fn silence_counts_once_the_connection_is_taken() {
    let trial = trial(&[8000]);
    let mut seen = look(5, &[listener("0.0.0.0:8000", 1)]);
    seen.asked = asked(4, None);
    assert_eq!(
        judge(&trial, &seen),
        None,
        "its workers may still be starting"
    );
    seen.elapsed = trial.limit;
    assert_eq!(judge(&trial, &seen), Some(How::Ignores { port: 8000 }));
    let mut taken = look(5, &[listener("0.0.0.0:8000", 0)]);
    taken.asked = asked(2, None);
    assert_eq!(judge(&trial, &taken), None);
    taken.asked = asked(3, None);
    assert_eq!(judge(&trial, &taken), Some(How::Accepts { port: 8000 }));
}

#[test]
fn exposed_ports_are_asked_before_others() {
    let trial = trial(&[8000]);
    let all = [
        listener("0.0.0.0:5000", 0),
        listener("[::]:8000", 0),
        listener("127.0.0.1:8000", 0),
    ];
    assert_eq!(candidate(&trial, &look(0, &all)), Some(all[1].address));
    assert_eq!(candidate(&trial, &look(2, &all[..1])), None);
    assert_eq!(candidate(&trial, &look(3, &all[..1])), Some(all[0].address));
    assert_eq!(candidate(&trial, &look(3, &all[2..])), None);
    assert_eq!(
        candidate(&super::tests::trial(&[]), &look(0, &all[..1])),
        Some(all[0].address)
    );
}

#[test]
fn doubts_are_told() {
    let exposed = trial(&[8000]);
    let exception = || Some("KeyError: 'X'".to_string());
    let failed = How::Http {
        port: 5000,
        status: 500,
    };
    assert_eq!(
        doubts(&exposed, &failed, &[], exception()),
        [
            Doubt::OtherPort(5000),
            Doubt::ServerError(500),
            Doubt::Exception("KeyError: 'X'".into())
        ]
    );
    let fine = How::Http {
        port: 8000,
        status: 404,
    };
    assert_eq!(doubts(&exposed, &fine, &[], exception()), []);
    assert_eq!(
        doubts(&exposed, &How::Done, &[], None),
        [Doubt::EndedThoughExposed]
    );
    assert_eq!(doubts(&trial(&[]), &How::Done, &[], None), []);
}
