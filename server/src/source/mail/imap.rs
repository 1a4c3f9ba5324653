//! IMAP (RFC 3501, 2177), as far as a mailbox is read: nothing is marked, moved or deleted there.
//!
//! Lines are put together here, literals included; what they say the parser of others knows.

use imap_proto::{AttributeValue, Capability, MailboxDatum, Response, ResponseCode, Status};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use wire::time::Timestamp;

use super::limits::{ANSWER_BYTES_MAX, ANSWER_MAX, ANSWERS_MAX, IDLE_MAX, MAIL_BYTES_MAX};
use crate::source::dial::{Line, dial};
use crate::source::moment::moment;
use crate::source::{FetchError, SourceConfig};

/// A mailbox that is open to be read.
pub(super) struct Mailbox {
    line: BufReader<Box<dyn Line>>,
    n_asked: u32,
    /// Numbers of mails hold as long as this stays the same.
    pub(super) validity: u32,
    /// Whether it says by itself that mail came.
    pub(super) can_idle: bool,
}

/// A mail as it lies there.
#[derive(Debug)]
pub(super) struct Raw {
    pub(super) uid: u32,
    /// When it came, by that server's clock.
    pub(super) arrived: Option<Timestamp>,
    pub(super) bytes: Vec<u8>,
}

fn passing(why: impl Into<String>) -> FetchError {
    FetchError::Passing { why: why.into(), retry_after: None }
}

/// A word in quotes, as far as it can be said so.
fn quoted(what: &str, word: &str) -> Result<String, FetchError> {
    if word.is_empty() || !word.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Err(FetchError::Forbidden(format!(
            "the {what} must be letters, digits and signs of ASCII: an IMAP login has no others"
        )));
    }
    Ok(format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")))
}

impl Mailbox {
    /// Signs in and opens it.
    pub(super) async fn open(config: &SourceConfig) -> Result<Self, FetchError> {
        let url: url::Url = config.url.parse().map_err(|_bad| passing("its url is no address"))?;
        let is_encrypted = url.scheme() == "imaps";
        let port = url.port().unwrap_or(if is_encrypted { 993 } else { 143 });
        let host = url.host_str().unwrap_or_default();
        let line = dial(config, (host, port), is_encrypted).await?;
        let mut mailbox =
            Self { line: BufReader::new(line), n_asked: 0, validity: 0, can_idle: false };
        let greeting = mailbox.answer().await?;
        match read(&greeting)? {
            Response::Data { status: Status::Ok, .. } => {}
            Response::Data { outcome, .. } => {
                let why = outcome.information.unwrap_or_default();
                return Err(passing(format!("it does not let us in: {why}")));
            }
            _ => return Err(FetchError::Garbled("it does not speak IMAP".to_owned())),
        }
        let user = quoted("user", config.user.as_deref().unwrap_or_default())?;
        let secret = config.password().map_err(passing)?.unwrap_or_default();
        let secret = quoted("password", &secret)?;
        mailbox.ask(&format!("LOGIN {user} {secret}")).await?;
        for answer in mailbox.ask("CAPABILITY").await? {
            if let Response::Capabilities(words) = read(&answer)? {
                let idle = |word: &Capability<'_>| matches!(word, Capability::Atom(atom) if atom.eq_ignore_ascii_case("IDLE"));
                mailbox.can_idle = words.iter().any(idle);
            }
        }
        // To be read and no more: nothing that we do changes it.
        let name = quoted("mailbox", config.mailbox.as_deref().unwrap_or("INBOX"))?;
        for answer in mailbox.ask(&format!("EXAMINE {name}")).await? {
            if let Response::Data { outcome, .. } = read(&answer)?
                && let Some(ResponseCode::UidValidity(validity)) = outcome.code
            {
                mailbox.validity = validity;
            }
        }
        if mailbox.validity == 0 {
            return Err(FetchError::Garbled(
                "it numbers no mail (UIDVALIDITY): it cannot be followed".to_owned(),
            ));
        }
        Ok(mailbox)
    }

    /// The numbers of mails that fit, the first first.
    pub(super) async fn search(&mut self, what: &str) -> Result<Vec<u32>, FetchError> {
        let mut uids = Vec::new();
        for answer in self.ask(&format!("UID SEARCH {what}")).await? {
            if let Response::MailboxData(MailboxDatum::Search(found)) = read(&answer)? {
                uids.extend(found);
            }
        }
        uids.sort_unstable();
        uids.dedup();
        Ok(uids)
    }

    /// One mail, without a mark that it was read; none where it is gone.
    pub(super) async fn fetch(&mut self, uid: u32) -> Result<Option<Raw>, FetchError> {
        let question =
            format!("UID FETCH {uid} (UID INTERNALDATE BODY.PEEK[]<0.{MAIL_BYTES_MAX}>)");
        let mut raw = None;
        for answer in self.ask(&question).await? {
            let Response::Fetch(_, attributes) = read(&answer)? else { continue };
            let (mut said, mut arrived, mut bytes) = (None, None, None);
            for attribute in attributes {
                match attribute {
                    AttributeValue::Uid(uid) => said = Some(uid),
                    // `17-Jul-1996 02:44:25 -0700`: hyphens apart it is a date of mail.
                    AttributeValue::InternalDate(date) => {
                        arrived = moment(&date.trim().replacen('-', " ", 2));
                    }
                    AttributeValue::BodySection { data: Some(data), .. } => {
                        bytes = Some(data.into_owned());
                    }
                    _ => {}
                }
            }
            if let (Some(said), Some(bytes)) = (said, bytes)
                && said == uid
            {
                raw = Some(Raw { uid, arrived, bytes });
            }
        }
        Ok(raw)
    }

    /// Waits until there may be something new.
    pub(super) async fn idle(&mut self) -> Result<(), FetchError> {
        let tag = self.say("IDLE").await?;
        loop {
            let waited = tokio::time::timeout(IDLE_MAX, self.line_of_answer()).await;
            let Ok(answer) = waited else { break };
            match read(&answer?)? {
                Response::MailboxData(MailboxDatum::Exists(_) | MailboxDatum::Recent(_)) => break,
                Response::Data { status: Status::Bye, .. } => {
                    return Err(passing("it closed the connection"));
                }
                Response::Done { .. } => return Err(passing("it does not wait for mail")),
                _ => {}
            }
        }
        self.write("DONE\r\n").await?;
        self.until_done(&tag).await.map(|_| ())
    }

    /// Says good-bye; what fails then is of no interest.
    pub(super) async fn close(mut self) {
        drop(self.ask("LOGOUT").await);
    }

    async fn ask(&mut self, question: &str) -> Result<Vec<Vec<u8>>, FetchError> {
        let tag = self.say(question).await?;
        self.until_done(&tag).await
    }

    async fn say(&mut self, question: &str) -> Result<String, FetchError> {
        self.n_asked += 1;
        let tag = format!("T{}", self.n_asked);
        self.write(&format!("{tag} {question}\r\n")).await?;
        Ok(tag)
    }

    async fn write(&mut self, words: &str) -> Result<(), FetchError> {
        let broken = |cause: std::io::Error| passing(format!("the connection broke: {cause}"));
        self.line.write_all(words.as_bytes()).await.map_err(broken)?;
        self.line.flush().await.map_err(broken)
    }

    /// All answers up to the one that ends the question, which must be a good one.
    async fn until_done(&mut self, tag: &str) -> Result<Vec<Vec<u8>>, FetchError> {
        let mut answers = Vec::new();
        loop {
            let answer = self.answer().await?;
            if let Ok(Response::Done { tag: said, status, outcome }) = read(&answer)
                && said.0 == tag
            {
                let why = outcome.information.unwrap_or_default();
                return match status {
                    Status::Ok => Ok(answers),
                    _ => Err(passing(format!("it refuses: {why}"))),
                };
            }
            if answers.len() >= ANSWERS_MAX {
                return Err(FetchError::Garbled("it answers without an end".to_owned()));
            }
            answers.push(answer);
        }
    }

    async fn answer(&mut self) -> Result<Vec<u8>, FetchError> {
        tokio::time::timeout(ANSWER_MAX, self.line_of_answer())
            .await
            .unwrap_or_else(|_late| Err(passing("it does not answer in time")))
    }

    /// One answer: a line, with the literals that it announces.
    async fn line_of_answer(&mut self) -> Result<Vec<u8>, FetchError> {
        let broken = |cause: std::io::Error| passing(format!("the connection broke: {cause}"));
        let mut answer = Vec::new();
        loop {
            let begun = answer.len();
            let room = (ANSWER_BYTES_MAX - begun) as u64;
            (&mut self.line).take(room).read_until(b'\n', &mut answer).await.map_err(broken)?;
            if !answer.ends_with(b"\n") {
                return Err(if answer.len() >= ANSWER_BYTES_MAX {
                    FetchError::Garbled(format!(
                        "it sends more than {ANSWER_BYTES_MAX} bytes at once"
                    ))
                } else {
                    passing("it closed the connection")
                });
            }
            let Some(n_bytes) = announced(&answer[begun..]) else { return Ok(answer) };
            let end = answer.len();
            if n_bytes > ANSWER_BYTES_MAX - end {
                return Err(FetchError::Garbled(format!(
                    "it sends more than {ANSWER_BYTES_MAX} bytes at once"
                )));
            }
            answer.resize(end + n_bytes, 0);
            self.line.read_exact(&mut answer[end..]).await.map_err(broken)?;
        }
    }
}

/// How many bytes follow a line that ends in `{N}`.
fn announced(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line).strip_suffix(b"}")?;
    let at = line.iter().rposition(|byte| *byte == b'{')?;
    std::str::from_utf8(&line[at + 1..]).ok()?.trim_end_matches('+').parse().ok()
}

fn read(answer: &[u8]) -> Result<Response<'_>, FetchError> {
    match Response::parse(answer) {
        Ok((_, response)) => Ok(response),
        Err(_bad) => Err(FetchError::Garbled("it answers what is no IMAP".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_told_by_the_end_of_its_line() {
        assert_eq!(announced(b"* 1 FETCH (BODY[] {342}\r\n"), Some(342));
        assert_eq!(announced(b"* OK {12} said\r\n"), None);
        assert_eq!(announced(b"* OK {x}\r\n"), None);
    }

    #[test]
    fn a_password_cannot_end_its_quotes() {
        assert_eq!(quoted("password", "a\"b\\c").ok().as_deref(), Some("\"a\\\"b\\\\c\""));
        for wrong in ["", "a\r\nT2 DELETE INBOX", "contraseña"] {
            assert!(quoted("password", wrong).is_err(), "{wrong}");
        }
    }
}
