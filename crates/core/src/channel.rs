//! One app's way to one platform: what the fetch of a token and a call both need.

use std::time::Duration;

use http::HeaderValue;

use crate::flow::Flow;
use crate::vendor::{App, Platform};
use crate::wire::Exchange;

pub(crate) struct Channel {
    pub(crate) platform: &'static dyn Platform,
    pub(crate) app: App,
    pub(crate) exchange: Exchange,
    pub(crate) flow: Flow,
    /// The longest that one attempt may take.
    pub(crate) attempt_timeout: Duration,
}

impl Channel {
    /// Returns what a response may echo and nobody shall see: the token that was sent, and the
    /// app's secret.
    pub(crate) fn secrets<'a>(&'a self, token: &'a HeaderValue) -> [&'a str; 2] {
        let token = token.to_str().unwrap_or_default();
        [token.strip_prefix("Bearer ").unwrap_or(token), self.app.secret.expose()]
    }
}
