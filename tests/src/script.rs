//! A transport that answers from a script, so that waiting is tested with the clock paused.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use openplat_core::{Body, BoxFuture, Transport, TransportError};
use tokio::time::Instant;

/// A transport that asks a function.
pub(crate) struct Through<F>(pub(crate) F);

impl<F, R> Transport for Through<F>
where
    F: Fn(http::Request<Body>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<http::Response<Body>, TransportError>> + Send + 'static,
{
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin((self.0)(request))
    }
}

/// What happens to one request.
pub(crate) enum Step {
    Answer(http::Response<String>),
    /// An answer that takes its time.
    Late(Duration, http::Response<String>),
    /// No connection.
    Refuse,
    /// The connection breaks before an answer.
    Break,
    /// No answer ever comes.
    Stall,
}

/// The same answer, `seconds` later.
pub(crate) fn late(seconds: u64, step: Step) -> Step {
    match step {
        Step::Answer(answer) => Step::Late(Duration::from_secs(seconds), answer),
        other => other,
    }
}

/// An answer with this status, headers and body.
pub(crate) fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Step {
    let mut answer = http::Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    Step::Answer(answer.body(body.to_owned()).unwrap())
}

pub(crate) fn ok() -> Step {
    answer(200, &[], r#"{"code":0,"msg":"success","data":{}}"#)
}

/// What the requests for the token of an app are answered with.
const TOKENS: [(&str, &str); 2] = [
    (
        "/tenant_access_token/internal",
        r#"{"code":0,"msg":"ok","tenant_access_token":"t-1","expire":7200}"#,
    ),
    ("/oauth2/accessToken", r#"{"accessToken":"d-1","expireIn":7200}"#),
];

/// Takes a step of its script for each request. Requests for a token are not counted: they are
/// answered with one.
#[derive(Clone, Default)]
pub(crate) struct Script(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    steps: VecDeque<Step>,
    scripts_tokens: bool,
    sent: Vec<Sent>,
}

struct Sent {
    at: Instant,
    target: String,
    token: Option<String>,
    headers: http::HeaderMap,
    body: Bytes,
}

impl Script {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let script = Self::default();
        script.0.lock().unwrap().steps.extend(steps);
        script
    }

    /// Requests for the token of an app take a step of the script like all others.
    pub(crate) fn with_tokens(self) -> Self {
        self.0.lock().unwrap().scripts_tokens = true;
        self
    }

    pub(crate) fn feishu(&self) -> feishu_im::Client {
        feishu_im::Client::builder("cli_1", "secret").transport(self.clone()).build().unwrap()
    }

    pub(crate) fn dingtalk(&self) -> dingtalk_convfile::Client {
        let builder = dingtalk_convfile::Client::builder("ding", "secret");
        builder.transport(self.clone()).build().unwrap()
    }

    /// How many requests were sent.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().sent.len()
    }

    /// The seconds between one request and the next.
    pub(crate) fn waits(&self) -> Vec<f64> {
        let sent = &self.0.lock().unwrap().sent;
        sent.windows(2).map(|pair| (pair[1].at - pair[0].at).as_secs_f64()).collect()
    }

    pub(crate) fn bodies(&self) -> Vec<Bytes> {
        self.0.lock().unwrap().sent.iter().map(|sent| sent.body.clone()).collect()
    }

    /// The values of a header of one request.
    pub(crate) fn header(&self, request: usize, name: &str) -> Vec<String> {
        let sent = &self.0.lock().unwrap().sent;
        let values = sent[request].headers.get_all(name).iter();
        values.map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn targets(&self) -> Vec<String> {
        self.0.lock().unwrap().sent.iter().map(|sent| sent.target.clone()).collect()
    }

    /// Each request as a path, the token it carried, and its body.
    pub(crate) fn requests(&self) -> Vec<(String, Option<String>, serde_json::Value)> {
        let sent = &self.0.lock().unwrap().sent;
        let request = |sent: &Sent| {
            let path = sent.target.split_once("://").unwrap().1.split_once('/').unwrap().1;
            let body = serde_json::from_slice(&sent.body).unwrap_or_default();
            (format!("/{path}"), sent.token.clone(), body)
        };
        sent.iter().map(request).collect()
    }

    fn step(&self, request: &http::Request<Body>) -> Step {
        let path = request.uri().path();
        let known = TOKENS.iter().find(|(end, _)| path.ends_with(end));
        if let Some((_, token)) = known.filter(|_| !self.0.lock().unwrap().scripts_tokens) {
            return answer(200, &[], token);
        }
        let mut state = self.0.lock().unwrap();
        state.sent.push(Sent {
            at: Instant::now(),
            target: request.uri().to_string(),
            token: ["authorization", "x-acs-dingtalk-access-token"]
                .iter()
                .find_map(|name| request.headers().get(*name))
                .map(|token| token.to_str().unwrap().to_owned()),
            headers: request.headers().clone(),
            body: request.body().as_bytes().cloned().unwrap(),
        });
        state.steps.pop_front().expect("a request that the script does not foresee")
    }
}

impl Transport for Script {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let step = self.step(&request);
        Box::pin(async move {
            match step {
                Step::Answer(answer) => Ok(answer.map(|body| Body::from(Bytes::from(body)))),
                Step::Late(wait, answer) => {
                    tokio::time::sleep(wait).await;
                    Ok(answer.map(|body| Body::from(Bytes::from(body))))
                }
                Step::Refuse => Err(TransportError::connect("refused")),
                Step::Break => Err(TransportError::transfer("reset")),
                Step::Stall => std::future::pending().await,
            }
        })
    }
}
