use super::Client;
use crate::auth::AuthorizeUrl;
use crate::vendor::{Feishu, Grant};

impl Client<Feishu> {
    /// Starts the address of the page on which a user logs in and grants scopes to the app.
    /// `redirect_uri` is the address that the user is sent back to, which the developer console
    /// has to list.
    pub fn authorize_url(&self, redirect_uri: impl Into<String>) -> AuthorizeUrl {
        AuthorizeUrl::new(
            &self.channel.exchange.base_url,
            &self.channel.app.id,
            redirect_uri.into(),
        )
    }

    /// Returns a client that sends as an app from the store, for one of the tenants that installed
    /// it.
    ///
    /// The token is fetched with the ticket that the platform pushes every hour: pass that on with
    /// [`set_ticket`](Client::set_ticket). Without one, calls fail with
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), and the platform is asked to
    /// push it again, at most once a minute.
    pub fn for_tenant(&self, tenant_key: impl Into<String>) -> Self {
        self.with_grant(Grant::FeishuStoreTenant { tenant_key: tenant_key.into() })
    }

    /// Returns a client that sends the token of the app itself rather than the one it has in its
    /// tenant. For a custom app; an app from the store has [`as_store_app`](Self::as_store_app).
    pub fn as_app(&self) -> Self {
        self.with_grant(Grant::FeishuApp)
    }

    /// Returns a client that sends the own token of an app from the store, which is fetched with
    /// the ticket that the platform pushes; see [`for_tenant`](Self::for_tenant).
    pub fn as_store_app(&self) -> Self {
        self.with_grant(Grant::FeishuStoreApp)
    }
}
