//! Addresses of links. The platform refuses a whole message for one that it does not accept.

/// The longest address that becomes a link, in bytes.
const MAX_LEN: usize = 1_000;

/// Returns an address as the platform accepts it: of a web page, with what is no letter of an
/// address in percents. `None` for any other scheme, for relative addresses and for broken ones.
pub(super) fn linkable(address: &str) -> Option<String> {
    let (scheme, rest) = address.trim().split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let (host, _) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let is_host = |c: char| c.is_ascii_alphanumeric() || ".-:@_[]%".contains(c);
    let has_host = host.contains(|c: char| c.is_ascii_alphanumeric()) && host.chars().all(is_host);
    if !matches!(scheme.as_str(), "http" | "https") || !has_host {
        return None;
    }
    let encoded = encode(rest, host.len());
    (encoded.len() <= MAX_LEN).then(|| format!("{scheme}://{encoded}"))
}

fn encode(address: &str, host: usize) -> String {
    let mut encoded = String::with_capacity(address.len());
    for (at, c) in address.char_indices() {
        let is_escape = || {
            let digits = address.as_bytes().get(at + 1..at + 3);
            digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        };
        let is_kept = match c {
            '%' => is_escape(),
            '[' | ']' => at < host,
            _ => c.is_ascii_alphanumeric() || "-._~:/?#@!$&'*+,;=".contains(c),
        };
        if is_kept {
            encoded.push(c);
        } else {
            let mut bytes = [0; 4];
            let bytes = c.encode_utf8(&mut bytes).bytes();
            bytes.for_each(|byte| encoded.push_str(&format!("%{byte:02X}")));
        }
    }
    encoded
}

/// Returns where the first address in a text begins and ends.
pub(super) fn bare_address(text: &str) -> Option<(usize, usize)> {
    let begins =
        |at: &usize| ["http://", "https://"].iter().any(|scheme| text[*at..].starts_with(scheme));
    let start = text.match_indices("http").map(|(at, _)| at).find(begins)?;
    let is_end = |c: char| !c.is_ascii_graphic() || "<>\"`|\\^{}".contains(c);
    let end = text[start..].find(is_end).map_or(text.len(), |end| start + end);
    Some((start, start + without_trailing(&text[start..end])))
}

/// Returns the length of an address without the punctuation that ends its sentence.
fn without_trailing(address: &str) -> usize {
    let count = |bracket| address.matches(bracket).count();
    let mut round = count(')').saturating_sub(count('('));
    let mut square = count(']').saturating_sub(count('['));
    let is_trailing = |c| match c {
        ')' if round > 0 => {
            round -= 1;
            true
        }
        ']' if square > 0 => {
            square -= 1;
            true
        }
        _ => ".,;:!?*_~'".contains(c),
    };
    address.trim_end_matches(is_trailing).len()
}

#[cfg(test)]
mod tests {
    use super::{bare_address, linkable};

    #[test]
    fn only_web_addresses_are_linkable() {
        for (address, linked) in [
            ("https://example.com", Some("https://example.com")),
            ("HTTP://Example.com:80/A?b=c#d", Some("http://Example.com:80/A?b=c#d")),
            ("https://a.b/ (x)/字\"", Some("https://a.b/%20%28x%29/%E5%AD%97%22")),
            ("https://a.b/50%?x=%20%zz", Some("https://a.b/50%25?x=%20%25zz")),
            ("http://[::1]/[a]", Some("http://[::1]/%5Ba%5D")),
            ("https://a.b?t=1&region=2", Some("https://a.b?t=1&region=2")),
            ("https://", None),
            ("https:///etc", None),
            ("https://例子.com", None),
            ("https://a b", None),
            ("file:///etc/passwd", None),
            ("javascript:alert(1)//://", None),
            ("data:text/html,x", None),
            ("./README.md", None),
            ("#part", None),
            ("", None),
        ] {
            assert_eq!(linkable(address).as_deref(), linked, "{address}");
        }
        assert_eq!(linkable(&format!("https://a.b/{}", "x".repeat(1_000))), None);
    }

    #[test]
    fn an_address_ends_before_the_sentence_does() {
        for (text, address) in [
            ("see https://a.b/c_d.", "https://a.b/c_d"),
            ("(https://a.b/c)", "https://a.b/c"),
            ("https://a.b/c_(d)!", "https://a.b/c_(d)"),
            ("打开https://a.b/c看看", "https://a.b/c"),
            ("https://a.b/c，", "https://a.b/c"),
            ("x http://a.b https://c.d", "http://a.b"),
            ("\"https://a.b\"", "https://a.b"),
        ] {
            let (start, end) = bare_address(text).unwrap();
            assert_eq!(&text[start..end], address);
        }
        assert_eq!(bare_address("no address, http:/x"), None);
    }
}
