//! Pushing over HTTP, to servers that are functions and to one on a socket.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use openplat_core::events::{
    Answer, DingTalkWebhook, FeishuWebhook, Incoming, Listener, RawEvent, Webhook,
};
use openplat_core::{Client, Error, Feishu, Sender};
use openplat_mock::bytes::Bytes;
use openplat_mock::http::{Request, Response};
use openplat_mock::{MockPlatform, Push, WebhookServer};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::line::soon;
use crate::operations::LinkChat;

const SECOND: Duration = Duration::from_secs(1);

fn feishu() -> FeishuWebhook {
    FeishuWebhook::builder().encrypt_key("a key").verification_token("a token").build().unwrap()
}

fn dingtalk() -> DingTalkWebhook {
    let key = "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij";
    DingTalkWebhook::builder("a token", key, "ding_1").build().unwrap()
}

/// The requests that were accepted, and the data of their events.
type Seen = Arc<Mutex<Vec<(Request<Bytes>, Value)>>>;

/// A server that accepts what its webhook lets in.
fn server(webhook: impl Webhook + Send + Sync + 'static) -> (WebhookServer, Seen) {
    let seen = Seen::default();
    let (webhook, shared) = (Arc::new(webhook), seen.clone());
    let server = WebhookServer::function(move |request| {
        let (webhook, seen) = (webhook.clone(), shared.clone());
        async move {
            match webhook.open(&request) {
                Incoming::Challenge(response) => response,
                Incoming::Event(delivery) | Incoming::Callback(delivery) => {
                    let data = serde_json::from_slice(delivery.event().data()).unwrap();
                    seen.lock().unwrap().push((request, data));
                    delivery.accept(Answer::json(&json!({ "toast": {} })))
                }
                Incoming::Refused(refusal) => refusal.response(),
            }
        }
    });
    (server, seen)
}

fn status(status: u16) -> Response<Bytes> {
    Response::builder().status(status).body(Bytes::new()).unwrap()
}

#[tokio::test]
async fn events_are_signed_and_encrypted() {
    let mock = MockPlatform::in_process();
    let (server, seen) = server(feishu());
    let webhook = mock.webhook("cli_1", &feishu(), server).await.unwrap();
    assert_eq!((webhook.app_id(), webhook.is_open()), ("cli_1".to_owned(), true));
    let event = mock.push(Push::feishu("im.message.receive_v1", json!({ "text": "hi" })).twice());
    let ack = soon(event.ack()).await;
    assert_eq!((ack.connection, ack.code), (0, 200));
    soon(mock.until(|_| event.acks().len() == 2)).await;
    assert!(event.is_accepted());
    let seen = seen.lock().unwrap();
    for (request, data) in &*seen {
        assert!(request.headers().contains_key("x-lark-signature"));
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        assert!(body["encrypt"].is_string());
        assert_eq!(*data, json!({ "text": "hi" }));
    }
    assert_eq!(seen.len(), 2);
}

#[tokio::test]
async fn answers_come_back() {
    let mock = MockPlatform::in_process();
    let (server, _) = server(feishu());
    mock.webhook("cli_1", &feishu(), server).await.unwrap();
    let callback = mock.push(Push::feishu("card.action.trigger", json!({})));
    let ack = soon(callback.ack()).await;
    assert_eq!(ack.data, Some(json!({ "toast": {} })));
    assert_eq!(ack.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn dingtalk_pushes_events_by_http() {
    let mock = MockPlatform::in_process();
    let (server, seen) = server(dingtalk());
    mock.webhook("ding_1", &dingtalk(), server).await.unwrap();
    soon(mock.push(Push::dingtalk_event("chat_update_title", json!({ "ChatId": "c" }))).accepted())
        .await;
    let wanted = json!({ "ChatId": "c", "EventType": "chat_update_title" });
    assert_eq!(seen.lock().unwrap()[0].1, wanted);
    let callback = Push::dingtalk_callback("/v1.0/im/bot/messages/get", json!({}));
    assert_eq!(mock.push(callback).sent_to(), [0; 0], "callbacks come by stream mode only");
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_fails_gets_the_event_again() {
    let mock = MockPlatform::in_process();
    let calls = Mutex::new(0);
    let server = WebhookServer::function(move |request| {
        let call = {
            let mut calls = calls.lock().unwrap();
            *calls += 1;
            *calls
        };
        async move {
            let challenge = Response::new(Bytes::from(
                json!({ "challenge": challenge_of(&request) }).to_string(),
            ));
            match call {
                1 => challenge,
                2 => status(500),
                3 => {
                    tokio::time::sleep(4 * SECOND).await;
                    status(200)
                }
                _ => status(200),
            }
        }
    });
    let open = FeishuWebhook::builder().verification_token("a token").build().unwrap();
    let webhook = mock.webhook("cli_1", &open, server).await.unwrap();
    let started = Instant::now();
    let event = mock.push(Push::feishu("im.message.receive_v1", json!({})));
    soon(event.accepted()).await;
    assert_eq!(started.elapsed().as_secs(), 315);
    assert_eq!(event.acks().iter().map(|ack| ack.code).collect::<Vec<_>>(), [500, 200]);
    assert_eq!(webhook.violations(), ["no response in 3s"]);

    webhook.close(1000);
    soon(mock.until(|_| !webhook.is_open())).await;
    assert_eq!(mock.push(Push::feishu("x", json!({}))).sent_to(), [0; 0]);
}

fn challenge_of(request: &Request<Bytes>) -> Value {
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    body["challenge"].clone()
}

#[tokio::test]
async fn a_webhook_that_does_not_prove_itself_is_not_saved() {
    let mock = MockPlatform::in_process();
    let (refusing, _) = server(feishu());
    let other = FeishuWebhook::builder().encrypt_key("another").build().unwrap();
    let error = mock.webhook("cli_1", &other, refusing).await.unwrap_err();
    assert!(error.to_string().starts_with("the challenge was refused: HTTP 4"), "{error}");
    let wrong = WebhookServer::function(async |_| status(200));
    for (server, reason) in [
        (wrong, "the response to the challenge is wrong"),
        ("https://127.0.0.1/".into(), "no response: openplat-mock calls only `http` URLs"),
        ("no URL".into(), "no response: the URL is not valid"),
    ] {
        let error = mock.webhook("cli_1", &feishu(), server).await.unwrap_err();
        assert_eq!(error.to_string(), reason);
    }
    assert_eq!(mock.connections().len(), 0);
}

#[tokio::test]
async fn a_store_app_gets_the_ticket_that_it_asks_for() {
    let mock = MockPlatform::in_process();
    mock.on::<LinkChat>();
    mock.set_ticket("the ticket");
    let client = Client::<Feishu>::builder("cli_1", "s3cret").transport(mock.transport());
    let client = client.build().unwrap();
    let bot = Listener::new(async |_: RawEvent| Ok::<_, Error>(())).client(&client);
    let server = WebhookServer::function(move |request| {
        let bot = bot.clone();
        async move { bot.serve(&feishu(), request).await }
    });
    mock.webhook("cli_1", &feishu(), server).await.unwrap();
    client.for_tenant("one").call(&LinkChat("oc_1")).await.unwrap_err();
    soon(mock.until(|mock| mock.acks().len() == 1)).await;
    client.for_tenant("one").call(&LinkChat("oc_1")).await.unwrap();
    assert_eq!(mock.pending(), 0);
}

/// Reads a request from a socket and responds as `webhook` does.
async fn serve(mut stream: TcpStream, webhook: &impl Webhook) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap().into());
    }
    let length = head.split_once("content-length: ").unwrap().1.split_once("\r\n").unwrap().0;
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    let mut lines = head.lines();
    let target = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
    let mut request = Request::post(&target);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        request = request.header(name, value);
    }
    let response = match webhook.open(&request.body(body.into()).unwrap()) {
        Incoming::Challenge(response) => response,
        Incoming::Event(delivery) => delivery.accept(()),
        other => panic!("{other:?}"),
    };
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", response.body().len());
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(response.body()).await.unwrap();
    target
}

#[tokio::test]
async fn servers_on_sockets_are_called() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/events?a=1", listener.local_addr().unwrap());
    let mock = MockPlatform::in_process();
    let serving = tokio::spawn(async move {
        for _ in 0..2 {
            let target = serve(listener.accept().await.unwrap().0, &feishu()).await;
            assert_eq!(target, "/events?a=1");
        }
        for _ in 0..2 {
            let target = serve(listener.accept().await.unwrap().0, &dingtalk()).await;
            assert!(target.starts_with("/events?a=1&msg_signature="), "{target}");
        }
    });
    mock.webhook("cli_1", &feishu(), &*url).await.unwrap();
    soon(mock.push(Push::feishu("im.message.receive_v1", json!({}))).accepted()).await;
    mock.webhook("ding_1", &dingtalk(), &*url).await.unwrap();
    soon(mock.push(Push::dingtalk_event("x", json!({}))).accepted()).await;
    serving.await.unwrap();

    let error = mock.webhook("cli_1", &feishu(), &*url).await.unwrap_err();
    assert!(error.to_string().starts_with("no response: "), "{error}");
}
