//! The end of a call, for whoever looks.

use std::borrow::Cow;

use tokio::time::Instant;
use tracing::Span;
use tracing::field::{debug, display};

use crate::error::Error;
use crate::metrics::{CallEnded, Recorder};

/// A call that has ended, but for the decoding of its output.
pub(super) struct Ending {
    pub(super) span: Span,
    pub(super) metrics: Recorder,
    pub(super) operation: Cow<'static, str>,
    pub(super) started: Instant,
    pub(super) attempts: u32,
    pub(super) status: Option<u16>,
}

impl Ending {
    /// Tells the span and the metrics. `error` is `None` if the call succeeded.
    #[cold]
    pub(super) fn tell(self, error: Option<&Error>) {
        self.record(error);
        self.metrics.tell(|metrics| {
            metrics.call_ended(&CallEnded {
                operation: &self.operation,
                attempts: self.attempts,
                elapsed: self.started.elapsed(),
                error,
            });
        });
    }

    /// Numbers are signed, since layers for OpenTelemetry make texts of others.
    fn record(&self, error: Option<&Error>) {
        let span = &self.span;
        if self.attempts > 1 {
            span.record("http.request.resend_count", i64::from(self.attempts) - 1);
        }
        if let Some(status) = self.status {
            span.record("http.response.status_code", i64::from(status));
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
