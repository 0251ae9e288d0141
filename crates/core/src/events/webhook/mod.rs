//! Events that the platform pushes over HTTP. Nothing here listens on a socket: a request goes in,
//! a response comes out, whatever the server in between.

mod crypto;
#[cfg(feature = "dingtalk")]
mod dingtalk;
#[cfg(feature = "feishu")]
mod feishu;
mod refusal;
mod serve;

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};

use super::answer::Answer;
use super::event::RawEvent;
use crate::error::{Error, ErrorKind};

#[cfg(feature = "dingtalk")]
pub use dingtalk::{DingTalkWebhook, DingTalkWebhookBuilder};
#[cfg(feature = "feishu")]
pub use feishu::{FeishuWebhook, FeishuWebhookBuilder};
pub use refusal::Refusal;

/// The longest body by default. The platforms' largest events have a fraction of it.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// An endpoint that receives a platform's requests. Only this crate implements it, for
/// [`Listener::serve`](super::Listener::serve).
pub trait Webhook: sealed::Sealed {
    /// Checks a request.
    fn open(&self, request: &Request<Bytes>) -> Incoming;
}

mod sealed {
    pub trait Sealed {}
    #[cfg(feature = "dingtalk")]
    impl Sealed for super::DingTalkWebhook {}
    #[cfg(feature = "feishu")]
    impl Sealed for super::FeishuWebhook {}
}

/// A request, after it was checked.
#[derive(Debug)]
pub enum Incoming {
    /// The platform checks that the URL belongs to the app. The response is ready to be returned.
    Challenge(Response<Bytes>),
    /// An event.
    Event(WebhookDelivery),
    /// A callback. The platform waits at most 3 seconds for its answer, and hardly ever redelivers
    /// it.
    Callback(WebhookDelivery),
    /// The request did not come from the platform, or cannot be read. Return
    /// [`Refusal::response`].
    Refused(Refusal),
}

/// An event that came in by a webhook and waits for its response.
///
/// `Debug` shows the header of the event alone.
pub struct WebhookDelivery {
    event: RawEvent,
    reply: Reply,
}

/// The form of the response.
enum Reply {
    #[cfg(feature = "feishu")]
    Event,
    #[cfg(feature = "feishu")]
    Callback,
    #[cfg(feature = "dingtalk")]
    DingTalk(dingtalk::Sealer),
}

impl WebhookDelivery {
    /// Returns the event.
    pub fn event(&self) -> &RawEvent {
        &self.event
    }

    /// Returns the response that acknowledges the event, and for a callback carries its answer. An
    /// empty answer leaves the card as it is. DingTalk's events take no answer. If the answer could
    /// not be written as JSON, returns the response of [`fail`](Self::fail).
    pub fn accept(self, answer: impl Into<Answer>) -> Response<Bytes> {
        let answer = answer.into();
        if answer.is_unwritable() {
            return self.fail();
        }
        let body = match self.reply {
            #[cfg(feature = "feishu")]
            Reply::Event => json_of(answer, r#"{"msg":"success"}"#),
            #[cfg(feature = "feishu")]
            Reply::Callback => json_of(answer, "{}"),
            #[cfg(feature = "dingtalk")]
            Reply::DingTalk(sealer) => Bytes::from(sealer.reply("success")),
        };
        json(StatusCode::OK, body)
    }

    /// Returns the response after which the platform sends an event again, and shows the failure of
    /// a callback to the user. The response says nothing else.
    pub fn fail(self) -> Response<Bytes> {
        json(StatusCode::INTERNAL_SERVER_ERROR, r#"{"msg":"failed"}"#)
    }
}

impl fmt::Debug for WebhookDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookDelivery").field("event", &self.event).finish_non_exhaustive()
    }
}

#[cfg(feature = "feishu")]
fn json_of(answer: Answer, otherwise: &'static str) -> Bytes {
    answer.as_json().cloned().unwrap_or(Bytes::from_static(otherwise.as_bytes()))
}

fn json(status: StatusCode, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Returns a request as the platforms send it.
fn post(body: impl Into<Bytes>) -> Request<Bytes> {
    let mut request = Request::new(body.into());
    *request.method_mut() = Method::POST;
    let content_type = HeaderValue::from_static("application/json;charset=utf-8");
    request.headers_mut().insert(CONTENT_TYPE, content_type);
    request
}

/// Returns `true` if a request was signed at most `age` before or after `now`. `signed` is the time
/// since the Unix epoch.
fn is_within(age: Duration, signed: Duration, now: SystemTime) -> bool {
    let signed = UNIX_EPOCH.checked_add(signed);
    signed.is_some_and(|signed| match now.duration_since(signed) {
        Ok(passed) => passed <= age,
        Err(ahead) => ahead.duration() <= age,
    })
}

/// Fails for a secret that was copied with a line break, or never set, since it would match nothing.
fn check_secret(name: &str, value: &str) -> Result<(), Error> {
    let fault = match () {
        () if value.is_empty() => "is empty",
        () if value.trim() != value => "begins or ends with whitespace",
        () => return Ok(()),
    };
    Err(Error::new(ErrorKind::Configuration).with_detail(format!("the {name} {fault}")))
}
