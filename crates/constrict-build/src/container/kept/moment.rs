//! Points in time, as records and logs have them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Nanoseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Moment(u64);

impl Moment {
    /// This one.
    pub fn now() -> Self {
        Moment::from(SystemTime::now())
    }

    /// RFC 3339 with nanoseconds, in UTC.
    pub fn rfc3339(self) -> String {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0))
            .ok()
            .and_then(|time| time.format(&Rfc3339).ok())
            .unwrap_or_default()
    }

    /// Reads what [`Moment::rfc3339`] writes, in any time zone.
    pub fn parse(text: &str) -> Option<Self> {
        let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        Some(Moment(u64::try_from(time.unix_timestamp_nanos()).ok()?))
    }

    /// Seconds from here to `later`; 0 if that is before.
    pub fn seconds_until(self, later: Moment) -> u64 {
        later.0.saturating_sub(self.0) / 1_000_000_000
    }

    /// The system's way to say it.
    pub fn system_time(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_nanos(self.0)
    }
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Moment(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn moments_are_written_and_read_as_rfc_3339() {
        let moment = Moment(1_700_000_000_120_000_000);
        assert_eq!(moment.rfc3339(), "2023-11-14T22:13:20.12Z");
        assert_eq!(Moment::parse(&moment.rfc3339()), Some(moment));
        assert_eq!(Moment::parse("2023-11-14T23:13:20.12+01:00"), Some(moment));
        assert_eq!(Moment::parse("soon"), None);
        assert_eq!(moment.seconds_until(Moment(1_700_000_062_000_000_000)), 61);
        assert_eq!(moment.seconds_until(Moment(0)), 0);
        assert_eq!(Moment::from(moment.system_time()), moment);
    }
}
