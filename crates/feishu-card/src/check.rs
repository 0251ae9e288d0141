//! The limits that the platform documents for cards of schema 2.0.

use std::collections::HashSet;
use std::error::Error;
use std::fmt;

use serde_json::{Map, Value};

use crate::size::{MAX_BYTES, MAX_ELEMENTS, Size};

const MAX_TABLES: usize = 5;
const MAX_COLUMNS: usize = 50;
const MAX_LEVELS: usize = 5;
const MAX_TAGS: usize = 3;
const MAX_BUTTON_TEXT: usize = 100;

/// The reason why the platform would reject a card: which limit, and where.
///
/// ```
/// use feishu_card::{Card, CardErrorKind, MarkdownText};
///
/// let text = MarkdownText::new("Hi").element_id("1st");
/// let error = Card::builder().element(text).build().unwrap_err();
/// assert_eq!(error.kind(), CardErrorKind::ElementId);
/// assert_eq!(error.at(), "body.elements[0]");
/// assert_eq!(
///     error.to_string(),
///     "invalid card: body.elements[0] (markdown): invalid element ID. Begin it with a letter, \
///      and use letters, digits and underscores, at most 20 characters.",
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CardError {
    kind: CardErrorKind,
    at: String,
    tag: String,
}

impl CardError {
    /// Returns the limit that was exceeded.
    pub fn kind(&self) -> CardErrorKind {
        self.kind
    }

    /// Returns the place in the JSON of the card, such as `body.elements[2].columns[0]`. Empty for
    /// the card as a whole.
    pub fn at(&self) -> &str {
        &self.at
    }
}

impl fmt::Display for CardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid card: ")?;
        if !self.at.is_empty() {
            f.write_str(&self.at)?;
            if !self.tag.is_empty() {
                write!(f, " ({})", self.tag)?;
            }
            f.write_str(": ")?;
        }
        self.kind.fmt(f)
    }
}

impl fmt::Debug for CardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for CardError {}

/// Becomes an invalid request, with the same text.
#[cfg(feature = "openplat")]
impl From<CardError> for openplat_core::Error {
    fn from(error: CardError) -> Self {
        Self::builder(openplat_core::ErrorKind::InvalidRequest).detail(error.to_string()).build()
    }
}

macro_rules! kinds {
    ($( $(#[$meta:meta])* $kind:ident = $text:literal, )*) => {
        /// A limit of the platform.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum CardErrorKind { $( $(#[$meta])* $kind, )* }

        impl fmt::Display for CardErrorKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $( Self::$kind => $text, )* })
            }
        }
    };
}

kinds! {
    /// The JSON is not a card of schema 2.0.
    Schema = "not a card of schema 2.0. Set `schema` to \"2.0\", and put components into \
        `body.elements`.",
    /// A component is not an object with a `tag`.
    Component = "not a component. Use an object with a `tag`.",
    /// The component is of schema 1.0.
    OldComponent = "a component that schema 2.0 does not have. Put its buttons or texts directly \
        into the card or a column.",
    /// `update_multi` is `false`.
    NotShared = "`update_multi` cannot be false in schema 2.0. Leave it out.",
    /// The card is larger than 30 KiB.
    TooLarge = "larger than 30 KiB in a request. Shorten it, or send several cards.",
    /// The card has more than 200 components.
    TooManyElements = "more than 200 components and texts. Send several cards.",
    /// Containers are nested more than 5 deep.
    TooDeep = "nested more than 5 containers deep. Take it out of some of them.",
    /// An element ID is not of the documented form.
    ElementId = "invalid element ID. Begin it with a letter, and use letters, digits and \
        underscores, at most 20 characters.",
    /// Two components have the same element ID.
    DuplicateElementId = "the element ID of another component. Use one that is unique in the card.",
    /// The card has more than 5 tables.
    TooManyTables = "more than 5 tables in a card. Send several cards.",
    /// A table has more than 50 columns.
    TooManyColumns = "more than 50 columns, of which the platform hides the rest. Use two tables.",
    /// A column has no name, or that of another column.
    ColumnName = "a column without a name of its own. Give each column of the table another name.",
    /// A row has a value for a column that does not exist.
    UnknownColumn = "a row with a value for a column that the table does not have. Add the column, \
        or leave the value out.",
    /// The page of a table does not have from 1 to 10 rows.
    PageSize = "invalid page size. Use 1 to 10 rows a page.",
    /// A form or a table is in another component.
    NotAtRoot = "inside another component. Put forms and tables directly into the card.",
    /// A component is not allowed in a form.
    NotInForm = "not allowed in a form. Put it before or after the form.",
    /// A component is only allowed in a form.
    OnlyInForm = "only allowed in a form. Put it into one, or use a component for one choice.",
    /// A form has no button that submits it.
    NoSubmit = "a form without a button that submits it. Add one with `Button::submit`.",
    /// A component in a form, or a form, has no name.
    NoName = "a form, or a component of one, without a name. Set its name.",
    /// Two components have the same name.
    DuplicateName = "the name of another component. Use one that is unique in the card.",
    /// Two options of a menu have the same value.
    DuplicateOption = "two options with the same value. Give each option another value.",
    /// The text of a button is longer than 100 characters.
    ButtonText = "a text of more than 100 characters on a button. Shorten it.",
    /// The title has more than 3 tags.
    TooManyTags = "more than 3 tags in the title, of which the platform hides the rest. Use 3.",
    /// An image has no key.
    NoImageKey = "an image without a key. Upload the image for messages, and use the `image_key`.",
}

/// Checks a card against the limits, and returns the first that it exceeds.
pub(crate) fn check(card: &Value) -> Result<(), CardError> {
    let elements = card.pointer("/body/elements").and_then(Value::as_array);
    let schema = card.get("schema").and_then(Value::as_str);
    let (Some(elements), Some("2.0")) = (elements, schema) else {
        return Err(whole(CardErrorKind::Schema));
    };
    if card.pointer("/config/update_multi") == Some(&Value::Bool(false)) {
        return Err(whole(CardErrorKind::NotShared));
    }
    let tags = card.pointer("/header/text_tag_list").and_then(Value::as_array);
    if tags.is_some_and(|tags| tags.len() > MAX_TAGS) {
        return Err(whole(CardErrorKind::TooManyTags));
    }
    let mut walk = Walk::default();
    walk.elements(elements, Place { path: "body", level: 1, form: false })?;
    let size = Size::of(card);
    if size.elements > MAX_ELEMENTS {
        return Err(whole(CardErrorKind::TooManyElements));
    }
    if size.bytes > MAX_BYTES {
        return Err(whole(CardErrorKind::TooLarge));
    }
    Ok(())
}

fn whole(kind: CardErrorKind) -> CardError {
    CardError { kind, at: String::new(), tag: String::new() }
}

/// The place of a list of components.
#[derive(Clone, Copy)]
struct Place<'a> {
    path: &'a str,
    level: usize,
    form: bool,
}

/// A walk through a card, with all that must not be in it twice, or too often.
#[derive(Default)]
struct Walk<'a> {
    ids: HashSet<&'a str>,
    names: HashSet<&'a str>,
    tables: usize,
}

type Checked = Result<(), CardErrorKind>;

impl<'a> Walk<'a> {
    fn elements(&mut self, elements: &'a [Value], place: Place<'_>) -> Result<(), CardError> {
        for (index, element) in elements.iter().enumerate() {
            let at = format!("{}.elements[{index}]", place.path);
            self.element(element, Place { path: &at, ..place })?;
        }
        Ok(())
    }

    fn element(&mut self, element: &'a Value, place: Place<'_>) -> Result<(), CardError> {
        let tag = text(element, "tag").unwrap_or_default();
        let error = |kind| CardError { kind, at: place.path.to_owned(), tag: tag.to_owned() };
        let Some(members) = element.as_object().filter(|_| !tag.is_empty()) else {
            return Err(error(CardErrorKind::Component));
        };
        self.component(tag, members, place).map_err(error)?;
        let inner = Place { level: place.level + 1, form: place.form || tag == "form", ..place };
        if let Some(elements) = list(members, "elements") {
            self.elements(elements, inner)?;
        }
        for (index, column) in list(members, "columns").into_iter().flatten().enumerate() {
            let at = format!("{}.columns[{index}]", place.path);
            let column_error = |kind| CardError { kind, at: at.clone(), tag: "column".to_owned() };
            column.get("element_id").map_or(Ok(()), |id| self.id(id)).map_err(column_error)?;
            if let Some(elements) = column.as_object().and_then(|column| list(column, "elements")) {
                self.elements(elements, Place { path: &at, ..inner })?;
            }
        }
        if tag == "form" && !submits(element) {
            return Err(error(CardErrorKind::NoSubmit));
        }
        Ok(())
    }

    fn component(
        &mut self,
        tag: &str,
        members: &'a Map<String, Value>,
        place: Place<'_>,
    ) -> Checked {
        let Place { level, form, .. } = place;
        ensure(level <= MAX_LEVELS + 1, CardErrorKind::TooDeep)?;
        ensure(!matches!(tag, "note" | "action"), CardErrorKind::OldComponent)?;
        ensure(!form || !matches!(tag, "form" | "table" | "chart"), CardErrorKind::NotInForm)?;
        ensure(level == 1 || !matches!(tag, "form" | "table"), CardErrorKind::NotAtRoot)?;
        let only_in_form = matches!(tag, "multi_select_static" | "multi_select_person");
        ensure(form || !only_in_form, CardErrorKind::OnlyInForm)?;
        self.ids(members)?;
        if tag == "form" || (form && is_filled_in(tag)) {
            self.name(members)?;
        }
        match tag {
            "table" => self.table(members),
            "button" => button(members),
            "img" => ensure(!is_blank(members.get("img_key")), CardErrorKind::NoImageKey),
            "select_static" | "multi_select_static" => options(members),
            _ => Ok(()),
        }
    }

    /// Checks the IDs of a component and of the texts that are its members.
    fn ids(&mut self, members: &'a Map<String, Value>) -> Checked {
        let texts = members.values().filter_map(|member| member.get("element_id"));
        members.get("element_id").into_iter().chain(texts).try_for_each(|id| self.id(id))
    }

    fn id(&mut self, id: &'a Value) -> Checked {
        let id = id.as_str().filter(|id| is_element_id(id)).ok_or(CardErrorKind::ElementId)?;
        ensure(self.ids.insert(id), CardErrorKind::DuplicateElementId)
    }

    fn name(&mut self, members: &'a Map<String, Value>) -> Checked {
        let name = members.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
        let name = name.ok_or(CardErrorKind::NoName)?;
        ensure(self.names.insert(name), CardErrorKind::DuplicateName)
    }

    fn table(&mut self, members: &Map<String, Value>) -> Checked {
        self.tables += 1;
        ensure(self.tables <= MAX_TABLES, CardErrorKind::TooManyTables)?;
        let columns = list(members, "columns").unwrap_or_default();
        ensure(columns.len() <= MAX_COLUMNS, CardErrorKind::TooManyColumns)?;
        let mut names = HashSet::new();
        for column in columns {
            let name = text(column, "name").filter(|name| !name.is_empty());
            ensure(name.is_some_and(|name| names.insert(name)), CardErrorKind::ColumnName)?;
        }
        let rows = list(members, "rows").unwrap_or_default();
        let mut cells = rows.iter().filter_map(Value::as_object).flat_map(Map::keys);
        ensure(cells.all(|name| names.contains(name.as_str())), CardErrorKind::UnknownColumn)?;
        let page_size = members.get("page_size").map_or(Some(5), Value::as_u64);
        ensure(page_size.is_some_and(|rows| (1..=10).contains(&rows)), CardErrorKind::PageSize)
    }
}

fn ensure(holds: bool, kind: CardErrorKind) -> Checked {
    if holds { Ok(()) } else { Err(kind) }
}

fn text<'a>(component: &'a Value, name: &str) -> Option<&'a str> {
    component.get(name).and_then(Value::as_str)
}

fn list<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a [Value]> {
    members.get(name).and_then(Value::as_array).map(Vec::as_slice)
}

fn is_blank(value: Option<&Value>) -> bool {
    value.and_then(Value::as_str).is_none_or(str::is_empty)
}

fn is_element_id(id: &str) -> bool {
    let is_word = id.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
    is_word && id.len() <= 20 && id.starts_with(|first: char| first.is_ascii_alphabetic())
}

/// Returns `true` for a component that sends what a user does with it, and so has a name in a form.
fn is_filled_in(tag: &str) -> bool {
    matches!(
        tag,
        "button"
            | "checker"
            | "date_picker"
            | "input"
            | "multi_select_person"
            | "multi_select_static"
            | "picker_datetime"
            | "picker_time"
            | "select_img"
            | "select_person"
            | "select_static"
    )
}

fn button(members: &Map<String, Value>) -> Checked {
    let text = members.get("text").and_then(|button| text(button, "content")).unwrap_or_default();
    ensure(text.chars().count() <= MAX_BUTTON_TEXT, CardErrorKind::ButtonText)
}

fn options(members: &Map<String, Value>) -> Checked {
    let mut values = HashSet::new();
    let options = list(members, "options").unwrap_or_default();
    let is_new = |option| values.insert(text(option, "value"));
    ensure(options.iter().all(is_new), CardErrorKind::DuplicateOption)
}

/// Returns `true` if a form holds a button that submits it, at any depth.
fn submits(form: &Value) -> bool {
    let mut open = vec![form];
    while let Some(value) = open.pop() {
        match value {
            // The second is the older way, which the platform still takes.
            Value::Object(members)
                if members.get("form_action_type").is_some_and(|action| action == "submit")
                    || members.get("action_type").is_some_and(|action| action == "form_submit") =>
            {
                return true;
            }
            Value::Object(members) => open.extend(members.values()),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    false
}
