use serde_json::{Value, json};

use super::{Node, component, plain_text, words};

words! {
    /// The looks of a [`Button`].
    pub enum ButtonStyle {
        /// Black letters, with a border.
        Default = "default",
        /// Blue letters, with a border.
        Primary = "primary",
        /// Red letters, with a border.
        Danger = "danger",
        /// Black letters, without a border.
        Text = "text",
        /// Blue letters, without a border.
        PrimaryText = "primary_text",
        /// Red letters, without a border.
        DangerText = "danger_text",
        /// White letters on blue.
        PrimaryFilled = "primary_filled",
        /// White letters on red.
        DangerFilled = "danger_filled",
    }
}

component! {
    /// A button (`button`).
    ///
    /// ```
    /// use feishu_card::Button;
    /// use serde_json::json;
    ///
    /// let approve = Button::new("Approve").callback(json!({ "action": "approve", "id": 7 }));
    /// let details = Button::new("Details").open_url("https://example.com/7");
    /// ```
    pub struct Button
}

impl Button {
    /// Creates a button with a text of at most 100 characters.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Node::new("button").with("text", plain_text(text)))
    }

    /// Sets the looks. Defaults to [`ButtonStyle::Default`].
    pub fn style(self, style: ButtonStyle) -> Self {
        self.set("type", style)
    }

    /// Sends a callback when the button is clicked. Its `action.value` is `value`, which should be
    /// an object: the platform's own SDKs expect one.
    pub fn callback(self, value: impl Into<Value>) -> Self {
        Self(self.0.push("behaviors", callback(value)))
    }

    /// Opens an address when the button is clicked; can be combined with a callback.
    pub fn open_url(self, url: impl Into<String>) -> Self {
        let behavior = json!({ "type": "open_url", "default_url": url.into() });
        Self(self.0.push("behaviors", behavior))
    }

    /// Submits the form that the button is in. The callback carries `name`, which must be unique
    /// in the card.
    pub fn submit(self, name: impl Into<String>) -> Self {
        self.set("name", name.into()).set("form_action_type", "submit")
    }

    /// Resets the form that the button is in. `name` must be unique in the card.
    pub fn reset(self, name: impl Into<String>) -> Self {
        self.set("name", name.into()).set("form_action_type", "reset")
    }

    /// Asks the user to confirm the click.
    pub fn confirm(self, title: impl Into<String>, text: impl Into<String>) -> Self {
        self.set("confirm", json!({ "title": plain_text(title), "text": plain_text(text) }))
    }

    /// Sets whether the button cannot be clicked. Defaults to `false`.
    pub fn disabled(self, disabled: bool) -> Self {
        self.set("disabled", disabled)
    }
}

pub(super) fn callback(value: impl Into<Value>) -> Value {
    json!({ "type": "callback", "value": value.into() })
}
