//! What a client should never send, and what it may though few do: each with the end it deserves (RFC 6455).

use support::raw::{
    BINARY, CLOSE, FIN, MORE, PING, PONG, TEXT, frame, goodbye, head, masked, unmasked,
};

/// How the server takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    /// Closed with 4400.
    Refused,
    /// Closed with 4403.
    Forbidden,
    /// The close is answered with this code.
    Answered(Option<u16>),
    /// The connection ends without a close: there is nobody to tell.
    Dropped,
    /// Nothing happens, and a ping is answered as before.
    Lives,
}

/// One case.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// Sent as it is after the upgrade.
    pub(crate) bytes: Vec<u8>,
    /// Whether the client then says that it sends no more.
    pub(crate) ends: bool,
    /// Whether the compact subprotocol is spoken.
    pub(crate) compact: bool,
    pub(crate) want: Want,
}

pub(crate) fn case(name: &str, bytes: Vec<u8>, want: Want) -> Case {
    Case { name: name.to_owned(), bytes, ends: false, compact: false, want }
}

pub(crate) fn refused(name: &str, bytes: Vec<u8>) -> Case {
    case(name, bytes, Want::Refused)
}

pub(crate) fn lives(name: &str, bytes: Vec<u8>) -> Case {
    case(name, bytes, Want::Lives)
}

const PING_WORDS: &[u8] = br#"{"type":"ping"}"#;
const RSV: [(u8, &str); 4] = [(0x40, "1"), (0x20, "2"), (0x10, "3"), (0x70, "1, 2 and 3")];

/// Every case of the websocket's own.
pub(crate) fn frames() -> Vec<Case> {
    [masks(), reserved(), fragments(), control(), sizes(), cut(), words(), closes(), strangers()]
        .concat()
}

fn masks() -> Vec<Case> {
    vec![
        refused("unmasked text", unmasked(FIN | TEXT, PING_WORDS)),
        refused("unmasked bytes", unmasked(FIN | BINARY, &[1])),
        refused("unmasked ping", unmasked(FIN | PING, b"a")),
        refused("unmasked close", unmasked(FIN | CLOSE, &goodbye(1000, b""))),
        refused("unmasked and empty", unmasked(FIN | TEXT, b"")),
        refused(
            "an unmasked fragment after a masked one",
            [frame(TEXT, b"{"), unmasked(FIN | MORE, b"}")].concat(),
        ),
        lives("a mask of zeros", masked(FIN | TEXT, [0; 4], PING_WORDS)),
        lives("a mask of ones", masked(FIN | TEXT, [0xFF; 4], PING_WORDS)),
    ]
}

fn reserved() -> Vec<Case> {
    let mut cases = Vec::new();
    for (bits, name) in RSV {
        cases.push(refused(
            &format!("text with reserved bit {name}"),
            frame(FIN | bits | TEXT, PING_WORDS),
        ));
        cases.push(refused(
            &format!("a ping with reserved bit {name}"),
            frame(FIN | bits | PING, b""),
        ));
    }
    cases.push(refused(
        "a fragment with a reserved bit",
        [frame(TEXT, b"{"), frame(FIN | 0x40 | MORE, b"}")].concat(),
    ));
    for opcode in (0x3..=0x7).chain(0xB..=0xF) {
        cases.push(refused(&format!("opcode {opcode:#x}"), frame(FIN | opcode, b"")));
        cases.push(refused(&format!("opcode {opcode:#x} with words"), frame(FIN | opcode, b"ab")));
    }
    cases
}

fn fragments() -> Vec<Case> {
    let bytewise = |words: &[u8]| -> Vec<u8> {
        let last = words.len() - 1;
        let piece = |at: usize| match at {
            0 => TEXT,
            _ if at == last => FIN | MORE,
            _ => MORE,
        };
        words.iter().enumerate().flat_map(|(at, byte)| frame(piece(at), &[*byte])).collect()
    };
    let (front, back) = PING_WORDS.split_at(7);
    vec![
        refused("a fragment of nothing", frame(FIN | MORE, PING_WORDS)),
        refused("a fragment of nothing, unfinished and empty", frame(MORE, b"")),
        refused("text within text", [frame(TEXT, front), frame(FIN | TEXT, back)].concat()),
        refused("bytes within text", [frame(TEXT, front), frame(FIN | BINARY, back)].concat()),
        refused("a new start within text", [frame(TEXT, front), frame(TEXT, back)].concat()),
        refused("a ping in fragments", [frame(PING, b"a"), frame(FIN | MORE, b"b")].concat()),
        refused("a pong in fragments", frame(PONG, b"a")),
        refused("a close in fragments", frame(CLOSE, &goodbye(1000, b""))),
        refused(
            "fragments of 80 kB together",
            [frame(TEXT, &[b' '; 40_000]), frame(FIN | MORE, &[b' '; 40_000])].concat(),
        ),
        lives("text in two fragments", [frame(TEXT, front), frame(FIN | MORE, back)].concat()),
        lives("text byte by byte", bytewise(PING_WORDS)),
        lives(
            "empty fragments around the words",
            [frame(TEXT, b""), frame(MORE, PING_WORDS), frame(FIN | MORE, b"")].concat(),
        ),
        lives(
            "a thousand empty fragments",
            [frame(TEXT, PING_WORDS), frame(MORE, b"").repeat(1_000), frame(FIN | MORE, b"")]
                .concat(),
        ),
        lives(
            "a ping between fragments",
            [frame(TEXT, front), frame(FIN | PING, b"x"), frame(FIN | MORE, back)].concat(),
        ),
        case(
            "a close between fragments",
            [frame(TEXT, front), frame(FIN | CLOSE, &goodbye(1000, b""))].concat(),
            Want::Answered(Some(1000)),
        ),
    ]
}

fn control() -> Vec<Case> {
    vec![
        lives("an empty ping", frame(FIN | PING, b"")),
        lives("a ping of 125 bytes", frame(FIN | PING, &[7; 125])),
        refused("a ping of 126 bytes", frame(FIN | PING, &[7; 126])),
        refused("a ping of 60 kB", frame(FIN | PING, &[7; 60_000])),
        lives("a pong nobody asked for", frame(FIN | PONG, b"unasked")),
        refused("a pong of 126 bytes", frame(FIN | PONG, &[7; 126])),
        refused("a close of 126 bytes", frame(FIN | CLOSE, &goodbye(1000, &[b'x'; 124]))),
        lives("ten pings in a row", frame(FIN | PING, b"again").repeat(10)),
    ]
}

fn sizes() -> Vec<Case> {
    let mut full = PING_WORDS.to_vec();
    full.resize(64 << 10, b' ');
    let mut over = full.clone();
    over.push(b' ');
    let claim = |length| head(FIN | TEXT, 0x80, length);
    vec![
        lives("64 KiB", frame(FIN | TEXT, &full)),
        refused("64 KiB and one byte", frame(FIN | TEXT, &over)),
        refused("64 KiB and one byte claimed", [claim((64 << 10) + 1), vec![0; 4]].concat()),
        refused("2 to the 63 bytes claimed", [claim(1 << 63), vec![0; 4]].concat()),
        refused("all the bytes there are claimed", [claim(u64::MAX), vec![0; 4]].concat()),
        lives(
            "a length in more bytes than it needs",
            [vec![FIN | PING, 0xFE, 0, 1], vec![0; 4], vec![b'a']].concat(),
        ),
        refused("an empty text", frame(FIN | TEXT, b"")),
    ]
}

fn cut() -> Vec<Case> {
    let whole = frame(FIN | TEXT, PING_WORDS);
    let dropped = |name: &str, bytes: &[u8]| Case {
        name: format!("half-closed after {name}"),
        bytes: bytes.to_vec(),
        ends: true,
        compact: false,
        want: Want::Dropped,
    };
    vec![
        dropped("nothing", b""),
        dropped("one byte", &whole[..1]),
        dropped("the length", &whole[..2]),
        dropped("half a mask", &whole[..4]),
        dropped("the mask", &whole[..6]),
        dropped("half the words", &whole[..12]),
        dropped("a whole frame", &whole),
        dropped("an unfinished text", &frame(TEXT, b"{")),
    ]
}

fn words() -> Vec<Case> {
    let bad: [(&str, &[u8]); 6] = [
        ("0xFF", b"\xFF"),
        ("an overlong slash", b"\xC0\xAF"),
        ("a surrogate", b"\xED\xA0\x80"),
        ("a character cut short", b"{\"\xE2\x82"),
        ("a character beyond the last", b"\xF4\x90\x80\x80"),
        ("a lone continuation", b"a\x80b"),
    ];
    let mut cases: Vec<_> =
        bad.iter().map(|(name, words)| refused(name, frame(FIN | TEXT, words))).collect();
    cases.push(refused(
        "0xFF in the second fragment",
        [frame(TEXT, b"{"), frame(FIN | MORE, b"\xFF")].concat(),
    ));
    cases.push(refused(
        "a character that never ends over two fragments",
        [frame(TEXT, b"\xE2"), frame(FIN | MORE, b"\x82")].concat(),
    ));
    cases.push(refused(
        "a close with a reason that is no text",
        frame(FIN | CLOSE, &goodbye(1000, b"\xFF\xFE")),
    ));
    cases
}

fn closes() -> Vec<Case> {
    let mut cases = vec![
        case("a close without a code", frame(FIN | CLOSE, b""), Want::Answered(None)),
        refused("a close of one byte", frame(FIN | CLOSE, &[3])),
        case(
            "a close with the longest reason",
            frame(FIN | CLOSE, &goodbye(1000, &[b'x'; 123])),
            Want::Answered(Some(1000)),
        ),
        case(
            "two closes",
            [frame(FIN | CLOSE, &goodbye(1000, b"")), frame(FIN | CLOSE, &goodbye(1001, b""))]
                .concat(),
            Want::Answered(Some(1000)),
        ),
        case(
            "words after a close",
            [frame(FIN | CLOSE, &goodbye(1001, b"")), frame(FIN | TEXT, PING_WORDS)].concat(),
            Want::Answered(Some(1001)),
        ),
    ];
    for code in [1000, 1001, 1002, 1003, 1007, 1009, 1011, 3000, 4000, 4999] {
        let bytes = frame(FIN | CLOSE, &goodbye(code, b"bye"));
        cases.push(case(&format!("close {code}"), bytes, Want::Answered(Some(code))));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
        let bytes = frame(FIN | CLOSE, &goodbye(code, b""));
        cases.push(case(&format!("forbidden close {code}"), bytes, Want::Answered(Some(1002))));
    }
    cases
}

fn strangers() -> Vec<Case> {
    let request =
        b"GET / HTTP/1.1\r\nHost: here\r\nX-Padding: so that the claimed length is there\r\n\r\n";
    vec![
        refused("an HTTP request", request.repeat(2)),
        refused("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03".to_vec()),
        refused("zeros", vec![0; 64]),
    ]
}
