//! The tokens, tickets and authorization codes of a platform.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::consent::Consent;

/// Counts over all platforms of the process, so that none honors a token of another.
static NUMBER: AtomicU64 = AtomicU64::new(1);

const HOUR: Duration = Duration::from_secs(60 * 60);
const CODE_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// A type of token that the platform grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenKind {
    /// Feishu's `tenant_access_token`, of a custom app and of a store app.
    FeishuTenant,
    /// Feishu's `app_access_token`, of a custom app and of a store app.
    FeishuApp,
    /// Feishu's `user_access_token`.
    FeishuUser,
    /// The `refresh_token` of a Feishu user. It can be used once.
    FeishuRefresh,
    /// DingTalk's `accessToken` of an internal app.
    DingTalkApp,
    /// DingTalk's `accessToken` for an organization: of a third-party app that the organization
    /// authorized, and of any app by the organization's ID.
    DingTalkCorp,
    /// DingTalk's `accessToken` of a user.
    DingTalkUser,
    /// The `refreshToken` of a DingTalk user. It can be used once.
    DingTalkRefresh,
}

/// A number that the process has not given before.
pub(crate) fn number() -> u64 {
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VendorId {
    Feishu,
    DingTalk,
}

impl TokenKind {
    pub(crate) const OF_APPS: [Self; 4] =
        [Self::FeishuTenant, Self::FeishuApp, Self::DingTalkApp, Self::DingTalkCorp];

    pub(crate) fn vendor(self) -> VendorId {
        match self {
            Self::FeishuTenant | Self::FeishuApp | Self::FeishuUser | Self::FeishuRefresh => {
                VendorId::Feishu
            }
            Self::DingTalkApp | Self::DingTalkCorp | Self::DingTalkUser | Self::DingTalkRefresh => {
                VendorId::DingTalk
            }
        }
    }

    pub(crate) fn is_refresh(self) -> bool {
        matches!(self, Self::FeishuRefresh | Self::DingTalkRefresh)
    }

    fn default_lifetime(self) -> Duration {
        match self {
            Self::FeishuRefresh => 7 * 24 * HOUR,
            Self::DingTalkRefresh => 30 * 24 * HOUR,
            _ => 2 * HOUR,
        }
    }
}

/// A token as it is handed out.
pub(crate) struct Granted {
    pub(crate) token: String,
    /// In seconds.
    pub(crate) expires_in: u64,
}

/// The record of a token that was granted. Points in time count from the platform's start.
pub struct Issued {
    pub(crate) kind: TokenKind,
    /// The app, and for whom it acts.
    pub(crate) owner: String,
    pub(crate) state: State,
    expires_at: Duration,
}

impl Issued {
    /// Whether operations can be called with it.
    pub(crate) fn is_honored(&self) -> bool {
        self.state == State::Live && !self.kind.is_refresh()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Live,
    Expired,
    Revoked,
    Used,
}

/// The grant of a user to an app, behind a refresh token.
struct Session {
    consent: Consent,
    access_token: String,
}

pub(crate) enum BadCode {
    Unknown,
    Expired,
    Used,
}

struct Code {
    consent: Consent,
    expires_at: Duration,
    is_used: bool,
}

#[derive(Default)]
pub struct Tokens {
    issued: HashMap<(VendorId, String), Issued>,
    /// The tokens that a further fetch gives once more, by kind and owner.
    current: HashMap<(TokenKind, String), String>,
    lifetimes: HashMap<TokenKind, Duration>,
    codes: HashMap<String, Code>,
    /// By refresh token.
    sessions: HashMap<String, Session>,
    ticket: Option<String>,
    /// The app that asked for its ticket to be pushed.
    ticket_wanted_by: Option<String>,
}

impl Tokens {
    /// Grants a token that no fetch gave before.
    pub(crate) fn issue(&mut self, kind: TokenKind, owner: &str, now: Duration) -> Granted {
        let token = format!("mock-token-{}", number());
        let lifetime = self.lifetime(kind);
        let expires_at = now.saturating_add(lifetime);
        self.insert(kind, owner, token.clone(), expires_at);
        Granted { token, expires_in: seconds(lifetime) }
    }

    /// Grants the token that its owner got last, if it has at least `margin` left, or a new one.
    pub(crate) fn share(
        &mut self,
        kind: TokenKind,
        owner: &str,
        now: Duration,
        margin: Duration,
    ) -> Granted {
        let owned = (kind, owner.to_owned());
        if let Some(token) = self.current.get(&owned) {
            let issued = self.issued.get(&(kind.vendor(), token.clone()));
            let left =
                issued.map_or(Duration::ZERO, |issued| issued.expires_at.saturating_sub(now));
            if left >= margin && !left.is_zero() {
                return Granted { token: token.clone(), expires_in: seconds(left) };
            }
        }
        let granted = self.issue(kind, owner, now);
        self.current.insert(owned, granted.token.clone());
        granted
    }

    /// Grants the token that its owner got last, with its whole lifetime again, or a new one.
    pub(crate) fn renew(&mut self, kind: TokenKind, owner: &str, now: Duration) -> Granted {
        let granted = self.share(kind, owner, now, Duration::ZERO);
        let lifetime = self.lifetime(kind);
        if let Some(issued) = self.issued.get_mut(&(kind.vendor(), granted.token.clone())) {
            issued.expires_at = now.saturating_add(lifetime);
        }
        Granted { expires_in: seconds(lifetime), ..granted }
    }

    /// Honors a token that comes from the test.
    pub(crate) fn accept(&mut self, kind: TokenKind, token: String) {
        self.insert(kind, "", token, Duration::MAX);
    }

    fn insert(&mut self, kind: TokenKind, owner: &str, token: String, expires_at: Duration) {
        let (owner, state) = (owner.to_owned(), State::Live);
        self.issued.insert((kind.vendor(), token), Issued { kind, owner, state, expires_at });
    }

    /// Returns the record of a token, with its present state.
    pub(crate) fn look_up(
        &mut self,
        vendor: VendorId,
        token: &str,
        now: Duration,
    ) -> Option<&Issued> {
        let issued = self.issued.get_mut(&(vendor, token.to_owned()))?;
        if issued.state == State::Live && issued.expires_at <= now {
            issued.state = State::Expired;
        }
        Some(issued)
    }

    pub(crate) fn set_lifetime(&mut self, kind: TokenKind, lifetime: Duration) {
        self.lifetimes.insert(kind, lifetime);
    }

    fn lifetime(&self, kind: TokenKind) -> Duration {
        self.lifetimes.get(&kind).copied().unwrap_or(kind.default_lifetime())
    }

    pub(crate) fn revoke(&mut self, kind: TokenKind) {
        self.rotate(kind);
        for issued in self.issued.values_mut().filter(|issued| issued.kind == kind) {
            if issued.state == State::Live {
                issued.state = State::Revoked;
            }
        }
    }

    pub(crate) fn rotate(&mut self, kind: TokenKind) {
        self.current.retain(|(current, _), _| *current != kind);
    }

    pub(crate) fn set_ticket(&mut self, ticket: String) {
        self.ticket = Some(ticket);
    }

    pub(crate) fn want_ticket(&mut self, app_id: &str) {
        self.ticket_wanted_by = Some(app_id.to_owned());
    }

    /// Returns the app that is to be pushed a ticket, and the ticket.
    pub(crate) fn take_wanted_ticket(&mut self) -> Option<(String, String)> {
        self.ticket_wanted_by.take().zip(self.ticket.clone())
    }

    pub(crate) fn is_ticket(&self, ticket: &str) -> bool {
        self.ticket.as_ref().is_none_or(|expected| expected == ticket)
    }

    pub(crate) fn consent(&mut self, consent: Consent, now: Duration) -> String {
        let code = format!("mock-code-{}", number());
        let expires_at = now.saturating_add(CODE_LIFETIME);
        self.codes.insert(code.clone(), Code { consent, expires_at, is_used: false });
        code
    }

    /// Returns the consent behind a code, if the code can still be exchanged.
    pub(crate) fn consent_of(&self, code: &str, now: Duration) -> Result<Consent, BadCode> {
        match self.codes.get(code) {
            None => Err(BadCode::Unknown),
            Some(code) if code.is_used => Err(BadCode::Used),
            Some(code) if code.expires_at <= now => Err(BadCode::Expired),
            Some(code) => Ok(code.consent.clone()),
        }
    }

    /// Returns the consent behind a refresh token of this kind if the token can be used, or else the
    /// token's state. A token that comes from the test belongs to any app.
    pub(crate) fn consent_behind(
        &mut self,
        kind: TokenKind,
        refresh_token: &str,
        client_id: &str,
        now: Duration,
    ) -> Result<Consent, Option<State>> {
        let issued = self.look_up(kind.vendor(), refresh_token, now);
        match issued.filter(|issued| issued.kind == kind).map(|issued| issued.state) {
            Some(State::Live) => {
                let session = self.sessions.get(refresh_token);
                let consent = session.map(|session| session.consent.clone());
                Ok(consent.unwrap_or_else(|| Consent::new(client_id)))
            }
            state => Err(state),
        }
    }

    /// Grants a refresh token for a consent and the access token granted with it.
    pub(crate) fn open_session(
        &mut self,
        kind: TokenKind,
        consent: Consent,
        access_token: &str,
        now: Duration,
    ) -> Granted {
        let refresh = self.issue(kind, consent.client_id(), now);
        let session = Session { consent, access_token: access_token.to_owned() };
        self.sessions.insert(refresh.token.clone(), session);
        refresh
    }

    /// Uses up an authorization code or a refresh token of this kind. The access token granted with
    /// the latter works for `grace` longer.
    pub(crate) fn use_up(
        &mut self,
        kind: TokenKind,
        credential: &str,
        now: Duration,
        grace: Duration,
    ) {
        if let Some(code) = self.codes.get_mut(credential) {
            code.is_used = true;
        }
        let key = |token: &str| (kind.vendor(), token.to_owned());
        if let Some(refresh) = self.issued.get_mut(&key(credential)) {
            refresh.state = State::Used;
        }
        let session = self.sessions.get(credential);
        let access = session.map(|session| key(&session.access_token));
        if let Some(access) = access.and_then(|key| self.issued.get_mut(&key)) {
            access.expires_at = access.expires_at.min(now.saturating_add(grace));
        }
    }
}

/// Whether a scope is listed twice.
pub(crate) fn has_twice(scopes: &[&str]) -> bool {
    let mut seen = HashSet::new();
    !scopes.iter().all(|scope| seen.insert(scope))
}

/// Rounded up, so that a token granted just now has its whole lifetime.
pub(crate) fn seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}
