//! Close codes of `/live`: number, name, and what the client must do. The table in docs/live.md is held to this list.

/// What a client does after a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Reconnect with the last epoch and seq, after a jittered pause.
    Resume,
    /// Mend the request first; the same one will be refused again.
    Mend,
    /// Sign in or get a key first.
    SignIn,
}

/// One close code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseCode {
    /// The number, 4000 to 4999.
    pub code: u16,
    /// The name, sent as the close reason.
    pub name: &'static str,
    /// What the client must do.
    pub then: Then,
}

/// A frame that is not a client frame, or a view that cannot be served.
pub const BAD_REQUEST: CloseCode = CloseCode { code: 4400, name: "bad_request", then: Then::Mend };
/// The session ended or the key was revoked.
pub const UNAUTHORIZED: CloseCode =
    CloseCode { code: 4401, name: "unauthorized", then: Then::SignIn };
/// The reader may not see what it asks for.
pub const FORBIDDEN: CloseCode = CloseCode { code: 4403, name: "forbidden", then: Then::Mend };
/// The reader took nothing for too long; its cursor still resumes.
pub const CONSUMER_TOO_SLOW: CloseCode =
    CloseCode { code: 4008, name: "consumer_too_slow", then: Then::Resume };
/// More client frames than allowed.
pub const TOO_MANY_FRAMES: CloseCode =
    CloseCode { code: 4429, name: "too_many_frames", then: Then::Mend };
/// The server is stopping.
pub const GOING_AWAY: CloseCode = CloseCode { code: 4001, name: "going_away", then: Then::Resume };

/// Every code, in the order of the table.
pub const ALL: [CloseCode; 6] =
    [GOING_AWAY, CONSUMER_TOO_SLOW, BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, TOO_MANY_FRAMES];

#[cfg(test)]
mod tests {
    use super::*;

    fn words(then: Then) -> &'static str {
        match then {
            Then::Resume => "resume: come back with the last epoch and seq, after a jittered pause",
            Then::Mend => "mend the request; the same one will be refused again",
            Then::SignIn => "sign in or get a key first",
        }
    }

    #[test]
    fn the_table_in_the_documents_lists_these_codes_and_no_others() {
        let page = include_str!("../../docs/live.md");
        let listed: Vec<&str> = page.lines().filter(|line| line.starts_with("| 4")).collect();
        let expected: Vec<String> = ALL
            .iter()
            .map(|close| format!("| {} | `{}` | {} |", close.code, close.name, words(close.then)))
            .collect();
        assert_eq!(listed, expected);
    }
}
