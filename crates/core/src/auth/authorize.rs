use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac_sha256::Hash as Sha256;
use percent_encoding::utf8_percent_encode;
use serde::{Deserialize, Serialize};

use super::CodeExchange;
use crate::base::Secret;
use crate::error::{Error, ErrorKind};
use crate::wire::COMPONENT;

/// Builds the address of Feishu's or Lark's login page; see `Client::authorize_url`.
///
/// ```no_run
/// # fn example(feishu: openplat_core::Client<openplat_core::Feishu>)
/// # -> Result<(), openplat_core::Error> {
/// let authorization = feishu
///     .authorize_url("https://me.example/back")
///     .scope("im:chat:readonly")
///     .scope("offline_access")
///     .build()?;
/// // Keep `authorization` in the user's web session, and send the user to the page.
/// let page = authorization.url();
/// // When the user is back, with a query of `code` and `state`:
/// # let (code, state) = ("", "");
/// let exchange = authorization.exchange(code, state)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct AuthorizeUrl {
    base_url: String,
    client_id: String,
    redirect_uri: String,
    scopes: Vec<String>,
}

impl AuthorizeUrl {
    pub(crate) fn new(base_url: &str, client_id: &str, redirect_uri: String) -> Self {
        // Private deployments have hosts of their own, for which the client's has to do.
        let base_url = match base_url {
            "https://open.feishu.cn" => "https://accounts.feishu.cn",
            "https://open.larksuite.com" => "https://accounts.larksuite.com",
            other => other,
        };
        Self {
            base_url: base_url.to_owned(),
            client_id: client_id.to_owned(),
            redirect_uri,
            scopes: Vec::new(),
        }
    }

    /// Sets the base URL of the login page, for a deployment whose login page is on another host
    /// than the client's base URL.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// Adds a scope that the user is asked to grant. Add `offline_access` to get a refresh token,
    /// without which a [`UserSession`](crate::UserSession) ends with the first access token.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// Makes the address, with a state and a PKCE challenge (S256, RFC 7636) that no one can guess.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Configuration`] if the operating system provides no random numbers.
    pub fn build(self) -> Result<Authorization, Error> {
        let (state, verifier) = (random_text()?, random_text()?);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::hash(verifier.as_bytes()));
        let scopes = self.scopes.join(" ");
        let query = [
            ("client_id", &*self.client_id),
            ("response_type", "code"),
            ("redirect_uri", &self.redirect_uri),
            ("scope", &scopes),
            ("state", &state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let query = query.iter().filter(|(_, value)| !value.is_empty());
        let query =
            query.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, COMPONENT)));
        let query = query.collect::<Vec<_>>().join("&");
        let base_url = self.base_url.trim_end_matches('/');
        Ok(Authorization {
            url: format!("{base_url}/open-apis/authen/v1/authorize?{query}"),
            redirect_uri: self.redirect_uri,
            state: state.into(),
            verifier: verifier.into(),
        })
    }
}

/// Returns a text that no one can guess.
fn random_text() -> Result<String, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(ErrorKind::Configuration)
            .with_detail("the operating system provides no random numbers")
            .with_cause(&error)
    })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// A login that was begun: the page to send the user to, and what to keep until the user is back.
///
/// Keep it in the user's web session: `Serialize` writes the state and the verifier in plain text.
#[derive(Clone, Serialize, Deserialize)]
pub struct Authorization {
    url: String,
    redirect_uri: String,
    #[serde(serialize_with = "Secret::serialize_exposed")]
    state: Secret,
    #[serde(serialize_with = "Secret::serialize_exposed")]
    verifier: Secret,
}

impl Authorization {
    /// Returns the address of the login page.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the state that comes back in the query. A query that brings another one belongs to a
    /// login that someone else has begun.
    pub fn state(&self) -> &Secret {
        &self.state
    }

    /// Returns the PKCE verifier, for [`CodeExchange::code_verifier`].
    pub fn verifier(&self) -> &Secret {
        &self.verifier
    }

    /// Returns the exchange of the code that came back in the query.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidRequest`] if `state` is not that of this login.
    pub fn exchange(&self, code: impl Into<Secret>, state: &str) -> Result<CodeExchange, Error> {
        if self.state != Secret::new(state) {
            return Err(Error::new(ErrorKind::InvalidRequest).with_detail(
                "the state is not that of this login; another user may have started it",
            ));
        }
        Ok(CodeExchange::new(code)
            .redirect_uri(&*self.redirect_uri)
            .code_verifier(self.verifier.clone()))
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address holds the state.
        f.debug_struct("Authorization")
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        let digest = Sha256::hash(b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let challenge = URL_SAFE_NO_PAD.encode(digest);
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn the_page_is_on_the_host_for_accounts() {
        let page = |base_url: &str| {
            let url = AuthorizeUrl::new(base_url, "cli_1", "https://me/back?a=1".into());
            url.scope("im:chat").scope("offline_access").build().unwrap()
        };
        let login = page("https://open.feishu.cn");
        let state = login.state().expose();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::hash(login.verifier().expose().as_bytes()));
        assert_eq!(
            login.url(),
            format!(
                "https://accounts.feishu.cn/open-apis/authen/v1/authorize?client_id=cli_1\
                 &response_type=code&redirect_uri=https%3A%2F%2Fme%2Fback%3Fa%3D1\
                 &scope=im%3Achat%20offline_access&state={state}\
                 &code_challenge={challenge}&code_challenge_method=S256"
            )
        );
        assert_eq!((state.len(), login.verifier().expose().len()), (43, 43));
        assert_ne!(page("https://open.feishu.cn").state(), login.state());
        let url = page("https://open.larksuite.com").url().to_owned();
        assert!(url.starts_with("https://accounts.larksuite.com/open-apis/"), "{url}");
        let url = page("https://feishu.corp/x").url().to_owned();
        assert!(url.starts_with("https://feishu.corp/x/open-apis/"), "{url}");
        assert!(!format!("{login:?}").contains(state));
    }

    #[test]
    fn the_code_of_another_login_is_refused() {
        let url = AuthorizeUrl::new("https://open.feishu.cn", "cli_1", "https://me".into());
        let login = url.build().unwrap();
        assert!(login.exchange("c", login.state().expose()).is_ok());
        let error = login.exchange("c", "x").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    }
}
