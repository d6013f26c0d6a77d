//! Times as people write them.

use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

/// The seconds since 1970 of a time in RFC 3339, or of a day (`2026-01-31`, midnight UTC); `None` for anything else and
/// for times before 1970.
pub fn rfc3339(text: &str) -> Option<u64> {
    let day = time::macros::format_description!("[year]-[month]-[day]");
    let time = OffsetDateTime::parse(text, &Rfc3339).ok();
    let time = time.or_else(|| Some(Date::parse(text, day).ok()?.midnight().assume_utc()));
    u64::try_from(time?.unix_timestamp()).ok()
}
