//! Events and callbacks: messages to a bot, clicks on its cards, changes of its chats.
//!
//! A handler is a function of an [`Event`]. A [`Listener`] hands each event to it once, however
//! often the platform delivers it.
//!
//! ```no_run
//! use feishu_im::content::Text;
//! use feishu_im::events::{Answer, Event, Listener, Toast};
//!
//! # fn run(feishu: feishu_im::Client) {
//! let client = feishu.clone();
//! let listener = Listener::new(move |event| {
//!     let feishu = client.clone();
//!     async move {
//!         match event {
//!             Event::MessageReceived(message) if message.is_for_bot() => {
//!                 let words = message.text().unwrap_or_else(|| "I read texts only.".to_owned());
//!                 message.reply(Text::new(words)).send(&feishu).await?;
//!             }
//!             Event::CardAction(click) => {
//!                 return Ok(click.answer(Toast::success("Saved")));
//!             }
//!             _ => {}
//!         }
//!         Ok::<_, feishu_im::Error>(Answer::default())
//!     }
//! })
//! // Only for an app from the store: keeps the ticket that Feishu pushes.
//! .client(&feishu);
//! # }
//! ```
//!
//! # Two ways in
//!
//! Over a long connection, Feishu delivers to a program without a public address. It needs the
//! feature `long-connection` and a custom app; store apps have webhooks alone.
//!
//! ```no_run
//! # #[cfg(feature = "long-connection")]
//! # async fn run(
//! #     feishu: feishu_im::Client,
//! #     listener: feishu_im::events::Listener,
//! # ) -> Result<(), feishu_im::Error> {
//! use feishu_im::events::connection::LongConnection;
//!
//! LongConnection::new(&feishu).connect().run(listener).await?;
//! # Ok(())
//! # }
//! ```
//!
//! To a webhook, Feishu sends requests. Any server can hand them over, together with each byte of
//! their body: [`FeishuWebhook`] checks and decrypts them, and the listener responds.
//!
//! ```
//! use feishu_im::events::{Event, FeishuWebhook, Listener};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), feishu_im::Error> {
//! let webhook = FeishuWebhook::builder()
//!     .encrypt_key("an encrypt key")
//!     .verification_token("a verification token")
//!     .build()?;
//! let listener = Listener::new(|event: Event| async move {
//!     println!("{event:?}");
//!     Ok::<_, feishu_im::Error>(())
//! });
//!
//! // In a test, `seal` makes what the platform would send.
//! let event = br#"{"schema":"2.0","header":{"event_type":"im.message.receive_v1"},"event":{}}"#;
//! let response = listener.serve(&webhook, webhook.seal(event)).await;
//! assert_eq!(response.status(), 200);
//! # Ok(())
//! # }
//! ```
//!
//! `examples/echo_bot.rs` of this crate is a bot for both.
//!
//! # Events
//!
//! | when | event | type on the wire |
//! | --- | --- | --- |
//! | a user writes to the bot | [`MessageReceived`] | `im.message.receive_v1` |
//! | a message of the bot is read | [`MessageRead`] | `im.message.message_read_v1` |
//! | a message is recalled | [`MessageRecalled`] | `im.message.recalled_v1` |
//! | a user reacts with an emoji, or removes a reaction | [`ReactionCreated`], [`ReactionDeleted`] | `im.message.reaction.created_v1`, `im.message.reaction.deleted_v1` |
//! | the bot comes into a chat, or is removed from it | [`BotAdded`], [`BotRemoved`] | `im.chat.member.bot.added_v1`, `im.chat.member.bot.deleted_v1` |
//! | users come into a chat, leave it, or are not to come after all | [`UserAdded`], [`UserRemoved`], [`UserInviteWithdrawn`] | `im.chat.member.user.added_v1`, `im.chat.member.user.deleted_v1`, `im.chat.member.user.withdrawn_v1` |
//! | a chat changes or is dissolved | [`ChatUpdated`], [`ChatDisbanded`] | `im.chat.updated_v1`, `im.chat.disbanded_v1` |
//! | a user opens the chat with the bot | [`P2pChatEntered`] | `im.chat.access_event.bot_p2p_chat_entered_v1` |
//! | a user chooses from the bot's menu | [`BotMenu`] | `application.bot.menu_v6` |
//! | a store app gets its ticket, which [`Listener::client`] keeps | [`AppTicket`] | `app_ticket` |
//!
//! Apps that were set up years ago get the events of schema 1.0, whose types begin with `V1`, such
//! as [`V1Message`]. What no type stands for is [`Event::Unknown`], and what cannot be read is
//! [`Event::Unreadable`]; both hold the event as it came.
//!
//! # Callbacks
//!
//! A callback is an event for whose response Feishu waits 3 seconds; it is not delivered again.
//!
//! | when | event | type on the wire | answer |
//! | --- | --- | --- | --- |
//! | a user uses a card | [`CardAction`] | `card.action.trigger` | [`CardActionAnswer`]: a [`Toast`], a card, or both |
//! | the same, in the form of older apps | [`OldCardAction`] | none | [`answer_card`](OldCardAction::answer_card), [`answer_toast`](OldCardAction::answer_toast) |
//! | a link is to be previewed | [`UrlPreview`] | `url.preview.get` | [`UrlPreviewAnswer`] |
//!
//! [`Received::answer`] takes the answer of the right type. An empty [`Answer`] leaves a card as it
//! is. Work that takes longer ends with [`CardAction::late_update`], after the callback was
//! answered.
//!
//! # Secrets
//!
//! `Debug` of events and answers shows no text of a message, no value of a form and no token. What
//! [`text`](MessageReceived::text) and [`content`](MessageReceived::content) return is for the
//! program to keep.

mod callback;
mod message;
mod text;

pub use crate::generated::events::*;
