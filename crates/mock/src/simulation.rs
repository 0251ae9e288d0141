use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use openplat_core::OperationMeta;
use serde_json::Value;
use sha1::{Digest, Sha1};
use tokio::time::Instant;

use crate::Shared;
use crate::dialect::{Ask, DIALECTS, Dialect, Failure, Grant, Service};
use crate::limit::{Admission, BAN, RateLimit, Window};
use crate::pattern::{Pattern, path_values};
use crate::push::{Hub, Peer, Push};
use crate::queue::{Matcher, Queue, Source};
use crate::recorded::{Endpoint, Recorded, Records};
use crate::reply::{Content, JSON, Reply};
use crate::tokens::{TokenKind, Tokens};
use crate::wire::Outgoing;

/// The number of registered routes that an unknown request is told about.
const NEARBY: usize = 5;

/// All that a platform knows.
pub(crate) struct Simulation {
    routes: Vec<Registered>,
    pub(crate) recorded: Records,
    pub(crate) tokens: Tokens,
    pub(crate) hub: Hub,
    /// When an address that is banned is heard again.
    banned_until: Duration,
    started: Instant,
    advanced: Duration,
}

/// A route as the platform sees it.
struct Registered {
    pattern: Pattern,
    dialect: &'static dyn Dialect,
    meta: Option<&'static OperationMeta>,
    example: &'static str,
    /// The first takes all requests that no other one takes.
    queues: Vec<Queue>,
    window: Option<Window>,
    needs_token: bool,
}

/// A request on its way through the platform.
struct Visit {
    dialect: &'static dyn Dialect,
    log_id: String,
    route: Option<usize>,
    service: Option<Service>,
}

impl Visit {
    fn failure(&self, failure: &Failure) -> Response<Bytes> {
        json(failure.status, self.dialect.failure(failure, &self.log_id).to_string())
    }
}

/// The verdict on a request before any reply is looked for.
enum Entry {
    Refused(Outgoing),
    Admitted(Visit, Vec<(usize, Matcher)>),
}

impl Default for Simulation {
    fn default() -> Self {
        Self {
            routes: Vec::new(),
            recorded: Records::default(),
            tokens: Tokens::default(),
            hub: Hub::default(),
            banned_until: Duration::ZERO,
            started: Instant::now(),
            advanced: Duration::ZERO,
        }
    }
}

impl Shared {
    /// Takes a request and says what leaves in response. The functions that a test gave are called
    /// without the lock.
    pub(crate) fn receive(&self, head: Parts, body: Bytes) -> Outgoing {
        let (entry, request) = self.lock().enter(Recorded::new(head, body));
        let (visit, matchers) = match entry {
            Entry::Refused(outgoing) => return outgoing,
            Entry::Admitted(visit, matchers) => (visit, matchers),
        };
        let matching = matchers.into_iter().filter(|(_, matches)| matches(&request));
        let matching: Vec<_> = matching.map(|(queue, _)| queue).collect();
        let source = self.lock().take(&visit, &matching);
        let reply = match source {
            Source::Reply(reply) => reply,
            Source::Computed(respond) => respond(&request),
        };
        self.lock().finish(&visit, reply, &request)
    }
}

impl Simulation {
    pub(crate) fn register(
        &mut self,
        pattern: Pattern,
        dialect: &'static dyn Dialect,
        meta: Option<&'static OperationMeta>,
        example: Option<&'static str>,
    ) -> usize {
        self.find(&pattern).unwrap_or_else(|| {
            let dialect = dialect.at(pattern.template());
            let example = example.unwrap_or_else(|| dialect.empty_success());
            let (queues, window) = (vec![Queue::default()], None);
            let needs_token = true;
            self.routes.push(Registered {
                pattern,
                dialect,
                meta,
                example,
                queues,
                window,
                needs_token,
            });
            self.routes.len() - 1
        })
    }

    pub(crate) fn find(&self, pattern: &Pattern) -> Option<usize> {
        self.routes.iter().position(|route| route.pattern.is_same(pattern))
    }

    pub(crate) fn pattern(&self, route: usize) -> Option<String> {
        self.routes.get(route).map(|route| route.pattern.to_string())
    }

    pub(crate) fn queue(&mut self, route: usize, queue: usize) -> Option<&mut Queue> {
        self.routes.get_mut(route)?.queues.get_mut(queue)
    }

    /// Adds a queue for those requests of the queue `of` that match.
    pub(crate) fn add_queue(&mut self, route: usize, of: usize, matches: Matcher) -> usize {
        let Some(route) = self.routes.get_mut(route) else { return of };
        let wider = route.queues.get(of).and_then(|queue| queue.matches.clone());
        let matches: Matcher = match wider {
            Some(wider) => Arc::new(move |request| wider(request) && matches(request)),
            None => matches,
        };
        route.queues.push(Queue::for_matching(matches));
        route.queues.len() - 1
    }

    pub(crate) fn limit(&mut self, route: usize, limit: RateLimit) {
        if let Some(route) = self.routes.get_mut(route) {
            route.window = Some(Window::new(limit));
        }
    }

    pub(crate) fn waive_token(&mut self, route: usize) {
        if let Some(route) = self.routes.get_mut(route) {
            route.needs_token = false;
        }
    }

    pub(crate) fn calls(&self, route: usize, queue: usize) -> usize {
        let queues = self.routes.get(route).map(|route| &route.queues[..]).unwrap_or_default();
        match queue {
            0 => queues.iter().map(|queue| queue.calls).sum(),
            queue => queues.get(queue).map_or(0, |queue| queue.calls),
        }
    }

    /// The time since the platform's start.
    pub(crate) fn now(&self) -> Duration {
        // A start taken under a paused clock can be in the future of another thread's.
        Instant::now().saturating_duration_since(self.started).saturating_add(self.advanced)
    }

    pub(crate) fn advance(&mut self, duration: Duration) {
        self.advanced = self.advanced.saturating_add(duration);
        self.hub.wake();
    }

    pub(crate) fn ban(&mut self, duration: Duration) {
        self.banned_until = self.now().saturating_add(duration);
    }

    pub(crate) fn revoke(&mut self, kinds: &[TokenKind]) {
        kinds.iter().for_each(|kind| self.tokens.revoke(*kind));
    }

    pub(crate) fn rotate(&mut self, kinds: &[TokenKind]) {
        kinds.iter().for_each(|kind| self.tokens.rotate(*kind));
    }

    /// Records a request and admits it, unless its address, its token or a limit stands against it.
    fn enter(&mut self, mut request: Recorded) -> (Entry, Recorded) {
        let now = self.now();
        request = request.at(now);
        let log_id = format!("mock-{:06}", self.recorded.len() + 1);
        let route = self.route(&mut request);
        let service = service(&mut request);
        request.endpoint = match (&service, route) {
            (Some((_, Service::Grant(_))), _) => Endpoint::Token,
            (Some((_, Service::Address | Service::Upgrade)), _) => Endpoint::Connection,
            (None, Some(route)) => Endpoint::Route(route),
            (None, None) => Endpoint::Unknown,
        };
        self.recorded.push(request.clone());
        self.hub.changed.send_replace(());
        let of_route = route.and_then(|route| self.routes.get(route)).map(|route| route.dialect);
        let Some(dialect) = of_route.or(service.map(|(dialect, _)| dialect)) else {
            return (Entry::Refused(self.unknown(&request)), request);
        };
        let visit = Visit { dialect, log_id, route, service: service.map(|(_, service)| service) };
        let refusal = self.refusal(&visit, &request, now);
        let entry = match refusal {
            Some(refusal) => Entry::Refused(self.finish(&visit, refusal, &request)),
            None => {
                let matchers = self.matchers(route);
                Entry::Admitted(visit, matchers)
            }
        };
        (entry, request)
    }

    /// The most specific route that a request belongs to.
    fn route(&self, request: &mut Recorded) -> Option<usize> {
        let matching = self.routes.iter().enumerate().filter_map(|(index, route)| {
            let values = route.pattern.matches(&request.method, request.path())?;
            Some((index, &route.pattern, values))
        });
        let (index, _, values) = matching.min_by(|(_, a, _), (_, b, _)| a.cmp_specificity(b))?;
        request.path_values = values;
        Some(index)
    }

    fn refusal(&mut self, visit: &Visit, request: &Recorded, now: Duration) -> Option<Reply> {
        if now < self.banned_until
            && let Some(ban) = visit.dialect.banned()
        {
            return Some(ban);
        }
        let route = visit.route.and_then(|route| self.routes.get(route));
        if visit.service.is_none() && route.is_none_or(|route| route.needs_token) {
            let refused = self.token_refused(visit.dialect, request, now);
            if let Some(failure) = refused {
                return Some(failure.into());
            }
        }
        let window = self.routes.get_mut(visit.route?)?.window.as_mut()?;
        let limit = window.limit;
        let (reset, ban) = match window.admit(now) {
            Admission::Granted => return None,
            Admission::Refused(reset) => (reset, None),
            Admission::Banned(reset) => (reset, visit.dialect.banned()),
        };
        if ban.is_some() {
            self.ban(BAN);
        }
        Some(ban.unwrap_or_else(|| visit.dialect.throttled(&limit, reset)))
    }

    fn token_refused(
        &mut self,
        dialect: &dyn Dialect,
        request: &Recorded,
        now: Duration,
    ) -> Option<Failure> {
        let token = dialect.token(request);
        let text = token.and_then(|token| std::str::from_utf8(token).ok()).unwrap_or_default();
        let issued = self.tokens.look_up(dialect.vendor(), text, now);
        if issued.is_some_and(|issued| issued.is_honored()) {
            return None;
        }
        Some(dialect.token_refused(token, issued))
    }

    fn matchers(&self, route: Option<usize>) -> Vec<(usize, Matcher)> {
        let queues = route.and_then(|route| self.routes.get(route)).map(|route| &route.queues[..]);
        let queues = queues.unwrap_or_default().iter().enumerate();
        queues.filter_map(|(index, queue)| Some((index, queue.matches.clone()?))).collect()
    }

    /// The next reply of the first queue among `matching` that has one, or of the queue for all
    /// requests.
    fn take(&mut self, visit: &Visit, matching: &[usize]) -> Source {
        let example = || Source::Reply(Reply::example());
        let Some(route) = visit.route.and_then(|route| self.routes.get_mut(route)) else {
            return example();
        };
        for index in matching {
            if let Some(source) = route.queues.get_mut(*index).and_then(Queue::take) {
                return source;
            }
        }
        let Some(first) = route.queues.first_mut() else { return example() };
        first.take().unwrap_or_else(|| {
            first.calls += 1;
            example()
        })
    }

    fn success(&self, visit: &Visit, data: &Value) -> Value {
        let meta = visit.route.and_then(|route| self.routes.get(route)?.meta);
        visit.dialect.success(data, meta.is_some_and(OperationMeta::is_whole_body))
    }

    /// Puts a reply into the vendor's shape.
    fn finish(&mut self, visit: &Visit, reply: Reply, request: &Recorded) -> Outgoing {
        let (reply, peer) = self.connect(visit, reply, request);
        let mut response = match reply.content {
            Content::Body(body) => Response::new(body),
            Content::Data(data) => json(StatusCode::OK, self.success(visit, &data).to_string()),
            Content::Error { code, message } => {
                let status = self.error_status(visit, &code);
                visit.failure(&Failure { status, code, message, oauth: None })
            }
            Content::Example => match visit.service {
                Some(Service::Grant(grant)) => self.grant(visit, grant, request),
                Some(Service::Upgrade) => switching_protocols(request),
                Some(Service::Address) | None => {
                    let route = visit.route.and_then(|route| self.routes.get(route));
                    json(StatusCode::OK, route.map_or("", |route| route.example))
                }
            },
        };
        if let Some(status) = reply.status {
            *response.status_mut() = status;
        }
        response.headers_mut().extend(reply.headers);
        if let (Some(name), Ok(value)) =
            (visit.dialect.log_id_header(), HeaderValue::from_str(&visit.log_id))
        {
            response.headers_mut().entry(name).or_insert(value);
        }
        let peer = peer.filter(|_| response.status() == StatusCode::SWITCHING_PROTOCOLS);
        Outgoing { response, delay: reply.delay, wire: reply.wire, peer }
    }

    /// Does what an example means on the way to a long connection.
    fn connect(
        &mut self,
        visit: &Visit,
        reply: Reply,
        request: &Recorded,
    ) -> (Reply, Option<Peer>) {
        let is_upgrade = match (&reply.content, visit.service) {
            (Content::Example, Some(Service::Address)) => false,
            (Content::Example, Some(Service::Upgrade)) => true,
            _ => return (reply, None),
        };
        if let Some(mishap) = self.hub.mishap(visit.dialect.busy(is_upgrade)) {
            return (mishap, None);
        }
        if !is_upgrade {
            let address = visit.dialect.address(request, &mut self.hub);
            return (Reply { delay: reply.delay, wire: reply.wire, ..address }, None);
        }
        let peer = self.hub.take_invited(request, visit.dialect.vendor());
        match visit.dialect.upgrade_refused(peer.as_ref(), &self.hub) {
            Some(refusal) => (refusal, None),
            None => (reply, peer),
        }
    }

    fn grant(&mut self, visit: &Visit, grant: Grant, request: &Recorded) -> Response<Bytes> {
        let body = request.json().unwrap_or_default();
        let (path_values, now) = (&request.path_values[..], self.now());
        let granted = grant(&Ask { body: &body, path_values, now }, &mut self.tokens);
        if let Some((app_id, ticket)) = self.tokens.take_wanted_ticket() {
            self.hub.push(Push::ticket(&ticket).app(app_id), now);
        }
        match granted {
            Ok(granted) => json(StatusCode::OK, granted.to_string()),
            Err(failure) => visit.failure(&failure),
        }
    }

    fn error_status(&self, visit: &Visit, code: &str) -> StatusCode {
        if let Some(Service::Address) = visit.service {
            return visit.dialect.address_error_status();
        }
        let route = visit.route.and_then(|route| self.routes.get(route));
        let meta = route.and_then(|route| route.meta);
        let status = meta.and_then(|meta| meta.code(code)).map(|meta| meta.status());
        let status = status.and_then(|status| StatusCode::from_u16(status).ok());
        status.unwrap_or_else(|| visit.dialect.error_status())
    }

    /// Says how to register what was asked for. Clients quote the first 200 characters, up to the
    /// first quotation mark or brace.
    fn unknown(&self, request: &Recorded) -> Outgoing {
        let (method, path) = (&request.method, request.path());
        let vendor = if path.starts_with("/open-apis/") { DIALECTS[0] } else { DIALECTS[1] };
        let mut text = format!(
            "openplat-mock: no route for {method} {path}. Register it: mock.on::<Operation>() or \
             mock.on_path::<{}>(Method::{method}, ..)\n",
            vendor.type_name(),
        );
        let mut routes: Vec<_> = self.routes.iter().map(|route| &route.pattern).collect();
        routes.sort_by_key(|pattern| std::cmp::Reverse(pattern.nearness(path)));
        text.push_str(if routes.is_empty() { "Nothing is registered.\n" } else { "Registered:\n" });
        for pattern in routes.iter().take(NEARBY) {
            text.push_str(&format!("  {pattern}\n"));
        }
        if let more @ 1.. = routes.len().saturating_sub(NEARBY) {
            text.push_str(&format!("  and {more} more\n"));
        }
        Outgoing::text(StatusCode::NOT_FOUND, text)
    }
}

fn json(status: StatusCode, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// The service that a request asks for, if the platform offers one at its path.
fn service(request: &mut Recorded) -> Option<(&'static dyn Dialect, Service)> {
    match request.method {
        Method::POST => address(request).or_else(|| grant(request)),
        Method::GET => {
            let path = request.path();
            let dialect = DIALECTS.into_iter().find(|dialect| dialect.upgrade_path() == path)?;
            Some((dialect, Service::Upgrade))
        }
        _ => None,
    }
}

fn address(request: &Recorded) -> Option<(&'static dyn Dialect, Service)> {
    let path = request.path();
    let dialect = DIALECTS.into_iter().find(|dialect| dialect.endpoint() == path)?;
    Some((dialect, Service::Address))
}

fn grant(request: &mut Recorded) -> Option<(&'static dyn Dialect, Service)> {
    let grants = DIALECTS.into_iter().flat_map(|dialect| {
        dialect.grants().iter().map(move |(template, grant)| (dialect, *template, *grant))
    });
    for (dialect, template, grant) in grants {
        if let Some(values) = path_values(template, request.path()) {
            // A route of the test may call the parameters by other names.
            if request.path_values.is_empty() {
                request.path_values = values;
            }
            return Some((dialect, Service::Grant(grant)));
        }
    }
    None
}

/// The handshake of WebSocket from the server's side.
fn switching_protocols(request: &Recorded) -> Response<Bytes> {
    let has = |name: HeaderName, value: &str| {
        let found = request.header(name.as_str()).unwrap_or_default();
        found.split(',').any(|found| found.trim().eq_ignore_ascii_case(value))
    };
    let key = request.header(SEC_WEBSOCKET_KEY.as_str()).unwrap_or_default();
    let is_handshake = has(CONNECTION, "upgrade")
        && has(UPGRADE, "websocket")
        && has(SEC_WEBSOCKET_VERSION, "13")
        && BASE64_STANDARD.decode(key).is_ok_and(|key| key.len() == 16);
    if !is_handshake {
        let text = "openplat-mock: this is not the handshake of a WebSocket\n".to_owned();
        return Outgoing::text(StatusCode::BAD_REQUEST, text).response;
    }
    let accept = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = BASE64_STANDARD.encode(Sha1::digest(accept)).try_into() {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    response
}
