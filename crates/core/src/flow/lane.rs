//! The line of the requests that a platform counts together.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::backoff::{SECOND, spread};
use crate::base::lock;
use crate::meta::Rate;

/// A line in which requests leave one by one, in the order they came, as fast as is known to be
/// allowed.
#[derive(Debug)]
pub(super) struct Lane {
    /// Held by the head of the line. Tokio hands it on in the order of asking, and past whoever
    /// gave up.
    head: tokio::sync::Mutex<()>,
    /// The length of the line, its head included.
    length: AtomicU32,
    gate: Mutex<Gate>,
}

/// A place in the line, given back when it is dropped.
struct Place<'a> {
    length: &'a AtomicU32,
    ahead: u32,
}

impl<'a> Place<'a> {
    fn join(length: &'a AtomicU32) -> Self {
        Self { length, ahead: length.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.length.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Lane {
    /// Creates a lane that keeps `rates`.
    pub(super) fn new(rates: impl IntoIterator<Item = Rate>) -> Self {
        let gate = Mutex::new(Gate::new(rates, Instant::now()));
        Self { head: tokio::sync::Mutex::default(), length: AtomicU32::new(0), gate }
    }

    /// Takes in that a request was refused which left at `sent_at`. Returns the wait if this was
    /// news.
    pub(super) fn refused(
        &self,
        sent_at: Instant,
        asked_for: Option<Duration>,
    ) -> Option<Duration> {
        lock(&self.gate).refused(Instant::now(), sent_at, asked_for, fastrand::f64())
    }

    /// Takes in that a request was accepted.
    pub(super) fn accepted(&self) {
        lock(&self.gate).meter.count(Instant::now());
    }

    /// Fails with the wait if it is known that no request may leave before `deadline`.
    pub(super) fn check(&self, deadline: Instant) -> Result<(), Duration> {
        self.check_behind(0, deadline)
    }

    fn check_behind(&self, ahead: u32, deadline: Instant) -> Result<(), Duration> {
        let now = Instant::now();
        fits(lock(&self.gate).known_wait(now, ahead), now, deadline)
    }

    /// Waits for the turn of one request. Fails with the wait if the turn would not come before
    /// `deadline`: at once if that is known.
    pub(super) async fn pass(&self, operation: &str, deadline: Instant) -> Result<(), Duration> {
        let place = Place::join(&self.length);
        self.check_behind(place.ahead, deadline)?;
        if place.ahead > 0 {
            tracing::debug!(openplat.operation = operation, place.ahead, "waiting in line");
        }
        let head = timeout_at(deadline, self.head.lock()).await;
        let Ok(_head) = head else { return Err(lock(&self.gate).wait(Instant::now())) };
        loop {
            let now = Instant::now();
            let Err(wait) = lock(&self.gate).leave(now) else { return Ok(()) };
            fits(wait, now, deadline)?;
            tracing::debug!(openplat.operation = operation, ?wait, "waiting for a rate limit");
            sleep(wait).await;
        }
    }

    /// Returns `true` if the lane says no more than a new one would.
    pub(super) fn is_idle(&self) -> bool {
        self.length.load(Ordering::Relaxed) == 0 && lock(&self.gate).is_idle(Instant::now())
    }
}

fn fits(wait: Duration, now: Instant, deadline: Instant) -> Result<(), Duration> {
    let remaining = deadline.saturating_duration_since(now);
    if wait.is_zero() || wait < remaining { Ok(()) } else { Err(wait) }
}

/// The knowledge about when the next request may leave.
#[derive(Debug)]
struct Gate {
    /// The rates to keep.
    spacings: Vec<Spacing>,
    refusal: Option<Refusal>,
    meter: Meter,
}

/// The longest that one refusal holds back later requests: a platform that asks for more is asked
/// again after that time.
const LONGEST_HOLD: Duration = Duration::from_secs(5 * 60);
/// The rate, per second, that is taken as accepted if nothing was measured.
const UNMEASURED: f64 = 10.0;
/// The lowest rate, per second, that is taken as accepted: platforms that allow less say how long
/// to wait.
const SLOWEST: f64 = 1.0;
/// The time in which a rate doubles without another refusal: one that was halved is then what it was.
const DOUBLING: Duration = Duration::from_secs(3);
/// The time without another refusal after which the last one is forgotten.
const MEMORY: Duration = Duration::from_secs(60);

impl Gate {
    fn new(rates: impl IntoIterator<Item = Rate>, now: Instant) -> Self {
        let spacings = rates.into_iter().map(|rate| Spacing::new(rate, now)).collect();
        Self { spacings, refusal: None, meter: Meter::new(now) }
    }

    fn refused(
        &mut self,
        now: Instant,
        sent_at: Instant,
        asked_for: Option<Duration>,
        jitter: f64,
    ) -> Option<Duration> {
        self.forget(now);
        let wait = asked_for.filter(|wait| !wait.is_zero()).unwrap_or(SECOND).min(LONGEST_HOLD);
        match &mut self.refusal {
            // It left before the last refusal was known, so it does not show the rate since.
            Some(last) if sent_at < last.over => {
                last.over = last.over.max(now + wait + last.jitter);
                last.next = last.next.max(last.over);
                None
            }
            last => {
                let allowed = last.as_ref().map_or(UNMEASURED, |last| last.rate(now));
                let rate = self.meter.rate(now).unwrap_or(allowed).max(SLOWEST);
                let jitter = spread(wait).mul_f64(jitter);
                let over = now + wait + jitter;
                *last = Some(Refusal { over, jitter, rate, next: over });
                Some(wait + jitter)
            }
        }
    }

    /// Returns how long it will be before the request behind `ahead` others may leave, as far as
    /// that does not rest on a guess.
    fn known_wait(&self, now: Instant, ahead: u32) -> Duration {
        let blocked = self.refusal.as_ref().map(|refusal| refusal.over);
        let blocked = blocked.unwrap_or(now).saturating_duration_since(now);
        let spaced = self.spacings.iter().map(|spacing| spacing.wait(now, ahead));
        spaced.fold(blocked, Duration::max)
    }

    /// Returns how long it will be before the next request may leave.
    fn wait(&self, now: Instant) -> Duration {
        let slowed = self.refusal.as_ref().map(|refusal| refusal.next);
        let slowed = slowed.unwrap_or(now).saturating_duration_since(now);
        self.known_wait(now, 0).max(slowed)
    }

    /// Lets a request leave, or returns how long that is to be waited for.
    fn leave(&mut self, now: Instant) -> Result<(), Duration> {
        self.forget(now);
        let wait = self.wait(now);
        if !wait.is_zero() {
            return Err(wait);
        }
        self.spacings.iter_mut().for_each(|spacing| spacing.take(now));
        if let Some(refusal) = &mut self.refusal {
            refusal.take(now);
        }
        Ok(())
    }

    fn forget(&mut self, now: Instant) {
        self.refusal.take_if(|refusal| refusal.is_forgotten(now));
    }

    fn is_idle(&self, now: Instant) -> bool {
        self.refusal.as_ref().is_none_or(|refusal| refusal.is_forgotten(now))
            && self.spacings.iter().all(|spacing| spacing.next <= now)
    }
}

/// A documented rate, kept by the distance between requests.
#[derive(Debug)]
struct Spacing {
    interval: Duration,
    /// The time by which a request can leave before its regular moment.
    allowance: Duration,
    /// The regular moment of the next request.
    next: Instant,
}

/// The time by which a window is taken to be longer than documented, since requests do not arrive
/// in the rhythm in which they leave.
const UNEVENNESS: Duration = Duration::from_millis(50);

impl Spacing {
    /// With a burst of `b` and an interval of `window / (calls - b + 1)`, no stretch of time as
    /// long as the window holds more than `calls` requests, wherever it begins.
    fn new(rate: Rate, now: Instant) -> Self {
        let calls = rate.calls().max(1);
        let window = Duration::from_secs(rate.seconds().into()) + UNEVENNESS;
        // A second is soon over; there is no use in spreading a few requests over a minute.
        let burst = if rate.seconds() > 1 { (calls / 5).max(1) } else { 1 };
        let interval = window / (calls - burst + 1);
        Self { interval, allowance: interval * (burst - 1), next: now }
    }

    fn wait(&self, now: Instant, ahead: u32) -> Duration {
        let regular = self.next.saturating_duration_since(now);
        let regular = regular.saturating_add(self.interval.saturating_mul(ahead));
        regular.saturating_sub(self.allowance)
    }

    fn take(&mut self, now: Instant) {
        self.next = self.next.max(now) + self.interval;
    }
}

/// The last refusal, and the lower rate that follows it.
#[derive(Debug)]
struct Refusal {
    /// When requests may leave again.
    over: Instant,
    /// The part of the wait that no one asked for. One for all, or the longest of many would count.
    jitter: Duration,
    /// The rate, per second, that was accepted when more was refused.
    rate: f64,
    /// When the next request may leave.
    next: Instant,
}

impl Refusal {
    /// Returns the rate at which requests leave: half of what was accepted, and growing.
    fn rate(&self, now: Instant) -> f64 {
        let calm = now.saturating_duration_since(self.over);
        self.rate / 2.0 * calm.div_duration_f64(DOUBLING).exp2()
    }

    fn take(&mut self, now: Instant) {
        self.next = now + Duration::from_secs(1).div_f64(self.rate(now));
    }

    fn is_forgotten(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.over) >= MEMORY
    }
}

/// Counts the requests that were accepted in this second and in the one before.
#[derive(Debug)]
struct Meter {
    second: Instant,
    count: u32,
    before: u32,
}

impl Meter {
    fn new(now: Instant) -> Self {
        Self { second: now, count: 0, before: 0 }
    }

    fn count(&mut self, now: Instant) {
        self.turn(now);
        self.count += 1;
    }

    /// Returns the requests per second, if there were any lately.
    fn rate(&mut self, now: Instant) -> Option<f64> {
        self.turn(now);
        Some(self.count.max(self.before)).filter(|count| *count > 0).map(f64::from)
    }

    fn turn(&mut self, now: Instant) {
        let age = now.saturating_duration_since(self.second);
        if age >= SECOND {
            self.before = if age < 2 * SECOND { self.count } else { 0 };
            (self.second, self.count) = (now, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arbtest::arbitrary::{Result, Unstructured};
    use arbtest::arbtest;

    use super::*;

    const NO_JITTER: f64 = 0.0;

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Returns when each of `count` requests that come at once leaves, in seconds.
    fn departures(gate: &mut Gate, start: Instant, count: usize) -> Vec<f64> {
        let mut now = start;
        let leave = |_| {
            while let Err(wait) = gate.leave(now) {
                assert!(!wait.is_zero(), "a wait of nothing never ends");
                now += wait;
            }
            (now - start).as_secs_f64()
        };
        (0..count).map(leave).collect()
    }

    #[test]
    fn a_gate_that_knows_nothing_is_open() {
        let now = Instant::now();
        assert_eq!(departures(&mut Gate::new([], now), now, 100), [0.0; 100]);
    }

    #[test]
    fn rates_are_kept_wherever_their_windows_begin() {
        arbtest(|input| {
            let rates: Vec<Rate> = (0..input.int_in_range(1..=3)?)
                .map(|_| Ok(Rate::new(input.int_in_range(1..=40)?, input.int_in_range(1..=9)?)))
                .collect::<Result<_>>()?;
            let start = Instant::now();
            let (mut gate, mut now, mut sent) = (Gate::new(rates.clone(), start), start, vec![]);
            for _ in 0..200 {
                now += millis(if input.ratio(1, 4)? { input.int_in_range(0..=3000)? } else { 0 });
                while let Err(wait) = gate.leave(now) {
                    // The wait that is known beforehand is not shorter than the real one.
                    assert!(!wait.is_zero() && wait == gate.known_wait(now, 0));
                    now += wait;
                }
                sent.push(now);
            }
            for rate in rates {
                let window = Duration::from_secs(rate.seconds().into());
                for pair in sent.windows(rate.calls() as usize + 1) {
                    assert!(*pair.last().unwrap() - pair[0] >= window, "{rate:?}");
                }
            }
            Ok(())
        });
    }

    #[test]
    fn pacing_uses_most_of_a_rate() {
        for (rate, count, longest) in [
            (Rate::new(5, 1), 50, 10.5),
            (Rate::new(50, 1), 500, 10.5),
            (Rate::new(100, 60), 20, 0.0),
            (Rate::new(100, 60), 100, 60.0),
            (Rate::new(1, 1), 10, 9.5),
        ] {
            let now = Instant::now();
            let left = departures(&mut Gate::new([rate], now), now, count);
            assert!(*left.last().unwrap() <= longest, "{rate:?}: {left:?}");
        }
    }

    #[test]
    fn odd_rates_are_no_trap() {
        let now = Instant::now();
        for (calls, seconds) in [(0, 0), (0, 1), (u32::MAX, 0), (u32::MAX, u32::MAX), (1, u32::MAX)]
        {
            let mut gate = Gate::new([Rate::new(calls, seconds)], now);
            assert!(gate.leave(now).is_ok());
            let _ = (gate.leave(now), gate.known_wait(now, u32::MAX));
        }
    }

    #[test]
    fn a_refusal_holds_back_and_halves_the_rate() {
        let now = Instant::now();
        let mut gate = Gate::new([], now);
        (0..8).for_each(|_| gate.meter.count(now));
        assert_eq!(gate.refused(now, now, None, 0.3), Some(millis(1300)));
        assert_eq!(gate.known_wait(now, 0), millis(1300));
        // Others that were under way ask for no further slowdown, but may ask for a longer wait.
        assert_eq!(gate.refused(now, now, Some(millis(1500)), 0.9), None);
        let left = departures(&mut gate, now, 60);
        assert_eq!(left[0], 1.8);
        let first_second = left.iter().filter(|at| **at < 2.8).count();
        assert!((4..=5).contains(&first_second), "{left:?}");
        // It takes three seconds to be as fast as before.
        let later = left.iter().filter(|at| (4.3..5.3).contains(*at)).count();
        assert!((7..=9).contains(&later), "{left:?}");
        // It is forgotten when nothing was refused for a minute.
        let later = now + millis(62_000);
        assert_eq!(departures(&mut gate, later, 100), [0.0; 100]);
        assert!(gate.is_idle(later));
    }

    #[test]
    fn refusals_in_a_row_do_not_stop_a_lane() {
        let (mut gate, mut now) = (Gate::new([], Instant::now()), Instant::now());
        for _ in 0..100 {
            now += Duration::from_secs_f64(departures(&mut gate, now, 1)[0]);
            gate.refused(now, now, None, NO_JITTER);
        }
        let left = departures(&mut gate, now, 2);
        assert!(left[0] <= 1.0 && left[1] - left[0] <= 2.0, "{left:?}");
    }

    /// The first request that may leave shows the new rate already.
    #[test]
    fn each_refusal_halves_a_rate_that_was_not_measured() {
        for (refusals, pause) in [(1, 0.2), (2, 0.4), (3, 0.8), (4, 1.6), (5, 2.0), (6, 2.0)] {
            let mut over = Instant::now();
            let mut gate = Gate::new([], over);
            for _ in 0..refusals {
                assert_eq!(gate.refused(over, over, None, NO_JITTER), Some(SECOND));
                over += SECOND;
            }
            let left = departures(&mut gate, over, 2);
            assert!(left[0] == 0.0 && (left[1] - pause).abs() < 1e-6, "{left:?}");
        }
    }

    #[test]
    fn a_rate_is_measured_in_this_second_and_the_one_before() {
        let start = Instant::now();
        let counted = |times: &[u64]| {
            let mut meter = Meter::new(start);
            times.iter().for_each(|at| meter.count(start + millis(*at)));
            meter
        };
        assert_eq!(counted(&[]).rate(start), None);
        assert_eq!(counted(&[0, 500, 999]).rate(start + millis(999)), Some(3.0));
        assert_eq!(counted(&[0, 500, 1000]).rate(start + millis(1999)), Some(2.0));
        assert_eq!(counted(&[0, 1000, 1500]).rate(start + millis(1999)), Some(2.0));
        assert_eq!(counted(&[0]).rate(start + millis(1999)), Some(1.0));
        assert_eq!(counted(&[0]).rate(start + millis(2000)), None);
    }

    #[test]
    fn a_wait_fits_if_it_ends_before_the_deadline() {
        let now = Instant::now();
        assert_eq!(fits(millis(999), now, now + SECOND), Ok(()));
        for wait in [1000, 1001] {
            assert_eq!(fits(millis(wait), now, now + SECOND), Err(millis(wait)));
        }
        assert_eq!(fits(Duration::ZERO, now, now), Ok(()), "no wait fits always");
    }

    #[test]
    fn no_refusal_is_believed_for_longer_than_five_minutes() {
        let now = Instant::now();
        let mut gate = Gate::new([], now);
        gate.refused(now, now, Some(Duration::MAX), NO_JITTER);
        assert_eq!(gate.known_wait(now, 0), Duration::from_secs(300));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_does_not_fit_fails_at_once() {
        let lane = Lane::new([Rate::new(1, 1)]);
        let now = Instant::now();
        lane.pass("o", now + millis(10)).await.unwrap();
        let waits: Vec<_> = futures_util::future::join_all(
            (0..4).map(|_| async { (lane.pass("o", now + millis(2500)).await, now.elapsed()) }),
        )
        .await;
        let passed = waits.iter().filter(|(passed, _)| passed.is_ok()).count();
        assert_eq!(passed, 2);
        for (wait, elapsed) in waits.into_iter().filter(|(passed, _)| passed.is_err()) {
            assert_eq!((elapsed, wait.unwrap_err() > millis(2500)), (Duration::ZERO, true));
        }
        assert!(lane.length.load(Ordering::Relaxed) == 0);
    }

    #[derive(Debug, Clone)]
    struct Caller {
        arrives: Duration,
        patience: Duration,
        /// Gives up on its own, without having been told.
        cancels: Option<Duration>,
        is_refused: bool,
    }

    fn caller(input: &mut Unstructured<'_>) -> Result<Caller> {
        Ok(Caller {
            arrives: millis(input.int_in_range(0..=3000)?),
            patience: millis(input.int_in_range(0..=20_000)?),
            cancels: input
                .ratio(1, 3)?
                .then(|| Ok(millis(input.int_in_range(0..=5000)?)))
                .transpose()?,
            is_refused: input.ratio(1, 5)?,
        })
    }

    /// Every caller ends by its deadline; those who pass do so in the order they came; and whoever
    /// gives up leaves no gap.
    #[test]
    fn no_wakeup_is_lost() {
        arbtest(|input| {
            let mut callers: Vec<Caller> = (0..30).map(|_| caller(input)).collect::<Result<_>>()?;
            callers.sort_by_key(|caller| caller.arrives);
            let rates = input.ratio(1, 2)?.then_some(Rate::new(5, 1));
            tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap()
                .block_on(check(&callers, rates));
            Ok(())
        });
    }

    async fn check(callers: &[Caller], rates: Option<Rate>) {
        let (lane, start) = (Lane::new(rates), Instant::now());
        let passed: Arc<Mutex<Vec<usize>>> = Arc::default();
        let calls = callers.iter().enumerate().map(|(index, caller)| {
            let (lane, passed) = (&lane, passed.clone());
            async move {
                sleep(caller.arrives).await;
                let deadline = Instant::now() + caller.patience;
                let pass = lane.pass("o", deadline);
                let patience = caller.cancels.unwrap_or(Duration::MAX);
                let Ok(result) = tokio::time::timeout(patience, pass).await else { return };
                assert!(Instant::now() <= deadline + millis(1));
                if result.is_ok() {
                    lock(&passed).push(index);
                    let sent_at = Instant::now();
                    sleep(millis(50)).await;
                    if caller.is_refused {
                        lane.refused(sent_at, None);
                    }
                }
            }
        });
        futures_util::future::join_all(calls).await;
        assert!(start.elapsed() < Duration::from_secs(24));
        assert!(lock(&passed).is_sorted(), "{passed:?}");
        assert_eq!(lane.length.load(Ordering::Relaxed), 0);
        lane.pass("o", Instant::now() + Duration::from_secs(60)).await.unwrap();
    }
}
