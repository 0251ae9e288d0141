use std::fmt;

use zeroize::Zeroizing;

/// An app secret or a token: readable by the code that sends it, by nobody else.
///
/// `Debug` prints a placeholder, and there is no `Display`. The memory of this value is wiped when
/// it is dropped; requests hold copies while they are sent.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a secret value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// The value in clear. Whatever is done with it, it must not reach a log.
    pub fn expose(&self) -> &str {
        &self.0
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
    fn debug_hides_the_value() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?}"), "Secret(***)");
        assert!(!format!("{:#?}", Some(secret)).contains("hunter2"));
    }
}
