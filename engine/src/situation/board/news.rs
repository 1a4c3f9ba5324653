//! News: whether a group that goes on no situation is one.

use std::collections::BTreeMap;

use wire::time::Timestamp;

use super::{Held, Situations};
use crate::limits::{CITY_SQUARES, CROWD_WEIGHT_MIN, GRAVE_MIN, GRAVE_SPAN_MS, SPANS_MS};
use crate::situation::breadth::Breadth;
use crate::situation::chance::{
    AROUND_MAX, Asked, Usual, family_of, is_around, is_more_than_chance,
};
use crate::situation::group::{Family, Member, middle};
use crate::situation::nearby::{square, square_km2, squares_about};

/// What is said in the squares of a city: by family, of all and of those who say that it is grave.
pub(super) type City = BTreeMap<(i32, i32), BTreeMap<(Option<Family>, bool), u32>>;

impl Situations {
    /// Whether a group that goes on no situation is one: a crowd by itself, and more than chance. What was refused is asked again
    /// only when somebody new speaks in it, so that a restart, which asks all again, finds nothing else. `city` is filled in for
    /// the first who needs it.
    pub(super) fn is_news(&mut self, group: &[Member], city: &mut Option<City>) -> bool {
        // Who is known needs nobody beside it.
        if group.iter().any(|member| u32::from(member.weight) >= CROWD_WEIGHT_MIN) {
            return true;
        }
        let Some(newest) = group.iter().map(|member| member.observed_at).max() else {
            return false;
        };
        if group.iter().all(|member| self.refused.contains(&member.id)) {
            return false;
        }
        let is_news = self.is_grave(group, newest, city)
            || SPANS_MS.into_iter().any(|span_ms| self.is_crowd(group, newest, span_ms, city));
        if !is_news {
            self.refused.extend(group.iter().map(|member| member.id));
        }
        is_news
    }

    /// Whether enough speak at one place within a span, and more than chance would make.
    fn is_crowd(
        &self,
        group: &[Member],
        newest: Timestamp,
        span_ms: i64,
        city: &mut Option<City>,
    ) -> bool {
        let breadth = breadth_of(group);
        let crowd = middle(group, newest.plus_ms(-span_ms), breadth.near_cm(), |_| true);
        crowd.filter(|(_, n)| *n >= CROWD_WEIGHT_MIN).is_some_and(|(one, n)| {
            let usual = self.usual(one, family_of(group), breadth, false, city);
            is_more_than_chance(n - 1, usual, breadth, Asked::Witnesses, span_ms)
        })
    }

    /// Whether two speak at one place at once and each says that it is grave, which few around do. That they may have been there
    /// together is no objection: it is grave then too.
    fn is_grave(&self, group: &[Member], newest: Timestamp, city: &mut Option<City>) -> bool {
        let breadth = breadth_of(group);
        let since = newest.plus_ms(-GRAVE_SPAN_MS);
        let crowd = middle(group, since, breadth.near_cm(), |one| one.is_grave);
        crowd.filter(|(_, n)| *n >= GRAVE_MIN).is_some_and(|(one, n)| {
            let usual = self.usual(one, family_of(group), breadth, true, city);
            is_more_than_chance(n - 1, usual, breadth, Asked::Strangers, GRAVE_SPAN_MS)
        })
    }

    /// What is usual of a family around a report; of none, of those that name nothing. Of the grave ones, or of all.
    fn usual(
        &self,
        one: &Member,
        family: Option<Family>,
        breadth: Breadth,
        grave: bool,
        city: &mut Option<City>,
    ) -> Usual {
        let mut usual = Usual { n_near: 0, n_city: 0, city_km2: 0.0 };
        let Some(middle) = self.held.get(&one.id).map(|held| held.voice.place) else {
            return usual;
        };
        let city = city.get_or_insert_with(|| self.city());
        for at in squares_about(middle, breadth.n_squares(), CITY_SQUARES) {
            let Some(said) = city.get(&at) else { continue };
            usual.n_city += said.get(&(family, grave)).copied().unwrap_or_default();
            usual.city_km2 += square_km2(at);
        }
        let about =
            self.nearby.about(middle, breadth.n_squares()).filter_map(|id| self.held.get(&id));
        let counts = about.filter(|held| {
            is_usual(held)
                && (!grave || held.voice.is_grave())
                && held.voice.says().map(Family::of) == family
                && is_around(middle, held.voice.place, breadth)
        });
        usual.n_near = counts.take(AROUND_MAX as usize).count() as u32;
        usual
    }

    /// What is said where. A square in which anybody speaks is in it, whatever it is of.
    fn city(&self) -> City {
        let mut city = City::new();
        for held in self.held.values() {
            let said = city.entry(square(held.voice.place)).or_default();
            if is_usual(held) {
                let family = held.voice.says().map(Family::of);
                *said.entry((family, false)).or_default() += 1;
                *said.entry((family, true)).or_default() += u32::from(held.voice.is_grave());
            }
        }
        city
    }
}

/// The breadth of what a group speaks of.
fn breadth_of(group: &[Member]) -> Breadth {
    Breadth::of(group.iter().find_map(|member| member.says))
}

/// Whether a report says what is usual: one that counts, and belongs to no situation.
fn is_usual(held: &Held) -> bool {
    held.weight > 0 && held.situation.is_none() && !held.voice.is_talk()
}
