//! A transport that answers from a script, so that waiting is tested with the clock paused.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use openplat_core::{Body, BoxFuture, Transport, TransportError};
use tokio::time::Instant;

/// What happens to one request.
pub(crate) enum Step {
    Answer(http::Response<String>),
    /// No connection.
    Refuse,
    /// The connection breaks before an answer.
    Break,
    /// No answer ever comes.
    Stall,
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

/// Takes a step of its script for each request. Requests for a token are not counted: they are
/// answered with one.
#[derive(Clone, Default)]
pub(crate) struct Script(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    steps: VecDeque<Step>,
    sent: Vec<Sent>,
}

pub(crate) struct Sent {
    pub(crate) at: Instant,
    pub(crate) target: String,
    pub(crate) body: Bytes,
}

impl Script {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let state = State { steps: steps.into_iter().collect(), sent: Vec::new() };
        Self(Arc::new(Mutex::new(state)))
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

    pub(crate) fn targets(&self) -> Vec<String> {
        self.0.lock().unwrap().sent.iter().map(|sent| sent.target.clone()).collect()
    }

    fn step(&self, request: &http::Request<Body>) -> Step {
        let path = request.uri().path();
        if path.ends_with("/tenant_access_token/internal") {
            let token = r#"{"code":0,"msg":"ok","tenant_access_token":"t-1","expire":7200}"#;
            return answer(200, &[], token);
        }
        if path.ends_with("/oauth2/accessToken") {
            return answer(200, &[], r#"{"accessToken":"d-1","expireIn":7200}"#);
        }
        let mut state = self.0.lock().unwrap();
        state.sent.push(Sent {
            at: Instant::now(),
            target: request.uri().to_string(),
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
                Step::Refuse => Err(TransportError::connect("refused")),
                Step::Break => Err(TransportError::transfer("reset")),
                Step::Stall => std::future::pending().await,
            }
        })
    }
}
