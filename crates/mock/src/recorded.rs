use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, stream};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method};
use percent_encoding::percent_decode_str;
use serde_json::Value;

pub(crate) const DINGTALK_TOKEN: HeaderName =
    HeaderName::from_static("x-acs-dingtalk-access-token");

/// The number of bytes of bodies that are kept in all.
const KEPT_BYTES: usize = 64 << 20;

/// A request as it arrived.
///
/// `Debug` shows no token, no secret and no content: only the method, the path, the names of the
/// headers, and the size and the media type of the body. [`expose`](Self::expose) shows everything.
#[derive(Clone)]
#[non_exhaustive]
pub struct Recorded {
    /// The HTTP method.
    pub method: Method,
    /// The path and query as sent, percent-encoded. The query of DingTalk's old API holds the token.
    pub target: String,
    /// The headers. The values of those that carry a token are marked as sensitive.
    pub headers: HeaderMap,
    /// The body. Empty if there was none, and if the body is no longer kept: of all bodies together,
    /// the platform keeps the latest 64 MiB. See [`body_size`](Self::body_size).
    pub body: Bytes,
    body_size: usize,
    received_at: Duration,
    query_token: Option<String>,
    pub(crate) path_values: Vec<(String, String)>,
    pub(crate) endpoint: Endpoint,
}

/// The purpose of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Token,
    /// Of the way to a long connection.
    Connection,
    /// By its place in the list of routes.
    Route(usize),
    Unknown,
}

/// A part of a `multipart/form-data` body. `Debug` does not show its contents.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// The name of the field.
    pub name: String,
    /// The name of the file, if the part is one.
    pub file_name: Option<String>,
    /// The media type, if the part has one.
    pub content_type: Option<String>,
    /// The contents.
    pub bytes: Bytes,
}

impl Part {
    /// Returns the contents as text. Bytes that are not UTF-8 become U+FFFD.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("name", &self.name)
            .field("is_file", &self.file_name.is_some())
            .field("content_type", &self.content_type)
            .field("size", &self.bytes.len())
            .finish()
    }
}

impl Recorded {
    pub(crate) fn new(head: Parts, body: Bytes) -> Self {
        let mut headers = head.headers;
        for (name, value) in &mut headers {
            if *name == AUTHORIZATION || *name == DINGTALK_TOKEN {
                value.set_sensitive(true);
            }
        }
        let target = head.uri.path_and_query().map_or("", |target| target.as_str()).to_owned();
        let (body_size, received_at) = (body.len(), Duration::ZERO);
        let (path_values, endpoint) = (Vec::new(), Endpoint::Unknown);
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let mut query = query_pairs(query).into_iter();
        let query_token = query.find(|(name, _)| name == "access_token").map(|(_, token)| token);
        Self {
            query_token,
            method: head.method,
            target,
            headers,
            body,
            body_size,
            received_at,
            path_values,
            endpoint,
        }
    }

    /// Returns the path as sent: an encoded slash within a value stays encoded.
    pub fn path(&self) -> &str {
        self.split_target().0
    }

    /// Returns the value of the parameter `name` in the path template of the route, decoded.
    pub fn path_value(&self, name: &str) -> Option<&str> {
        let value = self.path_values.iter().find(|(known, _)| known == name);
        value.map(|(_, value)| value.as_str())
    }

    /// Returns the query's names and values, decoded, in order. A `+` is a space, as in a form.
    pub fn query(&self) -> Vec<(String, String)> {
        query_pairs(self.split_target().1)
    }

    /// Returns the first value of `name` in the query, decoded.
    pub fn query_value(&self, name: &str) -> Option<String> {
        self.query().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Returns the value of the header `name`, if it is there and readable text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the access token that the request carries, whichever vendor's.
    pub fn token(&self) -> Option<&str> {
        let bearer = self.header(AUTHORIZATION.as_str());
        let bearer = bearer.and_then(|value| value.strip_prefix("Bearer "));
        bearer.or_else(|| self.header(DINGTALK_TOKEN.as_str())).or_else(|| self.query_token())
    }

    /// The token of DingTalk's old API.
    pub(crate) fn query_token(&self) -> Option<&str> {
        self.query_token.as_deref()
    }

    /// Parses the body.
    ///
    /// # Errors
    ///
    /// Returns an error if the body is not JSON. An empty body is not.
    pub fn json(&self) -> serde_json::Result<Value> {
        serde_json::from_slice(&self.body)
    }

    /// Reads the body as a `multipart/form-data` form, in the order of its parts.
    ///
    /// # Errors
    ///
    /// Returns an error if the body is not such a form.
    pub fn parts(&self) -> Result<Vec<Part>, NotAForm> {
        let content_type = self.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        let boundary = multer::parse_boundary(content_type).map_err(NotAForm)?;
        let body = stream::iter([Ok::<_, std::convert::Infallible>(self.body.clone())]);
        let form = multer::Multipart::new(body, boundary);
        // The body is all there, so that nothing has to be waited for.
        let parts = parts(form).now_or_never();
        parts.unwrap_or(Err(multer::Error::IncompleteStream)).map_err(NotAForm)
    }

    /// Returns the size of the body in bytes, whether or not the body is still kept.
    pub fn body_size(&self) -> usize {
        self.body_size
    }

    /// Returns when the request arrived, counted from the platform's start.
    pub fn received_at(&self) -> Duration {
        self.received_at
    }

    /// Returns the request as text, with tokens, secrets and content. Meant for the output of a test
    /// that fails and knows no real secret.
    pub fn expose(&self) -> String {
        let mut text = format!("{} {}\n", self.method, self.target);
        for (name, value) in &self.headers {
            text += &format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()));
        }
        text + "\n" + &String::from_utf8_lossy(&self.body)
    }

    fn split_target(&self) -> (&str, &str) {
        self.target.split_once('?').unwrap_or((&self.target, ""))
    }
}

/// A body that is not a form.
pub struct NotAForm(multer::Error);

impl fmt::Display for NotAForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the body is not a multipart form: {}", self.0)
    }
}

openplat_core::__private::debug_as_display!(NotAForm);

impl std::error::Error for NotAForm {}

async fn parts(mut form: multer::Multipart<'_>) -> multer::Result<Vec<Part>> {
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await? {
        parts.push(Part {
            name: field.name().unwrap_or_default().to_owned(),
            file_name: field.file_name().map(str::to_owned),
            content_type: field.content_type().map(ToString::to_string),
            bytes: field.bytes().await?,
        });
    }
    Ok(parts)
}

pub(crate) fn query_pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(&name.replace('+', " ")), decode(&value.replace('+', " "))))
        .collect()
}

pub(crate) fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.keys().map(|name| name.as_str()).collect();
        let media_type = self.header(CONTENT_TYPE.as_str()).unwrap_or("no media type");
        let media_type = media_type.split(';').next().unwrap_or_default();
        f.debug_struct("Recorded")
            .field("method", &self.method)
            .field("path", &self.path())
            .field("headers", &names)
            .field("body", &format_args!("{} bytes, {media_type}", self.body_size))
            .finish_non_exhaustive()
    }
}

/// All requests of a platform, with the bodies of the latest.
#[derive(Default)]
pub(crate) struct Records {
    list: Vec<Recorded>,
    kept_bytes: usize,
    /// The index of the first body that is still kept.
    first_kept: usize,
}

impl Records {
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn push(&mut self, request: Recorded) {
        self.kept_bytes += request.body.len();
        self.list.push(request);
        while self.kept_bytes > KEPT_BYTES {
            let Some(oldest) = self.list.get_mut(self.first_kept) else { return };
            self.kept_bytes -= std::mem::take(&mut oldest.body).len();
            self.first_kept += 1;
        }
    }

    pub(crate) fn matching(&self, wanted: impl Fn(Endpoint) -> bool) -> Vec<Recorded> {
        self.list.iter().filter(|request| wanted(request.endpoint)).cloned().collect()
    }
}

impl Recorded {
    pub(crate) fn at(self, received_at: Duration) -> Self {
        Self { received_at, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(target: &str, body: Bytes) -> Recorded {
        let (head, ()) = http::Request::get(target).body(()).unwrap().into_parts();
        Recorded::new(head, body)
    }

    #[test]
    fn a_query_is_decoded_and_a_path_is_not() {
        let request =
            recorded("/a%2Fb?x=%E7%BE%A4&x=a+b%2B&flag&&=v&q=1=2?&bad=%ff%zz", Bytes::new());
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
        assert_eq!(request.query_value("x").as_deref(), Some("群"));
        assert_eq!(recorded("/a", Bytes::new()).query(), []);
    }

    #[test]
    fn the_latest_bodies_are_kept() {
        let mut records = Records::default();
        let half = Bytes::from(vec![0; KEPT_BYTES / 2]);
        for body in [half.clone(), Bytes::new(), half.clone(), Bytes::from_static(b"x"), half] {
            records.push(recorded("/", body));
        }
        let kept: Vec<_> = records.list.iter().map(|request| request.body.len()).collect();
        assert_eq!(kept, [0, 0, 0, 1, KEPT_BYTES / 2]);
        assert_eq!(records.kept_bytes, KEPT_BYTES / 2 + 1);
        assert_eq!(records.list[0].body_size(), KEPT_BYTES / 2);
    }
}
