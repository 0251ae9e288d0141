use std::collections::VecDeque;
use std::time::Duration;

use http::HeaderValue;
use tokio::time::Instant;

/// The operations that rejected a token which was new: what is wrong is not the token but its kind,
/// or the operation. A few at most, so they are searched one by one.
#[derive(Default)]
pub(super) struct Refusals(VecDeque<Refusal>);

struct Refusal {
    operation: String,
    /// As it was sent.
    token: HeaderValue,
    until: Instant,
}

/// The time for which a refusal is remembered. Afterwards a fetch is worth another try: the token
/// may have been revoked since.
const MEMORY: Duration = Duration::from_secs(60);
const CAPACITY: usize = 64;

impl Refusals {
    pub(super) fn contains(&self, operation: &str, token: &HeaderValue) -> bool {
        let now = Instant::now();
        self.0.iter().any(|refusal| {
            refusal.until > now && refusal.operation == operation && refusal.token == *token
        })
    }

    pub(super) fn remember(&mut self, operation: &str, token: HeaderValue) {
        self.0.retain(|refusal| refusal.operation != operation);
        self.0.truncate(CAPACITY - 1);
        let until = Instant::now() + MEMORY;
        self.0.push_front(Refusal { operation: operation.to_owned(), token, until });
    }
}
