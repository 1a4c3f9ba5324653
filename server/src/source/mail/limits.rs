//! Limits of a mailbox that is read.

use std::time::Duration;

/// Of a mail so much is read: a notice is some lines, and what hangs on it is not looked at.
pub(super) const MAIL_BYTES_MAX: usize = 256 << 10;
/// One answer of a server: a mail with what is put around it.
pub(super) const ANSWER_BYTES_MAX: usize = MAIL_BYTES_MAX + (64 << 10);
/// Answers to one question: a mailbox tells of each mail that came or went meanwhile.
pub(super) const ANSWERS_MAX: usize = 2_000;
/// Mails of one fetch; what is left waits for the next.
pub(super) const MAILS_MAX: usize = 50;
/// A question is answered within it.
pub(super) const ANSWER_MAX: Duration = Duration::from_secs(30);
/// So long a server is left waiting for mail before it is asked anew: it may hang up after half an hour, and routers sooner.
pub(super) const IDLE_MAX: Duration = Duration::from_mins(9);
/// Rules of one mailbox.
pub(in crate::source) const RULES_MAX: usize = 200;
