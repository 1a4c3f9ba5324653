//! The PostgreSQL that the other stories start is a real one, and syncs.

use support::postgres::Postgres;

#[tokio::test]
async fn a_fresh_cluster_answers_and_syncs_its_log() {
    let cluster = Postgres::start().unwrap();
    let url = cluster.fresh_database().unwrap();
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let value: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(value, "on", "{setting}");
    }
    let other = cluster.fresh_database().unwrap();
    assert_ne!(url, other);
    assert!(cluster.version().contains("PostgreSQL"));
}
