use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::recorded::query_pairs;

/// The consent of a user to an app: what the page that asks for it was told.
///
/// [`MockPlatform::consent`](crate::MockPlatform::consent) turns a consent into the authorization
/// code that the platform sends to the app's redirect URI.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a consent does nothing until `MockPlatform::consent` turns it into a code"]
pub struct Consent {
    client_id: String,
    scopes: Vec<String>,
    redirect_uri: Option<String>,
    code_challenge: Option<String>,
    is_challenge_plain: bool,
}

impl Consent {
    /// Creates the consent to an app, given its app ID (DingTalk: its app key), with the scope
    /// `offline_access`, without which Feishu grants no refresh token.
    pub fn new(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            scopes: vec!["offline_access".to_owned()],
            redirect_uri: None,
            code_challenge: None,
            is_challenge_plain: false,
        }
    }

    /// Reads the parameters of an authorization URL, as the page behind it would. Returns `None` if
    /// the URL has no `client_id`.
    pub fn from_url(url: &str) -> Option<Self> {
        let query = query_pairs(url.split_once('?')?.1);
        let value = |name: &str| {
            let pair = query.iter().find(|(known, _)| known == name);
            pair.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
        };
        let scope = value("scope").unwrap_or_default();
        Some(Self {
            client_id: value("client_id")?,
            scopes: scope.split_whitespace().map(str::to_owned).collect(),
            redirect_uri: value("redirect_uri"),
            code_challenge: value("code_challenge"),
            is_challenge_plain: value("code_challenge_method").as_deref() != Some("S256"),
        })
    }

    /// Sets the scopes that the user grants.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the redirect URI. The exchange of the code must name the same one.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = Some(uri.into());
        self
    }

    /// Sets the PKCE challenge, computed with the method `S256`. The exchange of the code must
    /// bring the verifier along.
    pub fn code_challenge(mut self, challenge: impl Into<String>) -> Self {
        self.code_challenge = Some(challenge.into());
        self
    }

    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    pub(crate) fn granted_scopes(&self) -> &[String] {
        &self.scopes
    }

    pub(crate) fn is_redirected_to(&self, uri: Option<&str>) -> bool {
        self.redirect_uri.is_none() || self.redirect_uri.as_deref() == uri
    }

    pub(crate) fn is_verified_by(&self, verifier: Option<&str>) -> bool {
        let Some(challenge) = &self.code_challenge else { return true };
        verifier.is_some_and(|verifier| match self.is_challenge_plain {
            true => verifier == challenge,
            false => BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == *challenge,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pair of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn a_challenge_wants_its_verifier() {
        let open = Consent::new("cli_1");
        assert!(open.is_verified_by(None) && open.is_verified_by(Some("v")));
        let challenged = open.code_challenge(CHALLENGE);
        assert!(challenged.is_verified_by(Some(VERIFIER)));
        for wrong in [None, Some(""), Some(CHALLENGE), Some("v")] {
            assert!(!challenged.is_verified_by(wrong));
        }
        let plain = Consent::from_url("https://x/?client_id=a&code_challenge=v").unwrap();
        assert!(plain.is_verified_by(Some("v")) && !plain.is_verified_by(Some("w")));
    }

    #[test]
    fn an_authorization_url_is_read() {
        let url = format!(
            "https://accounts.feishu.cn/open-apis/authen/v1/authorize?client_id=cli_1\
             &redirect_uri=https%3A%2F%2Fme.example%2Fback&scope=im%3Achat%20offline_access\
             &state=s&code_challenge={CHALLENGE}&code_challenge_method=S256"
        );
        let expected = Consent::new("cli_1")
            .scopes(["im:chat", "offline_access"])
            .redirect_uri("https://me.example/back")
            .code_challenge(CHALLENGE);
        assert_eq!(Consent::from_url(&url), Some(expected));
        assert_eq!(Consent::from_url("https://x/"), None);
        assert_eq!(Consent::from_url("https://x/?client_id="), None);
    }
}
