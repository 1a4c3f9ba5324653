//! Eight ticks of what is remembered and what the World knows. Nothing here asks anybody.

use wire::desk::{Tick, TickName, TickState};
use wire::geo::LngLat;
use wire::source::SourceHealth;
use wire::time::Timestamp;

use super::attempts::{Attempt, Ending, TurnedAway};
use super::door::KeyTrouble;

/// A clock that is ahead by less says nothing.
const CLOCK_MS: i64 = 5 * 60_000;
/// Nor a value that comes so late: a quarter's mean, and the time it takes.
const BEHIND_MS: i64 = 30 * 60_000;
/// Beyond this a lag says more of a batch than of a clock.
const LAG_MS_MAX: i64 = 26 * 3_600_000;
/// A lag this near to whole hours is a zone and no delay.
const ZONE_MS: i64 = 3 * 60_000;
const HOUR_MS: i64 = 3_600_000;

/// What the World knows of the device.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Known {
    pub(crate) name: String,
    pub(crate) seq: u64,
    /// When its newest value came, and when that was true.
    pub(crate) recorded_at: Timestamp,
    pub(crate) phenomenon_at: Timestamp,
    pub(crate) unit: Option<String>,
    pub(crate) reads_unit: bool,
    pub(crate) place: Option<LngLat>,
    /// Where it would stand if longitude and latitude were the other way round, where that would make sense.
    pub(crate) swapped: Option<LngLat>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) status: SourceHealth,
    pub(crate) cadence_ms: Option<u64>,
    /// When its last will said that it is gone, if that holds.
    pub(crate) gone_at: Option<Timestamp>,
    /// Until when works go on, why and by whom.
    pub(crate) works: Option<(Timestamp, String, String)>,
}

/// All that is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Story {
    pub(crate) now: Timestamp,
    pub(crate) device: String,
    /// The last attempt that is remembered.
    pub(crate) attempt: Option<Attempt>,
    pub(crate) known: Option<Known>,
    /// The last request of its source that was turned away as a whole.
    pub(crate) turned: Option<TurnedAway>,
    /// The last of its source's keys that was no good.
    pub(crate) proven: Option<KeyTrouble>,
    /// The last that bore the id of one, with another secret.
    pub(crate) claimed: Option<KeyTrouble>,
    /// The last whose key nobody knows.
    pub(crate) stranger: Option<KeyTrouble>,
    /// What the key that speaks for it may do, and how long, in words.
    pub(crate) key: Option<String>,
    /// Since when refusals are remembered.
    pub(crate) since: Timestamp,
    /// The source's name, for words.
    pub(crate) source: String,
}

/// The ticks under way.
struct Ticks {
    ticks: Vec<Tick>,
}

impl Ticks {
    fn new() -> Self {
        let tick = |name: &TickName| Tick { name: *name, ..Tick::default() };
        Self { ticks: TickName::ALL.iter().map(tick).collect() }
    }

    fn set(&mut self, tick: Tick) {
        if let Some(place) = self.ticks.iter_mut().find(|one| one.name == tick.name) {
            *place = tick;
        }
    }

    fn ok(&mut self, name: TickName, at: Timestamp, detail: impl Into<String>) {
        let detail = Some(detail.into()).filter(|detail| !detail.is_empty());
        self.set(Tick { name, state: TickState::Ok, at: Some(at), detail, ..Tick::default() });
    }

    fn cross(&mut self, name: TickName, at: Timestamp, reason: &str, words: (String, String)) {
        let (detail, remedy) = words;
        self.set(Tick {
            name,
            state: TickState::Cross,
            at: Some(at),
            detail: Some(detail),
            reason: Some(reason.to_owned()),
            remedy: Some(remedy).filter(|remedy| !remedy.is_empty()),
            payload: None,
            mark: None,
        });
    }

    /// Steps before this one went well.
    fn before(&mut self, name: TickName, at: Timestamp) {
        for step in TickName::ALL.iter().take_while(|step| **step != name) {
            let untold = self
                .ticks
                .iter()
                .any(|one| one.name == *step && one.state == TickState::NotReached);
            if untold {
                self.ok(*step, at, "");
            }
        }
    }

    fn shows(&mut self, name: TickName, payload: Option<String>, mark: Option<String>) {
        if let Some(tick) = self.ticks.iter_mut().find(|one| one.name == name) {
            let mark = mark.filter(|mark| !mark.is_empty());
            tick.mark = mark.filter(|mark| payload.as_ref().is_some_and(|all| all.contains(mark)));
            tick.payload = payload;
        }
    }
}

/// The ticks of a story.
pub(crate) fn ticks(story: &Story) -> Vec<Tick> {
    let mut ticks = Ticks::new();
    let spoke_at = [
        story.attempt.as_ref().map(|attempt| attempt.at),
        story.known.as_ref().map(|known| known.recorded_at),
    ];
    let spoke_at = spoke_at.into_iter().flatten().max();
    if let Some(trouble) = turned_at_door(story, spoke_at) {
        at_door(&mut ticks, trouble);
        return ticks.ticks;
    }
    if let Some(turned) = story.turned.as_ref().filter(|turned| concerns(story, turned, spoke_at)) {
        let whose = format!("a request over {} ({})", story.source, turned.dialect);
        ticks.ok(TickName::Arrived, turned.at, whose);
        ticks.before(turned.tick, turned.at);
        let words = (turned.detail.clone(), remedy(&turned.reason).to_owned());
        ticks.cross(turned.tick, turned.at, &turned.reason, words);
        ticks.shows(turned.tick, turned.payload.clone(), None);
        return ticks.ticks;
    }
    let newest = story.known.as_ref().map(|known| known.recorded_at);
    match &story.attempt {
        Some(attempt) if newest <= Some(attempt.at) => attempted(&mut ticks, story, attempt),
        _ => match &story.known {
            Some(known) => {
                let at = known.recorded_at;
                ticks.ok(TickName::Arrived, at, format!("over {}", story.source));
                key(&mut ticks, story, at);
                ticks.ok(TickName::Parsed, at, "");
                held(&mut ticks, story, known, None);
            }
            None => nothing_came(&mut ticks, story),
        },
    }
    ticks.ticks
}

/// The trouble with a key that is newer than anything the device got through. What only claims to be the source's counts where the
/// device does not speak: whoever knows the id of a key must not make a sensor look broken.
fn turned_at_door(story: &Story, spoke_at: Option<Timestamp>) -> Option<&KeyTrouble> {
    let newer = |trouble: &&KeyTrouble| spoke_at.is_none_or(|spoke_at| trouble.at > spoke_at);
    let speaks = story.known.as_ref().is_some_and(|known| known.status == SourceHealth::Live);
    let proven = story.proven.as_ref().filter(newer);
    let turned_at = story.turned.as_ref().map(|turned| turned.at);
    let proven = proven.filter(|proven| turned_at.is_none_or(|at| proven.at >= at));
    let claimed = || story.claimed.as_ref().filter(newer).filter(|_| !speaks);
    let stranger =
        || story.stranger.as_ref().filter(|_| spoke_at.is_none() && story.turned.is_none());
    proven.or_else(claimed).or_else(stranger)
}

fn at_door(ticks: &mut Ticks, trouble: &KeyTrouble) {
    let KeyTrouble { at, reason, detail, key_id, is_proven } = trouble;
    let arrived = match (key_id, is_proven) {
        (Some(id), true) => format!("a request with the key {id}"),
        (Some(id), false) => format!("a request with a key that bears the id {id}"),
        (None, _) => "a request with a key that nobody here knows; if it was not yours, nothing of yours came".to_owned(),
    };
    ticks.ok(TickName::Arrived, *at, arrived);
    ticks.cross(TickName::Key, *at, reason, (detail.clone(), remedy(reason).to_owned()));
}

/// Whether a request that was turned away as a whole is why the device is not there: it came after all that the device got through,
/// and names it, or nothing of the device ever came.
fn concerns(story: &Story, turned: &TurnedAway, spoke_at: Option<Timestamp>) -> bool {
    let names = || turned.payload.as_ref().is_some_and(|text| text.contains(&story.device));
    match spoke_at {
        None => true,
        // A budget that is spent is so for all of its devices.
        Some(spoke_at) => turned.at > spoke_at && (names() || turned.tick == TickName::Key),
    }
}

fn nothing_came(ticks: &mut Ticks, story: &Story) {
    let detail = format!(
        "Nothing that names {} came since {}; what was refused before that is not remembered.",
        story.device, story.since
    );
    let remedy = "Send one value and look again; if it stays so, look at the address, the network and the name of the device.";
    ticks.cross(TickName::Arrived, story.now, "nothing_came", (detail, remedy.to_owned()));
}

fn key(ticks: &mut Ticks, story: &Story, at: Timestamp) {
    ticks.ok(TickName::Key, at, story.key.clone().unwrap_or_default());
}

fn attempted(ticks: &mut Ticks, story: &Story, attempt: &Attempt) {
    let at = attempt.at;
    let bytes = match attempt.n_bytes {
        0 => String::new(),
        n => format!(", in {n} bytes"),
    };
    ticks.ok(TickName::Arrived, at, format!("over {} ({}){bytes}", story.source, attempt.dialect));
    match &attempt.ending {
        Ending::Refused { tick, reason, detail, pointer, payload } => {
            ticks.before(*tick, at);
            if *tick > TickName::Key {
                key(ticks, story, at);
            }
            if *tick > TickName::Device
                && let Some(known) = &story.known
            {
                device(ticks, known);
            }
            let field = if pointer.is_empty() { String::new() } else { format!("{pointer}: ") };
            let words = (format!("{field}{detail}"), remedy(reason).to_owned());
            ticks.cross(*tick, at, reason, words);
            let mark = quoted(detail).or_else(|| quoted_field(pointer));
            ticks.shows(*tick, payload.clone(), mark);
        }
        Ending::UnderWay => {
            key(ticks, story, at);
            ticks.before(TickName::Disk, at);
            let words = ("It is on its way to disk.".to_owned(), "Look again.".to_owned());
            ticks.cross(TickName::Disk, at, "under_way", words);
        }
        Ending::Known(seq) => {
            key(ticks, story, at);
            ticks.ok(TickName::Parsed, at, "");
            match &story.known {
                Some(known) => held(ticks, story, known, Some(attempt)),
                None => ticks.before(TickName::Disk, at),
            }
            let number = seq.map(|seq| format!(", as number {seq}")).unwrap_or_default();
            let detail = format!("The same value of the same moment is stored already{number}.");
            let words = (detail, remedy("already_known").to_owned());
            ticks.cross(TickName::Disk, at, "already_known", words);
        }
        Ending::Taken(seq) => {
            key(ticks, story, at);
            ticks.ok(TickName::Parsed, at, "");
            if let Some(known) = &story.known {
                held(ticks, story, known, Some(attempt));
                return;
            }
            // Bad from its first value: kept, and no sensor of the map.
            ticks.before(TickName::Disk, at);
            ticks.ok(TickName::Disk, at, format!("number {seq}"));
            not_believed(ticks, at);
        }
    }
}

fn not_believed(ticks: &mut Ticks, at: Timestamp) {
    let detail = "Its sender says that the value is bad: it is kept and not shown.";
    let remedy = "Send values of quality good, or none, once the sensor is sound.";
    ticks.cross(TickName::Shown, at, "bad_quality", (detail.to_owned(), remedy.to_owned()));
}

fn device(ticks: &mut Ticks, known: &Known) {
    let since = known.since.map(|since| format!(", since {since}")).unwrap_or_default();
    ticks.ok(TickName::Device, known.recorded_at, format!("{}{since}", known.name));
}

/// The steps of what the World holds, from the device on. `attempt` is the last of it, where it is remembered.
fn held(ticks: &mut Ticks, story: &Story, known: &Known, attempt: Option<&Attempt>) {
    let at = attempt.map_or(known.recorded_at, |attempt| attempt.at);
    device(ticks, known);
    match &known.unit {
        None => ticks.ok(TickName::Unit, at, "none was sent"),
        Some(unit) if known.reads_unit => ticks.ok(TickName::Unit, at, unit),
        Some(unit) => {
            let detail = format!(
                "{unit:?} is not in the unit table: the value is kept and judged by nobody."
            );
            ticks.cross(
                TickName::Unit,
                at,
                "unknown_unit",
                (detail, remedy("unknown_unit").to_owned()),
            );
            ticks.shows(TickName::Unit, Some(format!("\"unit\": {unit:?}")), Some(unit.clone()));
        }
    }
    match (known.place, known.swapped) {
        (None, _) => {
            let detail = "Nobody said where it stands.".to_owned();
            ticks.cross(TickName::Place, at, "no_place", (detail, remedy("no_place").to_owned()));
        }
        (Some(place), Some(swapped)) => {
            let detail = format!(
                "{}, {} is far from everything else here; {}, {} is not: longitude comes first.",
                place.lng(),
                place.lat(),
                swapped.lng(),
                swapped.lat()
            );
            let words = (detail, remedy("swapped_place").to_owned());
            ticks.cross(TickName::Place, at, "swapped_place", words);
            let payload = format!("\"coordinates\": [{}, {}]", place.lng(), place.lat());
            ticks.shows(TickName::Place, Some(payload), None);
        }
        (Some(place), None) => {
            ticks.ok(TickName::Place, at, format!("{}, {}", place.lng(), place.lat()));
        }
    }
    let seq = match attempt.map(|attempt| &attempt.ending) {
        Some(Ending::Taken(seq)) => *seq,
        _ => known.seq,
    };
    ticks.ok(TickName::Disk, at, format!("number {seq}"));
    shown(ticks, story, known, attempt);
}

/// Whether it is on the map, fresh and as itself.
fn shown(ticks: &mut Ticks, story: &Story, known: &Known, attempt: Option<&Attempt>) {
    let name = TickName::Shown;
    if let Some((to, why, who)) = &known.works {
        let detail =
            format!("Works are planned there until {to}: {why} ({who}). No alarm rings for it.");
        ticks.cross(name, story.now, "in_works", (detail, remedy("in_works").to_owned()));
        return;
    }
    if known.place.is_none() {
        return;
    }
    let at = attempt.map_or(known.recorded_at, |attempt| attempt.at);
    if attempt.is_some_and(|attempt| attempt.is_bad) {
        not_believed(ticks, at);
        return;
    }
    // Of what is not remembered nobody knows when the sender said that it was true.
    let stated_at = attempt.and_then(|attempt| attempt.stated_at);
    let lag_ms = stated_at.map_or(0, |stated| at.ms_since(stated));
    if lag_ms < -CLOCK_MS {
        let detail = format!(
            "Its clock is {} ahead: the value is shown at the moment of its receipt, and marked.",
            in_words(-lag_ms)
        );
        ticks.cross(name, at, "clock_ahead", (detail, clock_remedy(-lag_ms)));
        return;
    }
    let period_ms = known.cadence_ms.and_then(|ms| i64::try_from(ms).ok()).unwrap_or_default();
    let is_zone = lag_ms > HOUR_MS / 2 && (lag_ms + ZONE_MS) % HOUR_MS <= 2 * ZONE_MS;
    let is_behind = lag_ms > BEHIND_MS.max(3 * period_ms) || is_zone;
    if is_behind && lag_ms <= LAG_MS_MAX {
        let detail = format!(
            "Its last value was true {} before it came: it is shown as old, or not at all beside a newer one.",
            in_words(lag_ms)
        );
        ticks.cross(name, at, "clock_behind", (detail, clock_remedy(lag_ms)));
        return;
    }
    let age = in_words(story.now.ms_since(known.phenomenon_at));
    let cadence = match known.cadence_ms.and_then(|ms| i64::try_from(ms).ok()) {
        Some(ms) => format!("one should come every {}", in_words(ms)),
        None => "nobody knows how often one should come".to_owned(),
    };
    let words = |what: &str, reason: &str| (what.to_owned(), remedy(reason).to_owned());
    if let Some(gone_at) = known.gone_at {
        let what = format!(
            "Its last will said so: since {gone_at} it is gone. Its last value is {age} old, and it is drawn as silent."
        );
        ticks.cross(name, gone_at, "last_will", words(&what, "last_will"));
        return;
    }
    match known.status {
        SourceHealth::Live | SourceHealth::Paused => ticks.ok(name, at, format!("{age} old")),
        SourceHealth::Broken => {
            let what = "It gives values that cannot be, or always the same: it is shown as broken.";
            ticks.cross(name, at, "broken", words(what, "broken"));
        }
        SourceHealth::Late => {
            let what = format!("Its last value is {age} old; {cadence}.");
            ticks.cross(name, at, "late", words(&what, "late"));
        }
        SourceHealth::Silent => {
            let what = format!("Its last value is {age} old; {cadence}: it is drawn as silent.");
            ticks.cross(name, at, "silent", words(&what, "silent"));
        }
    }
}

fn in_words(ms: i64) -> String {
    match ms / 1_000 {
        s if s < 120 => format!("{s} s"),
        s if s < 7_200 => format!("{} min", s / 60),
        s => format!("{} h {} min", s / 3_600, s / 60 % 60),
    }
}

fn clock_remedy(off_ms: i64) -> String {
    let is_zone = off_ms > HOUR_MS / 2 && (off_ms + ZONE_MS) % HOUR_MS <= 2 * ZONE_MS;
    let zone = if is_zone {
        "Whole hours are a time zone, or summer time, that was not said: send times with their zone, such as 2026-11-23T10:00:00+01:00. "
    } else {
        ""
    };
    format!("{zone}Set the clock by NTP, and send each value when it is measured.")
}

/// The word in quotation marks of a detail, which is what was wrong in the item.
fn quoted(detail: &str) -> Option<String> {
    let (_, rest) = detail.split_once(['"', '`'])?;
    let (word, _) = rest.split_once(['"', '`'])?;
    Some(word.to_owned())
}

/// The last name of a pointer, as JSON writes it.
fn quoted_field(pointer: &str) -> Option<String> {
    let name = pointer.rsplit('/').find(|name| name.parse::<u64>().is_err())?;
    (!name.is_empty()).then(|| format!("\"{name}\""))
}

/// What to do, by the word for what is wrong; what a detail says already is not said again.
fn remedy(reason: &str) -> &'static str {
    match reason {
        "unknown-key" => {
            "Compare the device's key with the one you were given; if it is lost, ask for a new one."
        }
        "revoked-key" => "Put the new key into the device: this one was revoked.",
        "expired-key" => "Ask for a new key and put it into the device: this one has ended.",
        "missing-scope" => "Ask for a key with the scope observations.",
        "wrong-mode" | "wrong_mode" => "Send it with a key of that mode, or leave the mode out.",
        "too-many-requests" => "Send several values in one request, or ask for a larger allowance.",
        "unit_mismatch" => {
            "Send the value in a unit of the same quantity; if the first unit was wrong, have the passport name the right one."
        }
        "unknown_unit" => "Send a unit of the table in docs/sensors.md, in UCUM, such as mm/h.",
        "no_place" => {
            "Send a geometry with a value, or the columns lng and lat; of a SensorThings Thing, a Location."
        }
        "swapped_place" | "outside_area" | "latitude_out_of_range" | "longitude_out_of_range" => {
            "Send [longitude, latitude]: in Barcelona that is [2.17, 41.38]."
        }
        "unknown_topic" => "Name the topic in a [[source.topics]] table of talaia.toml.",
        "unknown_datastream" | "not-found" => {
            "Create the Datastream first, and use the number or the address of the answer."
        }
        "too_many_datastreams" => "Use datastreams that are there.",
        "already_known" => "Nothing is wrong with it; a new value needs a new time.",
        "in_works" => "Nothing, while the works go on; when they are over, call them off.",
        "broken" => "Look at the sensor.",
        "last_will" => {
            "Look at the device or gateway that left the will: its next value, or its word for back, ends it."
        }
        "late" | "silent" => "Look at its power, its network and its gateway.",
        "busy" | "unavailable" | "stopping" => "Send it again: nothing of it was stored.",
        "disk-full" => "The server's disk is full; its keepers know. Send it again later.",
        _ => "",
    }
}
