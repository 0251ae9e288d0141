//! Metrics of calls and events, through OpenTelemetry.
//!
//! ```sh
//! export FEISHU_APP_ID=cli_... FEISHU_APP_SECRET=... FEISHU_CHAT_ID=oc_...
//! cargo run -p openplat-tests --example metrics_opentelemetry
//! ```
//!
//! The exporter prints. A service uses that of the crate `opentelemetry-otlp` instead.

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::env;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use feishu_im::chat::GetChat;
use feishu_im::openplat_core::metrics::{
    AttemptEnded, CallEnded, EventHandled, EventOutcome, Metrics, RateLimited, TokenFetched,
    WaitReason, Waited,
};
use feishu_im::{ErrorKind, Secret};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let exporter = Lines(|line| println!("{line}"));
    let provider =
        SdkMeterProvider::builder().with_reader(PeriodicReader::builder(exporter).build()).build();
    let metrics = Arc::new(OpenTelemetry::new(&provider.meter("openplat")));
    let feishu = feishu_im::Client::builder(
        variable("FEISHU_APP_ID")?,
        Secret::from_env("FEISHU_APP_SECRET")?,
    )
    .metrics(metrics)
    .build()?;
    let result = run(&feishu, &variable("FEISHU_CHAT_ID")?).await;
    // Exports the last counts.
    provider.shutdown()?;
    Ok(result?)
}

pub async fn run(feishu: &feishu_im::Client, chat_id: &str) -> Result<(), feishu_im::Error> {
    GetChat::new(chat_id).send(feishu).await?;
    Ok(())
}

/// The buckets that OpenTelemetry advises for durations of HTTP requests. Those by default are for
/// milliseconds.
const SECONDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The instruments. A histogram of durations counts as well: calls, and by `error.type` failures.
pub struct OpenTelemetry {
    calls: Histogram<f64>,
    attempts: Histogram<f64>,
    waits: Histogram<f64>,
    limits: Counter<u64>,
    tokens: Histogram<f64>,
    events: Histogram<f64>,
}

impl OpenTelemetry {
    pub fn new(meter: &Meter) -> Self {
        let seconds =
            |name| meter.f64_histogram(name).with_unit("s").with_boundaries(SECONDS.into()).build();
        Self {
            calls: seconds("openplat.call.duration"),
            attempts: seconds("openplat.attempt.duration"),
            waits: seconds("openplat.wait.duration"),
            limits: meter.u64_counter("openplat.rate_limits").build(),
            tokens: seconds("openplat.token_fetch.duration"),
            events: seconds("openplat.event.duration"),
        }
    }
}

impl Metrics for OpenTelemetry {
    fn call_ended(&self, call: &CallEnded<'_>) {
        let labels = [operation(call.operation)].into_iter().chain(error_type(call.error));
        self.calls.record(call.elapsed.as_secs_f64(), &Vec::from_iter(labels));
    }

    fn attempt_ended(&self, attempt: &AttemptEnded<'_>) {
        let status = attempt.status.map(i64::from);
        let labels = [
            operation(attempt.operation),
            KeyValue::new("http.request.method", attempt.method.as_str()),
        ];
        let labels = labels
            .into_iter()
            .chain(status.map(|status| KeyValue::new("http.response.status_code", status)))
            .chain(error_type(attempt.error));
        self.attempts.record(attempt.elapsed.as_secs_f64(), &Vec::from_iter(labels));
    }

    fn waited(&self, wait: &Waited<'_>) {
        let reason = match wait.reason {
            WaitReason::Retry(_) => "retry",
            WaitReason::RateLimit => "rate_limit",
            _ => "other",
        };
        let labels = [operation(wait.operation), KeyValue::new("openplat.reason", reason)];
        self.waits.record(wait.elapsed.as_secs_f64(), &labels);
    }

    fn rate_limited(&self, limit: &RateLimited<'_>) {
        self.limits.add(1, &[operation(limit.operation)]);
    }

    fn token_fetched(&self, fetch: &TokenFetched<'_>) {
        let kind = KeyValue::new("openplat.token", fetch.kind);
        let labels = [kind].into_iter().chain(error_type(fetch.error));
        self.tokens.record(fetch.elapsed.as_secs_f64(), &Vec::from_iter(labels));
    }

    fn event_handled(&self, event: &EventHandled<'_>) {
        let outcome = match event.outcome {
            EventOutcome::Handled => "handled",
            EventOutcome::Repeated => "repeated",
            EventOutcome::InProgress => "in_progress",
            EventOutcome::Failed => "failed",
            _ => "other",
        };
        let labels = [
            KeyValue::new("openplat.event", event.event_type.to_owned()),
            KeyValue::new("openplat.outcome", outcome),
        ];
        self.events.record(event.elapsed.as_secs_f64(), &labels);
    }
}

fn operation(operation: &str) -> KeyValue {
    KeyValue::new("openplat.operation", operation.to_owned())
}

/// OpenTelemetry wants the attribute of what failed, and of nothing else.
fn error_type(error: Option<&feishu_im::Error>) -> Option<KeyValue> {
    // The names that the log has.
    let kind = match error?.kind() {
        ErrorKind::Configuration => "Configuration",
        ErrorKind::InvalidRequest => "InvalidRequest",
        ErrorKind::Unauthenticated => "Unauthenticated",
        ErrorKind::PermissionDenied => "PermissionDenied",
        ErrorKind::Throttled => "Throttled",
        ErrorKind::QuotaExceeded => "QuotaExceeded",
        ErrorKind::Unavailable => "Unavailable",
        ErrorKind::Rejected => "Rejected",
        ErrorKind::Connect => "Connect",
        ErrorKind::Timeout => "Timeout",
        ErrorKind::Transfer => "Transfer",
        ErrorKind::Decode => "Decode",
        ErrorKind::LimitExceeded => "LimitExceeded",
        ErrorKind::TokenStore => "TokenStore",
        ErrorKind::File => "File",
        // The value that OpenTelemetry has for everything else.
        _ => "_OTHER",
    };
    Some(KeyValue::new("error.type", kind))
}

/// An exporter that passes on a line for each series.
pub struct Lines<F>(pub F);

impl<F: Fn(String) + Send + Sync + 'static> PushMetricExporter for Lines<F> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        for metric in metrics.scope_metrics().flat_map(|scope| scope.metrics()) {
            let name = metric.name();
            match metric.data() {
                AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
                    for point in histogram.data_points() {
                        let labels = labels(point.attributes());
                        (self.0)(format!("{name}{{{labels}}}: {} times", point.count()));
                    }
                }
                AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                    for point in sum.data_points() {
                        let labels = labels(point.attributes());
                        (self.0)(format!("{name}{{{labels}}}: {}", point.value()));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

fn labels<'a>(labels: impl Iterator<Item = &'a KeyValue>) -> String {
    let mut labels: Vec<_> = labels.map(|label| format!("{}={}", label.key, label.value)).collect();
    labels.sort();
    labels.join(" ")
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
