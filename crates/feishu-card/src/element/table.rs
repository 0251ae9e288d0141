use serde_json::{Map, Value, json};

use super::{Align, Node, component};

component! {
    /// A table (`table`). A card can have at most 5, outside other components.
    ///
    /// ```
    /// use feishu_card::{Table, TableColumn};
    /// use serde_json::json;
    ///
    /// let table = Table::new([TableColumn::text("name", "Name"), TableColumn::number("age", "Age")])
    ///     .row([("name", json!("Tom")), ("age", json!(41))])
    ///     .row([("name", json!("Ann")), ("age", json!(39))]);
    /// ```
    pub struct Table
}

impl Table {
    /// Creates a table with at most 50 columns, and no rows.
    pub fn new(columns: impl IntoIterator<Item = TableColumn>) -> Self {
        let columns: Vec<Value> = columns.into_iter().map(|column| column.0.into_json()).collect();
        Self(Node::new("table").with("columns", columns).with("rows", json!([])))
    }

    /// Adds a row: values by the names of their columns. A column without a value has an empty
    /// cell.
    pub fn row<N, V>(self, cells: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<Value>,
    {
        let cells = cells.into_iter().map(|(name, value)| (name.into(), value.into()));
        let cells: Map<String, Value> = cells.collect();
        Self(self.0.push("rows", cells))
    }

    /// Sets the number of rows on a page of the table, from 1 to 10. Defaults to 5.
    pub fn page_size(self, rows: u8) -> Self {
        self.set("page_size", rows)
    }

    /// Makes rows as high as what they hold, instead of one line. Clients older than 7.33 do not
    /// know that height.
    pub fn auto_height(self) -> Self {
        self.set("row_height", "auto").set("row_max_height", "999px")
    }
}

/// A column of a [`Table`].
#[derive(Debug, Clone, PartialEq)]
pub struct TableColumn(Node);

impl TableColumn {
    /// Creates a column of the type that the platform calls `data_type`. `name` is the key of its
    /// values in a row, `display_name` its title, which may be empty.
    pub fn new(
        data_type: impl Into<String>,
        name: impl Into<String>,
        display_name: impl Into<String>,
    ) -> Self {
        let column = Node::default().with("name", name.into()).with("data_type", data_type.into());
        Self(column.with("display_name", display_name.into()))
    }

    /// Creates a column of text that is shown as it is.
    pub fn text(name: impl Into<String>, display_name: impl Into<String>) -> Self {
        Self::new("text", name, display_name)
    }

    /// Creates a column of Markdown, as in [`MarkdownText`](crate::MarkdownText).
    pub fn markdown(name: impl Into<String>, display_name: impl Into<String>) -> Self {
        Self::new("markdown", name, display_name)
    }

    /// Creates a column of numbers.
    pub fn number(name: impl Into<String>, display_name: impl Into<String>) -> Self {
        Self::new("number", name, display_name)
    }

    /// Creates a column of times: numbers of milliseconds since the Unix epoch. `format` is made of
    /// `YYYY`, `MM`, `DD`, `HH`, `mm` and `ss`.
    pub fn date(
        name: impl Into<String>,
        display_name: impl Into<String>,
        format: impl Into<String>,
    ) -> Self {
        Self::new("date", name, display_name).set("date_format", format.into())
    }

    /// Creates a column of users: their IDs, one string or a list.
    pub fn persons(name: impl Into<String>, display_name: impl Into<String>) -> Self {
        Self::new("persons", name, display_name)
    }

    /// Creates a column of tags: a string, or a list of objects with `text` and `color`.
    pub fn options(name: impl Into<String>, display_name: impl Into<String>) -> Self {
        Self::new("options", name, display_name)
    }

    /// Sets the width: `auto`, from `80px` to `600px`, or from `1%` to `100%`. Defaults to `auto`.
    pub fn width(self, width: impl Into<String>) -> Self {
        self.set("width", width.into())
    }

    /// Sets the alignment. Defaults to right for numbers, and else to left.
    pub fn align(self, align: Align) -> Self {
        self.set("horizontal_align", align)
    }

    /// Sets a member of the column by its name in the JSON of the card.
    pub fn set(self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        Self(self.0.with(name, value))
    }
}
