//! What lies within an extent, counted with the list behind each number.

use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::extent::Shape;
use super::limits::{CELLS_MAX, SITES_MAX};
use super::{Extent, Flaw, GridCell, Site, SiteKind};

/// Every site and cell of a room, as imported: they are replaced as a whole.
///
/// Made anew from what was imported, it is no part of a checkpoint.
#[derive(Debug, Default)]
pub struct Register {
    sites: Vec<Site>,
    cells: Vec<GridCell>,
    site_tree: RTree<GeomWithData<[f64; 2], u32>>,
    cell_tree: RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>,
}

/// The sites of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindCount<'a> {
    /// Which kind.
    pub kind: SiteKind,
    /// Those sites, by name.
    pub sites: Vec<&'a Site>,
    /// People in those of which it is known.
    pub n_people: u64,
    /// Sites of which it is not.
    pub n_unknown: usize,
}

impl KindCount<'_> {
    /// How many sites.
    pub fn n_sites(&self) -> usize {
        self.sites.len()
    }
}

/// A cell of which at least a person lives within the extent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LivesHere<'a> {
    /// The cell.
    pub cell: &'a GridCell,
    /// How much of it lies within the extent, from 0 to 1.
    pub share: f64,
    /// People by that share, to the nearest.
    pub n_people: u32,
}

/// Who is exposed.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposed<'a> {
    /// The kinds of which there is a site, in their order.
    pub kinds: Vec<KindCount<'a>>,
    /// People who live there: the sum of `cells`.
    pub n_people: u64,
    /// The cells in which they live, the most people first.
    pub cells: Vec<LivesHere<'a>>,
}

impl Register {
    /// A register of sites and cells; otherwise the first that is wrong in each, as `sites[3].name`, with the remedy.
    pub fn new(sites: Vec<Site>, cells: Vec<GridCell>) -> Result<Self, Vec<Flaw>> {
        let mut flaws = Vec::new();
        let too_many = |field: &str, n_max: usize| Flaw {
            field: field.to_owned(),
            remedy: format!("import at most {n_max}"),
        };
        if sites.len() > SITES_MAX {
            flaws.push(too_many("sites", SITES_MAX));
        }
        if cells.len() > CELLS_MAX {
            flaws.push(too_many("cells", CELLS_MAX));
        }
        let wrong_site =
            sites.iter().enumerate().find_map(|(i, site)| Some((i, site.check().err()?)));
        let wrong_cell =
            cells.iter().enumerate().find_map(|(i, cell)| Some((i, cell.check().err()?)));
        for (list, wrong) in [("sites", wrong_site), ("cells", wrong_cell)] {
            let Some((index, wrong)) = wrong else { continue };
            flaws.extend(wrong.into_iter().map(|Flaw { field, remedy }| Flaw {
                field: format!("{list}[{index}].{field}"),
                remedy,
            }));
        }
        if !flaws.is_empty() {
            return Err(flaws);
        }
        let leaf =
            |(id, site): (u32, &Site)| GeomWithData::new([site.place.lng(), site.place.lat()], id);
        let site_tree = RTree::bulk_load((0..).zip(&sites).map(leaf).collect());
        let leaf = |(id, cell): (u32, &GridCell)| {
            let GridCell { bounds, .. } = cell;
            let corners = ([bounds.west(), bounds.south()], [bounds.east(), bounds.north()]);
            GeomWithData::new(Rectangle::from_corners(corners.0, corners.1), id)
        };
        let cell_tree = RTree::bulk_load((0..).zip(&cells).map(leaf).collect());
        Ok(Self { sites, cells, site_tree, cell_tree })
    }

    /// How many sites it has.
    pub fn n_sites(&self) -> usize {
        self.sites.len()
    }

    /// How many cells it has.
    pub fn n_cells(&self) -> usize {
        self.cells.len()
    }

    /// Who is exposed within an extent; otherwise what is wrong with it.
    pub fn within(&self, extent: &Extent<'_>) -> Result<Exposed<'_>, Vec<Flaw>> {
        extent.check()?;
        let Some(shape) = Shape::of(extent) else {
            return Ok(Exposed { kinds: Vec::new(), n_people: 0, cells: Vec::new() });
        };
        let cells = self.cells_within(&shape);
        let n_people = cells.iter().map(|cell| u64::from(cell.n_people)).sum();
        Ok(Exposed { kinds: self.kinds_within(&shape), n_people, cells })
    }

    fn kinds_within(&self, area: &Shape) -> Vec<KindCount<'_>> {
        let mut found: Vec<u32> = Vec::new();
        for (shift, least, most) in area.boxes() {
            let near = self.site_tree.locate_in_envelope(&AABB::from_corners(least, most));
            let near = near.map(|leaf| leaf.data);
            found.extend(near.filter(|id| area.covers(self.sites[*id as usize].place, shift)));
        }
        // A place on the antimeridian may lie in two boxes.
        found.sort_unstable();
        found.dedup();
        let mut sites: Vec<&Site> = found.iter().map(|id| &self.sites[*id as usize]).collect();
        sites.sort_by(|a, b| (a.kind, &a.name, a.place).cmp(&(b.kind, &b.name, b.place)));
        let kinds = sites.chunk_by(|a, b| a.kind == b.kind);
        kinds
            .map(|sites| KindCount {
                kind: sites[0].kind,
                n_people: sites.iter().filter_map(|site| site.n_people).map(u64::from).sum(),
                n_unknown: sites.iter().filter(|site| site.n_people.is_none()).count(),
                sites: sites.to_vec(),
            })
            .collect()
    }

    fn cells_within(&self, area: &Shape) -> Vec<LivesHere<'_>> {
        let mut shares: Vec<(u32, f64)> = Vec::new();
        for (shift, least, most) in area.boxes() {
            let envelope = AABB::from_corners(least, most);
            let near = self.cell_tree.locate_in_envelope_intersecting(&envelope);
            shares.extend(
                near.map(|leaf| {
                    (leaf.data, area.share(self.cells[leaf.data as usize].bounds, shift))
                }),
            );
        }
        shares.sort_unstable_by_key(|(id, _)| *id);
        let whole = shares.chunk_by(|a, b| a.0 == b.0).map(|same| {
            let share = same.iter().map(|(_, share)| share).sum::<f64>().min(1.0);
            let cell = &self.cells[same[0].0 as usize];
            let n_people = (f64::from(cell.n_people) * share).round() as u32;
            LivesHere { cell, share, n_people }
        });
        let mut cells: Vec<LivesHere<'_>> = whole.filter(|lives| lives.n_people > 0).collect();
        cells.sort_by_key(|lives| std::cmp::Reverse(lives.n_people));
        cells
    }
}
