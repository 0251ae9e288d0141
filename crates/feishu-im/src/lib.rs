//! Messages, chats and bots of Feishu and Lark: typed requests, responses, events and error codes. The
//! client takes care of tokens, rate limits and safe retries.
//!
//! 飞书（Lark）消息、群聊和机器人的 Rust SDK：请求、响应、事件和错误码都有类型，访问凭证、限流等待和安全重试由客户端负责。[中文说明](https://github.com/openplat/openplat/blob/main/README.zh-CN.md)
//!
//! # Send a message
//!
//! ```no_run
//! use feishu_im::message::{CreateMessage, ReceiveId};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let secret = feishu_im::Secret::from_env("FEISHU_APP_SECRET")?;
//!     let feishu = feishu_im::Client::builder("cli_a1b2c3", secret).build()?;
//!
//!     let to = ReceiveId::chat("oc_a0553eda9014c201e6969b478895c230");
//!     let sent = CreateMessage::with_content(to, "Lunch?").send(&feishu).await?;
//!     println!("{}", sent.message_id);
//!     Ok(())
//! }
//! ```
//!
//! A request is a struct: its constructor takes what is required, setters take the rest, and `send`
//! makes the call through a [`Client`]. Nothing is sent before the [`Call`] is awaited.
//!
//! For Lark, add `.base_url(feishu_im::Feishu::LARK)` to the builder. [`content`] has images, posts,
//! cards and mentions. Example program: [`group_bot`].
//!
//! # Receive messages
//!
//! With the feature `long-connection`, over a connection that the program opens:
//!
//! ```no_run
//! # #[cfg(feature = "long-connection")]
//! # async fn run(feishu: feishu_im::Client) -> Result<(), feishu_im::Error> {
//! use feishu_im::events::connection::LongConnection;
//! use feishu_im::events::{Event, Listener};
//!
//! let client = feishu.clone();
//! let bot = Listener::new(move |event| {
//!     let feishu = client.clone();
//!     async move {
//!         if let Event::MessageReceived(message) = event
//!             && message.is_for_bot()
//!         {
//!             message.reply(message.text().unwrap_or_default()).send(&feishu).await?;
//!         }
//!         Ok::<_, feishu_im::Error>(())
//!     }
//! });
//! LongConnection::new(&feishu).connect().run(bot).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Webhooks, clicks on cards and several machines: [guide to events](guide::events). Example programs:
//! [`echo_bot`], [`card_button`].
//!
//! # Log a user in
//!
//! ```no_run
//! # async fn run(
//! #     feishu: feishu_im::Client,
//! #     code: &str,
//! #     state: &str,
//! # ) -> Result<(), feishu_im::Error> {
//! use feishu_im::chat::GetChat;
//!
//! let authorization =
//!     feishu.authorize_url("https://bot.example.com/callback").scope("offline_access").build()?;
//! println!("redirect the browser to {}", authorization.url());
//!
//! // When the user is back, with `code` and `state` in the query:
//! let session = feishu.user_session("account-4711");
//! session.log_in(authorization.exchange(code, state)?).await?;
//! let chat = GetChat::new("oc_...").send(&feishu.as_user_with(session)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Store apps, sharing tokens and logging in: [guide to tokens](guide::tokens). Example program:
//! [`login`].
//!
//! # Send and download files
//!
//! ```no_run
//! # async fn run(
//! #     feishu: feishu_im::Client,
//! #     message: feishu_im::message::Message,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! use feishu_im::Upload;
//! use feishu_im::message::{ReceiveId, SendFile};
//!
//! let to = ReceiveId::chat("oc_...");
//! SendFile::new(to, Upload::from_path("report.pdf")).send(&feishu).await?;
//!
//! for resource in message.resources() {
//!     resource.download(&feishu).await?.save_in("downloads").await?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`Upload`] and [`Download`] also take bytes, streams and writers. Example program: [`files`].
//!
//! # Handle errors
//!
//! ```no_run
//! # async fn run(feishu: feishu_im::Client) {
//! use feishu_im::ErrorCode;
//! use feishu_im::chat::LinkChat;
//!
//! match LinkChat::new("oc_...").send(&feishu).await {
//!     Ok(link) => println!("{:?}", link.share_link),
//!     Err(error) if error.code() == Some(ErrorCode::NotInChat) => println!("not a member"),
//!     Err(error) => eprintln!("{error}"),
//! }
//! # }
//! ```
//!
//! Retries, time limits and rate limits: [guide to errors](guide::errors). Example program:
//! [`typed_error`].
//!
//! # Test without an account
//!
//! [`openplat-mock`](https://docs.rs/openplat-mock) is a platform on your own machine:
//!
//! ```
//! use feishu_im::chat::LinkChat;
//! use openplat_mock::MockPlatform;
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mock = MockPlatform::start().await?;
//! let feishu = feishu_im::Client::builder("cli_1", "secret").base_url(mock.url()).build()?;
//! mock.on::<LinkChat>().data(json!({ "share_link": "https://example.com/1" }));
//!
//! let link = LinkChat::new("oc_1").send(&feishu).await?;
//! assert_eq!(link.share_link.as_deref(), Some("https://example.com/1"));
//! # Ok(())
//! # }
//! ```
//!
//! Faults, events and logins: [guide to testing](guide::testing). Example program: [`unit_test`].
//!
//! # Find an operation
//!
//! | to | module |
//! | --- | --- |
//! | send, reply, edit, recall, forward, list and search messages | [`message`] |
//! | write texts, posts and cards, and read messages | [`content`] |
//! | react with emojis, pin messages | [`message_reaction`], [`pin`] |
//! | upload and download files and images | [`mod@file`], [`image`], [`message_resource`] |
//! | create, read and change chats | [`chat`], [`chat_members`], [`chat_managers`], [`chat_moderation`] |
//! | announcements, tabs, menus, tags, top notices | [`chat_announcement`], [`chat_tab`], [`chat_menu_tree`], [`tag`], [`chat_top_notice`] |
//! | send to many users and departments at once | [`batch_message`] |
//! | show a card to one user only | [`ephemeral_card`] |
//! | keep a chat, or a card of the app, in the message feeds of users | [`feed_card`], [`app_feed_card`] |
//! | the bot itself | [`bot`] |
//! | an endpoint that no crate has | [`Client::raw`](openplat_core::Client::raw), example program [`raw_call`] |
//!
//! Search for the vendor's name of an operation, such as `im.v1.message.delete`, or for the number of
//! an error code, such as `232011`.
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `events` | the module `events`: events and callbacks over a webhook |
//! | `long-connection` | events over a connection that the program opens; includes `events` |
//! | `cards` | `feishu_card`: builders of cards, checked against the platform's limits |
//! | `markdown` | `cards`, and posts and cards from Markdown |
//! | `examples` | the documented responses, for `openplat-mock` |
//! | `gbk` | file names in GBK, which some servers send without saying so |
//! | `reqwest` (default) | the built-in transport |
//! | `ring` (default) | TLS by ring if the process has not installed another rustls provider |
//!
//! # More
//!
//! - Guides: [tokens and login](guide::tokens), [errors, retries and limits](guide::errors),
//!   [events](guide::events), [testing](guide::testing), and [migration](guide::migration) from the
//!   official SDKs and from larksuite-oapi-sdk-rs.
//! - [All example programs](https://github.com/openplat/openplat/tree/main/crates/feishu-im/examples).
//! - [`feishu-cardkit`](https://docs.rs/feishu-cardkit) updates cards, for example while a text is being
//!   generated, and [`feishu-apaas`](https://docs.rs/feishu-apaas) is the low-code platform. Their
//!   clients are the same type as this one's.
//! - Values that the documentation does not list decode to `Unknown`, and unknown fields are ignored,
//!   so that a change on the platform does not break a running program.
//!
//! [`group_bot`]: https://github.com/openplat/openplat/blob/main/crates/feishu-im/examples/group_bot.rs
//! [`echo_bot`]: https://github.com/openplat/openplat/blob/main/crates/feishu-im/examples/echo_bot.rs
//! [`card_button`]: https://github.com/openplat/openplat/blob/main/crates/feishu-im/examples/card_button.rs
//! [`login`]: https://github.com/openplat/openplat/blob/main/crates/feishu-im/examples/login.rs
//! [`files`]: https://github.com/openplat/openplat/blob/main/crates/feishu-im/examples/files.rs
//! [`typed_error`]: https://github.com/openplat/openplat/blob/main/crates/feishu-im/examples/typed_error.rs
//! [`unit_test`]: https://github.com/openplat/openplat/blob/main/crates/feishu-im/examples/unit_test.rs
//! [`raw_call`]: https://github.com/openplat/openplat/blob/main/crates/feishu-im/examples/raw_call.rs

#![doc(html_root_url = "https://docs.rs/feishu-im/latest")]
#![warn(missing_docs, unreachable_pub)]

pub mod batch_message;
pub mod bot;
pub mod card;
pub mod content;
pub mod ephemeral_card;
#[cfg(feature = "events")]
pub mod events;
#[cfg(doc)]
pub mod guide;
pub mod message;
// Last, so that rustdoc shows what is written by hand first.
#[rustfmt::skip]
#[expect(unreachable_pub, reason = "modules above replace those of their names")]
mod generated;

/// The builders of cards, and of cards and posts from Markdown, which convert to the [`content`] of a
/// message.
#[cfg(feature = "cards")]
pub use feishu_card;
pub use generated::error_code::ErrorCode;
pub use generated::*;
/// The runtime that all crates for these platforms share. Look here for the traits behind a client:
/// [`TokenStore`](openplat_core::TokenStore), [`Transport`](openplat_core::Transport),
/// [`Clock`](openplat_core::Clock).
pub use openplat_core;
pub use openplat_core::{
    ApiError, Authorization, AuthorizeUrl, Call, CodeExchange, Download, Error, ErrorKind, Feishu,
    IfExists, Items, Pages, Progress, Response, Secret, UnknownValue, Upload, UserSession,
    UserToken, Violation,
};

/// A client for Feishu or Lark, which all crates for Feishu share.
///
/// Cheap to clone: clones share the connections and the token. It needs a tokio runtime when it sends.
/// `.send(&client)` sends the app's token. Functions such as `as_user` return senders with another one:
/// see the [guide to tokens](guide::tokens).
pub type Client = openplat_core::Client<Feishu>;
/// Sets up a [`Client`].
pub type ClientBuilder = openplat_core::ClientBuilder<Feishu>;
/// Sends a user's token; returned by [`Client::as_user`].
pub type AsUser = openplat_core::AsUser<Feishu>;
/// Sends a token of the app that came from elsewhere; returned by [`Client::with_token`].
pub type WithToken = openplat_core::WithToken<Feishu>;
