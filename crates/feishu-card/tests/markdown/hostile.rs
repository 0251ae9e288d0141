//! Texts that are long, deep, or made to break what reads them.

use feishu_card::markdown::NoteKind;
use feishu_card::{Card, Markdown};
use pulldown_cmark::{Event, Parser, Tag};

use super::{cards, contents, elements};

fn posts(text: &str) {
    for post in Markdown::new(text).posts().parts {
        assert!(bytes(&post.to_json_string()) <= 30 * 1024);
    }
}

/// Returns the number of bytes of a string in a request.
fn bytes(content: &str) -> usize {
    serde_json::to_string(content).map_or(usize::MAX, |string| string.len())
}

/// Returns the number of cards that a long text becomes, and checks that nothing of it is lost.
#[track_caller]
fn splits(text: &str) -> usize {
    posts(text);
    let converted = cards(text);
    assert!(converted.notes.is_empty());
    let kept = |text: &str| text.chars().filter(|c| c.is_ascii_lowercase()).count();
    let arrived: usize = contents(&converted).iter().map(|content| kept(content)).sum();
    assert_eq!(arrived, kept(text));
    converted.parts.len()
}

#[test]
fn long_texts_are_split() {
    let words = "lorem ipsum dolor ".repeat(11_112);
    let (few, _) = words.split_at(40_000);
    for (text, most) in [
        (words.clone(), 8),
        ("x".repeat(200_000), 8),
        (format!("**{}**", words.trim()), 8),
        (few.replace(' ', "\n\n"), 4),
        (few.replace(' ', "\n- "), 3),
        (format!("> {}", few.replace(' ', "\n> ")), 3),
    ] {
        let cards = splits(&text);
        assert!(cards <= most, "{cards} instead of {most}");
    }
}

#[test]
fn long_code_goes_on_in_a_fence_of_its_own() {
    let line = "let greeting = \"hello\"; // `x`\n";
    for text in [
        format!("```rust\n{}```", line.repeat(6_000)),
        format!("```rust\n{}\n```", "let x = 1; ".repeat(18_000)),
    ] {
        let converted = cards(&text);
        posts(&text);
        let contents = contents(&converted);
        assert!(contents.iter().all(|content| is_one_rust_block(content)));
        let arrived = contents.iter().map(|content| content.matches('=').count());
        assert_eq!(arrived.sum::<usize>(), text.matches('=').count());
    }
}

fn is_one_rust_block(content: &str) -> bool {
    let blocks = Parser::new(content).filter(|event| matches!(event, Event::Start(_)));
    let blocks: Vec<_> = blocks.collect();
    matches!(blocks.as_slice(), [Event::Start(Tag::CodeBlock(_))])
        && content.starts_with("```rust\n")
}

#[test]
fn a_long_table_repeats_its_header() {
    let text =
        format!("| name | value |\n|---|---|\n{}", "| a key | some *value* |\n".repeat(3_000));
    posts(&text);
    let converted = cards(&text);
    let tables: Vec<_> = converted.parts.iter().flat_map(elements).collect();
    assert!(tables.len() > 3);
    assert!(tables.iter().all(|table| table["columns"][1]["display_name"] == "value"));
    let rows = tables.iter().map(|table| table["rows"].as_array().unwrap().len());
    assert_eq!(rows.sum::<usize>(), 3_000);
}

#[test]
fn a_table_with_a_cell_that_fits_in_no_card_is_text() {
    for text in [
        format!("| a |\n|---|\n| {} |", "x".repeat(50_000)),
        format!("| {} |\n|---|\n| a |", "x".repeat(50_000)),
    ] {
        let converted = cards(&text);
        assert_eq!(converted.notes[0].kind, NoteKind::TableAsText);
        let contents = contents(&converted).concat();
        assert_eq!(contents.matches('x').count(), 50_000);
    }
}

#[test]
fn a_message_that_is_as_full_as_can_be_is_within_the_limits() {
    let title = "\"".repeat(100);
    for last in (0..4_000).step_by(100) {
        let blocks = [8_900, 8_900, 8_900, last].map(|length| "x".repeat(length));
        let markdown = Markdown::new(blocks.join("\n\n")).title(&title);
        for card in markdown.cards().parts {
            Card::from_json(card.into_json()).unwrap();
        }
        for post in markdown.posts().parts {
            assert!(bytes(&post.to_json_string()) <= 30 * 1024);
        }
    }
}

#[test]
fn a_heading_stays_with_what_follows() {
    // The fourth does not fit, though the card is not yet three quarters full.
    let lengths = [6_900, 6_900, 6_900, 8_800].into_iter().cycle().take(20);
    let text: String =
        lengths.map(|length| format!("## H\n\n{}\n\n", "x".repeat(length))).collect();
    let converted = cards(&text);
    assert!(converted.parts.len() > 4);
    for card in &converted.parts {
        let last = elements(card).last().unwrap()["content"].as_str().unwrap();
        assert!(!last.rsplit("\n\n").next().unwrap().starts_with('#'), "{last}");
    }
    cards(&format!("# {}", "long ".repeat(9_000)));
    cards(&"# heading\n\n".repeat(9_000));
    cards("# the last");
}

#[test]
fn code_mentions_nobody() {
    for text in [
        "`<at id=all></at>` ``<AT id=all>``",
        "```\n<at id=all></at>\n```",
        "    <at\tid=all></at>",
        "| a |\n|---|\n| `<at id=all></at>` |",
    ] {
        let card = cards(text).parts[0].to_string().to_lowercase();
        assert!(card.contains("<\u{200d}at") && !card.contains("<at"), "{card}");
    }
    assert_eq!(contents(&cards("`<attr> Vec<T>`")), ["`<attr> Vec<T>`"]);
    cards(&format!("```\n{}\n```", "<at ".repeat(20_000)));
}

#[test]
fn a_head_that_mentions_nobody_is_noted() {
    let notes = cards("| <at id=ou_1></at> | b |\n|---|---|\n| <at id=ou_2></at> | c |").notes;
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert_eq!((notes[0].kind, &*notes[0].text), (NoteKind::MentionAsText, "ou_1"));
}

#[test]
fn no_depth_is_too_deep() {
    let deep = 5_000;
    for text in [
        ">".repeat(deep) + " a",
        "- ".repeat(deep) + "a",
        "1. ".repeat(deep) + "a",
        "*".repeat(deep) + "a" + &"*".repeat(deep),
        "**a ".repeat(deep) + &"b** ".repeat(deep),
        "[".repeat(deep) + "a" + &"](b)".repeat(deep),
        "![".repeat(500) + "a" + &"](b)".repeat(500),
        "`".repeat(deep) + "a",
        "```\n".to_owned() + &"`".repeat(deep) + "\n~~~",
        "<a ".repeat(deep),
        "<at id=ou_1>".repeat(deep),
        "&".repeat(deep) + "&#0;&#x110000;",
        "https://".repeat(deep),
        "https://a.b/".to_owned() + &")".repeat(deep),
        "---\n\n".repeat(2_000),
        "| a |\n|---|\n\n".repeat(2_000),
        "\\".repeat(deep),
        "\u{0}\u{1}\u{7f}\u{fdd0}\u{feff}\u{202e} a".repeat(500),
        "![".to_owned() + &"a".repeat(50_000) + "](img_v3_1)",
        format!("[a](https://b.c/{})", "d".repeat(50_000)),
        (0..300).map(|at| "  ".repeat(at) + "- a\n").collect(),
        "|a".repeat(500) + "\n" + &"|-".repeat(500) + "\n" + &"a\n".repeat(50),
        "| a |\n|---|\n| ".to_owned() + &"*a* ".repeat(20_000),
        (0..deep).map(|at| format!("[{at}]: a\n")).collect(),
        "**“".repeat(deep) + &"”**的".repeat(deep),
        "\"\\\n\t".repeat(deep),
    ] {
        cards(&text);
        posts(&text);
    }
}
