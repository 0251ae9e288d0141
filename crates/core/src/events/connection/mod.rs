//! Events over a connection that this side opens: no public address is needed.
//!
//! ```no_run
//! use openplat_core::events::connection::{LongConnected, LongConnection};
//! use openplat_core::events::{Listener, RawEvent};
//! use openplat_core::{Client, Error};
//!
//! # async fn example<V: LongConnected>(client: Client<V>) -> Result<(), Error> {
//! let listener = Listener::new(|event: RawEvent| async move {
//!     println!("{}", event.event_type());
//!     Ok::<_, Error>(())
//! });
//! LongConnection::new(&client).connect().run(listener).await
//! # }
//! ```
//!
//! A connection that is lost is opened again, with a pause whose length the platform decides. One
//! that has died without a word is noticed by its silence, and so is a sleep of the machine.
//! A fault that only a person can fix, such as an app that is not published, is an error.
//!
//! Each event goes to one of the app's connections: two processes share the work. An event
//! that is not acknowledged in time is delivered again, perhaps to another process.

mod control;
mod delivery;
#[cfg(feature = "dingtalk")]
mod dingtalk;
mod driver;
mod endpoint;
#[cfg(feature = "feishu")]
mod feishu;
#[cfg(feature = "feishu")]
mod fragments;
#[cfg(feature = "feishu")]
mod frame;
mod line;
mod protocol;
mod session;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::Listener;
use crate::base::catch_panic;
use crate::channel::Channel;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::vendor::Vendor;
use control::publish;
use driver::Driver;
pub(crate) use protocol::Protocol;
use session::Outlet;

pub use control::{Control, State};
pub use delivery::{Delivery, NotSent};
#[cfg(all(any(test, fuzzing), feature = "feishu"))]
pub(crate) use {
    feishu::FeishuProtocol,
    frame::Frame,
    protocol::{Output, Verdict},
};

/// A platform that delivers events over a long connection.
pub trait LongConnected: Vendor {
    /// The options of the platform, and its protocol.
    #[doc(hidden)]
    type Protocol: Protocol + Default;
}

/// Sets up a long connection of an app.
#[must_use = "nothing is connected until `connect` is called"]
pub struct LongConnection<V: LongConnected> {
    channel: Arc<Channel>,
    protocol: V::Protocol,
    max_running: u32,
    drain: Duration,
}

impl<V: LongConnected> LongConnection<V> {
    /// Starts a connection of the client's app. It takes the client's way: its transport and layers,
    /// its proxy, TLS and base URL.
    pub fn new(client: &Client<V>) -> Self {
        Self {
            channel: client.channel().clone(),
            protocol: V::Protocol::default(),
            max_running: 100,
            drain: Duration::from_secs(10),
        }
    }

    /// Sets the most events that are handled at a time, from 1. Defaults to 100. What arrives
    /// beyond that is not acknowledged, so that the platform delivers it again, later or to another
    /// process.
    pub fn max_running(mut self, events: usize) -> Self {
        self.max_running = u32::try_from(events).unwrap_or(u32::MAX).clamp(1, MOST_RUNNING);
        self
    }

    /// Sets how long handlers that run may take to finish after [`Control::shutdown`], or after an
    /// error that ends the connection. Defaults to 10 seconds.
    pub fn drain(mut self, limit: Duration) -> Self {
        self.drain = limit.min(crate::base::FOREVER);
        self
    }

    /// Opens the connection, in a task on the current tokio runtime. The task ends when the
    /// [`Connection`] is dropped.
    pub fn connect(self) -> Connection {
        let (deliveries, queue) = mpsc::unbounded_channel();
        let (state, states) = watch::channel(State::Connecting);
        let (stop, stopped) = watch::channel(false);
        let (state, stop) = (Arc::new(state), Arc::new(stop));
        let mut driver = Driver {
            channel: self.channel,
            protocol: Box::new(self.protocol),
            outlet: Outlet::new(deliveries, self.max_running),
            drain: self.drain,
            state: state.clone(),
            stop: stopped,
            drain_until: None,
            retired: JoinSet::new(),
        };
        let published = state.clone();
        let drive = async move {
            let ended = catch_panic(driver.drive()).await;
            let ended = ended.unwrap_or_else(|panicked| Err(panicked.into()));
            publish(&published, State::Closed { error: ended.as_ref().err().cloned() });
            ended
        };
        let task = match Handle::try_current() {
            Ok(runtime) => Task::Running(runtime.spawn(drive)),
            Err(_) => {
                let error = Error::new(ErrorKind::Configuration)
                    .with_detail("there is no tokio runtime; call `connect` within one");
                publish(&state, State::Closed { error: Some(error.clone()) });
                Task::Ended(Some(error))
            }
        };
        Connection { queue, task, state, control: Control::new(states, stop) }
    }
}

/// More than anyone can run.
const MOST_RUNNING: u32 = 1 << 20;

impl<V: LongConnected> fmt::Debug for LongConnection<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LongConnection")
            .field("app_id", &self.channel.app.id)
            .field("max_running", &self.max_running)
            .field("drain", &self.drain)
            .finish_non_exhaustive()
    }
}

/// A long connection: a [`Stream`] of the events that arrive, over as many connections as it takes.
///
/// The stream ends after [`Control::shutdown`], or with an error that no retry can help. Pings and
/// acknowledgments are sent while no one polls the stream. Dropped, it closes the connection at
/// once; what was not acknowledged then is delivered again.
#[must_use = "the connection is closed when it is dropped"]
pub struct Connection {
    queue: mpsc::UnboundedReceiver<Delivery>,
    task: Task,
    state: Arc<watch::Sender<State>>,
    control: Control,
}

enum Task {
    Running(JoinHandle<Result<(), Error>>),
    /// The error is still to be told.
    Ended(Option<Error>),
}

impl Connection {
    /// Returns a handle that watches the connection, and ends it.
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Waits for the next event, for programs that have no use for a [`Stream`].
    pub async fn next(&mut self) -> Option<Result<Delivery, Error>> {
        StreamExt::next(self).await
    }

    /// Handles events until the connection ends, each in a task of its own, and acknowledges those
    /// that were handled. If the returned future is dropped, the handlers that run are as well.
    ///
    /// # Errors
    ///
    /// The error that ended the connection, if it was not [`Control::shutdown`].
    pub async fn run(mut self, listener: Listener) -> Result<(), Error> {
        let mut running = JoinSet::new();
        while let Some(delivery) = self.next().await {
            let (delivery, listener) = (delivery?, listener.clone());
            running.spawn(async move { delivery.hear(&listener).await });
            while running.try_join_next().is_some() {}
        }
        Ok(())
    }

    fn poll_task(&mut self, context: &mut Context<'_>) -> Poll<Option<Error>> {
        let error = match &mut self.task {
            Task::Ended(error) => error.take(),
            Task::Running(task) => match ready!(Pin::new(task).poll(context)) {
                Ok(ended) => ended.err(),
                Err(_) => Some(Error::new(ErrorKind::Transfer).with_detail(
                    "the runtime on which the connection was opened has been shut down",
                )),
            },
        };
        self.task = Task::Ended(None);
        publish(&self.state, State::Closed { error: error.clone() });
        Poll::Ready(error)
    }
}

impl Stream for Connection {
    type Item = Result<Delivery, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while let Some(delivery) = ready!(self.queue.poll_recv(context)) {
            // Nothing new is begun.
            if !self.control.is_stopping() {
                return Poll::Ready(Some(Ok(delivery)));
            }
        }
        Poll::Ready(ready!(self.poll_task(context)).map(Err))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Task::Running(task) = &self.task {
            task.abort();
        }
        publish(&self.state, State::Closed { error: None });
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("state", &*self.state.borrow()).finish_non_exhaustive()
    }
}
