//! One request, one response: what is sent, how bytes travel, and what came back.

mod attempt;
mod body;
#[cfg(feature = "reqwest")]
mod builtin;
mod exchange;
pub(crate) mod file;
pub(crate) mod net;
mod parts;
mod redirect;
mod reply;
mod server;
mod socket;
mod transport;
mod wait;

pub use attempt::Attempt;
pub use body::{Body, BodyError};
#[cfg(feature = "reqwest")]
pub use builtin::HttpTransport;
pub(crate) use exchange::{Exchange, Received};
pub use net::{BuildTransport, TransportBuilder, TransportOptions};
pub use parts::{BodyFields, FormFields, Parts};
pub(crate) use parts::{COMPONENT, Encoded, JSON, Payload};
pub(crate) use reply::{Reply, log_id};
pub(crate) use server::{server, without_brackets};
pub use socket::Socket;
pub use transport::{Transport, TransportError, Upgrade};
pub(crate) use wait::retry_after;
