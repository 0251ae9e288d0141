use std::time::Duration;

/// The time for which DingTalk bans an address.
pub(crate) const BAN: Duration = Duration::from_secs(5 * 60);

/// A limit on the requests of a route, as the vendor's gateway enforces it.
///
/// Requests are counted in windows: the first request opens a window, and when its time is over the
/// next request opens another. Requests above the limit get the vendor's refusal. For Feishu that is
/// code 99991400 with HTTP 429 and the headers `x-ogw-ratelimit-limit` and `x-ogw-ratelimit-reset`.
/// For DingTalk it is HTTP 403 with `Forbidden.AccessDenied.QpsLimitForApi`, or `QpmLimitForApi`
/// for a window of a minute or more. Requests whose token is refused are not counted.
#[derive(Debug, Clone, Copy)]
#[must_use = "a limit does nothing until a route has it"]
pub struct RateLimit {
    pub(crate) requests: u32,
    pub(crate) window: Duration,
    pub(crate) names_wait: bool,
    pub(crate) status: Option<u16>,
    ban_after: Option<u32>,
}

impl RateLimit {
    /// Creates a limit of `requests` per `window`.
    pub fn new(requests: u32, window: Duration) -> Self {
        Self { requests, window, names_wait: true, status: None, ban_after: None }
    }

    /// Leaves out the headers that say how long to wait.
    pub fn without_headers(mut self) -> Self {
        self.names_wait = false;
        self
    }

    /// Sets the HTTP status of a refusal. Older operations of Feishu use 400, others 200.
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Bans the client's address for five minutes after this many refusals in a window. Has an
    /// effect for DingTalk only. See [`MockPlatform::ban`](crate::MockPlatform::ban).
    pub fn ban_after(mut self, refusals: u32) -> Self {
        self.ban_after = Some(refusals);
        self
    }
}

/// The verdict of a limit on a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    Granted,
    /// The limit is lifted after this time.
    Refused(Duration),
    /// Refused so often that the address is banned. The limit is lifted after this time.
    Banned(Duration),
}

/// A limit and what it has counted.
pub(crate) struct Window {
    pub(crate) limit: RateLimit,
    /// Counts from the platform's start.
    ends_at: Duration,
    granted: u32,
    refused: u32,
}

impl Window {
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self { limit, ends_at: Duration::ZERO, granted: 0, refused: 0 }
    }

    pub(crate) fn admit(&mut self, now: Duration) -> Admission {
        if now >= self.ends_at {
            self.ends_at = now.saturating_add(self.limit.window);
            (self.granted, self.refused) = (0, 0);
        }
        if self.granted < self.limit.requests {
            self.granted += 1;
            return Admission::Granted;
        }
        self.refused = self.refused.saturating_add(1);
        let reset = self.ends_at.saturating_sub(now);
        match self.limit.ban_after {
            Some(refusals) if self.refused >= refusals => Admission::Banned(reset),
            _ => Admission::Refused(reset),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_window() {
        let ms = Duration::from_millis;
        let mut window = Window::new(RateLimit::new(2, ms(1000)).ban_after(3));
        let outcomes = [0, 10, 300, 999, 1000, 1001, 1500, 1600, 1700];
        let outcomes = outcomes.map(|at| window.admit(ms(at)));
        use Admission::{Banned, Granted, Refused};
        assert_eq!(
            outcomes,
            [
                Granted,
                Granted,
                Refused(ms(700)),
                Refused(ms(1)),
                Granted,
                Granted,
                Refused(ms(500)),
                Refused(ms(400)),
                Banned(ms(300)),
            ]
        );
    }
}
