//! The source of one token: fetched once however many calls wait for it, replaced before it expires,
//! dropped when the vendor rejects it.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;
use http::HeaderValue;
use tokio::sync::watch;

use super::fetch;
use super::{Token, TokenKey, TokenLock, TokenStore, TokenStoreError};
use crate::base::{BoxFuture, Clock, lock};
use crate::channel::Channel;
use crate::error::{Error, ErrorKind};
use crate::vendor::{Grant, secret_header};

/// A token as calls use it: its header is made once.
#[derive(Debug)]
pub(crate) struct ReadyToken {
    pub(crate) header: HeaderValue,
    pub(crate) token: Token,
    /// From here on a new one is fetched while this one is still used.
    refresh_at: SystemTime,
    /// From here on it is not used any more.
    unusable_at: SystemTime,
}

type Fetched = Result<Arc<ReadyToken>, Error>;

/// Hands out the token of one key.
pub(crate) struct TokenSource {
    channel: Arc<Channel>,
    store: Arc<dyn TokenStore>,
    grant: Grant,
    key: TokenKey,
    /// Where the token comes from that this one is fetched with.
    parent: Option<Arc<TokenSource>>,
    current: ArcSwapOption<ReadyToken>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The fetch in flight.
    flight: Option<watch::Receiver<Option<Fetched>>>,
    /// The token that the vendor rejected last: a store may still hold it, or one before it.
    rejected: Option<Token>,
    /// After a refresh that failed, the next one waits until then.
    next_refresh: Option<SystemTime>,
}

/// What a caller who needs a token finds.
enum Found {
    Token(Arc<ReadyToken>),
    Flight(watch::Receiver<Option<Fetched>>),
}

/// A token that is about to expire might do so on its way.
const LAST_SECONDS: Duration = Duration::from_secs(30);
/// How long a refresh ahead of time rests after it failed.
const REFRESH_REST: Duration = Duration::from_secs(10);
/// How long the lock of a shared store is held at most. Longer than a fetch takes.
const LOCK_TTL: Duration = Duration::from_secs(10);
/// How often somebody who waits for another process looks for its token.
const LOCK_POLL: Duration = Duration::from_millis(100);
/// How long a store may take to answer before it counts as away.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);

impl TokenSource {
    pub(super) fn new(
        channel: Arc<Channel>,
        store: Arc<dyn TokenStore>,
        grant: Grant,
        parent: Option<Arc<Self>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            key: TokenKey::of(&channel, &grant.kind()),
            channel,
            store,
            grant,
            parent,
            current: ArcSwapOption::empty(),
            state: Mutex::default(),
        })
    }

    /// Returns the key of the token.
    pub(crate) fn key(&self) -> &TokenKey {
        &self.key
    }

    /// The current token: from memory without a lock, else from the store, else from the vendor.
    /// However many callers wait, one fetch is in flight, and none of them can cancel it.
    pub(crate) async fn get(self: &Arc<Self>) -> Fetched {
        if let Some(token) = self.usable() {
            if self.clock().now() >= token.refresh_at {
                self.refresh_ahead();
            }
            return Ok(token);
        }
        loop {
            let mut flight = match self.join() {
                Found::Token(token) => return Ok(token),
                Found::Flight(flight) => flight,
            };
            // The fetch lives on the runtime of whoever started it. If that one ends, the next
            // waiter starts another.
            if let Ok(fetched) = flight.wait_for(Option::is_some).await
                && let Some(fetched) = &*fetched
            {
                return fetched.clone();
            }
        }
    }

    /// Drops the current token if it is the one that was rejected.
    pub(crate) fn reject(&self, token: &Arc<ReadyToken>) {
        lock(&self.state).rejected = Some(token.token.clone());
        let current = self.current.load();
        if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, token)) {
            self.current.compare_and_swap(&current, None);
        }
    }

    fn clock(&self) -> &dyn Clock {
        &*self.channel.exchange.clock
    }

    fn usable(&self) -> Option<Arc<ReadyToken>> {
        let token = self.current.load_full()?;
        (self.clock().now() < token.unusable_at).then_some(token)
    }

    fn refresh_ahead(self: &Arc<Self>) {
        let state = lock(&self.state);
        let rests = state.next_refresh.is_some_and(|next| self.clock().now() < next);
        if !rests && !is_running(&state.flight) {
            self.start(state);
        }
    }

    fn join(self: &Arc<Self>) -> Found {
        let state = lock(&self.state);
        // Whoever held the lock before may have put a token here.
        if let Some(token) = self.usable() {
            return Found::Token(token);
        }
        match &state.flight {
            Some(flight) if is_running(&state.flight) => Found::Flight(flight.clone()),
            _ => Found::Flight(self.start(state)),
        }
    }

    fn start(
        self: &Arc<Self>,
        mut state: MutexGuard<'_, State>,
    ) -> watch::Receiver<Option<Fetched>> {
        let (sender, flight) = watch::channel(None);
        state.flight = Some(flight.clone());
        let source = self.clone();
        tokio::spawn(async move {
            let turn = source.take_turn().await;
            let (token, publish) = match turn {
                Turn::Token(token) => (Ok(token), None),
                Turn::Mine(lock) => {
                    let token = source.fetch_from_vendor().await;
                    (token.clone(), lock.map(|lock| (token, lock)))
                }
            };
            let fetched = token.and_then(|token| source.ready(token));
            source.land(&fetched);
            let _ = sender.send(Some(fetched));
            // Nobody has to wait for the store.
            if let Some((token, lock)) = publish {
                source.publish(token, lock).await;
            }
        });
        flight
    }

    fn land(&self, fetched: &Fetched) {
        let mut state = lock(&self.state);
        state.flight = None;
        match fetched {
            Ok(token) => {
                self.current.store(Some(token.clone()));
                state.next_refresh = None;
            }
            Err(error) => {
                tracing::warn!(key = %self.key, %error, "no new token");
                state.next_refresh = self.clock().now().checked_add(REFRESH_REST);
            }
        }
    }

    fn ready(&self, token: Token) -> Fetched {
        let now = self.clock().now();
        let remaining = token.remaining(now);
        // A token that lives shorter than the margins is used for a part of its life.
        let margin = self.channel.platform.token_margin().min(remaining / 2);
        let last_seconds = LAST_SECONDS.min(remaining / 4);
        let text = self.channel.platform.token_header_value(token.value().expose());
        Ok(Arc::new(ReadyToken {
            header: secret_header(&text)?,
            refresh_at: token.expires_at() - margin,
            unusable_at: token.expires_at() - last_seconds,
            token,
        }))
    }

    /// Waits while another process fetches. A store that is away, or that does not answer, costs a
    /// fetch, not the call.
    async fn take_turn(&self) -> Turn {
        let rejected = lock(&self.state).rejected.clone();
        let store = &self.store;
        loop {
            match self.ask(store.get(&self.key)).await {
                Some(Some(token)) if self.is_fresh(&token, rejected.as_ref()) => {
                    return Turn::Token(token);
                }
                Some(_) => {}
                None => return Turn::Mine(None),
            }
            match self.ask(store.lock(&self.key, LOCK_TTL)).await {
                Some(Some(lock)) => return Turn::Mine(Some(lock)),
                Some(None) => tokio::time::sleep(LOCK_POLL).await,
                None => return Turn::Mine(None),
            }
        }
    }

    /// What the store answers, unless it is away.
    async fn ask<T>(&self, answer: BoxFuture<'_, Result<T, TokenStoreError>>) -> Option<T> {
        let answer = match tokio::time::timeout(STORE_TIMEOUT, answer).await {
            Ok(answer) => answer,
            Err(elapsed) => Err(elapsed.into()),
        };
        answer
            .inspect_err(|error| {
                tracing::warn!(key = %self.key, %error, "the token store is away");
            })
            .ok()
    }

    fn is_fresh(&self, token: &Token, rejected: Option<&Token>) -> bool {
        // Only a token that was fetched later can be better. A store that was away for a while
        // holds one that is older than what its clients have had since.
        let was_rejected = rejected.is_some_and(|rejected| {
            token.value().expose() == rejected.value().expose()
                || token.expires_at() <= rejected.expires_at()
        });
        let remaining = token.remaining(self.clock().now());
        !was_rejected && remaining > self.channel.platform.token_margin()
    }

    async fn publish(&self, token: Result<Token, Error>, lock: TokenLock) {
        let store = &self.store;
        if let Ok(token) = token {
            self.ask(store.put(&self.key, token)).await;
        }
        self.ask(store.unlock(&self.key, lock)).await;
    }

    async fn fetch_from_vendor(self: &Arc<Self>) -> Result<Token, Error> {
        let parent = match &self.parent {
            // A future that holds itself has no size, hence the box.
            Some(parent) => Some(Box::pin(parent.get()).await?),
            None => None,
        };
        let parent = parent.as_ref().map(|parent| parent.token.value());
        let (value, lifetime) =
            fetch::token(&self.channel, &*self.store, &self.grant, parent).await?;
        let now = self.clock().now();
        let expires_at = now.checked_add(lifetime).ok_or_else(|| {
            Error::new(ErrorKind::Decode)
                .with_detail(format!("the token's lifetime is {lifetime:?}"))
        })?;
        Ok(Token::new(value, now, expires_at))
    }
}

/// Whose turn it is to fetch.
enum Turn {
    /// Somebody has done it already.
    Token(Token),
    /// Ours; with the lock if the store could give one.
    Mine(Option<TokenLock>),
}

fn is_running(flight: &Option<watch::Receiver<Option<Fetched>>>) -> bool {
    flight.as_ref().is_some_and(|flight| flight.has_changed().is_ok())
}
