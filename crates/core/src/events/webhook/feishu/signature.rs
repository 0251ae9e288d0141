use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::Digest;

use crate::base::{Secret, uuid};
use crate::events::webhook::crypto::{hex, is_signature};
use crate::events::webhook::{Refusal, is_within};

const VALUE: &str = "x-lark-signature";
const TIMESTAMP: &str = "x-lark-request-timestamp";
const NONCE: &str = "x-lark-request-nonce";

/// The headers that sign a request: with SHA-256 and the encrypt key, or an older card callback with
/// SHA-1 and the verification token.
pub(super) struct Signature<'a> {
    timestamp: &'a str,
    nonce: &'a str,
    value: &'a str,
}

impl<'a> Signature<'a> {
    pub(super) fn of(headers: &'a HeaderMap) -> Result<Self, Refusal> {
        let only = |name| only(headers, name).ok_or(Refusal::Unsigned(name));
        Ok(Self { timestamp: only(TIMESTAMP)?, nonce: only(NONCE)?, value: only(VALUE)? })
    }

    pub(super) fn is_of<D: Digest>(&self, secret: &Secret, body: &[u8]) -> bool {
        is_signature(self.value, &digest::<D>([self.timestamp, self.nonce], secret, body))
    }

    pub(super) fn is_within(&self, age: Duration, now: SystemTime) -> bool {
        let signed = self.timestamp.parse().ok().map(Duration::from_secs);
        signed.is_some_and(|signed| is_within(age, signed, now))
    }
}

/// Adds the headers that sign a body.
pub(super) fn sign<D: Digest>(
    headers: &mut HeaderMap,
    secret: &Secret,
    body: &[u8],
    now: SystemTime,
) {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (timestamp, nonce) = (now.as_secs().to_string(), uuid());
    let value = hex(&digest::<D>([&timestamp, &nonce], secret, body));
    let values = [(TIMESTAMP, timestamp), (NONCE, nonce), (VALUE, value)];
    headers.extend(values.into_iter().filter_map(|(name, value)| {
        Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?))
    }));
}

fn digest<D: Digest>(stamp: [&str; 2], secret: &Secret, body: &[u8]) -> Vec<u8> {
    let digest = D::new().chain_update(stamp[0]).chain_update(stamp[1]);
    digest.chain_update(secret.expose()).chain_update(body).finalize().to_vec()
}

/// Returns the value of a header that comes once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}
