//! The JSON of a card with a place for the text.

use feishu_card::Card;
use openplat_core::{Error, ErrorKind};
use serde_json::{Value, json};

/// The most bytes of a card in a request, which carries its JSON in a string. The platform allows
/// 30 KB, to which it adds some of its own.
const MOST_BYTES: usize = 28_000;
/// The fewest bytes that a card must leave for the text.
const LEAST_ROOM: usize = 4_000;
/// The most elements of a card, texts included. The platform allows 200.
const MOST_ELEMENTS: usize = 180;

pub(super) struct Template {
    card: Value,
    element_id: String,
    room: usize,
}

impl Template {
    /// Creates a card that consists of the text.
    pub(super) fn plain() -> Self {
        let element_id = "text";
        let text = json!({ "tag": "markdown", "element_id": element_id, "content": "" });
        let card = json!({ "schema": "2.0", "body": { "elements": [text] } });
        Self::measured(card, element_id)
    }

    pub(super) fn new(card: Value, element_id: &str) -> Result<Self, Error> {
        let card = Card::from_json(card).map_err(|error| invalid(error.to_string()))?;
        let elements = card.size().elements;
        if elements > MOST_ELEMENTS {
            let detail = format!("the card has {elements} elements; use at most {MOST_ELEMENTS}");
            return Err(invalid(detail));
        }
        let mut card = card.into_json();
        if !set_text(&mut card, element_id, "") {
            return Err(invalid(format!(
                "the card has no element with the `element_id` `{element_id}` and the tag \
                 `markdown` or `plain_text`; add one, where the text is to be shown"
            )));
        }
        let template = Self::measured(card, element_id);
        if template.room < LEAST_ROOM {
            let most = MOST_BYTES - LEAST_ROOM;
            let detail = format!(
                "the card is too large; use at most {most} bytes in a request, without the text"
            );
            return Err(invalid(detail));
        }
        Ok(template)
    }

    fn measured(card: Value, element_id: &str) -> Self {
        let mut template = Self { card, element_id: element_id.to_owned(), room: 0 };
        let card = template.finished("", "").to_string();
        let size = Value::from(card).to_string().len();
        template.room = MOST_BYTES.saturating_sub(size);
        template
    }

    /// Returns how many bytes of a request the text can have.
    pub(super) fn room(&self) -> usize {
        self.room
    }

    /// Returns the card while its text is streamed.
    pub(super) fn streaming(&self, text: &str) -> Value {
        self.with(text, json!({ "streaming_mode": true }))
    }

    /// Returns the card with its last text.
    pub(super) fn finished(&self, text: &str, summary: &str) -> Value {
        self.with(text, finished_config(summary))
    }

    fn with(&self, text: &str, changes: Value) -> Value {
        let mut card = self.card.clone();
        set_text(&mut card, &self.element_id, text);
        if !card["config"].is_object() {
            card["config"] = json!({});
        }
        if let (Value::Object(config), Value::Object(changes)) = (&mut card["config"], changes) {
            config.extend(changes);
        }
        card
    }

    pub(super) fn element_id(&self) -> &str {
        &self.element_id
    }
}

/// Returns the settings that switch the streaming mode on.
pub(super) fn streaming_settings() -> String {
    json!({ "config": { "streaming_mode": true } }).to_string()
}

/// Returns the settings that switch the streaming mode off. The platform ignores settings outside
/// `config` without an error, and shows the summary in the list of chats.
pub(super) fn finished_settings(summary: &str) -> String {
    json!({ "config": finished_config(summary) }).to_string()
}

fn finished_config(summary: &str) -> Value {
    match summary {
        "" => json!({ "streaming_mode": false }),
        _ => json!({ "streaming_mode": false, "summary": { "content": summary } }),
    }
}

fn set_text(value: &mut Value, element_id: &str, text: &str) -> bool {
    match value {
        Value::Object(members) => {
            let tag = members.get("tag").and_then(Value::as_str);
            let is_text = matches!(tag, Some("markdown" | "plain_text"));
            if is_text && members.get("element_id").is_some_and(|id| id == element_id) {
                members.insert("content".to_owned(), text.into());
                return true;
            }
            members.values_mut().any(|member| set_text(member, element_id, text))
        }
        Value::Array(items) => items.iter_mut().any(|item| set_text(item, element_id, text)),
        _ => false,
    }
}

fn invalid(detail: String) -> Error {
    Error::builder(ErrorKind::InvalidRequest).detail(detail).build()
}
