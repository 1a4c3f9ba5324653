//! A week of a city's loop detectors, 417,312 values, with kill -9 in the middle: each stands once and as it was said, and the
//! account balances to the unit. Through data arrays (`arrays`) and through the city's broker (`broker`).

mod arrays;
mod broker;

use std::collections::BTreeMap;
use std::path::Path;

use support::week::{ROWS, SENSORS, Week};
use wire::source::Ledger;

use crate::record::sized;

/// What is sent of the week: so many rows of so many detectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    sensors: usize,
    rows: usize,
}

impl Part {
    /// All of it, or half a day of some.
    fn sized() -> Self {
        sized(Self { sensors: SENSORS, rows: ROWS }, Self { sensors: 20, rows: 144 })
    }

    fn n(self) -> usize {
        self.sensors * self.rows
    }
}

/// A value as it stands: when it was measured, and thousandths of what was measured.
type Held = (i64, i64);

fn thousandths(value: f64) -> i64 {
    (value * 1_000.0).round() as i64
}

/// Every observation in the database of a server that is down, by what its datastream is called.
async fn held(data: &Path) -> BTreeMap<String, Vec<Held>> {
    let url = format!("sqlite:{}", data.join("talaia.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.expect("connects");
    let rows: Vec<(String, i64, f64)> = sqlx::query_as(
        "SELECT datastream, phenomenon_at, number FROM observation ORDER BY datastream, phenomenon_at",
    )
    .fetch_all(&pool)
    .await
    .expect("rows");
    pool.close().await;
    let mut held: BTreeMap<String, Vec<Held>> = BTreeMap::new();
    for (datastream, at, number) in rows {
        held.entry(datastream).or_default().push((at, thousandths(number)));
    }
    held
}

/// What is wrong with what stands: values that are missing, stand twice, or were never said.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wrong {
    lost: usize,
    doubled: usize,
    invented: usize,
}

fn wrong(week: &Week, part: Part, held: &BTreeMap<String, Vec<Held>>) -> Wrong {
    let mut wrong = Wrong::default();
    let mut n_known = 0;
    for sensor in 0..part.sensors {
        let stands = held.get(&week.ids[sensor]).map_or(&[][..], Vec::as_slice);
        n_known += stands.len();
        let mut count: BTreeMap<Held, usize> = BTreeMap::new();
        for one in stands {
            *count.entry(*one).or_default() += 1;
        }
        for row in 0..part.rows {
            let said = (Week::at_ms(row), thousandths(week.speeds[sensor][row]));
            match count.remove(&said) {
                None => wrong.lost += 1,
                Some(n) => wrong.doubled += n - 1,
            }
        }
        wrong.invented += count.values().sum::<usize>();
    }
    wrong.invented += held.values().map(Vec::len).sum::<usize>() - n_known;
    wrong
}

/// The account adds up, and as much was accepted as there is.
fn balances(ledger: &Ledger, part: Part) {
    let rejected: u64 = ledger.rejected.values().sum();
    assert_eq!(ledger.received, ledger.accepted + ledger.folded + rejected, "{ledger:?}");
    assert_eq!((ledger.accepted, rejected), (part.n() as u64, 0), "{ledger:?}");
}

#[test]
fn a_lost_a_doubled_and_an_invented_value_are_noticed() {
    let week = Week::any();
    let part = Part { sensors: 2, rows: 3 };
    let say = |sensor: usize, row: usize| (Week::at_ms(row), thousandths(week.speeds[sensor][row]));
    let mut held: BTreeMap<String, Vec<Held>> = (0..2)
        .map(|sensor| (week.ids[sensor].clone(), (0..3).map(|row| say(sensor, row)).collect()))
        .collect();
    assert_eq!(wrong(&week, part, &held), Wrong::default());
    held.entry(week.ids[0].clone()).and_modify(|all| _ = all.pop());
    held.entry(week.ids[1].clone()).and_modify(|all| all.push(say(1, 0)));
    held.insert("nobody".to_owned(), vec![(0, 0)]);
    assert_eq!(wrong(&week, part, &held), Wrong { lost: 1, doubled: 1, invented: 1 });
}
