use serde_json::{Value, json};

use super::button::callback;
use super::{Node, component, plain_text};

component! {
    /// A menu from which one option is chosen (`select_static`).
    ///
    /// Outside a form, each choice sends a callback; in a form, the choice is part of what is
    /// submitted, under the name of the menu.
    ///
    /// ```
    /// use feishu_card::Select;
    /// use serde_json::json;
    ///
    /// let menu = Select::new()
    ///     .placeholder("Environment")
    ///     .option("Staging", "staging")
    ///     .option("Production", "production")
    ///     .callback(json!({ "action": "environment" }));
    /// ```
    pub struct Select
}

impl Select {
    /// Creates a menu without options.
    pub fn new() -> Self {
        Self(Node::new("select_static"))
    }

    /// Sends a callback with this value when an option is chosen. The callback has the value of
    /// the option as well. Required outside a form.
    pub fn callback(self, value: impl Into<Value>) -> Self {
        Self(self.0.push("behaviors", callback(value)))
    }

    /// Sets the name, which a menu in a form must have. It must be unique in the card.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.set("name", name.into())
    }

    /// Sets the option, by its value, that is chosen at first.
    pub fn initial_option(self, value: impl Into<String>) -> Self {
        self.set("initial_option", value.into())
    }
}

impl Default for Select {
    fn default() -> Self {
        Self::new()
    }
}

component! {
    /// A menu from which several options are chosen (`multi_select_static`), in a form.
    pub struct MultiSelect
}

impl MultiSelect {
    /// Creates a menu without options. `name` must be unique in the card.
    pub fn new(name: impl Into<String>) -> Self {
        Self(Node::new("multi_select_static").with("name", name.into()))
    }

    /// Sets the options, by their values, that are chosen at first.
    pub fn selected<S: Into<String>>(self, values: impl IntoIterator<Item = S>) -> Self {
        self.set("selected_values", values.into_iter().map(Into::into).collect::<Vec<String>>())
    }
}

component! {
    /// A field for text (`input`), in a form or alone.
    pub struct Input
}

impl Input {
    /// Creates a field. `name` must be unique in the card.
    pub fn new(name: impl Into<String>) -> Self {
        Self(Node::new("input").with("name", name.into()))
    }

    /// Sets the words next to the field that say what to fill in.
    pub fn label(self, label: impl Into<String>) -> Self {
        self.set("label", plain_text(label))
    }

    /// Sets the text that the field has at first.
    pub fn default_value(self, text: impl Into<String>) -> Self {
        self.set("default_value", text.into())
    }

    /// Sets the maximum number of characters, from 1 to 1,000. Defaults to 1,000.
    pub fn max_length(self, characters: u16) -> Self {
        self.set("max_length", characters)
    }

    /// Lets the text have several lines.
    pub fn multiline(self) -> Self {
        self.set("input_type", "multiline_text")
    }

    /// Sends a callback with this value when the user submits the field. For a field outside a
    /// form.
    pub fn callback(self, value: impl Into<Value>) -> Self {
        Self(self.0.push("behaviors", callback(value)))
    }
}

/// Defines the functions of all components that are filled in.
macro_rules! fields {
    ($( $name:ident, )*) => {
        $(
            impl $name {
                /// Sets the text that is shown while nothing is filled in.
                pub fn placeholder(self, text: impl Into<String>) -> Self {
                    self.set("placeholder", plain_text(text))
                }

                /// Sets whether the form can only be submitted with it. Only for a component in a
                /// form. Defaults to `false`.
                pub fn required(self, required: bool) -> Self {
                    self.set("required", required)
                }
            }
        )*
    };
}

fields! { Select, MultiSelect, Input, }

macro_rules! menus {
    ($( $name:ident, )*) => {
        $(
            impl $name {
                /// Adds an option: what the user sees, and the value that the callback has. Values
                /// must be unique within the menu.
                pub fn option(self, text: impl Into<String>, value: impl Into<String>) -> Self {
                    let option = json!({ "text": plain_text(text), "value": value.into() });
                    Self(self.0.push("options", option))
                }
            }
        )*
    };
}

menus! { Select, MultiSelect, }
