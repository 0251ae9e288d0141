//! Words of other people in the Markdown of a card.

use feishu_card::{escape, mention};

#[test]
fn what_would_be_markdown_is_escaped() {
    for (text, escaped) in [
        ("plain words, 1 > 0, a-b, 1.5 + 2 = 3.5!", None),
        ("snake_case_name 10:30:45 C# a|b (see p. 3)", None),
        ("R&D && x&", Some("R&#38;D && x&")),
        ("*bold* `code`", Some("&#42;bold&#42; &#96;code&#96;")),
        ("_it_", Some("&#95;it&#95;")),
        ("~5", Some("&#126;5")),
        ("[a](b)", Some("&#91;a&#93;(b)")),
        ("![a](b)", Some("!&#91;a&#93;(b)")),
        (r"C:\*", Some(r"C:&#92;&#42;")),
        ("<at id=all></at>", Some("&#60;at id=all>&#60;/at>")),
        ("?a=1&region=2 &lt;", Some("?a=1&#38;region=2 &#38;lt;")),
        (":OK: and :2022: at 1:2:3", Some("&#58;OK: and &#58;2022: at 1:2:3")),
        ("# no title\n> no quote", Some("&#35; no title\n&#62; no quote")),
        ("- a\n+ b\n1. c\n2) d\n3.", Some("&#45; a\n&#43; b\n1&#46; c\n2&#41; d\n3&#46;")),
        ("a\n---\n===", Some("a\n&#45;--\n&#61;==")),
        ("a|b\n:-|-", Some("a|b\n&#58;-|-")),
        ("in 2024. Then 1.2", None),
        ("$x$ ${y}", Some("&#36;x&#36; &#36;{y}")),
    ] {
        assert_eq!(escape(text), escaped.unwrap_or(text));
    }
}

#[test]
fn an_id_cannot_end_the_tag_of_a_mention() {
    assert_eq!(mention("ou_1><at id=all"), "<at id=ou_1atidall></at>");
}
