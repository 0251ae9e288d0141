//! Tokens: who a call is made as, where tokens are kept, and how they are fetched.

#[cfg(feature = "feishu")]
mod authorize;
mod credentials;
mod fetch;
mod refusals;
mod source;
mod store;
mod store_client;
mod ticket;
mod token;
mod user;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::base::{Secret, lock};
use crate::channel::Channel;
use crate::error::Error;
use crate::vendor::Grant;
use store_client::StoreClient;
use ticket::Tickets;

#[cfg(feature = "feishu")]
pub use authorize::{Authorization, AuthorizeUrl};
pub use credentials::Credentials;
pub(crate) use credentials::{Auth, Sent};
pub(crate) use source::{Owner, TokenSource};
pub use store::{MemoryTokenStore, TokenLock, TokenStore, TokenStoreError};
pub use token::{Token, TokenKey};
pub use user::{CodeExchange, UserSession, UserToken};
pub(crate) use user::{exchange_code, refresh_alone};

/// The shared part of the sources of one app.
pub(crate) struct Shared {
    channel: Arc<Channel>,
    store: StoreClient,
    tickets: Tickets,
}

/// The tokens of one app.
pub(crate) struct Tokens {
    shared: Arc<Shared>,
    /// One source for each token, so that it is fetched once.
    sources: Mutex<HashMap<Owner, Entry>>,
}

struct Entry {
    source: Arc<TokenSource>,
    used_at: Instant,
}

/// The most sources that are kept while no one uses them.
const CAPACITY: usize = 1000;
/// The time after which a source that no one uses is dropped: no token of an app lives longer.
const IDLE: Duration = Duration::from_secs(2 * 60 * 60);

impl Tokens {
    pub(crate) fn new(channel: Arc<Channel>, store: Arc<dyn TokenStore>) -> Self {
        let store = StoreClient::new(store, channel.exchange.clock.clone());
        let shared = Shared { channel, store, tickets: Tickets::default() };
        Self { shared: Arc::new(shared), sources: Mutex::default() }
    }

    /// Returns the one source of a token.
    pub(crate) fn source(&self, owner: Owner) -> Arc<TokenSource> {
        self.source_in(&mut lock(&self.sources), owner)
    }

    fn source_in(&self, sources: &mut HashMap<Owner, Entry>, owner: Owner) -> Arc<TokenSource> {
        let now = Instant::now();
        if let Some(entry) = sources.get_mut(&owner) {
            entry.used_at = now;
            return entry.source.clone();
        }
        make_room(sources, now);
        let parent = match &owner {
            Owner::App(grant) => grant.parent(),
            Owner::User(_) => None,
        };
        let parent = parent.map(|parent| self.source_in(sources, Owner::App(parent)));
        let source = TokenSource::new(self.shared.clone(), owner.clone(), parent);
        sources.insert(owner, Entry { source: source.clone(), used_at: now });
        source
    }

    /// Returns the session of a user.
    pub(crate) fn session(&self, user: String) -> UserSession {
        UserSession::new(self.shared.channel.clone(), self.source(Owner::User(user)))
    }

    pub(crate) async fn keep_ticket(&self, ticket: Secret) -> Result<(), Error> {
        let Shared { channel, store, tickets } = &*self.shared;
        let (is_new, saved) = tickets.keep(channel, store, ticket).await;
        if is_new {
            // Tokens fetched with the previous ticket may have become invalid with it. Only the
            // parent of other tokens is fetched anew; those are asked for by their own calls.
            for (owner, entry) in &*lock(&self.sources) {
                let is_parent = *owner == Owner::App(Grant::FeishuStoreApp);
                entry.source.start_over(is_parent);
            }
        }
        saved
    }
}

/// Drops the sources that no one has used for long and, if there are still too many, those that
/// no one has used for the longest time.
fn make_room(sources: &mut HashMap<Owner, Entry>, now: Instant) {
    let is_in_use = |entry: &Entry| {
        let is_idle = Arc::strong_count(&entry.source) == 1 && entry.source.is_idle();
        !is_idle
    };
    sources.retain(|_, entry| is_in_use(entry) || now - entry.used_at < IDLE);
    if sources.len() < CAPACITY {
        return;
    }
    let mut idle: Vec<_> =
        sources.values().filter(|entry| !is_in_use(entry)).map(|entry| entry.used_at).collect();
    idle.sort_unstable();
    if let Some(&limit) = idle.get(idle.len() / 10) {
        sources.retain(|_, entry| is_in_use(entry) || entry.used_at > limit);
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}
