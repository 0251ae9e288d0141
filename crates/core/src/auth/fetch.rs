//! One request for a token, and what its response says.

use std::time::Duration;

use tokio::time::Instant;

use crate::base::Secret;
use crate::channel::Channel;
use crate::error::{ApiError, Error, ErrorKind};
use crate::flow::Tries;
use crate::vendor::{Grant, TokenRequest};
use crate::wire::{JSON, Reply};

/// The longest that the fetch of a token may take, its retries included.
pub(super) const FETCH_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest that one attempt may take, however long a client lets its calls take: all calls
/// wait for a token.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// The lifetime of a token whose response does not say how long it lives: long enough to serve many
/// calls, short enough for the vendor to honor it.
const UNKNOWN_LIFETIME: Duration = Duration::from_secs(5 * 60);
/// The longest lifetime that is believed. A token fetched while the clock was wrong is replaced
/// after this.
pub(super) const LONGEST_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Fetches a token of the app.
pub(super) async fn app_token(
    channel: &Channel,
    grant: &Grant,
    parent: Option<&Secret>,
    ticket: Option<&Secret>,
) -> Result<(Secret, Duration), Error> {
    let request = channel.platform.token_request(&channel.app, grant, parent, ticket);
    let secrets: Vec<_> = parent.into_iter().chain(ticket).collect();
    let deadline = Instant::now() + FETCH_TIMEOUT;
    let (reply, attempts) = post(channel, &request, &secrets, true, deadline).await?;
    let (token, lifetime) = channel
        .platform
        .read_token(grant, &reply)
        .map_err(|error| unusable(channel, &secrets, &reply, error).with_attempts(attempts))?;
    Ok((token, believed(lifetime)))
}

/// Returns the lifetime that is counted on.
pub(super) fn believed(lifetime: Option<Duration>) -> Duration {
    lifetime.unwrap_or(UNKNOWN_LIFETIME).min(LONGEST_LIFETIME)
}

/// Sends a request for a token, and returns the response with the number of attempts. Neither the
/// request nor its response is ever quoted.
///
/// `is_safe`: the same request may be executed twice.
pub(super) async fn post(
    channel: &Channel,
    request: &TokenRequest,
    secrets: &[&Secret],
    is_safe: bool,
    deadline: Instant,
) -> Result<(Reply, u32), Error> {
    let flow = &channel.flow;
    let attempt_timeout = channel.attempt_timeout.min(ATTEMPT_TIMEOUT);
    let mut tries = Tries::new(is_safe, Instant::now(), deadline, FETCH_TIMEOUT);
    loop {
        let sent = tries.attempts();
        flow.admit(&mut tries, None).await.map_err(|error| error.with_attempts(sent))?;
        let error = match post_once(channel, request, attempt_timeout).await {
            Ok(reply) => return Ok((reply, sent + 1)),
            Err(error) => masked(channel, secrets, error).with_attempts(sent + 1),
        };
        flow.learn(&tries, None, &error);
        if !flow.may_retry(&mut tries, &as_retried(&error, is_safe)).await {
            return Err(error);
        }
    }
}

async fn post_once(
    channel: &Channel,
    request: &TokenRequest,
    limit: Duration,
) -> Result<Reply, Error> {
    let exchange = &channel.exchange;
    let body = request.body.clone().into();
    let request = exchange.request(http::Method::POST, &request.path, body, Some(JSON))?;
    let reply = exchange.send(request, limit).await?;
    channel.platform.check(&reply)?;
    Ok(reply)
}

/// A response may echo what was sent.
fn masked(channel: &Channel, secrets: &[&Secret], error: Error) -> Error {
    let secrets = secrets.iter().copied().chain([&channel.app.secret]);
    error.without_excerpt().masking(&secrets.map(Secret::expose).collect::<Vec<_>>())
}

/// Returns the error that decides on a retry. A failure with a successful HTTP status and an
/// unknown code is usually temporary; to repeat the request does no harm.
fn as_retried(error: &Error, is_safe: bool) -> Error {
    let is_odd =
        error.kind() == ErrorKind::Rejected && error.api().is_some_and(|api| api.status() < 400);
    match is_safe && is_odd {
        true => error.clone().with_kind(ErrorKind::Unavailable),
        false => error.clone(),
    }
}

/// Tells where a response was logged that holds no token.
pub(super) fn unusable(
    channel: &Channel,
    secrets: &[&Secret],
    reply: &Reply,
    error: Error,
) -> Error {
    let error = error.with_api(ApiError {
        status: reply.status.as_u16(),
        log_id: channel.exchange.log_id(&reply.headers),
        ..ApiError::default()
    });
    masked(channel, secrets, error)
}
