//! Every limit of live delivery, named, with one sentence of reason. Together they bound what one session, one view and
//! the hub as a whole may hold, whatever clients and partners do.

use std::time::Duration;

use crate::config::Limits;

/// The settings of the hub that an operator or a test may change; their reasons stand in [`Limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveLimits {
    /// Changes are gathered this long.
    pub flush: Duration,
    /// A heartbeat comes this often.
    pub heartbeat: Duration,
    /// A canary is said this often; zero: never.
    pub canary: Duration,
    /// Records of change a mode remembers for resuming.
    pub records_max: usize,
    /// And the memory for them, in bytes.
    pub ring_bytes_max: usize,
    /// A client may take this long to take one frame.
    pub write_deadline: Duration,
    /// A client may send more than its share without a rest for this long.
    pub haste: Duration,
    /// Sessions at once, websockets and event streams together.
    pub sessions_max: usize,
    /// Sessions let in a second.
    pub joins_per_s: u32,
    /// A tile nobody looks at any more is kept up to date this long.
    pub linger: Duration,
}

impl LiveLimits {
    /// The part of the settings that concerns the hub.
    pub fn of(limits: &Limits) -> Self {
        Self {
            flush: Duration::from_millis(limits.live_flush_ms),
            heartbeat: Duration::from_millis(limits.live_heartbeat_ms.into()),
            canary: Duration::from_millis(limits.canary_ms.into()),
            records_max: limits.live_records_max,
            ring_bytes_max: limits.live_ring_bytes_max,
            write_deadline: Duration::from_millis(limits.live_write_deadline_ms),
            haste: Duration::from_millis(limits.live_haste_ms),
            sessions_max: limits.sessions_max,
            joins_per_s: limits.live_joins_per_s,
            linger: LINGER,
        }
    }
}

impl Default for LiveLimits {
    fn default() -> Self {
        Self::of(&Limits::default())
    }
}

/// Urgent flushes (a report of severity Extreme, a new view) are at least this far apart: one core cannot be taken whole.
pub const URGENT_FLUSH: Duration = Duration::from_millis(20);

/// A tile nobody looks at any more is kept up to date this long: a pan back costs nothing, and who comes back after the
/// promised absence of 30 seconds is sent differences.
pub const LINGER: Duration = Duration::from_secs(40);

/// Touched clusters a tile remembers: more than a tile has on a busy map, so that beyond it the whole tile is no longer.
pub const STEP_IDS_MAX: usize = 256;

/// Tiles kept for nobody, at most: beyond it they go at once, so that wild panning cannot fill the memory.
pub const LINGERING_MAX: usize = 20_000;

/// Tiles in one batch of a session: 32 full tiles are about 700 kB, under the promised 1 MiB unsent.
pub const BATCH_TILES: usize = 32;

/// Frames handed to a socket before it is told to write them out: under it a turn is one write.
pub const FRAMES_A_WRITE: usize = 32;

/// A frame up to this long shares a message with others of its batch: a longer one is not worth a copy for each client.
pub const BUNDLED_BYTES_MAX: usize = 1 << 10;

/// A message that frames share is at most this long: half a second of the worst line, so that the first is not kept waiting
/// by the last.
pub const BUNDLE_BYTES_MAX: usize = 16 << 10;

/// Reports, sensors or sources in one batch of a session: under 1,000 frames and well under 1 MiB.
pub const BATCH_REPORTS: usize = 100;

/// Ids in one `gone` frame: about 18 kB.
pub const GONE_IDS: usize = 500;

/// Reports a street-level view is sent at first, newest first: more dots than a screen can show apart.
pub const REPORTS_MAX: usize = 1_000;

/// Ids a session may owe its client before it is cheaper and safer to start again with a snapshot.
pub const OWED_MAX: usize = 20_000;

/// Reports a client may ask for with `newest`.
pub const NEWEST_MAX: u16 = 200;

/// Zoom from which every report of the view is sent.
pub const REPORTS_ZOOM: f64 = 16.0;

/// Datastreams a view is sent at most: more squares than a screen can show apart.
pub const SENSORS_MAX: usize = 2_000;

/// Encoded report and sensor frames kept for sharing, per mode: about 20 MB.
pub const SHARED_FRAMES_MAX: usize = 20_000;

/// A message or frame from a client: a view is 200 bytes.
pub const CLIENT_FRAME_BYTES_MAX: usize = 64 << 10;

/// Client frames a second, pings included: a hand that drags the map sends at most one per drawn frame that counts. Beyond
/// it the socket is read more slowly and the rest waits with its sender.
pub const CLIENT_FRAMES_PER_S: u32 = 20;

/// Client frames that are read at once after a rest: two seconds' worth, so that a script asking view after view is fast.
pub const CLIENT_FRAMES_BURST: u32 = 2 * CLIENT_FRAMES_PER_S;

/// What is read from a socket at once: two views. The default of 128 KiB costs 24 times the memory of a quiet session.
pub const SOCKET_BUFFER_BYTES: usize = 512;

/// What may wait unsent for one socket, though what is long in it is shared with all others that are sent the same.
pub const UNSENT_BYTES_MAX: usize = 1 << 20;

/// A ping this often keeps middle boxes awake and finds dead peers.
pub const PING: Duration = Duration::from_secs(25);

/// Without a word from the client for this long it is gone: two pings and a bit.
pub const DEAD_AFTER: Duration = Duration::from_mins(1);

/// The principals of open sessions are asked for again this often: revoked means closed within a second.
pub const RECHECK: Duration = Duration::from_millis(500);

/// How long a close may take to reach the client before the connection is dropped.
pub const CLOSE_GRACE: Duration = Duration::from_secs(2);
