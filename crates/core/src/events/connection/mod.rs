//! Events over a connection that this side opens: no public address is needed.

mod fragments;
mod frame;
mod protocol;

use crate::vendor::Vendor;
use protocol::Protocol;

/// A platform that delivers events over a long connection.
pub trait LongConnected: Vendor {
    /// The options of the platform, and its protocol.
    #[doc(hidden)]
    type Protocol: Protocol + Default;
}
