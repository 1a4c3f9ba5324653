//! What a client should never say in frames that are right: views malformed in every field, text that is no frame of ours,
//! and bytes that are none of the compact subprotocol.

use support::raw::{BINARY, FIN, TEXT, frame};
use wire::frame::ClientFrame;

use crate::live_raw_frames::{Case, Want, case, lives, refused};
use crate::views::city;

/// Every case of what is said in frames.
pub(crate) fn words() -> Vec<Case> {
    [text(), fields(), compact()].concat()
}

fn said(name: &str, words: &[u8]) -> Case {
    refused(name, frame(FIN | TEXT, words))
}

fn text() -> Vec<Case> {
    let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
    let deep = nested(10_000);
    let deep_member = format!(r#"{{"type":"ping","x":{}}}"#, nested(10_000));
    let deep_box = format!(r#"{{"type":"view","bbox":{},"zoom":1,"mode":"live"}}"#, nested(1_000));
    let long_number = format!(r#"{{"type":"ping","x":{}}}"#, "9".repeat(60_000));
    let all: [(&str, &[u8]); 24] = [
        ("no JSON", b"hello"),
        ("a word of JSON", b"null"),
        ("a number", b"1"),
        ("a string", b"\"view\""),
        ("a list", b"[]"),
        ("a frame in a list", br#"[{"type":"ping"}]"#),
        ("an object without a type", b"{}"),
        ("an unknown type", br#"{"type":"eval"}"#),
        ("a type of the server", br#"{"type":"heartbeat","seq":1}"#),
        ("a type that is a number", br#"{"type":1}"#),
        ("a type that is null", br#"{"type":null}"#),
        ("a type in capitals", br#"{"type":"PING"}"#),
        ("two types", br#"{"type":"ping","type":"ping"}"#),
        ("two frames in one message", br#"{"type":"ping"}{"type":"ping"}"#),
        ("words after the frame", br#"{"type":"ping"} x"#),
        ("a mark of byte order", b"\xEF\xBB\xBF{\"type\":\"ping\"}"),
        ("a comment", br#"{"type":"ping"/* */}"#),
        ("single quotes", b"{'type':'ping'}"),
        ("an object that never ends", br#"{"type":"ping""#),
        ("a string that never ends", br#"{"type":"pi"#),
        ("half a surrogate", br#"{"type":"\ud800"}"#),
        ("ten thousand brackets", deep.as_bytes()),
        ("ten thousand brackets in a member", deep_member.as_bytes()),
        ("a thousand brackets for a box", deep_box.as_bytes()),
    ];
    let mut cases: Vec<_> = all.iter().map(|(name, words)| said(name, words)).collect();
    cases.push(said("a number of 60,000 digits", long_number.as_bytes()));
    cases.push(said("a number beyond all", br#"{"type":"ping","x":1e99999}"#));
    cases.push(refused("bytes where text is spoken", frame(FIN | BINARY, br#"{"type":"ping"}"#)));
    cases.push(lives("a member nobody knows", frame(FIN | TEXT, br#"{"type":"ping","x":[1]}"#)));
    cases
}

/// A view with one member replaced, or left out, as it is written.
fn view(member: &str, written: Option<&str>) -> Vec<u8> {
    let right = [
        ("bbox", "[2.05,41.32,2.23,41.47]"),
        ("zoom", "12"),
        ("mode", "\"live\""),
        ("window", "\"2h\""),
        ("hazards", "null"),
        ("newest", "50"),
    ];
    let members = right.iter().filter_map(|(name, value)| {
        let value = if *name == member { written? } else { value };
        Some(format!(r#","{name}":{value}"#))
    });
    format!(r#"{{"type":"view"{}}}"#, members.collect::<String>()).into_bytes()
}

/// What no member may be, and for each more of its own.
fn fields() -> Vec<Case> {
    let of_no_member = ["{}", "true", "NaN", "-Infinity", "1e400", "[[[]]]"];
    let own: [(&str, &[&str]); 6] = [
        (
            "bbox",
            &[
                "null",
                "12",
                "\"2,41,3,42\"",
                "[]",
                "[2,41,3]",
                "[2,41,3,42,5]",
                "[\"2\",\"41\",\"3\",\"42\"]",
                "[2,41,3,null]",
                "[2,41,3,91]",
                "[2,-90.1,3,41]",
                "[-180.1,41,3,42]",
                "[2,41,180.1,42]",
                "[2,42,3,41]",
                "[2,41,1e300,42]",
            ],
        ),
        ("zoom", &["null", "\"12\"", "[]", "-1", "24.1", "99", "1e300", "18"]),
        ("mode", &["null", "1", "\"\"", "\"LIVE\"", "\"drill\"", "[\"live\"]"]),
        ("window", &["null", "2", "\"\"", "\"3h\"", "\"-1h\"", "[]"]),
        ("hazards", &["\"flood\"", "1", "[1]", "[\"lava\"]", "[null]", "[[\"flood\"]]"]),
        ("newest", &["null", "-1", "1.5", "201", "65536", "18446744073709551616", "\"50\"", "[]"]),
    ];
    let mut cases = Vec::new();
    for (member, values) in own {
        for value in values.iter().chain(&of_no_member) {
            cases.push(said(&format!("{member}: {value}"), &view(member, Some(value))));
        }
    }
    for member in ["bbox", "zoom", "mode"] {
        cases.push(said(&format!("no {member}"), &view(member, None)));
    }
    for member in ["window", "hazards", "newest"] {
        cases.push(lives(&format!("no {member}"), frame(FIN | TEXT, &view(member, None))));
    }
    let twice = [view("", None).strip_suffix(b"}").unwrap_or_default(), br#","zoom":3}"#].concat();
    cases.push(said("zoom twice", &twice));
    let drill = frame(FIN | TEXT, &view("mode", Some("\"exercise\"")));
    cases.push(case("a mode the key may not see", drill, Want::Forbidden));
    cases.push(lives("a view that is right", frame(FIN | TEXT, &view("", None))));
    cases
}

fn compact() -> Vec<Case> {
    let right = wire::codec::encode_client(&ClientFrame::View(city(12.0).into()));
    let ping = wire::codec::encode_client(&ClientFrame::Ping);
    let end = right.len();
    let with = |at: usize, bytes: &[u8]| {
        let mut changed = right.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    };
    // The tag, the four edges, the zoom; then mode, window, hazards and newest.
    let (north, zoom, mode, window, hazards) = (25, 33, 41, 42, 43);
    let varint = |n: usize| [vec![0xFF; n - 1], vec![0x7F]].concat();
    let mut all = vec![
        ("an empty message".to_owned(), Vec::new()),
        ("a ping and a byte".to_owned(), [&ping[..], &[0]].concat()),
        ("two pings".to_owned(), ping.repeat(2)),
        ("a view and a byte".to_owned(), [&right[..], &[0]].concat()),
        ("two views".to_owned(), right.repeat(2)),
        ("a north that is no number".to_owned(), with(north, &f64::NAN.to_le_bytes())),
        ("a north beyond all".to_owned(), with(north, &f64::INFINITY.to_le_bytes())),
        ("a zoom that is no number".to_owned(), with(zoom, &f64::NAN.to_le_bytes())),
        ("a zoom beyond all".to_owned(), with(zoom, &f64::NEG_INFINITY.to_le_bytes())),
        ("an unknown mode".to_owned(), with(mode, &[2])),
        ("an unknown window".to_owned(), with(window, &[0x7F])),
        ("neither some nor none".to_owned(), with(hazards, &[2])),
        (
            "four thousand million hazards".to_owned(),
            [&right[..hazards], &[1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]].concat(),
        ),
        ("a length that never ends".to_owned(), [&right[..hazards], &[1], &[0xFF; 64]].concat()),
        ("an unknown hazard".to_owned(), [&right[..hazards], &[1, 1, 0x7F, 0]].concat()),
        ("a newest of three bytes too many".to_owned(), [&right[..=hazards], &varint(6)].concat()),
        ("JSON in bytes".to_owned(), br#"{"type":"ping"}"#.to_vec()),
        ("sixty kilobytes of ones".to_owned(), vec![0xFF; 60_000]),
    ];
    for tag in [0, 1, 2, 10, 11, 12, 63, 66, 128, 255] {
        all.push((format!("tag {tag}"), vec![tag]));
        all.push((format!("tag {tag} before a view"), with(0, &[tag])));
    }
    for cut in [1, 2, 9, 17, 33, 41, end - 2, end - 1] {
        all.push((format!("a view cut after {cut} bytes"), right[..cut].to_vec()));
    }
    let bytes = |(name, bytes): (String, Vec<u8>)| refused(&name, frame(FIN | BINARY, &bytes));
    let mut cases: Vec<_> = all.into_iter().map(bytes).collect();
    cases.push(refused("text where bytes are spoken", frame(FIN | TEXT, br#"{"type":"ping"}"#)));
    cases.push(lives("a compact ping", frame(FIN | BINARY, &ping)));
    cases.push(lives("a compact view", frame(FIN | BINARY, &right)));
    let named =
        |case: Case| Case { compact: true, name: format!("compact: {}", case.name), ..case };
    cases.into_iter().map(named).collect()
}
