//! Feishu's low-code platform, apaas.
//!
//! ```no_run
//! use feishu_apaas::user_task::{ChatGroupUserTask, ChatGroupUserTaskRequired};
//!
//! # async fn run() -> Result<(), feishu_apaas::Error> {
//! let feishu = feishu_apaas::Client::builder("cli_a1b2c3", "app secret").build()?;
//! let required = ChatGroupUserTaskRequired { task_id: "1234", operator_user_id: "1718" };
//! let chat = ChatGroupUserTask::new(required)
//!     .invite_user_ids(["1719", "1720"])
//!     .chat_name("Leave of absence")
//!     .send(&feishu)
//!     .await?;
//! println!("{}", chat.chat_id);
//! # Ok(())
//! # }
//! ```
//!
//! The client is the same as in the other crates for Feishu: one of them serves all.
//!
//! # Tests
//!
//! Responses and the models in them have public fields and implement [`Default`] and
//! [`Deserialize`](serde::Deserialize), so that a test can build them. Requests can be compared.
//!
//! ```
//! use feishu_apaas::user_task::ChatGroupUserTaskResponse;
//!
//! let mut chat = ChatGroupUserTaskResponse::default();
//! chat.chat_id = "oc_a0553eda9014c201e6969b478895c230".to_owned();
//! let json = r#"{"chat_id":"oc_a0553eda9014c201e6969b478895c230"}"#;
//! assert_eq!(chat, serde_json::from_str(json)?);
//! # Ok::<(), serde_json::Error>(())
//! ```

#![warn(missing_docs, unreachable_pub)]

#[rustfmt::skip]
mod generated;

pub use generated::error_code::ErrorCode;
pub use generated::*;
/// The runtime that all crates for these platforms share. Look here for the traits behind a client:
/// [`TokenStore`](openplat_core::TokenStore), [`Transport`](openplat_core::Transport),
/// [`Clock`](openplat_core::Clock).
pub use openplat_core;
pub use openplat_core::{
    ApiError, AsUser, Authorization, AuthorizeUrl, Call, CodeExchange, Download, Error, ErrorKind,
    Feishu, IfExists, Items, Pages, Progress, Response, Secret, UnknownValue, Upload, UserSession,
    UserToken, Violation, WithToken,
};

/// A client for Feishu or Lark; all crates for Feishu share it.
pub type Client = openplat_core::Client<Feishu>;
/// Sets up a [`Client`].
pub type ClientBuilder = openplat_core::ClientBuilder<Feishu>;
