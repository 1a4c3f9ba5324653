//! Any order, any history: the same reports give the same groups.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::dedupe::keys;
use crate::dedupe::sketch::Shingles;
use crate::plain::Plain;

/// A report: a sentence with a word changed, and perhaps a post, an origin, an address.
#[derive(Debug, Clone)]
struct Spoken {
    text: Plain,
    post: Option<String>,
    origin: Option<String>,
    url: Option<String>,
    at: i64,
}

fn spoken() -> impl Strategy<Value = Spoken> {
    let link = || proptest::option::weighted(0.2, 0..6_u8);
    (0..4_usize, 0..24_usize, 0..3_usize, link(), link(), link(), 0..50_i64).prop_map(
        |(sentence, place, word, post, origin, url, at)| {
            let length = [5, 12, 18, 24][sentence];
            let mut words: Vec<String> = (0..length).map(|n| format!("s{sentence}w{n}")).collect();
            if let Some(changed) = words.get_mut(place) {
                *changed = format!("x{word}");
            }
            let named = |n: u8| format!("net:{n}");
            Spoken {
                text: Plain::of(&words.join(" ")),
                post: post.map(named),
                origin: origin.map(named),
                url: url.map(|n| format!("https://a.example/{n}")),
                at,
            }
        },
    )
}

fn item(id: usize, spoken: &Spoken) -> Item<'_> {
    Item {
        id: ReportId(id as u128),
        at: Timestamp(spoken.at),
        text: Some(&spoken.text),
        post: spoken.post.as_deref(),
        origin: spoken.origin.as_deref(),
        url: spoken.url.as_deref(),
    }
}

/// Groups by looking at every pair: joined by a key, or near and in a chain of one band.
fn by_pairs(live: &BTreeMap<usize, &Spoken>) -> Vec<Vec<u128>> {
    let ids: Vec<usize> = live.keys().copied().collect();
    let told: Vec<_> = ids
        .iter()
        .map(|id| (keys::keys(&item(*id, live[id])), Shingles::of(&live[id].text)))
        .collect();
    let joined = |one: usize, two: usize| {
        let ((keys, shingles), (others, other)) = (&told[one], &told[two]);
        let near = shingles.as_ref().zip(other.as_ref()).is_some_and(|(one, two)| {
            one.near(two).is_some() && one.bands().iter().zip(two.bands()).any(|(a, b)| *a == b)
        });
        near || keys.iter().any(|key| others.contains(key))
    };
    let mut group: Vec<usize> = (0..ids.len()).collect();
    loop {
        let before = group.clone();
        for one in 0..ids.len() {
            for two in 0..ids.len() {
                if joined(one, two) {
                    group[one] = group[one].min(group[two]);
                }
            }
        }
        if group == before {
            break;
        }
    }
    let mut groups: BTreeMap<usize, Vec<(i64, u128)>> = BTreeMap::new();
    for (index, id) in ids.iter().enumerate() {
        groups.entry(group[index]).or_default().push((live[id].at, *id as u128));
    }
    let sorted = groups.into_values().map(|mut group| {
        group.sort_unstable();
        group.into_iter().map(|(_, id)| id).collect()
    });
    let mut sorted: Vec<Vec<u128>> = sorted.collect();
    sorted.sort();
    sorted
}

proptest! {
    #[test]
    fn any_order_of_one_call_and_any_history_give_the_groups_of_all_pairs(
        reports in proptest::collection::vec(spoken(), 1..60),
        order in any::<u64>(),
        gone in proptest::collection::vec(any::<prop::sample::Index>(), 0..30),
        step in 1..20_usize,
    ) {
        let items: Vec<_> = reports.iter().enumerate().map(|(id, one)| item(id, one)).collect();
        let mut shuffled = items.clone();
        shuffled.sort_by_key(|item| crate::mix::number(order ^ item.id.0 as u64));
        let (mut once, mut slowly) = (Copies::default(), Copies::default());
        once.insert(&shuffled);
        for some in shuffled.chunks(step) {
            slowly.insert(some);
        }
        let mut live: BTreeMap<usize, &Spoken> = reports.iter().enumerate().collect();
        let ids = || (0..reports.len()).map(|id| id as u128);
        prop_assert_eq!(all(&once, ids()), by_pairs(&live));
        prop_assert_eq!(all(&slowly, ids()), by_pairs(&live));
        for index in gone {
            let id = index.index(reports.len());
            live.remove(&id);
            slowly.remove(&[ReportId(id as u128)]);
            prop_assert_eq!(all(&slowly, ids()), by_pairs(&live));
        }
        let mut rebuilt = Copies::default();
        rebuilt.insert(&live.iter().map(|(id, one)| item(*id, one)).collect::<Vec<_>>());
        for id in ids() {
            let (id, of) = (ReportId(id), slowly.source(ReportId(id)));
            prop_assert_eq!(of, rebuilt.source(id));
            prop_assert_eq!(slowly.how(id), rebuilt.how(id));
            prop_assert_eq!(of.map_or(0, |of| of.n_reports as usize), slowly.members(id).len());
        }
        prop_assert_eq!(slowly.n_sources(), by_pairs(&live).len());
        slowly.remove(&ids().map(ReportId).collect::<Vec<_>>());
        prop_assert!(slowly.is_empty());
    }
}
