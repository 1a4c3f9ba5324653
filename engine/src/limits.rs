//! Every limit of the engine, named, with one sentence of reason.

/// How long a report is held after receipt: thirty days, the retention class of raw posts.
pub const RETENTION_MS: i64 = 30 * 24 * 3_600_000;

/// Data older than this on arrival enters silently (law 8): two hours, the desk's default window.
pub const STALE_MS: i64 = 2 * 3_600_000;

/// A partner's clock may run this far ahead before its times are placed at receipt: five minutes.
pub const CLOCK_AHEAD_MS: i64 = 5 * 60_000;

/// A geometry may have this many vertices: a 64 KiB report cannot hold many more, and validity costs more than linear.
pub const VERTICES_MAX: usize = 4_000;

/// A shape of a register may have this many: a coast in full, of which a middle and a reach are made at once.
pub const REGISTER_VERTICES_MAX: usize = 200_000;

/// A list of reports looks at this many before it hands back a cursor: a rare word may not hold up the World.
pub const SCAN_MAX: usize = 50_000;

/// A page of reports holds at most this many: the contract's upper limit of `limit`.
pub const PAGE_MAX: usize = 1_000;

/// A World keeps this many datastreams: a city's sensors many times over, and still a few tens of megabytes.
pub const DATASTREAMS_MAX: usize = 100_000;

/// The usual time between values is the median of this many intervals: an odd number, and soon known.
pub const INTERVALS: usize = 7;

/// A source's clock is judged by the middle of its last so many fresh values: an odd number, and soon known.
pub const OFFSETS: usize = 31;

/// Places of a datastream that are kept: what a passport shows of a sensor that is carried about.
pub const PLACES_KEPT: usize = 20;

/// Nearer than this to where it stood last, in metres, a sensor did not move: a receiver of satellites wavers so far.
pub const MOVED_M: f64 = 10.0;

/// An import tells a sensor as moved beyond this, in metres: nearer is another map, farther another street.
pub const MOVE_TOLD_M: f64 = 50.0;

/// An observation is kept as it came up to this many bytes: a value with its parameters, not a picture.
pub const RAW_BYTES_MAX: usize = 4 * 1_024;

/// A reading of words names at most this many that decided: a card shows a few, and a text may repeat one word.
pub const EVIDENCE_MAX: usize = 64;

/// The lexicons hold at most this many expressions: several times what they do, and still a few megabytes.
pub const EXPRESSIONS_MAX: usize = 50_000;

/// A line of a lexicon may be read at most this many ways: brackets multiply, and a slip must not fill the memory.
pub const READINGS_MAX: usize = 1_000;

/// Copies are looked for among reports of so long a time: what was said a day ago and is said again is news again.
pub const COPY_WINDOW_MS: i64 = 24 * 3_600_000;

/// The fold of copies holds this many reports, then the oldest go: a hundred thousand more than a bad day has live.
pub const COPIES_MAX: usize = 300_000;

/// A text is compared by its first runs of three words, at most so many: twice what a long post has.
pub const SHINGLES_MAX: usize = 512;

/// A new text is compared with at most this many older ones a band of its sketch: a form letter that everyone fills in
/// must not make each report look at all before it.
pub const BAND_SCAN_MAX: usize = 256;

/// Reports count as near each other within this many centimetres: 300 m, what a street and the next one are apart, and the
/// doubt of most places that people name.
pub const NEAR_CM: u32 = 30_000;

/// Reports of what is as wide as a valley, a wildfire or an earthquake, count as near within this (1.5 km): smoke is seen from
/// the next village, and is placed where it is seen from.
pub const LAND_NEAR_CM: u32 = 150_000;

/// So many independent sources near each other make a possible incident: two may be chance, three strangers are not.
pub const CROWD_WEIGHT_MIN: u32 = 3;

/// The middle of a new crowd is looked for among its last so many reports: it begins with three, and only one that is joined
/// from many pieces at once has more.
pub const MIDDLES_MAX: usize = 256;

/// What is usual is asked of the reports within this many metres (2 km): a few quarters, some forty times the area of a crowd.
pub const AROUND_M: f64 = 2_000.0;

/// A new crowd is looked for in the last ten minutes, the last half hour and the whole live window: what breaks out is told by
/// the first, what smoulders by the last.
pub const SPANS_MS: [i64; 3] = [10 * 60_000, 30 * 60_000, 2 * 3_600_000];

/// Two who each say that it is grave, at one place within [`GRAVE_SPAN_MS`], are as much as three strangers.
pub const GRAVE_MIN: u32 = 2;

/// Two grave voices are news within three minutes: who stand before one thing call at once.
pub const GRAVE_SPAN_MS: i64 = 3 * 60_000;

/// How alike quarters are, as the shape of the distribution of how much is said in each: with a half one in twenty says four
/// times as much as the mean, as a station or a hospital does.
pub const QUARTERS_ALIKE: f64 = 0.5;

/// Of one ordinary matter in four a second person tells: two voices at one place are common and no crowd.
pub const WITNESS_SHARE: f64 = 0.25;

/// What is usual in a city is asked of three times as many squares of [`AROUND_M`] to each side as what is around: six kilometres to the north, and up to half as many more to the east.
pub const CITY_SQUARES: i32 = 3;

/// A crowd that chance would make more often than this is none. A city has some thousand reports a day, of which a third name a
/// matter; each asks three spans, and whether two are grave, but what the last ten minutes make the last hours mostly make too, so
/// that is a false situation in a day or two.
pub const CHANCE_MAX: f64 = 1.0 / 1_500.0;

/// A report whose place is as unsure as this (1 km), or more, lies nowhere: it makes no crowd and belongs to none. So are
/// erased ones, of which no finer place is kept.
pub const VOICE_RADIUS_MAX_M: u32 = 1_000;

/// After so long a silence (an hour) what is said at a place is another matter.
pub const SILENCE_MS: i64 = 3_600_000;

/// Worse or not is judged by the last ten minutes beside the ten before: what a person at the desk remembers.
pub const PACE_MS: i64 = 10 * 60_000;

/// One more source than before is chance; two may be news.
pub const WORSE_MIN: u32 = 2;

/// After twenty minutes in which nobody new spoke a situation is easing.
pub const EASING_MS: i64 = 20 * 60_000;

/// What ended is shown for a day more, so that the next shift sees it too.
pub const ENDED_KEPT_MS: i64 = 24 * 3_600_000;

/// Situations are settled once a second of the journal's time: sooner than anybody reads, and seldom enough for a storm.
pub const SETTLE_MS: i64 = 1_000;

/// With more live reports than this they are settled each [`SETTLE_MANY_MS`]: in a city that is one crowd, settling goes through
/// the whole of it, and who looks at the map must not wait for that each second. Alarms of sensors do not wait for it at all.
pub const SETTLE_FEW: usize = 20_000;

/// See [`SETTLE_FEW`]: five seconds, of the two minutes within which something is to be found.
pub const SETTLE_MANY_MS: i64 = 5_000;

/// For each so many live reports settling waits [`SETTLE_MANY_MS`]: it takes longer the more there are, and what it takes of
/// each second stays the same.
pub const SETTLE_MANY: usize = 200_000;

/// But no longer than this, however many: a quarter of the two minutes.
pub const SETTLE_MS_MAX: i64 = 30_000;

/// Citizens and contributors who say the same in fewer words than these are two, not copies of one.
pub const VOICE_WORDS_MIN: usize = 8;

/// How situations go is looked at once a minute where nothing came in: ages on screen are minutes too.
pub const PACE_TOLD_MS: i64 = 60_000;

/// Decisions held in memory: years of a busy room. The journal has them all.
pub const DECISIONS_MAX: usize = 100_000;

/// An alarm that nobody answered climbs each minute: longer than it takes to put down a telephone.
pub const CLIMB_MS: i64 = 60_000;

/// A notice that nobody has read climbs after five minutes: it takes longer to read than a sensor's number.
pub const NOTICE_CLIMB_MS: i64 = 5 * 60_000;

/// Notices that ring and wait to be read; whoever has so many before them is not helped by one more, and the reports are there.
pub const NOTICES_RINGING_MAX: usize = 200;

/// How often it climbs: to the next desk, then out of the room.
pub const CLIMBS_MAX: u8 = 2;

/// Below the gravest level one sound in ten minutes is what a person at a desk bears and still heeds.
pub const SOUND_BUDGET_MS: i64 = 10 * 60_000;

/// An alarm that is over is shown for a day more, so that the next shift sees it too.
pub const ALARM_KEPT_MS: i64 = 24 * 3_600_000;

/// Sensors farther from a situation than this say nothing about it, not even that they do not see it.
pub const SENSOR_NEAR_M: f64 = 5_000.0;

/// Sensors told beside a situation, the weightiest first: what a card shows.
pub const SENSORS_BESIDE_MAX: usize = 8;

/// The doubt about where a sensor stands, in metres: what it measures is beside it.
pub const SENSOR_RADIUS_M: u32 = 30;

/// A sensor that stays beyond its level speaks anew once a minute, however often it sends.
pub const SENSOR_VOICE_MS: i64 = 60_000;

/// A watch over a situation rings once a day at least: beyond that it is no watch.
pub const WATCH_MIN_MAX: u32 = 24 * 60;

/// Lines of the log sent to a reader who has none: what a desk shows and scrolls back through before it asks.
pub const LINES_AT_FIRST: usize = 50;

/// Reports of one situation that are told why they are together: each is held beside each, and nobody reads more.
pub const TIES_MAX: usize = 200;

/// The radius of doubt about a place that a person gives, at most: 50 km, a region. Of what lies farther nobody knows the place.
pub const PLACED_RADIUS_M_MAX: u32 = 50_000;

/// Planned works that are held at once: a city's year of them, and a walk that costs nothing.
pub const WORKS_HELD_MAX: usize = 1_000;

/// Works that are over are kept for so long: a value that comes late is judged as what held when it was true.
pub const WORKS_KEPT_MS: i64 = 31 * 86_400_000;

/// The longest works: beyond a quarter of a year a sensor is not in works but gone.
pub const WORKS_MS_MAX: i64 = 92 * 86_400_000;

/// Datastreams that one announcement names; more is all of the source.
pub const WORKS_NAMED_MAX: usize = 1_000;

/// Causes told one by one, those that concern most first: what somebody reads before they act.
pub const CAUSES_MAX: usize = 50;

/// Datastreams named with a cause: enough to know which they are.
pub const CAUSE_NAMES_MAX: usize = 20;

// The gazetteer and placing.

/// A gazetteer holds at most this many places: every city of the world above five hundred people, and a region's streets.
pub const PLACES_MAX: usize = 500_000;

/// A place lies in at most this many others, one in the other: an address in a street, and so on up to a continent.
pub const PARENTS_MAX: usize = 10;

/// A name of a place has at most this many bytes: the longest official ones have under two hundred.
pub const PLACE_NAME_BYTES_MAX: usize = 300;

/// A text is read for names of places up to this many words: a post has fifty, a notice a few hundred.
pub const PLACED_WORDS_MAX: usize = 1_000;

/// So many names of a text are weighed: more are a list, and of no one place.
pub const PLACED_NAMES_MAX: usize = 40;

/// A placing keeps at most this many candidates: a person who chooses among more would search instead.
pub const CANDIDATES_MAX: usize = 5;

/// One name is weighed against at most this many places: there are some seventy of the commonest.
pub const NAMESAKES_MAX: usize = 200;

/// A search for a place answers with at most this many: a list that is longer is not read.
pub const FOUND_MAX: usize = 20;
