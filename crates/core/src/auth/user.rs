//! The tokens of Feishu's users: OAuth 2.0, as the platform speaks it.

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::fetch::post;
use crate::base::Secret;
use crate::channel::Channel;
use crate::codec;
use crate::error::{Error, ErrorKind};

const OPERATION: &str = "authen.v2.oauth.token";
const PATH: &str = "/open-apis/authen/v2/oauth/token";
const TIMEOUT: Duration = Duration::from_secs(30);

/// What a user who came back from the consent page brings along.
#[derive(Debug, Clone)]
pub struct CodeExchange {
    code: Secret,
    redirect_uri: Option<String>,
    code_verifier: Option<Secret>,
}

impl CodeExchange {
    /// The `code` of the page's query. It can be used once, and for five minutes.
    pub fn new(code: impl Into<Secret>) -> Self {
        Self { code: code.into(), redirect_uri: None, code_verifier: None }
    }

    /// The address the user was sent back to, if the consent page was given one.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = Some(uri.into());
        self
    }

    /// The verifier behind the challenge that the consent page was given (PKCE, RFC 7636).
    pub fn code_verifier(mut self, verifier: impl Into<Secret>) -> Self {
        self.code_verifier = Some(verifier.into());
        self
    }
}

/// The tokens of a user.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UserToken {
    /// Acts for the user: pass it to `Client::as_user`.
    pub access_token: Secret,
    /// How long the access token works, from now on.
    pub expires_in: Duration,
    /// Gets the next pair of tokens, once. Only there if the user granted `offline_access`.
    pub refresh_token: Option<Secret>,
    /// How long the refresh token works, from now on.
    pub refresh_token_expires_in: Option<Duration>,
    /// The scopes that the user granted.
    pub scopes: Vec<String>,
}

pub(crate) async fn exchange_code(
    channel: &Channel,
    exchange: CodeExchange,
) -> Result<UserToken, Error> {
    let mut body = Map::new();
    body.insert("grant_type".into(), "authorization_code".into());
    body.insert("code".into(), exchange.code.expose().into());
    if let Some(uri) = exchange.redirect_uri {
        body.insert("redirect_uri".into(), uri.into());
    }
    if let Some(verifier) = &exchange.code_verifier {
        body.insert("code_verifier".into(), verifier.expose().into());
    }
    user_token(channel, body).await
}

pub(crate) async fn refresh(channel: &Channel, refresh_token: &Secret) -> Result<UserToken, Error> {
    let mut body = Map::new();
    body.insert("grant_type".into(), "refresh_token".into());
    body.insert("refresh_token".into(), refresh_token.expose().into());
    user_token(channel, body).await
}

async fn user_token(channel: &Channel, mut body: Map<String, Value>) -> Result<UserToken, Error> {
    let app = &channel.app;
    body.insert("client_id".into(), json!(app.id));
    body.insert("client_secret".into(), json!(app.secret.expose()));
    let body = Bytes::from(Value::Object(body).to_string());
    let deadline = Instant::now() + TIMEOUT;
    let reply = post(channel, PATH, body, false, deadline).await;
    reply.and_then(|reply| read(&reply.body)).map_err(|error| error.with_operation(OPERATION))
}

fn read(body: &[u8]) -> Result<UserToken, Error> {
    #[derive(Deserialize)]
    struct TokenAnswer {
        access_token: String,
        expires_in: u64,
        refresh_token: Option<String>,
        refresh_token_expires_in: Option<u64>,
        scope: Option<String>,
    }
    let token: TokenAnswer = codec::from_slice(body)
        .map_err(|error| Error::new(ErrorKind::Decode).with_cause(&error))?;
    Ok(UserToken {
        access_token: token.access_token.into(),
        expires_in: Duration::from_secs(token.expires_in),
        refresh_token: token.refresh_token.map(Secret::from),
        refresh_token_expires_in: token.refresh_token_expires_in.map(Duration::from_secs),
        scopes: token.scope.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
    })
}
