//! Markdown to messages: a text as assistants write it, as cards or as posts.
//!
//! ```
//! use feishu_card::Markdown;
//!
//! let text = "# Report\n\n| city | °C |\n|---|--:|\n| Hangzhou | 24 |\n\nSee <https://example.com>.";
//! let converted = Markdown::new(text).cards();
//! assert_eq!(converted.parts.len(), 1);
//! assert!(converted.notes.is_empty());
//! ```
//!
//! # Conversion
//!
//! | Markdown | in a card | in a post |
//! | --- | --- | --- |
//! | paragraphs, bold, italic, struck out, links, images by key | as such | as such |
//! | headings | as such | bold lines |
//! | lists, nested too, task lists | as such, with ☐ and ☑ | lines with their markers |
//! | quotes | as such | lines with `>` |
//! | `code` | as such | between backticks |
//! | code blocks | as such; out of lists and quotes | the same |
//! | tables | table components | code blocks |
//! | lines | as such | as such |
//! | images by address | links | links |
//! | links that lead to no web page | text, with the address | the same |
//! | footnotes | text, with the label in brackets | the same |
//! | HTML | text, except for `<br>` and `<hr>` | the same |
//!
//! Nothing vanishes: what cannot be shown as it was written is text, and one of the
//! [notes](Converted::notes) says so. Words that the platform would read as a tag, a mention, an
//! emoji or a variable are shown as they are. A line break in the text stays one. Bold words next
//! to Chinese punctuation, such as `**“so”**的`, are bold, though CommonMark does not see them.
//!
//! # Long texts
//!
//! A text becomes as many messages as it takes. It is split between blocks, before a heading if one
//! is near. The next part of a long table repeats its header, that of long code has a fence of its
//! own, and a long paragraph is split at a space, inside bold words too. Each part is complete, and
//! within the platform's limits.
//!
//! See [Markdown in cards][markdown] in the Feishu documentation.
//!
//! [markdown]: https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-json-v2-components/content-components/rich-text

mod address;
mod card;
mod dialect;
mod emphasis;
mod inline;
mod language;
mod parse;
mod post;
mod table;

use std::fmt;

pub use post::Post;

use crate::Card;
use crate::size::MAX_BYTES;
use parse::{Block, Kind, Place};

/// The most that the body of a message takes, with room for its frame and its title.
const ROOM: usize = MAX_BYTES - 2_000;

/// The most characters of a title.
const MAX_TITLE: usize = 100;

/// A text in Markdown, to be sent as cards or posts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Markdown {
    text: String,
    title: String,
    mentions: Vec<String>,
}

impl Markdown {
    /// Reads a text in CommonMark, with tables, strikethrough, task lists and footnotes.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), title: String::new(), mentions: Vec::new() }
    }

    /// Sets the title of the messages, of which at most 100 characters are shown.
    pub fn title(self, title: impl Into<String>) -> Self {
        Self { title: title.into(), ..self }
    }

    /// Lets the text mention a user by this ID, or everyone by `all`: with `<at id=ou_1></at>` or
    /// `<at user_id="ou_1">Tom</at>`. Any other mention is shown as text, so that what an assistant
    /// or a stranger wrote notifies no one by chance.
    ///
    /// ```
    /// use feishu_card::Markdown;
    ///
    /// let text = "<at id=ou_1></at> asks <at id=all></at>";
    /// let converted = Markdown::new(text).mention("ou_1").cards();
    /// assert_eq!(
    ///     converted.parts[0].as_json()["body"]["elements"][0]["content"],
    ///     "<at id=ou_1></at> asks &#60;at id=all>&#60;/at>",
    /// );
    /// assert_eq!(converted.notes[0].to_string(), "a mention is shown as text: all");
    /// ```
    pub fn mention(mut self, id: impl Into<String>) -> Self {
        self.mentions.push(id.into());
        self
    }

    /// Converts the text to cards. There are none if the text shows nothing.
    pub fn cards(&self) -> Converted<Card> {
        let (blocks, notes) = parse::parse(self);
        card::cards(self, blocks, notes)
    }

    /// Converts the text to posts. There are none if the text shows nothing.
    pub fn posts(&self) -> Converted<Post> {
        let (blocks, notes) = parse::parse(self);
        post::posts(self, blocks, notes)
    }

    /// Converts the text to posts if they show all of it as such, and else to cards. A post can
    /// be edited and is read by old clients; tables, headings, lists and quotes want a card.
    ///
    /// ```
    /// use feishu_card::Markdown;
    /// use feishu_card::markdown::Message;
    ///
    /// let is_card = |text| matches!(Markdown::new(text).messages().parts[0], Message::Card(_));
    /// assert!(!is_card("Tests **passed**."));
    /// assert!(is_card("- unit\n- end to end"));
    /// ```
    pub fn messages(&self) -> Converted<Message> {
        let (blocks, notes) = parse::parse(self);
        if blocks.iter().all(is_plain) {
            post::posts(self, blocks, notes).map(Message::Post)
        } else {
            card::cards(self, blocks, notes).map(Message::Card)
        }
    }

    /// Makes messages of their bodies, each with its title.
    fn titled<B, T>(
        &self,
        bodies: Vec<B>,
        mut notes: Vec<Note>,
        message: impl Fn(String, B) -> T,
    ) -> Converted<T> {
        let title: String = self.title.chars().take(MAX_TITLE).collect();
        if title.len() < self.title.len() && !bodies.is_empty() {
            notes.push(Note::new(NoteKind::TitleCut, &self.title));
        }
        let count = bodies.len();
        let title = |index| match count {
            2.. if !title.is_empty() => format!("{title} ({}/{count})", index + 1),
            _ => title.clone(),
        };
        let bodies = bodies.into_iter().enumerate();
        Converted {
            parts: bodies.map(|(index, body)| message(title(index), body)).collect(),
            notes,
        }
    }
}

/// Returns `true` for a block that a post shows as it is.
fn is_plain(block: &Block) -> bool {
    match block {
        Block::Text(place, _) => *place == Place { quotes: 0, kind: Kind::Paragraph },
        Block::Code { .. } | Block::Rule => true,
        Block::Table(_) => false,
    }
}

/// The messages that a text became.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Converted<T> {
    /// The messages, in their order. Each is within the limits of the platform.
    pub parts: Vec<T>,
    /// Remarks on all that is not shown as it was written.
    pub notes: Vec<Note>,
}

impl<T> Converted<T> {
    fn map<U>(self, message: impl FnMut(T) -> U) -> Converted<U> {
        Converted { parts: self.parts.into_iter().map(message).collect(), notes: self.notes }
    }
}

/// A card or a post.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// A card: `msg_type` `interactive`.
    Card(Card),
    /// A post: `msg_type` `post`.
    Post(Post),
}

macro_rules! notes {
    ($( $(#[$meta:meta])* $kind:ident = $text:literal, )*) => {
        /// The reason of a [`Note`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum NoteKind { $( $(#[$meta])* $kind, )* }

        impl fmt::Display for NoteKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $( Self::$kind => $text, )* })
            }
        }
    };
}

notes! {
    /// An image by its address is a link. To show it, upload it, and use its key instead.
    ImageAsLink = "an image is shown as a link",
    /// A link that leads to no web page is text.
    LinkAsText = "a link is shown as text",
    /// A mention that was not allowed, or is in the head of a table, is text.
    MentionAsText = "a mention is shown as text",
    /// HTML is text.
    HtmlAsText = "HTML is shown as text",
    /// A table is a code block, since posts have no tables.
    TableAsText = "a table is shown as text",
    /// A table with more than 50 columns is several tables.
    TableSplit = "a table is split by its columns",
    /// A row of a table has more cells than the table has columns. The last one has them all, as text.
    MoreCells = "more cells in a row than the table has columns",
    /// The language of a code block is unknown to the platform, or is followed by more words.
    CodeInfo = "the words next to a code fence are not shown",
    /// Lists or quotes that are nested more than 5 deep are shown at that depth.
    TooDeep = "lists or quotes are nested too deep",
    /// The title is longer than 100 characters.
    TitleCut = "the title is cut",
}

/// A remark on something that is not shown as it was written.
///
/// Its [`Display`](fmt::Display) is one line, with the first characters of what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// The reason.
    pub kind: NoteKind,
    /// The address, the tag or the words that the note is about. Can be empty.
    pub text: String,
}

impl Note {
    fn new(kind: NoteKind, text: &str) -> Self {
        Self { kind, text: text.to_owned() }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        if self.text.is_empty() {
            return Ok(());
        }
        let shown: String = self.text.chars().take(80).collect();
        let more = if shown.len() < self.text.len() { "…" } else { "" };
        write!(f, ": {}{more}", shown.replace(char::is_control, " "))
    }
}
