use super::Client;
use crate::vendor::{DingTalk, Grant};

impl Client<DingTalk> {
    /// Returns a client that sends as a third-party app, for an organisation that authorised it. The client's app key
    /// and secret are the suite's.
    ///
    /// The token is fetched with the ticket that the platform pushes: pass that on with
    /// [`set_ticket`](Client::set_ticket).
    pub fn for_authorised_corp(&self, auth_corp_id: impl Into<String>) -> Self {
        self.with_grant(Grant::DingTalkCorp { auth_corp_id: auth_corp_id.into() })
    }

    /// Returns a client that sends a token for the organisation of this ID, whatever kind of app it
    /// is.
    pub fn for_corp(&self, corp_id: impl Into<String>) -> Self {
        self.with_grant(Grant::DingTalkUnified { corp_id: corp_id.into() })
    }
}
