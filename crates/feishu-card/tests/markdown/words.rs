//! Nothing that somebody wrote vanishes, and what is written is read as it was meant.

use std::fs;

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use feishu_card::Markdown;
use feishu_card::markdown::NoteKind;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::Value;

use super::{cards, contents};

/// Adds all strings of a message, as a client reads them.
fn read(json: &Value, text: &mut String) {
    match json {
        Value::String(string) => *text += &decoded(string),
        Value::Array(items) => items.iter().for_each(|item| read(item, text)),
        Value::Object(members) => members.values().for_each(|member| read(member, text)),
        _ => {}
    }
}

/// Returns text with the characters for its entities.
fn decoded(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("&#") {
        let (number, behind) = after.split_once(';').unwrap_or(("", after));
        decoded.push_str(before);
        match number.parse().ok().and_then(char::from_u32) {
            Some(c) => {
                decoded.push(c);
                rest = behind;
            }
            None => {
                decoded.push_str("&#");
                rest = after;
            }
        }
    }
    decoded + rest
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && (c.is_ascii() || !c.is_alphanumeric()))
        .flat_map(|word| word.split_inclusive(|c: char| !c.is_ascii()))
        .filter(|word| !word.is_empty())
}

/// Words of the source that are no words to a reader: languages with another name, entities, the
/// names of users, which clients put there themselves, addresses in percents, and the numbers of
/// lists, which count on.
fn is_markup(word: &str) -> bool {
    const KNOWN: [&str; 12] =
        ["sh", "md", "amp", "lt", "gt", "copy", "br", "hr", "user", "Ann", "西", "湖"];
    KNOWN.contains(&word) || word.parse::<u64>().is_ok()
}

#[track_caller]
fn arrives(text: &str) {
    let converted = cards(text);
    let posts = Markdown::new(text).mention("ou_1").posts();
    let [mut in_cards, mut in_posts] = [String::new(), String::new()];
    converted.parts.iter().for_each(|card| read(card.as_json(), &mut in_cards));
    posts.parts.iter().for_each(|post| read(post.as_json(), &mut in_posts));
    converted.notes.iter().for_each(|note| in_cards += &note.text);
    posts.notes.iter().for_each(|note| in_posts += &note.text);
    for word in words(text).filter(|word| !is_markup(word)) {
        assert!(in_cards.contains(word), "{word:?} of {text:?} is in no card: {converted:?}");
        assert!(in_posts.contains(word), "{word:?} of {text:?} is in no post: {posts:?}");
    }
}

#[test]
fn every_word_of_a_text_arrives() {
    insta::glob!("texts/*.md", |path| {
        arrives(&fs::read_to_string(path).unwrap());
    });
}

#[test]
fn cells_beyond_the_columns_of_a_table_arrive() {
    for row in ["| 1 | two | *three* |", "1 | two | three", "| 1 | two \\| three", "| | | two |"] {
        let text = format!("| a |\n| - |\n{row}\n| 4 |\n| 5 | |\n");
        arrives(&text);
        let notes = cards(&text).notes;
        assert_eq!(notes.len(), 1, "{row}: {notes:?}");
        assert_eq!(notes[0].kind, NoteKind::MoreCells);
        assert!(
            Markdown::new(&text).posts().notes.iter().any(|note| note.kind == NoteKind::MoreCells)
        );
    }
}

/// Fragments of texts; each `w` becomes a word of its own.
const BLOCKS: [&str; 24] = [
    "# W",
    "w *w* **w**",
    "- w",
    "  - w",
    "    - w",
    "3. w",
    "   w",
    "> w",
    "> > w",
    "> - w",
    "```rust",
    "```",
    "~~~",
    "    w",
    "| w | w |",
    "|---|---|",
    "| w | *w* | w | w |",
    "---",
    "===",
    "<div>w</div>",
    "[^w]: w",
    "[w]: https://w.example.com",
    "- [ ] w",
    "",
];

const INLINES: [&str; 22] = [
    "w",
    " w ",
    "**",
    "*",
    "_",
    "~~",
    "`",
    "``",
    "[w](https://w.com/w)",
    "[w](w)",
    "![w](img_w)",
    "![w](https://w.com)",
    "<w>",
    "<https://w.com>",
    " https://w.com/w",
    "<at id=ou_1>w</at>",
    "<at id=ou_1>",
    "\\",
    "&",
    "[^w]",
    "[w]",
    "|",
];

/// Makes a text of fragments, with another word for each `w`.
fn text(u: &mut Unstructured<'_>) -> Result<String> {
    let mut text = String::new();
    let mut words = 0;
    for _ in 0..u.int_in_range(0..=12)? {
        let mut fragments = vec![*u.choose(&BLOCKS)?];
        for _ in 0..u.int_in_range(0..=5)? {
            fragments.push(*u.choose(&INLINES)?);
        }
        for c in fragments.concat().chars() {
            if c == 'w' {
                words += 1;
                text += &format!("w{words}x");
            } else {
                text.push(c);
            }
        }
        text.push('\n');
    }
    Ok(text)
}

#[test]
fn every_word_of_any_text_arrives() {
    arbtest(|u| {
        let text = text(u)?;
        // The name of a user is what clients show in its place, a label is not shown beside its
        // link, and the platform has the name of a language.
        if !text.contains("<at") && !text.contains("]: ") && !text.contains("```rust") {
            arrives(&text);
        }
        cards(&text);
        Ok(())
    });
}

/// A character as a reader sees it: bold, italic, struck out, code, linked.
type Seen = (char, [bool; 4], Option<String>);

/// Returns what a reader of CommonMark sees, without spaces.
fn seen(markdown: &str) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut styles = [0; 3];
    let mut link = None;
    for event in Parser::new_ext(markdown, Options::ENABLE_STRIKETHROUGH) {
        let (text, code) = match event {
            Event::Text(text) => (text, false),
            Event::Code(text) => (text, true),
            Event::Html(text) => (text, false),
            Event::InlineHtml(text) if !text.starts_with("<br") => (text, false),
            Event::Start(Tag::Strong) => (add(&mut styles[0], 1), false),
            Event::End(TagEnd::Strong) => (add(&mut styles[0], -1), false),
            Event::Start(Tag::Emphasis) => (add(&mut styles[1], 1), false),
            Event::End(TagEnd::Emphasis) => (add(&mut styles[1], -1), false),
            Event::Start(Tag::Strikethrough) => (add(&mut styles[2], 1), false),
            Event::End(TagEnd::Strikethrough) => (add(&mut styles[2], -1), false),
            Event::Start(Tag::Link { dest_url, .. }) => {
                link = Some(dest_url.into_string());
                continue;
            }
            Event::End(TagEnd::Link) => {
                link = None;
                continue;
            }
            _ => continue,
        };
        let [bold, italic, strike] = styles.map(|depth| depth > 0);
        let look = [bold, italic, strike, code];
        let visible = text.chars().filter(|c| !c.is_whitespace());
        seen.extend(visible.map(|c| (c, look, link.clone())));
    }
    seen
}

fn add(depth: &mut i32, change: i32) -> pulldown_cmark::CowStr<'static> {
    *depth += change;
    "".into()
}

#[test]
fn what_is_written_is_read_as_it_was_meant() {
    const PARTS: [&str; 28] = [
        "\n",
        "\n> ",
        "a",
        "字",
        " ",
        "b ",
        "**",
        "*",
        "_",
        "~~",
        "`",
        "—",
        "(",
        "·",
        ".",
        "$",
        "\\*",
        "\\`",
        "&lt;",
        "&amp;lt;",
        "<i>",
        "[c](https://e.com?f=1&reg=2)",
        "[**d**](https://e.com)",
        ":OK:",
        "#",
        "[e] ",
        "|",
        "x",
    ];
    arbtest(|u| {
        let mut text = String::from("x");
        for _ in 0..u.int_in_range(0..=14)? {
            text += u.choose(&PARTS)?;
        }
        let converted = cards(&text);
        let markdown = contents(&converted).concat();
        assert_eq!(seen(&markdown), seen(&text), "{text:?} became {markdown:?}");
        Ok(())
    });
}

/// Any order of the characters that Markdown reads.
#[test]
fn no_text_breaks_a_message() {
    const CHARACTERS: &str = "*_`~[]()<>!#-+|\\&;:/.1aw“字 \"\n\n\t";
    let characters: Vec<_> = CHARACTERS.chars().collect();
    arbtest(|u| {
        let mut text = String::new();
        for _ in 0..u.int_in_range(0..=80)? {
            text.push(*u.choose(&characters)?);
        }
        arrives(&text);
        Ok(())
    });
}
