//! What the generated tests assert.

use bytes::Bytes;
use openplat_core::{
    AcceptsAppToken, AcceptsUserToken, Body, BoxFuture, Call, Client, Feishu, Method, Operation,
    OperationMeta, Parts, Sender, Transport, TransportError, Vendor,
};
use openplat_mock::{MockPlatform, MockedVendor, Recorded};
use serde::Serialize;
use serde::de::DeserializeOwned;
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

/// Asserts that `actual` holds all that `expected` holds. A number may have become a string or
/// the other way round, a value of an enum may have changed its case, and what is null or empty
/// may be missing.
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
        _ => assert_eq!(text(actual), text(expected), "{path}"),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).to_lowercase()
}
