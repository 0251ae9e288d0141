//! Tokens: who a call is made as, where tokens are kept, and how they are fetched.

mod fetch;
mod source;
mod store;
mod token;
#[cfg(feature = "feishu")]
mod user;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, Weak};

use crate::base::{Secret, lock};
use crate::channel::Channel;
use crate::error::Error;
use crate::vendor::Grant;

pub(crate) use source::TokenSource;
pub use store::{MemoryTokenStore, TokenLock, TokenStore, TokenStoreError};
pub use token::{Token, TokenKey};
#[cfg(feature = "feishu")]
pub use user::{CodeExchange, UserToken};
#[cfg(feature = "feishu")]
pub(crate) use user::{exchange_code, refresh};

/// The tokens of one app.
pub(crate) struct Tokens {
    channel: Arc<Channel>,
    store: Arc<dyn TokenStore>,
    /// The sources that are in use, so that each token has one.
    sources: Mutex<HashMap<Grant, Weak<TokenSource>>>,
}

impl Tokens {
    pub(crate) fn new(channel: Arc<Channel>, store: Arc<dyn TokenStore>) -> Self {
        Self { channel, store, sources: Mutex::default() }
    }

    /// Returns the one source of the token that `grant` stands for.
    pub(crate) fn source(&self, grant: Grant) -> Arc<TokenSource> {
        let parent = grant.parent().map(|parent| self.source(parent));
        let mut sources = lock(&self.sources);
        if let Some(source) = sources.get(&grant).and_then(Weak::upgrade) {
            return source;
        }
        sources.retain(|_, source| source.strong_count() > 0);
        let source =
            TokenSource::new(self.channel.clone(), self.store.clone(), grant.clone(), parent);
        sources.insert(grant, Arc::downgrade(&source));
        source
    }

    pub(crate) async fn keep_ticket(&self, ticket: Secret) -> Result<(), Error> {
        fetch::keep_ticket(&self.channel, &*self.store, ticket).await
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}
