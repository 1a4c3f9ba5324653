//! The correctness gate: the same core points in the same parts, and the same noise.

use std::collections::{BTreeMap, BTreeSet};

use engine::situation::density::{PointId, Role, Rule};
use engine::situation::metres::Spot;

use super::peers::Outcome;

/// How many there were of each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) components: usize,
    pub(crate) core: usize,
    pub(crate) border: usize,
    pub(crate) noise: usize,
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { components, core, border, noise } = self;
        write!(f, "{components} components, {core} core, {border} border, {noise} noise")
    }
}

/// Fails unless ours and `geo`'s part the core points alike and leave the same points as noise. Which points are core
/// is counted here by a third way, for `geo` does not say.
pub(crate) fn same(
    rule: Rule,
    spots: &[Spot],
    ours: &[Role],
    geo: &[Option<usize>],
) -> Outcome<Counts> {
    let core = core(rule, spots);
    let mut names: BTreeMap<PointId, usize> = BTreeMap::new();
    let mut labels: BTreeSet<usize> = BTreeSet::new();
    let (mut n_core, mut n_border, mut n_noise) = (0, 0, 0);
    for (i, (role, label)) in ours.iter().zip(geo).enumerate() {
        if matches!(role, Role::Core(_)) != core[i] {
            return Err(
                format!("point {i} is {role:?}, counted by hand core is {}", core[i]).into()
            );
        }
        match (role, label) {
            (Role::Core(name), Some(label)) => {
                n_core += 1;
                if *names.entry(*name).or_insert(*label) != *label {
                    return Err(
                        format!("point {i}: {name:?} is more than one part of geo's").into()
                    );
                }
                labels.insert(*label);
            }
            (Role::Border(_), Some(_)) => n_border += 1,
            (Role::Noise, None) => n_noise += 1,
            (own, theirs) => return Err(format!("point {i}: {own:?}, by geo {theirs:?}").into()),
        }
    }
    if names.len() != labels.len() {
        return Err(format!("{} components, by geo {}", names.len(), labels.len()).into());
    }
    Ok(Counts { components: names.len(), core: n_core, border: n_border, noise: n_noise })
}

/// Which points have enough near them: sorted by x, each looks at those within reach of its x in rows of its y.
fn core(rule: Rule, spots: &[Spot]) -> Vec<bool> {
    let eps = i64::from(rule.eps_cm());
    let mut rows: BTreeMap<i64, Vec<Spot>> = BTreeMap::new();
    for spot in spots {
        rows.entry(i64::from(spot.y_cm).div_euclid(eps)).or_default().push(*spot);
    }
    for row in rows.values_mut() {
        row.sort_unstable();
    }
    let enough = |spot: &Spot| {
        let at = i64::from(spot.y_cm).div_euclid(eps);
        let near = rows.range(at - 1..=at + 1).flat_map(|(_, row)| {
            let first = row.partition_point(|s| i64::from(s.x_cm) < i64::from(spot.x_cm) - eps);
            row[first..].iter().take_while(|s| i64::from(s.x_cm) <= i64::from(spot.x_cm) + eps)
        });
        let near = near.filter(|s| s.distance2_cm2(*spot) <= (eps * eps) as u64);
        near.take(rule.min_pts() as usize).count() == rule.min_pts() as usize
    };
    spots.iter().map(enough).collect()
}
