use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

use crate::base::{FOREVER, lock};
use crate::error::{Error, ErrorKind};

/// A rate is compared once in this time, so that a short pause does no harm.
const WINDOW: Duration = Duration::from_secs(10);

/// Ends a transfer that stalls, or is slower than its caller wants, however long the whole of it
/// takes.
#[derive(Debug, Clone)]
pub(crate) struct Idle {
    limit: Duration,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    moved_at: Instant,
    rate: Option<Rate>,
}

/// The least that has to move.
#[derive(Debug)]
struct Rate {
    bytes_per_second: u64,
    /// The bytes that may be on their way without being counted yet.
    slack: u64,
    /// The number of bytes that moved since the window began.
    moved: u64,
    /// The end of the window; the first begins when something moves.
    ends_at: Option<Instant>,
}

impl Idle {
    pub(crate) fn new(limit: Duration) -> Self {
        let state = State { moved_at: Instant::now(), rate: None };
        Self { limit: limit.min(FOREVER), state: Arc::new(Mutex::new(state)) }
    }

    /// Sets the least number of bytes that has to move per second. The last `slack` bytes that
    /// moved may still be underway.
    pub(super) fn set_min_rate(&self, bytes_per_second: u64, slack: u64) {
        let rate = Rate { bytes_per_second, slack, moved: 0, ends_at: None };
        self.state().rate = Some(rate).filter(|rate| rate.bytes_per_second > 0);
    }

    /// Counts from now on again: the time since the last piece was not spent waiting for the next.
    pub(super) fn resume(&self) {
        let now = Instant::now();
        let mut state = self.state();
        let pause = now - state.moved_at;
        state.moved_at = now;
        if let Some(rate) = &mut state.rate {
            rate.ends_at = Some(rate.ends_at.map_or(now + WINDOW, |ends_at| ends_at + pause));
        }
    }

    /// Counts bytes that moved.
    pub(super) fn moved(&self, bytes: u64) {
        let now = Instant::now();
        let mut state = self.state();
        state.moved_at = now;
        if let Some(rate) = &mut state.rate {
            rate.moved = rate.moved.saturating_add(bytes);
            rate.ends_at.get_or_insert(now + WINDOW);
        }
    }

    /// Begins anew, after the transfer was resumed.
    pub(super) fn restart(&self) {
        let mut state = self.state();
        state.moved_at = Instant::now();
        if let Some(rate) = &mut state.rate {
            (rate.moved, rate.ends_at) = (0, None);
        }
    }

    /// Expects no rate any more: all has moved, and the other side has to do something about it.
    pub(super) fn all_moved(&self) {
        self.state().rate = None;
    }

    /// Returns when the transfer has to end, and why.
    pub(crate) async fn expired(&self) -> Error {
        loop {
            let next = match self.state().check(self.limit) {
                Ok(next) => next,
                Err(reason) => return Error::new(ErrorKind::Timeout).with_detail(reason),
            };
            tokio::time::sleep_until(next).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    /// Returns the moment of the next check, or the reason to end.
    fn check(&mut self, limit: Duration) -> Result<Instant, String> {
        let now = Instant::now();
        let stalled_at = self.moved_at + limit;
        if now >= stalled_at {
            return Err(format!("the transfer made no progress for {limit:?}"));
        }
        let Some(Rate { bytes_per_second, slack, moved, ends_at: Some(ends_at) }) = &mut self.rate
        else {
            return Ok(stalled_at);
        };
        if now >= *ends_at {
            let least = bytes_per_second.saturating_mul(WINDOW.as_secs());
            if moved.saturating_add(*slack) < least {
                return Err(format!(
                    "the transfer was slower than {bytes_per_second} bytes per second for \
                     {WINDOW:?}"
                ));
            }
            (*moved, *ends_at) = (0, now + WINDOW);
        }
        Ok(stalled_at.min(*ends_at))
    }
}
