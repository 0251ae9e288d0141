//! From a typed request to the bytes of an HTTP request.

use bytes::Bytes;
use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::file::{Form, Upload};
use crate::base::uuid;
use crate::codec::{Param, UNWRITABLE};
use crate::error::{Error, ErrorKind};
use crate::meta::Meta;

/// Everything but the unreserved characters of RFC 3986.
pub(crate) const COMPONENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// The parts of a request, collected from an operation: path values first, in the order of the
/// path, then the query, then the body.
///
/// A mistake, such as an empty path value, is kept and becomes the error of the call.
///
/// ```
/// use openplat_core::{AcceptsAppToken, Feishu, Method, Operation, OperationMeta, Parts};
///
/// /// Renames a thing of an API that has no crate.
/// struct RenameThing {
///     thing_id: String,
///     name: String,
/// }
///
/// impl Operation for RenameThing {
///     type Vendor = Feishu;
///     type Output = ();
///     const META: &'static OperationMeta =
///         &OperationMeta::new("thing.rename", Method::Put, "/open-apis/thing/v1/{thing_id}");
///
///     fn encode(&self, parts: &mut Parts) {
///         parts.path(&self.thing_id);
///         parts.query("notify", &true);
///         parts.body().field("name", &self.name);
///     }
/// }
///
/// impl AcceptsAppToken for RenameThing {}
/// ```
#[derive(Debug)]
pub struct Parts {
    meta: Meta,
    /// The length of the path template's beginning that is written.
    written: usize,
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
         resource; pass the ID itself"
    )]
    PathValue { name: String, value: String },
    #[error("`encode` fills a path value that the path template `{0}` has no place for")]
    ExtraValue(String),
    #[error("`encode` leaves a value of the path template `{0}` open")]
    MissingValue(String),
    #[error("the body cannot be written as JSON: {0}")]
    Body(&'static str),
    #[error(
        "the idempotency key `{name}` has {length} characters, and the platform takes at most \
         {max_length}; pass a shorter key, or none to have one generated"
    )]
    DedupeKey { name: String, length: usize, max_length: usize },
}

impl Parts {
    pub(crate) fn new(meta: Meta) -> Self {
        Self {
            target: String::with_capacity(meta.path().len() + 64),
            meta,
            written: 0,
            has_query: false,
            body: None,
            has_dedupe_key: false,
            problem: None,
        }
    }

    /// Fills the next `{name}` of the path template.
    pub fn path(&mut self, value: &(impl Param + ?Sized)) {
        self.write_path(&value);
    }

    /// Not generic, so that it is compiled once.
    fn write_path(&mut self, value: &dyn Param) {
        let template = self.meta.path();
        let rest = &template[self.written..];
        let Some((literal, (name, rest))) =
            rest.split_once('{').and_then(|(literal, rest)| Some((literal, rest.split_once('}')?)))
        else {
            self.problem.get_or_insert_with(|| Problem::ExtraValue(template.to_owned()));
            return;
        };
        self.target.push_str(literal);
        self.written = template.len() - rest.len();
        value.write(&mut |value| {
            // URL parsers drop such segments, percent-encoded or not, and the call would reach
            // another resource than the one that was asked for.
            if matches!(value, "" | "." | "..") {
                let (name, value) = (name.to_owned(), value.to_owned());
                self.problem.get_or_insert(Problem::PathValue { name, value });
            }
            self.target.extend(utf8_percent_encode(value, COMPONENT));
        });
    }

    /// Appends a query parameter: nothing for an absent value, `name=` once for each of a list.
    pub fn query(&mut self, name: &str, value: &(impl Param + ?Sized)) {
        self.write_query(name, &value);
    }

    fn write_query(&mut self, name: &str, value: &dyn Param) {
        self.finish_path();
        value.write(&mut |value| {
            self.target.push(if self.has_query { '&' } else { '?' });
            self.has_query = true;
            self.target.extend(utf8_percent_encode(name, COMPONENT));
            self.target.push('=');
            self.target.extend(utf8_percent_encode(value, COMPONENT));
        });
    }

    /// Appends an idempotency key of at most `max_length` characters to the query.
    ///
    /// If `value` is absent or empty, a random key is generated and used for all attempts of the
    /// call. A longer key is refused before anything is sent: the platform could cut it, and treat
    /// different requests as duplicates.
    pub fn dedupe_query(&mut self, name: &str, value: &Option<String>, max_length: usize) {
        match self.dedupe_key(name, value, max_length) {
            Some(key) => self.query(name, key),
            None => self.query(name, &uuid()),
        }
    }

    /// The caller's key; `None` if one is to be generated.
    fn dedupe_key<'v>(
        &mut self,
        name: &str,
        value: &'v Option<String>,
        max_length: usize,
    ) -> Option<&'v str> {
        self.has_dedupe_key = true;
        let key = value.as_deref().filter(|key| !key.is_empty())?;
        let length = key.chars().count();
        if length > max_length {
            let name = name.to_owned();
            self.problem.get_or_insert(Problem::DedupeKey { name, length, max_length });
        }
        Some(key)
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
            Err(error) => self.refuse_body(&error),
        }
    }

    /// Starts a form as the body, in which files can be sent.
    pub fn form(&mut self) -> FormFields<'_> {
        self.body = Some(Unfinished::Form(Form::new()));
        FormFields(self)
    }

    pub(crate) fn finish(mut self) -> Result<Encoded, Error> {
        self.finish_path();
        if let Some(problem) = self.problem {
            return Err(Error::new(ErrorKind::InvalidRequest)
                .with_operation(self.meta.name())
                .with_cause(&problem));
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

    /// Writes the rest of the path, once.
    fn finish_path(&mut self) {
        let template = self.meta.path();
        let rest = &template[self.written..];
        if rest.contains('{') {
            self.problem.get_or_insert_with(|| Problem::MissingValue(template.to_owned()));
        }
        self.target.push_str(rest);
        self.written = template.len();
    }

    fn refuse_body(&mut self, error: &serde_json::Error) {
        // The text of the error may quote what was to be sent.
        let reason = match error.classify() {
            serde_json::error::Category::Io => "writing failed",
            _ => UNWRITABLE,
        };
        self.problem.get_or_insert(Problem::Body(reason));
    }
}

/// The fields of a JSON body.
#[derive(Debug)]
pub struct BodyFields<'a>(&'a mut Parts);

impl BodyFields<'_> {
    /// Writes a field that is always sent.
    pub fn field(self, name: &str, value: &(impl Serialize + ?Sized)) -> Self {
        if let Some(Unfinished::Object(body)) = &mut self.0.body {
            write_name(body, name);
            if let Err(error) = serde_json::to_writer(body, value) {
                self.0.refuse_body(&error);
            }
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

    /// Writes an idempotency key of at most `max_length` characters; see
    /// [`Parts::dedupe_query`].
    pub fn dedupe(self, name: &str, value: &Option<String>, max_length: usize) -> Self {
        match self.0.dedupe_key(name, value, max_length) {
            Some(key) => self.field(name, key),
            None => self.field(name, &uuid()),
        }
    }
}

/// Writes the name of a field, after which its value follows.
fn write_name(body: &mut Vec<u8>, name: &str) {
    if !body.ends_with(b"{") {
        body.push(b',');
    }
    // A text is always JSON, and memory takes whatever is written.
    let _ = serde_json::to_writer(&mut *body, name);
    body.push(b':');
}

/// The fields of a form.
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

/// A request without its host and its token.
#[derive(Debug, Clone)]
pub(crate) struct Encoded {
    pub(crate) meta: Meta,
    /// Path and query, percent-encoded.
    pub(crate) target: String,
    pub(crate) body: Option<Payload>,
    /// The vendor executes it once, however often it is sent.
    pub(crate) has_dedupe_key: bool,
}

/// The source of a body, from which the body of each attempt is made.
#[derive(Debug, Clone)]
pub(crate) enum Payload {
    Json(Bytes),
    Form(Form),
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
    use crate::meta::{Method, OperationMeta};

    const META: &OperationMeta = &OperationMeta::new("t.get", Method::Post, "/a/{x}/b/{y}");

    fn target(fill: impl FnOnce(&mut Parts)) -> Result<Encoded, Error> {
        let mut parts = Parts::new(Meta::Static(META));
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

    /// The key in the query and the key in the body.
    fn dedupe_keys(key: Option<&str>) -> Result<(String, Bytes), Error> {
        let key = key.map(str::to_owned);
        let encoded = target(|p| {
            p.path("1");
            p.path("2");
            p.dedupe_query("uuid", &key, 50);
            p.body().dedupe("uuid", &key, 50);
        })?;
        assert!(encoded.has_dedupe_key);
        Ok((encoded.target.clone(), json(Ok(encoded))))
    }

    #[test]
    fn a_key_that_is_absent_or_empty_is_generated() {
        for key in [None, Some("")] {
            let (target, body) = dedupe_keys(key).unwrap();
            assert_eq!(target.len(), "/a/1/b/2?uuid=".len() + 36, "{target}");
            assert_eq!(body.len(), r#"{"uuid":""}"#.len() + 36, "{body:?}");
        }
        let (target, body) = dedupe_keys(Some("mine")).unwrap();
        assert_eq!(
            (target.as_str(), &body[..]),
            ("/a/1/b/2?uuid=mine", &br#"{"uuid":"mine"}"#[..])
        );
    }

    #[test]
    fn a_key_that_is_too_long_is_refused() {
        // The platform counts characters, not bytes.
        assert!(dedupe_keys(Some(&"群".repeat(50))).is_ok());
        let key = "s".repeat(51);
        let error = dedupe_keys(Some(&key)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        let text = error.to_string();
        assert!(text.contains("`uuid` has 51 characters"), "{text}");
        assert!(!text.contains(&key), "{text}");
    }
}
