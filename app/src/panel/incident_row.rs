//! What the row of a situation says: where first, then how it goes, what speaks for it, and who has it in hand.

use crate::map::marks::Rim;
use crate::model::Incident;
use crate::model::incidents::{NOBODY_AFTER_MS, initials};
use crate::panel::row::{CELLS, Cell, Clock};
use crate::panel::tile::put_tile;
use crate::words::{self, Lang, matters, t_string};

/// Writes the row. `band` stands over it.
pub(super) fn write_incident(
    cells: &mut [Cell; CELLS],
    row: &Incident,
    band: &str,
    words: Lang,
    clock: Clock,
) {
    let s = &*row.situation;
    let [
        over,
        _,
        shape,
        place,
        doubt,
        joint,
        hazard,
        _,
        severity,
        evidence,
        word,
        notes,
        _,
        _,
        state,
        source,
    ] = cells;
    over.say(band);
    put_tile(shape, s.severity, Rim::of(s.verification), s.hazard);
    place.say(matters::place(words, s));
    let radius = (s.radius_m > 0).then(|| words::count(words, s.radius_m.into()));
    doubt.say(&radius.map_or_else(String::new, |radius| format!(" ±{radius} m")));
    joint.say(" · ");
    hazard.say(words::hazard(words, s.hazard));
    severity.say(&format!("{} · ", words::severity(words, s.severity)));
    evidence.say(&matters::evidence(words, s));
    word.say(words::verification(words, s.verification));
    notes.say("");
    state.say("");
    source.say("");
    write_by_clock(cells, row, words, clock);
}

/// What goes by the clock too: how it goes, its age, and how long nobody has had it in hand.
pub(super) fn write_by_clock(cells: &mut [Cell; CELLS], row: &Incident, words: Lang, clock: Clock) {
    let s = &*row.situation;
    let [_, _, _, _, _, _, _, trend, _, _, _, _, age, owner, _, _] = cells;
    let mark = if row.gone {
        t_string!(words, incidents.ended)
    } else if row.asks {
        t_string!(words, incidents.asks)
    } else {
        ""
    };
    let goes = matters::trend(words, s, clock.server);
    let parts: Vec<&str> = [mark, &goes].into_iter().filter(|part| !part.is_empty()).collect();
    trend.say(&parts.join(" "));
    let newest_at = s.newest_at.unwrap_or(s.begun_at);
    age.say(&words::age(words, clock.server - newest_at.0));
    match &s.owner {
        Some(name) => {
            owner.say(&initials(name));
            owner.attribute("class", "tag owner");
        }
        // Who sees no names sees since when somebody has it.
        None if s.taken_at.is_some() => owner.say("…"),
        None => {
            owner.say(t_string!(words, incidents.nobody));
            let late = clock.server - s.begun_at.0 >= NOBODY_AFTER_MS;
            owner.attribute("class", if late { "tag nobody late" } else { "tag nobody" });
        }
    }
}
