//! The typed events of an API.

use std::fmt;
use std::ops::Deref;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::{Answer, Callback};
use super::event::{EventHeader, EventSchema, RawEvent};
use crate::codec::{DecodeError, Read, Warning};

/// All events of one API, as the vendor crates generate them, or [`RawEvent`] for those of any API.
pub trait EventSet: Sized + Send + 'static {
    /// Reads an event. One that the API does not know, or that cannot be read, is a value as well.
    fn read(event: RawEvent) -> Self;

    /// Returns the part of the event that is the same in each repetition: the ID of the event, unless
    /// the vendor documents another one.
    fn dedupe(event: &RawEvent) -> Option<String> {
        event.header().id.clone()
    }
}

impl EventSet for RawEvent {
    fn read(event: RawEvent) -> Self {
        event
    }
}

/// The facts about one type of event that are known before one comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventMeta {
    /// The form in which it comes.
    pub schema: EventSchema,
    /// The type on the wire.
    pub event_type: &'static str,
    /// The JSON pointer to the part of the data that is the same in each repetition, if that is not
    /// the ID of the event.
    pub dedupe: Option<&'static str>,
}

impl EventMeta {
    #[doc(hidden)]
    pub const fn new(
        schema: EventSchema,
        event_type: &'static str,
        dedupe: Option<&'static str>,
    ) -> Self {
        Self { schema, event_type, dedupe }
    }

    fn is_of(&self, event: &RawEvent) -> bool {
        self.schema == event.header().schema && self.event_type == event.event_type()
    }
}

/// An event that was read: its header, and its data, which it dereferences to.
///
/// `Debug` shows the header alone.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Received<T> {
    /// The header.
    pub header: EventHeader,
    /// The data.
    pub event: T,
    /// The parts of the data that were left out, or repaired; usually empty.
    pub warnings: Vec<Warning>,
}

impl<T> Received<T> {
    /// Creates an event for a test of a handler.
    pub fn new(header: EventHeader, event: T) -> Self {
        Self { header, event, warnings: Vec::new() }
    }
}

impl<T: Callback> Received<T> {
    /// Returns the answer to this callback.
    pub fn answer(&self, answer: impl Into<T::Answer>) -> Answer {
        Answer::json(&answer.into())
    }
}

impl<T> Deref for Received<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.event
    }
}

impl<T> fmt::Debug for Received<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("header", &self.header)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// An event of a known type that could not be read.
#[derive(Debug, Clone)]
pub struct Unreadable {
    raw: RawEvent,
    error: DecodeError,
}

impl Unreadable {
    /// Returns the event as it came.
    pub fn raw(&self) -> &RawEvent {
        &self.raw
    }

    /// Returns the reason, which never quotes the event.
    pub fn error(&self) -> &DecodeError {
        &self.error
    }
}

/// Reads the data of an event of a known type.
#[doc(hidden)]
pub fn read<T: DeserializeOwned>(event: RawEvent) -> Result<Box<Received<T>>, Box<Unreadable>> {
    match event.read() {
        Ok(Read { value, warnings }) => {
            if !warnings.is_empty() {
                warn(&event, &warnings);
            }
            let (header, _) = event.into_parts();
            Ok(Box::new(Received { header, event: value, warnings }))
        }
        Err(error) => {
            tracing::warn!(
                openplat.event = event.event_type(),
                id = event.header().id,
                %error,
                "an event of a known type could not be read"
            );
            Err(Box::new(Unreadable { raw: event, error }))
        }
    }
}

/// No value of the event is in a warning, so that it can be logged.
#[cold]
fn warn(event: &RawEvent, warnings: &[Warning]) {
    let warnings: Vec<_> = warnings.iter().map(Warning::to_string).collect();
    tracing::warn!(
        openplat.event = event.event_type(),
        id = event.header().id,
        warnings = warnings.join("; "),
        "parts of the event could not be read as they are"
    );
}

/// Returns the part of an event that is the same in each repetition, by the entry for its type.
#[doc(hidden)]
pub fn dedupe(known: &[EventMeta], event: &RawEvent) -> Option<String> {
    let meta = known.iter().find(|meta| meta.is_of(event));
    let named = meta.and_then(|meta| value_at(event, meta.dedupe?));
    named.or_else(|| event.header().id.clone())
}

fn value_at(event: &RawEvent, pointer: &str) -> Option<String> {
    let data: Value = event.read().ok()?.value;
    match data.pointer(pointer)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Declares the events of an API: one variant a type, and two for what is not known or cannot be
/// read.
///
/// ```
/// use openplat_core::events::{EventHeader, EventSchema, EventSet, RawEvent};
///
/// #[derive(Clone, PartialEq, serde::Deserialize)]
/// pub struct Moored {
///     pub berth: String,
/// }
///
/// openplat_core::events! {
///     /// The events of a harbor.
///     pub enum Event {
///         /// A ship has moored.
///         Moored(Moored) = V2 "harbor.moored_v1", by "/berth";
///     }
/// }
///
/// let header = EventHeader::new(EventSchema::V2, "harbor.moored_v1");
/// let raw = RawEvent::new(header, r#"{"berth":"B7"}"#);
/// assert_eq!(Event::dedupe(&raw).as_deref(), Some("B7"));
/// let Event::Moored(moored) = Event::read(raw) else { panic!() };
/// assert_eq!(moored.berth, "B7");
/// ```
#[macro_export]
macro_rules! events {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $(
                $(#[$variant_meta:meta])*
                $variant:ident($data:ty) = $schema:ident $type:literal $(, by $dedupe:literal)?;
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone)]
        #[non_exhaustive]
        pub enum $name {
            $(
                $(#[$variant_meta])*
                $variant(::std::boxed::Box<$crate::events::Received<$data>>),
            )*
            /// An event of a type that was not documented when this crate was generated.
            Unknown($crate::events::RawEvent),
            /// An event of a documented type that could not be read.
            Unreadable(::std::boxed::Box<$crate::events::Unreadable>),
        }

        impl $name {
            /// The documented types of events.
            pub const KNOWN: &'static [$crate::events::EventMeta] = &[$(
                $crate::events::EventMeta::new(
                    $crate::events::EventSchema::$schema,
                    $type,
                    $crate::events!(@dedupe $($dedupe)?),
                ),
            )*];

            /// Returns the header of the event.
            pub fn header(&self) -> &$crate::events::EventHeader {
                match self {
                    $( Self::$variant(event) => &event.header, )*
                    Self::Unknown(event) => event.header(),
                    Self::Unreadable(event) => event.raw().header(),
                }
            }
        }

        impl $crate::events::EventSet for $name {
            fn read(event: $crate::events::RawEvent) -> Self {
                match (event.header().schema, event.event_type()) {
                    $(
                        ($crate::events::EventSchema::$schema, $type) => {
                            $crate::__private::read_event(event)
                                .map_or_else(Self::Unreadable, Self::$variant)
                        }
                    )*
                    _ => Self::Unknown(event),
                }
            }

            fn dedupe(
                event: &$crate::events::RawEvent,
            ) -> ::core::option::Option<::std::string::String> {
                $crate::__private::dedupe_event(Self::KNOWN, event)
            }
        }

        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self {
                    $(
                        Self::$variant(event) => {
                            f.debug_tuple(stringify!($variant)).field(event).finish()
                        }
                    )*
                    Self::Unknown(event) => f.debug_tuple("Unknown").field(event).finish(),
                    Self::Unreadable(event) => f.debug_tuple("Unreadable").field(event).finish(),
                }
            }
        }
    };
    (@dedupe) => { ::core::option::Option::None };
    (@dedupe $dedupe:literal) => { ::core::option::Option::Some($dedupe) };
}
