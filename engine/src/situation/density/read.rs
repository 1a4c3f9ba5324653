//! What can be asked between ticks.

use super::cell::{Cell, Member};
use super::changes::{Component, Members, Role};
use super::grid::NONE;
use super::{Density, PointId, square};
use crate::situation::metres::Spot;

impl Density {
    /// How many points are live, as of the last tick.
    pub fn n_points(&self) -> usize {
        self.index.len()
    }

    /// All components, in the order of their ids.
    pub fn components(&self) -> impl Iterator<Item = Component> {
        self.by_id.values().map(|slot| self.slots[*slot as usize].told)
    }

    /// What a point is; nothing when it is not live.
    pub fn role(&self, id: PointId) -> Option<Role> {
        let point = self.index.find(id)?;
        let cell = self.cells.get(self.grid.cell(square(point.spot, self.rule.side())) as usize)?;
        let at = cell.members.binary_search_by_key(&(point.spot, id), Member::rank).ok()?;
        Some(self.role_in(cell, &cell.members[at]))
    }

    /// What every live point is, in an order that means nothing.
    pub fn roles(&self) -> impl Iterator<Item = (PointId, Role)> {
        self.cells.iter().flat_map(move |cell| {
            cell.members.iter().map(move |member| (member.id, self.role_in(cell, member)))
        })
    }

    /// What a member of a cell is.
    fn role_in(&self, cell: &Cell, member: &Member) -> Role {
        let of = |component: u32| self.slots.get(component as usize).map(|slot| slot.told.id);
        let core = of(cell.component).filter(|_| member.core).map(Role::Core);
        let owner = self.cells.get(member.owner as usize);
        let border = || owner.and_then(|owner| of(owner.component)).map(Role::Border);
        core.or_else(border).unwrap_or(Role::Noise)
    }

    /// The points of a component; nothing when there is none of this name.
    pub fn members(&self, id: PointId) -> Option<Members> {
        let mut members = Members::default();
        for member in self.each_member(id)? {
            if member.core {
                members.core.push(member.id);
            } else {
                members.border.push(member.id);
            }
        }
        members.core.sort_unstable();
        members.border.sort_unstable();
        Some(members)
    }

    /// Where the points of a component lie, in order; nothing when there is none of this name.
    pub fn spots(&self, id: PointId) -> Option<Vec<Spot>> {
        let mut spots: Vec<Spot> = self.each_member(id)?.map(|member| member.spot).collect();
        spots.sort_unstable();
        Some(spots)
    }

    /// The members of a component, in an order that means nothing.
    fn each_member(&self, id: PointId) -> Option<impl Iterator<Item = &Member>> {
        let slot = &self.slots[*self.by_id.get(&id)? as usize];
        Some(slot.cells.iter().flat_map(|number| {
            let cell = &self.cells[*number as usize];
            let owned = (cell.n_border > 0).then(|| self.owned_by(*number));
            cell.members.iter().filter(|member| member.core).chain(owned.into_iter().flatten())
        }))
    }

    /// The border points of a cell, which lie in it or around it.
    fn owned_by(&self, number: u32) -> impl Iterator<Item = &Member> {
        let near = self.around(number);
        let cells = near.into_iter().chain([number]).filter(|cell| *cell != NONE);
        let members = cells.flat_map(|cell| &self.cells[cell as usize].members);
        members.filter(move |member| member.owner == number)
    }
}
