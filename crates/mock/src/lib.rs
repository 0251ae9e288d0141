//! A platform on this machine, for trying the openplat SDKs without an account.
//!
//! [`MockPlatform`] speaks to Feishu and to DingTalk clients over HTTP: it hands out tokens, checks
//! them, answers operations with their documented example or with what a test tells it to, and
//! keeps the requests for the test to look at.
//!
//! ```
//! use openplat_core::{Client, ErrorKind, Feishu};
//! use openplat_mock::MockPlatform;
//! use serde_json::json;
//! # // What a vendor crate would bring along.
//! # use openplat_core::{AcceptsAppToken, Call, Method, Operation, OperationMeta, Parts, Sender};
//! # struct LinkChat(&'static str);
//! # impl LinkChat {
//! #     fn new(chat_id: &'static str) -> Self { Self(chat_id) }
//! #     fn send(&self, sender: &impl Sender<Self>) -> Call<Link> { sender.call(self) }
//! # }
//! # #[derive(serde::Deserialize)]
//! # struct Link { share_link: String }
//! # impl AcceptsAppToken for LinkChat {}
//! # impl Operation for LinkChat {
//! #     type Vendor = Feishu;
//! #     type Output = Link;
//! #     const META: &'static OperationMeta = &OperationMeta::new(
//! #         "im.v1.chat.link", Method::Post, "/open-apis/im/v1/chats/{chat_id}/link");
//! #     fn encode(&self, parts: &mut Parts) {
//! #         parts.path(self.0);
//! #         parts.body();
//! #     }
//! # }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mock = MockPlatform::start().await?;
//! let client = Client::<Feishu>::builder("cli_1", "secret").base_url(mock.url()).build()?;
//!
//! // The first call succeeds, all later ones fail.
//! mock.on::<LinkChat>().data(json!({ "share_link": "https://example.com/1" })).error("232009");
//!
//! let link = LinkChat::new("oc_1").send(&client).await?;
//! assert_eq!(link.share_link, "https://example.com/1");
//!
//! let error = LinkChat::new("oc_2").send(&client).await.err().ok_or("no error")?;
//! assert_eq!(error.kind(), ErrorKind::Rejected);
//! assert_eq!(error.code::<String>().as_deref(), Some("232009"));
//!
//! let requests = mock.requests_to::<LinkChat>();
//! assert_eq!(requests[1].path(), "/open-apis/im/v1/chats/oc_2/link");
//! assert_eq!(requests[1].json()?, json!({}));
//! assert_eq!(mock.token_requests().len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! The server has a thread of its own. It runs whatever the test's runtime does, and a mock kept
//! in a `static` serves all tests of a process.
//!
//! # How far it goes
//!
//! The mock knows envelopes, tokens and the shape of errors; it knows nothing of chats or files.
//! It checks neither scopes nor the values of a request, and it counts no calls: a test that wants
//! a refusal asks for it with [`Route::error`] or [`Route::respond`]. Any app id is accepted with
//! any secret, so long as neither is empty.

mod answer;
mod dialect;
mod platform;
mod recorded;
mod route;
mod server;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openplat_core::Operation;

pub use bytes;
pub use http;

pub use answer::Answer;
pub use dialect::MockedVendor;
pub use recorded::Recorded;
pub use route::Route;

use platform::Platform;
use recorded::Endpoint;
use route::Pattern;
use server::Server;

/// A platform that answers on a port of 127.0.0.1.
///
/// Clones are handles of the same platform. It stops with the last of them: its port and its
/// connections are closed when that drop returns. Several platforms run side by side and share
/// nothing, a token of one is refused by the others.
#[derive(Clone)]
pub struct MockPlatform {
    shared: Shared,
    server: Arc<Server>,
}

impl MockPlatform {
    /// Starts a platform on a free port. It has no routes yet: see [`on`](Self::on).
    ///
    /// # Errors
    ///
    /// What the operating system says if it refuses the port or the thread.
    pub async fn start() -> io::Result<Self> {
        let shared = Shared::default();
        let server = Arc::new(Server::start(shared.clone()).await?);
        Ok(Self { shared, server })
    }

    /// The base URL to build a client with, e.g. `http://127.0.0.1:49152`.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// Makes the platform answer `O`, and gives access to the answers.
    ///
    /// Without further ado the answer is the operation's documented example, or an empty success
    /// where none is known. Called again for the same operation, it continues the same queue of
    /// answers.
    ///
    /// Operations that are not registered are answered with a 404 that says so in plain text.
    pub fn on<O>(&self) -> Route
    where
        O: Operation,
        O::Vendor: MockedVendor,
    {
        let pattern = Pattern::new(O::META.method().into(), O::META.path());
        let script = route::Script::new(O::Vendor::DIALECT, O::EXAMPLE);
        let index = self.shared.lock().register(pattern, script);
        Route::new(self.shared.clone(), index, O::META)
    }

    /// The requests so far in the order of their arrival, but for those of
    /// [`token_requests`](Self::token_requests). Requests that were refused are among them: for
    /// their token, or because no operation is registered for them. Only one whose body is larger
    /// than 64 MiB is not: it is answered with a 413, unread.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.lock().recorded(|endpoint| endpoint != Endpoint::Token)
    }

    /// Those of the [`requests`](Self::requests) that reached `O`, with an accepted token or not.
    pub fn requests_to<O: Operation>(&self) -> Vec<Recorded> {
        let pattern = Pattern::new(O::META.method().into(), O::META.path());
        let platform = self.shared.lock();
        let Some(index) = platform.find(&pattern) else { return Vec::new() };
        platform.recorded(|endpoint| endpoint == Endpoint::Route(index))
    }

    /// The requests for an app's token, in the order of their arrival.
    pub fn token_requests(&self) -> Vec<Recorded> {
        self.shared.lock().recorded(|endpoint| endpoint == Endpoint::Token)
    }

    /// Refuses all app tokens handed out so far. The next fetch gives a new one.
    ///
    /// Until then an app gets the same token each time it asks, as it does from the vendors.
    pub fn revoke_tokens(&self) {
        self.shared.lock().revoke_tokens();
    }

    /// Lets the next fetch of every app give a new token, as it does at the vendors when a token
    /// has half an hour left. The ones handed out so far stay valid.
    pub fn rotate_tokens(&self) {
        self.shared.lock().rotate_tokens();
    }

    /// Honours `token` as a user's. No other user token is accepted.
    pub fn accept_user_token(&self, token: impl Into<String>) {
        self.shared.lock().accept_user_token(token.into());
    }
}

impl fmt::Debug for MockPlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockPlatform").field("url", &self.url()).finish_non_exhaustive()
    }
}

/// The platform as its handles and its server see it.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Platform>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Platform> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
