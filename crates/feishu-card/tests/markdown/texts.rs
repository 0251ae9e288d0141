use std::fs;

use feishu_card::Markdown;
use feishu_card::markdown::Message;
use serde_json::json;

use super::{cards, contents, elements, shown};

#[test]
fn texts_become_cards() {
    insta::glob!("texts/*.md", |path| {
        let text = fs::read_to_string(path).unwrap();
        insta::assert_snapshot!("card", shown(&cards(&text)));
    });
}

#[test]
fn texts_become_posts() {
    insta::glob!("texts/*.md", |path| {
        let text = fs::read_to_string(path).unwrap();
        let converted = Markdown::new(text).title("Title").mention("ou_1").posts();
        let mut shown = String::new();
        for post in &converted.parts {
            let post = &post.as_json()["zh_cn"];
            shown += &format!("=== {}\n", post["title"]);
            for line in post["content"].as_array().unwrap() {
                shown += &format!("{line}\n");
            }
        }
        for note in &converted.notes {
            shown += &format!("note: {note}\n");
        }
        insta::assert_snapshot!("post", shown);
    });
}

/// All texts together, until they make a long one; but few with tables, of which a card has five.
#[test]
fn a_text_of_200_kb_becomes_even_cards() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/markdown/texts");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    paths.retain(|path| !path.to_string_lossy().ends_with("tables.md"));
    paths.sort();
    let texts: Vec<_> = paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let text = texts.join("\n\n").repeat(56);
    assert!(text.len() > 200_000);
    let sizes =
        cards(&text).parts.iter().map(|card| format!("{:?}\n", card.size())).collect::<String>();
    insta::assert_snapshot!(sizes);
}

#[test]
fn emphasis_is_read_next_to_punctuation() {
    for (text, markdown) in [
        ("**“中文”** 是", "**“中文”** 是"),
        ("是 **“中文”**。", "是 **“中文”**。"),
        ("**“中文”**是，他说**（好）**", "**“中文”** 是，他说 **（好）**"),
        ("**注意：**灰度", "**注意：** 灰度"),
        ("`**“a”**b` **“x”**y", "`**“a”**b` **“x”** y"),
        (r"\*\*“中文”\*\*是", "&#42;&#42;“中文”&#42;&#42;是"),
        ("a **b**c", "a **b**c"),
        ("**$5** x", "**&#36;5** x"),
        ("x **a*b*c** y", "x **a*b*c** y"),
        ("**a *b***", "**a *b***"),
        ("**a **b", "&#42;&#42;a &#42;&#42;b"),
    ] {
        assert_eq!(contents(&cards(text)), [markdown]);
    }
}

#[test]
fn nothing_ends_a_heading_or_begins_code() {
    for (text, markdown) in [
        ("# C\\#", "# C&#35;"),
        ("<div>\n    <p>a</p>\n</div>", "&#60;div>\n&#60;p>a&#60;/p>\n&#60;/div>"),
        ("    <p>", "```\n<p>\n```"),
        ("- a <i\n  b>", "- a &#60;i b>"),
    ] {
        assert_eq!(contents(&cards(text)), [markdown]);
    }
}

#[test]
fn a_table_has_the_simplest_columns() {
    let converted = cards("| a | b | c |\n|:-:|--:|---|\n| 1 < 2 | *x* | |");
    assert_eq!(
        elements(&converted.parts[0])[0],
        json!({
            "tag": "table",
            "page_size": 10,
            "row_height": "auto",
            "row_max_height": "999px",
            "columns": [
                { "name": "c1", "display_name": "a", "data_type": "text", "horizontal_align": "center" },
                { "name": "c2", "display_name": "b", "data_type": "markdown", "horizontal_align": "right" },
                { "name": "c3", "display_name": "c", "data_type": "text" },
            ],
            "rows": [{ "c1": "1 < 2", "c2": "*x*", "c3": "" }],
        }),
    );
}

#[test]
fn titles_are_numbered_and_bounded() {
    let long = format!("# a\n\n{}\n\n# b\n\n{}", "x ".repeat(9_000), "y ".repeat(9_000));
    let titles = |markdown: Markdown| -> Vec<String> {
        let converted = markdown.cards();
        let title = |card: &feishu_card::Card| card.as_json()["header"]["title"]["content"].clone();
        let titles = converted.parts.iter().map(title);
        titles.map(|title| title.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(titles(Markdown::new("a").title("T")), ["T"]);
    assert_eq!(titles(Markdown::new(long).title("T")), ["T (1/2)", "T (2/2)"]);
    let cut = Markdown::new("a").title("字".repeat(101));
    assert_eq!(cut.cards().notes[0].kind, feishu_card::markdown::NoteKind::TitleCut);
    assert_eq!(titles(cut), ["字".repeat(100)]);
}

#[test]
fn what_a_post_shows_as_such_is_a_post() {
    for (text, is_post) in [
        ("Hi **there**, see [this](https://example.com).\n\n```\ncode\n```\n\n---", true),
        ("![](img_v3_1)", true),
        ("# Title", false),
        ("- item", false),
        ("> quote", false),
        ("| a |\n|---|\n| b |", false),
    ] {
        let message = Markdown::new(text).messages().parts.remove(0);
        assert_eq!(matches!(message, Message::Post(_)), is_post, "{text}");
    }
    assert!(Markdown::new(" \n\n").messages().parts.is_empty());
}
