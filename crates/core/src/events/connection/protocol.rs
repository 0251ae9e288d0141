//! The seam between the driver, which has sockets and clocks, and the protocols of the platforms,
//! which have neither.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;
use tokio_websockets::Message;

use crate::base::Secret;
use crate::error::{Error, ErrorKind};
use crate::events::{Answer, RawEvent};
use crate::vendor::App;

/// One platform's side of a long connection. Knows what was said, does no I/O, and reads no clock.
///
/// One value serves all connections that follow one another. None of its errors quotes what a
/// platform sent, except as an [`ApiError`](crate::ApiError), which the driver masks.
#[doc(hidden)]
pub trait Protocol: Send + 'static {
    /// Returns the request for the URL of a new connection.
    fn open(&mut self, app: &App) -> Open;

    /// Reads the URL from the data of the response, within the platform's envelope. Whatever the
    /// connection before has left behind is forgotten.
    fn opened(&mut self, data: &[u8]) -> Result<Secret, Error>;

    /// Judges an error of that request: no response, or one that stands for an error. `base_url` is
    /// where the request went.
    fn not_opened(&self, error: Error, _base_url: &str) -> Unopened {
        Unopened::by_kind(error)
    }

    /// Judges a response to the handshake of the WebSocket that is not 101. `error` is what its
    /// status says.
    fn refused(&self, _headers: &HeaderMap, error: Error) -> Unopened {
        Unopened::by_kind(error)
    }

    /// Returns what keeps the connection alive: sent once it is open, and then at each interval.
    fn ping(&self) -> Message;

    /// Returns the interval of pings. Asked after each message, so that it may change.
    fn ping_interval(&self) -> Duration;

    /// Returns how long nothing at all may arrive before the connection counts as dead.
    fn longest_silence(&self) -> Duration;

    /// Takes a message, which is text or binary.
    fn receive(&mut self, message: Message, now: Instant) -> Vec<Output>;

    /// Returns the time at which [`expire`](Self::expire) has something to do.
    fn due(&self) -> Option<Instant> {
        None
    }

    /// Gives up what has been waited for too long.
    fn expire(&mut self, _now: Instant) {}

    /// Returns the wait before the `attempt`th try in a row to connect again, which is 1 after a
    /// connection that worked. `None` if there shall be no further one.
    fn pause(&self, attempt: u32) -> Option<Duration>;
}

/// The request for the URL of a connection: a POST that carries the app's credentials, and no
/// token.
#[doc(hidden)]
pub struct Open {
    pub(super) path: &'static str,
    /// In addition to `content-type: application/json`.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Bytes,
}

/// The consequence of a message.
#[doc(hidden)]
pub enum Output {
    Send(Message),
    Deliver(RawEvent, Receipt),
    /// The platform wants another connection instead of this one: at once, and while handlers of
    /// its events still run.
    Renew,
}

/// The way in which the platform is told what became of an event.
#[doc(hidden)]
pub struct Receipt(Box<Write>);

type Write = dyn FnOnce(Verdict, Duration) -> Message + Send + Sync;

/// The end of an event.
#[derive(Debug)]
pub(crate) enum Verdict {
    Handled(Answer),
    Failed,
}

impl Receipt {
    /// Creates a receipt from a function of the end of an event, and of the time that it took.
    pub(super) fn new(
        write: impl FnOnce(Verdict, Duration) -> Message + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(write))
    }

    pub(crate) fn write(self, verdict: Verdict, elapsed: Duration) -> Message {
        (self.0)(verdict, elapsed)
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receipt")
    }
}

/// A connection that was not made.
#[doc(hidden)]
#[derive(Debug)]
pub enum Unopened {
    /// Passes without help.
    Passing(Error),
    /// Passes sometimes: fatal if it comes several times in a row.
    Stubborn(Error),
    /// Stays until someone changes something.
    Fatal(Error),
}

impl Unopened {
    /// Judges an error by its status and its kind, for what no platform has a code for.
    pub(super) fn by_kind(error: Error) -> Self {
        let status = error.api().map_or(0, |api| api.status());
        match error.kind() {
            ErrorKind::Throttled | ErrorKind::Unavailable => Self::Passing(error),
            ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Transfer => Self::Passing(error),
            // A portal of the network's, or a server that is being set up.
            _ if status > 0 => Self::Stubborn(error),
            ErrorKind::Decode | ErrorKind::LimitExceeded => Self::Stubborn(error),
            _ => Self::Fatal(error),
        }
    }

    pub(super) fn map(self, change: impl FnOnce(Error) -> Error) -> Self {
        match self {
            Self::Passing(error) => Self::Passing(change(error)),
            Self::Stubborn(error) => Self::Stubborn(change(error)),
            Self::Fatal(error) => Self::Fatal(change(error)),
        }
    }
}
