//! Texts as assistants write them, as cards and posts.

mod hostile;
mod texts;
mod words;

use feishu_card::markdown::Converted;
use feishu_card::{Card, Markdown};
use serde_json::Value;

/// Returns what a person sees of cards, and how they are built.
fn shown(converted: &Converted<Card>) -> String {
    let mut shown = String::new();
    for (index, card) in converted.parts.iter().enumerate() {
        shown += &format!("=== card {}\n", index + 1);
        for element in elements(card) {
            shown += &match element["tag"].as_str() {
                Some("markdown") => format!("{}\n", element["content"].as_str().unwrap_or("?")),
                _ => format!("{element}\n"),
            };
            shown += "---\n";
        }
    }
    for note in &converted.notes {
        shown += &format!("note: {note}\n");
    }
    shown
}

/// Returns the texts of cards.
fn contents(converted: &Converted<Card>) -> Vec<&str> {
    let elements = converted.parts.iter().flat_map(elements);
    elements.filter_map(|element| element["content"].as_str()).collect()
}

fn elements(card: &Card) -> &[Value] {
    card.as_json()["body"]["elements"].as_array().map_or(&[], Vec::as_slice)
}

fn cards(text: &str) -> Converted<Card> {
    let converted = Markdown::new(text).title("Title").mention("ou_1").mention("ou_2").cards();
    for card in &converted.parts {
        assert_eq!(Card::from_json(card.clone().into_json()).as_ref(), Ok(card));
    }
    converted
}
