use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde_json::Value;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// An HTTP answer, for what the vendors' formats do not cover: the page of a proxy, an empty body,
/// a rate limit with its headers.
///
/// ```
/// use openplat_mock::{Answer, http::StatusCode};
///
/// let page = Answer {
///     status: StatusCode::BAD_GATEWAY,
///     body: "<html>502</html>".into(),
///     ..Answer::default()
/// };
/// # assert!(page.headers.is_empty());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// 200 by default. A 1xx cannot stand for a whole answer and arrives as a 500.
    pub status: StatusCode,
    /// Sent as they are, with the vendor's log id added if they hold none. `Content-Length` and
    /// `Transfer-Encoding` are left to the server.
    pub headers: HeaderMap,
    /// Sent as it is.
    pub body: Bytes,
}

impl Answer {
    pub(crate) fn json(status: StatusCode, body: &Value) -> Self {
        Self::with_type(status, JSON, body.to_string())
    }

    pub(crate) fn json_text(body: &'static str) -> Self {
        Self::with_type(StatusCode::OK, JSON, body)
    }

    pub(crate) fn text(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::with_type(status, TEXT, body)
    }

    fn with_type(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type)]);
        Self { status, headers, body: body.into() }
    }

    pub(crate) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        // hyper panics in debug builds if they contradict the body.
        response.headers_mut().remove(CONTENT_LENGTH);
        response.headers_mut().remove(TRANSFER_ENCODING);
        response
    }
}
