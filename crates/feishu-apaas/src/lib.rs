//! The low-code platform of Feishu, apaas: records, functions, flows, approvals, workspaces and audit
//! logs, as typed requests, responses and error codes. The client takes care of tokens, rate limits and
//! safe retries.
//!
//! 飞书低代码平台（apaas）的 Rust SDK：读写记录，调用函数和流程，处理审批任务，查询工作区和审计日志。请求、响应和错误码都有类型，访问凭证、限流等待和安全重试由客户端负责。[中文说明](https://github.com/openplat/openplat/blob/main/README.zh-CN.md)
//!
//! # Add and read records
//!
//! ```no_run
//! use feishu_apaas::Record;
//! use feishu_apaas::application_object::{OqlQueryObjects, OqlQueryObjectsRequired};
//! use feishu_apaas::application_object_record::{CreateRecord, CreateRecordRequired};
//! use serde::{Deserialize, Serialize};
//! use serde_json::json;
//!
//! #[derive(Debug, Serialize, Deserialize)]
//! struct Employee {
//!     name: String,
//!     age: u32,
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let secret = feishu_apaas::Secret::from_env("FEISHU_APP_SECRET")?;
//!     let feishu = feishu_apaas::Client::builder("cli_a1b2c3", secret).build()?;
//!
//!     let ada = Employee { name: "Ada".to_owned(), age: 36 };
//!     let created = CreateRecord::new(CreateRecordRequired {
//!         namespace: "package_test__c",
//!         object_api_name: "employee",
//!         record: Record::new(&ada)?,
//!     });
//!     println!("{}", created.send(&feishu).await?.id);
//!
//!     let query = OqlQueryObjects::new(OqlQueryObjectsRequired {
//!         namespace: "package_test__c",
//!         query: "SELECT name, age FROM employee WHERE age > $1",
//!     });
//!     let found = query.args([json!(30)]).send(&feishu).await?;
//!     for employee in Record::read_all::<Employee>(&found.rows)? {
//!         println!("{employee:?}");
//!     }
//!     Ok(())
//! }
//! ```
//!
//! A [`Record`] holds what the app's own objects define, and converts from and to structs of yours.
//!
//! A request is a struct: its constructor takes what is required, setters take the rest, and `send`
//! makes the call through a [`Client`].
//!
//! # Act for a user
//!
//! Audit logs, seats and workspaces take a user's token. An operation that does not accept the token
//! of its sender does not compile.
//!
//! ```no_run
//! # async fn run(feishu: feishu_apaas::Client) -> Result<(), feishu_apaas::Error> {
//! use feishu_apaas::app::ListApp;
//!
//! // A user who has logged in; see the guide to tokens.
//! let user = feishu.as_user_with(feishu.user_session("account-4711"));
//! let mut apps = ListApp::new().items(&user);
//! while let Some(app) = apps.next().await {
//!     println!("{:?}", app?);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Handle errors
//!
//! ```no_run
//! # async fn run(feishu: feishu_apaas::Client) {
//! use feishu_apaas::ErrorCode;
//! use feishu_apaas::application_function::{InvokeFunction, InvokeFunctionRequired};
//!
//! let function = InvokeFunction::new(InvokeFunctionRequired {
//!     namespace: "package_test__c",
//!     function_api_name: "printParam",
//! });
//! match function.send(&feishu).await {
//!     Ok(returned) => println!("{:?}", returned.result),
//!     Err(error) if error.code() == Some(ErrorCode::InvalidParameter) => println!("check params"),
//!     Err(error) => eprintln!("{error}"),
//! }
//! # }
//! ```
//!
//! # Test without an account
//!
//! [`openplat-mock`](https://docs.rs/openplat-mock) is a platform on your own machine. Responses and the
//! models in them also have public fields and implement [`Default`] and
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
//!
//! # Find an operation
//!
//! | to | module |
//! | --- | --- |
//! | create, read, change and delete records of an object | [`application_object_record`] |
//! | query objects with OQL, search records | [`application_object`] |
//! | call functions, run flows | [`application_function`], [`application_flow`] |
//! | approve, reject, transfer and cancel tasks | [`approval_task`], [`approval_instance`], [`user_task`] |
//! | give roles and record permissions | [`application_role_member`], [`application_record_permission_member`] |
//! | read environment variables | [`application_environment_variable`] |
//! | tables, views, enums and SQL of a workspace | [`workspace`], [`workspace_table`], [`workspace_view`], [`workspace_enum`] |
//! | audit logs, apps, seats and usage | [`application_audit_log`], [`app`], [`seat_assignment`], [`seat_activity`], [`tenant_app_metrics`] |
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `events` | the module `events`: changes of records, over a webhook |
//! | `long-connection` | events over a connection that the program opens; includes `events` |
//! | `examples` | the documented responses, for `openplat-mock` |
//! | `gbk` | file names in GBK, which some servers send without saying so |
//! | `reqwest` (default) | the built-in transport |
//! | `ring` (default) | TLS by ring if the process has not installed another rustls provider |
//!
//! # More
//!
//! - Guides, in `feishu-im`: [tokens and login](https://docs.rs/feishu-im/latest/feishu_im/guide/tokens),
//!   [errors, retries and limits](https://docs.rs/feishu-im/latest/feishu_im/guide/errors),
//!   [events](https://docs.rs/feishu-im/latest/feishu_im/guide/events) and
//!   [testing](https://docs.rs/feishu-im/latest/feishu_im/guide/testing).
//! - [Example programs](https://github.com/openplat/openplat/tree/main/crates/feishu-apaas/examples):
//!   records as your own structs, and two crates over one client.
//! - The client is the same type as in the other Feishu crates: one client serves all of them.

#![doc(html_root_url = "https://docs.rs/feishu-apaas/latest")]
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
    ApiError, Authorization, AuthorizeUrl, Call, CodeExchange, Download, Error, ErrorKind, Feishu,
    IfExists, Items, Pages, Progress, Record, Response, Secret, UnknownValue, Upload, UserSession,
    UserToken, Violation,
};

/// A client for Feishu or Lark, which all crates for Feishu share.
///
/// Cheap to clone: clones share the connections and the token. It needs a tokio runtime when it sends.
/// `.send(&client)` sends the app's token. Functions such as `as_user` return senders with another one:
/// see the [guide to tokens](https://docs.rs/feishu-im/latest/feishu_im/guide/tokens).
pub type Client = openplat_core::Client<Feishu>;
/// Sets up a [`Client`].
pub type ClientBuilder = openplat_core::ClientBuilder<Feishu>;
/// Sends a user's token; returned by [`Client::as_user`].
pub type AsUser = openplat_core::AsUser<Feishu>;
/// Sends a token of the app that came from elsewhere; returned by [`Client::with_token`].
pub type WithToken = openplat_core::WithToken<Feishu>;
