//! The files of a zip archive, as far as the recordings need it: stored or deflated, one disk, below 4 GiB.

use std::io::Read as _;
use std::path::Path;

fn number(bytes: &[u8], at: usize, n: usize) -> usize {
    bytes[at..at + n].iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

/// Name and content of each file, by name.
pub(crate) fn files(archive: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = std::fs::read(archive).expect("readable");
    let end = bytes.windows(4).rposition(|some| some == b"PK\x05\x06").expect("a directory's end");
    let (n, mut at) = (number(&bytes, end + 10, 2), number(&bytes, end + 16, 4));
    let mut files = Vec::with_capacity(n);
    for _ in 0..n {
        assert_eq!(&bytes[at..at + 4], b"PK\x01\x02", "a file of the directory");
        let (method, packed) = (number(&bytes, at + 10, 2), number(&bytes, at + 20, 4));
        let (name, extra, comment) =
            (number(&bytes, at + 28, 2), number(&bytes, at + 30, 2), number(&bytes, at + 32, 2));
        let head = number(&bytes, at + 42, 4);
        let begins = head + 30 + number(&bytes, head + 26, 2) + number(&bytes, head + 28, 2);
        let packed = &bytes[begins..begins + packed];
        let mut content = Vec::new();
        if method == 0 {
            content.extend_from_slice(packed);
        } else {
            assert_eq!(method, 8, "how a file is packed");
            let mut reader = flate2::read::DeflateDecoder::new(packed);
            reader.read_to_end(&mut content).expect("deflated");
        }
        let path = String::from_utf8_lossy(&bytes[at + 46..at + 46 + name]).into_owned();
        if !path.ends_with('/') {
            files.push((path, content));
        }
        at += 46 + name + extra + comment;
    }
    files.sort();
    files
}
