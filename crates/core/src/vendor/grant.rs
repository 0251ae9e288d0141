use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use serde_json::{Map, Value};

use crate::base::Secret;
use crate::codec;
use crate::error::{Error, ErrorKind};

/// The credentials of an app.
#[doc(hidden)]
#[derive(Debug)]
pub struct App {
    pub(crate) id: String,
    pub(crate) secret: Secret,
}

/// A request that fetches a token, and carries none itself.
#[doc(hidden)]
#[derive(Debug)]
pub struct TokenRequest {
    pub(crate) path: String,
    pub(crate) body: Bytes,
}

/// The one of an app's tokens that is sent, and what it is fetched with.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Grant {
    /// Of an app that belongs to the organization which uses it.
    Internal,
    /// The app's own token rather than its tenant's.
    FeishuApp,
    /// The own token of an app from the store.
    FeishuStoreApp,
    /// The token with which an app from the store acts for one of its tenants.
    FeishuStoreTenant { tenant_key: String },
    /// Of a third-party app, for an organization that authorized it.
    DingTalkCorp { auth_corp_id: String },
    /// Of any app, for an organization by its ID.
    DingTalkUnified { corp_id: String },
}

impl Grant {
    /// Returns the type of token, without whose it is.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Internal => "tenant",
            Self::FeishuApp => "app",
            Self::FeishuStoreApp => "store-app",
            Self::FeishuStoreTenant { .. } => "store-tenant",
            Self::DingTalkCorp { .. } => "corp",
            Self::DingTalkUnified { .. } => "unified",
        }
    }

    /// Returns the ID of the organization that the token is for, unless there is only one.
    pub(crate) fn organization(&self) -> Option<&str> {
        match self {
            Self::Internal | Self::FeishuApp | Self::FeishuStoreApp => None,
            Self::FeishuStoreTenant { tenant_key: id }
            | Self::DingTalkCorp { auth_corp_id: id }
            | Self::DingTalkUnified { corp_id: id } => Some(id),
        }
    }

    /// The token that this one is fetched with.
    pub(crate) fn parent(&self) -> Option<Self> {
        matches!(self, Self::FeishuStoreTenant { .. }).then_some(Self::FeishuStoreApp)
    }

    /// Whether it is fetched with the ticket that the platform pushes.
    pub(crate) fn needs_ticket(&self) -> bool {
        matches!(self, Self::FeishuStoreApp | Self::DingTalkCorp { .. })
    }
}

/// The means by which the tokens of a user are fetched. Each of these works a single time.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub enum UserGrant {
    /// The query that a user brings back from the login page.
    Code { code: Secret, redirect_uri: Option<String>, verifier: Option<Secret> },
    /// The refresh token of the pair before.
    Refresh(Secret),
}

/// The response to a request for a token, read member by member: a member in an odd form costs
/// nothing but itself.
pub(crate) struct TokenMembers(Map<String, Value>);

impl TokenMembers {
    pub(crate) fn read(body: &[u8]) -> Result<Self, Error> {
        codec::from_slice(body).map(Self).map_err(|_| {
            Error::new(ErrorKind::Decode).with_detail("the response is not a JSON object")
        })
    }

    /// Returns the token under one of `names`. A token that cannot be sent counts as missing.
    pub(crate) fn token(&self, names: &[&str]) -> Result<Secret, Error> {
        let text = self.text(names).filter(|text| !text.trim().is_empty());
        let text = text.filter(|text| HeaderValue::from_str(text).is_ok());
        text.map(Secret::from).ok_or_else(|| {
            Error::new(ErrorKind::Decode).with_detail("the response contains no usable token")
        })
    }

    pub(crate) fn text(&self, names: &[&str]) -> Option<&str> {
        self.get(names)?.as_str()
    }

    /// Returns a lifetime in seconds, unless it is missing, no number, or not positive.
    pub(crate) fn lifetime(&self, names: &[&str]) -> Option<Duration> {
        let seconds = match self.get(names)? {
            Value::Number(number) => number.as_f64()?,
            Value::String(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        (seconds >= 1.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }

    /// Returns a list that is written as one text with spaces, or as a list.
    pub(crate) fn words(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            Some(Value::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
            Some(Value::Array(words)) => {
                words.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        }
    }

    fn get(&self, names: &[&str]) -> Option<&Value> {
        names.iter().find_map(|name| self.0.get(*name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(json: &str) -> TokenMembers {
        TokenMembers::read(json.as_bytes()).unwrap()
    }

    #[test]
    fn a_lifetime_in_any_form_is_a_number_of_seconds_or_nothing() {
        let lifetime = |json: &str| members(&format!(r#"{{"e":{json}}}"#)).lifetime(&["e"]);
        assert_eq!(lifetime("7200"), Some(Duration::from_secs(7200)));
        assert_eq!(lifetime("7199.5"), Some(Duration::from_millis(7_199_500)));
        assert_eq!(lifetime(r#"" 7200 ""#), Some(Duration::from_secs(7200)));
        assert_eq!(lifetime("18446744073709551615").map(|it| it.as_secs() > 1 << 60), Some(true));
        assert_eq!(lifetime("1e300"), Some(Duration::MAX));
        for odd in ["-1", "0", r#""""#, r#""soon""#, r#""NaN""#, "null", "[]", "{}", "true"] {
            assert_eq!(lifetime(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_token_that_cannot_be_sent_is_none() {
        for odd in [r#""""#, r#"" ""#, r#""a\nb""#, "null", "7", "[]"] {
            let error = members(&format!(r#"{{"t":{odd}}}"#)).token(&["t"]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{odd}");
        }
        assert_eq!(members(r#"{"t":"a"}"#).token(&["x", "t"]).unwrap(), Secret::new("a"));
    }

    #[test]
    fn an_odd_character_hides_no_token() {
        for json in
            ["\u{feff}{\"t\":\"a\"}", r#"{"t":"a","msg":"cut \ud83d"}"#, r#"{"t":"a","e":1,"e":2}"#]
        {
            assert_eq!(members(json).token(&["t"]).unwrap(), Secret::new("a"), "{json}");
        }
    }

    #[test]
    fn scopes_come_as_a_text_or_as_a_list() {
        assert_eq!(members(r#"{"scope":"a b"}"#).words("scope"), ["a", "b"]);
        assert_eq!(members(r#"{"scope":["a",7,"b"]}"#).words("scope"), ["a", "b"]);
        assert_eq!(members(r#"{"scope":{}}"#).words("scope"), [""; 0]);
    }
}
