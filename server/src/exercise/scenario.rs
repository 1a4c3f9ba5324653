//! The scenario: from a seed, everything that is reported in `barcelona-storm`, in order.
//!
//! Time 0 is when the storm's core enters over the harbour. What happens follows from places and the storm; what is
//! said follows from what happens, through voices that see, hear, repeat, correct and close.

use wire::geo::LngLat;
use wire::grade::{Basis, Hazard, Severity, Status};
use wire::time::Timestamp;

use super::dice::Dice;
use super::places::{PLACES, Place, Site};
use super::storm::{CROSSING_MS, passing};
use super::voice::Voice;
use super::words::{self, Lang};
use crate::source::Draft;

/// A minute.
pub const MINUTE_MS: i64 = 60_000;
/// The history before the storm: an ordinary evening.
pub const FIRST_MS: i64 = -80 * MINUTE_MS;
/// Where the play begins: the storm has just come in, so the map is alive at once.
pub const BEGIN_MS: i64 = 12 * MINUTE_MS;
/// Where it ends: all is closed.
pub const END_MS: i64 = 62 * MINUTE_MS;
/// The seed of the scenario as documented.
pub const SEED: u64 = 1_714;

/// Matters the storm brings.
const STORM_MATTERS: usize = 128;
/// Matters of an ordinary evening, over the whole time.
const DAILY_MATTERS: usize = 95;

/// Something that reaches the room: its draft's times are scenario time, for the player to place.
#[derive(Debug, Clone)]
pub struct Event {
    /// When it reaches the room, in scenario time.
    pub at_ms: i64,
    /// Through whom.
    pub voice: Voice,
    /// What it says.
    pub draft: Draft,
}

/// One thing that happens.
struct Matter {
    number: usize,
    place: Place,
    lng: f64,
    lat: f64,
    hazard: Hazard,
    grave: bool,
    begins_ms: i64,
    ends_ms: i64,
}

/// The whole scenario in order of arrival.
pub fn write(seed: u64) -> Vec<Event> {
    let mut writer = Writer { dice: Dice::new(seed), events: Vec::with_capacity(3_000), next: 0 };
    for number in 0..STORM_MATTERS {
        if let Some(matter) = writer.storm_matter(number) {
            writer.tell(&matter);
        }
    }
    for number in 0..DAILY_MATTERS {
        if let Some(matter) = writer.daily_matter(STORM_MATTERS + number) {
            writer.tell(&matter);
        }
    }
    writer.rumours();
    writer.press();
    writer.repeats();
    let mut events = writer.events;
    // Stable: events of the same moment keep the order they were written in.
    events.sort_by_key(|event| event.at_ms);
    events
}

struct Writer {
    dice: Dice,
    events: Vec<Event>,
    next: usize,
}

/// What can happen at a site when the storm passes.
fn hazards(site: Site) -> &'static [(f64, Hazard)] {
    match site {
        Site::Station => &[
            (5.0, Hazard::Transport),
            (2.5, Hazard::Flood),
            (1.0, Hazard::Power),
            (1.5, Hazard::Crowd),
        ],
        Site::Street => &[
            (4.5, Hazard::Flood),
            (2.5, Hazard::Wind),
            (1.2, Hazard::Power),
            (1.3, Hazard::Building),
            (0.8, Hazard::Storm),
        ],
        Site::Park => &[(8.0, Hazard::Wind), (2.0, Hazard::Storm)],
        Site::Shore => &[(6.0, Hazard::Wind), (4.0, Hazard::Storm)],
        Site::House => &[
            (3.0, Hazard::Flood),
            (2.5, Hazard::Power),
            (3.0, Hazard::Building),
            (1.5, Hazard::Storm),
        ],
        Site::Underpass => &[(7.5, Hazard::Flood), (2.5, Hazard::Transport)],
    }
}

/// Minutes after the storm's strongest moment at a place until the matter begins.
fn lag_min(hazard: Hazard) -> (i64, i64) {
    match hazard {
        Hazard::Storm => (-4, 2),
        Hazard::Wind => (-5, 3),
        Hazard::Power => (-2, 8),
        Hazard::Flood => (-1, 9),
        Hazard::Transport | Hazard::Crowd => (1, 12),
        _ => (0, 14),
    }
}

impl Writer {
    fn storm_matter(&mut self, number: usize) -> Option<Matter> {
        // Places the core passes over have most of it, but nobody is spared.
        let weighted: Vec<(f64, Place)> = PLACES
            .iter()
            .map(|place| {
                let site = if place.site == Site::Underpass { 2.0 } else { 1.0 };
                (site * (passing(place.lng, place.lat).1.powi(2) + 0.02), *place)
            })
            .collect();
        let place = self.dice.weighted(&weighted)?;
        let (peak_ms, strength) = passing(place.lng, place.lat);
        let hazard = self.dice.weighted(hazards(place.site))?;
        let (soon, late) = lag_min(hazard);
        let begins_ms = (peak_ms + self.dice.between(soon * MINUTE_MS, late * MINUTE_MS))
            .clamp(0, CROSSING_MS + 6 * MINUTE_MS);
        let grave = self.dice.chance(0.12 + 0.38 * strength);
        let lasts_ms = self.dice.between(9, if grave { 34 } else { 22 }) * MINUTE_MS;
        let (lng, lat) = self.dice.around(place.lng, place.lat, 220.0);
        Some(Matter {
            number,
            place,
            lng,
            lat,
            hazard,
            grave,
            begins_ms,
            ends_ms: (begins_ms + lasts_ms).min(END_MS - MINUTE_MS),
        })
    }

    fn daily_matter(&mut self, number: usize) -> Option<Matter> {
        let place = self.dice.pick(PLACES)?;
        let hazard = self.dice.weighted(&[
            (4.0, Hazard::Health),
            (3.0, Hazard::Other),
            (2.5, Hazard::Transport),
            (1.2, Hazard::Fire),
            (0.8, Hazard::Crowd),
        ])?;
        let begins_ms = self.dice.between(FIRST_MS, END_MS - 12 * MINUTE_MS);
        let lasts_ms = self.dice.between(8, 35) * MINUTE_MS;
        let (lng, lat) = self.dice.around(place.lng, place.lat, 300.0);
        Some(Matter {
            number,
            place,
            lng,
            lat,
            hazard,
            grave: false,
            begins_ms,
            ends_ms: (begins_ms + lasts_ms).min(END_MS - MINUTE_MS),
        })
    }

    fn lang(&mut self) -> Lang {
        self.dice
            .weighted(&[(0.5, Lang::Ca), (0.38, Lang::Es), (0.12, Lang::En)])
            .unwrap_or(Lang::Ca)
    }

    fn severity(&mut self, grave: bool, voice: Voice) -> Severity {
        let odds: &[(f64, Severity)] = match (grave, voice) {
            (_, Voice::Press) => &[(1.0, Severity::Unknown)],
            (true, Voice::Posts) => {
                &[(5.0, Severity::Unknown), (3.0, Severity::Severe), (2.0, Severity::Moderate)]
            }
            (false, Voice::Posts) => {
                &[(6.0, Severity::Unknown), (3.0, Severity::Minor), (1.0, Severity::Moderate)]
            }
            (true, _) => {
                &[(1.2, Severity::Extreme), (6.8, Severity::Severe), (2.0, Severity::Moderate)]
            }
            (false, _) => {
                &[(5.0, Severity::Minor), (4.0, Severity::Moderate), (1.0, Severity::Unknown)]
            }
        };
        self.dice.weighted(odds).unwrap_or_default()
    }

    /// What a voice says of a matter at a moment.
    fn statement(&mut self, matter: &Matter, voice: Voice, at_ms: i64) -> Event {
        let speech = match voice {
            Voice::Officials | Voice::Cameras => Lang::Ca,
            _ => self.lang(),
        };
        let template = match voice {
            Voice::Units => self.dice.pick(words::unit(matter.hazard, matter.grave, speech)),
            Voice::Officials => self.dice.pick(words::official(matter.hazard, false, speech)),
            Voice::Cameras => self.dice.pick(words::camera(matter.hazard)),
            _ => self.dice.pick(words::witness(matter.hazard, matter.grave, speech)),
        };
        let mut text = template.unwrap_or("{p}").replace("{p}", matter.place.name);
        if !matches!(voice, Voice::Units | Voice::Officials | Voice::Cameras) {
            text.push_str(self.dice.pick(words::tail(speech)).unwrap_or_default());
        }
        if voice == Voice::Posts {
            text.insert_str(0, self.dice.pick(words::post_head(speech)).unwrap_or_default());
        }
        let radius_m = voice.radius_m();
        let (lng, lat) =
            self.dice.around(matter.lng, matter.lat, f64::from(radius_m).min(300.0) * 1.4);
        // Some can only say where in words; a caller or a post more often than anyone.
        let unplaced = match voice {
            Voice::Posts => 0.14,
            Voice::Calls | Voice::Volunteers => 0.04,
            _ => 0.0,
        };
        let placed = !self.dice.chance(unplaced);
        let heard = match voice {
            Voice::Posts => 0.45,
            Voice::Volunteers | Voice::Press => 0.8,
            Voice::Calls | Voice::Citizens => 0.12,
            _ => 0.0,
        };
        let basis = if self.dice.chance(heard) { Basis::Heard } else { Basis::Seen };
        let id = format!("{}-{:04}", voice.source().trim_start_matches("exercise:"), self.next);
        self.next += 1;
        let post = voice == Voice::Posts;
        let author = post.then(|| format!("@exercise_{:03}", self.dice.between(1, 640)));
        let draft = Draft {
            observed_at: Timestamp(at_ms - self.dice.between(5_000, 70_000)),
            updated_at: Some(Timestamp(at_ms)),
            kind: voice.kind(),
            basis: if post && self.dice.chance(0.3) { Basis::Unknown } else { basis },
            status: matches!(voice, Voice::Calls | Voice::Units | Voice::Officials)
                .then_some(Status::Open),
            hazard: matter.hazard,
            severity: self.severity(matter.grave, voice),
            radius_m,
            place: LngLat::new(lng, lat).ok().filter(|_| placed),
            words: engine::report::Words {
                // `.invalid` can never be a real site.
                url: post.then(|| format!("https://exercise.invalid/{id}")),
                source_id: Some(id),
                case_ref: matches!(voice, Voice::Calls | Voice::Units)
                    .then(|| format!("CAD-{}", 2_200 + matter.number)),
                text: Some(text),
                lang: Some(speech.code().to_owned()),
                place: Some(matter.place.name.to_owned()),
                author,
                origin: None,
                hazard_original: None,
            },
        };
        Event { at_ms, voice, draft }
    }

    /// Everyone who speaks of a matter.
    fn tell(&mut self, matter: &Matter) {
        let storm = matter.number < STORM_MATTERS;
        let scale = if matter.grave { 2 } else { 1 };
        let crowd: [(Voice, i64, i64); 6] = if storm {
            [
                (Voice::Calls, 1, 3 * scale),
                (Voice::Posts, 1, 6 * scale),
                (Voice::Citizens, 0, 2 * scale),
                (
                    Voice::Cameras,
                    0,
                    i64::from(matter.place.site == Site::Underpass || matter.grave),
                ),
                (Voice::Volunteers, 0, scale),
                (Voice::Officials, 0, scale - 1 + i64::from(matter.place.site == Site::Station)),
            ]
        } else {
            [
                (Voice::Calls, 1, 2),
                (Voice::Posts, 0, 1),
                (Voice::Citizens, 0, 1),
                (Voice::Cameras, 0, 0),
                (Voice::Volunteers, 0, 0),
                (Voice::Officials, 0, 0),
            ]
        };
        let span_ms = matter.ends_ms - matter.begins_ms;
        for (voice, least, most) in crowd {
            for _ in 0..self.dice.between(least, most) {
                // Most speak early; the square bends the spread towards the beginning.
                let part = self.dice.real(0.0, 1.0).powi(2);
                let at_ms = matter.begins_ms
                    + (part * span_ms as f64 * 0.8) as i64
                    + self.dice.between(0, 40_000);
                let event = self.statement(matter, voice, at_ms);
                self.follow(matter, &event);
                self.events.push(event);
            }
        }
        if self.dice.chance(if matter.grave { 0.9 } else { 0.35 }) {
            let at_ms = matter.begins_ms
                + self.dice.between(5 * MINUTE_MS, 13 * MINUTE_MS).min(span_ms / 2);
            let event = self.statement(matter, Voice::Units, at_ms);
            self.follow(matter, &event);
            self.events.push(event);
        }
    }

    /// What the same voice says later of the same report: worse, corrected, closed.
    fn follow(&mut self, matter: &Matter, first: &Event) {
        if first.draft.status.is_none() {
            return;
        }
        let mut last = first.clone();
        if self.dice.chance(if matter.grave { 0.5 } else { 0.2 }) {
            let at_ms = first.at_ms + self.dice.between(2 * MINUTE_MS, 6 * MINUTE_MS);
            if at_ms < matter.ends_ms {
                let mut update = self.statement(matter, first.voice, at_ms);
                update.draft.words.source_id.clone_from(&first.draft.words.source_id);
                update.draft.observed_at = first.draft.observed_at;
                update.draft.place = first.draft.place.or(update.draft.place);
                // What was said to be bad is not played down by a second call.
                update.draft.severity = update.draft.severity.min(first.draft.severity);
                last = update.clone();
                self.events.push(update);
            }
        }
        let lang = last.draft.words.lang.clone();
        let lang = [Lang::Ca, Lang::Es, Lang::En]
            .into_iter()
            .find(|known| Some(known.code()) == lang.as_deref());
        let lang = lang.unwrap_or(Lang::Ca);
        let said = if first.voice == Voice::Officials {
            self.dice
                .pick(words::official(matter.hazard, true, lang))
                .unwrap_or("{p}")
                .replace("{p}", matter.place.name)
        } else {
            let closing = self.dice.pick(words::closing(lang)).unwrap_or_default();
            format!("{} {closing}", last.draft.words.text.as_deref().unwrap_or_default())
        };
        let at_ms = (matter.ends_ms + self.dice.between(0, 4 * MINUTE_MS))
            .min(END_MS - 1_000)
            .max(last.at_ms + 1_000);
        let mut closed = last;
        closed.at_ms = at_ms;
        closed.draft.updated_at = Some(Timestamp(at_ms));
        closed.draft.status = Some(Status::Closed);
        closed.draft.words.text = Some(said);
        self.events.push(closed);
    }

    /// A rumour: many repeat it, nobody has seen it, and an authority answers.
    fn rumours(&mut self) {
        let Some(place) = PLACES.iter().find(|place| place.name == "Baró de Viver").copied()
        else {
            return;
        };
        let matter = |grave| Matter {
            number: STORM_MATTERS + DAILY_MATTERS,
            place,
            lng: 2.2040,
            lat: 41.4460,
            hazard: Hazard::Flood,
            grave,
            begins_ms: 18 * MINUTE_MS,
            ends_ms: 44 * MINUTE_MS,
        };
        let mut first: Option<String> = None;
        for n in 0..46 {
            let at_ms = 18 * MINUTE_MS + self.dice.between(0, 20 * MINUTE_MS) * i64::from(n > 0);
            let Some((lang, text)) = self.dice.pick(words::RUMOURS) else { return };
            let mut event = self.statement(&matter(true), Voice::Posts, at_ms);
            event.draft.words.text = Some(text.to_owned());
            event.draft.words.lang = Some(lang.code().to_owned());
            event.draft.basis = Basis::Heard;
            event.draft.radius_m = 1_500;
            event.draft.words.origin.clone_from(&first);
            first = first.or_else(|| event.draft.words.source_id.clone());
            self.events.push(event);
        }
        let mut denial = self.statement(&matter(false), Voice::Officials, 34 * MINUTE_MS);
        denial.draft.words.text = Some(
            "El Besòs baixa amb cabal normal per a una tempesta; no hi ha cap presa oberta"
                .to_owned(),
        );
        denial.draft.severity = Severity::Minor;
        denial.draft.status = Some(Status::Closed);
        self.events.push(denial);
    }

    /// Headlines, without a place closer than the city.
    fn press(&mut self) {
        let centre = PLACES[16];
        for (n, (lang, text)) in words::PRESS.iter().enumerate() {
            let at_ms = (3 + 5 * n as i64) * MINUTE_MS + self.dice.between(0, 90_000);
            let matter = Matter {
                number: usize::MAX,
                place: centre,
                lng: centre.lng,
                lat: centre.lat,
                hazard: Hazard::Storm,
                grave: false,
                begins_ms: at_ms,
                ends_ms: END_MS,
            };
            let mut event = self.statement(&matter, Voice::Press, at_ms);
            event.draft.words.text = Some((*text).to_owned());
            event.draft.words.lang = Some(lang.code().to_owned());
            event.draft.words.place = Some("Barcelona".to_owned());
            event.draft.place = None;
            self.events.push(event);
        }
    }

    /// The same message twice, as networks do: it must fold.
    fn repeats(&mut self) {
        let n = self.events.len();
        for index in 0..n {
            if self.dice.chance(0.03) {
                let mut again = self.events[index].clone();
                again.at_ms += self.dice.between(1_000, 90_000);
                if again.at_ms < END_MS {
                    self.events.push(again);
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "scenario_tests.rs"]
mod tests;
