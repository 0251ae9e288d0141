use super::{AsUser, Client};
use crate::auth::{self, CodeExchange, UserToken};
use crate::base::Secret;
use crate::error::Error;
use crate::vendor::{Feishu, Grant};

impl Client<Feishu> {
    /// Sends with a user's token in place of the app's.
    ///
    /// The token is used as it is: when it expires, calls fail with
    /// [`ErrorKind::Unauthenticated`](crate::ErrorKind::Unauthenticated) until you pass a new one.
    pub fn as_user(&self, token: impl Into<Secret>) -> AsUser<Feishu> {
        AsUser::given(self, &token.into())
    }

    /// Sends as an app from the store, for one of the tenants that installed it.
    ///
    /// The token is fetched with the ticket that the platform pushes every hour: pass that on with
    /// [`set_ticket`](Client::set_ticket). Without one, calls fail with
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), and the platform is asked to push it again.
    pub fn for_tenant(&self, tenant_key: impl Into<String>) -> Self {
        self.with_grant(Grant::FeishuStoreTenant { tenant_key: tenant_key.into() })
    }

    /// Sends the token of the app itself rather than the one it has in its tenant.
    pub fn as_app(&self) -> Self {
        self.with_grant(Grant::FeishuApp)
    }

    /// Turns the code of the consent page into the user's tokens.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Rejected`](crate::ErrorKind::Rejected) if the code is wrong, expired or used.
    /// It is not retried after a failure in which the code may have been used up.
    pub async fn exchange_code(&self, exchange: CodeExchange) -> Result<UserToken, Error> {
        auth::exchange_code(&self.channel, exchange).await
    }

    /// Fetches the next pair of tokens for a user. Keep the new refresh token at once: the old one
    /// works a single time, so refresh one user's tokens in one place at a time.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Rejected`](crate::ErrorKind::Rejected) if the refresh token is expired, used or
    /// revoked; the user has to log in again. It is not retried after a failure in which the
    /// refresh token may have been used up.
    pub async fn refresh_user_token(&self, refresh_token: &Secret) -> Result<UserToken, Error> {
        auth::refresh(&self.channel, refresh_token).await
    }
}
