use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use percent_encoding::percent_decode_str;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::crypto::{Key, hex, is_signature};
use super::{
    Incoming, MAX_BODY_BYTES, Refusal, Reply, Webhook, WebhookDelivery, check_secret, is_within,
    json, post,
};
use crate::base::{Clock, Secret, SystemClock, random, uuid};
use crate::error::{Error, ErrorKind};
use crate::events::event::{EventHeader, EventSchema, RawEvent};
use crate::vendor::Members;

/// The width that DingTalk pads to, twice that of a block of AES.
const PADDING: u8 = 32;

/// A key is 43 characters of Base64, whose last one has bits to spare, and not always zeros.
const KEY_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// The URL to which DingTalk pushes events of an app: checks what comes in, and reads it.
///
/// Each request is signed and encrypted, and so is each response.
///
/// ```
/// use openplat_core::events::{DingTalkWebhook, Incoming};
///
/// # fn main() -> Result<(), openplat_core::Error> {
/// let key = "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij";
/// let webhook = DingTalkWebhook::builder("a token", key, "an app key").build()?;
///
/// // In a test, `seal` makes what the platform would send.
/// let request = webhook.seal(br#"{"EventType":"user_add_org"}"#);
/// let query = request.uri().query().unwrap_or_default();
/// let Incoming::Event(delivery) = webhook.receive(query, request.body()) else { panic!() };
/// assert_eq!(delivery.event().event_type(), "user_add_org");
/// assert_eq!(delivery.accept(()).status(), 200);
/// # Ok(())
/// # }
/// ```
///
/// Cheap to clone. `Debug` shows no secret.
#[derive(Clone)]
pub struct DingTalkWebhook(Arc<Config>);

struct Config {
    first: Keys,
    others: Vec<Keys>,
    max_age: Option<Duration>,
    max_body_bytes: usize,
    clock: Arc<dyn Clock>,
}

/// Builds a [`DingTalkWebhook`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct DingTalkWebhookBuilder {
    first: Result<Keys, Error>,
    others: Vec<Result<Keys, Error>>,
    max_age: Option<Duration>,
    max_body_bytes: usize,
    clock: Arc<dyn Clock>,
}

impl DingTalkWebhookBuilder {
    /// Accepts requests of a second token, encoding AES key and receiver as well: while one of them
    /// is replaced, or for the URL check of a suite that has no key yet.
    pub fn or(
        mut self,
        token: impl Into<Secret>,
        encoding_aes_key: impl Into<Secret>,
        receiver: impl Into<String>,
    ) -> Self {
        self.others.push(Keys::new(token.into(), &encoding_aes_key.into(), receiver.into()));
        self
    }

    /// Refuses requests that were signed longer ago than this, or further ahead. Off by default,
    /// since it is not documented whether a redelivered event is signed anew.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Sets the size of the longest body that is read. Defaults to 2 MiB.
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.max_body_bytes = bytes;
        self
    }

    /// Reads the time elsewhere than from the operating system.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Builds the webhook.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Configuration`] if a token or a receiver is empty or begins or ends
    /// with whitespace, or if a key is not 43 characters of Base64.
    pub fn build(self) -> Result<DingTalkWebhook, Error> {
        Ok(DingTalkWebhook(Arc::new(Config {
            first: self.first?,
            others: self.others.into_iter().collect::<Result<_, _>>()?,
            max_age: self.max_age,
            max_body_bytes: self.max_body_bytes,
            clock: self.clock,
        })))
    }
}

impl fmt::Debug for DingTalkWebhookBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DingTalkWebhookBuilder")
            .field("max_age", &self.max_age)
            .field("max_body_bytes", &self.max_body_bytes)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for DingTalkWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let receivers: Vec<_> = self.0.keys().map(|keys| &keys.receiver).collect();
        f.debug_struct("DingTalkWebhook")
            .field("receivers", &receivers)
            .field("max_age", &self.0.max_age)
            .field("max_body_bytes", &self.0.max_body_bytes)
            .finish_non_exhaustive()
    }
}

impl DingTalkWebhook {
    /// Starts a webhook with the token and the encoding AES key of the app's page, and the receiver
    /// that events are for: the app key (client ID) of an internal app, the suite key of a
    /// third-party app, or the corp ID if the URL was registered by a call.
    pub fn builder(
        token: impl Into<Secret>,
        encoding_aes_key: impl Into<Secret>,
        receiver: impl Into<String>,
    ) -> DingTalkWebhookBuilder {
        DingTalkWebhookBuilder {
            first: Keys::new(token.into(), &encoding_aes_key.into(), receiver.into()),
            others: Vec::new(),
            max_age: None,
            max_body_bytes: MAX_BODY_BYTES,
            clock: Arc::new(SystemClock),
        }
    }

    /// Checks a request, of which `query` is the part of the URL behind the question mark, as it
    /// came.
    pub fn receive(&self, query: &str, body: &[u8]) -> Incoming {
        self.0.receive(query, body).unwrap_or_else(Incoming::Refused)
    }

    /// Returns the request that the platform would send with this JSON, for tests: with the token,
    /// key and receiver that the webhook was started with.
    pub fn seal(&self, json: &[u8]) -> Request<Bytes> {
        let Stamp { timestamp, nonce, random } = Stamp::at(self.0.clock.now());
        let encrypt = self.0.first.encrypt(&random, json);
        let signature = hex(&self.0.first.digest([&timestamp, &nonce, &encrypt]));
        let mut request = post(serde_json::json!({ "encrypt": encrypt }).to_string());
        let uri = format!("/?msg_signature={signature}&timestamp={timestamp}&nonce={nonce}");
        *request.uri_mut() = Uri::try_from(uri).unwrap_or_default();
        request
    }
}

impl Webhook for DingTalkWebhook {
    fn open(&self, request: &Request<Bytes>) -> Incoming {
        self.receive(request.uri().query().unwrap_or_default(), request.body())
    }
}

impl Config {
    fn keys(&self) -> impl Iterator<Item = &Keys> {
        [&self.first].into_iter().chain(&self.others)
    }

    fn receive(&self, query: &str, body: &[u8]) -> Result<Incoming, Refusal> {
        if body.len() > self.max_body_bytes {
            return Err(Refusal::TooLarge { limit: self.max_body_bytes });
        }
        let parameter = |name| parameter(query, name).ok_or(Refusal::Unsigned(name));
        let signature = parameter("msg_signature").or_else(|_| parameter("signature"))?;
        let (timestamp, nonce) = (parameter("timestamp")?, parameter("nonce")?);
        let body = Members::read(body);
        let encrypt = body.text(&["encrypt"]).filter(|_| body.is_whole());
        let encrypt = encrypt.ok_or_else(|| malformed("the body has no member `encrypt`"))?;
        let mut refusal = Refusal::Signature;
        for keys in self.keys() {
            if !is_signature(&signature, &keys.digest([&timestamp, &nonce, &encrypt])) {
                continue;
            }
            self.check_age(&timestamp)?;
            let sealer = Sealer { keys: keys.clone(), clock: self.clock.clone() };
            match keys.decrypt(&encrypt) {
                Ok(message) => return read(sealer, message),
                Err(reason) => refusal = reason,
            }
        }
        Err(refusal)
    }

    fn check_age(&self, timestamp: &str) -> Result<(), Refusal> {
        let is_within = |age| {
            let signed = timestamp.parse().ok().map(since_epoch);
            signed.is_some_and(|signed| is_within(age, signed, self.clock.now()))
        };
        self.max_age.is_none_or(is_within).then_some(()).ok_or(Refusal::Stale)
    }
}

/// Reads a timestamp, of milliseconds. One of DingTalk's two examples has seconds, which are fewer
/// than anyone counts in milliseconds.
fn since_epoch(timestamp: u64) -> Duration {
    const FEWEST_MILLISECONDS: u64 = 100_000_000_000;
    match timestamp < FEWEST_MILLISECONDS {
        true => Duration::from_secs(timestamp),
        false => Duration::from_millis(timestamp),
    }
}

fn malformed(reason: &str) -> Refusal {
    Refusal::Malformed(reason.to_owned())
}

/// Reads a message; the platform's checks of a URL come as events.
fn read(sealer: Sealer, message: Vec<u8>) -> Result<Incoming, Refusal> {
    let members = Members::read(&message);
    let event_type = members.text(&["EventType"]).filter(|_| members.is_whole());
    let event_type = event_type.ok_or_else(|| malformed("the event has no type"))?;
    let challenge = |text| Ok(Incoming::Challenge(json(StatusCode::OK, sealer.reply(text))));
    match event_type.as_str() {
        "check_url" => challenge("success"),
        "check_create_suite_url" | "check_update_suite_url" => {
            let random = members.text(&["Random"]);
            challenge(&random.ok_or_else(|| malformed("the check of the URL has no `Random`"))?)
        }
        _ => {
            let tenant_key = members.text(&["CorpId"]);
            let header = EventHeader {
                id: Some(format!("sha256:{}", hex(&Sha256::digest(&message)))),
                create_time: members.text(&["TimeStamp"]),
                app_id: members
                    .text(&["SuiteKey"])
                    .or_else(|| sealer.app_id(tenant_key.as_deref())),
                tenant_key,
                ..EventHeader::new(EventSchema::DingTalkHttp, event_type)
            };
            let event = RawEvent::new(header, message);
            Ok(Incoming::Event(WebhookDelivery { event, reply: Reply::DingTalk(sealer) }))
        }
    }
}

/// The secrets of a request, which its response is sealed with.
pub(super) struct Sealer {
    keys: Keys,
    clock: Arc<dyn Clock>,
}

impl Sealer {
    /// Returns the app key or suite key that the request was for, unless it was for a corp ID.
    fn app_id(&self, corp_id: Option<&str>) -> Option<String> {
        let receiver = &self.keys.receiver;
        (corp_id != Some(receiver)).then(|| receiver.clone())
    }

    /// Returns the body of a response that holds `text`.
    pub(super) fn reply(&self, text: &str) -> String {
        self.keys.reply(text, Stamp::at(self.clock.now()))
    }
}

/// The secrets between the platform and one receiver.
#[derive(Clone)]
struct Keys {
    token: Secret,
    key: Key,
    receiver: String,
}

impl Keys {
    fn new(token: Secret, encoding_aes_key: &Secret, receiver: String) -> Result<Self, Error> {
        check_secret("token", token.expose())?;
        check_secret("encoding AES key", encoding_aes_key.expose())?;
        check_secret("receiver", &receiver)?;
        let bytes = KEY_BASE64.decode(encoding_aes_key.expose()).ok();
        let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).ok_or_else(|| {
            Error::new(ErrorKind::Configuration)
                .with_detail("the encoding AES key is not 43 characters of Base64")
        })?;
        Ok(Self { token, key: Key::new(bytes), receiver })
    }

    fn digest(&self, texts: [&str; 3]) -> Vec<u8> {
        let [timestamp, nonce, encrypt] = texts;
        let mut texts = [self.token.expose(), timestamp, nonce, encrypt];
        texts.sort_unstable();
        Sha1::digest(texts.concat()).to_vec()
    }

    /// Encrypts a message, with 16 bytes of randomness before it, its length, and the receiver.
    fn encrypt(&self, random: &str, message: &[u8]) -> String {
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
        let plain = [random.as_bytes(), &length, message, self.receiver.as_bytes()].concat();
        BASE64_STANDARD.encode(self.key.encrypt(self.key.first_half(), plain, PADDING))
    }

    fn decrypt(&self, encrypt: &str) -> Result<Vec<u8>, Refusal> {
        let data = BASE64_STANDARD.decode(encrypt).ok();
        let plain = data.and_then(|data| self.key.decrypt(self.key.first_half(), &data, PADDING));
        let parts = plain.as_deref().and_then(message_and_receiver);
        let (message, receiver) = parts.ok_or(Refusal::Undecryptable)?;
        match receiver == self.receiver.as_bytes() {
            true => Ok(message.to_vec()),
            false => Err(Refusal::Receiver),
        }
    }

    fn reply(&self, text: &str, stamp: Stamp) -> String {
        let Stamp { timestamp, nonce, random } = stamp;
        let encrypt = self.encrypt(&random, text.as_bytes());
        let signature = hex(&self.digest([&timestamp, &nonce, &encrypt]));
        serde_json::json!({
            "msg_signature": signature,
            "timeStamp": timestamp,
            "nonce": nonce,
            "encrypt": encrypt,
        })
        .to_string()
    }
}

fn message_and_receiver(plain: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_random, rest) = plain.split_first_chunk::<16>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

/// The parts that make each message differ from the others.
struct Stamp {
    /// In milliseconds since the Unix epoch.
    timestamp: String,
    nonce: String,
    /// 16 characters.
    random: String,
}

impl Stamp {
    fn at(now: SystemTime) -> Self {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            timestamp: now.as_millis().to_string(),
            nonce: uuid(),
            random: BASE64_STANDARD.encode(random::<12>()),
        }
    }
}

/// Returns the value of a parameter that comes once.
fn parameter<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    let value = values.next().filter(|_| values.next().is_none())?;
    percent_decode_str(value).decode_utf8().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_the_one_that_others_compute() {
        let key = "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij".into();
        let keys = Keys::new("123456".into(), &key, "suite4xxxxxxxxxxxxxxx".to_owned()).unwrap();
        let stamp = Stamp {
            timestamp: "1700000000000".to_owned(),
            nonce: "abcdEFGH".to_owned(),
            random: "0123456789abcdef".to_owned(),
        };
        let reply: serde_json::Value = serde_json::from_str(&keys.reply("success", stamp)).unwrap();
        let expected = serde_json::json!({
            "msg_signature": "072c0e5cad41e0673a158db6183a0d65ae382e9c",
            "timeStamp": "1700000000000",
            "nonce": "abcdEFGH",
            "encrypt": "HcA0QDKRG/U9FnFvX30Rg2r+260hUAAe65UvzXNmXEmZdezYtWHqRvzeNPWlfrIRDnP88uGJtoYGmz01nTG+/A==",
        });
        assert_eq!(reply, expected);
        assert_eq!(Stamp::at(UNIX_EPOCH).random.len(), 16);
    }

    #[test]
    fn a_timestamp_is_in_the_unit_that_is_no_time_of_long_ago() {
        assert_eq!(since_epoch(99_999_999_999), Duration::from_secs(99_999_999_999));
        assert_eq!(since_epoch(100_000_000_000), Duration::from_secs(100_000_000));
    }

    #[test]
    fn a_length_that_is_a_lie_is_an_error() {
        let key = "1234567890123456789012345678901234567890123".into();
        let keys = Keys::new("123456".into(), &key, "app".to_owned()).unwrap();
        let encrypted = |plain: &[u8]| {
            let data = keys.key.encrypt(keys.key.first_half(), plain.to_vec(), PADDING);
            keys.decrypt(&BASE64_STANDARD.encode(data))
        };
        let random = [b'r'; 16];
        let plain = |length: u32| [&random[..], &length.to_be_bytes(), b"{}app"].concat();
        assert_eq!(encrypted(&plain(2)).unwrap(), b"{}");
        for length in [0, 1, 3] {
            assert_eq!(encrypted(&plain(length)), Err(Refusal::Receiver));
        }
        for length in [6, u32::MAX] {
            assert_eq!(encrypted(&plain(length)), Err(Refusal::Undecryptable));
        }
        assert_eq!(encrypted(&random), Err(Refusal::Undecryptable));
    }
}
