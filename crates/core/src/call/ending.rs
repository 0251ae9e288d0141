//! The end of a call, for whoever looks.

use tracing::Span;
use tracing::field::{debug, display};

use crate::error::Error;

/// A call that has ended, but for the decoding of its output.
pub(super) struct Ending {
    pub(super) span: Span,
    pub(super) attempts: u32,
    pub(super) status: Option<u16>,
}

impl Ending {
    /// Tells the span. `error` is `None` if the call succeeded.
    #[cold]
    pub(super) fn tell(self, error: Option<&Error>) {
        let span = &self.span;
        if self.attempts > 1 {
            span.record("http.request.resend_count", self.attempts - 1);
        }
        if let Some(status) = self.status {
            span.record("http.response.status_code", status);
        }
        let Some(error) = error else { return };
        span.record("error.type", debug(error.kind()));
        if let Some(api) = error.api() {
            span.record("openplat.code", api.code());
            span.record("openplat.log_id", api.log_id());
        }
        span.record("otel.status_code", "ERROR");
        span.record("otel.status_description", display(error));
    }
}
