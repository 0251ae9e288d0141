//! The state of a connection, and its end.

use std::fmt;
use std::mem::discriminant;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::error::Error;

/// The state of a [`Connection`](super::Connection).
#[derive(Clone)]
#[non_exhaustive]
pub enum State {
    /// The connection is being opened.
    Connecting,
    /// Events can arrive.
    Connected,
    /// The connection was lost, or could not be opened.
    #[non_exhaustive]
    Waiting {
        /// The time of the next try.
        until: Instant,
        /// The reason.
        error: Error,
    },
    /// Nothing more is delivered, and handlers that run may finish.
    Draining,
    /// The connection has ended.
    #[non_exhaustive]
    Closed {
        /// The reason, unless the program wanted it.
        error: Option<Error>,
    },
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connecting => f.write_str("Connecting"),
            Self::Connected => f.write_str("Connected"),
            // An `Instant` shows nothing that a reader could use.
            Self::Waiting { until, error } => f
                .debug_struct("Waiting")
                .field("left", &until.saturating_duration_since(Instant::now()))
                .field("error", error)
                .finish(),
            Self::Draining => f.write_str("Draining"),
            Self::Closed { error } => f.debug_struct("Closed").field("error", error).finish(),
        }
    }
}

/// Publishes the state of the connection. `Closed` is final.
pub(super) fn publish(states: &watch::Sender<State>, news: State) {
    states.send_if_modified(|state| {
        let is_new = discriminant(state) != discriminant(&news);
        let changes = is_new && !matches!(state, State::Closed { .. });
        if changes {
            *state = news;
        }
        changes
    });
}

/// Watches a [`Connection`](super::Connection), and ends it. Cheap to clone.
#[derive(Clone)]
pub struct Control {
    state: watch::Receiver<State>,
    stop: Arc<watch::Sender<bool>>,
    has_seen_the_end: bool,
}

impl Control {
    pub(super) fn new(state: watch::Receiver<State>, stop: Arc<watch::Sender<bool>>) -> Self {
        Self { state, stop, has_seen_the_end: false }
    }

    /// Returns the current state.
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Waits until the state is another than the one last seen here, and returns it. States that
    /// last for a moment can be missed; the end cannot. `None` after [`State::Closed`].
    pub async fn changed(&mut self) -> Option<State> {
        if self.has_seen_the_end {
            return None;
        }
        // A sender that is gone has said `Closed` before.
        let _ = self.state.changed().await;
        let state = self.state.borrow_and_update().clone();
        self.has_seen_the_end = matches!(state, State::Closed { .. });
        Some(state)
    }

    pub(super) fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Ends the connection gracefully. Nothing more is delivered, and what arrives is left to be
    /// delivered again. Handlers that run may finish within the time of
    /// [`drain`](super::LongConnection::drain) and be acknowledged; then the connection is closed,
    /// and its stream ends.
    pub fn shutdown(&self) {
        self.stop.send_replace(true);
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("state", &self.state()).finish_non_exhaustive()
    }
}
