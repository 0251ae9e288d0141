//! Cards: update one after a user has used it.
//!
//! A callback is answered with a toast, a card, or nothing. Work that takes longer than the
//! 3 seconds until then ends with [`UpdateCard`], which takes the `token` of the callback:
//!
//! - The token is valid for 30 minutes and for at most 2 updates. After that,
//!   [`PatchMessage`](crate::message::PatchMessage) updates a shared card by the ID of its message.
//! - Respond to the callback first. An update that comes before the response is undone, or refused with
//!   [`CardActionPending`](crate::ErrorCode::CardActionPending), which `.idempotent(true)` retries.
//! - A card is shared if its `config` sets `update_multi` to `true`, as all cards of schema 2.0 are.
//!   All recipients see the update of a shared card; the update of another card names the users who get
//!   it.
//!
//! ```no_run
//! use feishu_im::card::UpdateCard;
//! use feishu_im::content::Card;
//! use serde_json::json;
//!
//! # async fn run(feishu: feishu_im::Client, token: &str) -> Result<(), feishu_im::Error> {
//! let card = Card::new(json!({
//!     "schema": "2.0",
//!     "body": { "elements": [{ "tag": "markdown", "content": "Approved" }] },
//! }));
//! UpdateCard::with_card(token, card).send(&feishu).await?;
//! # Ok(())
//! # }
//! ```

use serde::Serialize;
use serde_json::Value;

use crate::content::{Card, SentAs};
pub use crate::generated::card::*;

impl UpdateCard {
    /// Creates an update of a shared card, which all recipients see. `token` is that of the callback.
    pub fn with_card(token: impl Into<String>, card: impl SentAs<Card>) -> Self {
        Self::new(token, json(&card.into()))
    }

    /// Creates an update of a card that is not shared, for the users with these open IDs.
    ///
    /// ```
    /// use feishu_im::card::UpdateCard;
    /// use feishu_im::content::CardTemplate;
    /// use serde_json::json;
    ///
    /// let card = CardTemplate::new("AAqigYkzabcef");
    /// let update = UpdateCard::with_card_for("c-295ee57216a5dc9de90fefd0aadb4b1d7d", card, ["ou_1"]);
    /// let json = json!({
    ///     "type": "template",
    ///     "data": { "template_id": "AAqigYkzabcef" },
    ///     "open_ids": ["ou_1"],
    /// });
    /// assert_eq!(update, UpdateCard::new("c-295ee57216a5dc9de90fefd0aadb4b1d7d", json));
    /// ```
    pub fn with_card_for<I: Into<String>>(
        token: impl Into<String>,
        card: impl SentAs<Card>,
        open_ids: impl IntoIterator<Item = I>,
    ) -> Self {
        let mut card = json(&card.into());
        if let Value::Object(members) = &mut card {
            let open_ids = open_ids.into_iter().map(|id| Value::String(id.into()));
            members.insert("open_ids".to_owned(), open_ids.collect());
        }
        Self::new(token, card)
    }
}

/// A card, or a part of one, as JSON. Only keys that are no strings could fail, and no card has such.
pub(crate) fn json(card: &impl Serialize) -> Value {
    serde_json::to_value(card).unwrap_or_default()
}
