//! Errors: which of them pass, and how long to wait until then.

use std::time::Duration;

use openplat_core::{Error, ErrorKind};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::ErrorCode;

/// The longest of the growing pauses between failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// The longest pause that the platform can ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(60);
/// The number of times a request is sent after the text has ended, if its failures pass.
const LAST_ATTEMPTS: u32 = 6;

/// The meaning of an error for what is sent after it.
#[derive(PartialEq)]
pub(super) enum Verdict {
    /// The same may be accepted later.
    Passing,
    /// The number or the key of the update was used before. The next attempt has others.
    Stale,
    /// The streaming mode is off.
    Closed,
    Refused,
}

impl Verdict {
    pub(super) fn of(error: &Error) -> Self {
        use ErrorCode::{
            ElementStreamingTimedOut, SequenceNotRising, StreamingClosed, StreamingTimedOut,
            UuidConflict,
        };
        match error.code() {
            Some(StreamingClosed | StreamingTimedOut | ElementStreamingTimedOut) => Self::Closed,
            Some(SequenceNotRising | UuidConflict) => Self::Stale,
            // A proxy may respond with a page of its own.
            _ if error.is_retryable() || error.kind() == ErrorKind::Decode => Self::Passing,
            _ => Self::Refused,
        }
    }
}

/// The pauses between failures that follow each other: 1 second, then twice as long each time, or
/// what the platform asks for, within limits: an end that waits for hours is no end.
#[derive(Default)]
pub(super) struct Pause(Duration);

impl Pause {
    pub(super) fn next(&mut self, error: &Error) -> Duration {
        self.0 = (self.0 * 2).clamp(Duration::from_secs(1), LONGEST_PAUSE);
        let asked = error.api().and_then(|api| api.retry_after()).unwrap_or_default();
        self.0.max(asked.min(LONGEST_ASKED))
    }
}

/// The retries of one request: without end as long as the text continues, since nothing after the
/// request could be sent either, and some more after its end.
pub(super) struct Retry<'a> {
    text: &'a watch::Receiver<String>,
    pause: Pause,
    left: u32,
}

impl<'a> Retry<'a> {
    pub(super) fn new(text: &'a watch::Receiver<String>) -> Self {
        Self { text, pause: Pause::default(), left: LAST_ATTEMPTS }
    }

    /// Waits, then returns `true` if the failed request is to be retried.
    pub(super) async fn after(&mut self, error: &Error) -> bool {
        if !matches!(Verdict::of(error), Verdict::Passing | Verdict::Stale) {
            return false;
        }
        let has_ended = self.text.has_changed().is_err();
        self.left = self.left.saturating_sub(has_ended.into());
        if self.left > 0 {
            sleep(self.pause.next(error)).await;
        }
        self.left > 0
    }
}
