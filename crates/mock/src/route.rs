use std::cmp::Ordering;
use std::fmt;

use http::{Method, StatusCode};
use openplat_core::OperationMeta;
use serde_json::Value;

use crate::Shared;
use crate::answer::Answer;
use crate::dialect::{Dialect, Failure};

/// The answers of one operation. See [`MockPlatform::on`](crate::MockPlatform::on).
///
/// Each call of a method adds an answer. They are given in the order in which they were added, and
/// the last one repeats until another is added. A request whose token is refused takes none.
#[derive(Clone)]
pub struct Route {
    shared: Shared,
    index: usize,
    meta: &'static OperationMeta,
}

impl Route {
    pub(crate) fn new(shared: Shared, index: usize, meta: &'static OperationMeta) -> Self {
        Self { shared, index, meta }
    }

    /// Answers with the operation's documented example, or with an empty success where none is
    /// known. So does a route without any answer.
    pub fn example(self) -> Self {
        self.reply(Reply::Example)
    }

    /// Answers with success and this data: for Feishu what stands under `data`, for DingTalk the
    /// whole body.
    pub fn data(self, data: Value) -> Self {
        self.reply(Reply::Data(data))
    }

    /// Answers with the vendor's error `code`, with the HTTP status that the operation's
    /// documentation names for it, else with 400.
    pub fn error(self, code: &str) -> Self {
        let message = format!("error {code} of the mock");
        self.error_message(code, message)
    }

    /// Like [`error`](Self::error), with a message of your own.
    pub fn error_message(self, code: &str, message: impl Into<String>) -> Self {
        let documented = self.meta.code(code).map(|meta| meta.status());
        let status = documented.and_then(|status| StatusCode::from_u16(status).ok());
        self.reply(Reply::Failure(Failure {
            status: status.unwrap_or(StatusCode::BAD_REQUEST),
            code: code.to_owned(),
            message: message.into(),
        }))
    }

    /// Answers with exactly this.
    pub fn respond(self, answer: Answer) -> Self {
        self.reply(Reply::Answer(answer))
    }

    fn reply(self, reply: Reply) -> Self {
        self.shared.lock().script(self.index, reply);
        self
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("operation", &self.meta.id()).finish_non_exhaustive()
    }
}

/// Which requests belong to a route.
///
/// Two templates that differ in the names of their parameters only are the same pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    method: Method,
    template: &'static str,
    segments: Vec<Segment>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Literal(&'static str),
    Parameter,
}

impl Pattern {
    pub(crate) fn new(method: Method, template: &'static str) -> Self {
        let segments = template.split('/').map(|segment| {
            let is_parameter = segment.starts_with('{') && segment.ends_with('}');
            if is_parameter { Segment::Parameter } else { Segment::Literal(segment) }
        });
        Self { method, template, segments: segments.collect() }
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.method == other.method && self.segments == other.segments
    }

    pub(crate) fn matches(&self, method: &Method, path: &str) -> bool {
        let mut values = path.split('/');
        self.method == *method
            && self.segments.iter().all(|segment| match (segment, values.next()) {
                (Segment::Literal(literal), Some(value)) => *literal == value,
                (Segment::Parameter, Some(value)) => !value.is_empty(),
                (_, None) => false,
            })
            && values.next().is_none()
    }

    /// Less is more specific: a literal comes before a parameter in its place.
    pub(crate) fn cmp_specificity(&self, other: &Self) -> Ordering {
        self.segments.cmp(&other.segments)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.template)
    }
}

pub(crate) enum Reply {
    Example,
    Data(Value),
    Failure(Failure),
    Answer(Answer),
}

/// What a route answers with.
pub(crate) struct Script {
    pub(crate) dialect: &'static dyn Dialect,
    example: &'static str,
    replies: Vec<Reply>,
    /// The reply to give next, or the end of the list: then the last one repeats.
    next: usize,
}

impl Script {
    pub(crate) fn new(dialect: &'static dyn Dialect, example: Option<&'static str>) -> Self {
        let example = example.unwrap_or_else(|| dialect.empty_success());
        Self { dialect, example, replies: Vec::new(), next: 0 }
    }

    pub(crate) fn push(&mut self, reply: Reply) {
        self.replies.push(reply);
    }

    pub(crate) fn answer(&mut self, log_id: &str) -> Answer {
        let reply = self.replies.get(self.next).or(self.replies.last()).unwrap_or(&Reply::Example);
        self.next = self.replies.len().min(self.next + 1);
        match reply {
            Reply::Example => Answer::json_text(self.example),
            Reply::Data(data) => Answer::json(StatusCode::OK, &self.dialect.success(data)),
            Reply::Failure(failure) => {
                Answer::json(failure.status, &self.dialect.failure(failure, log_id))
            }
            Reply::Answer(answer) => answer.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(template: &'static str) -> Pattern {
        Pattern::new(Method::GET, template)
    }

    #[test]
    fn a_parameter_is_one_segment_that_is_not_empty() {
        let link = pattern("/chats/{chat_id}/link");
        for path in ["/chats/oc_1/link", "/chats/a%2Fb/link", "/chats/{chat_id}/link"] {
            assert!(link.matches(&Method::GET, path), "{path}");
        }
        for path in [
            "",
            "/",
            "/chats//link",
            "/chats/link",
            "/chats/a/b/link",
            "/chats/oc_1/link/",
            "/chats/oc_1/link/more",
            "/chats/oc_1",
            "chats/oc_1/link",
        ] {
            assert!(!link.matches(&Method::GET, path), "{path}");
        }
        assert!(!link.matches(&Method::POST, "/chats/oc_1/link"));
    }

    #[test]
    fn the_names_of_parameters_do_not_matter() {
        assert!(pattern("/a/{x}").is_same(&pattern("/a/{y}")));
        assert!(!pattern("/a/{x}").is_same(&pattern("/a/x")));
        assert!(!pattern("/a").is_same(&Pattern::new(Method::PUT, "/a")));
    }

    #[test]
    fn a_literal_is_more_specific_than_a_parameter() {
        let order = ["/a/b/c", "/a/b/{y}", "/a/{x}/c", "/a/{x}/{y}"].map(pattern);
        assert!(order.is_sorted_by(|a, b| a.cmp_specificity(b) == Ordering::Less));
    }
}
