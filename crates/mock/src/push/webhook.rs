//! Pushing over HTTP, to a server of the test's own.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt, TryFutureExt};
use http::header::{CONNECTION, HOST};
use http::uri::{PathAndQuery, Uri};
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use openplat_core::BoxFuture;
use openplat_core::events::{DingTalkWebhook, FeishuWebhook};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::ack::WebhookError;
use super::hub::{Order, Post};
use super::session::Session;
use crate::server::MAX_BODY;
use crate::tokens::VendorId;

/// The time that the platforms wait for a response.
const PATIENCE: Duration = Duration::from_secs(3);

type Failure = Box<dyn StdError + Send + Sync>;

/// A webhook of core's: what the platform and the server of an app agree on.
///
/// Implemented by this crate only.
pub trait MockedWebhook: sealed::Sealed {
    #[doc(hidden)]
    const VENDOR: VendorId;

    #[doc(hidden)]
    fn sealed(&self, json: &[u8]) -> Request<Bytes>;
}

mod sealed {
    pub trait Sealed: Clone + Send + Sync + 'static {}
    impl Sealed for openplat_core::events::FeishuWebhook {}
    impl Sealed for openplat_core::events::DingTalkWebhook {}
}

impl MockedWebhook for FeishuWebhook {
    const VENDOR: VendorId = VendorId::Feishu;

    fn sealed(&self, json: &[u8]) -> Request<Bytes> {
        self.seal(json)
    }
}

impl MockedWebhook for DingTalkWebhook {
    const VENDOR: VendorId = VendorId::DingTalk;

    fn sealed(&self, json: &[u8]) -> Request<Bytes> {
        self.seal(json)
    }
}

/// The server of an app: a URL, or a function for tests without a socket.
#[derive(Clone)]
pub struct WebhookServer(Arc<dyn Fn(Request<Bytes>) -> Responding + Send + Sync>);

type Responding = BoxFuture<'static, Result<Response<Bytes>, Failure>>;

impl WebhookServer {
    /// Creates a server from the function that it would call.
    pub fn function<F, Fut>(respond: F) -> Self
    where
        F: Fn(Request<Bytes>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Response<Bytes>> + Send + 'static,
    {
        Self(Arc::new(move |request| Box::pin(respond(request).map(Ok))))
    }

    /// Waits for a response as long as the platforms do.
    async fn respond(&self, request: Request<Bytes>) -> Result<Response<Bytes>, WebhookError> {
        let response = tokio::time::timeout(PATIENCE, self.0(request)).await;
        let response = response.map_err(|_| WebhookError(format!("no response in {PATIENCE:?}")));
        response?.map_err(|error| WebhookError(format!("no response: {error}")))
    }
}

/// A URL with the scheme `http`.
impl From<&str> for WebhookServer {
    fn from(url: &str) -> Self {
        let url = url.parse::<Uri>();
        Self(Arc::new(move |request| match &url {
            Ok(url) => Box::pin(call(url.clone(), request)),
            Err(_) => Box::pin(async { Err("the URL is not valid".into()) }),
        }))
    }
}

/// A URL with the scheme `http`.
impl From<String> for WebhookServer {
    fn from(url: String) -> Self {
        url.as_str().into()
    }
}

impl fmt::Debug for WebhookServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookServer").finish_non_exhaustive()
    }
}

async fn call(url: Uri, mut request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
    let authority = url.authority().filter(|_| url.scheme_str() == Some("http"));
    let authority = authority.ok_or("openplat-mock calls only `http` URLs")?;
    let stream = TcpStream::connect((authority.host(), authority.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    request.headers_mut().insert(HOST, HeaderValue::from_str(authority.as_str())?);
    request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    *request.uri_mut() = target(&url, request.uri())?;
    let exchange = async {
        let response = sender.send_request(request.map(Full::new)).await?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MAX_BODY).collect().await?.to_bytes();
        Ok(Response::from_parts(head, body))
    };
    let (response, ended) = tokio::join!(exchange, connection.map_err(Failure::from));
    let response = response.or_else(|error: Failure| ended.and(Err(error)))?;
    Ok(response)
}

/// The path of the server's URL, with both queries.
fn target(url: &Uri, sealed: &Uri) -> Result<Uri, http::Error> {
    let queries: Vec<_> = [url.query(), sealed.query()].into_iter().flatten().collect();
    let target = match queries.is_empty() {
        true => url.path().to_owned(),
        false => format!("{}?{}", url.path(), queries.join("&")),
    };
    Ok(PathAndQuery::try_from(target)?.into())
}

/// The platform's way to a server.
pub(crate) struct Caller<W> {
    webhook: W,
    server: WebhookServer,
}

impl<W: MockedWebhook> Caller<W> {
    pub(crate) fn new(webhook: &W, server: WebhookServer) -> Self {
        Self { webhook: webhook.clone(), server }
    }

    /// Has the server prove that the URL is the app's.
    pub(crate) async fn challenge(&self, challenge: &str) -> Result<(), WebhookError> {
        let (body, wanted) = match W::VENDOR {
            VendorId::Feishu => {
                let body = json!({ "type": "url_verification", "challenge": challenge });
                (body, json!({ "challenge": challenge }))
            }
            VendorId::DingTalk => (json!({ "EventType": "check_url" }), Value::Null),
        };
        let response = self.post(&body).await?;
        let status = response.status().as_u16();
        let is_right = match json_of(&response) {
            Some(json) if wanted.is_null() => json["encrypt"].is_string(),
            json => json == Some(wanted),
        };
        match (status, is_right) {
            (200, true) => Ok(()),
            (200, false) => Err(WebhookError("the response to the challenge is wrong".to_owned())),
            (status, _) => Err(WebhookError(format!("the challenge was refused: HTTP {status}"))),
        }
    }

    async fn post(&self, body: &Value) -> Result<Response<Bytes>, WebhookError> {
        let json = body.to_string();
        self.server.respond(self.webhook.sealed(json.as_bytes())).await
    }

    /// Pushes what is ordered, until the webhook is removed.
    pub(crate) async fn run(self, mut session: Session) {
        let mut posts = FuturesUnordered::new();
        loop {
            let wake = session.run_due();
            tokio::select! {
                biased;
                order = session.orders.recv() => match order {
                    None => return,
                    Some(Order::Post(post)) => posts.push(self.deliver(post)),
                    Some(Order::Fault(fault)) if fault.ends_connection() => return,
                    Some(Order::Send(_) | Order::Fault(_) | Order::Wake) => {}
                },
                Some((post, response)) = posts.next() => session.heard(&post, response),
                () = super::session::pause(wake) => {}
            }
        }
    }

    async fn deliver(&self, post: Post) -> (Post, Result<Response<Bytes>, WebhookError>) {
        let response = self.post(&post.body).await;
        (post, response)
    }
}

pub(super) fn json_of(response: &Response<Bytes>) -> Option<Value> {
    serde_json::from_slice(response.body()).ok()
}
