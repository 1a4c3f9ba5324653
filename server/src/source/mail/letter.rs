//! A mail as it is read: who says to have sent it, whether our own server vouches for that, and what it says.

use mail_parser::{Address, HeaderName, Message, MessageParser};

use crate::source::words;

/// What a mail says.
#[derive(PartialEq, Eq)]
pub(super) struct Letter {
    /// The address that stands in `From`.
    pub(super) from: String,
    pub(super) subject: String,
    /// Subject and text, without what stands under a signature's line.
    pub(super) text: Option<String>,
    /// What it is called.
    pub(super) message_id: Option<String>,
    /// What the first server that speaks of it says of its origin.
    verdict: Option<String>,
}

// By hand: what people write must not reach a log by accident.
impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Letter(..)")
    }
}

/// Reads one; none where it names no sender, or two.
pub(super) fn read(bytes: &[u8]) -> Option<Letter> {
    let message = MessageParser::default().parse(bytes)?;
    let from = sender(&message)?;
    let subject = words::line(message.subject().unwrap_or_default()).unwrap_or_default();
    let body = message.body_text(0).unwrap_or_default();
    let body = unsigned(&body);
    let text =
        if body.trim().is_empty() { subject.clone() } else { format!("{subject}\n\n{body}") };
    Some(Letter {
        from,
        text: words::text(&text),
        subject,
        message_id: message.message_id().map(str::to_owned),
        // The topmost is that of the last server on its way: ours. What stands below it anybody may have written.
        verdict: message
            .headers_raw()
            .find(|(name, _)| name.eq_ignore_ascii_case("Authentication-Results"))
            .map(|(_, value)| value.split_whitespace().collect::<Vec<_>>().join(" ")),
    })
}

/// The one address in `From`. A mail that says two is somebody's who wants to be taken for another.
fn sender(message: &Message<'_>) -> Option<String> {
    let is_from = |header: &&mail_parser::Header<'_>| header.name == HeaderName::From;
    if message.headers().iter().filter(is_from).count() != 1 {
        return None;
    }
    let Address::List(list) = message.from()? else { return None };
    let [one] = list.as_slice() else { return None };
    words::id(one.address.as_deref()?).filter(|address| address.contains('@'))
}

/// The text above the line that begins a signature: names and telephones of persons are no part of a notice.
fn unsigned(body: &str) -> String {
    let lines = body.lines().take_while(|line| !matches!(*line, "-- " | "--"));
    lines.collect::<Vec<_>>().join("\n")
}

impl Letter {
    /// Whether the server of this name says that the sender's domain vouches for it (RFC 8601, `dmarc=pass`).
    pub(super) fn is_vouched_by(&self, server: &str) -> bool {
        let Some(verdict) = &self.verdict else { return false };
        let mut parts = verdict.split(';').map(str::trim);
        let named = parts.next().unwrap_or_default();
        // A version may stand behind the name.
        let named = named.split_whitespace().next().unwrap_or_default();
        let domain = self.from.rsplit('@').next().unwrap_or_default().to_lowercase();
        let mut passes = parts
            .map(str::to_lowercase)
            .filter(|part| part.split_whitespace().next() == Some("dmarc=pass"));
        named.eq_ignore_ascii_case(server)
            && passes.any(|part| {
                part.split_whitespace().any(|word| word == format!("header.from={domain}"))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(headers: &str, body: &str) -> Option<Letter> {
        read(
            format!("{headers}\r\n\r\n{body}")
                .replace('\n', "\r\n")
                .replace("\r\r", "\r")
                .as_bytes(),
        )
    }

    #[test]
    fn what_is_said_is_read_in_any_dress_and_the_signature_is_left_out() {
        let plain = mail(
            "From: SAIH <saih@chj.example>\nSubject: =?utf-8?q?Caudal_1=2E600_m=C2=B3/s?=\nMessage-ID: <1@chj.example>",
            "flow 1,600 m³/s at Poio, rising\n-- \nAnna, tel. 600 000 000",
        );
        let plain = plain.expect("a letter");
        assert_eq!(plain.from, "saih@chj.example");
        assert_eq!(
            plain.text.as_deref(),
            Some("Caudal 1.600 m³/s\n\nflow 1,600 m³/s at Poio, rising")
        );
        assert_eq!(plain.message_id.as_deref(), Some("1@chj.example"));
        let html = mail(
            "From: saih@chj.example\nSubject: x\nContent-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable",
            "<p>Crecida en <b>Paiporta</b>, barranco =E1gil</p><script>alert(1)</script>",
        );
        let text = html.and_then(|html| html.text).unwrap_or_default();
        assert!(
            text.contains("Crecida en Paiporta, barranco ágil") && !text.contains("alert"),
            "{text}"
        );
    }

    #[test]
    fn who_says_two_senders_or_none_is_nobody() {
        for headers in [
            "Subject: x",
            "From: a@a.example, b@b.example\nSubject: x",
            "From: a@a.example\nFrom: b@b.example\nSubject: x",
            "From: nobody\nSubject: x",
        ] {
            assert_eq!(mail(headers, "x"), None, "{headers}");
        }
    }

    #[test]
    fn only_the_topmost_word_of_our_own_server_counts_and_only_for_the_domain_in_from() {
        let from = |results: &str| {
            mail(&format!("{results}\nFrom: saih@chj.example\nSubject: x"), "x").expect("a letter")
        };
        let good = "Authentication-Results: mx.city.example 1; spf=pass smtp.mailfrom=x.example;\n dmarc=pass (p=reject) header.from=chj.example";
        assert!(from(good).is_vouched_by("mx.city.example"));
        for bad in [
            "X-Nothing: at all",
            "Authentication-Results: mx.evil.example; dmarc=pass header.from=chj.example",
            "Authentication-Results: mx.city.example; dmarc=fail header.from=chj.example",
            "Authentication-Results: mx.city.example; dmarc=pass header.from=evil.example",
            "Authentication-Results: mx.city.example; spf=pass header.from=chj.example",
            &format!("Authentication-Results: mx.city.example; dmarc=none\n{good}"),
        ] {
            assert!(!from(bad).is_vouched_by("mx.city.example"), "{bad}");
        }
    }
}
