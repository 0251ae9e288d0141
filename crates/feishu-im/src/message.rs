//! Messages: send, reply, edit, forward, recall, list, search, and mark as urgent.
//!
//! | to | use |
//! | --- | --- |
//! | send a message to a chat or a person | [`CreateMessage`], with a [`ReceiveId`] |
//! | reply to one, in its thread too | [`ReplyMessage`] |
//! | edit a text or a post, or change a card | [`UpdateMessage`], [`PatchMessage`] |
//! | recall one | [`DeleteMessage`] |
//! | forward one, several, or a thread | [`ForwardMessage`], [`MergeForwardMessage`], [`ForwardThread`](crate::thread::ForwardThread) |
//! | read one, or those of a chat or thread | [`GetMessage`], [`ListMessage`] with a [`ContainerId`] |
//! | find messages | [`SearchMessage`] |
//! | see who has read one | [`ListMessageReadUsers`] |
//! | mark one as urgent | [`UrgeMessageByApp`], [`UrgeMessageBySms`], [`UrgeMessageByPhone`] |
//! | offer follow-ups below one | [`PushMessageFollowUp`] |
//! | send a file, an image or a recording | [`SendFile`], [`SendImage`], [`SendAudio`] |
//! | fetch the files within one | [`Message::resources`], [`Message::folders`], [`GetMessageResponse::resources`] |
//!
//! # Content
//!
//! The API carries it as JSON in a string. The builders of [`content`](crate::content) write that
//! string, and [`Message::content`] reads it:
//!
//! [`Text`], [`Post`], [`Image`], [`File`], [`Audio`], [`Media`], [`Sticker`], [`ShareChat`],
//! [`ShareUser`], and the cards [`Card`], [`CardTemplate`] and [`CardEntity`].
//!
//! ```no_run
//! use feishu_im::content::Text;
//! use feishu_im::message::{ContainerId, CreateMessage, ListMessage, ReceiveId, ReplyMessage};
//!
//! # async fn run(feishu: feishu_im::Client) -> Result<(), feishu_im::Error> {
//! let chat = "oc_a0553eda9014c201e6969b478895c230";
//! let text = Text::new("Lunch? ").mention("ou_84aad35d084aa403a838cf73", "Tom");
//! let sent = CreateMessage::with_content(ReceiveId::chat(chat), text).send(&feishu).await?;
//!
//! let reply = Text::new("At twelve.");
//! ReplyMessage::with_content(sent.message_id, reply).send(&feishu).await?;
//!
//! let mut messages = ListMessage::new(ContainerId::chat(chat)).items(&feishu);
//! while let Some(message) = messages.next().await {
//!     let message = message?;
//!     println!("{}", message.to_text());
//! }
//! # Ok(())
//! # }
//! ```

mod reply;
mod resources;
mod send_file;
mod tree;

use crate::content::SentAs;
pub use crate::content::{
    Audio, Card, CardEntity, CardTemplate, Content, File, Image, Media, Post, ShareChat, ShareUser,
    Sticker, Text,
};
pub use crate::generated::message::*;
pub use resources::{Resource, ResourceFolder};
pub use send_file::{Destination, SendAudio, SendFile, SendFileError, SendImage, UnsentMessage};
pub use tree::MessageTree;

impl CreateMessage {
    /// Creates a message with this content; see [`content`](crate::content) for what it can be.
    pub fn with_content(receive_id: ReceiveId, content: impl SentAs<Content>) -> Self {
        let content = content.into();
        Self::new(CreateMessageRequired {
            receive_id,
            msg_type: content.msg_type().into(),
            content: &content.to_json_string(),
        })
    }
}

impl ReplyMessage {
    /// Creates a reply with this content; see [`content`](crate::content) for what it can be.
    pub fn with_content(message_id: impl Into<String>, content: impl SentAs<Content>) -> Self {
        let content = content.into();
        Self::new(ReplyMessageRequired {
            message_id: &message_id.into(),
            content: &content.to_json_string(),
            msg_type: content.msg_type().into(),
        })
    }
}

impl UpdateMessage {
    /// Creates an edit of a sent message with new content: a [`Text`] or a [`Post`].
    pub fn with_content(message_id: impl Into<String>, content: impl SentAs<Content>) -> Self {
        let content = content.into();
        Self::new(UpdateMessageRequired {
            message_id: &message_id.into(),
            msg_type: content.msg_type().into(),
            content: &content.to_json_string(),
        })
    }
}

impl PatchMessage {
    /// Creates an update of a sent card.
    pub fn with_card(message_id: impl Into<String>, card: impl SentAs<Card>) -> Self {
        let card = Content::from(card.into());
        Self::new(PatchMessageRequired {
            message_id: &message_id.into(),
            content: &card.to_json_string(),
        })
    }
}

impl Message {
    /// Returns the name behind the placeholder of a mention, such as `@_user_1`; see
    /// [`Text::resolve`].
    pub fn mention_name(&self, key: &str) -> Option<&str> {
        let mention = self.mentions.iter().find(|mention| mention.key.as_deref() == Some(key))?;
        mention.name.as_deref()
    }

    /// Returns the content of the message. Content that cannot be parsed is in [`Content::Unknown`]
    /// as it came, and so is a message without content.
    pub fn content(&self) -> Content {
        let msg_type = self.msg_type.as_ref().map(MessageType::as_str).unwrap_or_default();
        let body = self.body.as_ref().and_then(|body| body.content.as_deref());
        Content::parse(msg_type, body.unwrap_or_default())
    }
    /// Returns the message as plain text, with the names of those whom it mentions; see
    /// [`Content::to_text`].
    ///
    /// A merged forward is no more than `[merged forward]`; [`GetMessageResponse::to_text`] returns
    /// the text of what is in it.
    pub fn to_text(&self) -> String {
        self.content().to_text(&self.mentions)
    }

    /// Returns the message as Markdown; see [`Content::to_markdown`].
    pub fn to_markdown(&self) -> String {
        self.content().to_markdown(&self.mentions)
    }
}
