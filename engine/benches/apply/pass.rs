//! The full pass: reports come at ten thousand a second of the journal's time into a World in which as many leave, and
//! everything is done with each that the product does: words read, copies folded, windows slid, pyramids changed,
//! zones and rules asked, situations settled.

use std::sync::Arc;

use engine::change::Change;
use engine::classify::{Classifier, Lexicon};
use engine::decision::{DecisionEntry, Setting, Signed};
use engine::entry::{Body, Entry};
use engine::report::{Private, Words};
use engine::rule::{Count, Grade, Rule, When};
use engine::world::World;
use engine::zone::{Part, Zone, ZoneId};
use serde_json::json;
use wire::decision::DecisionKind;
use wire::geo::LngLat;
use wire::grade::{Basis, Hazard, HazardSet, Kind};
use wire::tile::TileId;
use wire::time::Timestamp;
use wire::view::{Mode, Window};

use super::corpus;
use super::peers::{Outcome, points, probes};

/// Reports a millisecond of the journal's time.
const A_MS: i64 = 10;
/// What stands open leaves the desk's window after two hours.
const WINDOW_MS: i64 = 2 * 3_600_000;
/// The clock of the server looks each tenth of a second.
const TICK_MS: i64 = 100;
/// Reports that come while the clock runs, at most: twenty-five seconds of them, in which a million are settled once.
const COMING_MAX: usize = 250_000;
/// Zones, each with a rule that counts sources in it.
const ZONES: usize = 48;

/// Reports that come while the clock runs, where so many are live: no more than are there to leave.
pub(crate) fn coming(n: usize) -> usize {
    n.min(COMING_MAX)
}

/// Fills a World with `n` live reports, lets as many come as leave, and tells what a report took.
pub(crate) fn pass(n: usize, seed: u64) -> Outcome<()> {
    let n_coming = coming(n);
    let bodies = bodies(n, n_coming, seed);
    let words = Lexicon::bundled().map_err(|cause| format!("no lexicons: {cause}"))?;
    let mut world = World::new(Mode::Live).advised(Arc::new(Classifier::new(words, true)));
    let mut changes: Vec<Change> = Vec::new();
    let mut seq = 0;
    let mut say = |world: &mut World, changes: &mut Vec<Change>, at: Timestamp, body: Body| {
        seq += 1;
        changes.clear();
        world.apply(&Entry { seq, recorded_at: at, mode: Mode::Live, body }, changes);
        changes.len()
    };
    let begins = points::NOW.plus_ms(-WINDOW_MS);
    for body in guarded(seed) {
        say(&mut world, &mut changes, begins, body);
    }
    let mut bodies = bodies.into_iter();
    for i in 0..n as i64 {
        let Some(body) = bodies.next() else { break };
        say(&mut world, &mut changes, begins.plus_ms(i / A_MS), body);
    }
    world.tick(points::NOW.plus_ms(-1), &mut changes);

    let mut n_changes = 0;
    let (start, cpu) = (std::time::Instant::now(), probes::cpu_ms());
    for (i, body) in (0i64..).zip(bodies) {
        let at = points::NOW.plus_ms(i / A_MS);
        n_changes += say(&mut world, &mut changes, at, body);
        if i % (TICK_MS * A_MS) == 0 {
            changes.clear();
            world.tick(at, &mut changes);
            n_changes += changes.len();
        }
    }
    // What came since the last settling is settled on the account of those who came.
    changes.clear();
    world.tick(points::NOW.plus_ms(n_coming as i64 / A_MS), &mut changes);
    n_changes += changes.len();
    let (wall_ms, cpu_ms) = (start.elapsed().as_secs_f64() * 1e3, probes::cpu_ms() - cpu);

    let whole = world.tile(Window::Open, HazardSet::ALL, TileId { z: 0, x: 0, y: 0 });
    let n_live: usize = whole.iter().map(|cluster| cluster.n as usize).sum();
    if n_live.abs_diff(n) > A_MS as usize || world.n_reports() != (n + n_coming) as u64 {
        return Err(format!("{n_live} live and {} held of {n}", world.n_reports()).into());
    }
    let n_situations = world.situation_ids().count();
    let each = |ms: f64| ms * 1e3 / n_coming as f64;
    println!(
        "{}",
        json!({
            "micros": each(wall_ms), "cpu_micros": each(cpu_ms), "n_situations": n_situations, "n_changes": n_changes,
        })
    );
    Ok(())
}

/// The reports in order of coming: mostly posts that do not say what happens but in their words.
fn bodies(n_live: usize, n_coming: usize, seed: u64) -> Vec<Body> {
    let mut dice = points::Dice::new(seed);
    let begins = points::NOW.plus_ms(-WINDOW_MS);
    let n = n_live + n_coming;
    let posts = corpus::posts(n, seed).into_iter();
    let written = points::cities(n, seed).into_iter().zip(posts).zip(0i64..);
    written
        .map(|((place, post), i)| {
            let before = i - n_live as i64;
            let at = if before < 0 {
                begins.plus_ms(i / A_MS)
            } else {
                points::NOW.plus_ms(before / A_MS)
            };
            let mut report = points::report(i as u64 + 1, place, at, &mut dice);
            report.kind = match dice.next() % 20 {
                0..14 => Kind::Post,
                14..17 => Kind::Citizen,
                17 => Kind::Press,
                _ => Kind::Call,
            };
            if report.kind != Kind::Call {
                (report.hazard, report.basis) = (Hazard::Other, Basis::Unknown);
                report.private =
                    Private::from(Words { text: Some(post.written), ..Words::default() });
            }
            Body::Report(Box::new(report))
        })
        .collect()
}

/// Squares around places of the seed, and a rule for each.
fn guarded(seed: u64) -> Vec<Body> {
    let corners = [(-0.02, -0.02), (0.02, -0.02), (0.02, 0.02), (-0.02, 0.02), (-0.02, -0.02)];
    let zones = points::cities(ZONES, seed).into_iter().filter_map(|(lng, lat)| {
        let corner = |(east, north): (f64, f64)| LngLat::new(lng + east, lat + north).ok();
        let outer = corners.into_iter().map(corner).collect::<Option<_>>()?;
        let name = "a square".to_owned();
        Some(Setting::Zone(Zone { name, parts: vec![Part { outer, holes: Vec::new() }] }))
    });
    let rules = (1..=ZONES as u32).map(|zone| {
        let (n_min, within_ms) = (3, 30 * 60_000);
        let (hazard, zone) = (Some(Hazard::Flood), Some(ZoneId(zone)));
        let when = When::Sources(Count { n_min, hazard, zone, within_ms });
        Setting::Rule(Rule { name: "three of a flood".to_owned(), grade: Grade::Yellow, when })
    });
    zones.chain(rules).map(decided).collect()
}

fn decided(sets: Setting) -> Body {
    let kind = match sets {
        Setting::Rule(_) => DecisionKind::Rule,
        _ => DecisionKind::Zone,
    };
    Body::Decision(Box::new(DecisionEntry {
        kind,
        subject: None,
        basis: None,
        occurred_at: points::NOW.plus_ms(-WINDOW_MS),
        known_seq: 0,
        with: Vec::new(),
        reports: Vec::new(),
        until: None,
        every_min: None,
        sets: Some(Box::new(sets)),
        signed: Signed::default(),
    }))
}
