//! What counts as close, and how many make a crowd.

use crate::limits::{CROWD_WEIGHT_MIN, LAND_NEAR_CM, NEAR_CM};

/// A point is core when the weights within `eps` of it, its own included and the rim too, come to `min_pts`. With
/// weights of 1 this is what `geo::Dbscan` calls `epsilon` and `min_samples`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    eps_cm: u32,
    min_pts: u32,
    /// The side of a cell in centimetres.
    side: i64,
}

/// Why two numbers are no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    /// Nothing is near, or a continent is.
    #[error("eps is {0} cm, and must be between 1 and {EPS_MAX_CM} cm")]
    Eps(u32),
    /// With nothing needed every place on Earth would be a crowd.
    #[error("min_pts must be 1 or more")]
    MinPts,
}

// The rules of crowds are some.
const _: () = assert!(Rule::new(NEAR_CM, CROWD_WEIGHT_MIN).is_ok());
const _: () = assert!(Rule::new(LAND_NEAR_CM, CROWD_WEIGHT_MIN).is_ok());

/// A hundred kilometres: beyond it the plane is wrong by more than what is asked.
pub const EPS_MAX_CM: u32 = 10_000_000;

impl Rule {
    /// What makes a possible incident: independent sources near each other.
    pub const CROWD: Self = Self::made(NEAR_CM, CROWD_WEIGHT_MIN);
    /// The same of what is as wide as a valley.
    pub const LAND_CROWD: Self = Self::made(LAND_NEAR_CM, CROWD_WEIGHT_MIN);

    /// A rule from centimetres and a sum of weights.
    pub const fn new(eps_cm: u32, min_pts: u32) -> Result<Self, BadRule> {
        if eps_cm == 0 || eps_cm > EPS_MAX_CM {
            return Err(BadRule::Eps(eps_cm));
        }
        if min_pts == 0 {
            return Err(BadRule::MinPts);
        }
        Ok(Self::made(eps_cm, min_pts))
    }

    const fn made(eps_cm: u32, min_pts: u32) -> Self {
        // Two spots of a cell differ by at most side - 1 both ways, which is within eps; one more would not be.
        let side = ((eps_cm as u64).pow(2) / 2).isqrt() as i64 + 1;
        Self { eps_cm, min_pts, side }
    }

    /// How near is near, in centimetres.
    pub fn eps_cm(self) -> u32 {
        self.eps_cm
    }

    /// The sum of weights that makes a point core.
    pub fn min_pts(self) -> u32 {
        self.min_pts
    }

    /// The square of `eps`, in cm².
    pub(super) fn eps2(self) -> u64 {
        u64::from(self.eps_cm).pow(2)
    }

    /// The side of a cell in centimetres: all spots of a cell are near each other.
    pub(super) fn side(self) -> i64 {
        self.side
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_the_largest_whose_spots_are_all_near() {
        for eps in (1..2_000).chain([9_999, 10_001, 123_457, EPS_MAX_CM]) {
            let rule = Rule::new(eps, 1).expect("a rule");
            let widest = (rule.side() - 1) as u64;
            assert!(2 * widest.pow(2) <= rule.eps2(), "eps {eps}: a cell is too wide");
            assert!(2 * (widest + 1).pow(2) > rule.eps2(), "eps {eps}: a cell is too small");
            // The nearest spot three cells away, and of the corner of a 5 × 5 square, is too far.
            let two_between = 2 * rule.side() as u64 + 1;
            assert!(two_between.pow(2) > rule.eps2(), "eps {eps}: two cells are not enough");
            let corner = rule.side() as u64 + 1;
            assert!(2 * corner.pow(2) > rule.eps2(), "eps {eps}: corners are near");
        }
    }

    #[test]
    fn what_is_no_rule_is_refused_with_the_reason() {
        assert_eq!(Rule::new(0, 1), Err(BadRule::Eps(0)));
        assert_eq!(Rule::new(EPS_MAX_CM + 1, 1), Err(BadRule::Eps(EPS_MAX_CM + 1)));
        assert_eq!(Rule::new(1, 0), Err(BadRule::MinPts));
    }
}
