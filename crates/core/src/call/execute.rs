//! The one place where operations are sent. Nothing here is generic.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::time::Instant;
use tracing::Span;

use super::ending::{Ending, call_span};
use super::options::Options;
use super::{Line, Unsent};
use crate::auth::{Auth, Sent};
use crate::base::{BoxFuture, FOREVER, catch_panic, lock, mask};
use crate::channel::{Channel, in_url};
use crate::codec::Warning;
use crate::error::{ApiError, Error, ErrorKind};
use crate::flow::{Counted, Tries};
use crate::meta::{Meta, Method, Reads};
use crate::metrics::AttemptEnded;
use crate::vendor::{Data, NO_DATA, OLD_TOKEN};
use crate::wire::file::{FileReply, Idle, Rest, Resume, Resumed};
use crate::wire::{Attempt, Body, Encoded, Exchange, JSON, Payload, Received, Reply};

/// A call with all that it needs, its conditions settled.
#[derive(Clone)]
pub(crate) struct Plan {
    channel: Arc<Channel>,
    auth: Auth,
    request: Encoded,
    headers: HeaderMap,
    /// The longest that the call may take; without end for an upload unless its caller says.
    timeout: Duration,
    has_deadline: bool,
    attempt_timeout: Duration,
    retries: bool,
    /// Executing the request twice does no more than executing it once.
    is_safe: bool,
    /// The operation is of the platform's old API.
    is_old: bool,
}

impl Plan {
    /// Settles the conditions: those of the call go before those of the client.
    pub(super) fn new(
        line: Line,
        request: Encoded,
        options: Option<Box<Options>>,
    ) -> Result<Self, Error> {
        let Line { channel, auth, timeout } = line;
        let options = match options {
            Some(options) => *options,
            None => Options::default(),
        };
        options
            .check(|| channel.platform.token_header())
            .map_err(|error| error.with_operation(request.meta.name()))?;
        let is_safe = request.meta.is_idempotent() || request.has_dedupe_key;
        let is_old = channel.platform.is_old(request.meta.path());
        if is_old && has_token(&request.target) {
            return Err(Error::new(ErrorKind::InvalidRequest)
                .with_operation(request.meta.name())
                .with_detail(format!(
                    "the query parameter `{OLD_TOKEN}` is set by the client itself; send another \
                     token with `with_token`"
                )));
        }
        Ok(Self {
            is_old,
            timeout: options.timeout.unwrap_or(timeout).min(FOREVER),
            has_deadline: options.timeout.is_some() || !request.is_upload(),
            attempt_timeout: options
                .attempt_timeout
                .unwrap_or(channel.attempt_timeout.max(options.timeout.unwrap_or_default())),
            retries: options.retries.unwrap_or(true),
            is_safe: options.idempotent.unwrap_or(is_safe),
            headers: options.headers,
            channel,
            auth,
            request,
        })
    }
}

/// Returns `true` if a target has a token of its own.
fn has_token(target: &str) -> bool {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|pair| pair.split('=').next() == Some(OLD_TOKEN))
}

const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// A response that says success.
#[doc(hidden)]
pub struct Success {
    pub(super) meta: Meta,
    channel: Arc<Channel>,
    /// The token that was sent.
    token: HeaderValue,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) attempts: u32,
    /// The whole body; empty for a file.
    pub(super) body: Bytes,
    pub(super) content: Content,
    /// The content is only presumed to be the data.
    is_presumed: bool,
    /// The faults that were overlooked to find the content.
    pub(super) warnings: Vec<Warning>,
    /// The end of the call, if a span or metrics are to be told of it. Boxed, since most calls have
    /// neither.
    pub(super) ending: Option<Box<Ending>>,
}

impl Success {
    /// Ends the call with what came of its output.
    pub(super) fn end(mut self: Box<Self>, error: Option<&Error>) {
        if let Some(ending) = self.ending.take() {
            ending.tell(error);
        }
    }

    pub(super) fn data(&self) -> &[u8] {
        match &self.content {
            Content::Data(data) => data,
            Content::File(_) => &[],
        }
    }

    /// Reads all of the response to find the data, where it was only presumed before. The response
    /// may turn out to be an error.
    #[cold]
    pub(super) fn find_data(&mut self) -> Result<bool, Error> {
        if !std::mem::take(&mut self.is_presumed) {
            return Ok(false);
        }
        let (status, headers, body) = (self.status, self.headers.clone(), self.body.clone());
        let reply = Reply { status, headers, body, received_at: SystemTime::UNIX_EPOCH };
        let Data { json, warnings } = self.channel.platform.read_data(&reply).map_err(|error| {
            let error = error.with_operation(self.meta.name()).with_attempts(self.attempts);
            error.masking(&self.channel.secrets(&self.token))
        })?;
        (self.content, self.warnings) = (Content::Data(json), warnings);
        Ok(true)
    }

    /// Returns the vendor's log ID. Secrets are masked in it: a server can echo there what was sent.
    pub(super) fn log_id(&self) -> Option<String> {
        let headers = match &self.content {
            Content::Data(_) => &self.headers,
            Content::File(file) => &file.headers,
        };
        let log_id = self.channel.exchange.log_id(headers)?;
        let [token, secret] = self.channel.secrets(&self.token);
        let in_url = in_url(&self.token).to_string();
        Some([token, &in_url, secret].iter().fold(log_id, |text, secret| mask(&text, secret)))
    }
}

/// The part of a response that the output is made from.
#[derive(Debug)]
pub(super) enum Content {
    Data(Bytes),
    /// Boxed, since most calls have none.
    File(Box<FileReply>),
}

/// Lets a file that breaks off resume with the same request, unless its caller has asked for a part
/// of it.
fn resume_by(file: &mut FileReply, plan: Plan) {
    file.is_part = plan.headers.contains_key(header::RANGE);
    if !file.is_part {
        file.resume = Some(Arc::new(plan));
    }
}

impl Resume for Plan {
    fn resume(&self, rest: Rest) -> BoxFuture<'_, Result<Resumed, Error>> {
        Box::pin(async move {
            let Rest { first, version, error, breaks } = rest;
            let (now, flow) = (Instant::now(), &self.channel.flow);
            let mut tries = Tries::new(self.is_safe, now, now + self.timeout, self.timeout)
                .after(breaks.saturating_sub(1));
            if !self.retries || !flow.may_retry(&mut tries, &error).await {
                return Err(error);
            }
            let Ok(range) = HeaderValue::from_str(&format!("bytes={first}-")) else {
                return Err(error);
            };
            tracing::debug!(first, "resuming the download");
            let mut plan = self.clone();
            plan.headers.extend([(header::RANGE, range), (header::IF_RANGE, version)]);
            let success = run(&plan).await;
            let mut success =
                success.map_err(|error| error.in_context("while resuming the download"))?;
            let (log_id, attempts) = (success.log_id(), success.attempts);
            let resumed = match success.content {
                Content::File(reply) => Ok(Resumed { reply: *reply, log_id, attempts }),
                Content::Data(_) => Err(error),
            };
            if let Some(ending) = success.ending.take() {
                ending.tell(resumed.as_ref().err());
            }
            resumed
        })
    }
}

/// The story of a call so far, for the error if its time runs out.
struct Story {
    /// `None` for an upload without a limit on its whole time.
    deadline: Option<Instant>,
    sent: AtomicU32,
    /// The number of the last attempt that has ended.
    ended: AtomicU32,
    /// The start of the attempt in flight, if metrics are kept.
    started: Mutex<Option<Instant>>,
    last: Mutex<Option<Error>>,
    /// The number of the call, once someone has asked for it; 0 before.
    call_id: AtomicU64,
}

impl Story {
    fn new(deadline: Option<Instant>) -> Self {
        Self {
            deadline,
            sent: AtomicU32::new(0),
            ended: AtomicU32::new(0),
            started: Mutex::new(None),
            last: Mutex::new(None),
            call_id: AtomicU64::new(0),
        }
    }

    /// Returns the number of times the request was sent.
    fn sent(&self) -> u32 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Returns the number that all attempts of the call share. The attempts of one call follow one
    /// another, so that no one else asks at the same time.
    fn call_id(&self) -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        if self.call_id.load(Ordering::Relaxed) == 0 {
            self.call_id.store(NEXT.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        }
        self.call_id.load(Ordering::Relaxed)
    }

    /// Returns the error of a call that ends between two attempts.
    fn after_last(&self, error: Error) -> Error {
        match lock(&self.last).take() {
            Some(last) => error.with_last(last),
            None => error,
        }
    }
}

/// Makes the future of a call, the only one there is for all types of output.
pub(super) fn start(
    Unsent { line, request, options }: Unsent,
) -> BoxFuture<'static, Result<Box<Success>, Error>> {
    let plan = request.and_then(|request| Plan::new(line, request, options));
    // By reference: a future has room for all that is moved within it, twice.
    Box::pin(async move { run(plan.as_ref().map_err(Error::clone)?).await })
}

async fn run(plan: &Plan) -> Result<Box<Success>, Error> {
    let meta = plan.request.meta.clone();
    let server = plan.channel.server(plan.is_old);
    let span = call_span(meta.id(), meta.method(), Some(meta.path()), server);
    let timeout = if plan.has_deadline { plan.timeout } else { FOREVER };
    let now = Instant::now();
    let deadline = now + timeout;
    let tries = Tries::new(plan.is_safe, now, deadline, plan.timeout);
    let story = Story::new(plan.has_deadline.then_some(deadline));
    let result = {
        // Pinned rather than moved: it is large, and each wrapper would copy it.
        let call = pin!(attempts(plan, tries, &story, &span));
        match tokio::time::timeout_at(deadline, catch_panic(call)).await {
            Ok(Ok(result)) => result,
            Ok(Err(panicked)) => Err(Failure::Call(cut_off(plan, &story, &span, panicked.into()))),
            Err(_) => {
                let error = cut_off(plan, &story, &span, out_of_time(timeout));
                Err(Failure::Call(story.after_last(error)))
            }
        }
    };
    let attempts = story.sent();
    let metrics = &plan.channel.flow.metrics;
    let is_watched = !span.is_disabled() || metrics.is_on();
    let ending = |status, is_own| Ending {
        span,
        metrics: metrics.clone(),
        operation: meta.name(),
        started: now,
        attempts,
        status,
        is_own,
    };
    match result {
        Ok(mut success) => {
            success.attempts = attempts;
            if is_watched {
                success.ending = Some(Box::new(ending(Some(success.status.as_u16()), true)));
            }
            if let Content::File(file) = &mut success.content {
                resume_by(file, plan.clone());
            }
            Ok(success)
        }
        Err(failure) => {
            let (error, is_own) = match failure {
                Failure::Token(error) => (error, false),
                Failure::Call(error) => (error, true),
            };
            let error = error.with_operation(meta.name()).with_attempts(attempts);
            ending(error.status().filter(|_| is_own), is_own).tell(Some(&error));
            Err(error)
        }
    }
}

fn out_of_time(timeout: Duration) -> Error {
    let detail = format!("the call did not finish within {timeout:?}");
    Error::new(ErrorKind::Timeout).with_detail(detail)
}

/// Tells of the attempt in flight, if there is one, which ends with the call.
#[cold]
fn cut_off(plan: &Plan, story: &Story, span: &Span, error: Error) -> Error {
    let number = story.sent();
    let error = for_operation(error, &plan.request.meta).with_attempts(number);
    if number > story.ended.load(Ordering::Relaxed) {
        span.in_scope(|| log_failure(number, &error));
        if let Some(started) = *lock(&story.started) {
            tell(plan, number, started, None, Some(&error));
        }
    }
    error
}

/// Lines between attempts, such as retries, belong to the caller's span.
async fn attempts(
    plan: &Plan,
    mut tries: Tries,
    story: &Story,
    span: &Span,
) -> Result<Box<Success>, Failure> {
    let flow = &plan.channel.flow;
    let counted = Counted { meta: &plan.request.meta, owner: plan.auth.owner() };
    flow.budget.pay_in();
    loop {
        let admitted = flow.admit(&mut tries, Some(counted)).await;
        admitted.map_err(|error| Failure::Call(story.after_last(error)))?;
        let mut attempt = pin!(attempt_with_fresh_token(plan, story));
        // Not by `instrument`, to which the attempt would be moved.
        let attempt = poll_fn(|context| span.in_scope(|| attempt.as_mut().poll(context)));
        let error = match attempt.await {
            Ok(success) => {
                flow.accepted(counted);
                return Ok(success);
            }
            // A fetch has had its own retries, and the operation was not sent.
            Err(Failure::Token(error)) => return Err(Failure::Token(error)),
            Err(Failure::Call(error)) => error,
        };
        flow.learn(&tries, Some(counted), &error);
        *lock(&story.last) = Some(error.clone());
        let may_retry = plan.retries
            && plan.request.is_repeatable()
            && flow.may_retry(&mut tries, &error).await;
        if !may_retry {
            return Err(Failure::Call(error));
        }
    }
}

/// Names the operation and, where its API says more about the code, the kind and the advice.
fn for_operation(error: Error, meta: &Meta) -> Error {
    let known = error.api().and_then(|api| meta.code(api.code()));
    let error = error.with_operation(meta.name());
    match known {
        Some(known) => error.with_kind(known.kind()).with_advice(known.advice()),
        None => error,
    }
}

enum Failure {
    /// The fetch of a token failed. A response that the error speaks of is not the operation's.
    Token(Error),
    Call(Error),
}

/// Makes one attempt. If the vendor rejects the token, replaces it and makes another one: a second
/// rejection is the result, and so is the first if the same token comes again.
async fn attempt_with_fresh_token(plan: &Plan, story: &Story) -> Result<Box<Success>, Failure> {
    let mut token = plan.auth.token(&plan.channel).await.map_err(Failure::Token)?;
    let mut is_replaced = false;
    loop {
        let error = match send(plan, token.header(), story).await {
            Err(error) if error.kind() == ErrorKind::Unauthenticated => error,
            result => return result.map_err(Failure::Call),
        };
        if is_replaced {
            plan.auth.remember_refusal(&token, &plan.request.meta.name());
            return Err(Failure::Call(error));
        }
        // Boxed, since few calls come here: their futures need no room for it.
        let next = Box::pin(next_token(plan, &token)).await.map_err(Failure::Token)?;
        token = next.ok_or(Failure::Call(error))?;
        is_replaced = true;
    }
}

/// Returns a token to replace the rejected one, if there is another and the request is repeatable.
async fn next_token(plan: &Plan, token: &Sent) -> Result<Option<Sent>, Error> {
    let operation = plan.request.meta.name();
    if !plan.auth.reject(token, &operation) || !plan.request.is_repeatable() {
        return Ok(None);
    }
    tracing::info!(openplat.operation = &*operation, "the token was rejected");
    plan.auth.replacement(token, &operation, &plan.channel).await
}

async fn send(plan: &Plan, token: &HeaderValue, story: &Story) -> Result<Box<Success>, Error> {
    let attempt = 1 + story.sent();
    let started = plan.channel.flow.metrics.start();
    if started.is_some() {
        *lock(&story.started) = started;
    }
    let result = send_once(plan, token, story).await.map_err(|error| {
        let error = error.masking(&plan.channel.secrets(token));
        let error = if plan.is_old { error.masking(&[&in_url(token).to_string()]) } else { error };
        for_operation(error, &plan.request.meta).with_attempts(story.sent())
    });
    story.ended.store(story.sent(), Ordering::Relaxed);
    let (status, error) = match &result {
        Ok(success) => {
            log_success(attempt, success.status, || success.log_id());
            (Some(success.status.as_u16()), None)
        }
        Err(error) => {
            log_failure(attempt, error);
            (error.status(), Some(error))
        }
    };
    if let Some(started) = started
        && attempt == story.sent()
    {
        tell(plan, attempt, started, status, error);
    }
    result
}

#[cold]
fn tell(plan: &Plan, number: u32, started: Instant, status: Option<u16>, error: Option<&Error>) {
    let meta = &plan.request.meta;
    plan.channel.flow.metrics.tell(|metrics| {
        metrics.attempt_ended(&AttemptEnded {
            operation: meta.id(),
            method: meta.method(),
            path_template: meta.path(),
            number,
            elapsed: started.elapsed(),
            status,
            error,
        });
    });
}

async fn send_once(plan: &Plan, token: &HeaderValue, story: &Story) -> Result<Box<Success>, Error> {
    let channel = &*plan.channel;
    let exchange = &channel.exchange;
    let Encoded { meta, body, .. } = &plan.request;
    let mut idle = None;
    let (body, content_type) = match body {
        Some(Payload::Json(json)) => (Body::from(json.clone()), Some(JSON)),
        Some(Payload::Form(form)) => {
            let idle = idle.insert(Idle::new(exchange.idle_timeout));
            (form.body(idle).await?, form.content_type())
        }
        // Without it, Feishu does not say what a file is called.
        None if meta.is_download() => (Body::default(), Some(JSON)),
        None => (Body::default(), None),
    };
    let request = request(plan, token, story, body, content_type)?;
    if meta.is_download() {
        return match exchange.download(request, plan.attempt_timeout).await? {
            Received::File(file) => Ok(success_with_file(plan, token, file)),
            Received::Reply(reply) => Err(no_file(&reply, channel)),
            Received::Unsure(reply, file) => {
                // Its words may be a user's, if it was a file after all.
                channel.platform.check_file(&reply).map_err(Error::without_excerpt)?;
                Ok(success_with_file(plan, token, file))
            }
        };
    }
    let reply = match &idle {
        Some(idle) => exchange.upload(request, idle).await?,
        None => exchange.send(request, plan.attempt_timeout).await?,
    };
    read(plan, token, reply)
}

/// Returns the request of one attempt.
fn request(
    plan: &Plan,
    token: &HeaderValue,
    story: &Story,
    body: Body,
    content_type: Option<HeaderValue>,
) -> Result<http::Request<Body>, Error> {
    let channel = &*plan.channel;
    let exchange = &channel.exchange;
    let Encoded { meta, target, .. } = &plan.request;
    let method = meta.method().into();
    let mut request = match plan.is_old {
        false => exchange.request(method, target, body, content_type)?,
        true => Exchange::request_to(method, channel.old_url(target, token), body, content_type)?,
    };
    let number = 1 + story.sent.fetch_add(1, Ordering::Relaxed);
    if exchange.shows_attempts {
        let (operation, template) = (meta.name(), meta.template());
        let attempt = Attempt::new(operation, template, number, story.call_id(), story.deadline);
        request.extensions_mut().insert(attempt);
    }
    let headers = request.headers_mut();
    if !plan.is_old {
        headers.insert(channel.platform.token_header(), token.clone());
    }
    if !plan.headers.is_empty() {
        headers.extend(plan.headers.clone());
    }
    if meta.is_download() {
        // A file shall arrive as it is stored, and with its length.
        headers.insert(header::ACCEPT_ENCODING, IDENTITY);
    }
    Ok(request)
}

fn read(plan: &Plan, token: &HeaderValue, reply: Reply) -> Result<Box<Success>, Error> {
    let Plan { channel, is_old, request: Encoded { meta, .. }, .. } = plan;
    let presumed = match meta.reads() {
        Reads::Data if !*is_old => channel.platform.presumed_data(&reply.body),
        _ => None,
    };
    let data = match presumed.clone() {
        Some(range) => reply.body.slice(range).into(),
        None if is_done(&reply, meta) => NO_DATA.into(),
        None if *is_old => channel.platform.read_old_data(&reply)?,
        None => channel.platform.read_data(&reply)?,
    };
    let Data { json, warnings } = match meta.reads() {
        Reads::WholeBody => reply.body.clone().into(),
        Reads::Data | Reads::File => data,
    };
    Ok(Box::new(Success {
        meta: meta.clone(),
        channel: channel.clone(),
        token: token.clone(),
        status: reply.status,
        headers: reply.headers,
        attempts: 0,
        body: reply.body,
        content: Content::Data(json),
        is_presumed: presumed.is_some(),
        warnings,
        ending: None,
    }))
}

/// Returns `true` if an empty body is all that a success has to say, in any vendor's format.
fn is_done(reply: &Reply, meta: &Meta) -> bool {
    let has_no_content = reply.status == StatusCode::NO_CONTENT;
    let is_deleted = reply.status.is_success() && meta.method() == Method::Delete;
    reply.body.is_empty() && (has_no_content || is_deleted)
}

fn success_with_file(plan: &Plan, token: &HeaderValue, file: FileReply) -> Box<Success> {
    Box::new(Success {
        meta: plan.request.meta.clone(),
        channel: plan.channel.clone(),
        token: token.clone(),
        status: file.status,
        headers: HeaderMap::new(),
        attempts: 0,
        body: Bytes::new(),
        content: Content::File(Box::new(file)),
        is_presumed: false,
        warnings: Vec::new(),
        ending: None,
    })
}

/// Returns the error of a response to a request for a file whose status is no success.
fn no_file(reply: &Reply, channel: &Channel) -> Error {
    channel.platform.read_data(reply).err().unwrap_or_else(|| {
        let api = ApiError {
            status: reply.status.as_u16(),
            log_id: channel.exchange.log_id(&reply.headers),
            ..ApiError::default()
        };
        Error::new(ErrorKind::Decode)
            .with_detail("the response contains neither a file nor an error")
            .with_api(api)
    })
}

pub(super) fn log_success(
    attempt: u32,
    status: StatusCode,
    log_id: impl FnOnce() -> Option<String>,
) {
    tracing::debug!(
        http.request.resend_count = i64::from(attempt) - 1,
        http.response.status_code = i64::from(status.as_u16()),
        openplat.log_id = log_id(),
        "an attempt succeeded"
    );
}

pub(super) fn log_failure(attempt: u32, error: &Error) {
    tracing::debug!(
        http.request.resend_count = i64::from(attempt) - 1,
        http.response.status_code = error.status().map(i64::from),
        openplat.code = error.code_text(),
        openplat.log_id = error.api().and_then(ApiError::log_id),
        error.r#type = ?error.kind(),
        "an attempt failed"
    );
}
