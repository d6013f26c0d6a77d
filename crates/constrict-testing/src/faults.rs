//! What a server of this crate does wrong when a test wants it to. Never acts unless asked.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::Response;
use crate::http::Request;

/// A fault and the requests that meet it.
#[derive(Clone, Debug)]
pub struct Fault {
    /// `GET`, ...
    pub method: &'static str,
    /// What the path has in it.
    pub path: String,
    /// How often it happens; afterwards all is well.
    pub times: usize,
    /// What happens.
    pub effect: Effect,
}

impl Fault {
    /// A fault of the next `times` requests of this method whose path has `path` in it.
    pub fn new(
        method: &'static str,
        path: impl Into<String>,
        times: usize,
        effect: Effect,
    ) -> Fault {
        Fault {
            method,
            path: path.into(),
            times,
            effect,
        }
    }
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Effect {
    /// The request is not looked at; this is the answer.
    Answer(Response),
    /// The connection ends after so many bytes of the body.
    Cut(usize),
    /// Nothing more comes after so many bytes of the body, and the connection stays open.
    Stall(usize),
    /// After so many bytes of the body nothing comes for this time.
    Pause(usize, Duration),
    /// The first byte of the body is another.
    Corrupt,
    /// The body has one byte more than it should.
    Lengthen,
    /// A `Range` header is not looked at.
    IgnoreRange,
    /// A header of the answer has another value.
    Header(&'static str, String),
}

#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(fault);
    }

    pub(crate) fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Answers through the first fault that the request meets, if any.
    pub(crate) fn answer(
        &self,
        request: &Request,
        serve: impl Fn(&Request) -> Response,
    ) -> Response {
        let effect = {
            let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let met = faults.iter_mut().find(|fault| {
                fault.times > 0
                    && fault.method == request.method
                    && request.path.contains(&fault.path)
            });
            met.map(|fault| {
                fault.times -= 1;
                fault.effect.clone()
            })
        };
        match effect {
            None => serve(request),
            Some(effect) => apply(effect, request, serve),
        }
    }
}

fn apply(effect: Effect, request: &Request, serve: impl Fn(&Request) -> Response) -> Response {
    match effect {
        Effect::Answer(response) => response,
        Effect::Cut(after) => Response {
            cut: Some(after),
            ..serve(request)
        },
        Effect::Stall(after) => Response {
            cut: Some(after),
            stalls: true,
            ..serve(request)
        },
        Effect::Pause(after, time) => Response {
            pause: Some((after, time)),
            ..serve(request)
        },
        Effect::Corrupt => {
            let mut response = serve(request);
            if let Some(byte) = response.body.first_mut() {
                *byte ^= 0x55;
            }
            response
        }
        Effect::Lengthen => {
            // without a length, so that only counting finds it
            let mut response = serve(request);
            response.body.push(0);
            let body = std::mem::take(&mut response.body);
            response.body = [
                format!("{:x}\r\n", body.len()).as_bytes(),
                &body,
                b"\r\n0\r\n\r\n",
            ]
            .concat();
            response
                .headers
                .retain(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
            response.header("Transfer-Encoding", "chunked")
        }
        Effect::IgnoreRange => {
            let mut request = request.clone();
            request.headers.retain(|(name, _)| name != "range");
            serve(&request)
        }
        Effect::Header(name, value) => {
            let mut response = serve(request);
            response
                .headers
                .retain(|(key, _)| !key.eq_ignore_ascii_case(name));
            response.header(name, value)
        }
    }
}
