//! What is said: from a voice of a file to reports, their closings and what repeats them.

use engine::entry::{Body, SourceKey};
use engine::limits::CROWD_WEIGHT_MIN;
use engine::place::distance_m;
use engine::report::{IdKey, Words};
use wire::geo::LngLat;
use wire::grade::{Basis, Hazard, Kind, Severity, Status};
use wire::source::Ledger;
use wire::time::Timestamp;
use wire::view::Mode;

use super::book::Ready;
use super::file::{Shares, Voices};
use super::write::{Line, MINUTE_MS};
use crate::exercise::dice::Dice;
use crate::source::Draft;
use crate::store::SourceRow;

/// Takes down what is said.
pub(super) struct Speaker<'a> {
    pub(super) ready: &'a Ready,
    pub(super) spoken: Vec<Spoken>,
}

/// One report, and when it is closed.
#[derive(Clone)]
pub(super) struct Spoken {
    /// When it is received.
    pub(super) at: Timestamp,
    /// Of which happening.
    pub(super) of: Option<String>,
    /// Where it says it is.
    pub(super) place: Option<LngLat>,
    id: String,
    observed_at: Timestamp,
    kind: Kind,
    basis: Basis,
    hazard: Hazard,
    severity: Severity,
    radius_m: u32,
    text: String,
    lang: String,
    origin: Option<String>,
    is_open: bool,
    closes_at: Option<Timestamp>,
}

fn share(dice: &mut Dice, shares: &Shares) -> Option<String> {
    let all: Vec<(f64, &str)> =
        shares.iter().map(|(word, share)| (*share, word.as_str())).collect();
    dice.weighted(&all).map(str::to_owned)
}

impl<'a> Speaker<'a> {
    pub(super) fn new(ready: &'a Ready) -> Self {
        Self { ready, spoken: Vec::new() }
    }

    /// Somebody speaks of what happens near a place (and within so many metres of it). Says how much that weighs.
    #[expect(
        clippy::too_many_arguments,
        reason = "who, what, where, when and by which name: none goes with another"
    )]
    pub(super) fn say(
        &mut self,
        dice: &mut Dice,
        voices: &Voices,
        hazard: Hazard,
        near: (f64, f64, f64),
        observed_at: Timestamp,
        id: &str,
        of: Option<&str>,
    ) -> u32 {
        let (lng, lat, within_m) = near;
        let (lng, lat) = dice.around(lng, lat, within_m);
        let (lng, lat) = dice.around(lng, lat, voices.place_error_m);
        let mut place = LngLat::new(lng, lat).ok();
        let mut radius_m = voices.radius_m;
        if dice.chance(voices.unsure_share) {
            (place, radius_m) = self.town_of(place);
        }
        if dice.chance(voices.unplaced_share) {
            place = None;
        }
        let severity =
            share(dice, &voices.severity).and_then(|word| word.parse().ok()).unwrap_or_default();
        let is_unsaid = dice.chance(voices.without_hazard);
        let is_vague = dice.chance(voices.without_words) && is_unsaid;
        let languages = if voices.languages.is_empty() {
            &self.ready.city.languages
        } else {
            &voices.languages
        };
        let language = share(dice, languages).unwrap_or_default();
        let group =
            if is_vague { "vague" } else { voices.texts.as_deref().unwrap_or(hazard.word()) };
        let text = self.text(dice, group, &language);
        let [soon, late] = voices.delay_s;
        let at = observed_at.plus_ms((dice.real(soon, late) * 1_000.0) as i64);
        let open = voices.open_min.map(|[soon, late]| (late > 0.0, dice.real(soon, late)));
        let one = Spoken {
            at,
            of: of.map(str::to_owned),
            place,
            id: id.to_owned(),
            observed_at,
            kind: voices.kind,
            basis: voices.basis,
            hazard: if is_unsaid { Hazard::Other } else { hazard },
            severity,
            radius_m,
            text,
            lang: language,
            origin: None,
            is_open: open.is_some(),
            closes_at: open
                .and_then(|(closes, min)| closes.then(|| at.plus_ms((min * MINUTE_MS) as i64))),
        };
        if let Some(again) = &voices.reposts
            && dice.chance(again.share)
        {
            let n = dice.real(again.n[0], again.n[1] + 1.0) as u32;
            for number in 0..n {
                let then = at.plus_ms((dice.real(0.0, again.within_min) * MINUTE_MS) as i64);
                let copy = one.repeated(dice, number, then, again.changed);
                self.spoken.push(copy);
            }
        }
        let is_known = matches!(one.kind, Kind::Unit | Kind::Camera | Kind::Official);
        self.spoken.push(one);
        if is_known && severity <= Severity::Severe { CROWD_WEIGHT_MIN } else { 1 }
    }

    /// The town around a place and its size, as one who names only the town is placed.
    fn town_of(&self, place: Option<LngLat>) -> (Option<LngLat>, u32) {
        let far = |at: [f64; 2]| Some(distance_m(place?, LngLat::new(at[0], at[1]).ok()?));
        let centres = self.ready.city.centres.iter();
        let nearest = centres
            .min_by(|a, b| far(a.at).unwrap_or(f64::MAX).total_cmp(&far(b.at).unwrap_or(f64::MAX)));
        let town = nearest.and_then(|centre| LngLat::new(centre.at[0], centre.at[1]).ok());
        (town, nearest.map_or(5_000, |centre| centre.radius_m.max(1_000.0) as u32))
    }

    fn template(&self, dice: &mut Dice, group: &str, lang: &str) -> String {
        let Some(by_lang) = self.ready.texts.get(group) else { return String::new() };
        let all = by_lang.get(lang).or_else(|| by_lang.values().next());
        let all: Vec<&str> = all.into_iter().flatten().map(String::as_str).collect();
        dice.pick(&all).unwrap_or_default().to_owned()
    }

    fn text(&self, dice: &mut Dice, group: &str, lang: &str) -> String {
        let head = self.template(dice, "head", lang);
        let body = self.template(dice, group, lang);
        let tail = self.template(dice, "tail", lang);
        let streets: Vec<&str> = self.ready.city.streets.iter().map(String::as_str).collect();
        let street = dice.pick(&streets).unwrap_or_default().to_owned();
        let number = dice.between(1, 240).to_string();
        format!("{head}{body}{tail}").replace("{street}", &street).replace("{n}", &number)
    }
}

impl Spoken {
    pub(super) fn is_post(&self) -> bool {
        self.kind == Kind::Post
    }

    /// Somebody repeats it, word for word or nearly.
    pub(super) fn repeated(
        &self,
        dice: &mut Dice,
        number: u32,
        at: Timestamp,
        changed: f64,
    ) -> Self {
        let mut copy = self.clone();
        copy.id = format!("{}-again-{number}-{}", self.id, at.0);
        copy.at = at;
        copy.observed_at = at;
        copy.kind = Kind::Post;
        copy.is_open = false;
        copy.closes_at = None;
        if dice.chance(changed) {
            copy.text = format!("RT {}", self.text);
        }
        // Half of them share the post, the others paste its words.
        copy.origin = dice.chance(0.5).then(|| self.id.clone());
        copy
    }

    /// One version of it, as a partner's is made. One partner for each kind of voice; all have ids of their own.
    fn entry(&self, status: Option<Status>, at: Timestamp) -> Body {
        let words = Words {
            source_id: Some(self.id.clone()),
            text: Some(self.text.clone()),
            lang: (!self.lang.is_empty()).then(|| self.lang.clone()),
            origin: self.origin.clone(),
            ..Words::default()
        };
        let source = SourceRow {
            key: SourceKey(1 + self.kind as u32),
            id: "drill".to_owned(),
            name: String::new(),
            mode: Mode::Exercise,
            ledger: Ledger::default(),
            newest: None,
            received: None,
        };
        let draft = Draft {
            observed_at: self.observed_at,
            updated_at: None,
            kind: self.kind,
            basis: self.basis,
            status,
            hazard: self.hazard,
            severity: self.severity,
            radius_m: self.radius_m,
            place: self.place,
            words,
        };
        draft.body(&source, &IdKey::new([0; 32]), at)
    }

    /// The report, and its closing.
    pub(super) fn entries(&self, lines: &mut Vec<Line>) {
        let status = self.is_open.then_some(Status::Open);
        lines.push(Line { at: self.at, body: self.entry(status, self.at) });
        if let Some(at) = self.closes_at {
            lines.push(Line { at, body: self.entry(Some(Status::Closed), at) });
        }
    }
}
