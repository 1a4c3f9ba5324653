//! Tiles packed for the compact subprotocol: what can be derived is left out, what is small takes few bits.
//!
//! `docs/live.md` describes the bytes. Packing is exact or refused: a tile that does not keep the rules below (they hold
//! for every tile the engine makes) is sent in postcard instead, and unpacking gives back equal clusters.
//!
//! Rules: ids strictly ascending; the severities sum up to `n`, and so do the hazards, listed in order, each once; `worst`
//! and `n_worst` follow from the severities; the place lies in the tile on its grid of 65,536 steps.

mod bytes;
mod cluster;

use self::bytes::{Reader, put_varint};
use crate::cluster::Cluster;
use crate::frame::{Tile, TileDelta};
use crate::id::ClusterId;
use crate::tile::{TileId, ZOOM_MAX};

/// Why bytes are not a packed tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPacking {
    /// The bytes end too early.
    #[error("the bytes end too early")]
    Short,
    /// A number is larger than its field, or breaks a rule.
    #[error("a value out of range: {0}")]
    Range(&'static str),
    /// More bytes than the frame has fields.
    #[error("bytes after the end")]
    Long,
}

/// The tile's fields behind a tag, or `None` if it does not keep the rules.
pub(crate) fn pack_tile(tag: u8, tile: &Tile) -> Option<Vec<u8>> {
    let mut out = vec![tag];
    put_varint(&mut out, tile.seq);
    put_place(&mut out, tile.id());
    put_clusters(&mut out, tile.id(), &tile.clusters)?;
    Some(out)
}

/// The difference's fields behind a tag, or `None` if it does not keep the rules.
pub(crate) fn pack_delta(tag: u8, delta: &TileDelta) -> Option<Vec<u8>> {
    let mut out = vec![tag];
    put_varint(&mut out, delta.seq);
    put_varint(&mut out, delta.seq.checked_sub(delta.from)?);
    put_place(&mut out, delta.id());
    put_varint(&mut out, delta.gone.len() as u64);
    let mut before = None;
    for id in &delta.gone {
        before = Some(put_id(&mut out, before, *id)?);
    }
    put_clusters(&mut out, delta.id(), &delta.put)?;
    Some(out)
}

/// The tile in these bytes.
pub(crate) fn unpack_tile(bytes: &[u8]) -> Result<Tile, BadPacking> {
    let mut from = Reader::new(bytes);
    let seq = from.varint()?;
    let TileId { z, x, y } = take_place(&mut from)?;
    let clusters = take_clusters(&mut from, TileId { z, x, y })?;
    from.end()?;
    Ok(Tile { seq, z, x, y, clusters })
}

/// The difference in these bytes.
pub(crate) fn unpack_delta(bytes: &[u8]) -> Result<TileDelta, BadPacking> {
    let mut reader = Reader::new(bytes);
    let seq = reader.varint()?;
    let from = seq.checked_sub(reader.varint()?).ok_or(BadPacking::Range("from"))?;
    let TileId { z, x, y } = take_place(&mut reader)?;
    let mut gone = Vec::new();
    for _ in 0..reader.varint()? {
        gone.push(take_id(&mut reader, gone.last().copied())?);
    }
    let put = take_clusters(&mut reader, TileId { z, x, y })?;
    reader.end()?;
    Ok(TileDelta { from, seq, z, x, y, gone, put })
}

fn put_place(out: &mut Vec<u8>, tile: TileId) {
    out.push(tile.z);
    put_varint(out, u64::from(tile.x));
    put_varint(out, u64::from(tile.y));
}

fn take_place(from: &mut Reader<'_>) -> Result<TileId, BadPacking> {
    let z = from.byte()?;
    let mut column = || {
        let at = from.varint()?;
        u32::try_from(at)
            .ok()
            .filter(|at| z <= ZOOM_MAX && at >> z == 0)
            .ok_or(BadPacking::Range("tile"))
    };
    let (x, y) = (column()?, column()?);
    Ok(TileId { z, x, y })
}

/// An id as the distance from the one before, which is smaller.
fn put_id(out: &mut Vec<u8>, before: Option<ClusterId>, id: ClusterId) -> Option<ClusterId> {
    let step = match before {
        None => id.0,
        Some(before) => id.0.checked_sub(before.0).filter(|step| *step > 0)?,
    };
    put_varint(out, step);
    Some(id)
}

fn take_id(from: &mut Reader<'_>, before: Option<ClusterId>) -> Result<ClusterId, BadPacking> {
    let step = from.varint()?;
    match before {
        None => Ok(ClusterId(step)),
        Some(_) if step == 0 => Err(BadPacking::Range("id")),
        Some(before) => before.0.checked_add(step).map(ClusterId).ok_or(BadPacking::Range("id")),
    }
}

fn put_clusters(out: &mut Vec<u8>, tile: TileId, clusters: &[Cluster]) -> Option<()> {
    put_varint(out, clusters.len() as u64);
    let Some(clock) = cluster::Clock::of(clusters) else { return Some(()) };
    clock.put(out);
    let mut before = None;
    for each in clusters {
        before = Some(put_id(out, before, each.id)?);
        cluster::put(out, tile, clock, each)?;
    }
    Some(())
}

fn take_clusters(from: &mut Reader<'_>, tile: TileId) -> Result<Vec<Cluster>, BadPacking> {
    let n = from.varint()?;
    if n == 0 {
        return Ok(Vec::new());
    }
    let clock = cluster::Clock::take(from)?;
    // No more room than the bytes can fill: a lying count costs nothing.
    let mut clusters = Vec::with_capacity(usize::try_from(n).unwrap_or(0).min(from.left() / 8));
    let mut before = None;
    for _ in 0..n {
        let id = take_id(from, before)?;
        before = Some(id);
        clusters.push(cluster::take(from, tile, clock, id)?);
    }
    Ok(clusters)
}

#[cfg(test)]
mod tests;
