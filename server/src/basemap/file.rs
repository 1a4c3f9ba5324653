//! A PMTiles file on our own disk: what it says of itself.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use serde_json::Value;

use super::header::{HEADER_BYTES, Header, UNPACKED_MAX, schema, unpack};

/// What a basemap file says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    /// Its header.
    pub header: Header,
    /// Which names its layers and kinds use.
    pub schema: &'static str,
    /// Whom to thank, as plain text.
    pub attribution: String,
}

/// Reads a file's header and metadata. The error is a sentence that names the file.
pub fn about(path: &Path) -> Result<About, String> {
    let say = |cause: String| format!("the basemap {}: {cause}", path.display());
    let mut file = File::open(path).map_err(|cause| say(cause.to_string()))?;
    let mut start = Vec::with_capacity(HEADER_BYTES);
    (&mut file)
        .take(HEADER_BYTES as u64)
        .read_to_end(&mut start)
        .map_err(|cause| say(cause.to_string()))?;
    let header = Header::read(&start).map_err(say)?;
    let size = file.metadata().map_err(|cause| say(cause.to_string()))?.len();
    for section in [header.root, header.metadata, header.leaves, header.tiles] {
        if section.end() > size {
            return Err(say(format!(
                "it is cut: a section ends at {}, the file at {size}",
                section.end()
            )));
        }
    }
    if header.metadata.length > UNPACKED_MAX {
        return Err(say("its metadata are too large".to_owned()));
    }
    file.seek(SeekFrom::Start(header.metadata.offset)).map_err(|cause| say(cause.to_string()))?;
    let mut packed = Vec::new();
    file.take(header.metadata.length)
        .read_to_end(&mut packed)
        .map_err(|cause| say(cause.to_string()))?;
    let metadata: Value = serde_json::from_slice(&unpack(header.packing, &packed).map_err(say)?)
        .map_err(|cause| say(format!("its metadata are no JSON: {cause}")))?;
    let attribution = metadata.get("attribution").and_then(Value::as_str).unwrap_or_default();
    Ok(About { header, schema: schema(&metadata), attribution: plain_text(attribution) })
}

/// An attribution without its markup: it comes from outside and is shown as text.
fn plain_text(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in html.chars() {
        match letter {
            '<' => inside = true,
            '>' if inside => inside = false,
            _ if inside => {}
            _ => text.push(letter),
        }
    }
    let text =
        text.replace("&copy;", "©").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_of_an_attribution_is_left_out() {
        assert_eq!(
            plain_text(
                "<a href=\"https://protomaps.com\" target=\"_blank\">Protomaps</a> © <a href=\"x\"> OpenStreetMap</a>"
            ),
            "Protomaps © OpenStreetMap"
        );
        assert_eq!(plain_text("<script>&lt;b&gt;"), "<b>");
    }

    #[test]
    fn a_file_that_is_none_is_named() {
        let dir = tempfile::tempdir().expect("temp dir");
        let path = dir.path().join("x.pmtiles");
        std::fs::write(&path, "no").expect("written");
        assert!(about(&path).expect_err("no").contains("x.pmtiles"));
    }
}
