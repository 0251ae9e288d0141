//! Events of an organization, messages to a robot, and clicks on cards.
//!
//! A handler is a function of an [`Event`]. A [`Listener`] hands each event to it once, however
//! often the platform pushes it.
//!
//! ```no_run
//! # #[cfg(feature = "long-connection")]
//! # async fn run(dingtalk: dingtalk_convfile::Client) -> Result<(), dingtalk_convfile::Error> {
//! use dingtalk_convfile::events::connection::LongConnection;
//! use dingtalk_convfile::events::{Answer, CardActionAnswer, Event, Listener};
//!
//! let listener = Listener::new(|event| async move {
//!     match event {
//!         Event::RobotMessage(message) => println!("{:?} is written to", message.robot_code),
//!         Event::CardAction(action) => {
//!             return Ok(action.answer(CardActionAnswer::new().set("status", "agreed")));
//!         }
//!         Event::Unknown(event) => println!("{} in {:?}", event.event_type(), event.header()),
//!         _ => {}
//!     }
//!     Ok::<_, dingtalk_convfile::Error>(Answer::default())
//! })
//! .client(&dingtalk);
//! LongConnection::new(&dingtalk).connect().run(listener).await
//! # }
//! ```
//!
//! A robot replies through DingTalk's robot API, which is called by its path:
//!
//! ```no_run
//! use dingtalk_convfile::events::{ConversationType, RobotMessage};
//! use dingtalk_convfile::openplat_core::Method;
//! use serde_json::{Value, json};
//!
//! # async fn reply(
//! #     dingtalk: &dingtalk_convfile::Client,
//! #     message: &RobotMessage,
//! # ) -> Result<(), dingtalk_convfile::Error> {
//! let mut reply = json!({
//!     "robotCode": message.robot_code,
//!     "msgKey": "sampleText",
//!     "msgParam": json!({ "content": "At twelve." }).to_string(),
//! });
//! let path = if message.conversation_type == Some(ConversationType::Group) {
//!     reply["openConversationId"] = json!(message.conversation_id);
//!     "/v1.0/robot/groupMessages/send"
//! } else {
//!     reply["userIds"] = json!(message.sender_staff_id.as_slice());
//!     "/v1.0/robot/oToMessages/batchSend"
//! };
//! dingtalk.raw(Method::Post, path).json(&reply).send::<Value>().await?;
//! # Ok(())
//! # }
//! ```
//!
//! DingTalk calls the long connection stream mode; the feature `long-connection` switches it on.
//! Events that DingTalk pushes over HTTP come in through a [`DingTalkWebhook`].

#[cfg(feature = "long-connection")]
pub use openplat_core::events::connection;
pub use openplat_core::events::dingtalk::*;
pub use openplat_core::events::{
    Answer, Callback, Claim, DecodeError, DingTalkWebhook, DingTalkWebhookBuilder, EventHeader,
    EventMeta, EventSchema, EventSet, Handler, HandlerError, Incoming, Listener, MemorySeen,
    Outcome, RawEvent, Read, Received, Refusal, Seen, SeenError, Unreadable, Webhook,
    WebhookDelivery,
};
