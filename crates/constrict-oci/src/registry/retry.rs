//! When a failed request is repeated, and after how long.
//!
//! `Retry-After` is RFC 9110's: seconds or a date.

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use ureq::http::HeaderMap;

use super::{Answer, Outage};

/// No pause is longer, whatever the server wishes, except for `Retry-After`.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// A server that wants a longer pause is taken to have refused.
const RETRY_AFTER_MAX: u64 = 60;

/// The attempts that are left for one request.
#[derive(Clone, Debug)]
pub(crate) struct Attempts {
    left: u32,
    pause: Duration,
    fresh: (u32, Duration),
}

impl Attempts {
    pub(crate) fn new(retries: u32, backoff: Duration) -> Attempts {
        Attempts {
            left: retries,
            pause: backoff,
            fresh: (retries, backoff),
        }
    }

    /// All of them again, after an attempt that got on.
    pub(crate) fn renew(&mut self) {
        (self.left, self.pause) = self.fresh;
    }

    /// How long to wait before the next attempt; `None` if there is to be none.
    pub(crate) fn next(&mut self, answer: &Answer) -> Option<Duration> {
        if self.left == 0 || !answer.may_pass() {
            return None;
        }
        if let Answer::Network { outage, .. } = answer
            && *outage != Outage::Broken
        {
            // nobody is there; a server that restarts is given one more chance
            self.left = 1;
        }
        self.left -= 1;
        let pause = self.pause.min(PAUSE_MAX);
        self.pause = pause * 2;
        match answer {
            Answer::Status {
                retry_after: Some(seconds),
                ..
            } if *seconds > RETRY_AFTER_MAX => None,
            Answer::Status {
                retry_after: Some(seconds),
                ..
            } => Some(pause.max(Duration::from_secs(*seconds))),
            _ => Some(pause),
        }
    }
}

/// The seconds that a `Retry-After` header asks for.
pub(crate) fn retry_after(headers: &HeaderMap, now: OffsetDateTime) -> Option<u64> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    // an HTTP date is one of RFC 2822 that names its zone `GMT`
    let date = OffsetDateTime::parse(text, &Rfc2822).ok()?;
    Some(u64::try_from((date - now).whole_seconds()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, retry_after: Option<u64>) -> Answer {
        Answer::Status {
            status,
            message: None,
            retry_after,
        }
    }

    #[test]
    fn pauses_double_and_end() {
        let mut attempts = Attempts::new(3, Duration::from_millis(100));
        let pauses: Vec<_> = (0..4)
            .map(|_| {
                attempts
                    .next(&status(503, None))
                    .map(|pause| pause.as_millis())
            })
            .collect();
        assert_eq!(pauses, [Some(100), Some(200), Some(400), None]);
        attempts.renew();
        let gone = Answer::Network {
            reason: "connection refused".to_owned(),
            outage: Outage::Refused,
        };
        assert!(attempts.next(&gone).is_some() && attempts.next(&gone).is_none());
        attempts.renew();
        assert_eq!(
            attempts.next(&status(429, Some(2))),
            Some(Duration::from_secs(2))
        );
        assert_eq!(attempts.next(&status(429, Some(3600))), None);
    }

    #[test]
    fn what_will_not_pass_is_not_repeated() {
        let mut attempts = Attempts::new(3, Duration::ZERO);
        assert_eq!(attempts.next(&status(400, None)), None);
        assert_eq!(attempts.next(&Answer::NotFound), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = OffsetDateTime::from_unix_timestamp(1_445_412_470).expect("in range");
        let parse = |text: &'static str| {
            let headers = [("retry-after", text)].map(|(name, value)| {
                (
                    name.parse().expect("a name"),
                    value.parse().expect("a value"),
                )
            });
            retry_after(&headers.into_iter().collect(), now)
        };
        assert_eq!(parse("7"), Some(7));
        assert_eq!(parse("Wed, 21 Oct 2015 07:28:00 GMT"), Some(10));
        assert_eq!(parse("Wed, 21 Oct 2015 07:00:00 GMT"), Some(0));
        assert_eq!(parse("soon"), None);
    }
}
