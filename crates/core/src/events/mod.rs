//! Receiving: events, callbacks of cards, and the handlers that they go to.
//!
//! A way in, such as a webhook, turns what the platform sends into a [`RawEvent`]. A [`Listener`]
//! makes sure that each event is handled once, reads it as the typed `Event` of a vendor crate, and
//! hands it to a [`Handler`].

mod answer;
#[cfg(feature = "long-connection")]
pub mod connection;
#[cfg(feature = "dingtalk")]
pub mod dingtalk;
#[cfg(feature = "feishu")]
mod envelope;
mod event;
mod handler;
mod kept_answers;
mod listener;
mod seen;
mod seen_client;
mod set;
#[cfg(any(feature = "feishu", feature = "dingtalk"))]
mod webhook;

pub use answer::{Answer, Callback};
pub use event::{EventHeader, EventSchema, RawEvent};
pub use handler::{Handler, HandlerError};
pub use listener::{Listener, Outcome};
pub use seen::{Claim, MemorySeen, Seen, SeenError};
pub use set::{EventMeta, EventSet, Received, Unreadable};
#[doc(hidden)]
pub use set::{dedupe, read};
#[cfg(feature = "dingtalk")]
pub use webhook::{DingTalkWebhook, DingTalkWebhookBuilder};
#[cfg(feature = "feishu")]
pub use webhook::{FeishuWebhook, FeishuWebhookBuilder};
#[cfg(any(feature = "feishu", feature = "dingtalk"))]
pub use webhook::{Incoming, Refusal, Webhook, WebhookDelivery};

pub use crate::codec::{DecodeError, Read};
