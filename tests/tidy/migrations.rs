//! Two schemas, one set of queries: every migration exists for SQLite and for PostgreSQL under one name.

use std::collections::BTreeSet;

use crate::tree;

const FOLDERS: [&str; 2] = ["migrations/sqlite/", "migrations/postgres/"];

fn unpaired(paths: &[&str]) -> Vec<String> {
    let in_folder = |folder: &str| -> BTreeSet<String> {
        paths.iter().filter_map(|path| path.strip_prefix(folder).map(str::to_owned)).collect()
    };
    let [sqlite, postgres] = FOLDERS.map(in_folder);
    let mut complaints = Vec::new();
    if sqlite.is_empty() {
        complaints.push("migrations/sqlite holds nothing".to_owned());
    }
    for name in sqlite.symmetric_difference(&postgres) {
        let lacking = if sqlite.contains(name) { FOLDERS[1] } else { FOLDERS[0] };
        complaints.push(format!(
            "{lacking}{name} is missing: a schema change is made for both databases"
        ));
    }
    complaints
}

#[test]
fn migrations_come_in_pairs() {
    let paths: Vec<&str> = tree::files().iter().map(|file| file.path.as_str()).collect();
    crate::hold(&unpaired(&paths));
}

#[test]
fn a_migration_for_one_database_alone_is_caught() {
    let both = ["migrations/sqlite/0001_first.sql", "migrations/postgres/0001_first.sql"];
    assert!(unpaired(&both).is_empty());
    let one = [both[0], both[1], "migrations/postgres/0002_second.sql"];
    assert_eq!(unpaired(&one).len(), 1);
    assert_eq!(unpaired(&[]).len(), 1);
}
