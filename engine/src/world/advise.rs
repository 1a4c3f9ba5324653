//! Advisories of the World: what a new one changes, what time does to them, and what a reader may ask.

use wire::advisory::{
    AdvisoryFeature, AdvisoryGeometry, AdvisoryNews, AdvisoryProperties, AdvisoryReply,
    AdvisoryState, AdvisoryStatus, MsgType,
};
use wire::report::FeatureTag;

use super::World;
use crate::advisory::atlas::Atlas;
use crate::advisory::shape::{Shape, Wanted};
use crate::advisory::{
    AT_FIRST, Advisory, AdvisoryEntry, AdvisoryVerdict, Block, HeldAdvisory, Lane, NoRoom,
    PAGE_BYTES_MAX, weight,
};
use crate::change::{Change, Matter};
use crate::entry::SourceKey;
use crate::view::Clearance;

/// A corner as text, near enough.
const CORNER_BYTES: usize = 16;

/// Which advisories a list asks for. Newest (highest number) first.
#[derive(Debug, Clone, Default)]
pub struct AdvisoryFilter {
    /// Only those that meet this area; those without a place are left out.
    pub area: Option<Wanted>,
    /// Those that are over, and those that only speak of others, too.
    pub is_all: bool,
    /// Only of this status; otherwise those that the room acts on.
    pub status: Option<AdvisoryStatus>,
    /// Only those of which something has no place.
    pub unplaced: bool,
    /// In which language, the dearest first.
    pub languages: Vec<String>,
    /// Only below this number: the cursor.
    pub before_seq: Option<u64>,
    /// At most this many.
    pub limit: usize,
}

impl World {
    /// What would become of this advisory.
    pub fn advisory_verdict(&self, source: SourceKey, advisory: &Advisory) -> AdvisoryVerdict {
        self.advisories.verdict(source, advisory)
    }

    /// Whether there is room for it beside `n_waiting` others that are not applied yet.
    pub fn room_for_advisory(
        &self,
        source: SourceKey,
        advisory: &Advisory,
        n_waiting: usize,
    ) -> Result<(), NoRoom> {
        self.advisories.room_for(source, advisory, n_waiting)
    }

    pub(super) fn take_advisory(&mut self, seq: u64, entry: &AdvisoryEntry, out: &mut Vec<Change>) {
        let touched = self.advisories.take(seq, entry, self.now);
        out.extend(
            touched.into_iter().map(|id| Change::Matter { matter: Matter::Advisory(id), seq }),
        );
    }

    pub(super) fn pass_advisories(&mut self, out: &mut Vec<Change>) {
        let seq = self.head;
        let over = self.advisories.pass(self.now);
        out.extend(over.into_iter().map(|id| Change::Matter { matter: Matter::Advisory(id), seq }));
    }

    /// The numbers of the newest that are in force and that the room acts on.
    pub(super) fn advisories_in_force(&self) -> impl Iterator<Item = u64> {
        let all = self.advisories.all().iter().rev();
        let in_force = all.filter(|(_, held)| {
            held.entry.advisory.lane() == Lane::Room
                && self.advisories.state(held, self.now).0 == AdvisoryState::Live
        });
        in_force.map(|(seq, _)| *seq).take(AT_FIRST)
    }

    /// That one came, changed or ended, for whoever follows: those that the room acts on, and none that is gone.
    pub fn advisory_news(&self, id: u64, clearance: Clearance) -> Option<AdvisoryNews> {
        let held = self.advisories.all().get(&id)?;
        let advisory = &held.entry.advisory;
        if advisory.lane() != Lane::Room
            || !advisory.is_warning()
            || clearance < advisory.clearance()
        {
            return None;
        }
        let first = advisory.blocks.first();
        Some(AdvisoryNews {
            id,
            state: self.advisories.state(held, self.now).0,
            status: advisory.status,
            severity: advisory.severity(),
            event: first.map(|block| block.event.clone()).unwrap_or_default(),
            headline: first.and_then(|block| block.headline.clone()),
            sender: advisory.id.sender.clone(),
            expires: held.expires(),
        })
    }

    /// Advisories, the newest first, and the cursor of what comes after.
    pub fn advisories(
        &self,
        filter: &AdvisoryFilter,
        clearance: Clearance,
        atlas: &Atlas,
    ) -> (Vec<AdvisoryFeature>, Option<u64>) {
        let (mut features, mut bytes) = (Vec::new(), 0);
        let below = ..filter.before_seq.unwrap_or(u64::MAX);
        for (seq, held) in self.advisories.all().range(below).rev() {
            if clearance < held.entry.advisory.clearance() {
                continue;
            }
            let Some(feature) = self.advisory_feature(*seq, held, filter, atlas) else { continue };
            if features.len() == filter.limit || bytes >= PAGE_BYTES_MAX {
                return (features, Some(seq + 1));
            }
            bytes += weight(&held.entry.advisory)
                + CORNER_BYTES * feature.geometry.as_ref().map_or(0, AdvisoryGeometry::n_corners);
            features.push(feature);
        }
        (features, None)
    }

    /// One advisory, whatever its state.
    pub fn advisory(
        &self,
        id: u64,
        languages: &[String],
        clearance: Clearance,
        atlas: &Atlas,
    ) -> Option<AdvisoryFeature> {
        let held = self.advisories.all().get(&id)?;
        if clearance < held.entry.advisory.clearance() {
            return None;
        }
        let status = Some(held.entry.advisory.status);
        let languages = languages.to_vec();
        let filter =
            AdvisoryFilter { is_all: true, status, languages, ..AdvisoryFilter::default() };
        self.advisory_feature(id, held, &filter, atlas)
    }

    fn advisory_feature(
        &self,
        id: u64,
        held: &HeldAdvisory,
        filter: &AdvisoryFilter,
        atlas: &Atlas,
    ) -> Option<AdvisoryFeature> {
        let advisory = &held.entry.advisory;
        let is_meant = match filter.status {
            Some(status) => advisory.status == status,
            None => advisory.lane() == Lane::Room,
        };
        let (state, successor) = self.advisories.state(held, self.now);
        if !is_meant || (!filter.is_all && state != AdvisoryState::Live) {
            return None;
        }
        // Whether it is here is asked of all that it says, what is drawn is what its chosen words name.
        if let Some(area) = &filter.area
            && !Shape::of(advisory, atlas).0.meets(area)
        {
            return None;
        }
        let chosen = chosen(advisory, &filter.languages);
        let (shape, unplaced) = Shape::of_blocks(chosen.iter().copied(), atlas);
        if filter.unplaced && unplaced.is_empty() {
            return None;
        }
        let block = worst(&chosen);
        let none = Block::default();
        let said = block.unwrap_or(&none);
        let (_, expires_assumed) = advisory.expires();
        let mut languages: Vec<String> = Vec::new();
        for one in &advisory.blocks {
            if !languages.contains(&one.language) {
                languages.push(one.language.clone());
            }
        }
        let areas = || chosen.iter().flat_map(|one| &one.areas);
        let mut geocodes: Vec<_> = areas().flat_map(|area| area.geocodes.iter().cloned()).collect();
        geocodes.sort_unstable();
        geocodes.dedup();
        Some(AdvisoryFeature {
            tag: FeatureTag::Feature,
            id,
            geometry: shape.geometry(),
            properties: AdvisoryProperties {
                mode: self.mode,
                source: self.source_name(held.entry.source),
                sender: advisory.id.sender.clone(),
                identifier: advisory.id.identifier.clone(),
                sent: advisory.id.sent,
                sent_without_zone: advisory.sent_without_zone,
                received_at: held.recorded_at,
                status: advisory.status,
                msg_type: advisory.msg_type,
                scope: advisory.scope,
                state,
                successor,
                expires: held.expires(),
                expires_assumed,
                language: said.language.clone(),
                languages,
                category: said.category.clone(),
                event: said.event.clone(),
                response_type: said.response_type.clone(),
                urgency: said.urgency,
                severity: said.severity,
                certainty: said.certainty,
                effective: said.effective,
                onset: said.onset,
                sender_name: said.sender_name.clone(),
                headline: said.headline.clone(),
                description: said.description.clone(),
                instruction: said.instruction.clone(),
                web: said.web.clone(),
                contact: said.contact.clone(),
                areas: areas().map(|area| area.name.clone()).collect(),
                geocodes,
                event_codes: said.event_codes.clone(),
                parameters: said.parameters.clone(),
                unplaced,
                replies: self.replies(held),
                digest: hexadecimal(&held.entry.digest),
            },
        })
    }

    fn replies(&self, held: &HeldAdvisory) -> Vec<AdvisoryReply> {
        let those = self.advisories.that_name(held).map(|(_, by)| &by.entry.advisory);
        let those = those.filter(|by| matches!(by.msg_type, MsgType::Ack | MsgType::Error));
        let mut replies: Vec<AdvisoryReply> = those
            .map(|by| AdvisoryReply {
                msg_type: by.msg_type,
                sender: by.id.sender.clone(),
                sent: by.id.sent,
                note: by.note.clone(),
            })
            .collect();
        replies.sort_by(|a, b| (a.sent, &a.sender).cmp(&(b.sent, &b.sender)));
        replies
    }
}

/// The blocks of one language: the first of these that there is, else the message's first. `ca` finds `ca-ES`, and the other way round.
fn chosen<'a>(advisory: &'a Advisory, languages: &[String]) -> Vec<&'a Block> {
    let base = |tag: &str| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let exact = |wanted: &String| {
        advisory.blocks.iter().find(|block| block.language.eq_ignore_ascii_case(wanted))
    };
    let near = |wanted: &String| {
        advisory.blocks.iter().find(|block| base(&block.language) == base(wanted))
    };
    let found = languages.iter().find_map(|wanted| exact(wanted).or_else(|| near(wanted)));
    let Some(found) = found.or_else(|| advisory.blocks.first()) else { return Vec::new() };
    advisory.blocks.iter().filter(|block| block.language == found.language).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * bytes.len());
    for nibble in bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
        digits.extend(char::from_digit(u32::from(nibble), 16));
    }
    digits
}

/// Of several blocks in one language the worst speaks.
fn worst<'a>(blocks: &[&'a Block]) -> Option<&'a Block> {
    blocks.iter().copied().min_by_key(|block| block.severity)
}
