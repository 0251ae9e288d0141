use crate::meta::Rate;

/// The rates that a client stays below on its own, so that hardly any request is rejected. See
/// [`ClientBuilder::pacing`](crate::ClientBuilder::pacing).
///
/// Rates hold for each operation and each owner of a token on their own. They are kept whichever
/// moment the platform's windows begin at, so sending is spread over a window rather than done at
/// its start. The order of calls is kept.
///
/// ```
/// use openplat_core::{Pacing, Rate};
///
/// // As documented, and no operation more than 5 times in a second.
/// let pacing = Pacing::documented().at_most(Rate::new(5, 1));
/// ```
#[derive(Debug, Clone)]
#[must_use = "pacing does nothing until a client is built with it"]
pub struct Pacing {
    pub(super) rates: Vec<Rate>,
}

impl Pacing {
    /// Creates a pacing by the rates that the platform documents for an operation. An operation
    /// without one, such as a raw call, is not held back.
    pub const fn documented() -> Self {
        Self { rates: Vec::new() }
    }

    /// Adds a rate for every operation, raw calls included, next to the documented ones.
    pub fn at_most(mut self, rate: Rate) -> Self {
        self.rates.push(rate);
        self
    }
}
