use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::Client;
use crate::auth::{Auth, Credentials};
use crate::base::Secret;
use crate::call::{
    AcceptsAppToken, AcceptsUserToken, Call, Line, OperationOf, RawCall, Sender, sealed,
};
use crate::meta::Method;
use crate::vendor::{Vendor, token_header};

/// A client that sends another token than its own. `K` says which operations the token is for.
pub struct Scoped<V, K> {
    line: Line,
    kind: PhantomData<fn() -> (V, K)>,
}

/// A client that sends a user's token. See `Client::as_user`.
pub type AsUser<V> = Scoped<V, UserScope>;

/// A client that sends a token which the caller brought along. See [`Client::with_token`].
pub type WithToken<V> = Scoped<V, AppScope>;

/// Marks a [`Scoped`] client that sends a user's token.
#[derive(Debug, Clone, Copy)]
pub enum UserScope {}

/// Marks a [`Scoped`] client that sends a token of the app.
#[derive(Debug, Clone, Copy)]
pub enum AppScope {}

impl<V: Vendor, K> Scoped<V, K> {
    pub(super) fn given(client: &Client<V>, token: &Secret) -> Self {
        Self::new(client, Auth::Given(token_header(V::PLATFORM, token)))
    }

    pub(super) fn with_credentials(client: &Client<V>, credentials: impl Credentials) -> Self {
        Self::new(client, Auth::Credentials(Arc::new(credentials)))
    }

    fn new(client: &Client<V>, auth: Auth) -> Self {
        Self { line: Line { auth, ..client.line() }, kind: PhantomData }
    }

    /// Starts a call of an endpoint that no crate has an operation for; see
    /// [`Client::raw`](Client::raw).
    pub fn raw(&self, method: Method, path: impl Into<Cow<'static, str>>) -> RawCall {
        RawCall::new(self.line.clone(), method, path.into())
    }
}

impl<V, K> Clone for Scoped<V, K> {
    fn clone(&self) -> Self {
        Self { line: self.line.clone(), kind: PhantomData }
    }
}

impl<V, K> fmt::Debug for Scoped<V, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scoped")
            .field("base_url", &self.line.channel.exchange.base_url)
            .field("app_id", &self.line.channel.app.id)
            .finish_non_exhaustive()
    }
}

impl<V, K> sealed::Sealed for Scoped<V, K> {}

impl<V, O> Sender<O> for Scoped<V, UserScope>
where
    V: Vendor,
    O: OperationOf<V> + AcceptsUserToken,
{
    fn call(&self, operation: &O) -> Call<O::Output> {
        self.line.clone().call(operation)
    }
}

impl<V, O> Sender<O> for Scoped<V, AppScope>
where
    V: Vendor,
    O: OperationOf<V> + AcceptsAppToken,
{
    fn call(&self, operation: &O) -> Call<O::Output> {
        self.line.clone().call(operation)
    }
}
