//! After random histories: any order within a tick gives the same, and every situation is sound.

use proptest::prelude::*;

use super::*;

/// What happens to a report within a tick.
#[derive(Debug, Clone)]
enum Step {
    Hold { n: u128, at: i64, east: u8, north: u8, hazard: usize, copy: bool },
    Release(u128),
}

fn step() -> impl Strategy<Value = Step> {
    let hold = (0..60u128, 0..100i64, 0..12u8, 0..3u8, 0..3usize, any::<bool>());
    prop_oneof![
        5 => hold.prop_map(|(n, at, east, north, hazard, copy)| Step::Hold {
            n, at, east, north, hazard, copy: copy && n % 4 == 0,
        }),
        1 => (0..60u128).prop_map(Step::Release),
    ]
}

/// Each report at most once, so that the order within the tick is nobody's word against another's.
fn tick() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), 0..40).prop_map(|steps| {
        let mut seen = BTreeSet::new();
        let of = |step: &Step| match step {
            Step::Hold { n, .. } | Step::Release(n) => *n,
        };
        steps.into_iter().filter(|step| seen.insert(of(step))).collect()
    })
}

fn take(room: &mut Room, step: &Step) {
    match step {
        Step::Hold { n, at, east, north, hazard, copy } => {
            let hazard = [Hazard::Flood, Hazard::Transport, Hazard::Other][*hazard];
            let place = place(f64::from(*east) * 130.0, f64::from(*north) * 130.0);
            let voice = Voice { place, hazard, ..voice(*n, *at, 0.0) };
            if *copy {
                room.copied([voice]);
            } else {
                room.copies.remove(&[voice.id]);
                room.hold([voice]);
            }
        }
        Step::Release(n) => _ = room.release([*n]),
    }
}

fn told(room: &Room) -> Vec<Situation> {
    room.situations.all().cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_order_within_a_tick_gives_the_same_situations(
        ticks in proptest::collection::vec(tick(), 1..8),
        turn in 0..40usize,
    ) {
        let (mut one, mut other) = (Room::default(), Room::default());
        for (at, steps) in (0i64..).zip(&ticks) {
            for step in steps {
                take(&mut one, step);
            }
            let mut turned = steps.clone();
            turned.reverse();
            let by = turn.min(turned.len());
            turned.rotate_left(by);
            for step in &turned {
                take(&mut other, step);
            }
            let changed = one.settle(100 + at);
            prop_assert_eq!(&changed, &other.settle(100 + at));
            prop_assert_eq!(told(&one), told(&other));
            // A tick without news changes nothing.
            prop_assert!(one.settle(100 + at).is_empty());
            sound(&one)?;
            // Nor does asking everything again, as a restart does.
            let before = told(&one);
            let mut voices: Vec<Voice> =
                one.situations.held.all().map(|held| held.voice).collect();
            voices.sort_unstable_by_key(|voice| voice.id);
            one.situations = Situations::resume(one.situations.saved(), voices);
            one.settle(100 + at);
            prop_assert_eq!(told(&one), before);
            sound(&one)?;
        }
    }
}

fn sound(room: &Room) -> Result<(), TestCaseError> {
    let mut seen = BTreeSet::new();
    for one in room.situations.all() {
        prop_assert_eq!(one.members.is_empty(), one.ended_at.is_some(), "{:?}", one);
        for id in &one.members {
            prop_assert!(seen.insert(*id), "a report is in one situation");
            prop_assert_eq!(room.situations.of(*id), Some(one.id));
        }
    }
    let n_in = room.situations.held.all().filter(|held| held.situation.is_some()).count();
    prop_assert_eq!(n_in, seen.len());
    let mut sources: Vec<ReportId> = room.situations.held.all().map(|held| held.source).collect();
    sources.sort_unstable();
    sources.dedup();
    let n_of_sources: usize =
        sources.iter().map(|source| room.situations.held.of_source(*source).count()).sum();
    prop_assert_eq!(n_of_sources, room.situations.held.len());
    Ok(())
}
