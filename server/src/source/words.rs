//! Words as strangers write them into feeds: markup taken off, invisible steering marks and control characters left out, cut where
//! they are too long. What is left is text, and is shown as text.

/// Longest text of a feed's item, in bytes: as much as a partner's report may have.
const TEXT_BYTES_MAX: usize = 16 << 10;
/// Longest line: a title, a place, a name.
const LINE_CHARS_MAX: usize = 200;
/// Longest id or address that is kept whole; a longer one is none.
const ID_CHARS_MAX: usize = 200;
/// The same of an address.
const URL_BYTES_MAX: usize = 2_048;

/// Whether a character only steers how others are drawn, or is no character of a text: controls, and the marks that turn the
/// direction of all that follows (embeddings, overrides, isolates), which would reach beyond the text once it is cut.
fn is_steering(character: char) -> bool {
    let is_control = character.is_control() && !matches!(character, '\n' | '\t');
    is_control
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// At most so many bytes, whole characters.
fn cut(text: &mut String, bytes_max: usize) {
    if text.len() > bytes_max {
        let end = (0..=bytes_max).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or_default());
    }
}

/// A text of several lines; none where it is blank.
pub(crate) fn text(raw: &str) -> Option<String> {
    let mut text = String::with_capacity(raw.len().min(TEXT_BYTES_MAX));
    let mut blank_lines = 0;
    for line in raw.lines() {
        let line: Vec<String> = line
            .split_whitespace()
            .map(|word| word.chars().filter(|one| !is_steering(*one)).collect::<String>())
            .filter(|word| !word.is_empty())
            .collect();
        if line.is_empty() {
            blank_lines += 1;
            continue;
        }
        if !text.is_empty() {
            text.push_str(if blank_lines > 0 { "\n\n" } else { "\n" });
        }
        blank_lines = 0;
        text.push_str(&line.join(" "));
        if text.len() > TEXT_BYTES_MAX {
            break;
        }
    }
    cut(&mut text, TEXT_BYTES_MAX);
    (!text.is_empty()).then_some(text)
}

/// A text of one line; none where it is blank.
pub(crate) fn line(raw: &str) -> Option<String> {
    let text = text(raw)?.replace('\n', " ");
    Some(text.chars().take(LINE_CHARS_MAX).collect())
}

/// An id as it is; none where it is blank, too long, or holds what no id holds.
pub(crate) fn id(raw: &str) -> Option<String> {
    let id = raw.trim();
    let is_plain = !id.is_empty() && !id.chars().any(is_steering);
    (is_plain && id.chars().count() <= ID_CHARS_MAX).then(|| id.to_owned())
}

/// An address of the web; none where it is anything else.
pub(crate) fn url(raw: &str) -> Option<String> {
    let url: url::Url = raw.trim().parse().ok()?;
    let is_web = matches!(url.scheme(), "https" | "http");
    let is_plain = url.username().is_empty() && url.password().is_none();
    (is_web && is_plain && url.as_str().len() <= URL_BYTES_MAX).then(|| url.into())
}

/// What HTML says without its markup.
pub(super) fn of_html(html: &str) -> String {
    let mut said = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        said.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("<!--") {
            rest = after.find("-->").map_or("", |end| &after[end + 3..]);
            continue;
        }
        let name = rest[1..].trim_start_matches('/');
        if !name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '!') {
            // "flow < 5": no tag.
            said.push('<');
            rest = &rest[1..];
            continue;
        }
        let is_opening = !rest.starts_with("</");
        let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        let name = name[..end].to_ascii_lowercase();
        rest = rest.find('>').map_or("", |end| &rest[end + 1..]);
        if is_opening && matches!(name.as_str(), "script" | "style") {
            // What stands in it is no text.
            rest = closing(rest, &name).map_or("", |end| &rest[end..]);
        } else if matches!(name.as_str(), "br" | "p" | "div" | "li" | "tr" | "h1" | "h2" | "h3") {
            said.push('\n');
        }
    }
    said.push_str(rest);
    unescaped(&said)
}

/// Where an element of this name is closed. Looks at each byte once and copies nothing: a feed may open a thousand of them.
fn closing(html: &str, name: &str) -> Option<usize> {
    html.match_indices("</").map(|(at, _)| at).find(|at| {
        let called = html.as_bytes().get(at + 2..at + 2 + name.len());
        called.is_some_and(|called| called.eq_ignore_ascii_case(name.as_bytes()))
    })
}

/// Longest name of an entity that is looked for: `&#1114111;`.
const ENTITY_BYTES_MAX: usize = 10;

/// The few entities that feeds use in HTML; any other stays as it is written.
fn unescaped(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        said.push_str(&rest[..at]);
        rest = &rest[at..];
        // No further than a name may be long: a text of ampersands alone is as cheap as any other.
        let mut near = rest.bytes().take(ENTITY_BYTES_MAX + 1);
        let known = near.position(|byte| byte == b';').and_then(|end| {
            let character = match &rest[1..end] {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                "nbsp" => ' ',
                name => {
                    let number = name.strip_prefix('#')?;
                    let code = match number.strip_prefix(['x', 'X']) {
                        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                        None => number.parse().ok()?,
                    };
                    char::from_u32(code)?
                }
            };
            Some((character, end))
        });
        let (character, end) = known.unwrap_or(('&', 0));
        said.push(character);
        rest = &rest[end + 1..];
    }
    said.push_str(rest);
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_taken_off_and_what_only_looks_like_it_stays() {
        for (html, said) in [
            (
                "<p>Flood in <b>Paiporta</b></p><p>River rising</p>",
                "Flood in Paiporta\n\nRiver rising",
            ),
            ("flow < 5 & level > 2", "flow < 5 & level > 2"),
            ("<script>alert(1)</script>Fire<style>p{}</style>", "Fire"),
            ("<SCRIPT src=//x>alert(1)</ScRiPt >Fire", "Fire"),
            ("<img src=x onerror=alert(1)>Fire<!-- <b>no</b> -->", "Fire"),
            ("&lt;img src=x onerror=alert(1)&gt;", "<img src=x onerror=alert(1)>"),
            ("caf&#233; &amp; bar&nbsp;&unknown; &", "café & bar &unknown; &"),
            ("Fire<script>alert(1)", "Fire"),
            ("Fire<img src=x", "Fire"),
            ("<script><script>alert(1)</style></SCRIPT>Fire</script>", "Fire"),
        ] {
            assert_eq!(text(&of_html(html)).as_deref(), Some(said), "{html}");
        }
    }

    #[test]
    fn markup_that_is_made_to_be_slow_is_read_in_one_go() {
        // Looked through anew for each, two megabytes of them would take hours, and this test would not end.
        let n = 1 << 20;
        assert_eq!(of_html(&"&".repeat(n)).len(), n);
        assert_eq!(of_html(&"<style></style>".repeat(n / 8)), "");
        assert_eq!(of_html(&"<script>".repeat(n / 8)), "");
        assert_eq!(of_html(&"<".repeat(n)).len(), n);
    }

    #[test]
    fn marks_that_steer_are_left_out_and_letters_of_every_script_stay() {
        assert_eq!(text("a\u{202e}b\u{2066}c\u{0}d\u{1b}[2J").as_deref(), Some("abcd[2J"));
        for whole in ["foc a la Marina", "حريق في المرفأ", "שריפה", "pаypal", "👩‍🚒 foc"]
        {
            assert_eq!(text(whole).as_deref(), Some(whole));
        }
        assert_eq!(text(" \u{202e}\n\t "), None);
        assert_eq!(text("a\n\n\n\n  b  c \n d").as_deref(), Some("a\n\nb c\nd"));
        assert_eq!(line("a\nb").as_deref(), Some("a b"));
        assert!(text(&"é".repeat(TEXT_BYTES_MAX)).is_some_and(|text| text.len() <= TEXT_BYTES_MAX));
        assert_eq!(line(&"é".repeat(999)).map(|line| line.chars().count()), Some(LINE_CHARS_MAX));
    }

    #[test]
    fn an_address_is_one_of_the_web_or_none() {
        assert_eq!(url(" https://a.example/x?y=1 ").as_deref(), Some("https://a.example/x?y=1"));
        for wrong in [
            "javascript:alert(1)",
            "data:text/html,x",
            "/x",
            "https://u:p@a.example/",
            "",
            "file:///x",
        ] {
            assert_eq!(url(wrong), None, "{wrong}");
        }
        assert_eq!(
            (id(" a "), id(""), id("a\u{202e}"), id(&"x".repeat(201))),
            (Some("a".to_owned()), None, None, None)
        );
    }
}
