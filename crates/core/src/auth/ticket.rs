//! The ticket that the vendor pushes to apps which serve several tenants.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::fetch::{FETCH_TIMEOUT, post};
use super::store_client::StoreClient;
use super::{Token, TokenKey};
use crate::base::{Secret, lock};
use crate::channel::Channel;
use crate::error::{Error, ErrorKind};

/// The mark that tells the key of a ticket from those of tokens.
const TICKET: &str = "ticket";
/// Tickets are pushed every hour. The last one is used for a day, in case pushes are lost.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// The shortest time between two requests for a new push.
const RESEND_PAUSE: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct Tickets {
    /// The ticket that came in last, which also serves while the store is unavailable.
    last: Mutex<Option<Token>>,
    next_resend: Mutex<Option<Instant>>,
}

impl Tickets {
    /// Takes the ticket that was pushed. Returns `true` if it is another one than before.
    pub(super) async fn keep(
        &self,
        channel: &Channel,
        store: &StoreClient,
        ticket: Secret,
    ) -> (bool, Result<(), Error>) {
        let now = channel.exchange.clock.now();
        let ticket = Token::new(ticket, now, now + LIFETIME);
        let last = lock(&self.last).replace(ticket.clone());
        let is_new = last.is_none_or(|last| last.value() != ticket.value());
        let saved = store.put(&TokenKey::of(channel, TICKET), ticket).await;
        (is_new, saved.map_err(|error| error.in_context("the ticket was not saved")))
    }

    /// Returns the ticket that was pushed last, to this process or to another one.
    pub(super) async fn current(
        &self,
        channel: &Channel,
        store: &StoreClient,
    ) -> Result<Secret, Error> {
        let stored = store.get(&TokenKey::of(channel, TICKET)).await;
        let now = channel.exchange.clock.now();
        let last = lock(&self.last).clone().filter(|last| last.expires_at() > now);
        let stored = match (stored, &last) {
            (Ok(stored), _) => stored,
            (Err(_), Some(_)) => None,
            (Err(error), None) => return Err(error.in_context("the app's ticket was not read")),
        };
        let newest = stored.into_iter().chain(last).max_by_key(Token::issued_at);
        if let Some(ticket) = newest {
            return Ok(ticket.value().clone());
        }
        self.ask_for_push(channel).await;
        Err(Error::new(ErrorKind::Configuration).with_detail(
            "the app has no ticket yet; the platform was asked to push it. Pass it \
             to `set_ticket` when it arrives",
        ))
    }

    /// Asks the platform to push the ticket again, at most once a minute. It comes as an event; the
    /// response to this holds nothing.
    pub(super) async fn ask_for_push(&self, channel: &Channel) {
        let Some(request) = channel.platform.ticket_request(&channel.app) else { return };
        let now = Instant::now();
        {
            let mut next = lock(&self.next_resend);
            if next.is_some_and(|next| now < next) {
                return;
            }
            *next = Some(now + RESEND_PAUSE);
        }
        if let Err(error) = post(channel, &request, &[], true, now + FETCH_TIMEOUT).await {
            tracing::warn!(%error, "failed to request the app ticket");
        }
    }
}
