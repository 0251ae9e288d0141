use serde_json::Map;

use super::members::members;

members! {
    /// A chat to join: `msg_type` `share_chat`.
    ///
    /// ```
    /// use feishu_im::content::{Content, ShareChat};
    ///
    /// let content = Content::from(ShareChat::new("oc_0dd200d32fda15216d2c2ef1ddb32f76"));
    /// assert_eq!(content.msg_type(), "share_chat");
    /// assert_eq!(content.to_json_string(), r#"{"chat_id":"oc_0dd200d32fda15216d2c2ef1ddb32f76"}"#);
    /// ```
    ///
    /// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/create_json#55c61488)
    pub struct ShareChat {
        /// The ID of the chat; starts with `oc_`.
        chat_id: Option<String>,
    }
}

impl ShareChat {
    /// Creates the card of a group chat that the bot is in.
    pub fn new(chat_id: impl Into<String>) -> Self {
        Self { chat_id: Some(chat_id.into()), extra: Map::new() }
    }
}

members! {
    /// A user's business card: `msg_type` `share_user`.
    ///
    /// ```
    /// use feishu_im::content::{Content, ShareUser};
    ///
    /// let content = Content::from(ShareUser::new("ou_0dd200d32fda15216d2c2ef1ddb32f76"));
    /// assert_eq!(content.msg_type(), "share_user");
    /// assert_eq!(content.to_json_string(), r#"{"user_id":"ou_0dd200d32fda15216d2c2ef1ddb32f76"}"#);
    /// ```
    ///
    /// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/create_json#38563ae5)
    pub struct ShareUser {
        /// The open ID of the person, whatever the field is called; starts with `ou_`.
        user_id: Option<String>,
    }
}

impl ShareUser {
    /// Creates the card of a user in the app's availability, by open ID. Bots have no business
    /// card.
    pub fn new(open_id: impl Into<String>) -> Self {
        Self { user_id: Some(open_id.into()), extra: Map::new() }
    }
}
