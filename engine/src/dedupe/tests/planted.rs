//! Copies planted at a likeness that is counted by hand, and strangers that share their words.

use std::collections::BTreeSet;

use super::*;

/// A small generator of our own, so that a seed gives the same texts everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = crate::mix::number(self.0);
        (self.0 % n as u64) as usize
    }

    /// Words of a vocabulary of a thousand.
    fn words(&mut self, n: usize) -> Vec<String> {
        (0..n).map(|_| format!("w{}", self.below(1_000))).collect()
    }
}

/// Jaccard over runs of three words, as a definition reads: shared, all.
fn by_hand(one: &[String], two: &[String]) -> (usize, usize) {
    let runs = |words: &[String]| words.windows(3).map(<[_]>::to_vec).collect::<BTreeSet<_>>();
    let (one, two) = (runs(one), runs(two));
    (one.intersection(&two).count(), one.union(&two).count())
}

/// A copy at exactly four fifths: of nine runs one differs, of eighteen two, of twenty-seven three.
fn copy(dice: &mut Dice) -> (Vec<String>, Vec<String>) {
    loop {
        let (n, changed): (usize, &[usize]) = match dice.below(3) {
            0 => (11, &[10]),
            1 => (20, &[0, 19]),
            _ => (29, &[14]),
        };
        let one = dice.words(n);
        let mut two = one.clone();
        for at in changed {
            two[*at] = format!("other{}", dice.below(1_000));
        }
        let (shared, all) = by_hand(&one, &two);
        if shared * 5 == all * 4 {
            return (one, two);
        }
    }
}

#[test]
fn copies_at_four_fifths_are_found() {
    for seed in [1, 7, 2_026] {
        println!("seed {seed}");
        let mut dice = Dice(seed);
        let pairs: Vec<_> = (0..2_000).map(|_| copy(&mut dice)).collect();
        let texts: Vec<_> = pairs.iter().map(|(one, two)| (one.join(" "), two.join(" "))).collect();
        let mut copies = Copies::default();
        for (n, (one, two)) in texts.iter().enumerate() {
            let id = n as u128 * 2;
            copies.insert(&[said(id, one), said(id + 1, two)]);
        }
        let found = (0..2_000).filter(|n| group(&copies, n * 2) == [n * 2, n * 2 + 1]).count();
        let larger = (0..2_000).filter(|n| group(&copies, n * 2).len() > 2).count();
        println!("recall {}", found as f64 / 2_000.0);
        assert!(found >= 1_900, "seed {seed}: {found} of 2000");
        assert_eq!(larger, 0, "seed {seed}: strangers were folded");
        for n in 0..2_000 {
            if let How::Near { similarity, .. } = how(&copies, n * 2 + 1) {
                let (shared, all) = by_hand(&pairs[n as usize].0, &pairs[n as usize].1);
                assert_eq!(
                    (similarity.n_shared as usize, similarity.n_all as usize),
                    (shared, all)
                );
            }
        }
    }
}

#[test]
fn strangers_who_share_their_words_are_not_folded() {
    const SAYS: [&str; 5] = [
        "flood in {} street, water up to the knees near number {}",
        "aigua fins al genoll al carrer de {} davant del numero {}, veniu",
        "hay fuego en la calle {} a la altura del numero {} y mucho humo",
        "arbre tombé rue {} devant le {}, la voie est coupée",
        "no power in {} road since ten past {}, anyone else without light",
    ];
    for seed in [1, 7, 2_026] {
        println!("seed {seed}");
        let mut dice = Dice(seed);
        let texts: Vec<String> = (0..600)
            .map(|n| {
                let street = format!("{} {}", dice.words(1)[0], dice.words(1)[0]);
                SAYS[n % 5].replacen("{}", &street, 1).replace("{}", &dice.below(300).to_string())
            })
            .collect();
        let items: Vec<_> =
            texts.iter().enumerate().map(|(n, text)| said(n as u128, text)).collect();
        let mut copies = Copies::default();
        copies.insert(&items);
        let words: Vec<Vec<String>> =
            texts.iter().map(|text| text.split(' ').map(str::to_owned).collect()).collect();
        let (mut pairs, mut folded, mut alike) = (0, 0, 0);
        for one in 0..texts.len() {
            let together = group(&copies, one as u128);
            for two in one + 1..texts.len() {
                let (shared, all) = by_hand(&words[one], &words[two]);
                let strangers = shared * 5 < all * 4;
                pairs += usize::from(strangers);
                alike += usize::from(strangers && shared * 10 >= all * 2);
                folded += usize::from(strangers && together.contains(&(two as u128)));
            }
        }
        println!("{folded} of {pairs} pairs folded, {alike} of them a fifth alike or more");
        assert!(alike > 10_000, "seed {seed}: too few strangers share their words: {alike}");
        assert!(folded * 100 <= pairs, "seed {seed}: {folded} of {pairs}");
        assert!(folded * 100 <= alike, "seed {seed}: {folded} of {alike}");
    }
}
