//! When to try again: full jitter, so that two hundred screens do not come back in the same second.

/// The first pause is at most this long.
pub const BASE_MS: f64 = 500.0;
/// No pause is longer: a room must not wait minutes for a server that is back.
pub const CAP_MS: f64 = 30_000.0;
/// No server is obeyed for longer.
const TOLD_MAX_S: u32 = 60;
/// After so many websockets that never opened, the stream of events is tried: some proxies let nothing else through.
pub const SOCKETS_BEFORE_EVENTS: u32 = 3;

/// The pause before the next try, in milliseconds. `chance` is uniform in 0 to 1.
pub fn pause_ms(failures: u32, chance: f64) -> f64 {
    let ceiling = (BASE_MS * f64::from(1u32 << failures.min(10))).min(CAP_MS);
    ceiling * chance.clamp(0.0, 1.0)
}

/// The pause when the server named one: that many seconds, and up to one more, since a whole second's clients are told the
/// same. No longer than the promised minute, whatever stands there.
pub fn told_pause_ms(retry_after_s: u32, chance: f64) -> f64 {
    f64::from(retry_after_s.min(TOLD_MAX_S)) * 1_000.0 + 1_000.0 * chance.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_cap_and_spread_over_the_whole_range() {
        assert!((pause_ms(0, 1.0) - 500.0).abs() < 1e-9);
        assert!((pause_ms(3, 1.0) - 4_000.0).abs() < 1e-9);
        assert!((pause_ms(60, 1.0) - CAP_MS).abs() < 1e-9);
        assert!(pause_ms(60, 0.0).abs() < 1e-9);
    }

    #[test]
    fn a_pause_the_server_named_is_kept_and_spread_over_a_second() {
        assert!((told_pause_ms(7, 0.0) - 7_000.0).abs() < 1e-9);
        assert!((told_pause_ms(7, 1.0) - 8_000.0).abs() < 1e-9);
        assert!((told_pause_ms(u32::MAX, 1.0) - 61_000.0).abs() < 1e-9);
    }
}
