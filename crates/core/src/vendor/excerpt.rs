use crate::base::printable;

/// The most bytes of a foreign page that an error quotes.
const LONGEST: usize = 400;

/// Returns the first words of a body, for a person to recognize who responded: a proxy, a portal,
/// a gateway.
///
/// Only of a text or a page, and only as far as nothing looks like JSON: the platform's own data is
/// JSON, and may hold what users wrote.
pub(super) fn excerpt(media_type: Option<&str>, body: &[u8]) -> Option<String> {
    let beginning = String::from_utf8_lossy(&body[..body.len().min(4096)]);
    let beginning = beginning.trim_start_matches('\u{feff}').trim_start();
    let is_page = beginning.starts_with('<');
    let is_text = media_type.is_some_and(|name| name.to_ascii_lowercase().starts_with("text/"));
    let words = match (is_page, is_text) {
        (true, _) => without_tags(beginning),
        (false, true) => beginning.to_owned(),
        (false, false) => return None,
    };
    let words = words.split(['{', '[', '"']).next().unwrap_or_default();
    let text = printable(words, LONGEST);
    (!text.is_empty()).then_some(text)
}

/// Returns the text of a page without its tags, scripts and styles.
fn without_tags(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
        let end = match name.to_ascii_lowercase().as_str() {
            "script" => "</script",
            "style" => "</style",
            _ => "",
        };
        let tag = tag.find(end).map_or("", |at| &tag[at..]);
        rest = tag.split_once('>').map_or("", |(_, rest)| rest);
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_texts_are_quoted_by_their_words() {
        for (media_type, body, expected) in [
            (None, "<html><head><title>502  Bad Gateway</title>", Some("502 Bad Gateway")),
            (
                None,
                "<p class=\"x\">Log in</p><script>var a = 'x';</script> now",
                Some("Log in now"),
            ),
            (Some("text/plain; charset=utf-8"), " no such\nroute ", Some("no such route")),
            (Some("Text/Plain"), "\u{feff}slow down", Some("slow down")),
        ] {
            assert_eq!(excerpt(media_type, body.as_bytes()).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn what_may_be_the_platforms_data_is_not_quoted() {
        for (media_type, body) in [
            (None, "my salary"),
            (Some("application/json"), "my salary"),
            (Some("text/plain"), "{\"text\":\"my salary\"}"),
            (Some("text/plain"), " [\"my salary\"]"),
            (Some("text/html"), "\"my salary\""),
            (None, "\u{feff}{\"text\":\"my salary\"}"),
            (Some("text/plain"), ""),
        ] {
            assert_eq!(excerpt(media_type, body.as_bytes()), None, "{body}");
        }
        let cut = excerpt(Some("text/plain"), b"error: {\"text\":\"my salary\"}");
        assert_eq!(cut.as_deref(), Some("error:"));
    }
}
