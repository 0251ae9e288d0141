//! How a token comes from the vendor, and the ticket that some tokens are fetched with.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::{Token, TokenKey, TokenStore};
use crate::base::Secret;
use crate::channel::Channel;
use crate::error::{Error, ErrorKind};
use crate::flow::Tries;
use crate::vendor::Grant;
use crate::wire::{JSON, Reply};

/// How long the fetch of a token may take, its retries included.
pub(super) const FETCH_TIMEOUT: Duration = Duration::from_secs(30);
/// What tells the key of a ticket from those of tokens.
const TICKET: &str = "ticket";
/// Tickets are pushed every hour, and the last one counts until then.
const TICKET_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Fetches a token of the kind that `grant` says.
pub(super) async fn token(
    channel: &Channel,
    store: &dyn TokenStore,
    grant: &Grant,
    parent: Option<&Secret>,
) -> Result<(Secret, Duration), Error> {
    let ticket = match grant.needs_ticket() {
        true => Some(ticket(channel, store).await?),
        false => None,
    };
    let ticket = ticket.as_ref().map(Token::value);
    let fetch = channel.platform.token_request(&channel.app, grant, parent, ticket);
    let deadline = Instant::now() + FETCH_TIMEOUT;
    let fetched = post(channel, &fetch.path, fetch.body, true, deadline).await;
    match fetched.and_then(|reply| channel.platform.read_token(grant, &reply)) {
        Err(error) if channel.platform.is_bad_ticket(&error) => {
            ask_for_ticket(channel).await;
            Err(error.with_detail("the app ticket was refused; a new one was asked for"))
        }
        token => token,
    }
}

/// Sends a request for a token. Neither it nor its response is ever quoted.
pub(super) async fn post(
    channel: &Channel,
    path: &str,
    body: Bytes,
    is_safe: bool,
    deadline: Instant,
) -> Result<Reply, Error> {
    let Channel { exchange, flow, .. } = channel;
    let mut tries = Tries::new(is_safe, Instant::now(), deadline, FETCH_TIMEOUT);
    loop {
        flow.admit(&mut tries, None).await?;
        let request =
            exchange.request(http::Method::POST, path, body.clone().into(), Some(JSON))?;
        let error = match exchange.send(request, channel.attempt_timeout).await {
            Ok(reply) => match channel.platform.check(&reply) {
                Ok(()) => return Ok(reply),
                Err(error) => error.without_excerpt(),
            },
            Err(error) => error,
        };
        let error = error.masking(&[channel.app.secret.expose()]);
        flow.learn(&tries, None, &error);
        if !flow.may_retry(&mut tries, &error).await {
            return Err(error.with_attempts(tries.attempts()));
        }
    }
}

pub(super) async fn keep_ticket(
    channel: &Channel,
    store: &dyn TokenStore,
    ticket: Secret,
) -> Result<(), Error> {
    let now = channel.exchange.clock.now();
    let ticket = Token::new(ticket, now, now + TICKET_LIFETIME);
    store.put(&TokenKey::of(channel, TICKET), ticket).await.map_err(|error| {
        Error::new(ErrorKind::TokenStore)
            .with_detail("the ticket was not saved")
            .with_cause(&*error)
    })
}

async fn ticket(channel: &Channel, store: &dyn TokenStore) -> Result<Token, Error> {
    let stored = store.get(&TokenKey::of(channel, TICKET)).await;
    if let Ok(Some(ticket)) = stored {
        return Ok(ticket);
    }
    ask_for_ticket(channel).await;
    Err(Error::new(ErrorKind::Configuration).with_detail(
        "there is no ticket of the app yet; the platform was asked to push it. Pass it on with \
         `set_ticket` when it comes in",
    ))
}

/// The platform pushes the ticket as an event; its response to this holds nothing.
async fn ask_for_ticket(channel: &Channel) {
    let Some(ask) = channel.platform.ticket_request(&channel.app) else { return };
    let deadline = Instant::now() + FETCH_TIMEOUT;
    if let Err(error) = post(channel, &ask.path, ask.body, true, deadline).await {
        tracing::warn!(%error, "the ticket of the app could not be asked for");
    }
}
