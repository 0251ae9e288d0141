//! One app's way to one platform: what the fetch of a token and a call both need.

use std::time::Duration;

use http::HeaderValue;
use percent_encoding::{PercentEncode, utf8_percent_encode};

use crate::flow::Flow;
use crate::vendor::{App, OLD_TOKEN, Platform};
use crate::wire::{COMPONENT, Exchange};

pub(crate) struct Channel {
    pub(crate) platform: &'static dyn Platform,
    pub(crate) app: App,
    pub(crate) exchange: Exchange,
    /// The host of the platform's old API, unless the base URL leads to that as well.
    pub(crate) old_host: Option<&'static str>,
    pub(crate) flow: Flow,
    /// The longest that one attempt may take.
    pub(crate) attempt_timeout: Duration,
}

impl Channel {
    /// Returns what a response may echo and no one shall see: the token that was sent, and the
    /// app's secret.
    pub(crate) fn secrets<'a>(&'a self, token: &'a HeaderValue) -> [&'a str; 2] {
        let token = token.to_str().unwrap_or_default();
        [token.strip_prefix("Bearer ").unwrap_or(token), self.app.secret.expose()]
    }

    /// Returns the host and the port that serve the platform's old API, or the other one.
    pub(crate) fn server(&self, is_old: bool) -> (&str, u16) {
        match self.old_host {
            Some(host) if is_old => (host, 443),
            _ => (&self.exchange.host, self.exchange.port),
        }
    }

    /// Returns the URL of a request to the old API, which holds the token: nothing may show it.
    pub(crate) fn old_url(&self, target: &str, token: &HeaderValue) -> String {
        let mark = if target.contains('?') { '&' } else { '?' };
        let target = format!("{target}{mark}{OLD_TOKEN}={}", in_url(token));
        match self.old_host {
            Some(host) => format!("https://{host}{target}"),
            None => format!("{}{target}", self.exchange.base_url),
        }
    }
}

/// Returns a token as a URL has it.
pub(crate) fn in_url(token: &HeaderValue) -> PercentEncode<'_> {
    utf8_percent_encode(token.to_str().unwrap_or_default(), COMPONENT)
}
