//! What the generated tests assert.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Mutex;

use http::HeaderMap;
use http::header::CONTENT_DISPOSITION;
use openplat_core::events::{
    Callback, EventSchema, EventSet, FeishuWebhook, Incoming, RawEvent, Received,
};
use openplat_core::{
    AcceptsAppToken, AcceptsUserToken, Call, Client, Download, Error, Feishu, Method, Operation,
    OperationMeta, Output, Paged, Parts, Sender, Vendor,
};
use openplat_mock::{MockPlatform, MockedVendor, Recorded, Reply, Route};
use serde::de::{self, DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use crate::in_process::feishu;
use crate::prism::Prism;
use crate::tested::Tested;

/// What must reach the server, as the specs say it.
pub(crate) struct Expected {
    pub(crate) target: &'static str,
    pub(crate) body: Body,
    /// The texts, of the request or the answer, that `Debug` must not show.
    pub(crate) private: &'static [&'static str],
}

pub(crate) enum Body {
    None,
    Json(&'static str),
    /// Names and texts, in any order. A file is in it by its contents.
    Form(&'static [(&'static str, &'static str)]),
}

/// Sends with the app's token, compares the request, and reads the documented answer.
pub(crate) async fn sends_as_app<O>(operation: &O, expected: &Expected)
where
    O: Operation<Vendor: MockedVendor, Output: Serialize + fmt::Debug>
        + AcceptsAppToken
        + fmt::Debug,
{
    if let Some(prism) = prism::<O>() {
        let call = prism.client().with_token("t-1").call(operation);
        return reads::<O>(prism.output(call).await, expected);
    }
    let (mock, client) = platform::<O>().await;
    answers::<O>(client.call(operation), expected).await;
    hides(operation, expected.private);
    assert_eq!(mock.token_requests().len(), 1);
    sent::<O>(&mock.requests(), expected);
}

/// The same with a user's token, for which the app's is not fetched.
pub(crate) async fn sends_as_user<O>(operation: &O, expected: &Expected)
where
    O: Operation<Vendor: MockedVendor, Output: Serialize + fmt::Debug> + AcceptsUserToken,
{
    if let Some(prism) = prism::<O>() {
        let call = prism.client().as_user("u-1").call(operation);
        return reads::<O>(prism.output(call).await, expected);
    }
    let (mock, client) = platform::<O>().await;
    mock.accept_user_token("u-1");
    answers::<O>(client.as_user("u-1").call(operation), expected).await;
    assert_eq!(mock.token_requests().len(), 0);
    sent::<O>(&mock.requests(), expected);
}

/// The same for an operation that answers with a file.
pub(crate) async fn downloads_as_app<O>(operation: &O, expected: &Expected)
where
    O: Operation<Vendor: MockedVendor, Output = Download> + AcceptsAppToken,
{
    if let Some(prism) = prism::<O>() {
        return drop(prism.output(prism.client().with_token("t-1").call(operation)).await);
    }
    let (mock, client) = platform::<O>().await;
    mock.on::<O>().respond(file());
    arrives(client.call(operation)).await;
    sent::<O>(&mock.requests(), expected);
}

pub(crate) async fn downloads_as_user<O>(operation: &O, expected: &Expected)
where
    O: Operation<Vendor: MockedVendor, Output = Download> + AcceptsUserToken,
{
    if let Some(prism) = prism::<O>() {
        return drop(prism.output(prism.client().as_user("u-1").call(operation)).await);
    }
    let (mock, client) = platform::<O>().await;
    mock.on::<O>().respond(file());
    mock.accept_user_token("u-1");
    arrives(client.as_user("u-1").call(operation)).await;
    sent::<O>(&mock.requests(), expected);
}

/// Bytes that are no text.
const FILE: &[u8] = &[0, 159, 146, 150];

fn file() -> Reply {
    let name = "attachment; filename=\"a file.bin\"";
    Reply::new(200).header(CONTENT_DISPOSITION, name).body(FILE)
}

async fn arrives(call: Call<Download>) {
    let download = call.await.unwrap();
    assert_eq!(download.file_name().as_deref(), Some("a file.bin"));
    assert_eq!(download.bytes(FILE.len()).await.unwrap(), FILE);
}

async fn platform<O: Operation<Vendor: MockedVendor>>() -> (MockPlatform, Client<O::Vendor>) {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<O>();
    let client =
        Client::builder("app", "secret").over::<Tested>().base_url(mock.url()).build().unwrap();
    (mock, client)
}

/// The server that takes the place of the mock with `OPENPLAT_PLATFORM=prism` in the environment. Of
/// an invented API, nobody publishes a document.
fn prism<O: Operation>() -> Option<&'static Prism> {
    static SERVERS: Mutex<BTreeMap<&str, &Prism>> = Mutex::new(BTreeMap::new());
    let (api, _) = std::any::type_name::<O>().split_once("::").unwrap();
    if std::env::var_os("OPENPLAT_PLATFORM")? != "prism" || api == "showcase" {
        return None;
    }
    let mut servers = SERVERS.lock().unwrap();
    let serve = || &*Box::leak(Box::new(Prism::serve(&api.replace('_', "-"))));
    Some(servers.entry(api).or_insert_with(serve))
}

fn sent<O: Operation>(requests: &[Recorded], expected: &Expected) {
    let [request] = requests else { panic!("one request expected, got {requests:?}") };
    assert_eq!(request.method.as_str(), O::META.method().as_str());
    assert_eq!(without_token(request), expected.target);
    let content_type = request.headers.get("content-type").map(|value| value.to_str().unwrap());
    match expected.body {
        Body::Form(fields) => {
            let parts = request.parts().unwrap();
            let mut actual: Vec<_> =
                parts.iter().map(|part| (part.name.clone(), part.text())).collect();
            let mut expected: Vec<_> =
                fields.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
            actual.sort();
            expected.sort();
            assert_eq!(actual, expected);
        }
        Body::Json(body) => {
            serde_json::from_slice::<NoKeyTwice>(&request.body).unwrap();
            assert_eq!(request.json().unwrap(), json::<Value>(body));
            assert_eq!(content_type, Some("application/json; charset=utf-8"));
        }
        Body::None => {
            assert!(request.body.is_empty(), "{}", request.expose());
            // Feishu names a file only if the request for it carries this.
            let expected = O::META.is_download().then_some("application/json; charset=utf-8");
            assert_eq!(content_type, expected);
        }
    }
}

/// The path and the query as sent, without the token that DingTalk's old API takes there.
fn without_token(request: &Recorded) -> &str {
    let token = request.token().filter(|_| request.query_value("access_token").is_some());
    let token = token.map(|token| format!("access_token={token}"));
    let target = token.and_then(|token| request.target.strip_suffix(token.as_str()));
    target.map_or(&request.target, |target| target.trim_end_matches(['?', '&']))
}

async fn answers<O>(call: Call<O::Output>, expected: &Expected)
where
    O: Operation<Output: Serialize + fmt::Debug>,
{
    reads::<O>(call.await.unwrap(), expected);
}

/// Asserts that an output has what the documented response has.
fn reads<O>(output: O::Output, expected: &Expected)
where
    O: Operation<Output: Serialize + fmt::Debug>,
{
    let Some(data) = data::<O>() else { return };
    hides(&output, expected.private);
    covers(&serde_json::to_value(output).unwrap(), &data, "$");
}

/// Asserts that the documented response is understood however the platform drifts from it. `always`
/// are the members that the specs say are always there.
pub(crate) async fn response<O: Operation>(always: &[&str]) {
    variants_decode::<O::Output>(&data::<O>().unwrap(), always).await;
}

/// Asserts that `Debug` shows none of these texts.
fn hides(value: &impl fmt::Debug, private: &[&str]) {
    let shown = format!("{value:?}");
    for text in private {
        assert!(!shown.contains(text), "{text:?} in {shown}");
    }
}

/// The operation after it has read the documented page.
pub(crate) async fn turned<O: Paged>(mut operation: O) -> O {
    let page = Reader::new().read::<O::Output>(data::<O>().unwrap()).await.unwrap();
    let _ = operation.turn(&page, 0);
    let items = O::into_items(page);
    assert!(!items.is_empty());
    operation
}

/// The documented answer without its envelope.
fn data<O: Operation>() -> Option<Value> {
    let mut example: Value = json(O::EXAMPLE?);
    if O::META.is_whole_body() {
        let members = example.as_object_mut().unwrap();
        members.retain(|name, _| name != "code" && name != "msg");
    } else if O::Vendor::PLATFORM.default_base_url() == Feishu::FEISHU_CN {
        return Some(example["data"].take());
    }
    if let (true, Some(members)) =
        (O::Vendor::PLATFORM.is_old(O::META.path()), example.as_object_mut())
    {
        members.retain(|name, _| !["errcode", "errmsg", "request_id"].contains(&name.as_str()));
    }
    Some(example)
}

/// How much of variants is read of one sample. Of a huge one, each nth variant stands for the others.
const MOST_BYTES: usize = 50_000_000;

/// Asserts that an answer is understood however the platform drifts from its sample: with each
/// member missing or `null`, each number as a string, each text another one, and members that
/// nobody has heard of.
async fn variants_decode<T: Output>(sample: &Value, always: &[&str]) {
    let variants = variants(sample, always);
    let size = variants.len() * sample.to_string().len();
    let reader = Reader::new();
    for (what, variant) in variants.into_iter().step_by(size.div_ceil(MOST_BYTES).max(1)) {
        if let Err(error) = reader.read::<T>(variant.clone()).await {
            panic!("{what}: {error}\n{variant}");
        }
    }
}

/// What differs, and the value with that difference.
fn variants(value: &Value, always: &[&str]) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    match value {
        Value::Object(members) => {
            // A map takes no member of another type.
            let further = members.values().next().cloned().unwrap_or_default();
            let changed = |name: &str, value: Value| {
                let mut changed = members.clone();
                changed.insert(name.to_owned(), value);
                Value::Object(changed)
            };
            found.push(("a further member".to_owned(), changed("never heard of", further)));
            for (name, member) in members {
                let inner = variants(member, always).into_iter();
                found.extend(
                    inner.map(|(what, value)| (format!("{name}: {what}"), changed(name, value))),
                );
                if !always.contains(&name.as_str()) {
                    let mut without = members.clone();
                    without.remove(name);
                    found.push((format!("without {name}"), Value::Object(without)));
                    found.push((format!("{name} is null"), changed(name, Value::Null)));
                }
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                found.extend(variants(element, always).into_iter().map(|(what, value)| {
                    let mut changed = elements.clone();
                    changed[index] = value;
                    (format!("{index}: {what}"), Value::Array(changed))
                }));
            }
        }
        Value::Number(number) => {
            let text = number.as_i64().map(|number| number.to_string());
            let text = text.or_else(|| number.as_f64().map(|number| number.to_string()));
            found.push(("as a string".to_owned(), json!(text)));
        }
        Value::Bool(value) => found.push(("as a string".to_owned(), json!(value.to_string()))),
        Value::String(text) if text.parse::<i64>().is_ok() => {
            found.push(("as a number".to_owned(), json!(text.parse::<i64>().unwrap())));
        }
        // A text may be a value of an enum or any other text, and JSON only if it was before.
        Value::String(text) => match text_of_json(text) {
            Some(value) => {
                found.push(("JSON without its string".to_owned(), value));
                found.push(("no JSON in the string".to_owned(), json!("")));
            }
            None if !text.is_empty() && serde_json::from_str::<Value>(text).is_err() => {
                found.push(("another text".to_owned(), json!("nobody_lists_this")));
            }
            None => {}
        },
        _ => {}
    }
    found
}

/// A documented event, and what is known of it.
pub(crate) struct Sample {
    pub(crate) schema: EventSchema,
    pub(crate) event_type: &'static str,
    pub(crate) is_callback: bool,
    pub(crate) envelope: &'static str,
    /// Where the payload tells itself from its repetitions.
    pub(crate) dedupe: Option<&'static str>,
    /// The members that the spec says are always there.
    pub(crate) always: &'static [&'static str],
    /// The texts that `Debug` must not show.
    pub(crate) private: &'static [&'static str],
}

/// Asserts that a documented event, and each variant of it, is read as the type that `pick` knows,
/// that nothing of it is lost or shown, and that repetitions are told by the documented key.
pub(crate) fn event<E: EventSet, T: Serialize + fmt::Debug>(
    sample: &Sample,
    pick: impl Fn(E) -> Option<Received<T>>,
) {
    let webhook = FeishuWebhook::builder().unprotected().build().unwrap();
    let incoming = webhook.receive(&HeaderMap::new(), sample.envelope.as_bytes());
    let delivery = match (incoming, sample.is_callback) {
        (Incoming::Event(delivery), false) | (Incoming::Callback(delivery), true) => delivery,
        (other, _) => panic!("{other:?}"),
    };
    let raw = delivery.event().clone();
    assert_eq!((raw.header().schema, raw.event_type()), (sample.schema, sample.event_type));
    let data: Value = serde_json::from_slice(raw.data()).unwrap();
    let key = sample.dedupe.and_then(|pointer| data.pointer(pointer));
    let key = key.map(|key| key.as_str().map_or_else(|| key.to_string(), str::to_owned));
    assert_eq!(E::dedupe(&raw), key.or(raw.header().id.clone()));
    let header = raw.header().clone();
    let received = pick(E::read(raw)).unwrap();
    assert!(received.warnings.is_empty(), "{:?}", received.warnings);
    covers(&serde_json::to_value(&received.event).unwrap(), &data, "$");
    hides(&received.event, sample.private);
    for (what, variant) in variants(&data, sample.always) {
        let raw = RawEvent::new(header.clone(), variant.to_string());
        assert!(pick(E::read(raw)).is_some(), "{what}: {variant}");
    }
}

/// Asserts what stands on the wire for an answer to a callback.
pub(crate) fn answer<C: Callback>(answer: &C::Answer, expected: &str) {
    assert_eq!(serde_json::to_value(answer).unwrap(), json::<Value>(expected));
}

/// Asserts that a documented sample of a type decodes, and that nothing of it is lost.
pub(crate) async fn decodes<T: DeserializeOwned + Serialize + Send + 'static>(
    example: &'static str,
    always: &[&str],
) {
    let decoded: T = Reader::new().read(json(example)).await.unwrap();
    covers(&serde_json::to_value(decoded).unwrap(), &json(example), "$");
    variants_decode::<T>(&json(example), always).await;
}

/// Reads data as the response to a call. One client reads many, since its token costs more than
/// a call.
struct Reader {
    route: Route,
    client: Client<Feishu>,
}

impl Reader {
    fn new() -> Self {
        let mock = MockPlatform::in_process();
        Self { route: mock.on_path::<Feishu>(Method::Get, "/get"), client: feishu(&mock) }
    }

    async fn read<T: Output>(&self, data: Value) -> Result<T, Error> {
        self.route.clone().data(data);
        self.client.call(&Get(std::marker::PhantomData)).await
    }
}

/// An operation whose response is a `T`.
struct Get<T>(std::marker::PhantomData<fn() -> T>);

impl<T: Output> Operation for Get<T> {
    type Vendor = Feishu;
    type Output = T;
    const META: &'static OperationMeta = &OperationMeta::new("test.get", Method::Get, "/get");

    fn encode(&self, _parts: &mut Parts) {}
}

impl<T: Output> AcceptsAppToken for Get<T> {}

pub(crate) fn json<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}

/// Asserts that `actual` holds all that `expected` holds. Scalars may have changed their type as far
/// as the client reads one from another, a value of an enum may have changed its case, and what is
/// null or empty may be missing.
fn covers(actual: &Value, expected: &Value, path: &str) {
    match (actual, expected) {
        (_, Value::Null) => {}
        // So does JSON in a string say that there is none.
        (Value::Null, Value::String(text)) if text.is_empty() => {}
        (_, Value::String(text)) if text_of_json(text).is_some() => {
            let actual = actual.as_str().and_then(text_of_json).unwrap_or_default();
            covers(&actual, &text_of_json(text).unwrap_or_default(), path);
        }
        (_, Value::Array(elements)) if elements.is_empty() => {}
        (_, Value::Object(members)) if members.is_empty() => {}
        (Value::Object(actual), Value::Object(expected)) => {
            for (name, value) in expected {
                covers(actual.get(name).unwrap_or(&Value::Null), value, &format!("{path}.{name}"));
            }
        }
        (Value::Array(actual), Value::Array(expected)) => {
            assert_eq!(actual.len(), expected.len(), "{path}");
            for (index, (actual, expected)) in actual.iter().zip(expected).enumerate() {
                covers(actual, expected, &format!("{path}[{index}]"));
            }
        }
        _ => assert!(is_same(actual, expected), "{actual} is not {expected} at {path}"),
    }
}

/// The list or object that a string holds.
fn text_of_json(text: &str) -> Option<Value> {
    let value = serde_json::from_str(text).ok();
    value.filter(|value: &Value| value.is_array() || value.is_object())
}

fn is_same(actual: &Value, expected: &Value) -> bool {
    if let Value::Bool(actual) = actual {
        let expected = text(expected);
        return expected == actual.to_string() || expected == u8::from(*actual).to_string();
    }
    let number = |value: &Value| text(value).trim().parse::<f64>().ok();
    let is_number = actual.is_number() || expected.is_number();
    text(actual) == text(expected) || is_number && number(actual) == number(expected)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).to_lowercase()
}

/// JSON in which no object has a key twice, which a [`Value`] would not tell.
struct NoKeyTwice;

impl<'de> Deserialize<'de> for NoKeyTwice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for NoKeyTwice {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        let mut seen = HashSet::new();
        while let Some((key, _)) = members.next_entry::<String, Self>()? {
            if let Some(key) = seen.replace(key) {
                return Err(de::Error::custom(format!("the key `{key}` stands here twice")));
            }
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self, A::Error> {
        while elements.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }
}

#[test]
fn a_key_that_is_sent_twice_is_seen() {
    let parse = serde_json::from_str::<NoKeyTwice>;
    assert!(parse(r#"{"a": [{"b": 1, "c": null}, {"b": -1.5}], "b": true, "c": "b"}"#).is_ok());
    assert!(parse(r#"{"a": [{"b": 1, "b": 1}]}"#).is_err());
}

#[test]
fn scalars_are_the_same_only_if_one_is_read_from_the_other() {
    let same = [(json!(true), json!(1)), (json!("1"), json!(1.0)), (json!(2.5), json!(" 2.50"))];
    let other = [(json!(true), json!(0)), (json!("1"), json!("1.0")), (json!(2), json!("two"))];
    assert!(same.iter().all(|(actual, expected)| is_same(actual, expected)));
    assert!(!other.iter().any(|(actual, expected)| is_same(actual, expected)));
}
