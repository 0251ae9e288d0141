use std::time::{Duration, SystemTime};

/// A time that no call takes. Clocks do not reach as far as durations.
pub(crate) const FOREVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The clock that decides whether a token has expired.
///
/// Wall-clock time, because an expiry outlives the process that learned it once tokens are shared
/// through a [`TokenStore`](crate::TokenStore).
pub trait Clock: Send + Sync + 'static {
    /// Returns the current time.
    fn now(&self) -> SystemTime;
}

impl<T: Clock + ?Sized> Clock for std::sync::Arc<T> {
    fn now(&self) -> SystemTime {
        (**self).now()
    }
}

/// The operating system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}
