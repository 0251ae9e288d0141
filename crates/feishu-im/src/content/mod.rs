//! The content of messages: typed builders for sending, typed values when reading.
//!
//! The API carries a message as two strings: `msg_type`, and `content`, which is JSON written into
//! a string. Each type of this module stands for one `msg_type`; all of them convert to
//! [`Content`], which gives both strings.
//!
//! ```
//! use feishu_im::content::{Content, Text};
//!
//! let content = Content::from(Text::new("Ship it, ").mention("ou_84aad35d084aa403a838cf73", "Tom"));
//! assert_eq!(content.msg_type(), "text");
//! assert_eq!(
//!     content.to_json_string(),
//!     r#"{"text":"Ship it, <at user_id=\"ou_84aad35d084aa403a838cf73\">Tom</at>"}"#,
//! );
//! ```
//!
//! | `msg_type` | send it with | read it as |
//! | --- | --- | --- |
//! | `text` | [`Text`] | [`Content::Text`] |
//! | `post` | [`Post`], Markdown by `feishu-card` (feature `markdown`) | [`Content::Post`] |
//! | `image` | [`Image`] | [`Content::Image`] |
//! | `file` | [`File`] | [`Content::File`] |
//! | `audio` | [`Audio`] | [`Content::Audio`] |
//! | `media` (a video) | [`Media`] | [`Content::Media`] |
//! | `sticker` | [`Sticker`] | [`Content::Sticker`] |
//! | `interactive` (a card) | [`Card`], [`CardTemplate`], [`CardEntity`], the builders of `feishu-card` (feature `cards`) | [`Content::Interactive`] |
//! | `share_chat` | [`ShareChat`] | [`Content::ShareChat`] |
//! | `share_user` | [`ShareUser`] | [`Content::ShareUser`] |
//! | `system` | [`Divider`] | [`Content::System`] |
//! | folders, calendar events, votes and others that only people send | | [`Content`] |
//! | anything else | [`Raw`] | [`Content::Unknown`] |
//!
//! # Reading and sending
//!
//! [`Content::parse`] takes both forms. In what the platform returns, mentions are placeholders
//! such as `@_user_1`, which the `mentions` of the message resolve (see [`Text::resolve`]); a post
//! has lost its languages, and its Markdown is taken apart; a card has another shape than the JSON
//! it was sent as; files have their name and recordings their length.
//!
//! ```
//! use feishu_im::content::Content;
//!
//! let Content::Audio(audio) = Content::parse("audio", r#"{"file_key":"file_v2_x","duration":2000}"#)
//! else {
//!     panic!("not a recording");
//! };
//! assert_eq!(audio.duration, Some(2000));
//!
//! // A recalled message, for example, has a sentence instead of JSON.
//! let recalled = Content::parse("text", "This message was recalled");
//! assert_eq!(recalled.to_json_string(), "This message was recalled");
//! ```
//!
//! # Content that is not as documented
//!
//! Content is read with the same leniency as responses: an odd member costs neither the others nor
//! the type. What a field cannot hold is in `extra` of its type as it came, and so is what this
//! version does not know; elements of a post that it does not know are in
//! [`post::Element::Unknown`]. Broken characters are replaced by U+FFFD.
//!
//! Content that was read is written with the same members. A value in another form is written in
//! the documented one (`"2000"` as `2000`, a post without its wrapper), `null` is left out, the
//! keys of a card and of `extra` are sorted, and numbers are written as short as they can be.
//!
//! # Limits
//!
//! The platform accepts requests of up to 150 KB with a text, and of up to 30 KB with a post or a
//! card; error 230025 says that one was longer. A template counts with all that it brings, and
//! tags for styles make a message longer than what was sent. Only texts and posts can be edited.
//!
//! Vendor's pages: [sending][send], [reading][read].
//!
//! [send]: https://open.feishu.cn/document/server-docs/im-v1/message-content-description/create_json
//! [read]: https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content

mod card;
#[cfg(feature = "cards")]
mod cards;
pub(crate) mod markdown;
mod markup;
mod media;
mod members;
pub mod post;
mod received;
pub(crate) mod render;
mod share;
mod system;
mod text;

use std::fmt;

pub use card::{Card, CardEntity, CardTemplate};
pub use media::{Audio, File, Image, Media, Sticker};
pub use post::Post;
pub use received::{CalendarEvent, Folder, Hongbao, Location, MergeForward, Todo, VideoChat, Vote};
pub use share::{ShareChat, ShareUser};
pub use system::{Divider, DividerText, System};
pub use text::{Text, escape, mention};

/// One line for each type of message, so that none of the three directions can forget one. Types
/// with the same `msg_type` are tried in the order of the lines.
macro_rules! contents {
    ($( $(#[$meta:meta])* $variant:ident($type:ty) = $msg_type:literal, )*) => {
        /// The content of a message, together with the type of the message.
        ///
        /// ```
        /// use feishu_im::content::{Content, Image};
        ///
        /// let content: Content = Image::new("img_v2_1").into();
        /// assert_eq!(content.msg_type(), "image");
        /// assert_eq!(content.to_json_string(), r#"{"image_key":"img_v2_1"}"#);
        /// assert_eq!(Content::parse("image", r#"{"image_key":"img_v2_1"}"#), content);
        /// ```
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Content {
            $( $(#[$meta])* $variant($type), )*
            /// A type of message that this version does not know, or content that is no JSON
            /// object, such as the sentence that a recalled message has.
            Unknown(Raw),
        }

        impl Content {
            /// Reads the `content` of a message of type `msg_type`, in the form that is sent or in
            /// the form that the platform returns.
            ///
            /// Never fails. A JSON object of a known type has the variant of that type, whatever
            /// is in it; anything else becomes [`Content::Unknown`], unchanged.
            ///
            /// ```
            /// use feishu_im::content::Content;
            ///
            /// let vote = Content::parse("vote", r#"{"topic":"Lunch","options":["Rice","Noodles"]}"#);
            /// assert!(matches!(vote, Content::Vote(vote) if vote.options.len() == 2));
            /// assert!(matches!(Content::parse("hologram", "{}"), Content::Unknown(_)));
            /// ```
            pub fn parse(msg_type: &str, content: &str) -> Self {
                let Some(json) = members::json(content) else {
                    return Self::without_json(msg_type, content);
                };
                // Some clients have another name for it.
                let known_type = if msg_type == "video" { "media" } else { msg_type };
                $(
                    if known_type == $msg_type
                        && let Ok(known) = serde_json::from_str::<$type>(&json)
                    {
                        return Self::$variant(known);
                    }
                )*
                Self::Unknown(Raw::new(msg_type, content))
            }

            /// Returns the type of the message as it is on the wire, for the parameter `msg_type`.
            pub fn msg_type(&self) -> &str {
                match self {
                    $( Self::$variant(_) => $msg_type, )*
                    Self::Unknown(raw) => &raw.msg_type,
                }
            }

            /// Returns the content as it is on the wire, for the parameter `content`: JSON, which
            /// the request then carries as a string.
            ///
            /// [`Display`](fmt::Display) writes the same.
            pub fn to_json_string(&self) -> String {
                self.to_string()
            }
        }

        impl fmt::Display for Content {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if let Some(words) = self.words() {
                    return f.write_str(words);
                }
                let json = match self {
                    $( Self::$variant(known) => serde_json::to_string(known), )*
                    Self::Unknown(raw) => return f.write_str(&raw.content),
                };
                // Only keys that are no strings could fail, and no type here has such.
                f.write_str(&json.map_err(|_| fmt::Error)?)
            }
        }
    };
}

contents! {
    /// Text, with mentions.
    Text(Text) = "text",
    /// Rich text.
    Post(Post) = "post",
    /// An image.
    Image(Image) = "image",
    /// A file.
    File(File) = "file",
    /// A folder. Only people send them.
    Folder(Folder) = "folder",
    /// A recording.
    Audio(Audio) = "audio",
    /// A video. Also read from messages of type `video`.
    Media(Media) = "media",
    /// A sticker.
    Sticker(Sticker) = "sticker",
    /// A card.
    Interactive(Card) = "interactive",
    /// A chat to join.
    ShareChat(ShareChat) = "share_chat",
    /// A user's business card.
    ShareUser(ShareUser) = "share_user",
    /// A line between messages, in the form that is sent.
    Divider(Divider) = "system",
    /// A message of the platform itself, dividers included.
    System(System) = "system",
    /// A red packet. Only people send them.
    Hongbao(Hongbao) = "hongbao",
    /// A calendar event that a user shared.
    ShareCalendarEvent(CalendarEvent) = "share_calendar_event",
    /// An invitation to a calendar event.
    Calendar(CalendarEvent) = "calendar",
    /// A calendar event that was handed over, annotated or moved to another calendar.
    GeneralCalendar(CalendarEvent) = "general_calendar",
    /// A place. Only people send them.
    Location(Location) = "location",
    /// A video call.
    VideoChat(VideoChat) = "video_chat",
    /// A task.
    Todo(Todo) = "todo",
    /// A vote.
    Vote(Vote) = "vote",
    /// Several messages forwarded as one.
    MergeForward(MergeForward) = "merge_forward",
}

/// The text that the platform puts instead of the content of a message that was recalled.
const RECALLED: &str = "This message was recalled";

impl Content {
    /// Reads content that is no JSON: bare words, as merged-forward messages have.
    fn without_json(msg_type: &str, content: &str) -> Self {
        let words = content.trim();
        let is_forward = msg_type == "merge_forward" && !words.starts_with(['{', '[', '"']);
        if is_forward && words != RECALLED && words.contains(char::is_alphabetic) {
            return Self::MergeForward(MergeForward::bare(content));
        }
        Self::Unknown(Raw::new(msg_type, content))
    }

    /// The content, if it is written without JSON.
    fn words(&self) -> Option<&str> {
        let Self::MergeForward(forward) = self else { return None };
        let words = forward.content.as_deref().filter(|_| forward.extra.is_empty())?;
        matches!(Self::parse("merge_forward", words), Self::MergeForward(read) if read == *forward)
            .then_some(words)
    }
}

/// Content in the platform's own words, sent as it is.
///
/// For a type of message or a form of content that this version does not know.
///
/// ```
/// use feishu_im::content::{Content, Raw};
///
/// let content = Content::from(Raw::new("hologram", r#"{"hologram_key":"h1"}"#));
/// assert_eq!(content.msg_type(), "hologram");
/// assert_eq!(content.to_json_string(), r#"{"hologram_key":"h1"}"#);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Raw {
    /// The type of the message, as on the wire.
    pub msg_type: String,
    /// The content, as on the wire: JSON as a rule, but nothing is promised.
    pub content: String,
}

impl Raw {
    /// Creates the content of a message of type `msg_type`. Neither is checked.
    pub fn new(msg_type: impl Into<String>, content: impl Into<String>) -> Self {
        Self { msg_type: msg_type.into(), content: content.into() }
    }
}

/// A value that can be sent as `T`, which is [`Content`] or a [`Card`]: one that converts to it.
///
/// Implemented for everything that does; it exists for the compiler's message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent as `{T}`",
    label = "does not convert to `{T}`",
    note = "with the feature `cards` of `feishu-im`, a card of `feishu-card` converts to both \
            `Content` and `Card`; with `markdown`, so do the parts of a `Markdown`"
)]
pub trait SentAs<T>: Into<T> {}

#[diagnostic::do_not_recommend]
impl<S: Into<T>, T> SentAs<T> for S {}

macro_rules! into_content {
    ($( $type:ty => $variant:ident, )*) => {
        $(
            impl From<$type> for Content {
                fn from(content: $type) -> Self {
                    Self::$variant(content.into())
                }
            }
        )*
    };
}

into_content! {
    Text => Text,
    Post => Post,
    Image => Image,
    File => File,
    Audio => Audio,
    Media => Media,
    Sticker => Sticker,
    Card => Interactive,
    CardTemplate => Interactive,
    CardEntity => Interactive,
    ShareChat => ShareChat,
    ShareUser => ShareUser,
    Divider => Divider,
    Raw => Unknown,
}

/// Plain text, as of [`Text::new`].
///
/// ```
/// use feishu_im::content::{Content, Text};
///
/// assert_eq!(Content::from("1 < 2"), Content::from(Text::new("1 < 2")));
/// ```
impl From<&str> for Content {
    fn from(plain: &str) -> Self {
        Text::new(plain).into()
    }
}

/// Plain text, as of [`Text::new`].
impl From<String> for Content {
    fn from(plain: String) -> Self {
        Text::new(plain).into()
    }
}
