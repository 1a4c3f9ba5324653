//! Moments as feeds write them: with a zone, in one of two forms. What names no zone is nobody's time.

use jiff::fmt::rfc2822::DateTimeParser;
use wire::time::Timestamp;

/// Weekdays are often wrong in feeds, and say nothing that the date does not.
static MAIL: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);

/// RFC 3339 with a zone, or the dates of mail and RSS.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(moment) = text.parse() {
        return Some(moment);
    }
    Some(Timestamp(MAIL.parse_timestamp(text).ok()?.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_mail_and_of_the_web_are_read_and_one_without_a_zone_is_not() {
        let expected = "2019-12-30T01:35:11Z".parse().ok();
        for text in [
            "2019-12-30T01:35:11Z",
            "2019-12-30T02:35:11+01:00",
            "Mon, 30 Dec 2019 01:35:11 GMT",
            "Tue, 30 Dec 2019 01:35:11 GMT",
            " Mon, 30 Dec 2019 02:35:11 +0100 ",
            "30 Dec 2019 01:35:11 +0000",
        ] {
            assert_eq!(moment(text), expected, "{text}");
        }
        for text in ["2019-12-30T01:35:11", "30/12/2019", "", "yesterday", "1577669711"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
