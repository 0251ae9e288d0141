//! The one place where operations are sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use tokio::time::Instant;
use tracing::Instrument;

use crate::channel::{Answer, Channel};
use crate::error::{Error, ErrorKind};
use crate::operation::OperationMeta;
use crate::parts::Encoded;
use crate::token::TokenSource;

/// All that a call needs.
pub(crate) struct Plan {
    pub(crate) channel: Arc<Channel>,
    pub(crate) auth: Auth,
    pub(crate) request: Encoded,
    pub(crate) timeout: Duration,
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

/// An answer whose envelope says success.
pub(crate) struct Success {
    pub(crate) meta: &'static OperationMeta,
    pub(crate) status: u16,
    pub(crate) log_id: Option<String>,
    pub(crate) attempts: u32,
    pub(crate) data: Bytes,
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
    let deadline = Instant::now() + plan.timeout;
    let sent = AtomicU32::new(0);
    let call = attempts(&plan, deadline, &sent).instrument(span);
    let result = match tokio::time::timeout_at(deadline, call).await {
        Ok(result) => result,
        Err(_) => Err(Error::new(ErrorKind::Timeout)
            .with_detail(format!("the call was given {:?}", plan.timeout))),
    };
    let attempts = sent.load(Ordering::Relaxed);
    match result {
        Ok((answer, data)) => Ok(Success {
            meta,
            status: answer.status.as_u16(),
            log_id: plan.channel.platform.log_id(&answer.headers),
            attempts,
            data,
        }),
        Err(error) => Err(error.with_operation(meta.id()).with_attempts(attempts)),
    }
}

async fn attempts(
    plan: &Plan,
    deadline: Instant,
    sent: &AtomicU32,
) -> Result<(Answer, Bytes), Error> {
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
        if !channel.may_send_again(&error, attempt, plan.is_safe, deadline).await {
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
async fn attempt_with_fresh_token(
    plan: &Plan,
    sent: &AtomicU32,
) -> Result<(Answer, Bytes), Failure> {
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
        }
        result => return result.map_err(Failure::Call),
    }
    let token = source.get().await.map_err(Failure::Token)?;
    send(plan, token.header.clone(), sent).await.map_err(Failure::Call)
}

async fn send(plan: &Plan, token: HeaderValue, sent: &AtomicU32) -> Result<(Answer, Bytes), Error> {
    let channel = &*plan.channel;
    let Encoded { meta, target, body, .. } = &plan.request;
    let mut request = channel.request(meta.method().into(), target, body.clone())?;
    request.headers_mut().insert(channel.platform.token_header(), token.clone());
    let attempt = 1 + sent.fetch_add(1, Ordering::Relaxed);
    let result = async {
        let answer = channel.send(request).await?;
        let data = channel.platform.read_data(&answer)?;
        Ok((answer, data))
    };
    let result = result.await.map_err(|error: Error| error.masking(&token, channel));
    log(attempt, &result, channel);
    result
}

fn log(attempt: u32, result: &Result<(Answer, Bytes), Error>, channel: &Channel) {
    match result {
        Ok((answer, _)) => tracing::debug!(
            http.request.resend_count = attempt - 1,
            http.response.status_code = answer.status.as_u16(),
            log_id = channel.platform.log_id(&answer.headers),
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
