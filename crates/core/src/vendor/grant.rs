use bytes::Bytes;

use crate::base::Secret;

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

/// Which of an app's tokens is sent, and what it is fetched with.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Grant {
    /// Of an app that belongs to the organisation which uses it.
    Internal,
    /// The app's own token rather than its tenant's.
    FeishuApp,
    /// The own token of an app from the store.
    FeishuStoreApp,
    /// The token with which an app from the store acts for one of its tenants.
    FeishuStoreTenant { tenant_key: String },
    /// Of a third-party app, for an organisation that authorised it.
    DingTalkCorp { auth_corp_id: String },
    /// Of any app, for an organisation by its id.
    DingTalkUnified { corp_id: String },
}

impl Grant {
    /// Tells the tokens of one app apart.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Internal => "tenant".to_owned(),
            Self::FeishuApp => "app".to_owned(),
            Self::FeishuStoreApp => "store-app".to_owned(),
            Self::FeishuStoreTenant { tenant_key } => format!("store-tenant {tenant_key}"),
            Self::DingTalkCorp { auth_corp_id } => format!("corp {auth_corp_id}"),
            Self::DingTalkUnified { corp_id } => format!("unified {corp_id}"),
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
