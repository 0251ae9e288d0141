//! The source of one token: fetched once however many calls wait for it, replaced before it expires,
//! dropped when the vendor rejects it.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;
use futures_util::FutureExt;
use futures_util::future::{Either, select};
use http::HeaderValue;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::fetch::{self, FETCH_TIMEOUT, LONGEST_LIFETIME};
use super::refusals::Refusals;
use super::{Shared, Token, TokenKey, TokenLock, UserToken, user};
use crate::base::{Secret, catch_panic, lock};
use crate::error::{Error, ErrorKind};
use crate::metrics::TokenFetched;
use crate::vendor::{Grant, token_header};

/// A token as calls use it: its header is made once.
#[derive(Debug)]
pub(crate) struct ReadyToken {
    pub(crate) header: HeaderValue,
    pub(crate) value: Secret,
    /// The form in which a store keeps it.
    kept: Token,
    expires_at: SystemTime,
    /// From here on a new one is fetched while this one is still used.
    refresh_at: SystemTime,
    /// From here on it is not used any more, unless there is no other.
    unusable_at: SystemTime,
    /// Before this, the clock must have been wrong when the token was issued.
    usable_from: SystemTime,
}

impl ReadyToken {
    fn is_usable(&self, now: SystemTime) -> bool {
        now < self.unusable_at && now >= self.usable_from
    }
}

/// The owner of a token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Owner {
    App(Grant),
    /// A user, by the name under which the program knows them. What the store keeps is the pair of
    /// the access token and the refresh token, which works a single time: a pair is stored before
    /// it is used, and refreshed by no one without the lock.
    User(String),
}

impl Owner {
    fn kind(&self) -> &'static str {
        match self {
            Self::App(grant) => grant.kind(),
            Self::User(_) => "user",
        }
    }

    /// Returns the text that tells the tokens of one app apart, in the key of a store.
    fn name(&self) -> String {
        let whose = match self {
            Self::App(grant) => grant.organization(),
            Self::User(user) => Some(&**user),
        };
        whose.map_or(self.kind().to_owned(), |whose| format!("{} {whose}", self.kind()))
    }
}

type Fetched = Result<Arc<ReadyToken>, Error>;
type Flight = watch::Receiver<Option<Fetched>>;

/// Hands out the token of one key.
pub(crate) struct TokenSource {
    shared: Arc<Shared>,
    owner: Owner,
    key: TokenKey,
    /// The source of the token that this one is fetched with.
    parent: Option<Arc<TokenSource>>,
    current: ArcSwapOption<ReadyToken>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The fetch in flight.
    flight: Option<Flight>,
    /// The lock that the fetch in flight holds, and the end of it. If the runtime of that fetch
    /// ends, the next fetch continues with it.
    held: Option<(TokenLock, Instant)>,
    /// The newest token that the vendor rejected: a store may still hold it, or one before it.
    rejected: Option<Token>,
    /// A token that came in and is not in the store yet.
    unsaved: Option<Token>,
    /// The last fetch, if it failed.
    failure: Option<(Instant, Error)>,
    refusals: Refusals,
}

/// The state that a caller who needs a token finds.
enum Found {
    Token(Arc<ReadyToken>),
    Flight(Flight),
}

/// Whose turn it is to fetch.
enum Turn {
    /// No one's: the store holds a token that serves.
    Stored(Arc<ReadyToken>),
    /// Ours; with what the store holds instead.
    Mine(Option<Token>),
}

/// A token that is about to expire might do so on its way.
const LAST_SECONDS: Duration = Duration::from_secs(30);
/// The rest after a fetch that failed finally, or ahead of time.
const REST: Duration = Duration::from_secs(10);
/// The rest after a fetch that may succeed the next time, and that calls wait for.
const SHORT_REST: Duration = Duration::from_secs(1);
/// The lifetime of the lock of a shared store: longer than a fetch takes, saving included.
const LOCK_TTL: Duration = FETCH_TIMEOUT.saturating_add(Duration::from_secs(10));
/// The longest wait for the token of another process: longer than most fetches take, and short
/// enough to leave a call time for a fetch of its own if that process has died.
const LOCK_WAIT: Duration = Duration::from_secs(20);
/// The first and the longest pause between two looks for the token of another process.
const FIRST_POLL: Duration = Duration::from_millis(100);
const LONGEST_POLL: Duration = Duration::from_secs(2);
/// The longest that a flight may take in all. Each of its steps has a limit of its own; this one
/// is for steps to come.
pub(super) const FLIGHT_TIMEOUT: Duration = Duration::from_secs(75);
/// The interval at which a flight shows that its runtime is driven.
const BEAT: Duration = Duration::from_secs(1);
/// The silence after which a flight counts as stranded on a runtime that no one drives.
const STRANDED: Duration = Duration::from_secs(3);
/// The most flights that one caller waits for.
const MOST_FLIGHTS: usize = 3;
/// The shortest time between two refreshes of a user's token that calls had rejected.
const REFRESH_PAUSE: Duration = Duration::from_secs(60);

impl TokenSource {
    pub(super) fn new(shared: Arc<Shared>, owner: Owner, parent: Option<Arc<Self>>) -> Arc<Self> {
        Arc::new(Self {
            key: TokenKey::of(&shared.channel, &owner.name()),
            shared,
            owner,
            parent,
            current: ArcSwapOption::empty(),
            state: Mutex::default(),
        })
    }

    /// Returns the key of the token.
    pub(crate) fn key(&self) -> &TokenKey {
        &self.key
    }

    /// Returns the header that carries the current token: from memory without a lock if it is
    /// there, and otherwise as [`get`](Self::get) does.
    ///
    /// The header is a copy. Handles to a shared one would be counted, and the cores would wait for
    /// each other at that count.
    pub(crate) async fn header(self: &Arc<Self>) -> Result<HeaderValue, Error> {
        let now = self.now();
        if let Some(token) = &*self.current.load()
            && token.is_usable(now)
            && now < token.refresh_at
            && let Some(header) = copied(&token.header)
        {
            return Ok(header);
        }
        // Boxed, since few calls get here: their futures need no room for it.
        Box::pin(self.get()).await.map(|token| token.header.clone())
    }

    /// Returns the current token from the first that has it: memory, read without a lock, the
    /// store, or the vendor. However many callers wait, one fetch is in flight, and none of them
    /// can cancel it.
    pub(crate) async fn get(self: &Arc<Self>) -> Fetched {
        let now = self.now();
        if let Some(token) = self.usable(now) {
            if now >= token.refresh_at {
                self.refresh_ahead();
            }
            return Ok(token);
        }
        self.wait().await
    }

    /// Drops the current token if it is the one that `operation` rejected. Returns `false` if a new
    /// one is not worth the fetch, since the operation rejects whatever token of this kind.
    pub(crate) fn reject(&self, token: &ReadyToken, operation: &str) -> bool {
        if lock(&self.state).refusals.contains(operation, &token.header) {
            return false;
        }
        self.drop_token(token);
        true
    }

    /// Remembers for a while that `operation` rejects even a new token, so that its calls do not
    /// make all others fetch.
    pub(crate) fn remember_refusal(&self, token: &HeaderValue, operation: &str) {
        lock(&self.state).refusals.remember(operation, token.clone());
    }

    /// Returns the current token if it is the one that a header carries.
    pub(crate) fn carried_by(&self, header: &HeaderValue) -> Option<Arc<ReadyToken>> {
        self.current.load_full().filter(|token| token.header == *header)
    }

    /// Drops the current token if it has this value. A young one stays: then it is not the token
    /// that is wrong.
    pub(super) fn reject_value(&self, value: &Secret) {
        let now = self.now();
        let is_old = |token: &ReadyToken| {
            let age = now.duration_since(token.kept.issued_at());
            age.is_ok_and(|age| age >= REFRESH_PAUSE)
        };
        if let Some(current) = self.current.load_full()
            && current.value == *value
            && is_old(&current)
        {
            self.drop_token(&current);
        }
    }

    /// Forgets that a fetch has failed, since something has changed, and drops the token if that is
    /// concerned.
    pub(super) fn start_over(&self, drops_token: bool) {
        lock(&self.state).failure = None;
        if let Some(current) = self.current.load_full().filter(|_| drops_token) {
            self.drop_token(&current);
        }
    }

    /// Takes a token that came in from elsewhere, and saves it. What the store does not take now,
    /// the next call saves.
    pub(super) async fn take(&self, kept: Token) -> Result<(), Error> {
        {
            let mut state = lock(&self.state);
            state.unsaved = Some(kept.clone());
            // A fetch in flight brings an older token.
            (state.flight, state.failure, state.rejected) = (None, None, None);
        }
        self.current.store(None);
        self.save(&kept).await?;
        self.current.store(self.ready(kept));
        Ok(())
    }

    /// Returns `true` if nothing is lost with this source. A fetch in flight has a handle of its own.
    pub(super) fn is_idle(&self) -> bool {
        lock(&self.state).unsaved.is_none()
    }

    fn now(&self) -> SystemTime {
        self.shared.channel.exchange.clock.now()
    }

    fn is_user(&self) -> bool {
        matches!(self.owner, Owner::User(_))
    }

    fn usable(&self, now: SystemTime) -> Option<Arc<ReadyToken>> {
        self.current.load_full().filter(|token| token.is_usable(now))
    }

    /// Returns a token that the vendor honors for some seconds more.
    fn living(&self) -> Option<Arc<ReadyToken>> {
        let now = self.now();
        self.current.load_full().filter(|token| now < token.expires_at && now >= token.usable_from)
    }

    fn drop_token(&self, token: &ReadyToken) {
        let mut state = lock(&self.state);
        let is_newest = |rejected: &Token| rejected.issued_at() <= token.kept.issued_at();
        if state.rejected.as_ref().is_none_or(is_newest) {
            state.rejected = Some(token.kept.clone());
        }
        let current = self.current.load();
        if current.as_ref().is_some_and(|current| current.value == token.value) {
            self.current.compare_and_swap(&current, None);
        }
    }

    fn refresh_ahead(self: &Arc<Self>) {
        let state = lock(&self.state);
        let rests = state.failure.as_ref().is_some_and(|(at, _)| at.elapsed() < REST);
        if !rests && !is_running(&state.flight) {
            self.start(state);
        }
    }

    async fn wait(self: &Arc<Self>) -> Fetched {
        let mut stranded = None;
        for _ in 0..MOST_FLIGHTS {
            let mut flight = match self.join(stranded.as_ref())? {
                Found::Token(token) => return Ok(token),
                Found::Flight(flight) => flight,
            };
            if let Some(fetched) = self.outcome(&mut flight).await {
                return fetched;
            }
            stranded = Some(flight);
        }
        Err(Error::new(ErrorKind::Configuration).with_detail(
            "the tokio runtimes on which the token was fetched have ended, or are not driven",
        ))
    }

    /// Waits for the end of a flight. Returns `None` if its runtime has ended, or is not driven.
    async fn outcome(&self, flight: &mut Flight) -> Option<Fetched> {
        // A refresh token works once: a second flight would find it spent.
        let patience = if self.is_user() { FLIGHT_TIMEOUT } else { STRANDED };
        loop {
            if let Some(fetched) = &*flight.borrow_and_update() {
                return Some(fetched.clone());
            }
            timeout(patience, flight.changed()).await.ok()?.ok()?;
        }
    }

    fn join(self: &Arc<Self>, stranded: Option<&Flight>) -> Result<Found, Error> {
        let now = self.now();
        let state = lock(&self.state);
        // Whoever held the lock before may have put a token here.
        if let Some(token) = self.usable(now) {
            return Ok(Found::Token(token));
        }
        let is_stranded =
            |flight: &Flight| stranded.is_some_and(|stranded| stranded.same_channel(flight));
        match &state.flight {
            Some(flight) if is_running(&state.flight) && !is_stranded(flight) => {
                return Ok(Found::Flight(flight.clone()));
            }
            _ => {}
        }
        if let Some((at, error)) = &state.failure
            && at.elapsed() < if error.is_retryable() { SHORT_REST } else { REST }
        {
            let error = error.clone().in_context("a moment ago");
            return self.living().map(Found::Token).ok_or(error);
        }
        Ok(Found::Flight(self.start(state)))
    }

    fn start(self: &Arc<Self>, mut state: MutexGuard<'_, State>) -> Flight {
        let (sender, flight) = watch::channel(None);
        state.flight = Some(flight.clone());
        tokio::spawn(self.clone().fly(flight.clone(), sender));
        flight
    }

    async fn fly(self: Arc<Self>, flight: Flight, sender: watch::Sender<Option<Fetched>>) {
        let fetched = {
            let obtain = pin!(timeout(FLIGHT_TIMEOUT, catch_panic(self.obtain())));
            match select(obtain, pin!(beat(&sender))).await {
                Either::Left((Ok(Ok(fetched)), _)) => fetched,
                Either::Left((Ok(Err(panicked)), _)) => Err(panicked.into()),
                Either::Left((Err(_), _)) => Err(Error::new(ErrorKind::Timeout)
                    .with_detail(format!("no token was fetched within {FLIGHT_TIMEOUT:?}"))),
                Either::Right((never, _)) => match never {},
            }
        };
        let fetched = self.land(&flight, fetched);
        sender.send_replace(Some(fetched));
        // No caller has to wait for the store.
        self.publish().await;
    }

    fn land(&self, flight: &Flight, fetched: Fetched) -> Fetched {
        let mut state = lock(&self.state);
        let is_latest = state.flight.as_ref().is_some_and(|latest| latest.same_channel(flight));
        if is_latest {
            state.flight = None;
        }
        match fetched {
            Ok(token) => {
                if is_latest || self.current.load().is_none() {
                    self.current.store(Some(token.clone()));
                }
                // The vendor gave it again: then it was not the token that was wrong.
                state.rejected.take_if(|rejected| rejected.value() == token.kept.value());
                state.failure = None;
                Ok(token)
            }
            Err(error) => {
                state.failure = Some((Instant::now(), error.clone()));
                let living = self.living();
                // Without it, the calls that wait fail with the error, and each says so.
                if living.is_some() {
                    let (app_id, kind) = (&*self.shared.channel.app.id, self.owner.kind());
                    tracing::warn!(app_id, kind, %error, "no new token; the last one is still used");
                }
                living.ok_or(error)
            }
        }
    }

    async fn obtain(&self) -> Fetched {
        let stored = match self.take_turn().await? {
            Turn::Stored(token) => return Ok(token),
            Turn::Mine(stored) => stored,
        };
        let kept = self.renew(stored).await?;
        self.ready(kept).ok_or_else(|| {
            Error::new(ErrorKind::Decode).with_detail("the response contains no usable token")
        })
    }

    /// Gets a token other than `stored` from the platform.
    async fn renew(&self, stored: Option<Token>) -> Result<Token, Error> {
        let Owner::App(grant) = &self.owner else { return self.refresh(stored).await };
        let deadline = Instant::now() + FETCH_TIMEOUT;
        let kept = timeout_at(deadline, self.fetch_for_app(grant, deadline)).await;
        let kept = kept.unwrap_or_else(|_| Err(out_of_time()))?;
        lock(&self.state).unsaved = Some(kept.clone());
        Ok(kept)
    }

    /// Records the request of a token, and how it ends.
    async fn recorded<T>(
        &self,
        request: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let started = Instant::now();
        let result = catch_panic(request).await.unwrap_or_else(|panicked| Err(panicked.into()));
        self.shared.channel.flow.metrics.tell(|metrics| {
            metrics.token_fetched(&TokenFetched {
                kind: self.owner.kind(),
                elapsed: started.elapsed(),
                error: result.as_ref().err(),
            });
        });
        result
    }

    /// Makes a token ready for use; `None` if it cannot be sent.
    fn ready(&self, kept: Token) -> Option<Arc<ReadyToken>> {
        let platform = self.shared.channel.platform;
        let (value, expires_at) = match self.owner {
            Owner::App(_) => (kept.value().clone(), kept.expires_at()),
            Owner::User(_) => {
                let pair = UserToken::from_kept(&kept)?;
                (pair.access_token, pair.expires_at)
            }
        };
        let header = token_header(platform, &value)?;
        let lifetime = expires_at.duration_since(kept.issued_at()).unwrap_or_default();
        // A token that lives shorter than the margins is used for a part of its life.
        let before = |margin| expires_at.checked_sub(margin).unwrap_or(expires_at);
        Some(Arc::new(ReadyToken {
            refresh_at: before(platform.token_margin().min(lifetime / 2)),
            unusable_at: before(LAST_SECONDS.min(lifetime / 4)),
            usable_from: before(LONGEST_LIFETIME),
            header,
            value,
            kept,
            expires_at,
        }))
    }

    /// Waits while another process fetches. A store that is unavailable costs the app a fetch, not
    /// the call; a user's tokens are not touched without it.
    async fn take_turn(&self) -> Result<Turn, Error> {
        if let Some(token) = self.save_leftover().await? {
            return Ok(Turn::Stored(token));
        }
        let is_ahead = self.usable(self.now()).is_some();
        let last_look = Instant::now() + LOCK_WAIT;
        let mut pause = FIRST_POLL;
        loop {
            let stored = match self.shared.store.get(&self.key).await {
                Ok(stored) => stored,
                Err(error) if self.is_user() => return Err(error),
                Err(_) => return Ok(Turn::Mine(None)),
            };
            if let Some(token) = stored.as_ref().and_then(|stored| self.accept(stored, is_ahead)) {
                return Ok(Turn::Stored(token));
            }
            if self.holds_lock() {
                return Ok(Turn::Mine(stored));
            }
            let until = Instant::now() + LOCK_TTL;
            match self.shared.store.lock(&self.key, LOCK_TTL).await {
                // Another process may have saved its token just before: look once more.
                Ok(Some(held)) => lock(&self.state).held = Some((held, until)),
                Ok(None) if Instant::now() < last_look => {
                    sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
                    pause = (pause * 3 / 2).min(LONGEST_POLL);
                }
                Ok(None) if self.is_user() => {
                    return Err(Error::new(ErrorKind::TokenStore).with_detail(
                        "another process has been refreshing the user's tokens for too long",
                    ));
                }
                Err(error) if self.is_user() => return Err(error),
                Ok(None) | Err(_) => return Ok(Turn::Mine(stored)),
            }
        }
    }

    fn holds_lock(&self) -> bool {
        let held = &mut lock(&self.state).held;
        held.take_if(|(_, until)| *until <= Instant::now());
        held.is_some()
    }

    /// Returns a token of the store if it serves: to a call whatever is usable, to a refresh ahead
    /// of time what need not be refreshed itself.
    fn accept(&self, stored: &Token, is_ahead: bool) -> Option<Arc<ReadyToken>> {
        let token = self.ready(stored.clone()).filter(|_| !self.is_rejected(stored))?;
        let now = self.now();
        if !token.is_usable(now) && self.current.load().is_none() {
            // In case that no other is to be had.
            self.current.store(Some(token.clone()));
        }
        let limit = if is_ahead { token.refresh_at } else { token.unusable_at };
        (now < limit && token.is_usable(now)).then_some(token)
    }

    fn is_rejected(&self, token: &Token) -> bool {
        // Only a token that was issued later can be better. A store that was unavailable for a
        // while holds one that is older than what its clients have had since.
        lock(&self.state).rejected.as_ref().is_some_and(|rejected| {
            token.value() == rejected.value() || token.issued_at() < rejected.issued_at()
        })
    }

    /// Fetches with the parent's token. If that one is rejected, it is replaced once.
    async fn fetch_for_app(&self, grant: &Grant, deadline: Instant) -> Result<Token, Error> {
        let Some(source) = &self.parent else { return self.fetch(grant, None, deadline).await };
        // A future that holds itself has no size, hence the box.
        let parent = Box::pin(source.get()).await?;
        let error = match self.fetch(grant, Some(&parent.value), deadline).await {
            Err(error) if self.is_of_parent(&error) => error,
            fetched => return fetched,
        };
        if !source.reject(&parent, self.key.as_str()) {
            return Err(error);
        }
        let next = Box::pin(source.get()).await?;
        let fetched = match next.value == parent.value {
            true => Err(error),
            false => self.fetch(grant, Some(&next.value), deadline).await,
        };
        if fetched.as_ref().is_err_and(|error| self.is_of_parent(error)) {
            source.remember_refusal(&next.header, self.key.as_str());
        }
        fetched
    }

    fn is_of_parent(&self, error: &Error) -> bool {
        error.kind() == ErrorKind::Unauthenticated
            || self.shared.channel.platform.is_bad_ticket(error)
    }

    async fn fetch(
        &self,
        grant: &Grant,
        parent: Option<&Secret>,
        deadline: Instant,
    ) -> Result<Token, Error> {
        let Shared { channel, store, tickets } = &*self.shared;
        let ticket = match grant.needs_ticket() {
            true => Some(tickets.current(channel, store).await?),
            false => None,
        };
        // Of two fetches, the one that began later gives the newer token.
        let issued_at = self.now();
        let request = fetch::app_token(channel, grant, parent, ticket.as_ref());
        // Within the limit of the caller, who would drop the request before it is recorded.
        let request = timeout_at(deadline, request)
            .map(|fetched| fetched.unwrap_or_else(|_| Err(out_of_time())));
        match self.recorded(request).await {
            Ok((value, lifetime)) => Ok(Token::new(value, issued_at, issued_at + lifetime)),
            Err(error) if ticket.is_some() && channel.platform.is_bad_ticket(&error) => {
                tickets.ask_for_push(channel).await;
                Err(error.with_detail("the app ticket was rejected; a new one was requested"))
            }
            Err(error) => Err(error),
        }
    }

    /// Exchanges the newest refresh token for the next pair, which is saved before it is used.
    async fn refresh(&self, stored: Option<Token>) -> Result<Token, Error> {
        let rejected = lock(&self.state).rejected.clone();
        let current = self.current.load_full().map(|current| current.kept.clone());
        let known = stored.into_iter().chain(rejected).chain(current);
        let newest = known.max_by_key(Token::issued_at);
        let pair = newest.as_ref().and_then(UserToken::from_kept);
        let pair = pair.ok_or_else(|| user::log_in_again("no tokens of the user are stored"))?;
        let refreshed = match pair.refresh_token.clone() {
            Some(token) => self.recorded(user::refresh(&self.shared.channel, &pair, token)).await,
            None => Err(user::log_in_again(
                "there is no refresh token; the scope `offline_access` gives one",
            )),
        };
        match refreshed {
            Ok(next) => {
                let kept = next.to_kept()?;
                lock(&self.state).unsaved = Some(kept.clone());
                self.save(&kept).await?;
                Ok(kept)
            }
            Err(error) => {
                // Another process may have lost its lock, and still have been faster; or the user
                // has logged in there.
                let stored = self.shared.store.get(&self.key).await.ok().flatten();
                let is_newer = |token: &Token| {
                    newest.as_ref().is_some_and(|used| used.issued_at() < token.issued_at())
                };
                stored.filter(is_newer).ok_or(error)
            }
        }
    }

    /// Saves a pair that the store did not take when it came in.
    async fn save_leftover(&self) -> Result<Option<Arc<ReadyToken>>, Error> {
        let leftover = lock(&self.state).unsaved.clone().filter(|_| self.is_user());
        let Some(kept) = leftover else { return Ok(None) };
        self.save(&kept).await?;
        let now = self.now();
        Ok(self.ready(kept).filter(|token| token.is_usable(now)))
    }

    async fn save(&self, kept: &Token) -> Result<(), Error> {
        self.shared.store.put(&self.key, kept.clone()).await?;
        lock(&self.state).unsaved.take_if(|unsaved| unsaved.value() == kept.value());
        Ok(())
    }

    /// Saves what was fetched, and releases the lock. A token of the app that cannot be saved is
    /// fetched by each process instead.
    async fn publish(&self) {
        let (unsaved, held) = {
            let mut state = lock(&self.state);
            let unsaved = if self.is_user() { None } else { state.unsaved.take() };
            (unsaved, state.held.take())
        };
        if let Some(token) = unsaved {
            let _ = self.shared.store.put(&self.key, token).await;
        }
        if let Some((held, _)) = held {
            let _ = self.shared.store.unlock(&self.key, held).await;
        }
    }
}

fn out_of_time() -> Error {
    Error::new(ErrorKind::Timeout)
        .with_detail(format!("the token was not fetched within {FETCH_TIMEOUT:?}"))
}

fn copied(header: &HeaderValue) -> Option<HeaderValue> {
    let mut copy = HeaderValue::from_bytes(header.as_bytes()).ok()?;
    copy.set_sensitive(true);
    Some(copy)
}

fn is_running(flight: &Option<Flight>) -> bool {
    flight.as_ref().is_some_and(|flight| flight.has_changed().is_ok())
}

/// Shows again and again that the runtime of a flight is driven.
async fn beat(sender: &watch::Sender<Option<Fetched>>) -> Infallible {
    loop {
        sleep(BEAT).await;
        sender.send_replace(None);
    }
}
