//! From a typed request to the bytes of an HTTP request.

use bytes::Bytes;
use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::body::Body;
use crate::error::{Error, ErrorKind};
use crate::file::{Form, Idle, Upload};
use crate::operation::OperationMeta;

/// Everything but the unreserved characters of RFC 3986.
pub(crate) const COMPONENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// A value that can stand in a path or a query.
///
/// Calls `sink` once for each value: never for an absent one, repeatedly for a list.
pub trait Param {
    #[doc(hidden)]
    fn write(&self, sink: &mut dyn FnMut(&str));
}

impl Param for str {
    fn write(&self, sink: &mut dyn FnMut(&str)) {
        sink(self);
    }
}

impl<T: Param + ?Sized> Param for &T {
    fn write(&self, sink: &mut dyn FnMut(&str)) {
        (**self).write(sink);
    }
}

impl Param for String {
    fn write(&self, sink: &mut dyn FnMut(&str)) {
        sink(self);
    }
}

impl Param for bool {
    fn write(&self, sink: &mut dyn FnMut(&str)) {
        sink(if *self { "true" } else { "false" });
    }
}

impl Param for i64 {
    fn write(&self, sink: &mut dyn FnMut(&str)) {
        sink(&self.to_string());
    }
}

impl Param for f64 {
    fn write(&self, sink: &mut dyn FnMut(&str)) {
        sink(&self.to_string());
    }
}

impl<T: Param> Param for Option<T> {
    fn write(&self, sink: &mut dyn FnMut(&str)) {
        if let Some(value) = self {
            value.write(sink);
        }
    }
}

impl<T: Param> Param for Vec<T> {
    fn write(&self, sink: &mut dyn FnMut(&str)) {
        for value in self {
            value.write(sink);
        }
    }
}

/// Collects what an operation sends. Generated code fills it in the order of the documentation.
#[doc(hidden)]
#[derive(Debug)]
pub struct Parts {
    meta: &'static OperationMeta,
    /// What of the path template is still to be written.
    template: &'static str,
    target: String,
    has_query: bool,
    body: Option<Unfinished>,
    has_dedupe_key: bool,
    problem: Option<Problem>,
}

/// A body that is being written.
#[derive(Debug)]
enum Unfinished {
    /// A JSON object without its last brace.
    Object(Vec<u8>),
    Json(Vec<u8>),
    Form(Form),
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(
        "the path value `{name}` is {value:?}: an empty value, `.` and `..` would address another \
         resource; pass the id itself"
    )]
    PathValue { name: &'static str, value: String },
    #[error("the path template has no place left for a value; this is a bug in the generated code")]
    Template,
    #[error("the body could not be written as JSON")]
    Body(#[source] serde_json::Error),
}

impl Parts {
    pub(crate) fn new(meta: &'static OperationMeta) -> Self {
        Self {
            meta,
            template: meta.path(),
            target: String::with_capacity(meta.path().len() + 64),
            has_query: false,
            body: None,
            has_dedupe_key: false,
            problem: None,
        }
    }

    /// Fills the next `{name}` of the path template.
    pub fn path(&mut self, value: &(impl Param + ?Sized)) {
        let template = self.template;
        let Some((literal, (name, rest))) = template
            .split_once('{')
            .and_then(|(literal, rest)| Some((literal, rest.split_once('}')?)))
        else {
            self.problem.get_or_insert(Problem::Template);
            return;
        };
        self.target.push_str(literal);
        self.template = rest;
        value.write(&mut |value| {
            // URL parsers drop such segments, percent-encoded or not, and the call would reach
            // another resource than the one that was asked for.
            if matches!(value, "" | "." | "..") {
                self.problem.get_or_insert(Problem::PathValue { name, value: value.to_owned() });
            }
            self.target.extend(utf8_percent_encode(value, COMPONENT));
        });
    }

    /// Appends a query parameter: nothing for an absent value, `name=` once for each of a list.
    pub fn query(&mut self, name: &str, value: &(impl Param + ?Sized)) {
        self.finish_path();
        value.write(&mut |value| {
            self.target.push(if self.has_query { '&' } else { '?' });
            self.has_query = true;
            self.target.extend(utf8_percent_encode(name, COMPONENT));
            self.target.push('=');
            self.target.extend(utf8_percent_encode(value, COMPONENT));
        });
    }

    /// Appends the key by which the vendor recognises a request that it has executed already;
    /// without a value of the caller's, one that is used for all attempts of this call.
    pub fn dedupe_query(&mut self, name: &str, value: &Option<String>) {
        self.has_dedupe_key = true;
        match value {
            Some(value) => self.query(name, value),
            None => self.query(name, &dedupe_key()),
        }
    }

    /// Starts a JSON object as the body; without any field it is sent as `{}`.
    pub fn body(&mut self) -> BodyFields<'_> {
        let mut object = Vec::with_capacity(128);
        object.push(b'{');
        self.body = Some(Unfinished::Object(object));
        BodyFields(self)
    }

    /// Writes a body that is not an object of fields.
    pub fn whole_body(&mut self, value: &(impl Serialize + ?Sized)) {
        match serde_json::to_vec(value) {
            Ok(json) => self.body = Some(Unfinished::Json(json)),
            Err(error) => drop(self.problem.get_or_insert(Problem::Body(error))),
        }
    }

    /// Starts a form as the body, in which files can be sent.
    pub fn form(&mut self) -> FormFields<'_> {
        self.body = Some(Unfinished::Form(Form::new()));
        FormFields(self)
    }

    pub(crate) fn finish(mut self) -> Result<Encoded, Error> {
        self.finish_path();
        if self.target.contains('{') {
            self.problem.get_or_insert(Problem::Template);
        }
        if let Some(problem) = self.problem {
            return Err(Error::new(ErrorKind::InvalidRequest)
                .with_operation(self.meta.id())
                .with_source(problem));
        }
        let body = self.body.map(|body| match body {
            Unfinished::Object(mut object) => {
                object.push(b'}');
                Payload::Json(object.into())
            }
            Unfinished::Json(json) => Payload::Json(json.into()),
            Unfinished::Form(form) => Payload::Form(form),
        });
        Ok(Encoded {
            meta: self.meta,
            target: self.target,
            body,
            has_dedupe_key: self.has_dedupe_key,
        })
    }

    fn finish_path(&mut self) {
        self.target.push_str(std::mem::take(&mut self.template));
    }
}

/// The fields of a JSON body.
#[doc(hidden)]
#[derive(Debug)]
pub struct BodyFields<'a>(&'a mut Parts);

impl BodyFields<'_> {
    /// Writes a field that is always sent.
    pub fn field(self, name: &str, value: &(impl Serialize + ?Sized)) -> Self {
        if let Some(Unfinished::Object(body)) = &mut self.0.body
            && let Err(error) = write_member(body, name, value)
        {
            self.0.problem.get_or_insert(Problem::Body(error));
        }
        self
    }

    /// Writes a field unless it is absent.
    pub fn optional(self, name: &str, value: &Option<impl Serialize>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    /// Writes the key by which the vendor recognises a request that it has executed already.
    pub fn dedupe(self, name: &str, value: &Option<String>) -> Self {
        self.0.has_dedupe_key = true;
        match value {
            Some(value) => self.field(name, value),
            None => self.field(name, &dedupe_key()),
        }
    }
}

fn write_member(
    body: &mut Vec<u8>,
    name: &str,
    value: &(impl Serialize + ?Sized),
) -> serde_json::Result<()> {
    if !body.ends_with(b"{") {
        body.push(b',');
    }
    serde_json::to_writer(&mut *body, name)?;
    body.push(b':');
    serde_json::to_writer(body, value)
}

/// The fields of a form.
#[doc(hidden)]
#[derive(Debug)]
pub struct FormFields<'a>(&'a mut Parts);

impl FormFields<'_> {
    /// Writes a field: nothing for an absent value, once for each of a list.
    pub fn field(self, name: &str, value: &(impl Param + ?Sized)) -> Self {
        if let Some(Unfinished::Form(form)) = &mut self.0.body {
            value.write(&mut |value| form.text(name, value));
        }
        self
    }

    /// Writes a field that holds a file.
    pub fn file(self, name: &str, file: &Upload) -> Self {
        if let Some(Unfinished::Form(form)) = &mut self.0.body {
            form.file(name, file);
        }
        self
    }

    /// Writes a field that holds a file unless it is absent.
    pub fn optional_file(self, name: &str, file: &Option<Upload>) -> Self {
        match file {
            Some(file) => self.file(name, file),
            None => self,
        }
    }
}

/// A version 4 UUID, as the vendors' documentation suggests for keys against duplicates.
fn dedupe_key() -> String {
    let (high, low) = (fastrand::u64(..), fastrand::u64(..));
    let version = (high & 0x0fff) | 0x4000;
    let variant = (low >> 48 & 0x3fff) | 0x8000;
    let (first, second, last) = (high >> 32, high >> 16 & 0xffff, low & 0xffff_ffff_ffff);
    format!("{first:08x}-{second:04x}-{version:04x}-{variant:04x}-{last:012x}")
}

/// What is sent, but for the host and the token.
#[derive(Debug, Clone)]
pub(crate) struct Encoded {
    pub(crate) meta: &'static OperationMeta,
    /// Path and query, percent-encoded.
    pub(crate) target: String,
    pub(crate) body: Option<Payload>,
    /// The vendor executes it once, however often it is sent.
    pub(crate) has_dedupe_key: bool,
}

/// What stands in the body, from which that of each attempt is made.
#[derive(Debug, Clone)]
pub(crate) enum Payload {
    Json(Bytes),
    Form(Form),
}

impl Payload {
    /// The body of an attempt, and its media type.
    pub(crate) async fn body(&self, idle: &Idle) -> Result<(Body, Option<HeaderValue>), Error> {
        match self {
            Self::Json(json) => Ok((Body::from(json.clone()), Some(JSON))),
            Self::Form(form) => Ok((form.body(idle).await?, form.content_type())),
        }
    }
}

impl Encoded {
    pub(crate) fn is_upload(&self) -> bool {
        matches!(self.body, Some(Payload::Form(_)))
    }

    /// Whether the same body can be sent a second time.
    pub(crate) fn is_repeatable(&self) -> bool {
        match &self.body {
            Some(Payload::Form(form)) => form.is_repeatable(),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Method;

    const META: &OperationMeta = &OperationMeta::new("t.get", Method::Post, "/a/{x}/b/{y}");

    fn target(fill: impl FnOnce(&mut Parts)) -> Result<Encoded, Error> {
        let mut parts = Parts::new(META);
        fill(&mut parts);
        parts.finish()
    }

    fn json(encoded: Result<Encoded, Error>) -> Bytes {
        let Some(Payload::Json(json)) = encoded.unwrap().body else { panic!("no JSON") };
        json
    }

    #[test]
    fn a_path_value_stays_one_segment() {
        let encoded = target(|p| {
            p.path("../../x?y=1#z");
            p.path("群/%2e");
        })
        .unwrap();
        assert_eq!(encoded.target, "/a/..%2F..%2Fx%3Fy%3D1%23z/b/%E7%BE%A4%2F%252e");
    }

    #[test]
    fn a_segment_that_urls_swallow_is_refused() {
        for value in ["", ".", ".."] {
            let error = target(|p| {
                p.path("1");
                p.path(value);
            })
            .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(error.to_string().contains("`y`"), "{error}");
        }
    }

    #[test]
    fn a_template_that_is_not_filled_is_refused() {
        assert_eq!(target(|p| p.path("1")).unwrap_err().kind(), ErrorKind::InvalidRequest);
        let too_many = target(|p| (0..3).for_each(|_| p.path("1")));
        assert_eq!(too_many.unwrap_err().kind(), ErrorKind::InvalidRequest);
    }

    #[test]
    fn queries_skip_absent_values_and_repeat_lists() {
        let encoded = target(|p| {
            p.path("1");
            p.path("2");
            p.query("none", &None::<String>);
            p.query("flag", &Some(true));
            p.query("ids", &vec!["a b".to_owned(), "c&d".to_owned()]);
            p.query("n", &-5i64);
        })
        .unwrap();
        assert_eq!(encoded.target, "/a/1/b/2?flag=true&ids=a%20b&ids=c%26d&n=-5");
        assert!(encoded.body.is_none());
    }

    #[test]
    fn a_body_without_fields_is_an_empty_object() {
        let fill = |p: &mut Parts| {
            p.path("1");
            p.path("2");
        };
        let empty = target(|p| {
            fill(p);
            p.body().optional("a", &None::<i64>);
        });
        assert_eq!(json(empty), "{}");
        let full = target(|p| {
            fill(p);
            p.body().field("a", "群").optional("b", &Some(vec!["x"]));
        });
        assert_eq!(json(full), r#"{"a":"群","b":["x"]}"#);
        let whole = target(|p| {
            fill(p);
            p.whole_body(&["x"]);
        });
        assert_eq!(json(whole), r#"["x"]"#);
    }
}
