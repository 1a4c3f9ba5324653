//! A client that looks elsewhere while frames are on their way knows which view each frame belongs to.

use support::live::{Encoding, LiveClient};
use support::partner::feature;
use support::town::Town;
use wire::frame::{ClientFrame, ServerFrame, ViewFrame};
use wire::view::{View, Window};

use crate::views::{city, spread};

async fn ask(client: &mut LiveClient, number: u32, view: &View) {
    client.send(&ClientFrame::View(ViewFrame { view: view.clone(), number: Some(number) })).await;
}

/// The totals after the frame that says where the view with this number begins.
async fn totals_of(client: &mut LiveClient, number: u32) -> (u64, u64) {
    client
        .until("the totals of the view", |model| {
            model.begun == Some(number) && model.totals.is_some()
        })
        .await;
    let totals = client.model.totals.expect("totals");
    (totals.shown, totals.filtered)
}

/// The numbers of all views that were answered, in order.
fn begun(client: &LiveClient) -> Vec<u32> {
    let number = |frame: &ServerFrame| match frame {
        ServerFrame::View(begin) => Some(begin.number),
        _ => None,
    };
    client.frames.iter().filter_map(number).collect()
}

#[tokio::test]
async fn the_frames_of_a_view_begin_where_the_server_says() {
    let brief = View { window: Window::Hour1, ..city(12.0) };
    for encoding in [Encoding::Json, Encoding::Bin] {
        let town = Town::start().await;
        let partner = town.dispatch().await;
        let mut reports = spread("now", 30);
        let old = feature("old", 2.17, 41.4, "flood", "Severe");
        reports.push(old);
        reports[30]["properties"]["observed_at"] = "2020-01-01T00:00:00Z".into();
        partner.report(&reports).await;
        let mut client = town.live(&partner, encoding).await;
        ask(&mut client, 7, &city(12.0)).await;
        assert_eq!(totals_of(&mut client, 7).await, (31, 0));
        // A change that is being delivered while the view changes.
        partner.report(&[feature("more", 2.17, 41.4, "fire", "Minor")]).await;
        client.model.totals = None;
        ask(&mut client, 8, &brief).await;
        // What is applied to an empty model from its beginning on is the whole view and nothing else.
        client.until("the beginning", |model| model.begun == Some(8)).await;
        client.model.tiles.clear();
        client.model.totals = None;
        assert_eq!(totals_of(&mut client, 8).await, (31, 1));
        assert_eq!(client.model.shown(), 31);
        assert_eq!(client.model.tiles.len() as u64, brief.cover().expect("a cover").len());
        assert_eq!(begun(&client), [7, 8]);
        // The same number again is another view: the client decides what a number means.
        client.model.totals = None;
        ask(&mut client, 8, &city(12.0)).await;
        client.until("totals", |model| model.totals.is_some_and(|totals| totals.shown == 32)).await;
        assert_eq!(begun(&client), [7, 8, 8]);
        client.settle(&city(11.0)).await;
        assert_eq!(begun(&client), [7, 8, 8], "a view without a number is not announced");
    }
}
