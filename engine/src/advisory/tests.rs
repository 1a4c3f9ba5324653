//! Advisories in and out of force, whatever the order in which they came.

use wire::advisory::{AdvisoryScope, AdvisoryState, AdvisoryStatus, MsgType};
use wire::time::Timestamp;

use super::{Advisories, Advisory, AdvisoryEntry, AdvisoryId, Block};
use crate::entry::SourceKey;

const HOUR: i64 = 3_600_000;

fn id(n: i64) -> AdvisoryId {
    AdvisoryId { sender: "met".to_owned(), identifier: format!("m-{n}"), sent: Timestamp(n * HOUR) }
}

fn message(n: i64, msg_type: MsgType, status: AdvisoryStatus, names: &[i64]) -> AdvisoryEntry {
    let block = Block { expires: Some(Timestamp(100 * HOUR)), ..Block::default() };
    AdvisoryEntry {
        source: SourceKey(1),
        digest: [0; 32],
        advisory: Advisory {
            id: id(n),
            sent_without_zone: false,
            status,
            msg_type,
            scope: AdvisoryScope::Public,
            references: names.iter().map(|n| id(*n)).collect(),
            note: None,
            blocks: vec![block],
        },
    }
}

fn state_of(all: &Advisories, n: i64, now: Timestamp) -> AdvisoryState {
    let found = all.all().values().find(|held| held.entry.advisory.id == id(n));
    all.state(found.expect("held"), now).0
}

#[test]
fn every_order_of_receipt_gives_the_same_state() {
    use AdvisoryStatus::{Actual, Test};
    let all = [
        message(1, MsgType::Alert, Actual, &[]),
        message(2, MsgType::Update, Actual, &[1]),
        message(3, MsgType::Cancel, Actual, &[2]),
        message(4, MsgType::Alert, Actual, &[]),
        // Of another lane: it ends nothing here.
        message(5, MsgType::Cancel, Test, &[4]),
        message(6, MsgType::Ack, Actual, &[4]),
    ];
    let now = Timestamp(50 * HOUR);
    let mut n_orders = 0;
    for seed in 0..720_u64 {
        let (mut left, mut order, mut rest) = (all.to_vec(), Vec::new(), seed);
        while !left.is_empty() {
            let n = left.len() as u64;
            order.push(left.remove((rest % n) as usize));
            rest /= n;
        }
        let mut held = Advisories::default();
        for (seq, entry) in (1..).zip(&order) {
            held.take(seq, entry, now);
        }
        let states: Vec<AdvisoryState> = (1..=6).map(|n| state_of(&held, n, now)).collect();
        assert_eq!(
            states,
            [
                AdvisoryState::Superseded,
                AdvisoryState::Cancelled,
                AdvisoryState::Message,
                AdvisoryState::Live,
                AdvisoryState::Message,
                AdvisoryState::Message
            ],
            "order {seed}"
        );
        n_orders += 1;
    }
    assert_eq!(n_orders, 720);
}

#[test]
fn one_expires_by_itself_and_what_ended_it_stays_as_long_as_it_does() {
    let mut held = Advisories::default();
    held.take(1, &message(4, MsgType::Alert, AdvisoryStatus::Actual, &[]), Timestamp(5 * HOUR));
    assert_eq!(state_of(&held, 4, Timestamp(99 * HOUR)), AdvisoryState::Live);
    assert_eq!(held.due(), Some(Timestamp(100 * HOUR)));
    assert_eq!(held.pass(Timestamp(100 * HOUR)), [1]);
    assert_eq!(state_of(&held, 4, Timestamp(100 * HOUR)), AdvisoryState::Expired);
}
