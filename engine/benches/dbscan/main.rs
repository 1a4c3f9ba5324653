//! Bench row `dbscan`: exact DBSCAN of a million points, and a tick in which one in a hundred goes and as many come, each
//! beside `geo`'s `Dbscan` of the same points.
//!
//! Both have the same whole centimetres in memory before their clocks start, and end with a label for each point. What
//! ours builds is what ticks go on from: an index of ids, counts, joins, border points. `geo` has no ticks: it starts
//! over. The correctness gates come first and last: the same core points in the same parts, the same noise.
//!
//! `cargo bench -p talaia-engine --bench dbscan -- [--n 1000000] [--rounds 7] [--seed 7] [--data F.csv.gz] [--json F]`

#![expect(clippy::print_stdout, reason = "a bench talks to whoever started it")]

mod gate;
mod metro;
#[expect(dead_code, reason = "shared with rows that have other peers")]
#[path = "../peers/mod.rs"]
mod peers;

use std::time::Instant;

use engine::situation::density::{Density, Point, PointId, Role, Rule};
use engine::situation::metres::{Plane, Spot};
use gate::Counts;
use geo::{Dbscan, MultiPoint};
use peers::points::Dice;
use peers::row::{Options, Row, Spent};
use peers::{Outcome, probes};
use serde_json::Value;
use wire::geo::LngLat;

const PEER: &str = "geo 0.33.1";

/// One in so many goes in a tick, and as many come: a hundredth, and at a million the thousand a second of a bad hour.
const CHURNS: [usize; 2] = [100, 1_000];

/// Points and what is close among them.
struct Set {
    name: String,
    points: Vec<(f64, f64)>,
    eps_m: u32,
    min_pts: u32,
    /// The gate and the goal of building; a set without is told, not judged.
    bounds: (Option<f64>, Option<f64>),
    /// Whether ticks are timed, too.
    ticks: bool,
}

fn main() -> Outcome<()> {
    let options = Options::read("dbscan", 1_000_000)?;
    let (points, name) = options.points()?;
    let (n, seed) = (options.n, options.seed);
    let told = (None, None);
    let sets = if name.starts_with("recorded") {
        vec![Set { name, points, eps_m: 100, min_pts: 10, bounds: told, ticks: true }]
    } else {
        let tenth = (n / 10).max(1_000);
        vec![
            Set {
                name: format!("metro_{n} with seed {seed}"),
                points: metro::metro(n, seed),
                eps_m: 50,
                min_pts: 20,
                bounds: (Some(2.0), Some(4.0)),
                ticks: true,
            },
            Set {
                name: format!("metro_{tenth} with seed {seed}"),
                points: metro::metro(tenth, seed),
                eps_m: 300,
                min_pts: 10,
                bounds: told,
                ticks: false,
            },
            Set {
                name: format!("metro_{tenth} with seed {seed}, a tenth on one spot"),
                points: metro::centroid(tenth, seed),
                eps_m: 100,
                min_pts: 10,
                bounds: told,
                ticks: false,
            },
            Set { name, points, eps_m: 2_000, min_pts: 10, bounds: told, ticks: false },
        ]
    };
    let mut rows = Vec::new();
    for set in &sets {
        rows.extend(of_set(set, &options)?);
    }
    options.report(&rows)
}

/// The rows of a set.
fn of_set(set: &Set, options: &Options) -> Outcome<Vec<Value>> {
    let rule = Rule::new(set.eps_m * 100, set.min_pts)?;
    let about = LngLat::new(set.points[0].0, set.points[0].1)?;
    let plane = Plane::about(about);
    let places = set.points.iter().filter_map(|(lng, lat)| LngLat::new(*lng, *lat).ok());
    let spots: Vec<Spot> = places.map(|place| plane.spot(place)).collect();
    println!("dbscan: {}, {} points, {} rounds", set.name, spots.len(), options.rounds);
    let points: Vec<Point> = spots.iter().zip(0..).map(|(spot, id)| point(id, *spot)).collect();
    let planar = planar(&points);

    let mut rounds = Vec::new();
    let mut counts = None;
    for round in 0..options.rounds {
        let (ours, roles, density) = build(rule, &points);
        let (peer, labels) = by_geo(rule, &planar);
        println!("build {round}: ours {ours}, geo {peer}");
        if counts.is_none() {
            // The first round is the gate's, and is not counted.
            counts = Some(gate::same(rule, &spots, &roles, &labels)?);
        } else {
            rounds.push((ours, peer));
        }
        drop(density);
    }
    let counts = counts.ok_or("no rounds")?;
    println!("{counts}");
    let work = format!("{}: eps {} m, min_pts {}", set.name, set.eps_m, set.min_pts);
    let row = Row {
        name: &format!("dbscan build ({})", set.name),
        version: PEER,
        work: &work,
        gate: set.bounds.0,
        goal: set.bounds.1,
        note: &format!(
            "{counts}; ours can be ticked on, with ids, counts, joins and border points"
        ),
    };
    let mut rows = vec![row.of(&rounds)];
    for churn in CHURNS.into_iter().filter(|_| set.ticks) {
        let (rounds, counts) = ticks(rule, &points, churn, options)?;
        let is_judged = set.bounds.0.is_some();
        rows.push(
            Row {
                name: &format!("dbscan tick of 1/{churn} ({})", set.name),
                gate: is_judged.then_some(5.0),
                goal: is_judged.then_some(50.0),
                note: &format!("one in {churn} goes and as many come; at the end {counts}"),
                ..row
            }
            .of(&rounds),
        );
    }
    Ok(rows)
}

/// Ticks, each beside a run of `geo` over what is live after it.
fn ticks(
    rule: Rule,
    points: &[Point],
    churn: usize,
    options: &Options,
) -> Outcome<(Vec<(Spent, Spent)>, Counts)> {
    let mut dice = Dice::new(options.seed + 1);
    let mut live = points.to_vec();
    let mut density = Density::build(rule, live.iter().copied());
    let mut rounds = Vec::new();
    let mut next_id = live.len() as u64;
    let mut counts = None;
    for round in 0..options.rounds {
        let mut gone = Vec::new();
        let mut come = Vec::new();
        let first_new = next_id;
        while come.len() < (live.len() / churn).max(1) {
            let at = (dice.next() % live.len() as u64) as usize;
            if live[at].id.0 >= first_new {
                continue;
            }
            // Who comes lies about as far from another point as neighbours do, so the crowds stay crowds.
            let near = live[(dice.next() % live.len() as u64) as usize].spot;
            let mut off = || (dice.next() % 4_000) as i32 - 2_000;
            let spot = Spot { x_cm: near.x_cm + off(), y_cm: near.y_cm + off() };
            let new = point(next_id, spot);
            next_id += 1;
            come.push(new);
            gone.push(std::mem::replace(&mut live[at], new).id);
        }
        let (start, cpu) = (Instant::now(), probes::cpu_ms());
        for id in &gone {
            density.remove(*id);
        }
        for point in &come {
            density.insert(*point);
        }
        let changes = density.settle();
        let ours = spent(start, cpu);
        let (peer, labels) = by_geo(rule, &planar(&live));
        println!("tick {round}: ours {ours}, geo {peer}, {} components told", changes.after.len());
        rounds.push((ours, peer));
        if round + 1 == options.rounds {
            let roles = live.iter().map(|point| density.role(point.id).ok_or("not live"));
            let roles = roles.collect::<Result<Vec<Role>, _>>()?;
            let spots: Vec<Spot> = live.iter().map(|point| point.spot).collect();
            counts = Some(gate::same(rule, &spots, &roles, &labels)?);
        }
    }
    Ok((rounds, counts.ok_or("no rounds")?))
}

fn point(id: u64, spot: Spot) -> Point {
    Point { id: PointId(id), spot, weight: 1 }
}

/// What the peer is fed: the same centimetres.
fn planar(points: &[Point]) -> MultiPoint<f64> {
    points.iter().map(|p| (f64::from(p.spot.x_cm), f64::from(p.spot.y_cm))).collect()
}

fn spent(start: Instant, cpu: f64) -> Spent {
    Spent { wall: start.elapsed().as_secs_f64() * 1e3, cpu: probes::cpu_ms() - cpu }
}

/// Ours from nothing, up to what each point is.
fn build(rule: Rule, points: &[Point]) -> (Spent, Vec<Role>, Density) {
    let (start, cpu) = (Instant::now(), probes::cpu_ms());
    let density = Density::build(rule, points.iter().copied());
    let mut roles = vec![Role::Noise; points.len()];
    for (id, role) in density.roles() {
        roles[id.0 as usize] = role;
    }
    (spent(start, cpu), roles, density)
}

fn by_geo(rule: Rule, points: &MultiPoint<f64>) -> (Spent, Vec<Option<usize>>) {
    let (start, cpu) = (Instant::now(), probes::cpu_ms());
    let labels = points.dbscan(f64::from(rule.eps_cm()), rule.min_pts() as usize);
    (spent(start, cpu), labels)
}
