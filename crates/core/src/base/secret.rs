use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serializer};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// An app secret or a token: readable by the code that sends it, by no one else.
///
/// `Debug` prints a placeholder, and there is no `Display`. The memory of this value is wiped when
/// it is dropped; requests hold copies while they are sent. Comparing two secrets takes the same
/// time wherever they differ.
///
/// A secret is read with serde, so that it can be a field of a configuration. There is no
/// `Serialize`, since whoever prints that configuration would print the secret too. A type that is
/// made to keep secrets says so with [`serialize_exposed`](Self::serialize_exposed).
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Creates a secret.
    pub fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// Returns the value in plain text. It must not reach a log.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Writes the value in plain text. For a field of a type that is stored in a safe place:
    ///
    /// ```
    /// use openplat_core::Secret;
    ///
    /// #[derive(serde::Serialize, serde::Deserialize)]
    /// struct Login {
    ///     #[serde(serialize_with = "Secret::serialize_exposed")]
    ///     token: Secret,
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The errors of the serializer.
    pub fn serialize_exposed<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A text format told to expect a string refuses a number on its own, and quotes it.
        match deserializer.is_human_readable() {
            true => deserializer.deserialize_any(SecretVisitor),
            false => deserializer.deserialize_string(SecretVisitor),
        }
    }
}

/// The stand-in that `Debug` of a generated type shows for a value that is a secret or someone's
/// message.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Masked;

impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<masked>")
    }
}

struct SecretVisitor;

/// serde's own refusals quote the value, which may be the secret without its quotation marks.
macro_rules! refuse {
    ($($method:ident($ty:ty),)*) => {$(
        fn $method<E: Error>(self, _: $ty) -> Result<Secret, E> {
            Err(E::custom("a secret must be a string"))
        }
    )*};
}

impl Visitor<'_> for SecretVisitor {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Secret, E> {
        Ok(Secret::new(value))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Secret, E> {
        Ok(Secret::new(value))
    }

    refuse! {
        visit_bool(bool),
        visit_i64(i64),
        visit_i128(i128),
        visit_u64(u64),
        visit_u128(u128),
        visit_f64(f64),
        visit_bytes(&[u8]),
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self::new(value)
    }
}

impl From<&String> for Secret {
    fn from(value: &String) -> Self {
        Self::new(value)
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self::new(value)
    }
}

/// Fewer characters of a secret than this are no secret.
const TELLING: usize = 4;

/// `text` without `secret`.
pub(crate) fn mask(text: &str, secret: &str) -> String {
    if secret.len() < TELLING { text.to_owned() } else { text.replace(secret, "***") }
}

/// The same for a text that was cut off, perhaps in the middle of the secret.
pub(crate) fn mask_cut(text: &str, secret: &str) -> String {
    let masked = mask(text, secret);
    let (beginning, mark) = match masked.strip_suffix('…') {
        Some(beginning) => (beginning, "…"),
        None => (&*masked, ""),
    };
    let parts = (TELLING..secret.len()).rev().filter_map(|end| secret.get(..end));
    match parts.into_iter().find_map(|part| beginning.strip_suffix(part)) {
        Some(rest) => format!("{rest}***{mark}"),
        None => masked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_text_holds_no_part_of_the_secret() {
        assert_eq!(mask("a hunter2 b hunter2", "hunter2"), "a *** b ***");
        assert_eq!(mask("a good hunt", "hunter2"), "a good hunt");
        assert_eq!(mask_cut("token: hunte", "hunter2"), "token: ***");
        assert_eq!(mask_cut("token: hunte…", "hunter2"), "token: ***…");
        assert_eq!(mask_cut("a hunt for b", "hunter2"), "a hunt for b");
        assert_eq!(mask("", "hunter2"), "");
        assert_eq!(mask("all the same", ""), "all the same");
    }

    #[test]
    fn a_secret_is_read_with_serde_and_written_on_request_alone() {
        #[derive(Deserialize, serde::Serialize)]
        struct Config {
            #[serde(serialize_with = "Secret::serialize_exposed")]
            secret: Secret,
        }
        let config: Config = serde_json::from_str(r#"{"secret":"hunter2"}"#).unwrap();
        assert_eq!(config.secret, Secret::new("hunter2"));
        assert_ne!(config.secret, Secret::new("hunter3"));
        assert_ne!(config.secret, Secret::new("hunter"));
        assert_eq!(serde_json::to_string(&config).unwrap(), r#"{"secret":"hunter2"}"#);
    }

    #[test]
    fn a_value_that_is_no_string_is_not_quoted() {
        for value in ["4711", "-4711", "4711.5", "[4711]", r#"{"4711":4711}"#] {
            let error = serde_json::from_str::<Secret>(value).unwrap_err().to_string();
            assert!(!error.contains("4711"), "{error}");
        }
    }

    #[test]
    fn debug_hides_the_value() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?}"), "Secret(***)");
        assert!(!format!("{:#?}", Some(secret)).contains("hunter2"));
    }
}
