use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::Shared;
use crate::limit::RateLimit;
use crate::queue::{Queue, Source};
use crate::recorded::{Endpoint, Recorded};
use crate::reply::Reply;

/// The replies to the requests of one operation or path. See
/// [`MockPlatform::on`](crate::MockPlatform::on) and
/// [`MockPlatform::on_path`](crate::MockPlatform::on_path).
///
/// Each method that names a reply adds it to a queue. Replies are given in the order in which they
/// were added. The last one repeats until another is added, unless [`times`](Self::times) limits it.
/// A route without replies, or whose replies are used up, gives the documented example. A request
/// that is refused, for its token or by a limit, takes no reply.
#[derive(Clone)]
pub struct Route {
    shared: Shared,
    index: usize,
    /// The queue of replies: 0 is the one for all requests.
    queue: usize,
}

impl Route {
    pub(crate) fn new(shared: Shared, index: usize) -> Self {
        Self { shared, index, queue: 0 }
    }

    /// Adds the documented example, or an empty success if none is known.
    pub fn example(self) -> Self {
        self.respond(Reply::example())
    }

    /// Adds a success with this data; see [`Reply::data`].
    pub fn data(self, data: Value) -> Self {
        self.respond(Reply::data(data))
    }

    /// Adds the vendor's error `code`, with the HTTP status that the operation documents for it, or
    /// 400.
    pub fn error(self, code: &str) -> Self {
        self.respond(Reply::error(code))
    }

    /// Adds an [`error`](Self::error) with this message.
    pub fn error_message(self, code: &str, message: impl Into<String>) -> Self {
        self.respond(Reply::error_message(code, message))
    }

    /// Adds this reply.
    pub fn respond(self, reply: Reply) -> Self {
        self.add(Source::Reply(reply))
    }

    /// Adds the replies that `respond` computes from requests. Unless [`times`](Self::times) limits
    /// it or another reply follows, it computes all replies from here on.
    ///
    /// The platform is not locked meanwhile, so that `respond` can use it. As long as the route has
    /// `respond`, a handle of the platform in it keeps the platform running.
    pub fn respond_with<F>(self, respond: F) -> Self
    where
        F: Fn(&Recorded) -> Reply + Send + Sync + 'static,
    {
        self.add(Source::Computed(Arc::new(respond)))
    }

    fn add(self, source: Source) -> Self {
        self.with_queue(|queue| queue.push(source));
        self
    }

    /// Limits the reply that was added last: it is given `times` times. Replies that follow come
    /// after that. Has no effect on a route without replies.
    pub fn times(self, times: u32) -> Self {
        self.with_queue(|queue| queue.limit_last(times));
        self
    }

    /// Returns a route for those requests of this one that `matches`, with a queue of its own.
    ///
    /// It goes before this route as long as it has replies left; of several, the one that was
    /// created first.
    pub fn when<F>(&self, matches: F) -> Self
    where
        F: Fn(&Recorded) -> bool + Send + Sync + 'static,
    {
        let queue = self.shared.lock().add_queue(self.index, self.queue, Arc::new(matches));
        Self { queue, ..self.clone() }
    }

    /// Returns a route for the requests with this value in the query. See [`when`](Self::when).
    pub fn when_query(&self, name: &str, value: &str) -> Self {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.when(move |request| request.query_value(&name).as_ref() == Some(&value))
    }

    /// Returns a route for the requests with this value of a header. See [`when`](Self::when).
    pub fn when_header(&self, name: &str, value: &str) -> Self {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.when(move |request| request.header(&name) == Some(&value))
    }

    /// Returns a route for the requests with this value, decoded, of a parameter in the path. See
    /// [`when`](Self::when).
    pub fn when_path(&self, name: &str, value: &str) -> Self {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.when(move |request| request.path_value(&name) == Some(&value))
    }

    /// Returns a route for the requests with this value in their JSON body, at a JSON pointer such
    /// as `/user/id`. See [`when`](Self::when).
    pub fn when_json(&self, pointer: &str, value: impl Into<Value>) -> Self {
        let (pointer, value) = (pointer.to_owned(), value.into());
        self.when(move |request| {
            request.json().is_ok_and(|body| body.pointer(&pointer) == Some(&value))
        })
    }

    /// Sets the limit on the requests of the whole route.
    pub fn rate_limit(self, limit: RateLimit) -> Self {
        self.shared.lock().limit(self.index, limit);
        self
    }

    /// Accepts requests of the whole route without a token, such as those of an upload to a signed
    /// address, which a storage behind the platform takes.
    pub fn without_token(self) -> Self {
        self.shared.lock().waive_token(self.index);
        self
    }

    /// Returns how many requests got a reply of this route: of this queue, if the route comes from
    /// [`when`](Self::when), otherwise of any. Refused requests do not count.
    pub fn calls(&self) -> usize {
        self.shared.lock().calls(self.index, self.queue)
    }

    /// Returns the requests of the whole route in the order of their arrival, refused or not.
    pub fn requests(&self) -> Vec<Recorded> {
        let endpoint = Endpoint::Route(self.index);
        self.shared.lock().recorded.matching(|known| known == endpoint)
    }

    fn with_queue(&self, change: impl FnOnce(&mut Queue)) {
        if let Some(queue) = self.shared.lock().queue(self.index, self.queue) {
            change(queue);
        }
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pattern = self.shared.lock().pattern(self.index);
        f.debug_struct("Route").field("pattern", &pattern).finish_non_exhaustive()
    }
}
