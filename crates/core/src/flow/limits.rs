//! The knowledge about limits that the calls of one client share.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::TOKEN;
use super::lane::Lane;
use super::pacing::Pacing;
use crate::base::lock;
use crate::error::{ApiError, Error, ErrorKind};
use crate::meta::OperationMeta;

/// The requests that a platform counts together: those for one operation with one owner's token.
#[derive(Clone, Copy)]
pub(crate) struct Counted<'a> {
    pub(crate) meta: &'a OperationMeta,
    /// Whatever tells the owner of the token from others. It may be secret, and is not kept.
    pub(crate) owner: &'a [u8],
}

/// A limit that was not known before.
pub(super) struct Met {
    /// The time for which requests are held back.
    pub(super) wait: Duration,
    pub(super) is_ban: bool,
}

/// The limits that a client has met, and those it keeps on its own.
pub(crate) struct Limits {
    pacing: Option<Pacing>,
    /// `true` while there is nothing to be looked up.
    quiet: AtomicBool,
    hasher: RandomState,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// The lane of all requests, after a ban of this machine's address.
    address: Option<Arc<Lane>>,
    /// Lanes by the hash of what they are for.
    lanes: HashMap<u64, Arc<Lane>>,
    next_sweep: Option<Instant>,
}

/// The most lanes that are kept. Beyond it, what a lane knew is learned anew.
const MOST_LANES: usize = 4096;
/// The time between two searches for lanes that are not needed any more.
const SWEEP: Duration = Duration::from_secs(10);

impl Limits {
    pub(crate) fn new(pacing: Option<Pacing>) -> Self {
        let quiet = AtomicBool::new(pacing.is_none());
        Self { pacing, quiet, hasher: RandomState::new(), known: Mutex::default() }
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.quiet.load(Ordering::Relaxed)
    }

    /// Waits until the request may be sent.
    pub(super) async fn admit(
        &self,
        counted: Option<Counted<'_>>,
        deadline: Instant,
    ) -> Result<(), Error> {
        let operation = operation(counted);
        let held_back = |detail| move |wait| held_back(operation, detail, wait);
        if let Some(address) = self.address() {
            address.check(deadline).map_err(held_back(BANNED))?;
        }
        if let Some(lane) = counted.and_then(|counted| self.lane(counted)) {
            lane.pass(operation, deadline).await.map_err(held_back(LIMITED))?;
        }
        // A ban may have come in the meantime.
        match self.address() {
            Some(address) => address.pass(operation, deadline).await.map_err(held_back(BANNED)),
            None => Ok(()),
        }
    }

    /// Keeps what the refusal of a request that left at `sent_at` says, for later requests. Returns
    /// the limit if this was news.
    pub(super) fn learn(
        &self,
        counted: Option<Counted<'_>>,
        error: &Error,
        sent_at: Instant,
    ) -> Option<Met> {
        if !error.is_throttled() {
            return None;
        }
        let api = error.api();
        let is_ban = api.is_some_and(ApiError::is_ban);
        let lane = match counted {
            _ if is_ban => self.known(|known| known.address.get_or_insert_with(unpaced).clone()),
            Some(counted) => self.lane_or_new(counted),
            None => return None,
        };
        let wait = lane.refused(sent_at, api.and_then(ApiError::retry_after))?;
        Some(Met { wait, is_ban })
    }

    /// Takes in that a request was accepted, where that is worth knowing.
    pub(super) fn accepted(&self, counted: Counted<'_>) {
        let key = self.key(counted);
        if let Some(lane) = self.known(|known| known.lanes.get(&key).cloned()) {
            lane.accepted();
        }
    }

    fn address(&self) -> Option<Arc<Lane>> {
        self.known(|known| known.address.clone())
    }

    /// Returns the lane of requests of which something is known or has to be kept.
    fn lane(&self, counted: Counted<'_>) -> Option<Arc<Lane>> {
        if self.pacing.is_some() {
            return Some(self.lane_or_new(counted));
        }
        let key = self.key(counted);
        self.known(|known| known.lanes.get(&key).cloned())
    }

    fn lane_or_new(&self, counted: Counted<'_>) -> Arc<Lane> {
        let key = self.key(counted);
        self.known(|known| {
            if let Some(lane) = known.lanes.get(&key) {
                return lane.clone();
            }
            if known.lanes.len() >= MOST_LANES
                && let Some(any) = known.lanes.keys().next().copied()
            {
                known.lanes.remove(&any);
            }
            let paced = self
                .pacing
                .iter()
                .flat_map(|pacing| pacing.rates.iter().chain(counted.meta.rate_limits()).copied());
            known.lanes.entry(key).or_insert_with(|| Arc::new(Lane::new(paced))).clone()
        })
    }

    /// Operations are told apart by method and path, so that a raw call counts together with the
    /// operation that it stands for.
    fn key(&self, Counted { meta, owner }: Counted<'_>) -> u64 {
        self.hasher.hash_one((meta.method(), meta.path(), owner))
    }

    /// Looks into what is known, and forgets what is over.
    fn known<T>(&self, look: impl FnOnce(&mut Known) -> T) -> T {
        let mut known = lock(&self.known);
        let now = Instant::now();
        if known.next_sweep.is_none_or(|next| next <= now) {
            known.next_sweep = Some(now + SWEEP);
            let is_needed = |lane: &Arc<Lane>| Arc::strong_count(lane) > 1 || !lane.is_idle();
            known.lanes.retain(|_, lane| is_needed(lane));
            known.address.take_if(|lane| !is_needed(lane));
        }
        let result = look(&mut known);
        let is_quiet = self.pacing.is_none() && known.lanes.is_empty() && known.address.is_none();
        self.quiet.store(is_quiet, Ordering::Relaxed);
        result
    }
}

fn unpaced() -> Arc<Lane> {
    Arc::new(Lane::new([]))
}

pub(super) fn operation<'a>(counted: Option<Counted<'a>>) -> &'a str {
    counted.map_or(TOKEN, |counted| counted.meta.id())
}

const LIMITED: &str = "not sent: the wait for a rate limit is longer than the time left";
const BANNED: &str = "not sent: the platform has banned this machine's address for a while";

/// Returns the error of a request that was not sent.
fn held_back(operation: &str, detail: &str, wait: Duration) -> Error {
    tracing::debug!(openplat.operation = operation, ?wait, "{detail}");
    Error::new(ErrorKind::Throttled).with_detail(detail).with_retry_after(wait)
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits").field("pacing", &self.pacing).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::{Method, Rate};

    const META: OperationMeta =
        OperationMeta::new("one", Method::Get, "/one").rates(&[Rate::new(1, 60)]);
    const OTHER: OperationMeta = OperationMeta::new("other", Method::Post, "/one");
    const RAW: OperationMeta = OperationMeta::new("GET /one", Method::Get, "/one");
    const MINUTE: Duration = Duration::from_secs(60);

    fn counted<'a>(meta: &'a OperationMeta, owner: &'a str) -> Option<Counted<'a>> {
        Some(Counted { meta, owner: owner.as_bytes() })
    }

    fn refusal(wait: Duration) -> Error {
        Error::builder(ErrorKind::Throttled).retry_after(wait).build()
    }

    fn ban(wait: Duration) -> Error {
        Error::builder(ErrorKind::Throttled).retry_after(wait).ban().build()
    }

    async fn passes(limits: &Limits, counted: Option<Counted<'_>>) -> bool {
        limits.admit(counted, Instant::now() + MINUTE / 2).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_counts_for_its_operation_and_owner() {
        let limits = Limits::new(None);
        assert!(limits.is_quiet());
        limits.learn(counted(&META, "a"), &Error::new(ErrorKind::Unavailable), Instant::now());
        assert!(limits.is_quiet());
        limits.learn(counted(&META, "a"), &refusal(MINUTE), Instant::now());
        assert!(!limits.is_quiet());
        assert!(!passes(&limits, counted(&META, "a")).await);
        assert!(!passes(&limits, counted(&RAW, "a")).await);
        assert!(passes(&limits, counted(&META, "b")).await);
        assert!(passes(&limits, counted(&OTHER, "a")).await);
        assert!(passes(&limits, None).await);
        let error = limits.admit(counted(&META, "a"), Instant::now()).await.unwrap_err();
        let left = error.api().and_then(ApiError::retry_after).unwrap();
        assert!(left >= MINUTE && left <= MINUTE + Duration::from_secs(1), "{left:?}");
        assert!(error.is_throttled() && error.was_not_sent());
    }

    #[tokio::test(start_paused = true)]
    async fn a_ban_counts_for_everything() {
        let limits = Limits::new(None);
        limits.learn(None, &ban(MINUTE), Instant::now());
        for counted in [counted(&META, "a"), counted(&OTHER, "b"), None] {
            let error = limits.admit(counted, Instant::now() + MINUTE / 2).await.unwrap_err();
            assert!(error.api().and_then(ApiError::retry_after) >= Some(MINUTE));
            assert!(error.to_string().contains("banned"), "{error}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_over_is_forgotten() {
        let limits = Limits::new(None);
        limits.learn(counted(&META, "a"), &refusal(MINUTE), Instant::now());
        tokio::time::advance(3 * MINUTE).await;
        assert!(passes(&limits, counted(&OTHER, "b")).await);
        assert!(limits.is_quiet());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_over_outlasts_the_sweeps() {
        let refused = Limits::new(None);
        refused.learn(counted(&META, "a"), &refusal(MINUTE), Instant::now());
        let paced = Limits::new(Some(Pacing::documented()));
        assert!(passes(&paced, counted(&META, "a")).await);
        let banned = Limits::new(None);
        banned.learn(None, &ban(MINUTE), Instant::now());
        for _ in 0..2 {
            tokio::time::advance(SWEEP).await;
            for (limits, reason) in [(&refused, LIMITED), (&paced, LIMITED), (&banned, BANNED)] {
                assert_eq!(passes(limits, counted(&OTHER, "b")).await, reason == LIMITED);
                let error = limits.admit(counted(&META, "a"), Instant::now()).await.unwrap_err();
                assert!(error.to_string().contains(reason), "{error}");
            }
        }
        tokio::time::advance(2 * MINUTE).await;
        assert!(passes(&banned, None).await && banned.is_quiet());
    }

    #[tokio::test(start_paused = true)]
    async fn a_lane_is_kept_while_it_is_used_and_until_the_next_sweep() {
        let limits = Limits::new(None);
        let lane = |owner: &str| limits.lane_or_new(counted(&META, owner).unwrap());
        let count = || lock(&limits.known).lanes.len();
        let used = lane("a");
        drop(lane("b"));
        drop(lane("c"));
        assert_eq!(count(), 3);
        tokio::time::advance(SWEEP).await;
        assert!(Arc::ptr_eq(&used, &lane("a")));
        assert_eq!(count(), 1);
        drop(used);
        tokio::time::advance(SWEEP).await;
        assert!(limits.address().is_none());
        assert_eq!(count(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_during_a_ban_takes_no_place_in_its_lane() {
        let limits = Limits::new(Some(Pacing::documented()));
        limits.learn(None, &ban(MINUTE / 6), Instant::now());
        limits.admit(counted(&META, "a"), Instant::now()).await.unwrap_err();
        tokio::time::advance(MINUTE / 3).await;
        assert!(passes(&limits, counted(&META, "a")).await);
        assert!(!passes(&limits, counted(&META, "a")).await, "one a minute is documented");
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_after_a_refusal_is_half_of_what_was_accepted() {
        let limits = Limits::new(None);
        let refuse = || {
            let error = refusal(Duration::from_secs(1));
            limits.learn(counted(&META, "a"), &error, Instant::now()).unwrap();
        };
        refuse();
        tokio::time::advance(Duration::from_secs(3)).await;
        (0..40).for_each(|_| limits.accepted(counted(&META, "a").unwrap()));
        refuse();
        assert!(passes(&limits, counted(&META, "a")).await);
        let start = Instant::now();
        assert!(passes(&limits, counted(&META, "a")).await);
        let pause = start.elapsed().as_millis();
        assert!((40..=60).contains(&pause), "{pause}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_is_logged_with_the_name_of_what_waits() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let log = Arc::new(file.reopen().unwrap());
        let subscriber = tracing_subscriber::fmt().with_writer(log).with_ansi(false);
        let subscriber = subscriber.with_max_level(tracing::Level::DEBUG).finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let limits = Limits::new(None);
        limits.learn(None, &ban(MINUTE), Instant::now());
        assert!(!passes(&limits, counted(&META, "a")).await && !passes(&limits, None).await);
        let log = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<_> = log.lines().collect();
        let [one, token] = lines[..] else { panic!("{log}") };
        assert!(one.contains(r#"openplat.operation="one""#), "{one}");
        assert!(token.contains(r#"openplat.operation="token""#), "{token}");
    }

    #[tokio::test(start_paused = true)]
    async fn many_keys_stay_bounded() {
        let paced = Limits::new(Some(Pacing::documented()));
        let unpaced = Limits::new(None);
        for owner in 0..10_000 {
            let owner = owner.to_string();
            assert!(passes(&paced, counted(&META, &owner)).await);
            unpaced.learn(counted(&META, &owner), &refusal(MINUTE), Instant::now());
        }
        for limits in [&paced, &unpaced] {
            assert_eq!(lock(&limits.known).lanes.len(), MOST_LANES);
        }
        tokio::time::advance(3 * MINUTE).await;
        assert!(passes(&paced, counted(&META, "last")).await);
        assert_eq!(lock(&paced.known).lanes.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn pacing_keeps_documented_rates_and_those_of_the_caller() {
        let start = Instant::now();
        let limits = Limits::new(Some(Pacing::documented()));
        assert!(passes(&limits, counted(&META, "a")).await);
        assert!(!passes(&limits, counted(&META, "a")).await);
        for _ in 0..100 {
            assert!(passes(&limits, counted(&RAW, "b")).await);
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        let limits = Limits::new(Some(Pacing::documented().at_most(Rate::new(5, 1))));
        for _ in 0..6 {
            assert!(passes(&limits, counted(&RAW, "b")).await);
        }
        assert!(start.elapsed() >= Duration::from_secs(1));
    }
}
