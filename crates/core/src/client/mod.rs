//! The client of one app on one platform: what users hold in their hands.

mod base_url;
mod builder;
#[cfg(feature = "dingtalk")]
mod dingtalk;
mod env;
#[cfg(feature = "feishu")]
mod feishu;
mod scoped;
mod user;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::auth::{Auth, Owner, TokenSource, TokenStore, Tokens};
use crate::base::{Secret, catch_panic};
use crate::call::{AcceptsAppToken, Call, Line, OperationOf, RawCall, Sender, sealed};
use crate::channel::Channel;
use crate::error::Error;
use crate::meta::Method;
use crate::vendor::{Grant, Vendor};

pub use builder::ClientBuilder;
pub use scoped::{AppScope, AsUser, Scoped, UserScope, WithToken};

/// A sender of operations to one vendor with the token of one app.
///
/// Cheap to clone: clones share the connections and the token, so a program needs one client for an
/// app, and no `Arc` around it. A vendor crate has an alias for its own, such as `feishu_im::Client`.
///
/// # Whose token is sent
///
/// `.send(&client)` sends the token of the app, which the client fetches and renews. These functions
/// return senders with another token, which share the connections:
///
/// | function | token |
/// | --- | --- |
/// | [`as_user`](Self::as_user) | a user's token that the caller has |
/// | [`as_user_with`](Self::as_user_with) | a user's token that a [`UserSession`](crate::UserSession) keeps and refreshes |
/// | [`with_token`](Self::with_token) | a token of the app from elsewhere |
/// | `as_app`, `for_tenant`, `as_store_app` | Feishu: another token of the app |
/// | `for_corp`, `for_authorized_corp` | DingTalk: the app's token for an organization |
///
/// An operation that does not accept the token of its sender does not compile.
///
/// # Runtime
///
/// A client needs a tokio runtime with timers and I/O when it sends, not when it is built. A token is
/// fetched on the runtime of the call that needs it first; if that runtime is not driven any more,
/// calls on other runtimes fetch anew after three seconds.
pub struct Client<V> {
    channel: Arc<Channel>,
    tokens: Arc<Tokens>,
    /// The source of the token that is sent.
    source: Arc<TokenSource>,
    timeout: Duration,
    vendor: PhantomData<fn() -> V>,
}

impl<V: Vendor> Client<V> {
    /// Starts a client for an app, given its ID (DingTalk: app key) and its secret.
    pub fn builder(app_id: impl Into<String>, app_secret: impl Into<Secret>) -> ClientBuilder<V> {
        ClientBuilder::new(app_id.into(), app_secret.into())
    }

    fn new(channel: Arc<Channel>, store: Arc<dyn TokenStore>, timeout: Duration) -> Self {
        let tokens = Arc::new(Tokens::new(channel.clone(), store));
        let source = tokens.source(Owner::App(Grant::Internal));
        Self { channel, tokens, source, timeout, vendor: PhantomData }
    }

    /// Starts a call of an endpoint that no crate has an operation for.
    ///
    /// `path` begins with `/`, never with a host, so that the token goes to no other host. It may
    /// have values in braces. The method and the path stand for the operation in errors and spans.
    ///
    /// ```no_run
    /// # async fn example(feishu: openplat_core::Client<openplat_core::Feishu>)
    /// # -> Result<(), openplat_core::Error> {
    /// use openplat_core::Method;
    /// use serde_json::{Value, json};
    ///
    /// let bot: Value = feishu.raw(Method::Get, "/open-apis/bot/v3/info").send_whole().await?;
    /// println!("{}", bot["bot"]["open_id"]);
    ///
    /// let task: Value = feishu
    ///     .raw(Method::Patch, "/open-apis/task/v2/tasks/{task_guid}")
    ///     .value("task_guid", "e297ddff-06ca-4166-b917-4ce57cd3a7a0")
    ///     .query("user_id_type", "open_id")
    ///     .json(&json!({ "task": { "summary": "Ship it" }, "update_fields": ["summary"] }))
    ///     .send()
    ///     .idempotent(true)
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn raw(&self, method: Method, path: impl Into<Cow<'static, str>>) -> RawCall {
        RawCall::new(self.line(), method, path.into())
    }

    /// Returns the token that this client sends, fetched or cached: for a part of the platform that
    /// speaks no HTTP, or for other HTTP code. It may expire within minutes; ask again rather than
    /// keep it.
    ///
    /// # Errors
    ///
    /// The errors of the fetch, as for any call.
    pub async fn token(&self) -> Result<Secret, Error> {
        let token =
            catch_panic(self.source.get()).await.unwrap_or_else(|panicked| Err(panicked.into()));
        Ok(token.map_err(Error::logged)?.value.clone())
    }

    /// Returns a client that sends this token instead of the one that the client fetches: one that
    /// another program fetched, for instance. The token is used as it is, and never renewed.
    pub fn with_token(&self, token: impl Into<Secret>) -> WithToken<V> {
        Scoped::given(self, &token.into())
    }

    /// Returns a client with another token of the app.
    #[cfg(any(feature = "feishu", feature = "dingtalk"))]
    fn with_grant(&self, grant: Grant) -> Self {
        Self { source: self.tokens.source(Owner::App(grant)), ..self.clone() }
    }

    /// Takes the ticket that the vendor pushes to apps which serve several tenants: Feishu's
    /// `app_ticket`, DingTalk's `suiteTicket`. It goes into the token store, so that it reaches
    /// every process which shares the store.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TokenStore`](crate::ErrorKind::TokenStore) if the token store is unavailable;
    /// call again with the same ticket.
    pub async fn set_ticket(&self, ticket: impl Into<Secret>) -> Result<(), Error> {
        self.keep_ticket(ticket.into()).await.map_err(Error::logged)
    }

    /// Does the same, for a caller who logs the error.
    pub(crate) async fn keep_ticket(&self, ticket: Secret) -> Result<(), Error> {
        catch_panic(self.tokens.keep_ticket(ticket)).await?
    }

    #[cfg(feature = "events")]
    pub(crate) fn channel(&self) -> &Arc<Channel> {
        &self.channel
    }

    // Each operation that is called has a copy of what is inlined.
    #[inline(never)]
    fn line(&self) -> Line {
        let auth = Auth::App(self.source.clone());
        Line { channel: self.channel.clone(), auth, timeout: self.timeout }
    }
}

impl<V> Clone for Client<V> {
    fn clone(&self) -> Self {
        Self {
            channel: self.channel.clone(),
            tokens: self.tokens.clone(),
            source: self.source.clone(),
            timeout: self.timeout,
            vendor: PhantomData,
        }
    }
}

impl<V> fmt::Debug for Client<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.channel.exchange.base_url)
            .field("app_id", &self.channel.app.id)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl<V> sealed::Sealed for Client<V> {}

impl<V, O> Sender<O> for Client<V>
where
    V: Vendor,
    O: OperationOf<V> + AcceptsAppToken,
{
    fn call(&self, operation: &O) -> Call<O::Output> {
        self.line().call(operation)
    }
}
