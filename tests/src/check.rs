//! What the generated tests assert.

use std::collections::HashSet;
use std::fmt;

use bytes::Bytes;
use openplat_core::{
    AcceptsAppToken, AcceptsUserToken, Body, BoxFuture, Call, Client, Feishu, Method, Operation,
    OperationMeta, Parts, Sender, Transport, TransportError, Vendor,
};
use openplat_mock::{MockPlatform, MockedVendor, Recorded};
use serde::de::{self, DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

/// What must reach the server, as the specs say it.
pub(crate) struct Expected {
    pub(crate) target: &'static str,
    pub(crate) body: Option<&'static str>,
}

/// Sends with the app's token, compares the request, and reads the documented answer.
pub(crate) async fn sends_as_app<O>(operation: &O, expected: &Expected)
where
    O: Operation<Vendor: MockedVendor, Output: Serialize> + AcceptsAppToken,
{
    let (mock, client) = platform::<O>().await;
    answers::<O>(client.call(operation)).await;
    assert_eq!(mock.token_requests().len(), 1);
    sent::<O>(&mock.requests(), expected);
}

/// The same with a user's token, for which the app's is not fetched.
pub(crate) async fn sends_as_user<O>(operation: &O, expected: &Expected)
where
    O: Operation<Vendor = Feishu, Output: Serialize> + AcceptsUserToken,
{
    let (mock, client) = platform::<O>().await;
    mock.accept_user_token("u-1");
    answers::<O>(client.as_user("u-1").call(operation)).await;
    assert_eq!(mock.token_requests().len(), 0);
    sent::<O>(&mock.requests(), expected);
}

async fn platform<O: Operation<Vendor: MockedVendor>>() -> (MockPlatform, Client<O::Vendor>) {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<O>();
    let client = Client::builder("app", "secret").base_url(mock.url()).build().unwrap();
    (mock, client)
}

fn sent<O: Operation>(requests: &[Recorded], expected: &Expected) {
    let [request] = requests else { panic!("one request expected, got {requests:?}") };
    assert_eq!(request.method.as_str(), O::META.method().as_str());
    assert_eq!(request.target, expected.target);
    let content_type = request.headers.get("content-type").map(|value| value.to_str().unwrap());
    match expected.body {
        Some(body) => {
            serde_json::from_slice::<NoKeyTwice>(&request.body).unwrap();
            assert_eq!(request.json().unwrap(), json(body));
            assert_eq!(content_type, Some("application/json; charset=utf-8"));
        }
        None => {
            assert!(request.body.is_empty(), "{request:?}");
            assert_eq!(content_type, None);
        }
    }
}

async fn answers<O: Operation<Output: Serialize>>(call: Call<O::Output>) {
    let output = call.await.unwrap();
    let Some(example) = O::EXAMPLE else { return };
    let example = json(example);
    let is_envelope = O::Vendor::PLATFORM.default_base_url() == Feishu::FEISHU_CN;
    let data = if is_envelope { &example["data"] } else { &example };
    covers(&serde_json::to_value(output).unwrap(), data, "$");
}

/// Asserts that a documented sample of a type decodes, and that nothing of it is lost.
pub(crate) async fn decodes<T: DeserializeOwned + Serialize + Send + 'static>(
    example: &'static str,
) {
    let client = Client::<Feishu>::builder("app", "secret")
        .base_url("https://open.feishu.cn")
        .transport(Answers(example))
        .build()
        .unwrap();
    let decoded: T = client.call(&Get(std::marker::PhantomData)).await.unwrap();
    covers(&serde_json::to_value(decoded).unwrap(), &json(example), "$");
}

/// Answers every request with the same data, and with a token beside it.
struct Answers(&'static str);

impl Transport for Answers {
    fn send(
        &self,
        _request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let body = json!({
            "code": 0, "tenant_access_token": "t-1", "expire": 7200, "data": json(self.0)
        });
        let answer = http::Response::new(Body::from(Bytes::from(body.to_string())));
        Box::pin(std::future::ready(Ok(answer)))
    }
}

/// An operation that answers with a `T`.
struct Get<T>(std::marker::PhantomData<fn() -> T>);

impl<T: DeserializeOwned + Send + 'static> Operation for Get<T> {
    type Vendor = Feishu;
    type Output = T;
    const META: &'static OperationMeta = &OperationMeta::new("test.get", Method::Get, "/get");

    fn encode(&self, _parts: &mut Parts) {}
}

impl<T: DeserializeOwned + Send + 'static> AcceptsAppToken for Get<T> {}

pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Asserts that `actual` holds all that `expected` holds. Scalars may have changed their type as far
/// as the client reads one from another, a value of an enum may have changed its case, and what is
/// null or empty may be missing.
fn covers(actual: &Value, expected: &Value, path: &str) {
    match (actual, expected) {
        (_, Value::Null) => {}
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
