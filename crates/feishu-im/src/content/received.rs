//! Content that only people can send, and apps therefore only read.

use serde_json::Map;

use super::Post;
use super::members::members;

members! {
    /// A folder: `msg_type` `folder`.
    ///
    /// It cannot be downloaded as a whole; [`Message::folders`](crate::message::Message::folders)
    /// finds what is in it.
    ///
    /// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content)
    pub struct Folder {
        /// The key of the folder.
        file_key: Option<String>,
        /// The folder's name.
        file_name: Option<String>,
    }
}

members! {
    /// A red packet: `msg_type` `hongbao`.
    ///
    /// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content)
    pub struct Hongbao {
        /// Always the same words, `[红包]`; nothing else is told of the packet.
        text: Option<String>,
    }
}

members! {
    /// A calendar event: `msg_type` `share_calendar_event`, `calendar` or `general_calendar`.
    ///
    /// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content)
    pub struct CalendarEvent {
        /// The name of the event.
        summary: Option<String>,
        /// When it begins: milliseconds since the Unix epoch.
        start_time: Option<u64> = digits,
        /// When it ends: milliseconds since the Unix epoch.
        end_time: Option<u64> = digits,
    }
}

members! {
    /// A place: `msg_type` `location`.
    ///
    /// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content)
    pub struct Location {
        /// The name of the place.
        name: Option<String>,
        /// Degrees, as a decimal number.
        longitude: Option<String>,
        /// Degrees, as a decimal number.
        latitude: Option<String>,
    }
}

members! {
    /// A video call: `msg_type` `video_chat`.
    ///
    /// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content)
    pub struct VideoChat {
        /// The topic of the call.
        topic: Option<String>,
        /// When it began: milliseconds since the Unix epoch.
        start_time: Option<u64> = digits,
    }
}

members! {
    /// A task: `msg_type` `todo`.
    ///
    /// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content)
    pub struct Todo {
        /// The ID of the task in the task API.
        task_id: Option<String>,
        /// The thing to be done.
        summary: Option<Post>,
        /// When it is due: milliseconds since the Unix epoch.
        due_time: Option<u64> = digits,
    }
}

members! {
    /// A vote: `msg_type` `vote`.
    ///
    /// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content)
    pub struct Vote {
        /// The question that is voted on.
        topic: Option<String>,
        /// The options to vote for.
        options: Vec<String>,
    }
}

members! {
    /// Several messages forwarded as one: `msg_type` `merge_forward`.
    ///
    /// The content is bare words instead of JSON. [`GetMessage`](crate::message::GetMessage), with
    /// the ID of this message, returns the forwarded messages.
    ///
    /// ```
    /// use feishu_im::content::Content;
    ///
    /// let content = Content::parse("merge_forward", "Merged and Forwarded Message");
    /// assert!(matches!(content, Content::MergeForward(_)));
    /// assert_eq!(content.to_json_string(), "Merged and Forwarded Message");
    /// ```
    ///
    /// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content)
    pub struct MergeForward {
        /// Always the same words, `Merged and Forwarded Message`.
        content: Option<String>,
    }
}

impl MergeForward {
    pub(super) fn bare(words: &str) -> Self {
        Self { content: Some(words.to_owned()), extra: Map::new() }
    }
}
