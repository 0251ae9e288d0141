use std::sync::Arc;

use http::HeaderValue;
use tokio::time::timeout;

use super::source::{FLIGHT_TIMEOUT, TokenSource};
use crate::base::{BoxFuture, Secret};
use crate::channel::Channel;
use crate::error::{Error, ErrorKind};
use crate::vendor::token_header;

/// A source of tokens outside the client: a [`UserSession`](crate::UserSession), or a program's own.
///
/// ```
/// use openplat_core::{BoxFuture, Credentials, Error, Secret};
///
/// struct FromVault;
///
/// impl Credentials for FromVault {
///     fn token(&self) -> BoxFuture<'_, Result<Secret, Error>> {
///         Box::pin(async { Ok(Secret::new("u-...")) })
///     }
/// }
/// ```
pub trait Credentials: Send + Sync + 'static {
    /// Returns the token to send now. Each attempt of each call asks, so an implementation keeps
    /// the token and renews it before it expires. A call waits at most 75 seconds for it.
    fn token(&self) -> BoxFuture<'_, Result<Secret, Error>>;

    /// Learns that the vendor rejected `token`. The client asks for a token once more, and sends
    /// the request again if the next token is another one.
    fn rejected(&self, _token: &Secret) {}

    /// Returns a text that tells the owner of the tokens from others. What the client learns of
    /// rate limits counts for one owner; credentials with the same text share it.
    fn owner(&self) -> &str {
        ""
    }
}

impl<T: Credentials + ?Sized> Credentials for Arc<T> {
    fn token(&self) -> BoxFuture<'_, Result<Secret, Error>> {
        (**self).token()
    }

    fn rejected(&self, token: &Secret) {
        (**self).rejected(token);
    }

    fn owner(&self) -> &str {
        (**self).owner()
    }
}

/// The owner of the token that is sent.
#[derive(Clone)]
pub(crate) enum Auth {
    /// The app, whose token is fetched and renewed.
    App(Arc<TokenSource>),
    /// Whoever the caller brought a token of; `None` if the token cannot be sent.
    Given(Option<HeaderValue>),
    /// Whoever stands behind credentials.
    Credentials(Arc<dyn Credentials>),
}

/// A token as one attempt sends it.
pub(crate) enum Sent {
    App(HeaderValue),
    Given(HeaderValue),
    Credentials(HeaderValue, Secret),
}

impl Sent {
    pub(crate) fn header(&self) -> &HeaderValue {
        match self {
            Self::App(header) | Self::Given(header) | Self::Credentials(header, _) => header,
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::App(header), Self::App(other)) => header == other,
            (Self::Credentials(_, token), Self::Credentials(_, other)) => token == other,
            _ => false,
        }
    }
}

impl Auth {
    /// Returns what tells the owner of the token from others.
    pub(crate) fn owner(&self) -> &[u8] {
        match self {
            Self::App(source) => source.key().as_str().as_bytes(),
            Self::Given(Some(header)) => header.as_bytes(),
            Self::Given(None) => &[],
            Self::Credentials(credentials) => credentials.owner().as_bytes(),
        }
    }

    pub(crate) async fn token(&self, channel: &Channel) -> Result<Sent, Error> {
        match self {
            Self::App(source) => match source.header().await {
                Ok(header) => Ok(Sent::App(header)),
                Err(error) => Err(error.in_context("while fetching the app's token")),
            },
            Self::Given(Some(header)) => Ok(Sent::Given(header.clone())),
            Self::Given(None) => Err(unsendable()),
            Self::Credentials(credentials) => {
                let token = Box::pin(within_limit(credentials.token())).await;
                let token =
                    token.map_err(|error| error.in_context("while getting the user's token"))?;
                let header = token_header(channel.platform, &token).ok_or_else(unsendable)?;
                Ok(Sent::Credentials(header, token))
            }
        }
    }

    /// Takes note that `operation` rejected a token. Returns `true` if there may be another one.
    pub(crate) fn reject(&self, token: &Sent, operation: &str) -> bool {
        match (self, token) {
            (Self::App(source), Sent::App(header)) => match source.carried_by(header) {
                Some(token) => source.reject(&token, operation),
                // It has been replaced since.
                None => true,
            },
            (Self::Credentials(credentials), Sent::Credentials(_, token)) => {
                credentials.rejected(token);
                true
            }
            _ => false,
        }
    }

    /// Returns the token that takes the place of `rejected`, unless it is the same.
    pub(crate) async fn replacement(
        &self,
        rejected: &Sent,
        operation: &str,
        channel: &Channel,
    ) -> Result<Option<Sent>, Error> {
        let token = self.token(channel).await?;
        if !token.is_same(rejected) {
            return Ok(Some(token));
        }
        self.remember_refusal(&token, operation);
        Ok(None)
    }

    /// Takes note that `operation` rejected a token that is new.
    pub(crate) fn remember_refusal(&self, token: &Sent, operation: &str) {
        if let (Self::App(source), Sent::App(header)) = (self, token) {
            source.remember_refusal(header, operation);
        }
    }
}

/// An upload has no limit on its whole time; its token has.
async fn within_limit(token: BoxFuture<'_, Result<Secret, Error>>) -> Result<Secret, Error> {
    timeout(FLIGHT_TIMEOUT, token).await.unwrap_or_else(|_| {
        Err(Error::new(ErrorKind::Timeout)
            .with_detail(format!("the credentials returned no token within {FLIGHT_TIMEOUT:?}")))
    })
}

fn unsendable() -> Error {
    Error::new(ErrorKind::InvalidRequest)
        .with_detail("the token is empty, or contains a character that HTTP headers cannot have")
}
