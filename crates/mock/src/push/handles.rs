//! The handles that a test holds.

use std::fmt;
use std::time::Duration;

use http::Method;
use serde_json::Value;

use super::ack::RecordedAck;
use super::hub::Delivery;
use crate::Shared;
use crate::dialect::MockedVendor;
use crate::pattern::Pattern;
use crate::recorded::{Endpoint, Recorded};
use crate::route::Route;

/// An event that was pushed over a long connection. See
/// [`MockPlatform::push`](crate::MockPlatform::push).
#[derive(Clone)]
pub struct Pushed {
    pub(crate) shared: Shared,
    pub(crate) index: usize,
}

impl Pushed {
    /// Waits for the first acknowledgment, of whichever code.
    pub async fn ack(&self) -> RecordedAck {
        self.shared.when(|| self.acks().into_iter().next()).await
    }

    /// Waits until an acknowledgment of success arrived in time, so that the event is not
    /// redelivered.
    pub async fn accepted(&self) {
        self.shared.when(|| self.is_accepted().then_some(())).await;
    }

    /// Returns the acknowledgments so far.
    pub fn acks(&self) -> Vec<RecordedAck> {
        let platform = self.shared.lock();
        let Some(delivery) = platform.hub.deliveries.get(self.index) else { return Vec::new() };
        let acks = delivery.acks.iter().filter_map(|index| platform.hub.acks.get(*index));
        acks.cloned().collect()
    }

    /// Returns whether an acknowledgment of success arrived in time. Feishu waits 3 seconds,
    /// DingTalk a minute.
    pub fn is_accepted(&self) -> bool {
        self.read(|delivery| delivery.is_accepted).unwrap_or_default()
    }

    /// Returns the connections that the event was sent to, by their indexes, one for each attempt.
    pub fn sent_to(&self) -> Vec<usize> {
        let attempts = |delivery: &Delivery| {
            delivery.attempts.iter().map(|attempt| attempt.connection).collect()
        };
        self.read(attempts).unwrap_or_default()
    }

    fn read<T>(&self, read: impl FnOnce(&Delivery) -> T) -> Option<T> {
        self.shared.lock().hub.deliveries.get(self.index).map(read)
    }
}

impl fmt::Debug for Pushed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pushed")
            .field("sent_to", &self.sent_to())
            .field("is_accepted", &self.is_accepted())
            .finish_non_exhaustive()
    }
}

/// The rules for long connections. See
/// [`MockPlatform::long_connection`](crate::MockPlatform::long_connection).
#[derive(Clone)]
pub struct LongConnectionPlan {
    pub(crate) shared: Shared,
}

impl LongConnectionPlan {
    /// Returns the route of the call that asks for an address. Its example is the address.
    ///
    /// ```
    /// # use openplat_core::Feishu;
    /// # use openplat_mock::{MockPlatform, Reply};
    /// # let mock = MockPlatform::in_process();
    /// let plan = mock.long_connection();
    /// // Busy twice, then unavailable once.
    /// plan.endpoint::<Feishu>().error("1").times(2).respond(Reply::new(503)).times(1);
    /// ```
    pub fn endpoint<V: MockedVendor>(&self) -> Route {
        self.route::<V>(Method::POST, V::DIALECT.endpoint())
    }

    /// Returns the route of the request that becomes the WebSocket. Its example is the WebSocket.
    ///
    /// ```
    /// # use openplat_core::Feishu;
    /// # use openplat_mock::{MockPlatform, Reply};
    /// # let mock = MockPlatform::in_process();
    /// let too_many = Reply::refuse_upgrade(514, "1000040350");
    /// mock.long_connection().upgrade::<Feishu>().respond(too_many).times(1);
    /// ```
    pub fn upgrade<V: MockedVendor>(&self) -> Route {
        self.route::<V>(Method::GET, V::DIALECT.upgrade_path())
    }

    fn route<V: MockedVendor>(&self, method: Method, path: &str) -> Route {
        let pattern = Pattern::new(method, path);
        let route = self.shared.lock().register(pattern, V::DIALECT, None, None);
        Route::new(self.shared.clone(), route)
    }

    /// Returns the requests for addresses and for WebSockets, in the order of their arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.lock().recorded.matching(|endpoint| endpoint == Endpoint::Connection)
    }

    /// Sets the `ClientConfig` that comes with Feishu's addresses. Defaults to the platform's: a
    /// ping every 120 seconds, a reconnect after up to 30 seconds and then every 120 seconds.
    pub fn client_config(&self, config: Value) -> &Self {
        self.shared.lock().hub.client_config = Some(config);
        self
    }

    /// Leaves out the `ClientConfig`.
    pub fn no_client_config(&self) -> &Self {
        self.shared.lock().hub.client_config = None;
        self
    }

    /// Sends this `ClientConfig` with each pong from now on. By default, pongs are empty.
    pub fn pong_config(&self, config: Value) -> &Self {
        self.shared.lock().hub.pong_config = Some(config);
        self
    }

    /// Sets how many connections of a Feishu app can be open at once. Defaults to 50.
    pub fn limit(&self, connections: usize) -> &Self {
        self.shared.lock().hub.limit = connections;
        self
    }

    /// Sets the seed for the choice of connections and for chaos. Defaults to 0.
    pub fn seed(&self, seed: u64) -> &Self {
        self.shared.lock().hub.random = fastrand::Rng::with_seed(seed);
        self
    }

    /// Makes connections fail at random, from the next one on: each gets a [`Fault`](super::Fault)
    /// after `every` on average, and about a third of the requests for addresses and WebSockets
    /// fail, but never with an error that is final. [`calm`](Self::calm) ends it.
    ///
    /// With a paused clock, the same seed gives the same faults.
    pub fn chaos(&self, seed: u64, every: Duration) -> &Self {
        self.seed(seed).shared.lock().hub.chaos = Some(every);
        self
    }

    /// Ends [`chaos`](Self::chaos). A connection that is silent stays silent.
    pub fn calm(&self) -> &Self {
        self.shared.lock().hub.calm();
        self
    }
}

impl fmt::Debug for LongConnectionPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LongConnectionPlan").finish_non_exhaustive()
    }
}
