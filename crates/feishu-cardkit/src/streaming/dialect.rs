//! Text that the platform's Markdown would misread.

use std::mem;

/// An invisible character. Behind `<`, `!` or `]`, it keeps the platform from reading a tag, an image
/// or a link, within code as well, where an entity would be seen.
const JOINER: char = '\u{200D}';

/// The tags of the platform's Markdown, apart from mentions.
const TAGS: [&str; 9] =
    ["audio", "br", "font", "hr", "link", "local_datetime", "number_tag", "person", "text_tag"];

/// The beginnings of addresses that the platform accepts.
const SCHEMES: [&str; 3] = ["https://", "http://", "tel:"];

/// Writes a text so that it mentions no one but `mentions`. Outside code, what looks like a tag that
/// the platform does not have is kept from vanishing. The platform would refuse the card for an image
/// that is not named by its key, which becomes a link, and for a link that leads to no web page, which
/// becomes text.
pub(super) fn write(text: &str, is_code: bool, mentions: &[String], out: &mut String) {
    let mut rest = text;
    let mut is_image = false;
    while let Some(at) = rest.find(['<', '!', ']', '`']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if let Some(length) = code_span(from).filter(|_| !is_code) {
            let (code, after) = from.split_at(length);
            write(code, true, mentions, out);
            rest = after;
            continue;
        }
        let run = from.len() - from.trim_start_matches('`').len();
        let (mark, after) = from.split_at(run.max(1));
        out.push_str(mark);
        let is_misread = match mark {
            "<" => begins_mention(after, mentions).unwrap_or(!is_code && begins_foreign_tag(after)),
            "!" if !is_code && after.starts_with('[') => {
                is_image = is_image_by_key(after);
                !is_image
            }
            "]" if !is_code => !mem::take(&mut is_image) && begins_foreign_link(after),
            _ => false,
        };
        out.extend(is_misread.then_some(JOINER));
        rest = after;
    }
    out.push_str(rest);
}

/// Returns the length of the code between backticks that `text` begins with.
fn code_span(text: &str) -> Option<usize> {
    let run = |text: &str| text.len() - text.trim_start_matches('`').len();
    let length = run(text);
    let mut at = length;
    while let Some(found) = text.get(at..).filter(|_| length > 0)?.find('`') {
        let start = at + found;
        at = start + run(text.get(start..)?);
        if at - start == length {
            return Some(at);
        }
    }
    None
}

/// Returns whether a mention, of which `after` follows the `<`, is not allowed. `None` if it is no
/// mention.
fn begins_mention(after: &str, mentions: &[String]) -> Option<bool> {
    let (name, attributes) = tag_name(after);
    if !name.eq_ignore_ascii_case("at") {
        return None;
    }
    let id = attributes.strip_prefix(" id=").unwrap_or_default();
    let id = id.trim_start_matches(['"', '\'']);
    let (id, end) = id.split_at(id.find(['"', '\'', '>', ' ']).unwrap_or(id.len()));
    let is_whole = matches!(end.trim_start_matches(['"', '\'']).chars().next(), Some('>'));
    Some(!is_whole || !mentions.iter().any(|allowed| allowed == id))
}

/// Returns `true` if what follows a `<` makes a tag of it that the platform does not have.
fn begins_foreign_tag(after: &str) -> bool {
    let (name, _) = tag_name(after.strip_prefix('/').unwrap_or(after));
    let is_tag = name.starts_with(|first: char| first.is_ascii_alphabetic());
    let is_known = name == "at" || TAGS.contains(&name);
    (is_tag && !is_known && !is_address(after)) || after.starts_with(['!', '?'])
}

/// Returns `true` if what follows the words of a link leads to no web page. An address that is still
/// being written may.
fn begins_foreign_link(after: &str) -> bool {
    let Some(address) = after.strip_prefix('(') else { return false };
    let address = address.trim().trim_start_matches('<');
    !is_address(address) && SCHEMES.iter().all(|scheme| !scheme.starts_with(address))
}

fn is_address(text: &str) -> bool {
    SCHEMES.iter().any(|scheme| {
        text.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
    })
}

fn tag_name(text: &str) -> (&str, &str) {
    let is_other = |c: char| c != '_' && c != '-' && !c.is_ascii_alphanumeric();
    text.split_at(text.find(is_other).unwrap_or(text.len()))
}

/// Returns `true` if what follows a `!` makes an image of it by the key of one that was uploaded.
fn is_image_by_key(after: &str) -> bool {
    let words = after.strip_prefix('[').unwrap_or(after);
    let end = words.find(['[', ']']).unwrap_or(words.len());
    words.get(end..).is_some_and(|target| target.starts_with("](img_"))
}

#[cfg(test)]
mod tests {
    use super::{JOINER, write};

    fn written(text: &str, is_code: bool) -> String {
        let mut out = String::new();
        write(text, is_code, &["ou_1".to_owned()], &mut out);
        assert_eq!(out.replace(JOINER, ""), text, "nothing else is changed");
        out.replace(JOINER, "|")
    }

    #[test]
    fn only_those_are_mentioned_who_may_be() {
        for allowed in ["<at id=ou_1></at>", "<at id=\"ou_1\"></at>", "<at id='ou_1'>Tom</at>"] {
            assert_eq!(written(allowed, false), allowed);
        }
        for (text, shown) in [
            ("<at id=all></at>", "<|at id=all></at>"),
            ("<AT id=all>", "<|AT id=all>"),
            ("<at ids=ou_1,ou_2>", "<|at ids=ou_1,ou_2>"),
            ("<at id=ou_1 id=all>", "<|at id=ou_1 id=all>"),
            ("<at\tid=all>", "<|at\tid=all>"),
            ("<at email=a@b.c>", "<|at email=a@b.c>"),
            ("<at", "<|at"),
            ("`<at id=all>`", "`<|at id=all>`"),
            ("\\`<at id=all>\\`", "\\`<|at id=all>\\`"),
        ] {
            assert_eq!(written(text, false), shown);
            assert_eq!(written(text, true), shown);
        }
    }

    #[test]
    fn what_looks_like_a_tag_does_not_vanish() {
        for (text, shown) in [
            ("a Vec<T> or </your-name>", "a Vec<|T> or <|/your-name>"),
            (
                "<!-- x --> <br> <font color='red'>a</font>",
                "<|!-- x --> <br> <font color='red'>a</font>",
            ),
            ("`Vec<T>` ``a`<T>`` `<T>", "`Vec<T>` ``a`<T>`` `<|T>"),
            ("1 < 2, <https://a.b>", "1 < 2, <https://a.b>"),
        ] {
            assert_eq!(written(text, false), shown);
        }
        assert_eq!(written("Vec<T>", true), "Vec<T>");
    }

    #[test]
    fn a_link_that_leads_to_no_web_page_becomes_text() {
        for (text, shown) in [
            ("[a](https://a.b) [b](<HTTP://a.b>)", "[a](https://a.b) [b](<HTTP://a.b>)"),
            ("[a](./README.md) [b](#c)", "[a]|(./README.md) [b]|(#c)"),
            ("[a](img_1) [b](file:///c)", "[a]|(img_1) [b]|(file:///c)"),
            ("[a](", "[a]("),
            ("[a](htt", "[a](htt"),
            ("[a](字", "[a]|(字"),
            ("`a[0](b)` [a] b", "`a[0](b)` [a] b"),
        ] {
            assert_eq!(written(text, false), shown);
        }
        assert_eq!(written("a[0](b)", true), "a[0](b)");
    }

    #[test]
    fn an_image_without_a_key_becomes_a_link() {
        for (text, shown) in [
            ("![a](https://a.b/c.png)!", "!|[a](https://a.b/c.png)!"),
            ("![a](img_v3_1) ![b](./b.png)", "![a](img_v3_1) !|[b]|(./b.png)"),
            ("![a", "!|[a"),
            ("`![a](b)`", "`![a](b)`"),
        ] {
            assert_eq!(written(text, false), shown);
        }
    }
}
