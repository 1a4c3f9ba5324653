//! Dead letters, on either database.

use server::store::{LetterFilter, LetterRow, Sealed, SourceRow, Store};
use wire::id::ReportId;
use wire::time::Timestamp;
use wire::view::Mode;

fn letter(source: &SourceRow, id: u64, reason: &str) -> LetterRow {
    LetterRow {
        id,
        source: source.key,
        mode: Mode::Live,
        kind: "observation".to_owned(),
        form: "json".to_owned(),
        reason: reason.to_owned(),
        datastream: id.is_multiple_of(2).then(|| "even".to_owned()),
        report: None,
        received_at: Timestamp(i64::try_from(id).expect("small") * 10),
        sealed: Sealed { payload: vec![1; 30], key: vec![2; 72] },
    }
}

async fn ids(store: &Store, filter: LetterFilter) -> Vec<u64> {
    let found = store.letters(&filter).await.expect("asked");
    found.into_iter().map(|row| row.id).collect()
}

pub(crate) async fn story(store: &Store, source: &SourceRow) {
    assert_eq!(store.letters_last().await.expect("asked"), 0);
    let all = || LetterFilter { modes: vec![Mode::Live], limit: 100, ..LetterFilter::default() };
    let mut rows: Vec<_> = (1..=6).map(|id| letter(source, id, "a")).collect();
    "b".clone_into(&mut rows[2].reason);
    rows[3].report = Some(ReportId(9));
    store.letters_add(source.key, &rows, 5).await.expect("kept");
    assert_eq!(store.letters_last().await.expect("asked"), 6);
    assert_eq!(ids(store, all()).await, [6, 5, 4, 3, 2], "the oldest left first");
    let kept = store.letters(&LetterFilter { limit: 1, ..all() }).await.expect("asked");
    assert_eq!(kept, [letter(source, 6, "a")]);
    assert_eq!(ids(store, LetterFilter { reason: Some("b".to_owned()), ..all() }).await, [3]);
    let even = LetterFilter { datastream: Some("even".to_owned()), ..all() };
    assert_eq!(ids(store, even).await, [6, 4, 2]);
    assert_eq!(ids(store, LetterFilter { before: Some(5), limit: 2, ..all() }).await, [4, 3]);
    assert_eq!(ids(store, LetterFilter { since: Timestamp(50), ..all() }).await, [6]);
    let named = LetterFilter { ids: Some(vec![2, 5, 77]), oldest_first: true, ..all() };
    assert_eq!(ids(store, named).await, [2, 5]);
    assert!(ids(store, LetterFilter { ids: Some(Vec::new()), ..all() }).await.is_empty());
    assert!(ids(store, LetterFilter { modes: Vec::new(), ..all() }).await.is_empty());
    let other = LetterFilter { modes: vec![Mode::Exercise], ..all() };
    assert!(ids(store, other).await.is_empty());
    let again = Sealed { payload: vec![3; 4], key: vec![4; 72] };
    store.letter_again(3, "c", &again).await.expect("kept again");
    let three = LetterFilter { ids: Some(vec![3]), ..all() };
    let three = store.letters(&three).await.expect("asked").remove(0);
    assert_eq!((three.reason.as_str(), three.sealed), ("c", again));
    assert_eq!(store.letters_erase(ReportId(9)).await.expect("erased"), 1);
    assert!(store.letter_remove(3).await.expect("removed"));
    assert!(!store.letter_remove(3).await.expect("gone"));
    assert_eq!(store.letters_sweep(Timestamp(50)).await.expect("swept"), 2);
    assert_eq!(ids(store, all()).await, [6]);
    assert_eq!(store.letters_sweep(Timestamp(60)).await.expect("swept"), 1);
    store.sweep().await.expect("nothing is left behind");
}
