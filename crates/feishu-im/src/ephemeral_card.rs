//! Cards in a group that only one user sees.
//!
//! A form for one person, or a warning, need not disturb the others. When the user has answered,
//! [`DeleteEphemeralCard`] removes the card; an update is another card.
//!
//! ```no_run
//! use feishu_im::content::Card;
//! use feishu_im::ephemeral_card::{DeleteEphemeralCard, SendEphemeralCard};
//! use serde_json::json;
//!
//! # async fn run(feishu: feishu_im::Client) -> Result<(), feishu_im::Error> {
//! let card = Card::new(json!({
//!     "schema": "2.0",
//!     "body": { "elements": [{ "tag": "markdown", "content": "Only you see this." }] },
//! }));
//! let sent = SendEphemeralCard::with_card("oc_1", card).open_id("ou_1").send(&feishu).await?;
//! DeleteEphemeralCard::new(sent.message_id).send(&feishu).await?;
//! # Ok(())
//! # }
//! ```

use crate::card::json;
use crate::content::{Card, SentAs};
pub use crate::generated::ephemeral_card::*;

impl SendEphemeralCard {
    /// Creates a card in the group with the ID `chat_id`. The user who sees it is still to be set.
    ///
    /// ```
    /// use feishu_im::content::CardTemplate;
    /// use feishu_im::ephemeral_card::{SendEphemeralCard, SendEphemeralCardRequired};
    /// use serde_json::json;
    ///
    /// let send = SendEphemeralCard::with_card("oc_1", CardTemplate::new("AAqigYkzabcef"));
    /// let required = SendEphemeralCardRequired {
    ///     chat_id: "oc_1",
    ///     msg_type: "interactive",
    ///     card: json!({ "type": "template", "data": { "template_id": "AAqigYkzabcef" } }),
    /// };
    /// assert_eq!(send, SendEphemeralCard::new(required));
    /// ```
    pub fn with_card(chat_id: &str, card: impl SentAs<Card>) -> Self {
        let (msg_type, card) = ("interactive", json(&card.into()));
        Self::new(SendEphemeralCardRequired { chat_id, msg_type, card })
    }
}
