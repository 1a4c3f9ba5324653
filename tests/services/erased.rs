//! Taking back on PostgreSQL: a whole server on a cluster of its own, and a look into every file of it.

use std::path::Path;

use serde_json::json;
use server::store::StoredEntry;
use support::partner::feature;
use support::postgres::Postgres;
use support::town::Town;

/// Every file under a folder.
fn files(folder: &Path, found: &mut Vec<Vec<u8>>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if let Ok(bytes) = std::fs::read(&path) {
            // A file may go while we look.
            found.push(bytes);
        }
    }
}

fn n_on_disk(folder: &Path, parts: &[Vec<u8>]) -> usize {
    let mut all = Vec::new();
    files(folder, &mut all);
    let is_there =
        |part: &&Vec<u8>| all.iter().any(|file| memchr::memmem::find(file, part).is_some());
    parts.iter().filter(is_there).count()
}

#[tokio::test]
async fn a_destroyed_key_is_in_no_file_of_the_cluster_its_write_ahead_log_included() {
    // As docs/withdrawn.md asks of who runs it: old files of the log are let go and not kept to be written over.
    let cluster = Postgres::with("-c wal_recycle=off -c wal_init_zero=off").expect("a cluster");
    let url = cluster.fresh_database().expect("a database");
    let town = Town::with(|config| config.database = url.clone()).await;
    let partner = town.dispatch().await;
    let words = "CANARYWORDS knee deep";
    for id in ["a", "b"] {
        let mut one = feature(id, 2.17, 41.4, "flood", "Severe");
        one["properties"]["text"] = json!(words);
        partner.report(&[one]).await;
    }
    let (mut gone, mut stays) = (Vec::new(), Vec::new());
    let mut reports = 0;
    for stored in town.app().store.read_after(0, 100).await.expect("a page") {
        if let StoredEntry::Whole(row) = stored
            && row.kind == "report"
            && let Some(sealed) = row.sealed
        {
            reports += 1;
            if reports == 1 { &mut gone } else { &mut stays }.push(sealed.key);
        }
    }
    let pool = sqlx::PgPool::connect(&url).await.expect("a connection");
    sqlx::query("CHECKPOINT").execute(&pool).await.expect("written");
    let folder = cluster.cluster_folder();
    assert_eq!((n_on_disk(&folder, &gone), n_on_disk(&folder, &stays)), (1, 1), "both are there");
    assert_eq!(n_on_disk(&folder, &[words.as_bytes().to_vec()]), 0, "words never are");
    partner.delete("/api/v1/reports?source_id=a").await.expect_status(200);
    let clean = || async {
        sqlx::query("CHECKPOINT").execute(&pool).await.expect("written");
        (n_on_disk(&folder, &gone) == 0).then_some(())
    };
    support::wait::until("no key in any file", clean).await;
    assert_eq!(n_on_disk(&folder, &stays), 1, "and the other is there still");
    let listed = partner.ask("/api/v1/reports").await.expect_status(200).json();
    let told = |at: usize| listed["features"][at]["properties"]["withdrawn"].clone();
    assert_eq!((told(0), told(1)), (json!(null), json!("gone")));
}
