//! Replies and reactions to a message.

use super::{Content, Message, ReplyMessage};
use crate::content::SentAs;
use crate::message_reaction::{CreateMessageReaction, Emoji, ReactionType};

/// A message gets the same, whether it was fetched or pushed.
macro_rules! gets_replies {
    ($ty:ty, $($id:ident).+) => {
        impl $ty {
            /// Creates a reply; if the message is in a thread, so is the reply.
            ///
            /// ```no_run
            /// # async fn run(
            /// #     feishu: feishu_im::Client,
            /// #     message: feishu_im::message::Message,
            /// # ) -> Result<(), feishu_im::Error> {
            /// message.reply("Lunch is at twelve.").send(&feishu).await?;
            /// # Ok(())
            /// # }
            /// ```
            pub fn reply(&self, content: impl SentAs<Content>) -> ReplyMessage {
                ReplyMessage::with_content(&self.$($id).+, content)
            }

            /// Creates a reply that begins a thread below the message, or continues its thread.
            pub fn reply_in_thread(&self, content: impl SentAs<Content>) -> ReplyMessage {
                self.reply(content).reply_in_thread(true)
            }

            /// Creates a reaction to the message with an emoji of the platform, such as
            /// [`Emoji::ThumbsUp`] or `"THUMBSUP"`.
            pub fn react(&self, emoji: impl Into<Emoji>) -> CreateMessageReaction {
                CreateMessageReaction::with_emoji(&self.$($id).+, emoji)
            }
        }
    };
}

gets_replies!(Message, message_id);
#[cfg(feature = "events")]
gets_replies!(crate::events::MessageReceived, message.message_id);
#[cfg(feature = "events")]
gets_replies!(crate::events::V1Message, open_message_id);

impl CreateMessageReaction {
    /// Creates the request with an emoji of the platform, such as [`Emoji::ThumbsUp`] or
    /// `"THUMBSUP"`.
    pub fn with_emoji(message_id: impl Into<String>, emoji: impl Into<Emoji>) -> Self {
        Self::new(message_id, ReactionType::new(emoji))
    }
}
