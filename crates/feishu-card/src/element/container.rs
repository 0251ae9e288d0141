use serde_json::json;

use super::{Element, Node, component, plain_text, words};

words! {
    /// The way in which columns adapt to a narrow screen.
    pub enum FlexMode {
        /// Columns become narrower.
        None = "none",
        /// Columns are put below each other, in full width.
        Stretch = "stretch",
        /// Columns that do not fit wrap to the next line.
        Flow = "flow",
        /// Two columns of the same width in a line.
        Bisect = "bisect",
        /// Three columns of the same width in a line.
        Trisect = "trisect",
    }
}

component! {
    /// Columns next to each other (`column_set`). They can hold everything but forms and tables.
    ///
    /// ```
    /// use feishu_card::{Column, ColumnSet, MarkdownText};
    ///
    /// let columns = ColumnSet::new()
    ///     .column(Column::new().weight(1).element(MarkdownText::new("**Owner**")))
    ///     .column(Column::new().weight(4).element(MarkdownText::new("Tom")));
    /// ```
    pub struct ColumnSet
}

impl ColumnSet {
    /// Creates a set without columns.
    pub fn new() -> Self {
        Self(Node::new("column_set").with("columns", json!([])))
    }

    /// Adds a column.
    pub fn column(self, column: Column) -> Self {
        Self(self.0.push("columns", Element::from(column).into_json()))
    }

    /// Sets how columns adapt to a narrow screen. Defaults to [`FlexMode::None`].
    pub fn flex_mode(self, mode: FlexMode) -> Self {
        self.set("flex_mode", mode)
    }
}

impl Default for ColumnSet {
    fn default() -> Self {
        Self::new()
    }
}

component! {
    /// A column of a [`ColumnSet`] (`column`).
    pub struct Column
}

impl Column {
    /// Creates an empty column, as wide as what it holds.
    pub fn new() -> Self {
        Self(Node::new("column").with("elements", json!([])))
    }

    /// Sets the share of the width, from 1 to 5, in relation to the other columns.
    pub fn weight(self, weight: u8) -> Self {
        self.set("width", "weighted").set("weight", weight)
    }

    /// Sets the width: `auto`, or from `16px` to `600px`. Defaults to `auto`.
    pub fn width(self, width: impl Into<String>) -> Self {
        self.set("width", width.into())
    }
}

impl Default for Column {
    fn default() -> Self {
        Self::new()
    }
}

component! {
    /// A form, which collects what is filled in until it is submitted (`form`).
    ///
    /// A form is directly in the card, not in another component, and needs a button that
    /// [submits](crate::Button::submit) it. The callback has all values under `form_value`, by the
    /// names of their components.
    ///
    /// ```
    /// use feishu_card::{Button, ButtonStyle, Card, Form, Input};
    ///
    /// let form = Form::new("leave")
    ///     .element(Input::new("reason").label("Reason").required(true))
    ///     .element(Button::new("Send").style(ButtonStyle::Primary).submit("send"));
    /// let card = Card::builder().element(form).build()?;
    /// # Ok::<(), feishu_card::CardError>(())
    /// ```
    pub struct Form
}

impl Form {
    /// Creates an empty form. `name` must be unique in the card.
    pub fn new(name: impl Into<String>) -> Self {
        Self(Node::new("form").with("name", name.into()).with("elements", json!([])))
    }
}

component! {
    /// A panel that unfolds when its title is clicked (`collapsible_panel`). It can hold everything
    /// but forms and tables.
    ///
    /// ```
    /// use feishu_card::{CollapsiblePanel, MarkdownText};
    ///
    /// let panel = CollapsiblePanel::new("Log").element(MarkdownText::new("```\n$ make\n```"));
    /// ```
    pub struct CollapsiblePanel
}

impl CollapsiblePanel {
    /// Creates an empty panel, which is folded.
    pub fn new(title: impl Into<String>) -> Self {
        let header = json!({ "title": plain_text(title) });
        Self(Node::new("collapsible_panel").with("header", header).with("elements", json!([])))
    }

    /// Sets whether the panel is unfolded at first. Defaults to `false`.
    pub fn expanded(self, expanded: bool) -> Self {
        self.set("expanded", expanded)
    }
}

macro_rules! containers {
    ($( $name:ident, )*) => {
        $(
            impl $name {
                /// Adds a component.
                pub fn element(self, element: impl Into<Element>) -> Self {
                    Self(self.0.push("elements", element.into().into_json()))
                }
            }
        )*
    };
}

containers! { Column, Form, CollapsiblePanel, }
