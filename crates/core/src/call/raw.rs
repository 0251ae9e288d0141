//! Calls of endpoints that no crate has an operation for.

use std::borrow::Cow;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::stream::Stream;
use serde::Serialize;
use serde_json::Value;

use super::page::{Turn, Walk};
use super::{Call, Line, Output};
use crate::codec::{Param, Warning};
use crate::error::{Error, ErrorKind};
use crate::meta::{Meta, Method, OperationMeta, is_path};
use crate::wire::Parts;
use crate::wire::file::{Download, Upload};

/// A call of an endpoint by its method and path. See [`Client::raw`](crate::Client::raw).
///
/// It has the client's token, retries, limits and errors like any other call. The output is the
/// `data` of the vendor's envelope as a type of the caller's ([`send`](Self::send)), the whole body
/// ([`send_whole`](Self::send_whole)), or a file ([`download`](Self::download)).
#[derive(Clone)]
#[must_use = "a raw call sends nothing until it is sent and awaited"]
pub struct RawCall {
    line: Line,
    method: Method,
    path: Cow<'static, str>,
    values: Vec<(String, Vec<String>)>,
    query: Vec<(String, String)>,
    dedupe: Option<String>,
    body: RawBody,
    problem: Option<&'static str>,
}

const TWO_BODIES: &str = "the body cannot be both JSON and a form";

#[derive(Clone)]
enum RawBody {
    None,
    Json(Value),
    Form(Vec<(String, Field)>),
}

#[derive(Clone)]
enum Field {
    Text(Vec<String>),
    File(Upload),
}

impl RawCall {
    pub(crate) fn new(line: Line, method: Method, path: Cow<'static, str>) -> Self {
        Self {
            line,
            method,
            path,
            values: Vec::new(),
            query: Vec::new(),
            dedupe: None,
            body: RawBody::None,
            problem: None,
        }
    }

    /// Sets the value of `{name}` in the path. It is percent-encoded, and replaces one that was set
    /// before.
    pub fn value(mut self, name: impl Into<String>, value: impl Param) -> Self {
        self.values.push((name.into(), texts(&value)));
        self
    }

    /// Adds a query parameter: nothing for `None`, once for each value of a list.
    pub fn query(mut self, name: &str, value: impl Param) -> Self {
        self.query.extend(texts(&value).into_iter().map(|value| (name.to_owned(), value)));
        self
    }

    /// Adds an idempotency key as the query parameter `name`: one UUID for all attempts of the
    /// call. The call then counts as idempotent.
    pub fn dedupe_query(mut self, name: impl Into<String>) -> Self {
        self.dedupe = Some(name.into());
        self
    }

    /// Sets the body as JSON.
    ///
    /// The call fails with [`ErrorKind::InvalidRequest`] if the value cannot be written as JSON, or
    /// if the body is a form as well.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        match (serde_json::to_value(body), &self.body) {
            (Ok(_), RawBody::Form(_)) => self.problem = Some(TWO_BODIES),
            (Ok(body), _) => self.body = RawBody::Json(body),
            // The text of the error may quote the value.
            (Err(_), _) => self.problem = Some("the body cannot be written as JSON"),
        }
        self
    }

    /// Adds a field to the body, which becomes a form: nothing for `None`, once for each value of a
    /// list.
    pub fn field(self, name: impl Into<String>, value: impl Param) -> Self {
        let field = Field::Text(texts(&value));
        self.form(name.into(), field)
    }

    /// Adds a file to the body, which becomes a form.
    pub fn file(self, name: impl Into<String>, file: Upload) -> Self {
        self.form(name.into(), Field::File(file))
    }

    fn form(mut self, name: String, field: Field) -> Self {
        match &mut self.body {
            RawBody::None => self.body = RawBody::Form(vec![(name, field)]),
            RawBody::Json(_) => self.problem = Some(TWO_BODIES),
            RawBody::Form(fields) => fields.push((name, field)),
        }
        self
    }

    /// Prepares the call; awaiting it returns the `data` of the response, for DingTalk the whole
    /// body. `T` is any type that can be deserialized, such as [`Value`](serde_json::Value), or
    /// `()`.
    pub fn send<T: Output>(&self) -> Call<T> {
        self.call(self.meta())
    }

    /// Prepares the call; awaiting it returns the whole body of the response, envelope included:
    /// for endpoints that respond outside `data`, as `/open-apis/bot/v3/info` does.
    pub fn send_whole<T: Output>(&self) -> Call<T> {
        self.call(self.meta().whole_body())
    }

    /// Prepares the call; awaiting it returns a file.
    pub fn download(&self) -> Call<Download> {
        self.call(self.meta().downloads())
    }

    /// Returns the pages of a listing as a [`Stream`]. `next` names the page that follows a page,
    /// by the token that is then sent as the query parameter `parameter`, or `None` at the end.
    pub fn pages<T: Output>(
        self,
        parameter: &str,
        next: impl Fn(&T) -> Option<String> + Send + Sync + 'static,
    ) -> RawPages<T> {
        let name = self.meta().id().to_owned();
        RawPages {
            call: self,
            parameter: parameter.to_owned(),
            token: None,
            next: Box::new(next),
            walk: Walk::new(name),
        }
    }

    fn meta(&self) -> OperationMeta {
        OperationMeta::raw(self.method, self.path.clone())
    }

    fn call<T>(&self, meta: OperationMeta) -> Call<T> {
        Call::new(self.line.clone(), self.parts(meta))
    }

    fn parts(&self, meta: OperationMeta) -> Result<Parts, Error> {
        let refuse = |detail: String| {
            let error = Error::new(ErrorKind::InvalidRequest).with_detail(detail);
            Err(error.with_operation(meta.id().to_owned()))
        };
        if let Some(problem) = self.problem {
            return refuse(problem.to_owned());
        }
        // It comes from a program, and perhaps from its user.
        if !is_path(&self.path) {
            return refuse(format!(
                "{:?} is no path: it begins with `/`, has no query, and no segment that is empty \
                 or begins with a dot",
                self.path
            ));
        }
        let names = names(&self.path);
        if let Some((name, _)) = self.values.iter().find(|(name, _)| !names.contains(&&**name)) {
            return refuse(format!("the path `{}` has no value `{name}`", self.path));
        }
        let mut parts = Parts::new(Meta::Shared(Arc::new(meta.clone())));
        for name in names {
            let Some((_, value)) = self.values.iter().rfind(|(given, _)| given == name) else {
                return refuse(format!("the value `{name}` of the path is not set"));
            };
            parts.path(value);
        }
        for (name, value) in &self.query {
            parts.query(name, value);
        }
        if self.dedupe.as_deref() == Some("") {
            return refuse("the idempotency key has no name".to_owned());
        }
        if let Some(name) = &self.dedupe {
            parts.dedupe_query(name, &None, usize::MAX);
        }
        match &self.body {
            RawBody::None => {}
            RawBody::Json(body) => parts.whole_body(body),
            RawBody::Form(fields) => {
                fields.iter().fold(parts.form(), |form, (name, field)| match field {
                    Field::Text(values) => form.field(name, values),
                    Field::File(file) => form.file(name, file),
                });
            }
        }
        Ok(parts)
    }
}

impl fmt::Debug for RawCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawCall")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

fn texts(value: &impl Param) -> Vec<String> {
    let mut texts = Vec::new();
    value.write(&mut |text| texts.push(text.to_owned()));
    texts
}

/// Returns the names in the braces of a path, in their order.
fn names(path: &str) -> Vec<&str> {
    let opened = path.split('{').skip(1);
    opened.filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
}

type Next<T> = Box<dyn Fn(&T) -> Option<String> + Send + Sync>;

/// The pages of a raw call, one after the other: a [`Stream`]. See [`RawCall::pages`].
///
/// It ends as [`Pages`](crate::Pages) does.
#[must_use = "streams do nothing unless polled"]
pub struct RawPages<T> {
    call: RawCall,
    parameter: String,
    token: Option<String>,
    next: Next<T>,
    walk: Walk<T>,
}

impl<T: Output> RawPages<T> {
    /// Sets the most pages that are fetched, as [`Pages::max_pages`](crate::Pages::max_pages) does.
    pub fn max_pages(mut self, pages: usize) -> Self {
        self.walk.set_max_pages(pages);
        self
    }

    /// Sets conditions of the calls that fetch the pages, as
    /// [`Pages::each_call`](crate::Pages::each_call) does.
    pub fn each_call(mut self, set: impl Fn(Call<T>) -> Call<T> + Send + Sync + 'static) -> Self {
        self.walk.each_call(set);
        self
    }

    /// Returns the warnings of the pages that were fetched since the last time, as
    /// [`Pages::take_warnings`](crate::Pages::take_warnings) does.
    pub fn take_warnings(&mut self) -> Vec<Warning> {
        self.walk.take_warnings()
    }

    /// Fetches the next page, for programs that have no use for a [`Stream`].
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl<T: Output> Stream for RawPages<T> {
    type Item = Result<T, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { call, parameter, token, next, walk } = self.get_mut();
        let send = || match &*token {
            Some(token) => call.clone().query(parameter, token).send(),
            None => call.send(),
        };
        let page = std::task::ready!(walk.poll(context, send));
        if let Some(Ok(page)) = &page {
            walk.turn(Turn::by_token(token, next(page).as_deref(), None));
        }
        Poll::Ready(page)
    }
}

impl<T> fmt::Debug for RawPages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawPages").field("call", &self.call).finish_non_exhaustive()
    }
}
