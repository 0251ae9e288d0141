//! Feishu's and Lark's request URLs.

mod seal;
mod signature;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::crypto::Key;
use super::{
    Incoming, MAX_BODY_BYTES, Refusal, Reply, Webhook, WebhookDelivery, check_secret, json,
};
use crate::base::{Clock, Secret, SystemClock};
use crate::error::{Error, ErrorKind};
use crate::events::envelope::{Envelope, parse};
use crate::events::event::{EventHeader, EventSchema, RawEvent};
use signature::Signature;

/// The widest padding of PKCS#7 for AES.
const PADDING: u8 = 16;

/// The request URL of a Feishu or Lark app: checks what comes in, and reads it.
///
/// The secrets are on the app's page, under "Events and callbacks", "Encryption strategy". With an
/// encrypt key, events are encrypted and signed, and nothing else is accepted. Without one, the
/// verification token alone protects. Set both.
///
/// ```
/// use openplat_core::events::{FeishuWebhook, Incoming};
///
/// # fn main() -> Result<(), openplat_core::Error> {
/// let webhook = FeishuWebhook::builder()
///     .encrypt_key("an encrypt key")
///     .verification_token("a verification token")
///     .build()?;
///
/// // In a test, `seal` makes what the platform would send.
/// let event = br#"{"schema":"2.0","header":{"event_type":"im.message.receive_v1"},"event":{}}"#;
/// let request = webhook.seal(event);
/// let response = match webhook.receive(request.headers(), request.body()) {
///     Incoming::Challenge(response) => response,
///     Incoming::Event(delivery) | Incoming::Callback(delivery) => {
///         println!("{}", delivery.event().event_type());
///         delivery.accept(())
///     }
///     Incoming::Refused(refusal) => {
///         eprintln!("{refusal}");
///         refusal.response()
///     }
/// };
/// assert_eq!(response.status(), 200);
/// # Ok(())
/// # }
/// ```
///
/// Cheap to clone. `Debug` shows no secret.
#[derive(Clone)]
pub struct FeishuWebhook(Arc<Config>);

struct Config {
    keys: Vec<EncryptKey>,
    tokens: Vec<Secret>,
    max_age: Option<Duration>,
    max_body_bytes: usize,
    clock: Arc<dyn Clock>,
}

struct EncryptKey {
    secret: Secret,
    key: Key,
}

/// Builds a [`FeishuWebhook`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct FeishuWebhookBuilder {
    config: Config,
    unprotected: bool,
}

impl FeishuWebhookBuilder {
    /// Adds an encrypt key. While a key is replaced, set the new one and the old one: a request of
    /// either is accepted.
    pub fn encrypt_key(mut self, key: impl Into<Secret>) -> Self {
        let secret = key.into();
        let key = Key::new(Sha256::digest(secret.expose()).into());
        self.config.keys.push(EncryptKey { secret, key });
        self
    }

    /// Adds a verification token. While a token is replaced, set the new one and the old one: a
    /// request of either is accepted.
    pub fn verification_token(mut self, token: impl Into<Secret>) -> Self {
        self.config.tokens.push(token.into());
        self
    }

    /// Refuses requests that were signed longer ago than this, or further ahead. Off by default,
    /// since the platform sends an event again after up to 7.1 hours, and does not say whether it
    /// signs it anew. Requests without a signature are not affected.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.config.max_age = Some(age);
        self
    }

    /// Sets the size of the longest body that is read. Defaults to 2 MiB.
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.config.max_body_bytes = bytes;
        self
    }

    /// Reads the time elsewhere than from the operating system.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.config.clock = Arc::new(clock);
        self
    }

    /// Permits a webhook without any secret, which accepts events from everyone. For a server that
    /// only the platform can reach, such as one behind a gateway that checks the requests. Secrets
    /// that are set are checked all the same.
    pub fn unprotected(mut self) -> Self {
        self.unprotected = true;
        self
    }

    /// Builds the webhook.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Configuration`] if there is neither an encrypt key nor a verification
    /// token, or if one of them is empty or begins or ends with whitespace.
    pub fn build(self) -> Result<FeishuWebhook, Error> {
        let Config { keys, tokens, .. } = &self.config;
        for key in keys {
            check_secret("encrypt key", key.secret.expose())?;
        }
        for token in tokens {
            check_secret("verification token", token.expose())?;
        }
        if keys.is_empty() && tokens.is_empty() && !self.unprotected {
            return Err(Error::new(ErrorKind::Configuration).with_detail(
                "a webhook without an encrypt key and a verification token would accept events \
                 from everyone; set both, or call `unprotected`",
            ));
        }
        Ok(FeishuWebhook(Arc::new(self.config)))
    }
}

impl fmt::Debug for FeishuWebhookBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeishuWebhookBuilder")
            .field("config", &self.config)
            .field("unprotected", &self.unprotected)
            .finish()
    }
}

impl fmt::Debug for FeishuWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FeishuWebhook").field(&self.0).finish()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("encrypt_keys", &self.keys.len())
            .field("verification_tokens", &self.tokens.len())
            .field("max_age", &self.max_age)
            .field("max_body_bytes", &self.max_body_bytes)
            .finish_non_exhaustive()
    }
}

impl FeishuWebhook {
    /// Starts a webhook.
    pub fn builder() -> FeishuWebhookBuilder {
        let config = Config {
            keys: Vec::new(),
            tokens: Vec::new(),
            max_age: None,
            max_body_bytes: MAX_BODY_BYTES,
            clock: Arc::new(SystemClock),
        };
        FeishuWebhookBuilder { config, unprotected: false }
    }

    /// Checks a request, of which `body` is each byte as it came over the wire: a body that was
    /// parsed and written again has another signature.
    pub fn receive(&self, headers: &HeaderMap, body: &[u8]) -> Incoming {
        self.0.receive(headers, body).unwrap_or_else(Incoming::Refused)
    }

    /// Returns the request that the platform would send with this JSON, for tests: with the
    /// verification token, encrypted and signed as far as there are secrets to do so. Of several
    /// secrets, the first counts. Other JSON is not changed.
    pub fn seal(&self, json: &[u8]) -> Request<Bytes> {
        self.0.seal(json)
    }
}

impl Webhook for FeishuWebhook {
    fn open(&self, request: &Request<Bytes>) -> Incoming {
        self.receive(request.headers(), request.body())
    }
}

impl Config {
    fn receive(&self, headers: &HeaderMap, body: &[u8]) -> Result<Incoming, Refusal> {
        if body.len() > self.max_body_bytes {
            return Err(Refusal::TooLarge { limit: self.max_body_bytes });
        }
        // Before anything is parsed; whether it is needed turns out later.
        let secrets = self.keys.iter().map(|key| &key.secret);
        let signed = self.check_signature::<Sha256>(secrets, headers, body);
        match parse(body)? {
            Envelope::Encrypted(text) => self.accept(self.decrypt(&text)?, signed),
            Envelope::Event { event, .. } if event.header().schema == EventSchema::Card => {
                self.check_card(headers, body)?;
                Ok(incoming(event))
            }
            Envelope::Event { .. } if !self.keys.is_empty() => Err(Refusal::NotEncrypted),
            plain => self.accept(plain, signed),
        }
    }

    /// Checks what vouches for an envelope, which is decrypted by now.
    fn accept(&self, envelope: Envelope, signed: Result<(), Refusal>) -> Result<Incoming, Refusal> {
        match envelope {
            // The platform's check of a URL is not signed.
            Envelope::Challenge { challenge, token } => {
                self.check_token(token.as_ref())?;
                let body = serde_json::json!({ "challenge": challenge });
                Ok(Incoming::Challenge(json(StatusCode::OK, body.to_string())))
            }
            Envelope::Event { event, token } => {
                let is_signed = !self.keys.is_empty();
                if is_signed {
                    signed?;
                }
                // The signature vouches for an event whose envelope has no token.
                if !is_signed || token.is_some() {
                    self.check_token(token.as_ref())?;
                }
                Ok(incoming(event))
            }
            Envelope::Encrypted(_) => Err(Refusal::Undecryptable),
        }
    }

    /// Decrypts with any of the keys. There is one error for all that can go wrong, so that no one
    /// learns anything by trying.
    fn decrypt(&self, text: &str) -> Result<Envelope, Refusal> {
        if self.keys.is_empty() {
            return Err(Refusal::NoEncryptKey);
        }
        let data = BASE64_STANDARD.decode(text).map_err(|_| Refusal::Undecryptable)?;
        let (iv, data) = data.split_first_chunk().ok_or(Refusal::Undecryptable)?;
        let decrypted = self.keys.iter().find_map(|EncryptKey { key, .. }| {
            let plain = key.decrypt(*iv, data, PADDING)?;
            parse(&plain).ok().filter(is_encrypted_by_the_platform)
        });
        decrypted.ok_or(Refusal::Undecryptable)
    }

    /// Checks an older card callback, which is signed with the verification token. The token in its
    /// body is another one.
    fn check_card(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
        match (self.tokens.is_empty(), self.keys.is_empty()) {
            (true, true) => Ok(()),
            (true, false) => Err(Refusal::NoVerificationToken),
            (false, _) => self.check_signature::<Sha1>(self.tokens.iter(), headers, body),
        }
    }

    fn check_signature<'a, D: Digest>(
        &self,
        mut secrets: impl Iterator<Item = &'a Secret>,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<(), Refusal> {
        let signature = Signature::of(headers)?;
        if !secrets.any(|secret| signature.is_of::<D>(secret, body)) {
            return Err(Refusal::Signature);
        }
        match self.max_age {
            Some(age) if !signature.is_within(age, self.clock.now()) => Err(Refusal::Stale),
            _ => Ok(()),
        }
    }

    fn check_token(&self, token: Option<&Secret>) -> Result<(), Refusal> {
        let is_right = self.tokens.is_empty() || token.is_some_and(|it| self.tokens.contains(it));
        is_right.then_some(()).ok_or(Refusal::Token)
    }
}

/// Returns `true` unless it is a kind of body that is encrypted by no platform.
fn is_encrypted_by_the_platform(envelope: &Envelope) -> bool {
    match envelope {
        Envelope::Challenge { .. } => true,
        Envelope::Event { event, .. } => event.header().schema != EventSchema::Card,
        Envelope::Encrypted(_) => false,
    }
}

fn incoming(event: RawEvent) -> Incoming {
    match is_callback(event.header()) {
        true => Incoming::Callback(WebhookDelivery { event, reply: Reply::Callback }),
        false => Incoming::Event(WebhookDelivery { event, reply: Reply::Event }),
    }
}

fn is_callback(header: &EventHeader) -> bool {
    match header.schema {
        EventSchema::Card => true,
        EventSchema::V2 => {
            matches!(header.event_type.as_str(), "card.action.trigger" | "url.preview.get")
        }
        _ => false,
    }
}
