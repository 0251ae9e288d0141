//! The one place where operations are sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::time::Instant;
use tracing::Instrument;

use crate::body::Body;
use crate::channel::{Channel, Received};
use crate::clock::FOREVER;
use crate::error::{ApiError, Error, ErrorKind};
use crate::file::{FileAnswer, Idle};
use crate::operation::OperationMeta;
use crate::parts::{Encoded, JSON};
use crate::token::TokenSource;

/// All that a call needs.
pub(crate) struct Plan {
    pub(crate) channel: Arc<Channel>,
    pub(crate) auth: Auth,
    pub(crate) request: Encoded,
    /// How long the call may take; an upload takes as long as it moves unless its caller says.
    pub(crate) timeout: Duration,
    pub(crate) is_timeout_given: bool,
    /// Executing the request twice does no more than executing it once.
    pub(crate) is_safe: bool,
}

/// Whose token is sent.
#[derive(Clone)]
pub(crate) enum Auth {
    /// The app's, fetched and renewed.
    App(Arc<TokenSource>),
    /// One that the caller brought along; an error if no header can carry it.
    Given(Result<HeaderValue, ()>),
}

/// An answer that says success.
#[doc(hidden)]
#[derive(Debug)]
pub struct Success {
    pub(crate) meta: &'static OperationMeta,
    pub(crate) status: u16,
    pub(crate) log_id: Option<String>,
    pub(crate) attempts: u32,
    pub(crate) content: Content,
}

/// What an operation answers with.
#[derive(Debug)]
pub(crate) enum Content {
    /// JSON, without its envelope.
    Data(Bytes),
    File(FileAnswer),
}

/// One answer of the vendor that says success.
struct Answered {
    status: StatusCode,
    log_id: Option<String>,
    content: Content,
}

pub(crate) async fn run(plan: Plan) -> Result<Success, Error> {
    let meta = plan.request.meta;
    let span = tracing::info_span!(
        "call",
        otel.kind = "client",
        openplat.operation = meta.id(),
        http.request.method = meta.method().as_str(),
        url.template = meta.path(),
        server.address = plan.channel.base_url,
    );
    let has_deadline = plan.is_timeout_given || !plan.request.is_upload();
    let timeout = if has_deadline { plan.timeout } else { FOREVER };
    let deadline = Instant::now() + timeout.min(FOREVER);
    let sent = AtomicU32::new(0);
    let call = attempts(&plan, deadline, &sent).instrument(span);
    let result = match tokio::time::timeout_at(deadline, call).await {
        Ok(result) => result,
        Err(_) => Err(Error::new(ErrorKind::Timeout)
            .with_detail(format!("the call was given {:?}", plan.timeout))),
    };
    let attempts = sent.load(Ordering::Relaxed);
    match result {
        Ok(Answered { status, log_id, content }) => {
            Ok(Success { meta, status: status.as_u16(), log_id, attempts, content })
        }
        Err(error) => Err(error.with_operation(meta.id()).with_attempts(attempts)),
    }
}

async fn attempts(plan: &Plan, deadline: Instant, sent: &AtomicU32) -> Result<Answered, Error> {
    let channel = &*plan.channel;
    channel.budget.pay_in();
    let mut attempt = 0;
    loop {
        attempt += 1;
        let error = match attempt_with_fresh_token(plan, sent).await {
            Ok(answer) => return Ok(answer),
            // A fetch has had its own retries, and the operation was not sent.
            Err(Failure::Token(error)) => {
                return Err(error.in_context("while fetching the app's token"));
            }
            // What the codes mean is known for the operation, not for the fetch of a token.
            Err(Failure::Call(error)) => error.for_operation(plan.request.meta),
        };
        // A wait is not progress: it has to fit into what other calls are given.
        let deadline = deadline.min(Instant::now() + plan.timeout.min(FOREVER));
        let is_repeatable = plan.request.is_repeatable();
        if !is_repeatable || !channel.may_send_again(&error, attempt, plan.is_safe, deadline).await
        {
            return Err(error);
        }
    }
}

enum Failure {
    Token(Error),
    Call(Error),
}

/// One attempt. If the vendor rejects the app's token, that one is replaced and the request
/// replayed, once: a second rejection is the answer.
async fn attempt_with_fresh_token(plan: &Plan, sent: &AtomicU32) -> Result<Answered, Failure> {
    let source = match &plan.auth {
        Auth::App(source) => source,
        Auth::Given(header) => {
            let header = header.clone().map_err(|()| {
                Failure::Call(
                    Error::new(ErrorKind::InvalidRequest)
                        .with_detail("the token holds a character that no HTTP header can carry"),
                )
            })?;
            return send(plan, header, sent).await.map_err(Failure::Call);
        }
    };
    let token = source.get().await.map_err(Failure::Token)?;
    match send(plan, token.header.clone(), sent).await {
        Err(error) if error.kind() == ErrorKind::Unauthenticated => {
            tracing::info!("the app's token was rejected");
            source.reject(&token);
            if !plan.request.is_repeatable() {
                return Err(Failure::Call(error));
            }
        }
        result => return result.map_err(Failure::Call),
    }
    let token = source.get().await.map_err(Failure::Token)?;
    send(plan, token.header.clone(), sent).await.map_err(Failure::Call)
}

async fn send(plan: &Plan, token: HeaderValue, sent: &AtomicU32) -> Result<Answered, Error> {
    let channel = &*plan.channel;
    let Encoded { meta, target, body, .. } = &plan.request;
    let idle = Idle::new(channel.idle_timeout);
    let (body, content_type) = match body {
        Some(body) => body.body(&idle).await?,
        // Without it, Feishu does not say what a file is called.
        None if meta.is_download() => (Body::default(), Some(JSON)),
        None => (Body::default(), None),
    };
    let mut request = channel.request(meta.method().into(), target, body, content_type)?;
    request.headers_mut().insert(channel.platform.token_header(), token.clone());
    let attempt = 1 + sent.fetch_add(1, Ordering::Relaxed);
    let result = async {
        let received = if meta.is_download() {
            channel.download(request).await?
        } else if plan.request.is_upload() {
            Received::Answer(channel.upload(request, &idle).await?)
        } else {
            Received::Answer(channel.send(request).await?)
        };
        read(received, channel, meta)
    };
    let result = result.await.map_err(|error: Error| error.masking(&token, channel));
    log(attempt, &result);
    result
}

fn read(
    received: Received,
    channel: &Channel,
    meta: &'static OperationMeta,
) -> Result<Answered, Error> {
    let log_id = |headers: &HeaderMap| channel.platform.log_id(headers);
    match received {
        Received::File(file) => Ok(Answered {
            status: file.status,
            log_id: log_id(&file.headers),
            content: Content::File(file),
        }),
        Received::Answer(answer) => {
            let data = channel.platform.read_data(&answer)?;
            let (status, log_id) = (answer.status, log_id(&answer.headers));
            if meta.is_download() {
                let api = ApiError { status: status.as_u16(), log_id, ..ApiError::default() };
                let detail = "the answer holds no file, and no error either";
                return Err(Error::new(ErrorKind::Decode).with_detail(detail).with_api(api));
            }
            Ok(Answered { status, log_id, content: Content::Data(data) })
        }
    }
}

fn log(attempt: u32, result: &Result<Answered, Error>) {
    match result {
        Ok(answered) => tracing::debug!(
            http.request.resend_count = attempt - 1,
            http.response.status_code = answered.status.as_u16(),
            log_id = answered.log_id,
            "answered"
        ),
        Err(error) => tracing::debug!(
            http.request.resend_count = attempt - 1,
            http.response.status_code = error.api().map(|api| api.status()),
            openplat.code = error.api().map(|api| api.code()),
            log_id = error.api().and_then(|api| api.log_id()),
            error.r#type = ?error.kind(),
            "failed"
        ),
    }
}
