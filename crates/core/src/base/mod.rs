//! Parts that need nothing else of this crate.

mod clock;
mod panic;
mod random;
mod secret;
mod sync;
mod text;

pub(crate) use clock::FOREVER;
pub use clock::{Clock, SystemClock};
pub(crate) use panic::{Panicked, catch_panic};
#[cfg(feature = "events")]
pub(crate) use random::random;
pub use random::uuid;
pub use secret::{Masked, Secret};
pub(crate) use secret::{mask, mask_cut};
pub use sync::BoxFuture;
pub(crate) use sync::lock;
pub(crate) use text::printable;
