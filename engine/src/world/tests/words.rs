//! Rules and the words of reports: what situations count, and the same however late words are read.

use std::sync::Arc;

use wire::decision::{DecisionKind, DecisionSubject};
use wire::grade::{Hazard, Kind};
use wire::time::Timestamp;
use wire::view::Mode;

use super::super::{Trial, World};
use super::guard::Town;
use super::room::{set, square};
use super::{HOUR, MINUTE, anatomy, entry, report};
use crate::classify::{Classifier, Lexicon};
use crate::decision::Setting;
use crate::report::{Private, ReportEntry, Words};
use crate::rule::{Count, Grade, Rule, When};
use crate::zone::ZoneId;

/// Three that speak of water in words of their own, and a fourth.
const WATER: [&str; 4] = [
    "Aigua fins al genoll a Pujades",
    "L'aigua puja davant de casa",
    "Entra aigua per tot arreu",
    "Garatge ple d'aigua",
];

/// Three sources of this in the zone within half an hour.
fn three_of(hazard: Hazard) -> When {
    When::Sources(Count {
        n_min: 3,
        hazard: Some(hazard),
        zone: Some(ZoneId(1)),
        within_ms: 30 * MINUTE,
    })
}

fn advised(world: World) -> World {
    let lexicon = Lexicon::bundled().expect("the lexicons");
    world.advised(Arc::new(Classifier::new(lexicon, true)))
}

fn restored(world: &World) -> World {
    World::restore(&world.checkpoint()).expect("restores")
}

impl Town {
    /// With words read from now on.
    fn advised(mut self) -> Self {
        self.world = advised(std::mem::replace(&mut self.world, World::new(Mode::Live)));
        self
    }

    /// Somebody says this, and the partner does not say what happens.
    fn hears(&mut self, n: u128, kind: Kind, text: &str) {
        let words = Words { text: Some(text.to_owned()), ..Words::default() };
        let said = |now| ReportEntry {
            kind,
            hazard: Hazard::Other,
            observed_at: now,
            place: Some(super::place(2.171, 41.4)),
            private: Private::from(words.clone()),
            ..report(n)
        };
        self.says(|now| entry(0, now, said(now)).body);
    }

    fn posts(&mut self, texts: &[&str]) {
        for (n, text) in (1..).zip(texts) {
            self.hears(n, Kind::Post, text);
        }
    }

    /// What stands of the first rule: by how many sources, and whose reports.
    fn standing(&self) -> Vec<(Option<u32>, usize)> {
        let rules = self.world.rules();
        rules[0].standing.iter().map(|one| (one.n_sources, one.reports.len())).collect()
    }

    /// How many turns a rule would have told.
    fn n_turns(&self, hazard: Hazard) -> usize {
        let rule = Rule { name: "tried".to_owned(), grade: Grade::Red, when: three_of(hazard) };
        let trial = self.world.trial(rule, Timestamp(0), self.now.plus_ms(MINUTE));
        trial.and_then(Trial::run).expect("a rule").1.len()
    }
}

#[test]
fn posts_that_name_the_matter_in_words_count_for_a_rule_and_for_its_trial() {
    let mut town = Town::new().advised();
    town.arm(three_of(Hazard::Flood));
    town.arm(three_of(Hazard::Other));
    town.posts(&WATER[..3]);
    assert_eq!(town.standing(), [(Some(3), 3)]);
    assert_eq!(town.alarms().len(), 1, "{:?}", town.alarms());
    assert_eq!((town.n_turns(Hazard::Flood), town.n_turns(Hazard::Other)), (1, 0));
    let mut unread = Town::new();
    unread.arm(three_of(Hazard::Flood));
    unread.posts(&WATER[..3]);
    assert_eq!((unread.standing(), unread.n_turns(Hazard::Flood)), (vec![], 0));
    assert_eq!(unread.n_turns(Hazard::Other), 1);
}

#[test]
fn what_calls_and_units_say_in_words_names_nothing_to_a_rule() {
    let mut town = Town::new().advised();
    town.arm(three_of(Hazard::Flood));
    for (n, kind) in [(1, Kind::Call), (2, Kind::Unit), (3, Kind::Call)] {
        town.hears(n, kind, WATER[n as usize]);
    }
    assert_eq!((town.standing(), town.n_turns(Hazard::Flood)), (vec![], 0));
}

#[test]
fn words_that_are_read_only_after_a_restart_count_as_if_they_had_been_read_before() {
    let mut town = Town::new();
    // Said before the rule was armed: it counts for none.
    town.hears(10, Kind::Post, WATER[3]);
    town.arm(three_of(Hazard::Flood));
    town.posts(&WATER[..2]);
    town.world = restored(&town.world);
    let mut town = town.advised();
    town.world.tick(town.now.plus_ms(2_000), &mut town.changes);
    assert_eq!(town.standing(), []);
    town.hears(3, Kind::Post, WATER[2]);
    assert_eq!(town.standing(), [(Some(3), 3)]);
    // And those that are enough by themselves fire with nobody else to say anything.
    let mut town = Town::new();
    town.arm(three_of(Hazard::Flood));
    town.posts(&WATER);
    town.world = restored(&town.world);
    let town = town.advised();
    assert_eq!((town.standing(), town.alarms().len()), (vec![(Some(3), 3)], 1));
}

#[test]
fn what_was_said_too_long_ago_counts_no_more_when_words_are_read() {
    let mut town = Town::new();
    town.arm(three_of(Hazard::Flood));
    town.posts(&WATER[..3]);
    town.now = town.now.plus_ms(HOUR);
    town.world.tick(town.now, &mut town.changes);
    town.world = restored(&town.world);
    let town = town.advised();
    assert_eq!((town.standing(), town.alarms().len()), (vec![], 0));
}

#[test]
fn a_restart_with_words_hears_nothing_twice() {
    let mut town = Town::new().advised();
    town.arm(three_of(Hazard::Flood));
    let draw = |street| {
        move |now| {
            let zone = Some(DecisionSubject::Zone(1));
            set(DecisionKind::Zone, zone, Setting::Zone(square(street)), now)
        }
    };
    town.says(draw(5));
    town.posts(&WATER);
    // Drawn around them after they were heard of: nobody hears of them anew, nor does a restart.
    town.says(draw(0));
    let before = anatomy(&town.world);
    let mut again = advised(restored(&town.world));
    assert_eq!(anatomy(&again), before);
    again.tick(town.now.plus_ms(MINUTE), &mut Vec::new());
    town.world.tick(town.now.plus_ms(MINUTE), &mut town.changes);
    assert_eq!(anatomy(&again), anatomy(&town.world));
}
