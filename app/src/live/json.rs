//! Frames of the event stream. First the type, then the frame by its own struct: the general way (a tagged enum)
//! buffers every frame as a tree and would cost the page a tenth of its code.

use serde::Deserialize;
use wire::frame::ServerFrame;

#[derive(Deserialize)]
struct Tagged<'a> {
    #[serde(borrow, rename = "type")]
    tag: &'a str,
}

/// A server frame from JSON; `None` for what this version does not know.
pub fn decode(text: &str) -> Option<ServerFrame> {
    fn body<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
        serde_json::from_str(text).ok()
    }
    Some(match serde_json::from_str::<Tagged<'_>>(text).ok()?.tag {
        "hello" => ServerFrame::Hello(body(text)?),
        "view" => ServerFrame::View(body(text)?),
        "tile" => ServerFrame::Tile(body(text)?),
        "report" => ServerFrame::Report(body(text)?),
        "gone" => ServerFrame::Gone(body(text)?),
        "sensor" => ServerFrame::Sensor(body(text)?),
        "situation" => ServerFrame::Situation(body(text)?),
        "alarm" => ServerFrame::Alarm(body(text)?),
        "log" => ServerFrame::Log(body(text)?),
        "source" => ServerFrame::Source(body(text)?),
        "totals" => ServerFrame::Totals(body(text)?),
        "heartbeat" => ServerFrame::Heartbeat(body(text)?),
        "reset" => ServerFrame::Reset(body(text)?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::frame::{Gone, Heartbeat, Hello, Reset, Tile, TotalsFrame};
    use wire::id::ReportId;
    use wire::time::Timestamp;
    use wire::view::{Mode, Totals};

    #[test]
    fn every_frame_reads_as_the_tagged_enum_would_read_it() {
        let frames = [
            ServerFrame::Hello(Hello {
                protocol: 1,
                epoch: "01J".to_owned(),
                seq: 1,
                server_time: Timestamp(5),
                modes: vec![Mode::Live],
                heartbeat_ms: 2_000,
                canary_ms: 10_000,
            }),
            ServerFrame::Tile(Tile { seq: 1, z: 3, x: 1, y: 2, clusters: Vec::new() }),
            ServerFrame::Gone(Gone { seq: 2, ids: vec![ReportId(7)] }),
            ServerFrame::Totals(TotalsFrame::new(3, Totals::default())),
            ServerFrame::Heartbeat(Heartbeat {
                seq: 4,
                server_time: Timestamp(6),
                newest: None,
                canary: Some(Timestamp(5)),
            }),
            ServerFrame::Reset(Reset { epoch: "02K".to_owned(), reason: "epoch".to_owned() }),
        ];
        for frame in frames {
            let text = serde_json::to_string(&frame).expect("serialises");
            assert_eq!(decode(&text), Some(frame));
        }
        assert_eq!(decode(r#"{"type":"zone"}"#), None);
        assert_eq!(decode("{"), None);
    }
}
