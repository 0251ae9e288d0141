//! A platform on this machine, for testing programs that use the openplat SDKs without an account.
//!
//! [`MockPlatform`] speaks to Feishu and to DingTalk clients. It grants tokens and checks them,
//! responds to operations with their documented example or with what a test tells it to, and keeps
//! the requests for the test to look at.
//!
//! ```sh
//! cargo add --dev openplat-mock
//! cargo add --dev serde_json
//! cargo add --dev feishu-im --features examples
//! ```
//!
//! Without the feature `examples` of the vendor crate, the documented examples are empty responses. The
//! [guide to testing](https://docs.rs/feishu-im/latest/feishu_im/guide/testing) shows the test of a
//! whole bot.
//!
//! # A call
//!
//! ```
//! use feishu_im::chat::LinkChat;
//! use feishu_im::{Client, ErrorCode};
//! use openplat_mock::MockPlatform;
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // In a test: #[tokio::test]
//! let mock = MockPlatform::start().await?;
//! let feishu = Client::builder("cli_1", "secret").base_url(mock.url()).build()?;
//!
//! // The first call succeeds, all later ones fail.
//! mock.on::<LinkChat>().data(json!({ "share_link": "https://example.com/1" })).error("232009");
//!
//! let link = LinkChat::new("oc_1").send(&feishu).await?;
//! assert_eq!(link.share_link.as_deref(), Some("https://example.com/1"));
//!
//! let error = LinkChat::new("oc_2").send(&feishu).await.err().ok_or("no error")?;
//! assert_eq!(error.code(), Some(ErrorCode::ChatDissolved));
//!
//! let requests = mock.requests_to::<LinkChat>();
//! assert_eq!(requests[1].path_value("chat_id"), Some("oc_2"));
//! assert_eq!(requests[1].json()?, json!({}));
//! assert_eq!(mock.token_requests().len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! # With a socket or without
//!
//! [`MockPlatform::start`] listens on a port of 127.0.0.1. The server has a thread of its own: it
//! runs whatever the test's runtime does, and a mock kept in a `static` serves all tests of a
//! process. [`MockPlatform::transport`] leads to the same platform without a socket. Then all time
//! that passes is tokio's, and a test whose clock is paused waits for nothing:
//!
//! ```
//! use std::time::Duration;
//! use feishu_im::Client;
//! use feishu_im::chat::LinkChat;
//! use openplat_mock::{MockPlatform, Reply};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mock = MockPlatform::in_process();
//! let feishu = Client::builder("cli_1", "secret").transport(mock.transport()).build()?;
//! mock.on::<LinkChat>().respond(Reply::example().delay(Duration::from_secs(7)));
//!
//! // In a test: #[tokio::test(start_paused = true)]
//! # tokio::time::pause();
//! let started = tokio::time::Instant::now();
//! LinkChat::new("oc_1").send(&feishu).await?;
//! assert_eq!(started.elapsed().as_secs(), 7);
//! # Ok(())
//! # }
//! ```
//!
//! # Faults
//!
//! A [`Reply`] can be late, slow or cut off, or no reply at all. Each route has a queue of them; the
//! last one repeats, unless [`Route::times`] limits it.
//!
//! ```
//! use std::time::Duration;
//! use feishu_im::chat::LinkChat;
//! use feishu_im::openplat_core::Method;
//! use feishu_im::{Client, ErrorKind, Feishu};
//! use openplat_mock::{MockPlatform, Reply};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let mock = MockPlatform::in_process();
//! # let feishu = Client::builder("cli_1", "secret").transport(mock.transport()).build()?;
//! # tokio::time::pause();
//! let route = mock.on::<LinkChat>();
//! let route = route.respond(Reply::refuse()).times(1);
//! let route = route.respond(Reply::example().cut_after(10)).times(1);
//!
//! // What was not sent is retried, what may have been executed is not.
//! let error = LinkChat::new("oc_1").send(&feishu).await.err().ok_or("no error")?;
//! assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transfer, 2));
//!
//! // Now that both are used up, the route gives the documented example.
//! LinkChat::new("oc_1").send(&feishu).await?;
//! assert_eq!(route.calls(), 3);
//!
//! // Any path can be a route, also one at which tokens are fetched.
//! let tokens = "/open-apis/auth/v3/tenant_access_token/internal";
//! mock.on_path::<Feishu>(Method::Post, tokens).error("10014").times(1);
//! mock.revoke_tokens();
//! LinkChat::new("oc_1").send(&feishu).await.err().ok_or("no error")?;
//!
//! // A client whose credentials were refused fetches no token for a while.
//! tokio::time::advance(Duration::from_secs(10)).await;
//! LinkChat::new("oc_1").send(&feishu).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Limits
//!
//! ```
//! use std::time::Duration;
//! use feishu_im::Client;
//! use feishu_im::chat::LinkChat;
//! use openplat_mock::{MockPlatform, RateLimit};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let mock = MockPlatform::in_process();
//! # let feishu = Client::builder("cli_1", "secret").transport(mock.transport()).build()?;
//! # tokio::time::pause();
//! let route = mock.on::<LinkChat>().rate_limit(RateLimit::new(2, Duration::from_secs(5)));
//! for _ in 0..3 {
//!     LinkChat::new("oc_1").send(&feishu).await?;
//! }
//! assert_eq!((route.calls(), route.requests().len()), (3, 4), "the third call was sent twice");
//! # Ok(())
//! # }
//! ```
//!
//! # Users
//!
//! [`MockPlatform::accept_user_token`] honors a token of the test's own. A whole login begins with
//! the [`Consent`] of a user. Tokens expire by the platform's clock, which
//! [`MockPlatform::advance`] moves.
//!
//! ```
//! use feishu_im::chat::LinkChat;
//! use feishu_im::{Client, CodeExchange, ErrorKind};
//! use openplat_mock::{Consent, MockPlatform};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let mock = MockPlatform::in_process();
//! # let feishu = Client::builder("cli_1", "secret").transport(mock.transport()).build()?;
//! mock.on::<LinkChat>();
//! let code = mock.consent(Consent::new("cli_1").scopes(["im:chat", "offline_access"]));
//! let user = feishu.exchange_code(CodeExchange::new(code)).await?;
//! LinkChat::new("oc_1").send(&feishu.as_user(user.access_token.clone())).await?;
//!
//! mock.advance(user.expires_at.duration_since(user.issued_at)?);
//! let expired = LinkChat::new("oc_1").send(&feishu.as_user(user.access_token)).await;
//! assert_eq!(expired.err().map(|error| error.kind()), Some(ErrorKind::Unauthenticated));
//!
//! let refresh_token = user.refresh_token.ok_or("no refresh token")?;
//! let user = feishu.refresh_user_token(&refresh_token).await?;
//! LinkChat::new("oc_1").send(&feishu.as_user(user.access_token)).await?;
//! feishu.refresh_user_token(&refresh_token).await.err().ok_or("it works once")?;
//! # Ok(())
//! # }
//! ```
//!
//! # Requests and forms
//!
//! Replies can be computed from the request, and a route can be narrowed to some of its requests.
//! [`Recorded`] reads the query, JSON and forms.
//!
//! ```
//! use feishu_im::chat::LinkChat;
//! use feishu_im::image::{CreateImage, ImageType};
//! use feishu_im::{Client, Upload};
//! use openplat_mock::{MockPlatform, Reply};
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let mock = MockPlatform::in_process();
//! # let feishu = Client::builder("cli_1", "secret").transport(mock.transport()).build()?;
//! let links = mock.on::<LinkChat>().respond_with(|request| {
//!     let chat_id = request.path_value("chat_id").unwrap_or_default();
//!     Reply::data(json!({ "share_link": format!("https://example.com/{chat_id}") }))
//! });
//! links.when_path("chat_id", "oc_gone").error("232009");
//! let link = LinkChat::new("oc_7").send(&feishu).await?;
//! assert_eq!(link.share_link.as_deref(), Some("https://example.com/oc_7"));
//! LinkChat::new("oc_gone").send(&feishu).await.err().ok_or("no error")?;
//!
//! let images = mock.on::<CreateImage>();
//! let image = Upload::from_bytes(&b"GIF89a"[..]).file_name("a.gif");
//! CreateImage::new(ImageType::Message, image).send(&feishu).await?;
//! let parts = images.requests()[0].parts()?;
//! assert_eq!((parts[0].name.as_str(), parts[0].text().as_str()), ("image_type", "message"));
//! assert_eq!(parts[1].file_name.as_deref(), Some("a.gif"));
//! assert_eq!(parts[1].bytes, b"GIF89a"[..]);
//! # Ok(())
//! # }
//! ```
//!
//! # Events
//!
//! [`MockPlatform::push`] sends an event or a callback over one of the app's long connections, and
//! redelivers it by the platform's schedule until it is acknowledged. It returns a handle that
//! waits for the acknowledgment, and for the response to a callback.
//!
//! ```
//! use feishu_im::Client;
//! use feishu_im::events::connection::LongConnection;
//! use feishu_im::events::{Answer, Event, Listener, Toast};
//! use openplat_mock::{MockPlatform, Push};
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mock = MockPlatform::in_process();
//! let feishu = Client::builder("cli_1", "secret").transport(mock.transport()).build()?;
//! let bot = Listener::new(async |event| {
//!     Ok::<_, feishu_im::Error>(match event {
//!         Event::CardAction(click) => click.answer(Toast::info("done")),
//!         _ => Answer::default(),
//!     })
//! });
//! # tokio::time::pause();
//! tokio::spawn(LongConnection::new(&feishu).connect().run(bot));
//!
//! let click = json!({ "action": { "tag": "button", "value": { "key": "approve" } } });
//! let ack = mock.push(Push::feishu("card.action.trigger", click)).ack().await;
//! assert_eq!(ack.data, Some(json!({ "toast": { "type": "info", "content": "done" } })));
//!
//! // In fragments, out of order.
//! let message = Push::feishu("im.message.receive_v1", json!({ "message": {} }));
//! mock.push(message.fragments(3).order([2, 0, 1])).accepted().await;
//!
//! // The bot connects again, and gets what was pushed meanwhile.
//! mock.connection(0).await.close(1001);
//! let pushed = mock.push(Push::feishu("im.chat.disbanded_v1", json!({})));
//! pushed.accepted().await;
//! assert_eq!(pushed.sent_to(), [1]);
//! # Ok(())
//! # }
//! ```
//!
//! A connection can also be [reset](MockConnection::reset), [left half
//! open](MockConnection::silence) or [not read](MockConnection::stall); its
//! [violations](MockConnection::violations) are what the client did against the rules. The requests
//! before it are routes: see [`LongConnectionPlan`], which can also leave everything to
//! [chance](LongConnectionPlan::chaos).
//!
//! A [webhook](MockPlatform::webhook) gets signed and encrypted requests. Its server is a URL, or
//! a function:
//!
//! ```
//! use feishu_im::events::{Event, FeishuWebhook, Listener};
//! use openplat_mock::{MockPlatform, Push, WebhookServer};
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let webhook =
//!     FeishuWebhook::builder().encrypt_key("a key").verification_token("a token").build()?;
//! let bot = Listener::new(async |_: Event| Ok::<_, feishu_im::Error>(()));
//! let own = webhook.clone();
//! let server = WebhookServer::function(move |request| {
//!     let (bot, own) = (bot.clone(), own.clone());
//!     async move { bot.serve(&own, request).await }
//! });
//!
//! let mock = MockPlatform::in_process();
//! mock.webhook("cli_1", &webhook, server).await?;
//! mock.push(Push::feishu("im.message.receive_v1", json!({ "message": {} }))).accepted().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Limits of the mock
//!
//! The mock knows envelopes, tokens and the shape of errors; it does not know chats or files. It
//! checks neither scopes nor the values of a request. Any app ID is accepted with any secret, as
//! long as neither is empty. What is not known about a vendor, and assumed, is marked as such in
//! the source; a test against the mock is no evidence of what the vendor does. The official Python
//! clients, lark-oapi 1.7.5 and dingtalk-stream 0.24.3, hear, acknowledge and reconnect against it
//! without a violation.

#![doc(html_root_url = "https://docs.rs/openplat-mock/latest")]

mod consent;
mod dialect;
mod limit;
mod pattern;
mod push;
mod queue;
mod recorded;
mod reply;
mod route;
mod server;
mod simulation;
mod tokens;
mod transport;
mod wire;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use openplat_core::Operation;

pub use bytes;
pub use http;

pub use consent::Consent;
pub use dialect::MockedVendor;
pub use limit::RateLimit;
pub use push::{
    Fault, LongConnectionPlan, MockConnection, MockedWebhook, Push, Pushed, RecordedAck,
    WebhookError, WebhookServer,
};
pub use recorded::{NotAForm, Part, Recorded};
pub use reply::Reply;
pub use route::Route;
pub use tokens::TokenKind;
pub use transport::MockTransport;

use pattern::Pattern;
use push::{Caller, Peer, Session};
use recorded::Endpoint;
use server::Server;
use simulation::Simulation;

/// A platform on this machine.
///
/// Clones are handles of the same platform. Its server stops with the last of them: its port and
/// its connections are closed when that drop returns. Several platforms run side by side and share
/// nothing, and each refuses the tokens of the others.
#[derive(Clone)]
pub struct MockPlatform {
    shared: Shared,
    /// None for a platform without a socket.
    server: Option<Arc<Server>>,
}

impl MockPlatform {
    /// Starts a platform on a free port of 127.0.0.1. It has no routes yet: see [`on`](Self::on).
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system if the port or the thread is refused.
    pub async fn start() -> io::Result<Self> {
        let shared = Shared::default();
        let server = Server::start(shared.clone()).await?;
        shared.lock().hub.base = server.url().replacen("http", "ws", 1);
        Ok(Self { shared, server: Some(Arc::new(server)) })
    }

    /// Creates a platform without a socket, which [`transport`](Self::transport) alone leads to.
    pub fn in_process() -> Self {
        Self { shared: Shared::default(), server: None }
    }

    /// Returns the base URL to build a client with, such as `http://127.0.0.1:49152`. A platform
    /// [`in_process`](Self::in_process) has no address, and the URL leads nowhere.
    pub fn url(&self) -> &str {
        self.server.as_ref().map_or("https://openplat-mock.invalid", |server| server.url())
    }

    /// Returns a transport to build a client with, which leads here without a socket.
    ///
    /// Delays are waited for in the runtime of the caller, so that a test with a paused clock takes
    /// no time. The platform lives as long as the transport does.
    pub fn transport(&self) -> MockTransport {
        MockTransport(self.shared.clone())
    }

    /// Registers operation `O` and returns the [`Route`] that configures its replies.
    ///
    /// Without further configuration, the reply is the documented example, or an empty success if
    /// none is known. Further calls for the same operation continue the same queue of replies.
    ///
    /// A request that belongs to no route gets a 404 with a text that says how to register one.
    pub fn on<O>(&self) -> Route
    where
        O: Operation,
        O::Vendor: MockedVendor,
    {
        let pattern = Pattern::new(O::META.method().into(), O::META.path());
        let meta = Some(O::META);
        let route = self.shared.lock().register(pattern, O::Vendor::DIALECT, meta, O::EXAMPLE);
        Route::new(self.shared.clone(), route)
    }

    /// Registers a method and a path of vendor `V`, whose parameters are in braces, such as
    /// `/open-apis/x/{id}`. A parameter is one segment of the path.
    ///
    /// The path can be one at which tokens are asked for. Its requests need no token, and the reply
    /// of [`Reply::example`] is the token that was asked for, so that a test can have tokens refused
    /// or delayed.
    pub fn on_path<V: MockedVendor>(
        &self,
        method: impl Into<http::Method>,
        template: impl Into<String>,
    ) -> Route {
        let pattern = Pattern::new(method.into(), template);
        let route = self.shared.lock().register(pattern, V::DIALECT, None, None);
        Route::new(self.shared.clone(), route)
    }

    /// Returns the requests so far in the order of their arrival, except those of
    /// [`token_requests`](Self::token_requests) and of
    /// [`LongConnectionPlan::requests`]. Requests that were refused are among them. A
    /// request whose body is larger than 64 MiB is not: it gets a 413, unread.
    pub fn requests(&self) -> Vec<Recorded> {
        let is_other = |endpoint| matches!(endpoint, Endpoint::Token | Endpoint::Connection);
        self.shared.lock().recorded.matching(|endpoint| !is_other(endpoint))
    }

    /// Returns those of the [`requests`](Self::requests) that reached `O`, with an accepted token
    /// or not.
    pub fn requests_to<O: Operation>(&self) -> Vec<Recorded> {
        let pattern = Pattern::new(O::META.method().into(), O::META.path());
        let platform = self.shared.lock();
        let Some(route) = platform.find(&pattern) else { return Vec::new() };
        platform.recorded.matching(|endpoint| endpoint == Endpoint::Route(route))
    }

    /// Returns the requests for tokens and tickets, of apps and of users, in the order of their
    /// arrival.
    pub fn token_requests(&self) -> Vec<Recorded> {
        self.shared.lock().recorded.matching(|endpoint| endpoint == Endpoint::Token)
    }

    /// Revokes all app tokens handed out so far. The next fetch gives a new one.
    ///
    /// Until then an app gets the same token each time it asks, as it does from the vendors.
    pub fn revoke_tokens(&self) {
        self.shared.lock().revoke(&TokenKind::OF_APPS);
    }

    /// Revokes all tokens of one kind.
    pub fn revoke(&self, kind: TokenKind) {
        self.shared.lock().revoke(&[kind]);
    }

    /// Lets the next fetch of every app give a new token, as it does at the vendors when a token
    /// has half an hour left. The tokens handed out so far stay valid.
    pub fn rotate_tokens(&self) {
        self.shared.lock().rotate(&TokenKind::OF_APPS);
    }

    /// Sets how long tokens of this kind work that are granted from now on. Defaults to 2 hours for
    /// access tokens, to 7 days for Feishu's refresh tokens and to 30 days for DingTalk's.
    pub fn set_lifetime(&self, kind: TokenKind, lifetime: Duration) {
        self.shared.lock().tokens.set_lifetime(kind, lifetime);
    }

    /// Moves the platform's own clock forward, by which tokens and codes expire, rate limits and
    /// bans are lifted, and requests are dated. Replies that are under way are not affected.
    ///
    /// The clock follows tokio's clock, which a test can pause.
    pub fn advance(&self, duration: Duration) {
        self.shared.lock().advance(duration);
    }

    /// Honors `token` as a user's, of either vendor.
    pub fn accept_user_token(&self, token: impl Into<String>) {
        let token = token.into();
        self.accept_token(TokenKind::FeishuUser, token.clone());
        self.accept_token(TokenKind::DingTalkUser, token);
    }

    /// Honors `token` as one of this kind. It does not expire.
    pub fn accept_token(&self, kind: TokenKind, token: impl Into<String>) {
        self.shared.lock().tokens.accept(kind, token.into());
    }

    /// Accepts no other ticket than this one from now on: Feishu's `app_ticket`, DingTalk's
    /// `suiteTicket`. Until then, any ticket is accepted. A Feishu app that asks for its ticket gets
    /// it as an event.
    pub fn set_ticket(&self, ticket: impl Into<String>) {
        self.shared.lock().tokens.set_ticket(ticket.into());
    }

    /// Lets a user consent to an app, and returns the authorization code. The code can be exchanged
    /// once, within five minutes.
    pub fn consent(&self, consent: Consent) -> String {
        let mut platform = self.shared.lock();
        let now = platform.now();
        platform.tokens.consent(consent, now)
    }

    /// Pushes an event or a callback over a long connection: to one of those that are open, at
    /// random, as the platforms do. If none is open, the event waits for one.
    ///
    /// An event that is not acknowledged in time, with success, is redelivered, see
    /// [`Push::resend_after`]. The platform's clock says when, which [`advance`](Self::advance)
    /// moves.
    pub fn push(&self, push: Push) -> Pushed {
        let mut platform = self.shared.lock();
        let now = platform.now();
        let index = platform.hub.push(push, now);
        Pushed { shared: self.shared.clone(), index }
    }

    /// Registers the webhook of an app, as the developer console does: sends a challenge to the
    /// server, and if the response is correct, pushes events to it from now on. The requests are
    /// signed and encrypted with the first secrets of `webhook`. `server` is a URL, or a
    /// [function](WebhookServer::function).
    ///
    /// A webhook is listed among the [`connections`](Self::connections), and
    /// [`close`](MockConnection::close) removes it. A request without a response within 3 seconds is
    /// listed among its [`violations`](MockConnection::violations).
    ///
    /// # Errors
    ///
    /// Returns the reason why the platform would not accept the URL.
    ///
    /// # Panics
    ///
    /// Outside a Tokio runtime, which does the pushing.
    pub async fn webhook<W: MockedWebhook>(
        &self,
        app_id: &str,
        webhook: &W,
        server: impl Into<WebhookServer>,
    ) -> Result<MockConnection, WebhookError> {
        let caller = Caller::new(webhook, server.into());
        caller.challenge(&format!("mock-challenge-{}", tokens::number())).await?;
        let session = Session::open(&self.shared, Peer::webhook(W::VENDOR, app_id));
        let index = session.index;
        tokio::spawn(caller.run(session));
        Ok(MockConnection { shared: self.shared.clone(), index })
    }

    /// Returns all acknowledgments so far, in the order of their arrival.
    pub fn acks(&self) -> Vec<RecordedAck> {
        self.shared.lock().hub.acks()
    }

    /// Returns how many of the events that were pushed are not accepted yet: see
    /// [`Pushed::is_accepted`].
    pub fn pending(&self) -> usize {
        self.shared.lock().hub.pending
    }

    /// Returns the long connections so far in the order in which they were opened, closed ones
    /// among them.
    pub fn connections(&self) -> Vec<MockConnection> {
        let count = self.shared.lock().hub.count();
        let connection = |index| MockConnection { shared: self.shared.clone(), index };
        (0..count).map(connection).collect()
    }

    /// Waits for the long connection with this [`index`](MockConnection::index) to be opened.
    pub async fn connection(&self, index: usize) -> MockConnection {
        self.shared.when(|| (index < self.shared.lock().hub.count()).then_some(())).await;
        MockConnection { shared: self.shared.clone(), index }
    }

    /// Returns the rules for long connections, to change them.
    pub fn long_connection(&self) -> LongConnectionPlan {
        LongConnectionPlan { shared: self.shared.clone() }
    }

    /// Waits until `condition` holds. The condition is checked now, and again each time a request, a
    /// connection, a ping or an acknowledgment is recorded or an event is sent. There is no time
    /// limit.
    pub async fn until(&self, mut condition: impl FnMut(&Self) -> bool) {
        self.shared.when(|| condition(self).then_some(())).await;
    }

    /// Bans the client's address for this long: all requests to DingTalk get the ban, as HTTP 403
    /// with `{"status":1111,"punish":"deny"}`. Feishu is not known to ban addresses.
    pub fn ban(&self, duration: Duration) {
        self.shared.lock().ban(duration);
    }
}

impl fmt::Debug for MockPlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockPlatform").field("url", &self.url()).finish_non_exhaustive()
    }
}

/// The platform as its handles and its server see it.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Simulation>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Simulation> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks for something whenever something was recorded, until it is there.
    async fn when<T>(&self, mut find: impl FnMut() -> Option<T>) -> T {
        let mut changed = self.lock().hub.changed.subscribe();
        loop {
            if let Some(found) = find() {
                return found;
            }
            // Its sender lives as long as the platform.
            let _ = changed.changed().await;
        }
    }

    fn downgrade(&self) -> WeakShared {
        WeakShared(Arc::downgrade(&self.0))
    }
}

/// The platform as its long connections see it: they do not keep it.
struct WeakShared(Weak<Mutex<Simulation>>);

impl WeakShared {
    fn upgrade(&self) -> Option<Shared> {
        self.0.upgrade().map(Shared)
    }
}
