//! News: whether a group that goes on no situation is one.

use wire::time::Timestamp;

use super::Situations;
use crate::limits::{CITY_SQUARES, CROWD_WEIGHT_MIN, GRAVE_MIN, GRAVE_SPAN_MS, SPANS_MS};
use crate::situation::breadth::Breadth;
use crate::situation::chance::{
    AROUND_MAX, Asked, Usual, family_of, is_around, is_more_than_chance,
};
use crate::situation::group::{Family, Member, middle};
use crate::situation::nearby::{square_km2, squares_about};

impl Situations {
    /// Whether a group that goes on no situation is one: a crowd by itself, and more than chance. What was refused is asked again
    /// only when somebody new speaks in it, so that a restart, which asks all again, finds nothing else.
    pub(super) fn is_news(&mut self, group: &[Member]) -> bool {
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
        let is_news = self.is_grave(group, newest)
            || SPANS_MS.into_iter().any(|span_ms| self.is_crowd(group, newest, span_ms));
        if !is_news {
            self.refused.extend(group.iter().map(|member| member.id));
        }
        is_news
    }

    /// Whether enough speak at one place within a span, and more than chance would make.
    fn is_crowd(&self, group: &[Member], newest: Timestamp, span_ms: i64) -> bool {
        let breadth = breadth_of(group);
        let crowd = middle(group, newest.plus_ms(-span_ms), breadth.near_cm(), |_| true);
        crowd.filter(|(_, n)| *n >= CROWD_WEIGHT_MIN).is_some_and(|(one, n)| {
            let usual = self.usual(one, family_of(group), breadth, false);
            is_more_than_chance(n - 1, usual, breadth, Asked::Witnesses, span_ms)
        })
    }

    /// Whether two speak at one place at once and each says that it is grave, which few around do. That they may have been there
    /// together is no objection: it is grave then too.
    fn is_grave(&self, group: &[Member], newest: Timestamp) -> bool {
        let breadth = breadth_of(group);
        let since = newest.plus_ms(-GRAVE_SPAN_MS);
        let crowd = middle(group, since, breadth.near_cm(), |one| one.is_grave);
        crowd.filter(|(_, n)| *n >= GRAVE_MIN).is_some_and(|(one, n)| {
            let usual = self.usual(one, family_of(group), breadth, true);
            is_more_than_chance(n - 1, usual, breadth, Asked::Strangers, GRAVE_SPAN_MS)
        })
    }

    /// What is usual of a family around a report; of none, of those that name nothing. Of the grave ones, or of all.
    fn usual(&self, one: &Member, family: Option<Family>, breadth: Breadth, grave: bool) -> Usual {
        let mut usual = Usual { n_near: 0, n_city: 0, city_km2: 0.0 };
        let Some(middle) = self.held.find(one.id).map(|held| held.voice.place) else {
            return usual;
        };
        for at in squares_about(middle, breadth.n_squares(), CITY_SQUARES) {
            // A square in which anybody speaks is in it, whatever it is of.
            let Some(n_said) = self.nearby.n_said(at, family, grave) else { continue };
            usual.n_city += n_said;
            usual.city_km2 += square_km2(at);
        }
        let about = self.nearby.about(middle, breadth.n_squares(), family, grave);
        let counts = about.filter(|place| is_around(middle, *place, breadth));
        usual.n_near = counts.take(AROUND_MAX as usize).count() as u32;
        usual
    }
}

/// The breadth of what a group speaks of.
fn breadth_of(group: &[Member]) -> Breadth {
    Breadth::of(group.iter().find_map(|member| member.says))
}
