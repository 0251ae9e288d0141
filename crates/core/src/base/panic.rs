use std::error::Error;
use std::fmt;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

/// The end of code that panicked. The message of the panic is left to the panic hook: it can quote
/// anything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panicked;

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it panicked; see the panic message on standard error")
    }
}

impl Error for Panicked {}

/// Ends a panic of code that users bring along. Nothing that could be left half done is shared
/// with it but behind locks, and those are never held across it.
///
/// Not an async function, whose future would have room for `code` twice.
pub(crate) fn catch_panic<T>(
    code: impl Future<Output = T>,
) -> impl Future<Output = Result<T, Panicked>> {
    AssertUnwindSafe(code).catch_unwind().map(|end| end.map_err(|_| Panicked))
}
