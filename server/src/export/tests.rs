//! An export of fifty thousand holds two pages, and no lock while its reader stands still.

use std::sync::Arc;
use std::time::Duration;

use engine::entry::{Body, Entry, SourceKey};
use engine::record::Record;
use engine::report::{Private, ReportEntry, Words};
use engine::search::Sought;
use engine::view::Clearance;
use engine::world::{ReportFilter, World};
use tokio::sync::Semaphore;
use wire::grade::{Basis, Hazard, Kind, Severity};
use wire::id::ReportId;
use wire::time::Timestamp;
use wire::view::Mode;

use super::limits::{PAGE_ROWS, PAGES_AHEAD};
use super::{Export, Form, settle};
use crate::pipeline::Worlds;

const N: u64 = 50_000;
const NOW: Timestamp = Timestamp(1_795_000_000_000);

fn report(number: u64) -> ReportEntry {
    let words = Words { text: Some(format!("aigua {number}")), ..Words::default() };
    ReportEntry {
        id: ReportId(u128::from(number)),
        source: SourceKey(1),
        content: u128::from(number),
        observed_at: NOW,
        updated_at: NOW,
        kind: Kind::Call,
        basis: Basis::Seen,
        status: None,
        hazard: Hazard::Flood,
        severity: Severity::Unknown,
        radius_m: 0,
        clock_ahead: false,
        late: false,
        erased: false,
        place: None,
        private: Private::from(words),
    }
}

fn worlds() -> Arc<Worlds> {
    let records = (1..=N).map(|number| Record::new(number, NOW, &report(number))).collect();
    let live = World::from_records(Mode::Live, NOW, records);
    Arc::new(Worlds::new(live, World::new(Mode::Exercise)))
}

async fn export(worlds: &Arc<Worlds>, form: Form, ids: Vec<ReportId>) -> Export {
    let place = Arc::new(Semaphore::new(1)).acquire_owned().await.expect("a place");
    let (mode, clearance) = (Mode::Live, Clearance::Desk);
    Export { worlds: Arc::clone(worlds), mode, clearance, form, ids, place }
}

#[tokio::test]
async fn fifty_thousand_rows_are_written_page_by_page_while_the_room_goes_on() {
    let worlds = worlds();
    let all = ReportFilter { limit: usize::MAX, ..ReportFilter::default() };
    let ids = settle(&worlds, Mode::Live, &all, None).expect("not too many");
    assert_eq!(ids.len() as u64, N);
    let mut pages = export(&worlds, Form::Csv(false), ids).await.start();
    // It writes ahead what it may, and stands.
    let full = async {
        while pages.len() < PAGES_AHEAD {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), full).await.expect("two pages");
    // A report that is taken back now goes out without its words, and one that comes is not in it.
    let erased =
        Entry { seq: N + 1, recorded_at: NOW, mode: Mode::Live, body: Body::Erased(ReportId(3)) };
    let body = Body::Report(Box::new(report(N + 2)));
    let newcomer = Entry { seq: N + 2, recorded_at: NOW, mode: Mode::Live, body };
    for entry in [erased, newcomer] {
        worlds.write(Mode::Live).apply(&entry, &mut Vec::new());
    }
    let (mut table, mut n_pages, mut widest) = (Vec::new(), 0, 0);
    while let Some(page) = pages.recv().await {
        let page = page.expect("a page");
        assert!(pages.len() <= PAGES_AHEAD);
        (n_pages, widest) = (n_pages + 1, widest.max(page.len()));
        table.extend_from_slice(&page);
    }
    assert_eq!(n_pages, (N as usize).div_ceil(PAGE_ROWS));
    assert!(widest * 20 < table.len(), "{widest} of {}", table.len());
    let mut reader = csv::Reader::from_reader(table.as_slice());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len() as u64, N);
    let by = |number: u64| &rows[(N - number) as usize];
    assert_eq!((&by(4)[21], &by(4)[28]), ("aigua 4", ""));
    assert_eq!((&by(3)[21], &by(3)[28]), ("", "1 post, withdrawn"));
}

#[tokio::test]
async fn features_are_one_document_whatever_left_meanwhile() {
    let worlds = worlds();
    let all = ReportFilter { limit: usize::MAX, ..ReportFilter::default() };
    let sought = Sought::of("\"aigua\" 4999").expect("words");
    let found = settle(&worlds, Mode::Live, &all, Some(&sought)).expect("not too many");
    assert_eq!(found.len(), 11, "4999 and 49990 to 49999");
    // A whole first page that is not there any more.
    let mut ids: Vec<ReportId> = (0..PAGE_ROWS as u128).map(|n| ReportId(9_000_000 + n)).collect();
    ids.extend(found);
    for ids in [ids, Vec::new()] {
        let n = ids.len().saturating_sub(PAGE_ROWS);
        let mut pages = export(&worlds, Form::GeoJson, ids).await.start();
        let mut document = Vec::new();
        while let Some(page) = pages.recv().await {
            document.extend_from_slice(&page.expect("a page"));
        }
        let read: serde_json::Value = serde_json::from_slice(&document).expect("JSON");
        assert_eq!(read["features"].as_array().map(Vec::len), Some(n));
    }
}
