//! Bench row `update`: one report comes, one goes, and a screen is answered, with N reports live; beside supercluster in
//! its two ports and the index inside MapLibre, which build anew.
//!
//! Ours is an entry applied to the product's own World at a moment that takes exactly the oldest report past retention
//! (others leave their windows meanwhile), then the tiles of a screen of 1920 × 960 that is looked at: as in the hub, a
//! tile is read again when a change lies in it. What reading all of them again would take is told beside it. The peers
//! replace the same point and answer the same screen: supercluster by `load`, @maplibre/geojson-vt by `updateData`. The
//! correctness gates: the count of all is N after each update, what a World of many updates draws is what a World built
//! at once draws, and what was kept is what is read anew.
//!
//! `cargo bench -p talaia-engine --bench update -- [--n 100000] [--rounds 7] [--seed 7] [--data F.csv.gz] [--json F]`

#![expect(clippy::print_stdout, reason = "a bench talks to whoever started it")]

#[path = "../peers/mod.rs"]
mod peers;
#[path = "../peers/views.rs"]
mod views;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use engine::change::Change;
use engine::entry::{Body, Entry};
use engine::limits::RETENTION_MS;
use engine::world::World;
use peers::npm::Node;
use peers::points::{Dice, NOW};
use peers::port::{self, Port};
use peers::row::{Options, Row, Spent, median, small};
use peers::{Outcome, points, probes};
use views::View;
use wire::cluster::Cluster;
use wire::grade::HazardSet;
use wire::tile::TileId;
use wire::view::{Mode, Window};

/// Screens a round, and updates of ours to each of them. A peer takes one update a round: a quarter of a second each.
const SCREENS: usize = 15;
const UPDATES: usize = 40;

/// A screen that is looked at, with the tiles it was answered with.
struct Screen {
    view: View,
    /// Where new reports come: about the middle.
    places: Vec<(f64, f64)>,
    tiles: BTreeMap<TileId, Vec<Cluster>>,
}

impl Screen {
    fn new(place: (f64, f64), zoom: u8, dice: &mut Dice) -> Outcome<Self> {
        let view = View::about(place, zoom)?;
        let places = (0..UPDATES).map(|_| {
            ((place.0 + dice.unit() * 0.01).min(180.0), (place.1 + dice.unit() * 0.01).min(85.0))
        });
        Ok(Self { view, places: places.collect(), tiles: BTreeMap::new() })
    }

    /// Forgets the tiles in which something changed.
    fn forget(&mut self, changes: &[Change]) {
        for change in changes {
            if let Change::Report { at: Some(at), .. } = change {
                self.tiles.remove(&TileId::of(*at, self.view.zoom));
            }
        }
    }

    /// Reads what it lacks.
    fn read(&mut self, world: &World) -> Outcome<()> {
        for tile in self.view.cover()?.tiles() {
            self.tiles.entry(tile).or_insert_with(|| world.tile(Window::All, HazardSet::ALL, tile));
        }
        Ok(())
    }
}

/// Our side: the World, and what comes next.
struct Ours {
    world: World,
    seq: u64,
    n: u64,
}

impl Ours {
    /// The next entry, at the moment that takes the oldest report past retention and no other.
    fn entry(&mut self, place: (f64, f64), dice: &mut Dice) -> Entry {
        self.seq += 1;
        let n = self.n as i64;
        let later_ms = (RETENTION_MS - 1) * (self.seq as i64 - n) / n;
        let recorded_at = NOW.plus_ms(later_ms);
        let report = points::report(self.seq, place, recorded_at, dice);
        Entry { seq: self.seq, recorded_at, mode: Mode::Live, body: Body::Report(Box::new(report)) }
    }

    fn answer(&self, view: &View) -> Outcome<Vec<Cluster>> {
        let tiles = view.cover()?.tiles();
        Ok(tiles.flat_map(|tile| self.world.tile(Window::All, HazardSet::ALL, tile)).collect())
    }

    /// As many as before: one came, one went.
    fn gate(&self) -> Outcome<()> {
        match self.world.n_reports() {
            n if n == self.n => Ok(()),
            n => Err(format!("{n} live reports, not {}", self.n).into()),
        }
    }
}

fn main() -> Outcome<()> {
    let options = Options::read("update", 100_000)?;
    let (points, work) = options.points()?;
    let n = points.len();
    println!("update: {n} points, {} rounds", options.rounds);
    let mut dice = Dice::new(options.seed + 1);
    let world = World::from_records(Mode::Live, NOW, points::records(&points, options.seed));
    let mut ours = Ours { n: world.n_reports(), seq: n as u64, world };
    if ours.n != n as u64 {
        return Err(format!("{} of {n} are live", ours.n).into());
    }
    grown_is_built(&mut ours, &points, &mut dice)?;

    let mut npm = Node::start("supercluster.mjs", &points, &options.dir()?)?;
    let mut maplibre = Node::start("geojson-vt.mjs", &points, &options.dir()?)?;
    let mut port = Port::new(&points);
    let (mut by_port, mut by_npm, mut by_maplibre) = (Vec::new(), Vec::new(), Vec::new());
    let mut all_anew = Vec::new();
    for round in 0..options.rounds {
        let mut screens = (0..SCREENS)
            .map(|index| {
                let place = points[(dice.next() % n as u64) as usize];
                Screen::new(place, 2 + index as u8, &mut dice)
            })
            .collect::<Outcome<Vec<Screen>>>()?;
        let (own, anew) = of_ours(&mut ours, &mut screens, &mut dice)?;
        all_anew.push(anew);
        // The peers take one of them, at the same place.
        let (gone, screen) = (round % n, &screens[(round * 2 + 6) % SCREENS]);
        let in_port = of_port(&mut port, gone, screen)?;
        let in_npm = of_npm(&mut npm, gone, screen, n)?;
        let in_maplibre = of_maplibre(&mut maplibre, gone, screen, n)?;
        println!(
            "round {round}: ours {own}, crate {in_port}, npm {in_npm}, maplibre {in_maplibre}"
        );
        by_port.push((own, in_port));
        by_npm.push((own, in_npm));
        by_maplibre.push((own, in_maplibre));
    }
    let row = Row {
        name: "update (crate supercluster)",
        version: port::VERSION,
        work: &format!("{work}: one report comes, one expires, and a screen about it is answered"),
        gate: Some(1_000.0),
        goal: Some(10_000.0),
        note: &format!(
            "ours is the mean of 600 updates a round on 15 screens at zooms 2-16, all windows and indexes kept, tiles \
             read again where a change lies, as the hub does; reading a whole screen again would take {:.3} ms; the \
             peers build anew",
            median(&mut all_anew)
        ),
    };
    let in_npm = Row { name: "update (npm supercluster)", version: &npm.version, ..row };
    let in_maplibre = Row { name: "update (geojson-vt)", version: &maplibre.version, ..row };
    options.report(&[row.of(&by_port), in_npm.of(&by_npm), in_maplibre.of(&by_maplibre)])
}

/// After some hundred updates every tile is what it would be if the World were built at once from what it holds.
fn grown_is_built(ours: &mut Ours, points: &[(f64, f64)], dice: &mut Dice) -> Outcome<()> {
    for _ in 0..300 {
        let place = points[(dice.next() % points.len() as u64) as usize];
        let entry = ours.entry(place, dice);
        ours.world.apply(&entry, &mut Vec::new());
        ours.gate()?;
    }
    let world = World::restore(&ours.world.checkpoint()).map_err(|bad| bad.0)?;
    let rebuilt = Ours { world, seq: ours.seq, n: ours.n };
    for _ in 0..if small() { 20 } else { 100 } {
        let view = View::random(points, dice)?;
        if ours.answer(&view)? != rebuilt.answer(&view)? {
            return Err(format!("{:?}: grown is not built", view.bbox).into());
        }
    }
    Ok(())
}

/// The mean update, and what one would take if every tile of the screen were read again.
fn of_ours(ours: &mut Ours, screens: &mut [Screen], dice: &mut Dice) -> Outcome<(Spent, f64)> {
    let (mut wall, mut anew) = (0.0, 0.0);
    let cpu = probes::cpu_ms();
    for screen in &mut *screens {
        screen.read(&ours.world)?;
        for place in screen.places.clone() {
            let entry = ours.entry(place, dice);
            let start = Instant::now();
            let mut changes = Vec::new();
            ours.world.apply(&entry, &mut changes);
            screen.forget(&changes);
            screen.read(&ours.world)?;
            wall += start.elapsed().as_secs_f64() * 1e3;
        }
    }
    let cpu = probes::cpu_ms() - cpu;
    ours.gate()?;
    for screen in &mut *screens {
        let start = Instant::now();
        let answer = ours.answer(&screen.view)?;
        anew += start.elapsed().as_secs_f64() * 1e3;
        // Changes elsewhere were told to other screens: only the last of them was told all.
        black_box(answer);
    }
    if let Some(last) = screens.last() {
        let kept = last.view.cover()?.tiles().flat_map(|tile| last.tiles[&tile].clone());
        if !kept.eq(ours.answer(&last.view)?) {
            return Err("what was kept is not what is read anew".into());
        }
    }
    let each = (screens.len() * UPDATES) as f64;
    Ok((Spent { wall: wall / each, cpu: cpu / each }, anew / screens.len() as f64))
}

fn of_port(port: &mut Port, gone: usize, screen: &Screen) -> Outcome<Spent> {
    port.points[gone] = vec![screen.places[0].0, screen.places[0].1];
    let (load, index) = port.load()?;
    let start = Instant::now();
    black_box(index.get_clusters(screen.view.bbox, screen.view.zoom)?);
    let wall = load.wall + start.elapsed().as_secs_f64() * 1e3;
    Ok(Spent { wall, ..load })
}

fn of_npm(npm: &mut Node, gone: usize, screen: &Screen, n: usize) -> Outcome<Spent> {
    let (lng, lat) = screen.places[0];
    let spent = npm.spend(&format!("update {gone} {lng} {lat} {}", screen.view.line()))?;
    holds_all("npm supercluster", &npm.ask("markers 2")?["sum"], n)?;
    Ok(spent)
}

fn of_maplibre(node: &mut Node, gone: usize, screen: &Screen, n: usize) -> Outcome<Spent> {
    let (lng, lat) = screen.places[0];
    let cover = screen.view.cover()?;
    let answer = node.ask(&format!(
        "update {gone} {lng} {lat} {} {} {} {} {}",
        cover.z, cover.x_first, cover.x_last, cover.y_first, cover.y_last
    ))?;
    holds_all("geojson-vt", &answer["sum"], n)?;
    let time = |name: &str| answer[name].as_f64().ok_or("no time");
    Ok(Spent { wall: time("ms")?, cpu: time("cpu_ms")? })
}

fn holds_all(peer: &str, sum: &serde_json::Value, n: usize) -> Outcome<()> {
    if sum.as_u64() == Some(n as u64) {
        Ok(())
    } else {
        Err(format!("{peer} holds {sum} of {n} after an update").into())
    }
}
