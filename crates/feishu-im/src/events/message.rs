//! From a received message to its text, and to the reply.

use super::text;
use super::{MessageChatType, MessageMention, MessageReceived, UserId, V1ChatType, V1Message};
use crate::bot::Bot;
use crate::content::Content;
use crate::content::render::{self, Mentioned};
use crate::message::{GetMessage, MessageType};

impl MessageReceived {
    /// Returns the content, read as [`Message::content`](crate::message::Message::content) reads
    /// that of a message which was fetched: what cannot be read is in [`Content::Unknown`].
    pub fn content(&self) -> Content {
        let message = &self.message;
        let msg_type = message.message_type.as_ref().map(MessageType::as_str).unwrap_or_default();
        Content::parse(msg_type, message.content.as_deref().unwrap_or_default())
    }

    /// Returns the words of a text or a post, without the mention of the bot; `None` for a message
    /// of another type.
    ///
    /// - Mentions of bots are left out, and the space around them becomes one. If the platform does not
    ///   say which mentions are of bots, the one at the very beginning is treated as such.
    /// - Other mentions become `@` and the name, and a mention of all members becomes `@all` unless
    ///   it has a name.
    /// - The title of a post is its first line. Styles and images are lost, links become
    ///   `[words](address)`, and emoji become `[SMILE]`.
    ///
    /// ```
    /// use feishu_im::events::{MessageReceived, RawEvent};
    ///
    /// let data = r#"{"message":{"message_id":"om_1","message_type":"text",
    ///     "content":"{\"text\":\"@_user_1 ask @_user_2 for lunch\"}",
    ///     "mentions":[{"key":"@_user_1","name":"Pilot","mentioned_type":"bot"},
    ///                 {"key":"@_user_2","name":"Tom","mentioned_type":"user"}]}}"#;
    /// let message: MessageReceived = RawEvent::new(Default::default(), data).read()?.value;
    /// assert_eq!(message.text().as_deref(), Some("ask @Tom for lunch"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn text(&self) -> Option<String> {
        text::of_content(&self.content(), &self.mentioned())
    }

    /// Returns the whole message as plain text: what [`text`](Self::text) returns, the mention of
    /// the bot included, and a text for messages of all other types too; see [`Content::to_text`].
    ///
    /// ```
    /// use feishu_im::events::{MessageReceived, RawEvent};
    ///
    /// let data = r#"{"message":{"message_id":"om_1","message_type":"file",
    ///     "content":"{\"file_key\":\"file_1\",\"file_name\":\"report.pdf\"}"}}"#;
    /// let message: MessageReceived = RawEvent::new(Default::default(), data).read()?.value;
    /// assert_eq!(message.to_text(), "[report.pdf]");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A merged forward is no more than `[merged forward]`:
    /// [`GetMessage`](crate::message::GetMessage) returns what is in it, and
    /// [`GetMessageResponse::to_text`](crate::message::GetMessageResponse::to_text) its text.
    pub fn to_text(&self) -> String {
        render::text(&self.content(), &self.mentioned())
    }

    /// Returns the whole message as Markdown; see [`Content::to_markdown`].
    pub fn to_markdown(&self) -> String {
        render::markdown(&self.content(), &self.mentioned())
    }

    fn mentioned(&self) -> Vec<Mentioned<'_>> {
        self.message.mentions.iter().map(Mentioned::from).collect()
    }

    /// Returns the open ID of the sender, which starts with `ou_`.
    pub fn sender_open_id(&self) -> Option<&str> {
        self.sender.as_ref()?.sender_id.as_ref()?.open_id.as_deref()
    }

    /// Returns `true` if the message mentions the user or the bot with this open ID. The bot's own
    /// is [`Bot::open_id`].
    pub fn mentions(&self, open_id: &str) -> bool {
        let ids = self.message.mentions.iter().filter_map(|mention| mention.id.as_ref());
        ids.flat_map(|ids| &ids.open_id).any(|id| id == open_id)
    }

    /// Returns `true` if the message mentions all members in the chat.
    pub fn mentions_all(&self) -> bool {
        let mut keys = self.message.mentions.iter().filter_map(|mention| mention.key.as_deref());
        keys.any(|key| key == ALL) || text::mentions_all(&self.content())
    }

    /// Returns `true` if the message is for the bot: every message in a direct chat, and in a
    /// group one that mentions a bot. If the platform does not say which mentions are of bots, any
    /// mention counts but that of all members.
    ///
    /// In a group with several bots, ask [`is_for`](Self::is_for).
    pub fn is_for_bot(&self) -> bool {
        if self.is_direct() {
            return true;
        }
        let mentions = self.mentioned();
        match mentions.iter().any(|mention| mention.is_bot.is_some()) {
            true => mentions.iter().any(|mention| mention.is_bot == Some(true)),
            false => mentions.iter().any(|mention| mention.key != ALL),
        }
    }

    /// Returns `true` if the message is for this bot: every message in a direct chat, and in a
    /// group one that mentions the bot.
    pub fn is_for(&self, bot: &Bot) -> bool {
        self.is_direct() || self.mentions(bot.open_id())
    }

    fn is_direct(&self) -> bool {
        self.message.chat_type == Some(MessageChatType::P2p)
    }

    /// Returns the request for the message that began the tree of replies; `None` if this message
    /// is no reply.
    pub fn root(&self) -> Option<GetMessage> {
        let root = self.message.root_id.as_deref().filter(|root| !root.is_empty());
        root.map(GetMessage::new)
    }
}

impl V1Message {
    /// Returns the words of a text or a post, without the mention of the bot and with the title
    /// of a post as the first line; `None` for a message of another type.
    ///
    /// Other mentions become `@` and the name.
    pub fn text(&self) -> Option<String> {
        let title = self.title.as_deref().unwrap_or_default();
        let text = match (&self.text_without_at_bot, &self.text) {
            (Some(text), _) => text::of_tagged(text, true),
            (None, Some(text)) => text::of_tagged(text, self.is_mention == Some(false)),
            (None, None) if title.is_empty() => return None,
            (None, None) => String::new(),
        };
        Some(text::below(title, &text))
    }

    /// Returns `true` if the message is for the bot: every message in a direct chat, and in a
    /// group one that mentions the bot.
    pub fn is_for_bot(&self) -> bool {
        self.chat_type == Some(V1ChatType::Private) || self.is_mention == Some(true)
    }
}

/// The key of the mention of all members.
const ALL: &str = "@_all";

impl<'a> From<&'a MessageMention> for Mentioned<'a> {
    fn from(mention: &'a MessageMention) -> Self {
        let kind = mention.mentioned_type.as_deref().filter(|kind| !kind.is_empty());
        Self {
            key: mention.key.as_deref().unwrap_or_default(),
            ids: mention.id.as_ref().map(ids).unwrap_or_default(),
            name: mention.name.as_deref().unwrap_or_default(),
            // Both words have been seen for bots.
            is_bot: kind.map(|kind| matches!(kind, "bot" | "app")),
        }
    }
}

fn ids(ids: &UserId) -> [&str; 3] {
    [&ids.open_id, &ids.union_id, &ids.user_id].map(|id| id.as_deref().unwrap_or_default())
}
