//! Reads what `strace` wrote and judges the order: no acknowledgement leaves before the sync that follows its row.

use std::collections::HashMap;
use std::io::BufRead;

/// The arguments of `strace` for this checker: file names, whole buffers in hexadecimal.
pub(crate) fn arguments(out: &std::path::Path) -> Vec<String> {
    let calls = "trace=pwrite64,write,writev,sendto,sendmsg,fsync,fdatasync";
    ["-f", "--seccomp-bpf", "-y", "-xx", "-s", "70000", "-e", calls, "-o"]
        .into_iter()
        .map(str::to_owned)
        .chain([out.display().to_string()])
        .collect()
}

/// How the name of the write-ahead log ends in a trace: `-wal>`.
const LOG: &str = r"\x2d\x77\x61\x6c>";

/// What the trace showed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Judged {
    /// Acknowledgements seen.
    pub(crate) acks: u64,
    /// Syncs of the write-ahead log that succeeded.
    pub(crate) syncs: u64,
    /// Acknowledgements that left before the sync that follows their row.
    pub(crate) early: u64,
    /// Acknowledgements whose row was never seen: the checker itself would be blind.
    pub(crate) unseen: u64,
}

/// What `"seq":N` looks like in an answer's bytes.
fn ack_seq(bytes: &[u8]) -> Option<u64> {
    if !bytes.windows(13).any(|window| window == b"HTTP/1.1 201 ") {
        return None;
    }
    let at = bytes.windows(6).position(|window| window == b"\"seq\":")? + 6;
    let digits: String =
        bytes[at..].iter().take_while(|b| b.is_ascii_digit()).map(|b| char::from(*b)).collect();
    digits.parse().ok()
}

/// All quoted buffers of a line, `\xNN` each, joined.
fn buffers(line: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for quoted in line.split('"').skip(1).step_by(2) {
        bytes.extend(
            quoted.split("\\x").skip(1).filter_map(|pair| u8::from_str_radix(pair, 16).ok()),
        );
    }
    bytes
}

/// Judges a trace. `rows` maps each row's 16-byte id to its number.
pub(crate) fn judge(trace: impl BufRead, rows: &HashMap<[u8; 16], u64>) -> Judged {
    let mut judged = Judged::default();
    // By number: on which count of begun syncs the row was last written, once.
    let mut written: HashMap<u64, u64> = HashMap::new();
    // Syncs begun so far, and the highest one of those that ended well: it covers all rows written before it began.
    let (mut begun, mut covered) = (0_u64, 0_u64);
    let mut under_way: HashMap<String, u64> = HashMap::new();
    for line in trace.lines().map_while(Result::ok) {
        let Some((pid, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        if call.starts_with("pwrite64(") && call.contains(LOG) {
            for window in buffers(call).windows(16) {
                let id: [u8; 16] = window.try_into().unwrap_or_default();
                if let Some(seq) = rows.get(&id) {
                    // A sync that began before this moment does not count for this row.
                    written.entry(*seq).or_insert(begun);
                }
            }
        } else if (call.starts_with("fsync(") || call.starts_with("fdatasync("))
            && call.contains(LOG)
        {
            begun += 1;
            if call.contains("<unfinished") {
                under_way.insert(pid.to_owned(), begun);
            } else if call.ends_with("= 0") {
                covered = covered.max(begun);
                judged.syncs += 1;
            }
        } else if (call.starts_with("<... fsync resumed")
            || call.starts_with("<... fdatasync resumed"))
            && call.ends_with("= 0")
            && let Some(sync) = under_way.remove(pid)
        {
            covered = covered.max(sync);
            judged.syncs += 1;
        } else if ["write(", "writev(", "sendto(", "sendmsg("].iter().any(|c| call.starts_with(c))
            && let Some(seq) = ack_seq(&buffers(call))
        {
            judged.acks += 1;
            match written.get(&seq) {
                None => judged.unseen += 1,
                // Covered by a sync that began after the row was written.
                Some(before) if covered > *before => {}
                Some(_) => judged.early += 1,
            }
        }
    }
    judged
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: [u8; 16] = [0xab; 16];

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |text, byte| text + &format!("\\x{byte:02x}"))
    }

    fn lines(order: &[&str]) -> Judged {
        let row = format!("7 pwrite64(9<{LOG}, \"{}\", 16, 0) = 16", hex(&ID));
        let ack = format!(
            "8 sendto(12<socket:[1]>, \"{}\", 99, 0, NULL, 0) = 99",
            hex(b"HTTP/1.1 201 Created\r\n\r\n{\"epoch\":\"e\",\"seq\":5,")
        );
        let text: Vec<String> = order
            .iter()
            .map(|what| match *what {
                "row" => row.clone(),
                "ack" => ack.clone(),
                "sync" => format!("7 fdatasync(9<{LOG}) = 0"),
                "begin" => format!("7 fdatasync(9<{LOG} <unfinished ...>"),
                "end" => "7 <... fdatasync resumed>) = 0".to_owned(),
                "fail" => format!("7 fdatasync(9<{LOG}) = -1 EIO"),
                other => other.to_owned(),
            })
            .collect();
        judge(text.join("\n").as_bytes(), &HashMap::from([(ID, 5)]))
    }

    #[test]
    fn an_ack_after_the_sync_that_follows_its_row_is_right() {
        for order in [&["row", "sync", "ack"][..], &["row", "begin", "end", "ack"]] {
            assert_eq!(lines(order), Judged { acks: 1, syncs: 1, early: 0, unseen: 0 });
        }
    }

    #[test]
    fn an_ack_before_it_is_caught() {
        for order in [
            &["row", "ack", "sync"][..],
            &["sync", "row", "ack"],
            &["row", "begin", "ack", "end"],
            &["begin", "row", "end", "ack"],
            &["row", "fail", "ack"],
        ] {
            assert_eq!(lines(order).early, 1, "{order:?}");
        }
        assert_eq!(lines(&["sync", "ack"]).unseen, 1);
    }
}
