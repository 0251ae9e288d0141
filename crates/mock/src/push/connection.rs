use std::fmt;
use std::time::Duration;

use tokio_websockets::Message;

use super::fault::Fault;
use super::hub::{Connection, Order};
use crate::Shared;

/// A long connection from the platform's side. See
/// [`MockPlatform::connections`](crate::MockPlatform::connections).
///
/// Points in time count from the platform's start, as those of
/// [`Recorded::received_at`](crate::Recorded::received_at) do.
#[derive(Clone)]
pub struct MockConnection {
    pub(crate) shared: Shared,
    pub(crate) index: usize,
}

impl MockConnection {
    /// Returns the index of the connection in the order in which connections were opened, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the app that the connection belongs to.
    pub fn app_id(&self) -> String {
        self.read(|connection| connection.peer.app_id.clone()).unwrap_or_default()
    }

    /// Returns the subscriptions of a DingTalk client, as types and topics. Empty for Feishu.
    pub fn subscriptions(&self) -> Vec<(String, String)> {
        self.read(|connection| connection.peer.subscriptions.clone()).unwrap_or_default()
    }

    /// Returns `true` until either side has ended the connection. A client that was left half open
    /// has to end it.
    pub fn is_open(&self) -> bool {
        self.read(Connection::is_open).unwrap_or_default()
    }

    /// Returns when the connection was opened.
    pub fn opened_at(&self) -> Duration {
        self.read(|connection| connection.opened_at).unwrap_or_default()
    }

    /// Returns when the connection ended.
    pub fn closed_at(&self) -> Option<Duration> {
        self.read(|connection| connection.closed_at).flatten()
    }

    /// Returns the last disturbance of the connection by the platform, and when it began.
    pub fn fault(&self) -> Option<(Fault, Duration)> {
        self.read(|connection| connection.fault).flatten()
    }

    /// Returns the WebSocket code with which the client closed the connection, or confirmed that
    /// the platform did.
    pub fn close_code(&self) -> Option<u16> {
        self.read(|connection| connection.close_code).flatten()
    }

    /// Returns how many pings arrived: Feishu's own, and those of WebSocket.
    pub fn pings(&self) -> usize {
        self.read(|connection| connection.pings).unwrap_or_default()
    }

    /// Returns descriptions of the messages that broke the rules of the protocol. A correct client
    /// causes none.
    pub fn violations(&self) -> Vec<String> {
        self.read(|connection| connection.violations.clone()).unwrap_or_default()
    }

    /// Closes the connection with a WebSocket code, such as 1001. A code that cannot be sent, such as
    /// 1005, is left out.
    pub fn close(&self, code: u16) {
        self.disturb(Fault::Close(code));
    }

    /// Resets the connection. Without a socket, it just ends.
    pub fn reset(&self) {
        self.disturb(Fault::Reset);
    }

    /// Leaves the connection half open: whatever either side sends is lost, and the client is told
    /// nothing.
    pub fn silence(&self) {
        self.disturb(Fault::Silence);
    }

    /// Stops reading for this long. Pushes still go out.
    pub fn stall(&self, time: Duration) {
        self.disturb(Fault::Stall(time));
    }

    /// Sends a text message of the test's own.
    pub fn send_text(&self, text: impl Into<String>) {
        self.send(Message::text(text.into()));
    }

    /// Sends a binary message of the test's own.
    pub fn send_binary(&self, bytes: impl Into<bytes::Bytes>) {
        self.send(Message::binary(bytes.into()));
    }

    /// Sends a WebSocket ping.
    pub fn ping(&self) {
        self.send(Message::ping(""));
    }

    fn send(&self, message: Message) {
        self.shared.lock().hub.order(self.index, Order::Send(vec![message]));
    }

    fn disturb(&self, fault: Fault) {
        let mut platform = self.shared.lock();
        let now = platform.now();
        platform.hub.disturb(self.index, fault, now);
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> T) -> Option<T> {
        self.shared.lock().hub.connections.get(self.index).map(read)
    }
}

impl fmt::Debug for MockConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockConnection")
            .field("index", &self.index)
            .field("is_open", &self.is_open())
            .finish_non_exhaustive()
    }
}
