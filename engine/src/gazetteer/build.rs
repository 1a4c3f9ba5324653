//! Rows into an index: words into tokens, names into a trie over tokens, and what lies on what.

use std::collections::{BTreeMap, HashSet};

use hashbrown::HashTable;

use super::lexis::{self, Lexis, WAYS};
use super::nearly::Nearly;
use super::place::{Place, PlaceKind, PlaceRow};
use super::{Form, Gazetteer, GazetteerError, Meaning, Use, edge_hash, home, near, regions};
use crate::limits::{PARENTS_MAX, PLACE_NAME_BYTES_MAX, PLACES_MAX};
use crate::plain::Plain;

impl Gazetteer {
    /// An index over these rows. `version` says which import they are of.
    pub fn new(version: &str, rows: Vec<PlaceRow>) -> Result<Self, GazetteerError> {
        if rows.len() > PLACES_MAX {
            return Err(GazetteerError::TooMany);
        }
        let parents = parents(&rows)?;
        let mut building = Building::new(Lexis::bundled()?);
        let mut places = Vec::with_capacity(rows.len());
        for (at, (row, parent)) in (0..).zip(rows.into_iter().zip(parents)) {
            building.take(at, &row);
            places.push(Place {
                id: row.id.into(),
                name: row.name.into(),
                kind: row.kind,
                at: row.at,
                radius_m: row.radius_m.unwrap_or_else(|| row.kind.radius_m(row.population)),
                population: row.population,
                parent,
                line: row.line.into(),
            });
        }
        let near = near::Index::new(&places);
        let mut index = building.finish(version, places, near, regions::Regions::bundled()?);
        index.tie();
        Ok(index)
    }

    /// Finds the streets that rows of crossings and addresses speak of.
    fn tie(&mut self) {
        for at in 0..self.places.len() as u32 {
            let Some(place) = self.place(at) else { continue };
            match place.kind {
                PlaceKind::Crossing => {
                    let Some((one, other)) = place.name.split_once('/') else { continue };
                    let city = self.city_of(at);
                    let (ones, others) = (self.crossed(one, city), self.crossed(other, city));
                    for (one, other) in
                        ones.iter().flat_map(|one| others.iter().map(move |other| (*one, *other)))
                    {
                        self.crossings.insert((one.min(other), one.max(other)), at);
                    }
                    // A street without a row of its own is known by the crossing.
                    if ones.is_empty() || others.is_empty() {
                        for street in ones.into_iter().chain(others) {
                            self.crossings.insert((street.min(at), street.max(at)), at);
                        }
                    }
                }
                PlaceKind::Address => {
                    let Some((street, number)) = place.name.rsplit_once([' ', ',']) else {
                        continue;
                    };
                    let Ok(number) = number.trim().parse::<u32>() else { continue };
                    let city = self.city_of(at);
                    for street in self.streets(street, city) {
                        self.numbers.entry(street).or_default().push((number, at));
                    }
                }
                _ => {}
            }
        }
        self.numbers.values_mut().for_each(|numbers| numbers.sort_unstable());
        self.roads.values_mut().for_each(|posts| posts.sort_unstable());
    }

    /// The streets of that name, in a city if one is named.
    pub(super) fn streets(&self, name: &str, city: Option<u32>) -> Vec<u32> {
        self.of_kind(name, city, |kind| kind == PlaceKind::Street)
    }

    /// What a row of a crossing says that it lies at: streets, and what is no street by its row and is one on the ground.
    fn crossed(&self, name: &str, city: Option<u32>) -> Vec<u32> {
        self.of_kind(name, city, |kind| matches!(kind, PlaceKind::Street | PlaceKind::Poi))
    }

    fn of_kind(&self, name: &str, city: Option<u32>, is_meant: fn(PlaceKind) -> bool) -> Vec<u32> {
        let scan = self.scan(name);
        let found = scan.mentions.iter().flat_map(|mention| mention.uses.iter());
        let is_it = |use_: &&Use| {
            self.place(use_.place).is_some_and(|place| is_meant(place.kind))
                && (city.is_none() || self.city_of(use_.place) == city)
        };
        let mut streets: Vec<u32> = found.filter(is_it).map(|use_| use_.place).collect();
        streets.sort_unstable();
        streets.dedup();
        streets
    }
}

/// The row that each row lies in.
fn parents(rows: &[PlaceRow]) -> Result<Vec<Option<u32>>, GazetteerError> {
    let wrong =
        |at: usize, why: String| GazetteerError::Row { row: at + 1, id: rows[at].id.clone(), why };
    let mut known = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let longest = std::iter::once(&row.name).chain(&row.alternates).map(String::len).max();
        if longest > Some(PLACE_NAME_BYTES_MAX) {
            return Err(wrong(
                at,
                format!("a name has at most {PLACE_NAME_BYTES_MAX} bytes: shorten it"),
            ));
        }
        if known.insert(row.id.as_str(), at as u32).is_some() {
            return Err(wrong(at, "another row has this id: give each place its own".to_owned()));
        }
    }
    let mut parents = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        let parent = match &row.parent {
            None => None,
            Some(id) => Some(*known.get(id.as_str()).ok_or_else(|| {
                wrong(
                    at,
                    format!("no row has the id {id} of its parent: add it, or leave parent empty"),
                )
            })?),
        };
        parents.push(parent);
    }
    for at in 0..rows.len() {
        let chain = std::iter::successors(parents[at], |up| parents[*up as usize]);
        if chain.take(PARENTS_MAX + 1).count() > PARENTS_MAX {
            return Err(wrong(
                at,
                format!("it lies in more than {PARENTS_MAX} places, or in itself: mend parent"),
            ));
        }
    }
    Ok(parents)
}

/// A short form of a town has at least so many letters.
const SHORT_LETTERS: usize = 5;

/// An index while it is made.
struct Building {
    lexis: Lexis,
    spelt: Vec<(Box<str>, Meaning)>,
    words: HashTable<u32>,
    edges: HashTable<(u32, u32, u32)>,
    n_nodes: u32,
    ends: Vec<(u32, Use)>,
    roads: BTreeMap<String, Vec<(u32, u32)>>,
    names: Vec<(Box<str>, u32)>,
    next_token: u32,
    nearly: Nearly,
}

impl Building {
    fn new(lexis: Lexis) -> Self {
        let mut building = Self {
            spelt: Vec::new(),
            words: HashTable::new(),
            edges: HashTable::new(),
            // 0 is before the first word.
            n_nodes: 1,
            ends: Vec::new(),
            roads: BTreeMap::new(),
            names: Vec::new(),
            next_token: WAYS.len() as u32 + 1,
            nearly: Nearly::default(),
            lexis: Lexis::default(),
        };
        for (word, way) in &lexis.ways {
            building.word(word).way = Some(*way);
        }
        for word in &lexis.particles {
            building.word(word).is_particle = true;
        }
        for word in &lexis.km {
            building.word(word).is_km = true;
        }
        for word in &lexis.common {
            building.word(word).is_common = true;
        }
        for word in &lexis.given {
            building.word(word).is_given = true;
        }
        // Written otherwise, and the same.
        for (word, same) in &lexis.same {
            let token = building.token(same);
            building.word(word).token = token;
        }
        building.lexis = lexis;
        for said in building.lexis.nowhere.clone() {
            let key: Vec<u32> = building.key(&said);
            building.enter(&key, Use { place: u32::MAX, form: Form::Nowhere });
        }
        building
    }

    fn slot(&mut self, word: &str) -> usize {
        let (spelt, hash) = (&self.spelt, |word: &str| crate::mix::text(word));
        let same = |slot: &u32| *spelt[*slot as usize].0 == *word;
        if let Some(slot) = self.words.find(hash(word), same) {
            return *slot as usize;
        }
        let slot = self.spelt.len();
        self.spelt.push((word.into(), Meaning::default()));
        let spelt = &self.spelt;
        self.words.insert_unique(hash(word), slot as u32, |slot| hash(&spelt[*slot as usize].0));
        slot
    }

    fn word(&mut self, word: &str) -> &mut Meaning {
        let slot = self.slot(word);
        &mut self.spelt[slot].1
    }

    fn token(&mut self, word: &str) -> u32 {
        let next = self.next_token;
        let meaning = self.word(word);
        if meaning.token == 0 {
            meaning.token = next;
            self.next_token += 1;
        }
        self.word(word).token
    }

    /// The tokens of a name without the particles in it; the kind of a thoroughfare is a token of its own.
    fn key(&mut self, name: &str) -> Vec<u32> {
        let plain = Plain::of(name);
        let words: Vec<&str> = plain.words().collect();
        let mut key = Vec::with_capacity(words.len());
        for (at, word) in words.iter().enumerate() {
            let meaning = *self.word(word);
            if meaning.is_particle && words.len() > 1 {
                continue;
            }
            let is_edge = at == 0 || at + 1 == words.len();
            match meaning.way {
                // In the middle of a name it is a word like others, and so is one that stands alone.
                // What is short for it only with its sign, and "St Jude" is a saint; behind a name "St" is a street.
                Some(way)
                    if is_edge
                        && words.len() > 1
                        && (at > 0
                            || way.sign.is_none_or(|sign| {
                                !self.lexis.same.contains_key(*word)
                                    && name.to_lowercase().starts_with(&format!("{word}{sign}"))
                            })) =>
                {
                    key.push(way.token);
                }
                _ => key.push(self.token(word)),
            }
        }
        key
    }

    fn take(&mut self, at: u32, row: &PlaceRow) {
        for name in std::iter::once(&row.name).chain(&row.alternates) {
            let folded = lexis::plain(name);
            if folded.is_empty() {
                continue;
            }
            if !row.kind.is_label() {
                for word in folded.split(' ') {
                    let token = self.token(word);
                    self.nearly.take(word, token);
                }
            }
            self.names.push((folded.into(), at));
            match row.kind {
                PlaceKind::RoadKm => {
                    if let Some((road, tenths)) = milepost(name) {
                        self.roads.entry(road).or_default().push((tenths, at));
                    }
                }
                // A crossing is found where the names of both its streets are, and by a name of its own if it has one.
                PlaceKind::Crossing if name.contains('/') => {
                    for street in name.split('/') {
                        let key = self.key(street);
                        self.enter_name(at, PlaceKind::Street, &key, Form::Bare);
                    }
                }
                _ => {
                    let key = self.key(name);
                    self.enter_name(at, row.kind, &key, Form::Whole);
                    if row.kind == PlaceKind::City
                        && let Some(key) = self.short(name)
                    {
                        self.enter(&key, Use { place: at, form: Form::Short });
                    }
                    // "St Jude's" is as often written "St Judes".
                    if name.contains(['\'', '’']) {
                        let key = self.key(&name.replace(['\'', '’'], ""));
                        self.enter_name(at, row.kind, &key, Form::Whole);
                    }
                }
            }
        }
    }

    /// "Cornellà de Llobregat", "Weston-super-Mare": up to the first particle, as those who live near say it.
    fn short(&mut self, name: &str) -> Option<Vec<u32>> {
        let plain = lexis::plain(name);
        let words: Vec<&str> = plain.split(' ').collect();
        let is_particle = |word: &&str| {
            self.lexis.particles.contains(*word)
                || matches!(*word, "super" | "upon" | "on" | "sur" | "sous" | "under")
        };
        let end = words.iter().skip(1).position(is_particle)? + 1;
        let short = words.get(..end).filter(|_| end + 1 < words.len())?;
        let letters: usize = short.iter().map(|word| word.len()).sum();
        // One particle alone, or a saint without a name, calls no town.
        let is_name = short.iter().any(|word| {
            word.len() >= 4 && !is_particle(word) && !matches!(*word, "sant" | "saint" | "santa")
        });
        (letters >= SHORT_LETTERS && is_name).then(|| self.key(&short.join(" ")))
    }

    fn enter_name(&mut self, at: u32, kind: PlaceKind, key: &[u32], form: Form) {
        let is_way = |token: Option<&u32>| token.is_some_and(|token| *token <= WAYS.len() as u32);
        let whole = Use { place: at, form };
        if kind != PlaceKind::Street || key.len() < 2 {
            return self.enter(key, whole);
        }
        let (way, bare) = if is_way(key.first()) {
            (key[0], &key[1..])
        } else if is_way(key.last()) {
            (key[key.len() - 1], &key[..key.len() - 1])
        } else {
            return self.enter(key, whole);
        };
        // Its kind stands before it or after it, as the language has it.
        self.enter(&[&[way], bare].concat(), whole);
        self.enter(&[bare, &[way]].concat(), whole);
        self.enter(bare, Use { place: at, form: Form::Bare });
    }

    fn enter(&mut self, key: &[u32], use_: Use) {
        if key.is_empty() {
            return;
        }
        let mut node = 0;
        for token in key {
            let hash = edge_hash(node, *token);
            let same = |(from, by, _): &(u32, u32, u32)| (*from, *by) == (node, *token);
            node = if let Some((_, _, to)) = self.edges.find(hash, same) {
                *to
            } else {
                let to = self.n_nodes;
                self.n_nodes += 1;
                self.edges
                    .insert_unique(hash, (node, *token, to), |(from, by, _)| edge_hash(*from, *by));
                to
            };
        }
        self.ends.push((node, use_));
    }

    fn finish(
        mut self,
        version: &str,
        places: Vec<Place>,
        near: near::Index,
        regions: regions::Regions,
    ) -> Gazetteer {
        let mut ids = HashTable::with_capacity(places.len());
        let hash =
            |at: &u32| places.get(*at as usize).map_or(0, |place| crate::mix::text(&place.id));
        for at in 0..places.len() as u32 {
            ids.insert_unique(hash(&at), at, hash);
        }
        // Names before short forms: of the commonest only so many are weighed.
        self.ends.sort_unstable_by_key(|(node, use_)| (*node, use_.form, use_.place));
        self.ends.dedup();
        let mut ends = vec![0; self.n_nodes as usize + 1];
        for (node, _) in &self.ends {
            ends[*node as usize + 1] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        let mut roots = vec![0; self.next_token as usize];
        for (from, by, to) in &self.edges {
            if *from == 0 {
                roots[*by as usize] = *to;
            }
        }
        self.names.sort_unstable();
        self.names.dedup();
        Gazetteer {
            version: version.to_owned(),
            home: home(&places),
            ids,
            places,
            lexis: self.lexis,
            spelt: self.spelt,
            words: self.words,
            nearly: self.nearly,
            roots,
            edges: self.edges,
            ends,
            uses: self.ends.into_iter().map(|(_, use_)| use_).collect(),
            roads: self.roads,
            numbers: BTreeMap::new(),
            crossings: BTreeMap::new(),
            names: self.names,
            near,
            regions,
        }
    }
}

/// `C-31 km 12,5` → the road without signs, and tenths of a kilometre.
fn milepost(name: &str) -> Option<(String, u32)> {
    let (road, km) = name.rsplit_once(char::is_whitespace)?;
    let km: f64 = km.replace([',', '+'], ".").parse().ok()?;
    let plain = Plain::of(road);
    let marks: HashSet<&str> = ["km", "pk"].into();
    let road: String = plain.words().filter(|word| !marks.contains(word)).collect();
    let tenths = (km * 10.0).round();
    (!road.is_empty() && (0.0..=100_000.0).contains(&tenths)).then_some((road, tenths as u32))
}
