//! A client whose line breaks at any moment, with anything coming twice and in any order the protocol allows, ends with what
//! a fresh one is sent: compared by the hash of everything the screen is drawn from.
//!
//! `TALAIA_SEED=N` plays one life again.

mod town;

use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};

use app::model::Picture;
use town::{Dice, SIDE, Session, Town, view};
use wire::frame::{ServerFrame, ViewFrame};
use wire::view::View;

/// Lives of the right client.
const LIVES: u64 = 200;
/// Lives in which each of the wrong ones must be found out, always the same ones.
const LIVES_MISTAKEN: u64 = 4_000;
const STEPS: u64 = 120;

/// A client with a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    None,
    /// A frame falls out of a line that does not break.
    LosesFrame,
    /// Comes back at the head and not at its cursor.
    ComesBackAtTheHead,
    /// Goes on after a reset with what it held.
    IgnoresReset,
    /// Nobody leaves its list.
    IgnoresGone,
    /// Takes a difference for nothing but news.
    KeepsWhatADifferenceRemoves,
    /// Takes something it is told is missing for nothing.
    IgnoresLost,
    /// Frames overtake the counter line that says they came.
    Reorders,
    /// Asks a line for a view before its hello.
    AsksBeforeTheHello,
}

/// Everything the screen is drawn from, as one number.
fn hash(picture: &Picture) -> u64 {
    let clusters: BTreeMap<_, _> = picture.clusters().map(|held| (held.id, held)).collect();
    let reports: BTreeMap<_, _> = picture.reports().map(|held| (held.id, held)).collect();
    let sensors: Vec<_> = picture.sensors().collect();
    let sources: BTreeMap<_, _> = picture.sources().map(|held| (&held.id, held)).collect();
    let n_clusters = picture.clusters().count();
    let all = format!(
        "{n_clusters} {clusters:?} {reports:?} {sensors:?} {sources:?} {:?} {:?}",
        picture.totals(),
        picture.cursor()
    );
    let mut hasher = DefaultHasher::new();
    all.hash(&mut hasher);
    hasher.finish()
}

fn any_view(dice: &mut Dice) -> View {
    let mut span = || {
        let from = dice.below(u64::from(SIDE)) as u32;
        (from, (from + dice.below(3) as u32).min(SIDE - 1))
    };
    view(span(), span())
}

/// A client, its line, and the server at the other end.
struct Life {
    mistake: Mistake,
    dice: Dice,
    town: Town,
    session: Session,
    line: VecDeque<ServerFrame>,
    /// The views on their way to the server.
    asked: VecDeque<ViewFrame>,
    /// What came since the last look, hello or beginning of a view: it may come again.
    lately: Vec<ServerFrame>,
    picture: Picture,
    view: ViewFrame,
    /// The line has said hello: before that no view is sent over it.
    greeted: bool,
    n_breaks: u64,
    n_resets: u64,
}

impl Life {
    fn new(seed: u64, mistake: Mistake) -> Self {
        let mut dice = Dice(seed);
        let mut picture = Picture::default();
        let view = picture.look(any_view(&mut dice));
        let mut life = Self {
            mistake,
            dice,
            town: Town::new(),
            session: Session::default(),
            line: VecDeque::new(),
            asked: VecDeque::new(),
            lately: Vec::new(),
            picture,
            view,
            greeted: false,
            n_breaks: 0,
            n_resets: 0,
        };
        life.connect();
        life
    }

    fn connect(&mut self) {
        let mut cursor = self.picture.open_line().map(|cursor| (cursor.epoch, cursor.seq));
        if self.mistake == Mistake::ComesBackAtTheHead
            && let Some((_, seq)) = &mut cursor
        {
            *seq = self.town.head();
        }
        self.line.clear();
        self.asked.clear();
        self.lately.clear();
        self.greeted = false;
        self.session = Session::new(cursor);
        self.line.push_back(self.town.hello());
        if self.mistake == Mistake::AsksBeforeTheHello {
            self.asked.push_back(self.view.clone());
        }
    }

    fn look(&mut self) {
        let view = any_view(&mut self.dice);
        self.view = self.picture.look(view);
        self.lately.clear();
        if self.greeted || self.mistake == Mistake::AsksBeforeTheHello {
            self.asked.push_back(self.view.clone());
        }
    }

    /// The server hears of the next view.
    fn hear(&mut self) {
        if let Some(asked) = self.asked.pop_front() {
            self.session.look(&self.town, &asked);
        }
    }

    fn flush(&mut self) {
        let mut batch = self.session.batch(&self.town, &mut self.dice);
        if self.mistake == Mistake::Reorders {
            batch.reverse();
        }
        self.line.extend(batch);
        if let (true, Some(sent)) = (self.dice.once_in(3), self.session.sent) {
            self.line.push_back(Town::heartbeat(sent));
        }
    }

    /// Takes the next frame from the line.
    fn take(&mut self) {
        let Some(frame) = self.line.pop_front() else { return };
        if self.mistake == Mistake::LosesFrame && self.dice.once_in(20) {
            return;
        }
        if matches!(frame, ServerFrame::View(_)) {
            self.lately.clear();
        }
        self.lately.push(frame.clone());
        if self.apply(frame) {
            return;
        }
        // Now and then a stretch comes again, from some earlier frame to the newest.
        if self.dice.once_in(6) {
            let from = self.dice.below(self.lately.len() as u64) as usize;
            let stretch = self.lately.split_off(from);
            self.lately.extend_from_slice(&stretch);
            for again in stretch {
                if self.apply(again) {
                    return;
                }
            }
        }
    }

    /// True if the client had to go: then there is another line.
    fn apply(&mut self, mut frame: ServerFrame) -> bool {
        match (self.mistake, &mut frame) {
            (Mistake::IgnoresReset, ServerFrame::Reset(_))
            | (Mistake::IgnoresGone, ServerFrame::Gone(_)) => {
                return false;
            }
            (Mistake::KeepsWhatADifferenceRemoves, ServerFrame::Delta(delta)) => delta.gone.clear(),
            (_, ServerFrame::Reset(_)) => self.n_resets += 1,
            _ => {}
        }
        let greets = matches!(frame, ServerFrame::Hello(_));
        let lost = self.picture.apply(frame).lost && self.mistake != Mistake::IgnoresLost;
        if lost {
            self.connect();
        } else if greets && !self.greeted {
            self.greeted = true;
            if self.mistake != Mistake::AsksBeforeTheHello {
                self.asked.push_back(self.view.clone());
            }
        }
        lost
    }

    fn step(&mut self) {
        match self.dice.below(24) {
            0..6 => {
                for _ in 0..=self.dice.below(4) {
                    self.town.happen(&mut self.dice);
                }
            }
            6..10 => self.flush(),
            10..15 => {
                for _ in 0..self.dice.below(12) {
                    self.take();
                }
            }
            15..17 => self.look(),
            17..21 => self.hear(),
            21 if self.dice.once_in(2) => {
                self.n_breaks += 1;
                self.connect();
            }
            22 if self.dice.once_in(3) => {
                self.town.evict(&mut self.dice);
                self.connect();
            }
            23 if self.dice.once_in(6) => {
                self.town.restore(&mut self.dice);
                self.connect();
            }
            _ => {}
        }
    }

    /// Everything that is on its way arrives.
    fn settle(&mut self) {
        // What is lost on the way costs another connection, so more than one round may be needed.
        for _ in 0..6 {
            while !self.line.is_empty() {
                self.take();
            }
            while !self.asked.is_empty() {
                self.hear();
            }
            self.flush();
        }
        while !self.line.is_empty() {
            self.take();
        }
    }

    /// What a client is sent that came just now.
    fn fresh(&mut self) -> Picture {
        let mut picture = Picture::default();
        let asked = picture.look(self.view.view.clone());
        let mut session = Session::new(None);
        session.look(&self.town, &asked);
        picture.apply(self.town.hello());
        for frame in session.batch(&self.town, &mut self.dice) {
            picture.apply(frame);
        }
        picture
    }
}

/// What a life was like, or at which step the pictures differed.
fn live(seed: u64, mistake: Mistake) -> Result<(u64, u64), u64> {
    let mut life = Life::new(seed, mistake);
    for step in 0..STEPS {
        life.step();
        if life.dice.once_in(15) || step + 1 == STEPS {
            life.settle();
            if hash(&life.picture) != hash(&life.fresh()) {
                return Err(step);
            }
        }
    }
    Ok((life.n_breaks, life.n_resets))
}

fn seeds() -> std::ops::Range<u64> {
    let given = std::env::var("TALAIA_SEED").ok().and_then(|seed| seed.parse().ok());
    if let Some(seed) = given {
        return seed..seed + 1;
    }
    // The hasher of the standard library has a key of its own in each process.
    let first = u64::from(RandomState::new().hash_one(0_u8) as u32);
    first..first + LIVES
}

#[test]
fn whatever_a_line_does_the_picture_ends_as_a_fresh_one() {
    let (mut n_breaks, mut n_resets) = (0, 0);
    for seed in seeds() {
        match live(seed, Mistake::None) {
            Ok((breaks, resets)) => (n_breaks, n_resets) = (n_breaks + breaks, n_resets + resets),
            Err(step) => panic!("TALAIA_SEED={seed}: at step {step} the picture is another"),
        }
    }
    println!("{:?}: {n_breaks} breaks, {n_resets} resets", seeds());
    assert!(std::env::var("TALAIA_SEED").is_ok() || (n_breaks > LIVES && n_resets > LIVES / 10));
}

/// The control: every mistake is found out.
#[test]
fn a_client_with_a_mistake_ends_with_another_picture() {
    for mistake in [
        Mistake::LosesFrame,
        Mistake::ComesBackAtTheHead,
        Mistake::IgnoresReset,
        Mistake::IgnoresGone,
        Mistake::KeepsWhatADifferenceRemoves,
        Mistake::IgnoresLost,
        Mistake::Reorders,
        Mistake::AsksBeforeTheHello,
    ] {
        let found = (0..LIVES_MISTAKEN).find(|seed| live(*seed, mistake).is_err());
        println!("{mistake:?}: found out at seed {found:?}");
        assert!(found.is_some(), "{mistake:?} is not found out");
    }
}
