//! The way to one vendor as one app: what all clones and tenants of a client share.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::future::{self, Either};
use http::response::Parts;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use tokio::time::Instant;

use crate::body::{Body, ReadError};
use crate::clock::Clock;
use crate::error::{ApiError, Error, ErrorKind};
use crate::file::{FileAnswer, Idle};
use crate::parts::JSON;
use crate::retry::{RetryBudget, RetryPolicy, Verdict};
use crate::secret::Secret;
use crate::token::{Token, TokenKey, TokenSource, TokenStore};
use crate::transport::Transport;
use crate::vendor::{Grant, Platform};

/// How long the fetch of a token may take, its retries included.
const FETCH_TIMEOUT: Duration = Duration::from_secs(30);
/// What tells the key of a ticket from those of tokens.
const TICKET: &str = "ticket";
/// Tickets are pushed every hour, and the last one counts until then.
const TICKET_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) struct Channel {
    pub(crate) platform: &'static dyn Platform,
    pub(crate) app: App,
    pub(crate) base_url: String,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) store: Arc<dyn TokenStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) policy: RetryPolicy,
    pub(crate) budget: RetryBudget,
    pub(crate) attempt_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) max_answer_bytes: usize,
    /// The sources of tokens that are in use, so that each token has one.
    pub(crate) sources: Mutex<HashMap<Grant, Weak<TokenSource>>>,
}

/// The credentials of an app.
#[doc(hidden)]
#[derive(Debug)]
pub struct App {
    pub(crate) id: String,
    pub(crate) secret: Secret,
}

/// What comes back where a file was asked for.
pub(crate) enum Received {
    File(FileAnswer),
    Answer(Answer),
}

/// An HTTP answer, read to its end.
#[doc(hidden)]
#[derive(Debug)]
pub struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) received_at: SystemTime,
}

/// No envelope that tells of an error is larger.
const LARGEST_ENVELOPE: usize = 64 * 1024;

/// Whether an answer that should be a file may be the platform's word instead: JSON or another text
/// without the header that comes with files. Gateways do not always say that it is JSON.
fn may_be_envelope(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_text = |name: &str| name.starts_with("text/") || name.contains("json");
    content_type.is_none_or(|name| is_text(&name.to_ascii_lowercase()))
        && !headers.contains_key(header::CONTENT_DISPOSITION)
}

impl Channel {
    /// The one source of the token that `grant` stands for.
    pub(crate) fn source(self: &Arc<Self>, grant: Grant) -> Arc<TokenSource> {
        let parent = grant.parent().map(|parent| self.source(parent));
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = sources.get(&grant).and_then(Weak::upgrade) {
            return source;
        }
        sources.retain(|_, source| source.strong_count() > 0);
        let source = TokenSource::new(self.clone(), grant.clone(), parent);
        sources.insert(grant, Arc::downgrade(&source));
        source
    }

    pub(crate) async fn keep_ticket(&self, ticket: Secret) -> Result<(), Error> {
        let now = self.clock.now();
        let ticket = Token::new(ticket, now, now + TICKET_LIFETIME);
        self.store.put(&self.token_key(TICKET), ticket).await.map_err(|error| {
            Error::new(ErrorKind::Configuration)
                .with_detail("the token store is away, so the ticket was not kept")
                .with_source(error)
        })
    }

    pub(crate) fn token_key(&self, kind: &str) -> TokenKey {
        let kind = format!("{} {kind}", self.platform.name());
        TokenKey::new(&self.base_url, &self.app.id, &self.app.secret, &kind)
    }

    pub(crate) fn request(
        &self,
        method: http::Method,
        target: &str,
        body: Body,
        content_type: Option<HeaderValue>,
    ) -> Result<Request<Body>, Error> {
        // RFC 9110 wants a length wherever the method leads the server to expect a body.
        let expects_body = !matches!(method, http::Method::GET | http::Method::DELETE);
        let mut request =
            Request::builder().method(method).uri(format!("{}{target}", self.base_url));
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        } else if expects_body {
            request = request.header(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        request.body(body).map_err(|error| Error::new(ErrorKind::InvalidRequest).with_source(error))
    }

    /// Sends once, and reads the answer to its end.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Answer, Error> {
        self.within_attempt(self.exchange(request)).await
    }

    /// Sends the body of an upload, which may take as long as it moves.
    pub(crate) async fn upload(
        &self,
        request: Request<Body>,
        idle: &Idle,
    ) -> Result<Answer, Error> {
        let (exchange, expired) = (pin!(self.exchange(request)), pin!(idle.expired()));
        match future::select(exchange, expired).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => Err(Error::new(ErrorKind::Timeout)
                .with_detail(format!("nothing of the upload moved for {:?}", idle.limit()))),
        }
    }

    /// Sends once, and reads the answer if it is not the file that was asked for.
    pub(crate) async fn download(&self, request: Request<Body>) -> Result<Received, Error> {
        self.within_attempt(self.exchange_for_file(request)).await
    }

    async fn within_attempt<T>(
        &self,
        exchange: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        match tokio::time::timeout(self.attempt_timeout, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::new(ErrorKind::Timeout)
                .with_detail(format!("the attempt was given {:?}", self.attempt_timeout))),
        }
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Answer, Error> {
        let (head, body) = self.transport.send(request).await?.into_parts();
        match body.read(self.max_answer_bytes).await {
            Ok(body) => Ok(self.answer(head, body)),
            Err(error) => Err(self.unread(&head, error)),
        }
    }

    async fn exchange_for_file(&self, request: Request<Body>) -> Result<Received, Error> {
        let (head, body) = self.transport.send(request).await?.into_parts();
        if !head.status.is_success() {
            let body = body.read(self.max_answer_bytes).await;
            let body = body.map_err(|error| self.unread(&head, error))?;
            return Ok(Received::Answer(self.answer(head, body)));
        }
        if !may_be_envelope(&head.headers) {
            return Ok(Received::File(self.file(head, body)));
        }
        let (beginning, body) =
            body.peek(LARGEST_ENVELOPE).await.map_err(|error| self.unread(&head, error))?;
        let answer = self.answer(head.clone(), beginning.unwrap_or_default());
        match self.platform.read_data(&answer) {
            // A file of JSON is not in the envelope, or in one without a code.
            Err(error) if error.api().is_some_and(|api| !api.code().is_empty()) => {
                Ok(Received::Answer(answer))
            }
            _ => Ok(Received::File(self.file(head, body))),
        }
    }

    fn answer(&self, head: Parts, body: Bytes) -> Answer {
        let received_at = self.clock.now();
        Answer { status: head.status, headers: head.headers, body, received_at }
    }

    fn file(&self, head: Parts, body: Body) -> FileAnswer {
        let idle = Idle::new(self.idle_timeout);
        FileAnswer { status: head.status, headers: head.headers, body, idle }
    }

    fn unread(&self, head: &Parts, error: ReadError) -> Error {
        let kind = match error {
            ReadError::TooLarge(_) => ErrorKind::Decode,
            ReadError::Broken(_) => ErrorKind::Transfer,
        };
        let api = ApiError {
            status: head.status.as_u16(),
            log_id: self.platform.log_id(&head.headers),
            ..ApiError::default()
        };
        Error::new(kind).with_api(api).with_source(error)
    }

    /// What to do after an attempt failed: nothing, or send again after the wait that has passed
    /// when this returns.
    pub(crate) async fn may_send_again(
        &self,
        error: &Error,
        attempts: u32,
        is_safe: bool,
        deadline: Instant,
    ) -> bool {
        let remaining = deadline.saturating_duration_since(Instant::now());
        match self.policy.verdict(error, attempts, is_safe, remaining) {
            Verdict::GiveUp => false,
            Verdict::SendAgainAfter(_) if !self.budget.take_out() => {
                tracing::warn!("the budget of retries is used up");
                false
            }
            Verdict::SendAgainAfter(wait) => {
                tracing::debug!(attempts, ?wait, "sending again");
                tokio::time::sleep(wait).await;
                true
            }
        }
    }

    /// Fetches a token of the kind that `grant` says.
    pub(crate) async fn fetch_token(
        &self,
        grant: &Grant,
        parent: Option<&Secret>,
    ) -> Result<(Secret, Duration), Error> {
        let ticket = match grant.needs_ticket() {
            true => Some(self.ticket().await?),
            false => None,
        };
        let ticket = ticket.as_ref().map(Token::value);
        let fetch = self.platform.token_request(&self.app, grant, parent, ticket);
        let deadline = Instant::now() + FETCH_TIMEOUT;
        let fetched = self.post(&fetch.path, fetch.body, true, deadline).await;
        match fetched.and_then(|answer| self.platform.read_token(grant, &answer)) {
            Err(error) if self.platform.is_bad_ticket(&error) => {
                self.ask_for_ticket().await;
                Err(error.with_detail("the app ticket was refused; a new one was asked for"))
            }
            token => token,
        }
    }

    /// Sends a request for a token. Neither it nor its answer is ever quoted.
    pub(crate) async fn post(
        &self,
        path: &str,
        body: Bytes,
        is_safe: bool,
        deadline: Instant,
    ) -> Result<Answer, Error> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let request =
                self.request(http::Method::POST, path, body.clone().into(), Some(JSON))?;
            let error = match self.send(request).await {
                Ok(answer) => match self.platform.check(&answer) {
                    Ok(()) => return Ok(answer),
                    Err(error) => error.without_excerpt(),
                },
                Err(error) => error,
            };
            if !self.may_send_again(&error, attempts, is_safe, deadline).await {
                return Err(error.with_attempts(attempts));
            }
        }
    }

    async fn ticket(&self) -> Result<Token, Error> {
        let stored = self.store.get(&self.token_key(TICKET)).await;
        if let Ok(Some(ticket)) = stored {
            return Ok(ticket);
        }
        self.ask_for_ticket().await;
        Err(Error::new(ErrorKind::Configuration).with_detail(
            "there is no ticket of the app yet; the platform was asked to push it. Pass it on \
             with `set_ticket` when it comes in",
        ))
    }

    /// The platform pushes the ticket as an event; its answer to this holds nothing.
    async fn ask_for_ticket(&self) {
        let Some(ask) = self.platform.ticket_request(&self.app) else { return };
        let deadline = Instant::now() + FETCH_TIMEOUT;
        if let Err(error) = self.post(&ask.path, ask.body, true, deadline).await {
            tracing::warn!(%error, "the ticket of the app could not be asked for");
        }
    }
}
