//! Every store function, told once and run on both databases, with damage and deletions.

use std::collections::BTreeMap;

use server::store::{
    AppendError, Appended, Beside, CheckpointRow, ContactRow, EntityRow, HOUR_MS, HoldRow, HourRow,
    KeyRow, OperatorRow, PartRow, RegistryChange, Sealed, SessionRow, SourceRow, Store, StoreError,
    StoredEntry, ToldRow,
};
use support::postgres::Postgres;
use wire::id::ReportId;
use wire::time::Timestamp;
use wire::view::Mode;

/// A store and a way to damage it behind its back.
struct Place {
    store: Store,
    raw: Raw,
}

enum Raw {
    Sqlite(sqlx::SqlitePool),
    Postgres(sqlx::PgPool),
}

impl Place {
    async fn damage(&self, sql: &'static str) {
        let done = match &self.raw {
            Raw::Sqlite(pool) => sqlx::query(sql).execute(pool).await.map(|_| ()),
            Raw::Postgres(pool) => sqlx::query(sql).execute(pool).await.map(|_| ()),
        };
        done.expect(sql);
    }
}

#[tokio::test]
async fn every_store_function_holds_on_sqlite() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Store::open("sqlite:", dir.path()).await.expect("opens");
    let url = format!("sqlite:{}", dir.path().join("talaia.db").display());
    let raw = Raw::Sqlite(sqlx::SqlitePool::connect(&url).await.expect("connects"));
    story(Place { store, raw }).await;
    // Opening again finds the schema in place.
    Store::open("sqlite:", dir.path()).await.expect("opens again").close().await;
}

#[tokio::test]
async fn every_store_function_holds_on_postgres() {
    let postgres = Postgres::start().expect("a PostgreSQL");
    let url = postgres.fresh_database().expect("a database");
    let dir = tempfile::tempdir().expect("a directory");
    let store = Store::open(&url, dir.path()).await.expect("opens");
    let raw = Raw::Postgres(sqlx::PgPool::connect(&url).await.expect("connects"));
    story(Place { store, raw }).await;
    Store::open(&url, dir.path()).await.expect("opens again").close().await;
}

async fn story(place: Place) {
    let store = &place.store;
    store.ping().await.expect("answers");
    store.check().await.expect("sound");
    meta(store).await;
    operators(store).await;
    sessions(store).await;
    let source = sources(store).await;
    keys(store, &source).await;
    crate::letters::story(store, &source).await;
    journal(store, &source).await;
    hours(store, &source).await;
    contacts(store, &source).await;
    geocodes(store).await;
    checkpoints(store).await;
    holds(store).await;
    erasing(store, &source).await;
    damage(&place).await;
    store.close().await;
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))));
}

async fn meta(store: &Store) {
    let epoch = store.epoch().await.expect("made");
    assert_eq!(store.epoch().await.expect("kept"), epoch);
    assert_eq!(store.meta("nothing").await.expect("asked"), None);
    assert_eq!(store.meta_ensure("a", "1").await.expect("set"), "1");
    assert_eq!(store.meta_ensure("a", "2").await.expect("stands"), "1");
    store.meta_set("a", "3").await.expect("set again");
    assert_eq!(store.meta("a").await.expect("asked").as_deref(), Some("3"));
}

async fn operators(store: &Store) {
    let anna = OperatorRow {
        name: "Anna".to_owned(),
        role: "analyst".to_owned(),
        password_phc: "$argon2id$…".to_owned(),
        disabled: false,
        generation: 0,
    };
    let zoe = OperatorRow { name: "Zoë".to_owned(), ..anna.clone() };
    store.operator_add(&zoe).await.expect("added");
    store.operator_add(&anna).await.expect("added");
    assert!(matches!(store.operator_add(&anna).await, Err(StoreError::Conflict(_))));
    assert_eq!(store.operators().await.expect("listed"), [anna.clone(), zoe]);
    store.operator_set_role("Anna", "viewer").await.expect("changed");
    store.operator_set_password("Anna", "other").await.expect("changed");
    store.operator_set_disabled("Anna", true).await.expect("changed");
    let now = store.operator("Anna").await.expect("asked").expect("there");
    let wanted = OperatorRow {
        role: "viewer".to_owned(),
        password_phc: "other".to_owned(),
        disabled: true,
        generation: 3,
        ..anna
    };
    assert_eq!(now, wanted);
    store.operator_set_disabled("Anna", false).await.expect("changed");
    assert!(!store.operator("Anna").await.expect("asked").expect("there").disabled);
    assert_eq!(store.operator("nobody").await.expect("asked"), None);
    for lost in [
        store.operator_set_role("nobody", "viewer").await,
        store.operator_set_password("nobody", "x").await,
        store.operator_set_disabled("nobody", true).await,
    ] {
        assert!(matches!(lost, Err(StoreError::NotFound)));
    }
}

async fn sessions(store: &Store) {
    let session = |id: &str, at| SessionRow {
        id_sha256: id.to_owned(),
        record: "{}".to_owned(),
        expires_at: Timestamp(at),
    };
    for (id, at) in [("a", 10), ("b", 20), ("c", 30)] {
        store.session_save(&session(id, at)).await.expect("saved");
    }
    store.session_save(&session("a", 25)).await.expect("saved again");
    assert_eq!(store.session("a").await.expect("asked"), Some(session("a", 25)));
    assert_eq!(store.sessions_delete_expired(Timestamp(20)).await.expect("swept"), 1);
    assert_eq!(store.session("b").await.expect("asked"), None);
    store.session_delete("a").await.expect("ended");
    store.session_delete("a").await.expect("ended twice");
    assert_eq!(store.session("a").await.expect("asked"), None);
    assert_eq!(store.session("c").await.expect("asked"), Some(session("c", 30)));
}

async fn sources(store: &Store) -> SourceRow {
    let first = store.source_ensure("partner:a", "A", Mode::Live).await.expect("made");
    let second = store.source_ensure("feed:b", "B", Mode::Exercise).await.expect("made");
    assert_eq!((first.key.0, second.key.0), (1, 2));
    // The mode is fixed by the first call.
    let again = store.source_ensure("partner:a", "other", Mode::Exercise).await.expect("there");
    assert_eq!(again, first);
    assert_eq!(store.source(second.key).await.expect("asked"), Some(second.clone()));
    assert_eq!(store.sources().await.expect("listed"), [first.clone(), second]);
    first
}

async fn keys(store: &Store, source: &SourceRow) {
    let key = |id: &str, at| KeyRow {
        id: id.to_owned(),
        secret_sha256: vec![7; 32],
        source: source.key,
        partner: "A".to_owned(),
        scopes: "reports read".to_owned(),
        mode: Mode::Live,
        created_at: Timestamp(at),
        revoked_at: None,
        terms: server::store::KeyTerms::default(),
    };
    store.key_add(&key("k2", 2)).await.expect("added");
    store.key_add(&key("k1", 1)).await.expect("added");
    assert!(matches!(store.key_add(&key("k1", 1)).await, Err(StoreError::Conflict(_))));
    assert_eq!(store.keys().await.expect("listed"), [key("k1", 1), key("k2", 2)]);
    store.key_revoke("k1", Timestamp(5)).await.expect("revoked");
    store.key_revoke("k1", Timestamp(9)).await.expect("revoked before");
    let revoked = store.key("k1").await.expect("asked").expect("there");
    assert_eq!(revoked.revoked_at, Some(Timestamp(5)));
    assert_eq!(store.key("nothing").await.expect("asked"), None);
    assert!(matches!(store.key_revoke("nothing", Timestamp(1)).await, Err(StoreError::NotFound)));
    let terms = server::store::KeyTerms {
        kind: server::store::KeyKind::Test,
        area: Some("-2,41,3.5,42".parse().expect("a box")),
        requests_per_s: Some(3),
        items_per_s: Some(u32::MAX),
        items_per_day: Some(7),
        expires_at: Some(Timestamp(90)),
    };
    let bound = KeyRow { terms, ..key("k3", 3) };
    store.key_add(&bound).await.expect("added");
    assert_eq!(store.key("k3").await.expect("asked"), Some(bound));
    // A key ends sooner by being replaced, and never later.
    for (until, ends) in [(100, 90), (80, 80), (85, 80)] {
        store.key_expire("k3", Timestamp(until)).await.expect("done");
        let row = store.key("k3").await.expect("asked").expect("there");
        assert_eq!(row.terms.expires_at, Some(Timestamp(ends)));
    }
}

fn entry(source: &SourceRow, seq: u64, report: Option<u128>) -> Appended {
    Appended {
        seq,
        recorded_at: Timestamp(1_000 + seq as i64),
        mode: Mode::Live,
        source: source.key,
        kind: if report.is_some() { "report" } else { "observation" }.to_owned(),
        report: report.map(ReportId),
        row: vec![seq as u8; 20],
        row_sha256: [3; 32],
        sealed: report.map(|_| Sealed { payload: vec![1; 300], key: vec![2; 72] }),
    }
}

async fn journal(store: &Store, source: &SourceRow) {
    assert_eq!(store.head().await.expect("empty"), (0, Timestamp(0)));
    assert_eq!(store.read_after(0, 10).await.expect("empty"), []);
    // More than one statement takes, so that the seams between statements are crossed.
    let rows: Vec<Appended> = (1..=4_500)
        .map(|seq| entry(source, seq, (seq % 3 != 0).then(|| u128::from(seq % 2_000) + 1)))
        .collect();
    let mut after = source.clone();
    after.ledger.received = 4_507;
    after.ledger.accepted = 4_500;
    after.ledger.rejected = [("latitude".to_owned(), 3), ("text".to_owned(), 4)].into();
    after.newest = Some(Timestamp(77));
    after.received = Some(Timestamp(88));
    store.append(&rows, &[], std::slice::from_ref(&after), &[]).await.expect("appended");
    assert_eq!(store.head().await.expect("a head"), (4_500, Timestamp(5_500)));
    assert_eq!(store.source(source.key).await.expect("asked"), Some(after.clone()));

    let page = store.read_after(1_998, 4).await.expect("a page");
    let wanted: Vec<_> = rows[1_998..2_002].iter().cloned().map(StoredEntry::Whole).collect();
    assert_eq!(page, wanted);
    let most = store.read_after(0, u32::MAX).await.expect("a page").len();
    assert_eq!(most, 1_000, "a page is bounded, whatever is asked");

    // A number that is taken fails the whole group: nothing of it stays, the ledger neither.
    let mut wrong = after.clone();
    wrong.ledger.received += 1;
    wrong.ledger.folded += 1;
    let group = [entry(source, 4_501, Some(1)), entry(source, 4_500, Some(1))];
    let failed = store.append(&group, &[], &[wrong], &[]).await;
    assert!(matches!(failed, Err(AppendError::Before(StoreError::Conflict(_)))), "{failed:?}");
    assert_eq!(store.head().await.expect("a head").0, 4_500);
    assert_eq!(store.source(source.key).await.expect("asked"), Some(after));
    // Entities that come with a group fail with it, and stand with it.
    let entity = EntityRow {
        id: 70_001,
        kind: "Things".to_owned(),
        source: source.key,
        mode: source.mode,
        external_id: Some("tied".to_owned()),
        stream: None,
        body: "{}".to_owned(),
        created_at: Timestamp(5),
        updated_at: Timestamp(5),
    };
    let change = RegistryChange { puts: vec![entity], next: 70_002, ..RegistryChange::default() };
    let before = store.registry_entities(i64::MIN).await.expect("a page").len();
    let name = "cursor:feed:tied";
    let cursors = BTreeMap::from([(name.to_owned(), "7".to_owned())]);
    let beside = Beside { entities: Some(&change), cursors: Some(&cursors) };
    let failed = store.append_with(&group, &[], &[], &[], beside).await;
    assert!(matches!(failed, Err(AppendError::Before(StoreError::Conflict(_)))), "{failed:?}");
    assert_eq!(store.registry_entities(i64::MIN).await.expect("a page").len(), before);
    assert_eq!(store.meta(name).await.expect("asked"), None, "a cursor without its entries");
    store.append_with(&[], &[], &[], &[], beside).await.expect("written");
    assert_eq!(store.meta(name).await.expect("asked").as_deref(), Some("7"));
    // So do cursors alone, and the last word of each stands.
    let cursors = BTreeMap::from([(name.to_owned(), "8".to_owned())]);
    let beside = Beside { entities: None, cursors: Some(&cursors) };
    let failed = store.append_with(&group, &[], &[], &[], beside).await;
    assert!(matches!(failed, Err(AppendError::Before(StoreError::Conflict(_)))), "{failed:?}");
    assert_eq!(store.meta(name).await.expect("asked").as_deref(), Some("7"));
    store.append_with(&[], &[], &[], &[], beside).await.expect("written");
    assert_eq!(store.meta(name).await.expect("asked").as_deref(), Some("8"));
    assert_eq!(store.registry_entities(i64::MIN).await.expect("a page").len(), before + 1);
    assert_eq!(store.registry_next().await.expect("a number"), 70_002);
    // A group that only folds has no rows.
    store.append(&[], &[], &[], &[]).await.expect("nothing to do");
}

async fn hours(store: &Store, source: &SourceRow) {
    let day = Timestamp(24 * HOUR_MS);
    let at = |hour: i64| day.plus_ms(hour * HOUR_MS + 5);
    let row = |hour: i64, accepted: u64, refused: u64| {
        let mut row = HourRow::new(source.key, at(hour));
        (row.accepted, row.folded, row.bytes) = (accepted, 1, 100);
        row.reject("bad_time", refused, at(hour), Some("a time"));
        row
    };
    let write = async |rows: &[HourRow]| store.append(&[], &[], &[], rows).await;
    write(&[row(0, 5, 2)]).await.expect("written");
    // The same hour again, and one of the next day.
    write(&[row(0, 3, 1), row(25, 7, 4)]).await.expect("added up");
    let total = async |from: i64| {
        let totals = store.hours_since(day.plus_ms(from * HOUR_MS)).await.expect("asked");
        totals.iter().map(|total| total.told().expect("sound").1).collect::<Vec<_>>()
    };
    let all = total(0).await[0];
    assert_eq!((all.received, all.accepted, all.folded, all.rejected), (25, 15, 3, 7));
    assert_eq!((all.bytes, total(1).await[0].received, total(26).await.len()), (300, 12, 0));
    let days = store.days(day, day.plus_ms(48 * HOUR_MS)).await.expect("asked");
    let days: Vec<(i64, u64)> =
        days.iter().map(|one| (one.day, one.total.told().expect("sound").1.received)).collect();
    assert_eq!(days, [(day.0, 13), (day.0 + 24 * HOUR_MS, 12)]);
    let refusals = store.refusals(day, day.plus_ms(48 * HOUR_MS), false).await.expect("asked");
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    let one = &refusals[0];
    assert_eq!((one.n().expect("a count"), one.span()), (7, (at(0), at(25))));
    assert_eq!((one.reason.as_str(), one.detail.as_deref()), ("bad_time", Some("a time")));
    let by_day = store.refusals(day, day.plus_ms(48 * HOUR_MS), true).await.expect("asked");
    assert_eq!(by_day.iter().map(|one| one.day).collect::<Vec<_>>(), [day.0, day.0 + 24 * HOUR_MS]);
    store.hours_drop(day.plus_ms(24 * HOUR_MS)).await.expect("dropped");
    assert_eq!(total(0).await[0].received, 12);
    assert_eq!(store.refusals(day, at(48), false).await.expect("asked").len(), 1);
}

async fn contacts(store: &Store, source: &SourceRow) {
    assert_eq!(store.contacts().await.expect("asked").len(), 0);
    let row = ContactRow { webhook: Some("https://x".to_owned()), phone: None };
    store.contact_set("partner:x", &row).await.expect("set");
    let row = ContactRow { phone: Some("1".to_owned()), webhook: None };
    store.contact_set("partner:x", &row).await.expect("set again");
    assert_eq!(store.contacts().await.expect("asked")["partner:x"], row);
    let fell = ToldRow { since: Timestamp(7), told_at: None };
    store.told_set(source.key, fell).await.expect("set");
    let told = ToldRow { told_at: Some(Timestamp(9)), ..fell };
    store.told_set(source.key, told).await.expect("set again");
    assert_eq!(store.told().await.expect("asked")[&source.key], told);
    store.told_drop(source.key).await.expect("dropped");
    assert_eq!(store.told().await.expect("asked").len(), 0);
}

async fn geocodes(store: &Store) {
    assert_eq!(store.geocodes().await.expect("asked"), []);
    let at = |n: i64| Timestamp(1_700_000_000_000 + n);
    for (n, scheme, codes) in
        [(0, "UGC", &b"one"[..]), (1, "EMMA_ID", b"two"), (2, "UGC", b"\0three")]
    {
        store.geocodes_set(scheme, at(n), codes).await.expect("kept");
    }
    let expected = [("EMMA_ID", &b"two"[..]), ("UGC", b"\0three")];
    let expected = expected.map(|(scheme, codes)| (scheme.to_owned(), codes.to_vec()));
    assert_eq!(store.geocodes().await.expect("asked"), expected, "each scheme as it came last");
}

async fn checkpoints(store: &Store) {
    let part = |seq, part| PartRow { seq, mode: Mode::Live, part, sealed: vec![9; 50] };
    let row =
        |seq, mode, keep| CheckpointRow { seq, mode, taken_at: Timestamp(1), n_parts: 2, keep };
    for seq in [10, 4_400] {
        store.checkpoint_part_save(&part(seq, 0)).await.expect("saved");
        store.checkpoint_part_save(&part(seq, 1)).await.expect("saved");
    }
    assert_eq!(store.checkpoints().await.expect("listed"), [], "parts alone are no checkpoint");
    let first = [row(10, Mode::Exercise, true), row(10, Mode::Live, true)];
    store.checkpoint_save(&first).await.expect("whole");
    assert_eq!(store.checkpoints().await.expect("listed"), first);
    assert_eq!(store.checkpoint_parts_delete_loose().await.expect("swept"), 2);
    assert_eq!(store.checkpoint_part(10, Mode::Live, 1).await.expect("there"), vec![9; 50]);
    let lost = store.checkpoint_part(4_400, Mode::Live, 0).await;
    assert!(matches!(lost, Err(StoreError::NotFound)));
    let second = [row(4_400, Mode::Exercise, false), row(4_400, Mode::Live, false)];
    store.checkpoint_part_save(&part(4_400, 0)).await.expect("saved");
    store.checkpoint_save(&second).await.expect("whole");
    store.checkpoint_delete(4_400).await.expect("deleted");
    assert_eq!(store.checkpoints().await.expect("listed"), first);
    assert!(store.checkpoint_part(4_400, Mode::Live, 0).await.is_err());
    store.checkpoint_save(&second).await.expect("again, for the erasing");
}

async fn erasing(store: &Store, source: &SourceRow) {
    let id = ReportId(501);
    assert_eq!(store.erasable(ReportId(999_999)).await.expect("asked"), None);
    let found = store.erasable(id).await.expect("asked").expect("there");
    assert_eq!((found.first_seq, found.source, found.mode), (500, source.key, Mode::Live));
    let mut row = entry(source, 4_501, None);
    "erased".clone_into(&mut row.kind);
    row.report = Some(id);
    store.erase(&[id], found.first_seq, std::slice::from_ref(&row)).await.expect("erased");
    assert!(store.sweep().await.expect("swept"), "nobody reads the old");
    assert_eq!(store.erasable(id).await.expect("asked"), None);
    for version in [500, 2_500] {
        let stored = store.read_after(version - 1, 1).await.expect("a page").remove(0);
        assert!(matches!(&stored, StoredEntry::Erased(row) if row.sealed.is_none()), "{stored:?}");
    }
    let said = store.read_after(4_500, 1).await.expect("a page");
    assert_eq!(said, [StoredEntry::Whole(row)]);
    // The saved World that held it is gone, the older one stays.
    let left: Vec<u64> =
        store.checkpoints().await.expect("listed").iter().map(|row| row.seq).collect();
    assert_eq!(left, [10, 10]);
    // Others keep their payload.
    let other = store.read_after(2_500, 1).await.expect("a page").remove(0);
    assert!(other.row().sealed.is_some());
}

async fn holds(store: &Store) {
    let area = "2,41,3,42".parse().ok();
    let hold = |since: i64, area, situation| HoldRow {
        id: 0,
        mode: Mode::Live,
        since: Timestamp(since),
        until: None,
        area,
        reason: "court order".to_owned(),
        situation,
        set_by: "montse".to_owned(),
        set_at: Timestamp(7),
        released: None,
    };
    let rows = [hold(1, area, None), hold(2, None, Some(17)), hold(3, area, None)];
    for (id, row) in (1..).zip(&rows) {
        assert_eq!(store.hold_set(row).await.expect("set"), id);
    }
    store.hold_drop(3).await.expect("dropped");
    store.holds_end(Mode::Exercise, 17, Timestamp(8)).await.expect("of the other mode: none");
    store.holds_end(Mode::Live, 17, Timestamp(9)).await.expect("ended");
    store.holds_end(Mode::Live, 17, Timestamp(99)).await.expect("ended already");
    let ended = HoldRow { id: 2, until: Some(Timestamp(9)), ..rows[1].clone() };
    let first = HoldRow { id: 1, ..rows[0].clone() };
    assert_eq!(store.holds_in_force().await.expect("asked"), [first.clone(), ended.clone()]);
    assert!(store.hold_release(1, "pep", Timestamp(10)).await.expect("released"));
    assert!(!store.hold_release(1, "pep", Timestamp(11)).await.expect("released already"));
    assert_eq!(store.holds_in_force().await.expect("asked"), std::slice::from_ref(&ended));
    let released = HoldRow { released: Some(("pep".to_owned(), Timestamp(10))), ..first };
    assert_eq!(store.holds().await.expect("asked"), [ended, released]);
}

async fn damage(place: &Place) {
    let store = &place.store;
    place.damage("UPDATE journal SET mode = 'drill' WHERE seq = 5").await;
    corrupt(store.read_after(4, 1).await, "a mode is \"drill\"");
    place.damage("UPDATE journal SET mode = 'live', report_id = row_sha256 WHERE seq = 5").await;
    corrupt(store.read_after(4, 1).await, "journal entry 5");
    place.damage("UPDATE journal SET report_id = NULL, source_key = -1 WHERE seq = 5").await;
    corrupt(store.read_after(4, 1).await, "a source key is -1");
    place.damage("UPDATE journal SET row_sha256 = row_bytes WHERE seq = 6").await;
    corrupt(store.read_after(5, 1).await, "journal entry 6: its hash");
    place.damage("DELETE FROM payload WHERE seq = 7").await;
    corrupt(store.read_after(6, 1).await, "journal entry 7: its payload is missing");
    place.damage("UPDATE source SET folded = folded + 1 WHERE source_key = 1").await;
    corrupt(store.sources().await, "the ledger of partner:a");
    place.damage("UPDATE source SET folded = -1 WHERE source_key = 1").await;
    corrupt(store.sources().await, "a ledger is -1");
    place.damage("UPDATE partner_key SET scopes = '', mode = '' WHERE id = 'k1'").await;
    corrupt(store.key("k1").await, "a mode is \"\"");
    place.damage("UPDATE checkpoint SET n_parts = -2").await;
    corrupt(store.checkpoints().await, "a checkpoint's count of parts is -2");
}

#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a call reads as one sentence without the borrow"
)]
fn corrupt<T: std::fmt::Debug>(result: Result<T, StoreError>, says: &str) {
    let said = matches!(&result, Err(StoreError::Corrupt(why)) if why.contains(says));
    assert!(said, "not corrupt with {says:?}: {result:?}");
}
