//! Reports the end of a call to its span and to the metrics.

use std::borrow::Cow;

use tokio::time::Instant;
use tracing::Span;
use tracing::field::{Empty, debug, display};

use crate::error::{ApiError, Error};
use crate::meta::Method;
use crate::metrics::{CallEnded, Recorder};

/// Returns the span of a call.
///
/// OpenTelemetry asks for `url.full`; it is left out, since it holds IDs, and for an old API the
/// token. Numbers are signed, since layers for OpenTelemetry make texts of others.
pub(super) fn call_span(
    name: &str,
    method: Method,
    template: Option<&str>,
    (host, port): (&str, u16),
) -> Span {
    tracing::info_span!(
        "call",
        otel.name = name,
        otel.kind = "client",
        otel.status_code = Empty,
        otel.status_description = Empty,
        http.request.method = method.as_str(),
        http.request.resend_count = Empty,
        http.response.status_code = Empty,
        url.template = template,
        server.address = host,
        server.port = i64::from(port),
        openplat.code = Empty,
        openplat.log_id = Empty,
        error.r#type = Empty,
    )
}

/// A call that has ended, but for the decoding of its output.
pub(super) struct Ending {
    pub(super) span: Span,
    pub(super) metrics: Recorder,
    pub(super) operation: Cow<'static, str>,
    pub(super) started: Instant,
    pub(super) attempts: u32,
    pub(super) status: Option<u16>,
    /// The response that an error speaks of is the operation's, and not that of the fetch of a token.
    pub(super) is_own: bool,
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
        if self.is_own {
            span.record("openplat.code", error.code_text());
            span.record("openplat.log_id", error.api().and_then(ApiError::log_id));
        }
        span.record("otel.status_code", "ERROR");
        span.record("otel.status_description", display(error));
    }
}
