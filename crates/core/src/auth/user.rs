//! The tokens of users: OAuth 2.0, as the platforms speak it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokio::time::Instant;

use super::fetch::{LONGEST_LIFETIME, believed, post, unusable};
use super::{Credentials, Token, TokenSource};
use crate::base::{BoxFuture, Panicked, Secret, catch_panic};
use crate::channel::Channel;
use crate::error::{Error, ErrorKind};
use crate::vendor::{TokenMembers, UserGrant};

/// The longest time until the last attempt of an exchange begins. Only an exchange that cannot have
/// been executed is attempted again.
const RETRY_LIMIT: Duration = Duration::from_secs(20);
/// The time for which a pair is kept whose response does not say how long its refresh token lives.
const UNKNOWN_REFRESH_LIFETIME: Duration = LONGEST_LIFETIME.saturating_mul(30);
/// The longest lifetime of a refresh token that is believed.
const LONGEST_REFRESH_LIFETIME: Duration = LONGEST_LIFETIME.saturating_mul(366);

/// The query that a user who logged in brings back to the program.
#[derive(Debug, Clone)]
pub struct CodeExchange {
    code: Secret,
    redirect_uri: Option<String>,
    code_verifier: Option<Secret>,
}

impl CodeExchange {
    /// Creates an exchange of the authorization code: `code` of the query (`authCode` for
    /// DingTalk). The code works once, and for five minutes.
    pub fn new(code: impl Into<Secret>) -> Self {
        Self { code: code.into(), redirect_uri: None, code_verifier: None }
    }

    /// Sets the address the user was sent back to, if the login page was given one. Feishu only.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = Some(uri.into());
        self
    }

    /// Sets the verifier behind the challenge that the login page was given (PKCE, RFC 7636).
    /// Feishu only.
    pub fn code_verifier(mut self, verifier: impl Into<Secret>) -> Self {
        self.code_verifier = Some(verifier.into());
        self
    }
}

impl From<CodeExchange> for UserGrant {
    fn from(exchange: CodeExchange) -> Self {
        Self::Code {
            code: exchange.code,
            redirect_uri: exchange.redirect_uri,
            verifier: exchange.code_verifier,
        }
    }
}

/// The tokens of a user.
///
/// `Serialize` writes the tokens in plain text, so that a program can keep them: whoever reads them may
/// act as the user. Times are seconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserToken {
    /// The token that acts for the user: pass it to `Client::as_user`.
    #[serde(serialize_with = "Secret::serialize_exposed")]
    pub access_token: Secret,
    /// The time at which the tokens were issued.
    #[serde(serialize_with = "write_time", deserialize_with = "read_time")]
    pub issued_at: SystemTime,
    /// The time at which the access token expires.
    #[serde(serialize_with = "write_time", deserialize_with = "read_time")]
    pub expires_at: SystemTime,
    /// The token that gets the next pair of tokens, once. Absent for Feishu unless the user granted
    /// `offline_access`.
    #[serde(default, serialize_with = "write_secret", skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
    /// The time at which the refresh token expires, if the vendor says.
    #[serde(
        default,
        serialize_with = "write_some_time",
        deserialize_with = "read_some_time",
        skip_serializing_if = "Option::is_none"
    )]
    pub refresh_token_expires_at: Option<SystemTime>,
    /// The scopes that the user granted, if the vendor says.
    #[serde(default)]
    pub scopes: Vec<String>,
}

fn seconds(time: &SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn write_time<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(seconds(time))
}

fn write_some_time<S: Serializer>(
    time: &Option<SystemTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    time.as_ref().map(seconds).serialize(serializer)
}

fn write_secret<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(Secret::expose).serialize(serializer)
}

fn read_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
    time_at(u64::deserialize(deserializer)?)
}

fn time_at<E: serde::de::Error>(seconds: u64) -> Result<SystemTime, E> {
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    time.ok_or_else(|| E::custom("a time is out of range"))
}

fn read_some_time<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SystemTime>, D::Error> {
    Option::deserialize(deserializer)?.map(time_at).transpose()
}

impl UserToken {
    /// Creates the tokens of a user who logged in elsewhere, without a refresh token.
    pub fn new(
        access_token: impl Into<Secret>,
        issued_at: SystemTime,
        expires_at: SystemTime,
    ) -> Self {
        Self {
            access_token: access_token.into(),
            issued_at,
            expires_at,
            refresh_token: None,
            refresh_token_expires_at: None,
            scopes: Vec::new(),
        }
    }

    /// Returns the form in which a store keeps the tokens: for as long as they are of use.
    pub(super) fn to_kept(&self) -> Result<Token, Error> {
        // serde's error is not kept: it could quote a token.
        let json = serde_json::to_string(self).map_err(|_| {
            Error::new(ErrorKind::InvalidRequest).with_detail("the user's tokens were not written")
        })?;
        let unknown = self.issued_at.checked_add(UNKNOWN_REFRESH_LIFETIME);
        let refresh_expires_at = self.refresh_token_expires_at.or(unknown);
        let expires_at = match &self.refresh_token {
            Some(_) => refresh_expires_at.unwrap_or(self.expires_at).max(self.expires_at),
            None => self.expires_at,
        };
        Ok(Token::new(json, self.issued_at, expires_at))
    }

    /// Reads what a store kept. What cannot be read was not written by this version.
    pub(super) fn from_kept(kept: &Token) -> Option<Self> {
        serde_json::from_str(kept.value().expose()).ok()
    }
}

/// Exchanges a code for the tokens of a user. A task of its own does it, so that a caller who goes
/// away leaves no half of it.
pub(crate) async fn exchange_code(
    channel: &Arc<Channel>,
    exchange: CodeExchange,
) -> Result<UserToken, Error> {
    let channel = channel.clone();
    detached(async move { request(&channel, exchange.into()).await }).await
}

/// Exchanges a refresh token whose next pair the caller keeps.
pub(crate) async fn refresh_alone(
    channel: &Arc<Channel>,
    refresh_token: Secret,
) -> Result<UserToken, Error> {
    let channel = channel.clone();
    detached(async move { request(&channel, UserGrant::Refresh(refresh_token)).await }).await
}

/// Exchanges the refresh token of a pair for the next pair.
pub(super) async fn refresh(
    channel: &Channel,
    pair: &UserToken,
    refresh_token: Secret,
) -> Result<UserToken, Error> {
    match request(channel, UserGrant::Refresh(refresh_token)).await {
        Ok(mut next) => {
            // A response without a refresh token leaves the one there is in force (RFC 6749).
            if next.refresh_token.is_none() {
                next.refresh_token = pair.refresh_token.clone();
                next.refresh_token_expires_at = pair.refresh_token_expires_at;
            }
            if next.scopes.is_empty() {
                next.scopes = pair.scopes.clone();
            }
            Ok(next)
        }
        Err(error) if is_refusal(&error) => Err(error
            .with_kind(ErrorKind::Unauthenticated)
            .with_detail("the refresh token was rejected; the user has to log in again")),
        Err(error) => Err(error),
    }
}

fn is_refusal(error: &Error) -> bool {
    use ErrorKind::{InvalidRequest, Rejected, Unauthenticated};
    matches!(error.kind(), Rejected | InvalidRequest | Unauthenticated)
        && error.api().is_some_and(|api| api.status() != 0)
}

/// Returns the error for a login that only the user can renew.
pub(super) fn log_in_again(reason: &str) -> Error {
    Error::new(ErrorKind::Unauthenticated)
        .with_detail(format!("the user has to log in again: {reason}"))
}

async fn detached<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    tokio::spawn(work).await.unwrap_or_else(|_| Err(Panicked.into()))
}

async fn request(channel: &Channel, grant: UserGrant) -> Result<UserToken, Error> {
    let (operation, request) = channel.platform.user_token_request(&channel.app, &grant);
    let secrets = match &grant {
        UserGrant::Code { code, verifier, .. } => [Some(code), verifier.as_ref()],
        UserGrant::Refresh(token) => [Some(token), None],
    };
    let secrets: Vec<_> = secrets.into_iter().flatten().collect();
    let issued_at = channel.exchange.clock.now();
    let deadline = Instant::now() + RETRY_LIMIT;
    let reply = post(channel, &request, &secrets, false, deadline).await;
    reply
        .and_then(|(reply, attempts)| {
            read(issued_at, &reply.body)
                .map_err(|error| unusable(channel, &secrets, &reply, error).with_attempts(attempts))
        })
        .map_err(|error| error.with_operation(operation))
}

/// Reads a pair of tokens. Only the access token has to be there: everything else may be
/// missing or odd, while the tokens it came with are spent.
fn read(issued_at: SystemTime, body: &[u8]) -> Result<UserToken, Error> {
    let members = TokenMembers::read(body)?;
    let access_token = members.token(&["access_token", "accessToken"])?;
    let lifetime = believed(members.lifetime(&["expires_in", "expireIn"]));
    let refresh_lifetime = members.lifetime(&["refresh_token_expires_in"]);
    let until = |lifetime| issued_at.checked_add(lifetime);
    Ok(UserToken {
        access_token,
        issued_at,
        expires_at: until(lifetime).unwrap_or(issued_at),
        refresh_token: members
            .text(&["refresh_token", "refreshToken"])
            .filter(|token| !token.is_empty())
            .map(Secret::from),
        refresh_token_expires_at: refresh_lifetime
            .and_then(|lifetime| until(lifetime.min(LONGEST_REFRESH_LIFETIME))),
        scopes: members.words("scope"),
    })
}

/// The login of one user, kept alive: its token is refreshed ahead of time, by one fetch whatever
/// the number of calls, clones and processes.
///
/// The pair of tokens lives in the client's [`TokenStore`](crate::TokenStore). A new pair is stored
/// before it is used, and only the holder of the store's lock refreshes, because a refresh token
/// works a single time. Give the client a store that outlives the process; with the default one,
/// users have to log in again after a restart. A refresh runs in a task of its own, so that a call
/// that is dropped never loses a pair.
///
/// Get one from `Client::user_session`, and pass it to `Client::as_user_with`.
///
/// ```no_run
/// # async fn example(feishu: openplat_core::Client<openplat_core::Feishu>, code: String)
/// # -> Result<(), openplat_core::Error> {
/// use openplat_core::CodeExchange;
///
/// let session = feishu.user_session("account-4711");
/// session.log_in(CodeExchange::new(code)).await?;
/// // From now on, in every process with this token store:
/// let user = feishu.as_user_with(feishu.user_session("account-4711"));
/// # Ok(())
/// # }
/// ```
///
/// [`token`](Credentials::token) fails with [`ErrorKind::Unauthenticated`] if the user has to log in
/// again: nothing is stored, or the refresh token is spent, expired or revoked. It fails with
/// [`ErrorKind::TokenStore`] if the store is unavailable and the current token is used up.
#[derive(Clone)]
pub struct UserSession {
    channel: Arc<Channel>,
    source: Arc<TokenSource>,
}

impl UserSession {
    pub(super) fn new(channel: Arc<Channel>, source: Arc<TokenSource>) -> Self {
        Self { channel, source }
    }

    /// Exchanges an authorization code for the tokens of the user, and stores them before it
    /// returns them. It continues if the caller goes away.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Rejected`] if the code is wrong, expired or used, and
    /// [`ErrorKind::TokenStore`] if the store is unavailable. The session keeps the tokens then, and
    /// its next use stores them.
    pub async fn log_in(&self, exchange: CodeExchange) -> Result<UserToken, Error> {
        let session = self.clone();
        detached(async move {
            let token = request(&session.channel, exchange.into()).await?;
            session.source.take(token.to_kept()?).await?;
            Ok(token)
        })
        .await
        .map_err(Error::logged)
    }

    /// Stores tokens that came from elsewhere, such as another program.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::TokenStore`] if the store is unavailable. The session keeps the tokens
    /// then, and its next use stores them.
    pub async fn save(&self, token: &UserToken) -> Result<(), Error> {
        let (session, kept) = (self.clone(), token.to_kept().map_err(Error::logged)?);
        detached(async move { session.source.take(kept).await }).await.map_err(Error::logged)
    }
}

impl Credentials for UserSession {
    fn token(&self) -> BoxFuture<'_, Result<Secret, Error>> {
        Box::pin(async { Ok(catch_panic(self.source.get()).await??.value.clone()) })
    }

    fn rejected(&self, token: &Secret) {
        self.source.reject_value(token);
    }

    fn owner(&self) -> &str {
        self.source.key().as_str()
    }
}

impl fmt::Debug for UserSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserSession").finish_non_exhaustive()
    }
}
