use std::time::Duration;

/// A disturbance of a long connection by the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Fault {
    /// The connection is closed with this WebSocket code, or without one if it cannot be sent.
    Close(u16),
    /// The connection is reset, without a closing handshake.
    Reset,
    /// The connection is left half open: nothing arrives any more, in either direction.
    Silence,
    /// The platform stops reading for this long. Pushes still go out.
    Stall(Duration),
}

impl Fault {
    /// Draws any fault. A connection that is silent stays so until the client closes it.
    pub(super) fn random(random: &mut fastrand::Rng) -> Self {
        match random.u8(..5) {
            0 => Self::Close(1000),
            1 => Self::Close(1001),
            2 => Self::Reset,
            3 => Self::Silence,
            _ => Self::Stall(Duration::from_secs(random.u64(1..60))),
        }
    }

    pub(super) fn ends_connection(self) -> bool {
        matches!(self, Self::Close(_) | Self::Reset)
    }
}
