use super::{AsUser, Client};
use crate::auth::{self, CodeExchange, Credentials, UserSession, UserToken};
use crate::base::Secret;
use crate::error::Error;
use crate::vendor::Vendor;

impl<V: Vendor> Client<V> {
    /// Returns a client that sends a user's token instead of the app's.
    ///
    /// The token is used as it is: when it expires, calls fail with
    /// [`ErrorKind::Unauthenticated`](crate::ErrorKind::Unauthenticated). A
    /// [`user_session`](Self::user_session) renews it.
    pub fn as_user(&self, token: impl Into<Secret>) -> AsUser<V> {
        AsUser::given(self, &token.into())
    }

    /// Returns a client that sends the token of a user which `credentials` give: a
    /// [`UserSession`], or a source of tokens of the program's own.
    pub fn as_user_with(&self, credentials: impl Credentials) -> AsUser<V> {
        AsUser::with_credentials(self, credentials)
    }

    /// Returns the session of a user, who logs in once and whose token is renewed from then on.
    ///
    /// `user` is the name under which the tokens are stored: any text that the program knows the
    /// user by, such as the ID of an account. It is in keys of the token store, in plain text.
    pub fn user_session(&self, user: impl Into<String>) -> UserSession {
        self.tokens.session(user.into())
    }

    /// Exchanges an authorization code for the tokens of a user. [`UserSession::log_in`] also
    /// stores them, and renews them.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Rejected`](crate::ErrorKind::Rejected) if the code is wrong, expired or
    /// used. The exchange is not retried after a failure in which the code may have been used up.
    pub async fn exchange_code(&self, exchange: CodeExchange) -> Result<UserToken, Error> {
        auth::exchange_code(&self.channel, exchange).await.map_err(Error::logged)
    }

    /// Exchanges a refresh token for the next pair of tokens. The refresh token works once: keep
    /// the new one at once, and refresh the tokens of a user in one place at a time. A
    /// [`user_session`](Self::user_session) does both.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Rejected`](crate::ErrorKind::Rejected) if the refresh token is expired,
    /// used or revoked; the user has to log in again. The exchange is not retried after a failure
    /// in which the refresh token may have been used up.
    pub async fn refresh_user_token(&self, refresh_token: &Secret) -> Result<UserToken, Error> {
        auth::refresh_alone(&self.channel, refresh_token.clone()).await.map_err(Error::logged)
    }
}
