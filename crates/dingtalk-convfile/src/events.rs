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
//! DingTalk calls the long connection stream mode; the feature `long-connection` switches it on.
//! What DingTalk pushes over HTTP comes in through a [`DingTalkWebhook`].

pub use openplat_core::events::dingtalk::*;
pub use openplat_core::events::*;
