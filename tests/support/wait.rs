//! Waiting with a deadline instead of sleeping for luck.

use std::future::Future;
use std::time::{Duration, Instant};

/// How long a story waits for something that should come at once: generous, because test machines share cores.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Asks again and again until there is an answer; panics with `what` after [`PATIENCE`].
pub async fn until<T, F, Fut>(what: &str, mut ask: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain for: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
