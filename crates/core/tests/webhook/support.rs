//! A hand that signs on its own, and a look at what came out.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use openplat_core::Clock;
use openplat_core::events::{Incoming, Refusal, WebhookDelivery};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub(crate) const KEY: &str = "1234567890";
pub(crate) const TOKEN: &str = "vtok";

/// A clock that stands still, this long after the epoch.
pub(crate) struct Stopped(pub(crate) u64);

impl Clock for Stopped {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0)
    }
}

pub(crate) fn headers<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> HeaderMap {
    let pair = |(name, value): (&str, &str)| {
        (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
    };
    pairs.into_iter().map(pair).collect()
}

pub(crate) fn signed(key: &str, timestamp: &str, body: &[u8]) -> HeaderMap {
    let digest = Sha256::new().chain_update(timestamp).chain_update("n0nce").chain_update(key);
    let digest = digest.chain_update(body).finalize();
    let signature: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    headers([
        ("x-lark-request-timestamp", timestamp),
        ("x-lark-request-nonce", "n0nce"),
        ("x-lark-signature", &signature),
    ])
}

pub(crate) fn delivery(incoming: Incoming) -> WebhookDelivery {
    match incoming {
        Incoming::Event(delivery) | Incoming::Callback(delivery) => delivery,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn challenge(incoming: Incoming) -> Response<Bytes> {
    match incoming {
        Incoming::Challenge(response) => response,
        other => panic!("{other:?}"),
    }
}

/// Returns the reason of a refusal, whose response tells nothing.
pub(crate) fn refusal(incoming: Incoming) -> Refusal {
    let refusal = match incoming {
        Incoming::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    };
    let response = refusal.response();
    let expected = match refusal {
        Refusal::Malformed(_) => (400, "bad request"),
        Refusal::TooLarge { .. } => (413, "too large"),
        _ => (403, "forbidden"),
    };
    assert_eq!(response.status(), expected.0);
    assert_eq!(body(&response), serde_json::json!({ "msg": expected.1 }));
    refusal
}

pub(crate) fn body(response: &Response<Bytes>) -> Value {
    assert_eq!(response.headers()["content-type"], "application/json");
    serde_json::from_slice(response.body()).unwrap()
}
