//! One request on its way, and its response read to the end, within limits of time and size.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{self, Either};
use http::response::Parts as Head;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri, header};

use super::body::{Body, ReadError};
use super::file::{FileReply, Idle};
use super::redirect::redirect_target;
use super::reply::{Reply, log_id};
use super::transport::{Transport, TransportError};
use crate::base::{BoxFuture, Clock};
use crate::error::{ApiError, Error, ErrorKind};

/// Exchanges one request for one response.
pub(crate) struct Exchange {
    /// Without a slash at its end.
    pub(crate) base_url: String,
    /// Without the brackets of an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) transport: Arc<dyn Transport>,
    /// A transport of the user's own, or a layer, gets to know which attempt it carries.
    pub(crate) shows_attempts: bool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) idle_timeout: Duration,
    pub(crate) max_response_bytes: usize,
    /// The headers that hold the vendor's log ID, best first.
    pub(crate) log_id_headers: &'static [HeaderName],
}

/// A response to come. It holds the request, which each future around it would copy.
type Responding<'a> = BoxFuture<'a, Result<Response<Body>, TransportError>>;

/// The response to a request for a file.
pub(crate) enum Received {
    File(FileReply),
    /// A failure, by its status.
    Reply(Reply),
    /// A text, which may be the file or the envelope of an error.
    Unsure(Reply, FileReply),
}

/// No envelope of an error is larger.
const LARGEST_ENVELOPE: usize = 64 * 1024;

/// Returns `true` if a response that should be a file may be the envelope of an error instead:
/// JSON or another text without the header that comes with files. Gateways do not always say that
/// it is JSON.
fn may_be_envelope(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_text = |name: &str| name.starts_with("text/") || name.contains("json");
    content_type.is_none_or(|name| is_text(&name.to_ascii_lowercase()))
        && !headers.contains_key(header::CONTENT_DISPOSITION)
}

impl Exchange {
    /// Creates a request for `target`, a path and a query, below the base URL.
    pub(crate) fn request(
        &self,
        method: http::Method,
        target: &str,
        body: Body,
        content_type: Option<HeaderValue>,
    ) -> Result<Request<Body>, Error> {
        Self::request_to(method, [&*self.base_url, target].concat(), body, content_type)
    }

    pub(crate) fn request_to(
        method: http::Method,
        url: String,
        body: Body,
        content_type: Option<HeaderValue>,
    ) -> Result<Request<Body>, Error> {
        // RFC 9110 wants a length wherever the method leads the server to expect a body.
        let expects_body = !matches!(method, http::Method::GET | http::Method::DELETE);
        let uri = Uri::try_from(url)
            .map_err(|error| Error::new(ErrorKind::InvalidRequest).with_cause(&error))?;
        // Not by a builder, which moves all of it at each step.
        let mut request = Request::new(body);
        (*request.method_mut(), *request.uri_mut()) = (method, uri);
        let headers = request.headers_mut();
        if let Some(content_type) = content_type {
            headers.insert(header::CONTENT_TYPE, content_type);
        } else if expects_body {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Ok(request)
    }

    /// Sends once, and reads the response to its end.
    pub(crate) fn send(
        &self,
        request: Request<Body>,
        limit: Duration,
    ) -> impl Future<Output = Result<Reply, Error>> {
        // Not within the future, which would have room for the request as long as it lives.
        let response = self.transport.send(request);
        async move { within(limit, pin!(self.exchange(response))).await }
    }

    /// Sends the body of an upload, which may take as long as it makes progress.
    pub(crate) fn upload(
        &self,
        request: Request<Body>,
        idle: &Idle,
    ) -> impl Future<Output = Result<Reply, Error>> {
        let response = self.transport.send(request);
        async move {
            let (exchange, expired) = (pin!(self.exchange(response)), pin!(idle.expired()));
            match future::select(exchange, expired).await {
                Either::Left((reply, _)) => reply,
                Either::Right((error, _)) => Err(error),
            }
        }
    }

    /// Sends once, and reads the response unless it is the file that was asked for.
    pub(crate) fn download(
        &self,
        request: Request<Body>,
        limit: Duration,
    ) -> impl Future<Output = Result<Received, Error>> {
        let response = self.transport.send(request);
        async move { within(limit, pin!(self.exchange_for_file(response))).await }
    }

    pub(crate) fn log_id(&self, headers: &HeaderMap) -> Option<String> {
        log_id(headers, self.log_id_headers)
    }

    async fn exchange(&self, response: Responding<'_>) -> Result<Reply, Error> {
        let (head, body) = self.response(response).await?;
        match body.read(self.max_response_bytes).await {
            Ok(body) => Ok(self.reply(head, body)),
            Err(error) => Err(self.unread(&head, error)),
        }
    }

    async fn exchange_for_file(&self, response: Responding<'_>) -> Result<Received, Error> {
        let (head, body) = self.response(response).await?;
        if !head.status.is_success() {
            let body = body.read(self.max_response_bytes).await;
            let body = body.map_err(|error| self.unread(&head, error))?;
            return Ok(Received::Reply(self.reply(head, body)));
        }
        if !may_be_envelope(&head.headers) {
            return Ok(Received::File(self.file(head, body)));
        }
        let (beginning, body) =
            body.peek(LARGEST_ENVELOPE).await.map_err(|error| self.unread(&head, error))?;
        let reply = self.reply(head.clone(), beginning.unwrap_or_default());
        Ok(Received::Unsure(reply, self.file(head, body)))
    }

    async fn response(&self, response: Responding<'_>) -> Result<(Head, Body), Error> {
        let (head, body) = response.await?.into_parts();
        match redirect_target(&head) {
            Some(target) => Err(self.redirected(&head, &target)),
            None => Ok((head, body)),
        }
    }

    fn redirected(&self, head: &Head, target: &str) -> Error {
        let detail = format!(
            "the server redirects to {target}; check the base URL, and the proxy if there is one \
             (redirects are not followed, since the request carries a token)"
        );
        let error = Error::new(ErrorKind::Configuration).with_detail(detail);
        error.with_api(self.head_of_error(head))
    }

    /// Returns what the head of a response adds to an error.
    fn head_of_error(&self, head: &Head) -> ApiError {
        ApiError {
            status: head.status.as_u16(),
            log_id: self.log_id(&head.headers),
            ..ApiError::default()
        }
    }

    fn reply(&self, head: Head, body: Bytes) -> Reply {
        let received_at = self.clock.now();
        Reply { status: head.status, headers: head.headers, body, received_at }
    }

    fn file(&self, head: Head, body: Body) -> FileReply {
        let idle = Idle::new(self.idle_timeout);
        let (status, headers) = (head.status, head.headers);
        FileReply { status, headers, body, idle, is_part: false, resume: None }
    }

    fn unread(&self, head: &Head, error: ReadError) -> Error {
        let kind = match error {
            ReadError::TooLarge(_) => ErrorKind::LimitExceeded,
            ReadError::Broken(_) => ErrorKind::Transfer,
        };
        Error::new(kind).with_api(self.head_of_error(head)).with_cause(&error)
    }
}

/// The exchange is pinned by the caller: moved, it would be copied at each step.
async fn within<T>(
    limit: Duration,
    exchange: Pin<&mut impl Future<Output = Result<T, Error>>>,
) -> Result<T, Error> {
    match tokio::time::timeout(limit, exchange).await {
        Ok(result) => result,
        Err(_) => Err(Error::new(ErrorKind::Timeout)
            .with_detail(format!("the attempt did not finish within {limit:?}"))),
    }
}
