//! E-mail notices: a mailbox of the room that is read, its mail made official notices by rules of the room (`rule`).
//!
//! ```text
//! mailbox ─▶ imap (read only) ─▶ letter (who, what) ─▶ rule ─▶ a report of the kind official, which rings
//! ```
//!
//! A mail that fits no rule is counted and forgotten: it is somebody's letter and no report.

mod idle;
mod imap;
mod letter;
mod limits;
mod rule;

use async_trait::async_trait;
use engine::report::Words;
use serde::{Deserialize, Serialize};
use wire::grade::{Basis, Kind};
use wire::time::Timestamp;

use self::imap::{Mailbox, Raw};
use super::refusals::Refusals;
use super::{Draft, FetchError, Fetched, Held, Profile, Source, SourceConfig, dial, words};

pub(super) use idle::idle;
pub(super) use limits::RULES_MAX;
pub use rule::NoticeRule;

/// A mailbox that is read for the first time, or was numbered anew, is read from a day ago: what is known of it folds.
const FIRST_MS: i64 = 24 * 3_600_000;
/// Months as IMAP writes them.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What is wrong with its address, in one sentence.
pub(super) fn check_url(url: &url::Url, allow_private: bool) -> Result<(), String> {
    dial::check_url(url, ["imaps", "imap"], allow_private)
}

/// The mailbox.
#[derive(Debug)]
pub struct Mail {
    profile: Profile,
    config: SourceConfig,
}

impl Mail {
    /// From its settings.
    pub fn new(config: &SourceConfig) -> Result<Self, String> {
        config.check()?;
        Ok(Self { profile: config.profile("Mail"), config: config.clone() })
    }

    /// What a mail becomes, or why it becomes nothing. Whose it is and what it says is told to nobody then.
    fn draft(
        &self,
        raw: &Raw,
        validity: u32,
        now: Timestamp,
    ) -> Result<(Draft, usize), (&'static str, &'static str)> {
        let letter =
            letter::read(&raw.bytes).ok_or(("unreadable", "it is no mail of one sender"))?;
        let fits = |rule: &&NoticeRule| rule.takes(&letter.from, &letter.subject);
        let rule = self.config.notices.iter().position(|rule| fits(&rule));
        let n = rule.ok_or((
            "no_rule",
            "no [[source.notices]] table takes mail of this sender and subject",
        ))?;
        if let Some(server) = &self.config.authenticated_by
            && !letter.is_vouched_by(server)
        {
            return Err((
                "unauthenticated",
                "a rule takes it, but the server named in authenticated_by does not say that the sender's domain vouches for it",
            ));
        }
        let rule = &self.config.notices[n];
        let text = letter.text.ok_or(("nothing_said", "it has neither a subject nor a text"))?;
        // By the mailbox's own clock: a notice must not be lost, or kept quiet, because its sender's clock is wrong.
        let arrived = raw.arrived.unwrap_or(now).min(now);
        // Whose name it is stands in it: nobody else's mail takes the place of this one.
        let named = match &letter.message_id {
            Some(id) => format!("{id} {}", letter.from.to_lowercase()),
            None => format!("{validity} {}", raw.uid),
        };
        let source_id = blake3::hash(named.as_bytes()).to_hex()[..32].to_owned();
        let draft = Draft {
            observed_at: arrived,
            updated_at: Some(arrived),
            kind: Kind::Official,
            basis: Basis::Unknown,
            status: None,
            hazard: rule.hazard,
            severity: rule.severity,
            radius_m: rule.radius_m,
            place: rule.spot(),
            words: Words {
                source_id: Some(source_id),
                text: Some(text),
                place: rule.place.as_deref().and_then(words::line),
                author: words::line(&letter.from),
                ..Words::default()
            },
        };
        Ok((draft, n))
    }
}

/// Where to go on: numbers hold as long as the mailbox is numbered so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Cursor {
    validity: u32,
    last: u32,
}

/// A day as IMAP writes it.
fn day(at: Timestamp) -> String {
    let said = at.to_string();
    let (year, month, day) = (&said[..4], &said[5..7], &said[8..10]);
    let month = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    format!("{day}-{}-{year}", month.unwrap_or(&"Jan"))
}

#[async_trait]
impl Source for Mail {
    fn dialect(&self) -> &'static str {
        "mail"
    }

    fn profile(&self) -> Profile {
        self.profile.clone()
    }

    async fn fetch(
        &mut self,
        cursor: &str,
        _held: &dyn Held,
        now: Timestamp,
    ) -> Result<Option<Fetched>, FetchError> {
        let known: Cursor = serde_json::from_str(cursor).unwrap_or_default();
        let mut mailbox = Mailbox::open(&self.config).await?;
        let validity = mailbox.validity;
        let mut at = if known.validity == validity { known } else { Cursor { validity, last: 0 } };
        let what = if at.last > 0 {
            format!("UID {}:*", at.last.saturating_add(1))
        } else {
            format!("SINCE {}", day(now.plus_ms(-FIRST_MS)))
        };
        // The last mail answers to any number that is beyond it.
        let last = at.last;
        let uids = mailbox.search(&what).await?.into_iter().filter(|uid| *uid > last);
        let mut fetched = Fetched::default();
        let mut refusals = Refusals::default();
        for uid in uids.take(limits::MAILS_MAX) {
            // One that is gone meanwhile was somebody's to delete.
            if let Some(raw) = mailbox.fetch(uid).await? {
                fetched.n_bytes += raw.bytes.len() as u64;
                fetched.content_at = fetched.content_at.max(raw.arrived);
                match self.draft(&raw, validity, now) {
                    Ok((draft, rule)) => {
                        let id = draft.words.source_id.clone().unwrap_or_default();
                        fetched.rings.insert(id, self.config.notices[rule].level());
                        fetched.drafts.push(draft);
                    }
                    Err((reason, why)) => refusals.add(reason, None, why),
                }
            }
            at.last = uid;
        }
        mailbox.close().await;
        refusals.settle(&mut fetched);
        fetched.cursor =
            serde_json::to_string(&at).map_err(|cause| FetchError::Garbled(cause.to_string()))?;
        Ok(Some(fetched))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_as_the_standard_says() {
        let at: Timestamp = "2026-11-07T23:59:00Z".parse().expect("a moment");
        assert_eq!(day(at), "07-Nov-2026");
    }
}
