//! The examples of servers around a webhook, over TCP.

use std::future::Future;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use openplat_core::events::FeishuWebhook;
use openplat_core::{Body, Transport, TransportBuilder};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::servers::{webhook_axum, webhook_hyper};
use crate::tested::Tested;

const MESSAGE: &[u8] =
    br#"{"schema":"2.0","header":{"event_id":"e1","event_type":"im.message.receive_v1"}}"#;
const CARD: &[u8] =
    br#"{"schema":"2.0","header":{"event_id":"e2","event_type":"card.action.trigger"}}"#;
const CHALLENGE: &[u8] = br#"{"type":"url_verification","challenge":"c"}"#;

fn webhook() -> FeishuWebhook {
    FeishuWebhook::builder().encrypt_key("a key").verification_token("a token").build().unwrap()
}

/// Sends a request to a server on loopback.
async fn send(url: &str, mut request: Request<Bytes>) -> (u16, Value) {
    *request.uri_mut() = url.parse().unwrap();
    let transport = TransportBuilder::<Tested>::default().no_proxy().build().unwrap();
    let response = transport.send(request.map(Body::from)).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

async fn check<F>(serve: fn(TcpListener, FeishuWebhook) -> F)
where
    F: Future<Output: Send> + Send + 'static,
{
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhook", socket.local_addr().unwrap());
    let server = tokio::spawn(serve(socket, webhook()));

    let webhook = webhook();
    let toast = json!({ "toast": { "type": "success", "content": "Got it." } });
    let success = (200, json!({ "msg": "success" }));
    assert_eq!(send(&url, webhook.seal(CHALLENGE)).await, (200, json!({ "challenge": "c" })));
    assert_eq!(send(&url, webhook.seal(MESSAGE)).await, success);
    assert_eq!(send(&url, webhook.seal(MESSAGE)).await, success);
    assert_eq!(send(&url, webhook.seal(CARD)).await, (200, toast));

    let mut unsigned = webhook.seal(MESSAGE);
    unsigned.headers_mut().remove("x-lark-signature");
    assert_eq!(send(&url, unsigned).await, (403, json!({ "msg": "forbidden" })));
    server.abort();
}

#[tokio::test]
async fn a_webhook_behind_axum() {
    check(webhook_axum::serve).await;
}

#[tokio::test]
async fn a_webhook_behind_plain_hyper() {
    check(webhook_hyper::serve).await;
}
