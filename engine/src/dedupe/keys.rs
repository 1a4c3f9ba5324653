//! What makes two reports copies for certain: the same plain text, the same post, the same address.

use super::Item;

/// Why a key joins the reports that have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// The same plain text.
    Text,
    /// The same post: it is that post, or goes back to it.
    Post,
    /// Published at the same address.
    Url,
    /// Joins nothing: a report without any of these.
    Alone,
}

/// A key: why, and a hash of what.
pub(super) type Key = (Why, u128);

/// The keys of a report, that of its text first; one at least.
pub(super) fn keys(item: &Item<'_>) -> Vec<Key> {
    // Words alone: where a clause ends is no difference.
    let said = item.text.filter(|plain| plain.len() > 0);
    let text = said.map(|plain| (Why::Text, hash(Why::Text, plain.text().lines())));
    let post = |id: Option<&str>| {
        let id = id.map(str::trim).filter(|id| !id.is_empty())?;
        Some((Why::Post, hash(Why::Post, [id])))
    };
    let url = item.url.and_then(address).map(|url| (Why::Url, hash(Why::Url, [url.as_str()])));
    let mut keys: Vec<Key> =
        [text, post(item.post), post(item.origin), url].into_iter().flatten().collect();
    keys.dedup();
    if keys.is_empty() {
        keys.push((Why::Alone, item.id.0));
    }
    keys
}

/// By BLAKE3: nobody makes two texts that fold into one without being equal.
fn hash<'a>(why: Why, parts: impl IntoIterator<Item = &'a str>) -> u128 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[why as u8]);
    for part in parts {
        hasher.update(part.as_bytes());
    }
    let mut first = [0; 16];
    hasher.finalize_xof().fill(&mut first);
    u128::from_le_bytes(first)
}

/// An address as it is compared: without scheme, `www.`, fragment and last slash, its host in lower case.
///
/// A bare host is where many things are published, and joins nothing.
pub(crate) fn address(url: &str) -> Option<String> {
    let url = url.trim();
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.split('#').next().unwrap_or_default().trim_end_matches('/');
    let (host, path) = rest.split_at(rest.find(['/', '?'])?);
    let host = host.to_lowercase();
    Some(format!("{}{path}", host.strip_prefix("www.").unwrap_or(&host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_compared_without_what_does_not_matter() {
        let same = Some("example.org/Post/7?x=1".to_owned());
        assert_eq!(address("https://WWW.Example.org/Post/7?x=1#top"), same);
        assert_eq!(address(" http://example.org/Post/7?x=1 "), same);
        assert_eq!(address("https://example.org/a/"), address("https://example.org/a"));
        assert_ne!(address("https://example.org/a"), address("https://example.org/A"));
    }

    #[test]
    fn a_bare_host_is_no_address() {
        assert_eq!(address("https://example.org/"), None);
        assert_eq!(address("example.org"), None);
        assert_eq!(address(""), None);
    }
}
