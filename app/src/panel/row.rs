//! The rows of situations and reports: one node of the page for each, which stays the same node for as long as it is listed. A hand
//! that presses a row lets go of the same row, whatever became of its matter in between.
//!
//! Rows are written by hand: a list takes in a hundred a second when much happens, and a reactive view of one takes many times as
//! long to make.

use std::collections::{BTreeMap, VecDeque};

use leptos::html::Ol;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, Event, Node};
use wire::grade::{Basis, Severity};
use wire::report::{ReportFeature, ReportProperties};

use crate::address::Selection;
use crate::desk::desk;
use crate::i18n::Locale;
use crate::map::marks::Rim;
use crate::model::order::set_of;
use crate::model::{Age, Incident, Row, age_of};
use crate::panel::incident_row::{write_by_clock, write_incident};
use crate::panel::tile::{copy, draw, put_tile};
use crate::words::matters::without_words;
use crate::words::{self, Lang, lang, t_string};

/// A report that began this much before its newest word says since when.
const SINCE_AFTER_MS: i64 = 120_000;
/// What is written of a row, in its order.
const WRITTEN: &str =
    ".of, button, .tile, .place, .doubt, .what > *, .line-2, .line-3 > *, .right > *";
pub(super) const CELLS: usize = 16;

/// What is listed.
#[derive(Clone, PartialEq)]
pub(crate) enum Listed {
    /// A report.
    Report(Row),
    /// A situation, and what stands over it: the band that begins with it.
    Incident(Incident, String),
}

impl Listed {
    fn selection(&self) -> Selection {
        match self {
            Self::Report(row) => Selection::Report(row.report.id),
            Self::Incident(row, _) => Selection::Situation(row.situation.id),
        }
    }

    fn severity(&self) -> Severity {
        match self {
            Self::Report(row) => row.report.properties.severity,
            Self::Incident(row, _) => row.situation.severity,
        }
    }

    fn gone(&self) -> bool {
        match self {
            Self::Report(row) => row.gone,
            Self::Incident(row, _) => row.gone,
        }
    }

    /// When its newest word was said.
    fn newest_at(&self) -> i64 {
        match self {
            Self::Report(row) => row.report.properties.updated_at.0,
            Self::Incident(row, _) => row.situation.newest_at.unwrap_or(row.situation.begun_at).0,
        }
    }

    /// Whether another version has to be written.
    fn says_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Report(a), Self::Report(b)) => {
                // What is taken back keeps its number and loses its words; what is placed again keeps both.
                let version = |row: &Row| {
                    let said = &row.report.properties;
                    let is_there = (said.withdrawn.is_none(), said.text.is_some());
                    (row.report.id, said.seq, is_there, row.report.geometry)
                };
                version(a) == version(b)
            }
            _ => self == other,
        }
    }
}

/// An element and what was last written into it.
pub(super) struct Cell {
    pub(super) at: Element,
    pub(super) said: String,
}

impl Cell {
    pub(super) fn say(&mut self, text: &str) {
        if self.said != text {
            self.at.set_text_content(Some(text));
            text.clone_into(&mut self.said);
        }
    }

    pub(super) fn attribute(&self, name: &str, value: &str) {
        // These names are always ones that an element can have.
        let _ = self.at.set_attribute(name, value);
    }
}

/// What a row shows beside its report.
#[derive(Clone, Copy, PartialEq)]
struct Look {
    locale: Locale,
    picked: bool,
    /// A stop of the Tab key.
    stop: bool,
    age: Age,
}

/// One row on the page.
struct Line {
    item: Element,
    cells: [Cell; CELLS],
    row: Listed,
    look: Look,
}

thread_local! {
    static BLANK_ROW: Option<Element> = blank();
}

/// A row without its words. What may stay empty takes no room then.
fn blank() -> Option<Element> {
    let view = || {
        view! {
            <li>
                <p class="of"></p>
                <button class="row">
                    <span class="tile"></span>
                    <span class="lines">
                        <span class="line-1">
                            <span class="where"><b class="place"></b><span class="doubt"></span></span>
                            <span class="what"><span></span><b></b></span>
                        </span>
                        <span class="line-2"></span>
                        <span class="line-3"><span class="unseen"></span><span></span><span class="word"></span><span></span></span>
                    </span>
                    <span class="right"><span class="age"></span><span class="tag"></span><span class="tag"></span><span class="source"></span></span>
                </button>
            </li>
        }
    };
    draw(view)?.first_element_child()
}

impl Line {
    fn new(row: &Listed, look: Look, words: Lang, clock: Clock, in_list: bool) -> Option<Self> {
        let item = BLANK_ROW.with(|blank| copy(blank.as_ref()?))?;
        let found = item.query_selector_all(WRITTEN).ok()?;
        let cell = |n: usize| {
            let at = found.item(n as u32).map(wasm_bindgen::JsCast::unchecked_into);
            at.map(|at| Cell { at, said: String::new() })
        };
        let cells: Vec<Cell> = (0..CELLS).filter_map(cell).collect();
        let cells = cells.try_into().ok()?;
        let mut line = Self { item, cells, row: row.clone(), look };
        line.name(in_list);
        line.stand(None);
        line.write(words, clock);
        Some(line)
    }

    fn button(&self) -> &Element {
        let [_, button, ..] = &self.cells;
        &button.at
    }

    /// Under which id the row is found.
    fn name(&self, in_list: bool) {
        let [_, button, ..] = &self.cells;
        let row = self.row.selection();
        let (what, id) = match &self.row {
            Listed::Report(row) => ("data-report", row.report.id.to_string()),
            Listed::Incident(row, _) => ("data-incident", row.situation.id.to_string()),
        };
        for name in ["data-report", "data-incident"] {
            // What is not there need not be taken away.
            let _ = button.at.remove_attribute(name);
        }
        button.attribute(what, &id);
        if in_list {
            button.attribute("id", &row_name(&row));
        }
    }

    /// Brings the row up to date, and touches only what changed.
    fn follow(&mut self, row: &Listed, look: Look, words: Lang, clock: Clock) {
        let other_age = self.look.age != look.age;
        let said_anew = !self.row.says_as(row) || self.look.locale != look.locale;
        let other_state = self.row.gone() != row.gone() || other_age;
        let before = std::mem::replace(&mut self.look, look);
        self.row = row.clone();
        if said_anew {
            self.write(words, clock);
        } else if other_state {
            if let Listed::Incident(row, _) = &self.row {
                write_by_clock(&mut self.cells, row, words, clock);
            } else {
                self.write_state(words);
            }
        }
        self.stand(Some(before));
    }

    /// How the button stands: its colour, whether it is picked, and whether the Tab key stops there.
    fn stand(&mut self, before: Option<Look>) {
        let [_, button, ..] = &mut self.cells;
        let mut class = format!("row {}", severity_class(self.row.severity()));
        if self.look.picked {
            class.push_str(" on");
        }
        if self.row.gone() {
            class.push_str(" gone");
        }
        if button.said != class {
            button.attribute("class", &class);
            button.said = class;
        }
        let Look { picked, stop, .. } = &self.look;
        let (picked, stop) = (*picked, *stop);
        if before.is_none_or(|before| before.stop != stop) {
            button.attribute("tabindex", if stop { "0" } else { "-1" });
        }
        if before.is_some_and(|before| before.picked) && !picked {
            // It was set when the row was picked.
            let _ = button.at.remove_attribute("aria-current");
        } else if picked {
            button.attribute("aria-current", "true");
        }
    }

    fn write(&mut self, words: Lang, clock: Clock) {
        let report = match &self.row {
            Listed::Report(row) => &row.report,
            Listed::Incident(row, band) => {
                return write_incident(&mut self.cells, row, band, words, clock);
            }
        };
        let p = &report.properties;
        let [
            over,
            _,
            shape,
            place,
            doubt,
            joint,
            hazard,
            text,
            severity,
            who,
            word,
            notes,
            _,
            unplaced,
            _,
            source,
        ] = &mut self.cells;
        over.say("");
        unplaced.attribute("class", "tag");
        put_tile(shape, p.severity, Rim::of(p.verification), p.hazard);
        let title = head(p).unwrap_or_default();
        let radius = (p.radius_m > 0 && report.geometry.is_some()).then_some(p.radius_m);
        let radius = radius.map(|radius| format!(" ±{} m", words::count(words, radius.into())));
        joint.say(if title.is_empty() && radius.is_none() { "" } else { " · " });
        place.say(&title);
        doubt.say(&radius.unwrap_or_default());
        hazard.say(words::hazard(words, p.hazard));
        text.say(p.text.as_deref().unwrap_or_else(|| without_words(words, p.withdrawn)));
        severity.say(&format!("{} · ", words::severity(words, p.severity)));
        let basis = (p.basis != Basis::Unknown).then(|| words::basis(words, p.basis));
        let kind = words::kind(words, p.kind);
        who.say(&basis.map_or_else(|| format!("{kind} · "), |basis| format!("{kind}, {basis} · ")));
        word.say(words::verification(words, p.verification));
        notes.say(&notes_of(p, words, clock.own));
        unplaced.say(nowhere(report, words));
        // As a row has room for: what follows the last colon.
        source.say(p.source.rsplit(':').next().unwrap_or_default());
        self.write_state(words);
    }

    fn write_state(&mut self, words: Lang) {
        let [.., age, _, gone, _] = &mut self.cells;
        age.say(&words::age_in(words, self.look.age));
        gone.say(if self.row.gone() { t_string!(words, list.gone) } else { "" });
    }
}

/// Of a report without a place: the city or more that it is about, if its words say so much.
fn nowhere(report: &ReportFeature, words: Lang) -> &str {
    if report.geometry.is_some() {
        return "";
    }
    let about = report.properties.placing.as_ref().and_then(|placing| placing.about.as_ref());
    match about.filter(|about| about.is_label) {
        Some(label) => &label.name,
        None => t_string!(words, list.no_place),
    }
}

fn notes_of(p: &ReportProperties, words: Lang, now: i64) -> String {
    let mut notes = String::new();
    let mut add = |note: &str| {
        notes.push_str(" · ");
        notes.push_str(note);
    };
    // The age is that of the newest word, which is what the order goes by; what began earlier says since when.
    if p.updated_at.0 - p.observed_at.0 > SINCE_AFTER_MS {
        let time = words::moment(words, p.observed_at.0, now);
        add(&t_string!(words, list.since, time = time).to_string());
    }
    if p.late {
        add(t_string!(words, list.late));
    }
    if p.clock_ahead {
        add(t_string!(words, list.clock_ahead));
    }
    notes
}

/// The rows on the page, from the top.
#[derive(Default)]
struct Lines(Vec<Line>);

impl Lines {
    /// Puts in what is new and takes out what is not listed any more. What stays in its order is not moved. In the desk's
    /// list a new row is written over one that is not listed any more: there rows leave only while no hand is near, or when somebody
    /// takes in what waits. What is pressed stays what it is, and one that has the focus does not become another.
    fn show(&mut self, list: &Element, rows: &[Listed], hand: &Hand) {
        let stay = set_of(rows.iter().map(Listed::selection));
        let focus = document().active_element();
        let mut spare = VecDeque::new();
        let mut kept = BTreeMap::new();
        for line in self.0.drain(..) {
            let id = line.row.selection();
            if stay.contains(&id) {
                kept.insert(id, line);
            } else if hand.in_list && focus.as_ref() != Some(line.button()) {
                spare.push_back(line);
            } else {
                line.item.remove();
            }
        }
        let mut at: Option<Node> = list.first_child();
        for row in rows {
            let line = match kept.remove(&row.selection()) {
                Some(line) => Some(hand.follow(line, row)),
                None => spare.pop_front().map_or_else(
                    || hand.line(row),
                    |line| {
                        let line = hand.follow(line, row);
                        line.name(true);
                        Some(line)
                    },
                ),
            };
            let Some(line) = line else { continue };
            let item: &Node = &line.item;
            if at.as_ref() == Some(item) {
                at = item.next_sibling();
            } else {
                // What stands there is a child of this list.
                let _ = list.insert_before(item, at.as_ref());
            }
            self.0.push(line);
        }
        for line in spare {
            line.item.remove();
        }
    }
}

/// What rows are written with.
struct Hand {
    words: Lang,
    locale: Locale,
    picked: Option<Selection>,
    /// In the desk's list: where the Tab key stops. Elsewhere it stops at each row.
    in_list: bool,
    stop: Option<Selection>,
    clock: Clock,
}

/// This machine's clock and the server's, in milliseconds.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    pub(super) own: i64,
    pub(super) server: i64,
}

impl Hand {
    fn look(&self, row: &Listed) -> Look {
        let id = Some(row.selection());
        Look {
            locale: self.locale,
            picked: self.picked == id,
            stop: !self.in_list || self.stop == id,
            age: age_of(self.clock.server - row.newest_at()),
        }
    }

    fn line(&self, row: &Listed) -> Option<Line> {
        Line::new(row, self.look(row), self.words, self.clock, self.in_list)
    }

    fn follow(&self, mut line: Line, row: &Listed) -> Line {
        line.follow(row, self.look(row), self.words, self.clock);
        line
    }
}

/// Keeps a list on the page in step with its rows. In the desk's list a row can be found by its id and is a stop of the keys; elsewhere
/// it is a button.
pub(crate) fn keep_rows(
    list: NodeRef<Ol>,
    rows: impl Fn() -> Vec<Listed> + 'static,
    in_list: bool,
) {
    let (desk, words) = (desk(), lang());
    let lines = StoredValue::new_local(Lines::default());
    Effect::new(move |_| {
        let Some(list) = list.get() else { return };
        let rows = rows();
        let picked = desk.selection.get();
        // One row of the list can always be reached by Tab; the keys move from there.
        let at = desk.at_row.get().filter(|at| rows.iter().any(|row| row.selection() == *at));
        let stop = at.or_else(|| rows.first().map(Listed::selection));
        let hand = Hand {
            words,
            locale: words.locale(),
            picked,
            in_list,
            stop,
            clock: Clock { own: desk.now.get(), server: desk.server_now() },
        };
        untrack(|| lines.update_value(|lines| lines.show(&list, &rows, &hand)));
    });
}

/// The matter of the row in which something happened: the words of a row, or the row itself where it is not laid out yet.
pub(crate) fn row_of(event: &Event) -> Option<Selection> {
    matter_at(&event.target()?.dyn_into().ok()?)
}

/// The matter of the row that an element is part of.
pub(crate) fn matter_at(at: &Element) -> Option<Selection> {
    let row = at.closest("li").ok()??.last_element_child()?;
    let id = |name: &str| row.get_attribute(name);
    let report = id("data-report").and_then(|id| id.parse().ok()).map(Selection::Report);
    report.or_else(|| id("data-incident")?.parse().ok().map(Selection::Situation))
}

/// Under which name a row of the list is found on the page.
pub(crate) fn row_name(row: &Selection) -> String {
    match row {
        Selection::Report(id) => format!("row-{id}"),
        other => format!("row-{other}"),
    }
}

/// What a report is called: its place in words.
pub(super) fn head(properties: &ReportProperties) -> Option<String> {
    properties.place.clone().filter(|place| !place.is_empty())
}

/// The class that colours by severity.
pub(super) fn severity_class(severity: Severity) -> String {
    severity.word().to_ascii_lowercase()
}
