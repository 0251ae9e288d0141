use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::dialect::DINGTALK_TOKEN;

/// How much of a body `Debug` shows. Uploads have no place in the output of a failed test.
const SHOWN_BYTES: usize = 2000;

/// A request as it arrived.
///
/// `Debug` shows neither tokens nor an app's secret.
#[derive(Clone)]
#[non_exhaustive]
pub struct Recorded {
    /// The HTTP method.
    pub method: Method,
    /// Path and query as they stood on the wire, percent-encoded.
    pub target: String,
    /// The headers. The values of those that carry a token are marked as sensitive.
    pub headers: HeaderMap,
    /// The body; empty if there was none.
    pub body: Bytes,
    pub(crate) endpoint: Endpoint,
}

/// What a request was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Token,
    /// By its place in the list of routes.
    Route(usize),
    Unknown,
}

impl Recorded {
    pub(crate) fn new(head: Parts, body: Bytes, endpoint: Endpoint) -> Self {
        let mut headers = head.headers;
        for (name, value) in &mut headers {
            if *name == AUTHORIZATION || *name == DINGTALK_TOKEN {
                value.set_sensitive(true);
            }
        }
        let target = head.uri.path_and_query().map_or("", |target| target.as_str()).to_owned();
        Self { method: head.method, target, headers, body, endpoint }
    }

    /// The path as it stood on the wire: an encoded slash within a value stays encoded.
    pub fn path(&self) -> &str {
        self.split_target().0
    }

    /// The query's names and values, decoded, in their order. A `+` is a space, as in a form.
    pub fn query(&self) -> Vec<(String, String)> {
        let pairs = self.split_target().1.split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decode(name), decode(value)))
            .collect()
    }

    /// The body, parsed.
    ///
    /// # Errors
    ///
    /// If the body is not JSON; an empty one is not.
    pub fn json(&self) -> serde_json::Result<Value> {
        serde_json::from_slice(&self.body)
    }

    fn split_target(&self) -> (&str, &str) {
        self.target.split_once('?').unwrap_or((&self.target, ""))
    }

    fn body_for_debug(&self) -> Cow<'_, str> {
        if self.endpoint == Endpoint::Token {
            return "(not shown, it holds the app's secret)".into();
        }
        match self.body.get(..SHOWN_BYTES) {
            Some(start) if self.body.len() > SHOWN_BYTES => {
                let start = String::from_utf8_lossy(start);
                format!("{start} (the first {SHOWN_BYTES} of {} bytes)", self.body.len()).into()
            }
            _ => String::from_utf8_lossy(&self.body),
        }
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorded")
            .field("method", &self.method)
            .field("target", &self.target)
            .field("headers", &self.headers)
            .field("body", &self.body_for_debug())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(target: &str, body: &'static [u8]) -> Recorded {
        let (head, ()) = http::Request::get(target).body(()).unwrap().into_parts();
        Recorded::new(head, Bytes::from_static(body), Endpoint::Unknown)
    }

    #[test]
    fn a_query_is_decoded_and_a_path_is_not() {
        let request = recorded("/a%2Fb?x=%E7%BE%A4&x=a+b%2B&flag&&=v&q=1=2?&bad=%ff%zz", b"");
        assert_eq!(request.path(), "/a%2Fb");
        let query = request.query();
        let query: Vec<_> = query.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            query,
            [
                ("x", "群"),
                ("x", "a b+"),
                ("flag", ""),
                ("", "v"),
                ("q", "1=2?"),
                ("bad", "\u{fffd}%zz"),
            ]
        );
        assert_eq!(recorded("/a", b"").query(), []);
    }

    #[test]
    fn debug_shows_the_start_of_a_long_body() {
        static LONG: [u8; SHOWN_BYTES + 1] = [b'x'; SHOWN_BYTES + 1];
        let shown = format!("{:?}", recorded("/", &LONG));
        assert!(shown.contains("the first 2000 of 2001 bytes"), "{shown}");
        let shown = format!("{:?}", recorded("/", b"{\"a\":1}\xff"));
        assert!(shown.contains(r#"{\"a\":1}"#), "{shown}");
    }
}
