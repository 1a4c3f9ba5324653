//! How likely so many, or so few, are: the tails of the negative binomial distribution.
//!
//! Every sum runs over positive terms from its own end, so that a tail of 10⁻³⁰ has as many right digits as one of a half.
//! No special function is needed: the first term is a product, the others follow by their ratios.

/// A tail is summed until what is left is so small a part of it.
const LEFT: f64 = 1e-15;

/// A tail of more terms than this is cut: a million reports an hour are beyond every limit of the intake.
const TERMS_MAX: u64 = 2_000_000;

/// Counts with a mean and more spread than chance: Poisson whose rate is itself drawn from a gamma distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Counts {
    /// The shape of the gamma distribution; the smaller, the more spread.
    shape: f64,
    /// Odds of one more, in 0..1.
    more: f64,
    /// The logarithm of the probability of none.
    none_ln: f64,
}

impl Counts {
    /// Counts about a mean, with variance `mean + mean²/shape`; both above zero.
    pub(super) fn new(mean: f64, shape: f64) -> Self {
        let none_ln = -shape * (mean / shape).ln_1p();
        Self { shape, more: mean / (shape + mean), none_ln }
    }

    /// How many others there are about one that was met.
    ///
    /// Who looks only when something came sees more than who looks by the clock. Of gamma-mixed Poisson counts the one that
    /// was met has drawn a shape larger by one; what is left beside it are these counts.
    pub(super) fn beside_one(self) -> Self {
        let one = self.none_ln / self.shape;
        Self { shape: self.shape + 1.0, none_ln: self.none_ln + one, ..self }
    }

    fn mean(self) -> f64 {
        self.shape * self.more / (1.0 - self.more)
    }

    /// What the probability of `n + 1` is to that of `n`.
    fn ratio(self, n: u64) -> f64 {
        (self.shape + n as f64) / (n as f64 + 1.0) * self.more
    }

    /// The probability of exactly `n`.
    fn exactly(self, n: u64) -> f64 {
        let (mut product, mut ln) = (1.0, self.none_ln);
        for k in 0..n.min(TERMS_MAX) {
            product *= self.ratio(k);
            if !(1e-100..1e100).contains(&product) {
                ln += product.ln();
                product = 1.0;
            }
        }
        (ln + product.ln()).exp()
    }

    /// The probability of `n` or more.
    pub(super) fn at_least(self, n: u64) -> f64 {
        if n == 0 {
            return 1.0;
        }
        if (n as f64) <= self.mean() {
            return (1.0 - self.at_most(n - 1)).clamp(0.0, 1.0);
        }
        // Above the mean each ratio is below one and nears `more`, so what is left is less than a geometric sum.
        let (mut term, mut sum) = (1.0, 1.0);
        for k in n..n.saturating_add(TERMS_MAX) {
            let ratio = self.ratio(k);
            term *= ratio;
            sum += term;
            let bound = ratio.max(self.more);
            if bound < 1.0 && term * bound / (1.0 - bound) < LEFT * sum {
                break;
            }
        }
        (self.exactly(n) * sum).min(1.0)
    }

    /// The probability of `n` or fewer.
    pub(super) fn at_most(self, n: u64) -> f64 {
        if (n as f64) > self.mean() {
            return (1.0 - self.at_least(n + 1)).clamp(0.0, 1.0);
        }
        let (mut term, mut sum) = (1.0, 1.0);
        for k in (0..n).rev() {
            term /= self.ratio(k);
            sum += term;
            if term < LEFT * sum && self.ratio(k) > 1.0 {
                break;
            }
        }
        (self.exactly(n) * sum).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64, doubt: f64) {
        assert!((a - b).abs() <= doubt * b.abs(), "{a} against {b}");
    }

    #[test]
    fn both_tails_are_those_of_sixty_digits() {
        // Mean, shape, n, at least n, at most n: summed term by term in decimal arithmetic of sixty digits.
        for (mean, shape, n, upper, lower) in [
            (0.01, 0.02, 3, 3.395_072_521_677_091e-4, 9.999_128_086_932_43e-1),
            (0.5, 2.5, 9, 1.918_424_967_398_379e-6, 9.999_996_332_912_71e-1),
            (4.0, 1e9, 25, 1.569_314_113_801_036_7e-12, 9.999_999_999_976_001e-1),
            (30.0, 30.0, 31, 4.487_109_134_957_152_4e-1, 6.009_236_863_471_41e-1),
            (30.0, 7.5, 2, 9.999_599_296_618_432e-1, 1.568_467_522_137_452_5e-4),
            (120.0, 45.0, 0, 1.0, 4.053_084_239_794_418_5e-26),
            (900.0, 10.5, 2_400, 5.425_738_037_945_637e-5, 9.999_461_661_390_768e-1),
            (0.2, 0.05, 40, 8.715_617_232_868_87e-7, 9.999_993_177_019_676e-1),
        ] {
            let counts = Counts::new(mean, shape);
            near(counts.at_least(n), upper, 1e-11);
            near(counts.at_most(n), lower, 1e-11);
        }
    }

    #[test]
    fn with_a_large_shape_they_are_poissons() {
        // e⁻² 2ⁿ/n!, from ten on.
        let counts = Counts::new(2.0, 1e12);
        let mut term = (-2.0_f64).exp();
        let mut sum = 0.0;
        for n in 0..60 {
            if n >= 10 {
                sum += term;
            }
            term *= 2.0 / f64::from(n + 1);
        }
        near(counts.at_least(10), sum, 1e-9);
    }

    #[test]
    fn beside_one_that_was_met_are_counts_weighed_by_themselves() {
        let counts = Counts::new(3.0, 0.8);
        let beside = counts.beside_one();
        for n in 1..60 {
            near(beside.exactly(n - 1), counts.exactly(n) * n as f64 / 3.0, 1e-10);
        }
    }

    #[test]
    fn what_is_far_beyond_everything_is_small_and_no_number_is_lost() {
        let counts = Counts::new(1e-6, 0.5);
        assert!(counts.at_least(1_000) < 1e-300);
        let many = Counts::new(50_000.0, 20.0);
        let (below, above) = (many.at_most(49_999), many.at_least(50_000));
        near(below + above, 1.0, 1e-9);
        assert!(many.at_least(400_000).is_finite());
    }
}
