//! Messages to many users at once: send them, ask how far they have come, and recall them.
//!
//! ```no_run
//! use feishu_im::batch_message::{DeleteBatchMessage, SendBatchMessage};
//! use feishu_im::content::Text;
//!
//! # async fn run(feishu: feishu_im::Client) -> Result<(), feishu_im::Error> {
//! let news = SendBatchMessage::with_content(Text::new("The office is closed."));
//! let batch = news.open_ids(["ou_1", "ou_2"]).send(&feishu).await?;
//! if !batch.invalid_open_ids.is_empty() {
//!     println!("no message for {:?}", batch.invalid_open_ids);
//! }
//! DeleteBatchMessage::new(batch.message_id).send(&feishu).await?;
//! # Ok(())
//! # }
//! ```

use serde_json::{Value, json};

use crate::content::{Content, SentAs};
pub use crate::generated::batch_message::*;

impl SendBatchMessage {
    /// Creates a batch of this message: a text, a post, an image, the card of a group, or a card.
    ///
    /// ```
    /// use feishu_im::batch_message::{BatchMessageType, SendBatchMessage};
    /// use feishu_im::content::Post;
    /// use serde_json::json;
    ///
    /// let batch = SendBatchMessage::with_content(Post::en_us("Closed").line(["Until Monday."]));
    /// // A batch has its posts one level deeper than a single message.
    /// let post = json!({ "en_us": {
    ///     "title": "Closed",
    ///     "content": [[{ "tag": "text", "text": "Until Monday." }]],
    /// } });
    /// let expected = SendBatchMessage::new(BatchMessageType::Post).content(json!({ "post": post }));
    /// assert_eq!(batch, expected);
    /// ```
    pub fn with_content(content: impl SentAs<Content>) -> Self {
        let content = content.into();
        let msg_type = BatchMessageType::from(content.msg_type());
        let batch = Self::new(msg_type.clone());
        let text = content.to_json_string();
        // Text that is not JSON is left for the platform to refuse.
        let json = serde_json::from_str(&text).unwrap_or(Value::String(text));
        match msg_type {
            BatchMessageType::Interactive => batch.card(json),
            BatchMessageType::Post => batch.content(json!({ "post": json })),
            _ => batch.content(json),
        }
    }
}
