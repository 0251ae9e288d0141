//! What only people can send, and apps therefore only read.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Post, lenient};

/// A folder: `msg_type` `folder`.
///
/// Apps get its key and its name; they cannot download it.
///
/// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Folder {
    /// What identifies the folder.
    pub file_key: String,
    /// The folder's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A red packet: `msg_type` `hongbao`.
///
/// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Hongbao {
    /// Always the same words, `[红包]`; nothing else is told of the packet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A calendar event: `msg_type` `share_calendar_event`, `calendar` or `general_calendar`.
///
/// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CalendarEvent {
    /// What the event is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// When it begins: milliseconds since the Unix epoch.
    #[serde(default, with = "lenient::digits", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<u64>,
    /// When it ends: milliseconds since the Unix epoch.
    #[serde(default, with = "lenient::digits", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<u64>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A place: `msg_type` `location`.
///
/// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Location {
    /// What the place is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Degrees, as a decimal number.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub longitude: Option<String>,
    /// Degrees, as a decimal number.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub latitude: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A video call: `msg_type` `video_chat`.
///
/// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VideoChat {
    /// What the call is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// When it began: milliseconds since the Unix epoch.
    #[serde(default, with = "lenient::digits", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<u64>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A task: `msg_type` `todo`.
///
/// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Todo {
    /// What identifies the task in the task API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// What is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Post>,
    /// When it is due: milliseconds since the Unix epoch.
    #[serde(default, with = "lenient::digits", skip_serializing_if = "Option::is_none")]
    pub due_time: Option<u64>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A vote: `msg_type` `vote`.
///
/// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Vote {
    /// What is voted on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// What one can vote for.
    #[serde(default, deserialize_with = "lenient::list")]
    pub options: Vec<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Several messages forwarded as one: `msg_type` `merge_forward`.
///
/// The messages themselves are what asking for this message by its id answers.
///
/// [Vendor's page](https://open.feishu.cn/document/server-docs/im-v1/message-content-description/message_content)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MergeForward {
    /// Always the same words, `Merged and Forwarded Message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
