//! Typed callbacks of DingTalk's stream mode: messages to a robot, and clicks on cards.
//!
//! Events of an organization have no types here: [`Event::Unknown`] holds them as they came.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::Callback;
use crate::base::Secret;
use crate::codec::{json_text, map};

/// The topic of messages that people send to the app's robot.
pub const ROBOT_MESSAGES: &str = "/v1.0/im/bot/messages/get";
/// The topic of clicks on the app's cards.
pub const CARD_ACTIONS: &str = "/v1.0/card/instances/callback";
/// The topic of calls that an AI assistant makes to the app's plugins.
pub const PLUGIN_CALLS: &str = "/v1.0/graph/api/invoke";

crate::events! {
    /// Events and callbacks of DingTalk's stream mode.
    pub enum Event {
        /// Someone sent a message to the app's robot: in a chat with the robot alone, or in a group
        /// by mentioning the robot.
        RobotMessage(RobotMessage) = DingTalkCallback "/v1.0/im/bot/messages/get", by "/msgId";
        /// Someone used a component of one of the app's cards.
        CardAction(CardAction) = DingTalkCallback "/v1.0/card/instances/callback";
    }
}

/// A message that someone sent to the app's robot.
///
/// The fields are those of DingTalk's [page](https://open.dingtalk.com/document/orgapp/receive-message)
/// and of its SDKs. `Debug` shows none of what the message says, and not the webhook.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct RobotMessage {
    /// The ID of the message.
    #[serde(rename = "msgId")]
    pub message_id: Option<String>,
    /// The kind of content.
    #[serde(rename = "msgtype")]
    pub message_type: Option<RobotMessageType>,
    /// The text, if the message is of type `text`; see [`RobotMessage::text`].
    pub text: Option<RobotText>,
    /// The content, if the message is of another type.
    pub content: Option<RobotContent>,
    /// When the message was sent: milliseconds since the Unix epoch.
    pub create_at: Option<i64>,
    /// The ID of the conversation.
    pub conversation_id: Option<String>,
    /// The kind of conversation.
    pub conversation_type: Option<ConversationType>,
    /// The title of the conversation. Absent if the conversation is with the robot alone.
    pub conversation_title: Option<String>,
    /// The encrypted ID of the sender.
    pub sender_id: Option<String>,
    /// The user ID of the sender in the organization. Absent if the sender belongs to another one,
    /// or the app is not published.
    pub sender_staff_id: Option<String>,
    /// The name of the sender.
    pub sender_nick: Option<String>,
    /// The corp ID of the sender's organization.
    pub sender_corp_id: Option<String>,
    /// Whether the sender is an administrator of the organization.
    pub is_admin: Option<bool>,
    /// The people and robots that the message mentions.
    pub at_users: Vec<AtUser>,
    /// Whether the message mentions the robot.
    pub is_in_at_list: Option<bool>,
    /// The code of the robot, by which operations name it.
    pub robot_code: Option<String>,
    /// The encrypted ID of the robot.
    pub chatbot_user_id: Option<String>,
    /// The corp ID of the robot's organization.
    pub chatbot_corp_id: Option<String>,
    /// A URL that sends messages to the conversation, for whoever has it.
    pub session_webhook: Option<Secret>,
    /// When `session_webhook` stops working: milliseconds since the Unix epoch.
    pub session_webhook_expired_time: Option<i64>,
    /// The reason why a message comes without text and content: 20001 means that the quota of calls
    /// is used up.
    #[serde(rename = "errCode")]
    pub error_code: Option<i64>,
    /// DingTalk's message for `error_code`.
    #[serde(rename = "errMsg")]
    pub error_message: Option<String>,
}

impl RobotMessage {
    /// Returns what the message says, without the space that a mention leaves around it: its text,
    /// the pieces of its rich text, or what DingTalk recognized in its audio.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        let text = self.text.as_ref().and_then(|text| text.content.as_deref());
        let content = self.content.as_ref();
        let recognized = || content?.recognition.as_deref();
        if let Some(text) = text.or_else(recognized) {
            return Some(text.trim().into());
        }
        let pieces = content.map(|content| &*content.rich_text).unwrap_or_default();
        let text: String = pieces.iter().filter_map(|piece| piece.text.as_deref()).collect();
        (!text.is_empty()).then(|| text.trim().to_owned().into())
    }
}

impl fmt::Debug for RobotMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RobotMessage")
            .field("message_id", &self.message_id)
            .field("message_type", &self.message_type)
            .field("conversation_id", &self.conversation_id)
            .field("conversation_type", &self.conversation_type)
            .field("sender_id", &self.sender_id)
            .field("sender_staff_id", &self.sender_staff_id)
            .field("error_code", &self.error_code)
            .finish_non_exhaustive()
    }
}

crate::string_enum! {
    /// The kind of content of a [`RobotMessage`].
    pub enum RobotMessageType {
        /// A text.
        Text = "text",
        /// Text, with formats and images in it.
        RichText = "richText",
        /// An image.
        Picture = "picture",
        /// A voice message, and the text that DingTalk recognized in it.
        Audio = "audio",
        /// A video.
        Video = "video",
        /// A file.
        File = "file",
    }
}

crate::string_enum! {
    /// The kind of conversation that a [`RobotMessage`] comes from.
    pub enum ConversationType {
        /// A conversation of one person with the robot.
        Direct = "1",
        /// A group.
        Group = "2",
    }
}

/// The text of a [`RobotMessage`].
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RobotText {
    /// The text as it came, with the space that a mention leaves.
    pub content: Option<String>,
}

/// The content of a [`RobotMessage`] that is not only text, or a piece of a rich text.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct RobotContent {
    /// The code by which the image, the audio, the video or the file is downloaded.
    pub download_code: Option<String>,
    /// An older code of an image.
    pub picture_download_code: Option<String>,
    /// The text that DingTalk recognized in audio.
    pub recognition: Option<String>,
    /// The length of audio or a video.
    pub duration: Option<i64>,
    /// The format of a video, such as `mp4`.
    pub video_type: Option<String>,
    /// The name of a file.
    pub file_name: Option<String>,
    /// The ID of a file.
    pub file_id: Option<String>,
    /// The ID of the space that a file is in.
    pub space_id: Option<String>,
    /// The pieces of a rich text.
    pub rich_text: Vec<RobotContent>,
    /// The text of a piece of a rich text.
    pub text: Option<String>,
    /// The kind of a piece of a rich text, such as `picture`. Absent for text.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The kind of a message that robots cannot receive.
    pub unknown_msg_type: Option<String>,
}

/// Someone whom a [`RobotMessage`] mentions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AtUser {
    /// The encrypted ID.
    pub dingtalk_id: Option<String>,
    /// The user ID in the organization, if they belong to it.
    pub staff_id: Option<String>,
}

/// The use of a component of one of the app's cards.
///
/// The fields are those of DingTalk's
/// [page](https://open.dingtalk.com/document/orgapp/event-callback-card) and of its SDKs. `Debug`
/// shows nothing that the person entered.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct CardAction {
    /// The kind of callback: `actionCallback`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The ID that the app gave the card.
    pub out_track_id: Option<String>,
    /// The ID of the person, of the type in `user_id_type`.
    pub user_id: Option<String>,
    /// The type of `user_id`: 1 for a user ID, 2 for a union ID.
    pub user_id_type: Option<i64>,
    /// The corp ID of the organization.
    pub corp_id: Option<String>,
    /// The kind of place that the card is in, such as `IM_GROUP`.
    pub space_type: Option<String>,
    /// The ID of the place that the card is in.
    pub space_id: Option<String>,
    /// The component, and what it sends.
    #[serde(with = "json_text")]
    pub content: CardActionContent,
    /// The extension that the app gave the card, as text.
    pub extension: Option<String>,
}

impl fmt::Debug for CardAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardAction")
            .field("out_track_id", &self.out_track_id)
            .field("user_id", &self.user_id)
            .field("user_id_type", &self.user_id_type)
            .field("corp_id", &self.corp_id)
            .field("space_type", &self.space_type)
            .field("space_id", &self.space_id)
            .field("action_ids", &self.content.card_private_data.action_ids)
            .finish_non_exhaustive()
    }
}

/// The content of a [`CardAction`].
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct CardActionContent {
    /// The component, and what it sends.
    pub card_private_data: CardPrivateData,
}

/// The components that were used, and what they send.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct CardPrivateData {
    /// The IDs of the components.
    pub action_ids: Vec<String>,
    /// The parameters that the components send, by their names.
    #[serde(deserialize_with = "map::deserialize")]
    pub params: BTreeMap<String, Value>,
}

impl Callback for CardAction {
    type Answer = CardActionAnswer;
}

/// The response to a [`CardAction`]: new values for variables of the card.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CardActionAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    card_data: Option<Variables>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_private_data: Option<Variables>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_update_options: Option<UpdateOptions>,
}

#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Variables {
    card_param_map: BTreeMap<String, String>,
}

#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct UpdateOptions {
    update_card_data_by_key: bool,
    update_private_data_by_key: bool,
}

impl CardActionAnswer {
    /// Creates an answer that leaves the card as it is.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a variable of the card for everyone.
    pub fn set(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.by_key();
        let variables = self.card_data.get_or_insert_default();
        variables.card_param_map.insert(name.into(), value.into());
        self
    }

    /// Sets a variable of the card for the person who used it.
    pub fn set_private(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.by_key();
        let variables = self.user_private_data.get_or_insert_default();
        variables.card_param_map.insert(name.into(), value.into());
        self
    }

    /// Variables that are not set keep their values; otherwise the card would lose them.
    fn by_key(&mut self) {
        self.card_update_options =
            Some(UpdateOptions { update_card_data_by_key: true, update_private_data_by_key: true });
    }
}

impl fmt::Debug for CardActionAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardActionAnswer").finish_non_exhaustive()
    }
}

/// No `Debug` of these shows what someone wrote.
macro_rules! opaque {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

opaque!(RobotText RobotContent CardActionContent CardPrivateData);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::events::{Answer, EventHeader, EventSchema, EventSet, RawEvent};

    fn read(topic: &str, data: Value) -> Event {
        let header = EventHeader::new(EventSchema::DingTalkCallback, topic);
        Event::read(RawEvent::new(header, data.to_string()))
    }

    fn message(data: Value) -> RobotMessage {
        match read(ROBOT_MESSAGES, data) {
            Event::RobotMessage(message) => message.event,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_message_to_the_robot_is_read_and_not_shown() {
        let message = message(json!({
            "conversationId": "cid1", "conversationType": "2", "conversationTitle": "Lunch",
            "atUsers": [{"dingtalkId": "$:LWCP_v1:$x", "staffId": "s2"}, {"dingtalkId": "$:y"}],
            "chatbotCorpId": "ding1", "chatbotUserId": "$:LWCP_v1:$x", "msgId": "msg1",
            "senderNick": "Ann", "isAdmin": "true", "senderStaffId": "s1", "senderCorpId": "ding1",
            "sessionWebhookExpiredTime": 1613635652738_i64, "createAt": "1613630252678",
            "senderId": "$:LWCP_v1:$z", "isInAtList": true, "robotCode": "dingrobot",
            "sessionWebhook": "https://oapi.dingtalk.com/robot/sendBySession?session=s3cr3t",
            "text": {"content": " my salary "}, "msgtype": "text", "later": {"a": 1}
        }));
        assert_eq!(message.text().as_deref(), Some("my salary"));
        assert_eq!(message.message_type, Some(RobotMessageType::Text));
        assert_eq!(message.conversation_type, Some(ConversationType::Group));
        assert_eq!((message.create_at, message.is_admin), (Some(1_613_630_252_678), Some(true)));
        assert_eq!(message.at_users[0].staff_id.as_deref(), Some("s2"));
        let shown = format!("{message:?} {:?} {:?}", message.text, message.session_webhook);
        assert!(shown.contains("msg1") && shown.contains("cid1"), "{shown}");
        assert!(!shown.contains("salary") && !shown.contains("s3cr3t"), "{shown}");
    }

    #[test]
    fn other_contents_have_their_text_as_well() {
        for (content, expected) in [
            (json!({"downloadCode": "c", "recognition": "hello"}), Some("hello")),
            (
                json!({"richText": [
                    {"text": " a "}, {"type": "picture", "downloadCode": "c"}, {"text": "b"}
                ]}),
                Some("a b"),
            ),
            (json!({"downloadCode": "c", "fileName": "plan.pdf", "spaceId": 7}), None),
            (json!({"unknownMsgType": "poll"}), None),
        ] {
            let message = message(json!({"msgtype": "tomorrow", "content": content}));
            assert_eq!(message.text().as_deref(), expected);
            assert!(matches!(message.message_type, Some(RobotMessageType::Unknown(_))));
        }
        let silent = message(json!({"msgtype": "text", "errCode": 20001, "errMsg": "used up"}));
        assert_eq!((silent.text(), silent.error_code), (None, Some(20001)));
    }

    fn sent_back(answer: &Answer) -> Value {
        serde_json::from_slice(answer.as_json().unwrap()).unwrap()
    }

    #[test]
    fn a_click_on_a_card_is_read_and_answered() {
        let data = json!({
            "type": "actionCallback", "outTrackId": "card1", "corpId": "ding1", "userId": "u1",
            "userIdType": 1, "spaceId": "cid1", "spaceType": "IM_GROUP", "extension": "{}",
            "content": json!({"cardPrivateData": {
                "actionIds": ["agree"], "params": {"action": "agree", "note": "my salary", "n": 1}
            }}).to_string()
        });
        let Event::CardAction(action) = read(CARD_ACTIONS, data) else { panic!() };
        let sent = &action.content.card_private_data;
        assert_eq!(sent.action_ids, ["agree"]);
        assert_eq!((&sent.params["action"], &sent.params["n"]), (&json!("agree"), &json!(1)));
        let answer = CardActionAnswer::new().set("status", "agreed").set_private("note", "thanks");
        let expected = json!({
            "cardData": {"cardParamMap": {"status": "agreed"}},
            "userPrivateData": {"cardParamMap": {"note": "thanks"}},
            "cardUpdateOptions": {"updateCardDataByKey": true, "updatePrivateDataByKey": true}
        });
        assert_eq!(sent_back(&action.answer(answer.clone())), expected);
        assert_eq!(sent_back(&action.answer(CardActionAnswer::new())), json!({}));
        let shown = format!("{:?} {:?} {answer:?}", action.event, action.content);
        assert!(shown.contains("card1") && shown.contains("agree"), "{shown}");
        assert!(!shown.contains("salary") && !shown.contains("thanks"), "{shown}");
    }

    #[test]
    fn other_topics_stay_as_they_came() {
        assert!(matches!(read(PLUGIN_CALLS, json!({})), Event::Unknown(_)));
    }
}
