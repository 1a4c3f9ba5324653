//! A mailbox that says by itself that mail came: a knock and no more, what is taken comes by the one road that knows where it stopped.

use tokio::sync::Notify;

use super::imap::Mailbox;
use crate::source::SourceConfig;

/// Knocks whenever there may be mail, while the connection lasts. Gives why it ended. A server that cannot tell is asked at the interval alone.
pub(in crate::source) async fn idle(
    config: &SourceConfig,
    knock: &Notify,
    failures: &mut u32,
) -> String {
    let mut mailbox = match Mailbox::open(config).await {
        Ok(mailbox) => mailbox,
        Err(cause) => return cause.to_string(),
    };
    if !mailbox.can_idle {
        mailbox.close().await;
        return std::future::pending().await;
    }
    *failures = 0;
    loop {
        // What came before it was listened to is asked for.
        knock.notify_one();
        if let Err(cause) = mailbox.idle().await {
            return cause.to_string();
        }
    }
}
