use std::collections::BTreeMap;

use super::Client;
use crate::call::Signed;
use crate::error::Error;
use crate::vendor::{DingTalk, Grant};
use crate::wire::file::Upload;

impl Client<DingTalk> {
    /// Returns a client that sends as a third-party app, for an organization that authorized it. The client's app key
    /// and secret are the suite's.
    ///
    /// The token is fetched with the ticket that the platform pushes: pass that on with
    /// [`set_ticket`](Client::set_ticket).
    pub fn for_authorized_corp(&self, auth_corp_id: impl Into<String>) -> Self {
        self.with_grant(Grant::DingTalkCorp { auth_corp_id: auth_corp_id.into() })
    }

    /// Returns a client that sends a token for the organization of this ID, whatever kind of app it
    /// is.
    pub fn for_corp(&self, corp_id: impl Into<String>) -> Self {
        self.with_grant(Grant::DingTalkUnified { corp_id: corp_id.into() })
    }

    /// Puts a file at an address of the platform's storage: a `resourceUrls` of the information
    /// about an upload, with the `headers` that are signed together with it.
    ///
    /// The address is on another host than the platform's. The request goes through the client's
    /// transport, carries these headers and no token, and is retried as an idempotent call is.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Decode`] if the address is not encrypted or a header is invalid, and
    /// the errors of an upload. An error names the host and the storage's code, and nothing else of
    /// the address, which is a secret.
    ///
    /// [`ErrorKind::Decode`]: crate::ErrorKind::Decode
    pub async fn put_signed(
        &self,
        url: &str,
        headers: &BTreeMap<String, String>,
        file: &Upload,
    ) -> Result<(), Error> {
        let target = Signed::new(url, headers, &self.channel.exchange.base_url);
        let target = target.map_err(Error::logged)?;
        target.put(&self.channel, file, self.timeout).await.map_err(Error::logged)
    }
}
