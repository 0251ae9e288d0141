use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::SystemTime;

use hmac_sha256::Hash as Sha256;

use crate::base::Secret;
use crate::channel::Channel;

/// A token, when it was issued, and the time until which the vendor honors it.
#[derive(Debug, Clone)]
pub struct Token {
    value: Secret,
    issued_at: SystemTime,
    expires_at: SystemTime,
}

impl Token {
    /// Creates a token that was issued at `issued_at` and expires at `expires_at`.
    pub fn new(value: impl Into<Secret>, issued_at: SystemTime, expires_at: SystemTime) -> Self {
        Self { value: value.into(), issued_at, expires_at }
    }

    /// Returns the token itself.
    pub fn value(&self) -> &Secret {
        &self.value
    }

    /// Returns when the vendor issued the token. Of two tokens under one key, the one issued later
    /// is the newer one.
    pub fn issued_at(&self) -> SystemTime {
        self.issued_at
    }

    /// Returns when the vendor stops honoring the token.
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }
}

/// The key of a token in a store: host, app, a hash of the app secret, and the type of token, so that
/// a store shared by several apps never mixes them up. Its text holds no secret.
#[derive(Clone)]
pub struct TokenKey {
    text: Arc<str>,
    sealing_key: [u8; 32],
}

impl TokenKey {
    /// Creates the key of one token of an app, for the test of a store. `kind` is any text that
    /// tells the tokens of the app apart. Clients make the keys of their tokens themselves.
    pub fn new(base_url: &str, app_id: &str, app_secret: &Secret, kind: &str) -> Self {
        let base_url = normal_form(base_url);
        let hash = Sha256::hash(app_secret.expose().as_bytes());
        let hex: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let text: Arc<str> = format!("{base_url} {app_id} {hex} {kind}").into();
        let mut sealing_key = Sha256::new();
        sealing_key.update(b"openplat token store, version 1\0");
        sealing_key.update(hash);
        sealing_key.update(text.as_bytes());
        Self { text, sealing_key: sealing_key.finalize() }
    }

    /// Returns the key of a token of the app that uses `channel`.
    pub(super) fn of(channel: &Channel, kind: &str) -> Self {
        let kind = format!("{} {kind}", channel.platform.name());
        Self::new(&channel.exchange.base_url, &channel.app.id, &channel.app.secret, &kind)
    }

    /// Returns the key as text, for stores that want a string.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns a secret key with which a store can encrypt what it keeps under this key. It is
    /// derived from the app's secret, so that every process of the app has it and no one else.
    pub fn sealing_key(&self) -> &[u8; 32] {
        &self.sealing_key
    }
}

/// Returns one spelling for all that lead to the same place: schemes and hosts have no case, and the
/// default port need not be said.
fn normal_form(base_url: &str) -> String {
    let (scheme, rest) = base_url.split_once("://").unwrap_or(("", base_url));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let scheme = scheme.to_ascii_lowercase();
    let port = if scheme == "http" { ":80" } else { ":443" };
    let authority = authority.to_ascii_lowercase();
    format!("{scheme}://{}{path}", authority.strip_suffix(port).unwrap_or(&authority))
}

impl PartialEq for TokenKey {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for TokenKey {}

impl Hash for TokenKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenKey").field(&self.text).finish()
    }
}

impl fmt::Display for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, RandomState};

    use super::*;

    #[test]
    fn keys_tell_apps_apart_and_hide_their_secrets() {
        let key = |url: &str, id: &str, secret: &str, kind: &str| {
            TokenKey::new(url, id, &secret.into(), kind)
        };
        let base = key("https://a", "cli_1", "s3cret", "tenant");
        assert!(!base.as_str().contains("s3cret"));
        assert_eq!(base.to_string(), base.as_str());
        assert_eq!(base, key("https://a", "cli_1", "s3cret", "tenant"));
        for same in ["https://A", "HTTPS://a:443"] {
            assert_eq!(base, key(same, "cli_1", "s3cret", "tenant"), "{same}");
        }
        for other in ["http://a", "https://a:444", "https://a/P", "https://a/p"] {
            assert_ne!(base, key(other, "cli_1", "s3cret", "tenant"), "{other}");
        }
        assert_ne!(key("https://a/P", "i", "s", "k"), key("https://a/p", "i", "s", "k"));
        assert_ne!(base, key("https://b", "cli_1", "s3cret", "tenant"));
        assert_ne!(base, key("https://a", "cli_2", "s3cret", "tenant"));
        assert_ne!(base, key("https://a", "cli_1", "other", "tenant"));
        assert_ne!(base, key("https://a", "cli_1", "s3cret", "app"));
    }

    /// Maps look up equal keys by the hash, and compare those of which it is the same.
    #[test]
    fn a_hash_tells_keys_apart() {
        let hasher = RandomState::new();
        let hash =
            |id: &str| hasher.hash_one(TokenKey::new("https://a", id, &"s3cret".into(), "tenant"));
        assert_eq!(hash("cli_1"), hash("cli_1"));
        assert_ne!(hash("cli_1"), hash("cli_2"));
    }

    /// Stores are shared with processes of other versions.
    #[test]
    fn a_key_keeps_its_form() {
        let key = TokenKey::new("https://a", "cli_1", &"s3cret".into(), "tenant");
        assert_eq!(key.as_str(), "https://a cli_1 1ec1c26b50d5d3c5 tenant");
        assert_eq!(key.sealing_key()[..8], 0x905c_541c_3740_a2bd_u64.to_be_bytes());
    }
}
