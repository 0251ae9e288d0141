//! An event as it came, before anything of an API is known.

use std::fmt;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::codec::{self, DecodeError, Read, Strictness};

/// The form in which an event came, which says where its type and its ID are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventSchema {
    /// Feishu's schema 2.0, of events and callbacks.
    #[default]
    V2,
    /// Feishu's schema 1.0, of older events.
    V1,
    /// Feishu's older callback of cards, which has no envelope.
    Card,
    /// An event of DingTalk's stream mode.
    DingTalkEvent,
    /// A callback of DingTalk's stream mode: a message to a robot, or a click on a card.
    DingTalkCallback,
    /// An event that DingTalk pushed over HTTP.
    DingTalkHttp,
}

impl EventSchema {
    /// Returns the name of the platform, for keys that several apps share.
    pub(super) fn platform(self) -> &'static str {
        match self {
            Self::V2 | Self::V1 | Self::Card => "feishu",
            Self::DingTalkEvent | Self::DingTalkCallback | Self::DingTalkHttp => "dingtalk",
        }
    }
}

/// The facts about an event, without its data. Holds no secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventHeader {
    /// The ID of the event, the same in each repetition. Some callbacks have none. An event that
    /// DingTalk pushes over HTTP has none on the wire: its ID here is `sha256:` and the digest of its
    /// data.
    pub id: Option<String>,
    /// The type, such as `im.message.receive_v1`; for a callback of DingTalk's, the topic.
    pub event_type: String,
    /// The form of the event.
    pub schema: EventSchema,
    /// The time at which the event was created, as on the wire: milliseconds, microseconds or, in
    /// schema 1.0, seconds with a fraction, since the Unix epoch.
    pub create_time: Option<String>,
    /// The ID of the app that the event is for.
    pub app_id: Option<String>,
    /// The tenant that the event happened in: Feishu's tenant key, DingTalk's corp ID.
    pub tenant_key: Option<String>,
}

impl EventHeader {
    /// Creates a header with a form and a type, for an event of a test's own.
    pub fn new(schema: EventSchema, event_type: impl Into<String>) -> Self {
        Self { schema, event_type: event_type.into(), ..Self::default() }
    }
}

/// An event as it came: its header, and its data as JSON text.
///
/// `Debug` shows the header and the size of the data, which may be someone's message.
#[derive(Clone)]
pub struct RawEvent {
    header: EventHeader,
    data: Bytes,
}

impl RawEvent {
    /// Creates an event.
    pub fn new(header: EventHeader, data: impl Into<Bytes>) -> Self {
        Self { header, data: data.into() }
    }

    /// Returns the header.
    pub fn header(&self) -> &EventHeader {
        &self.header
    }

    /// Returns the type of the event.
    pub fn event_type(&self) -> &str {
        &self.header.event_type
    }

    /// Returns the data as JSON text. For Feishu, this is the member `event`, or the whole body of an
    /// older card callback. For DingTalk's stream mode, it is the member `data`, and for an event that
    /// DingTalk pushed over HTTP, the whole message, decrypted.
    pub fn data(&self) -> &Bytes {
        &self.data
    }

    /// Reads the data as a type of the caller's, by the rules for responses: scalars are read from
    /// one another, and a value that does not fit is left out with a warning.
    ///
    /// # Errors
    ///
    /// Fails if the data is not JSON, or lacks a value that `T` cannot exist without.
    pub fn read<T: DeserializeOwned>(&self) -> Result<Read<T>, DecodeError> {
        codec::read(&self.data, Strictness::Lenient)
    }

    pub(super) fn into_parts(self) -> (EventHeader, Bytes) {
        (self.header, self.data)
    }
}

impl fmt::Debug for RawEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawEvent")
            .field("header", &self.header)
            .field("bytes", &self.data.len())
            .finish()
    }
}
