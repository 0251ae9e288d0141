//! What was recorded between the official clients and a server, played to this client.

use openplat_core::events::Answer;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Frame, Server, endpoint, platform};

const PYTHON: &str = include_str!("captures/python.json");
const NODE: &str = include_str!("captures/node.json");

fn records(capture: &str) -> Vec<Value> {
    let capture: Value = serde_json::from_str(capture).unwrap();
    capture["records"].as_array().unwrap().clone()
}

fn bytes(record: &Value) -> Vec<u8> {
    let hex = record["hex"].as_str().unwrap();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

async fn send(server: &mut Server, message: Message) {
    futures_util::SinkExt::send(&mut server.0, message).await.unwrap();
}

/// What stands in an acknowledgment, whoever wrote it: spaces and times differ.
fn outcome(frame: &Frame) -> (Frame, Value) {
    let mut frame = frame.clone();
    frame.headers.retain(|(key, _)| key != "biz_rt");
    let payload: Value = serde_json::from_str(&frame.payload.take().unwrap()).unwrap();
    (frame, payload["code"].clone())
}

/// Plays what the server sent, in its order, and compares the acknowledgments with those recorded,
/// except where the official client errs.
async fn replay(capture: &str) {
    let records = records(capture);
    let (platform, mut accepted) = platform();
    for record in &records {
        if record["kind"] == "endpoint_answer" {
            let mut body = record["body"].clone();
            if body["code"] == 0 {
                let config = body["data"]["ClientConfig"].take();
                body = endpoint(config);
            }
            platform.answers(200, body);
        }
        if record["kind"] == "ws_upgrade_answer" {
            let headers = &record["headers"];
            platform.upgrades((record["status"] != 101).then(|| {
                let names = ["Handshake-Status", "Handshake-Msg", "Handshake-Autherrcode"];
                let headers =
                    names.map(|name| (name, &*headers[name].as_str().unwrap().to_owned().leak()));
                (403, headers.to_vec())
            }));
        }
    }
    let mut connection = platform.connect();
    let mut server = accepted.next().await;
    let mut last = None;
    for (at, record) in records.iter().enumerate() {
        match record["kind"].as_str().unwrap() {
            "server_frame" => {
                let frame = bytes(record);
                last = Some((record["label"].clone(), Frame::decode(&frame)));
                send(&mut server, Message::Binary(frame.into())).await;
            }
            "server_text" => send(&mut server, Message::text("hello")).await,
            "server_ws_ping" => {
                send(&mut server, Message::Ping("hb".into())).await;
                while !matches!(server.message().await, Some(Message::Pong(_))) {}
            }
            "server_close" => {
                server.0.close(None).await.unwrap();
                server = accepted.next().await;
            }
            "server_tcp_abort" => {
                drop(server);
                // The platform has too many connections: no official client tells anybody.
                let error = connection.next().await.unwrap().unwrap_err();
                assert_eq!(error.api().unwrap().code(), "1000040350");
                return;
            }
            // Neither has an event behind it. A repeated part has no other parts beside it; the
            // Python client calls its handler again.
            "no_ack" => {}
            "client_frame" if record["label"] == "ack" => {
                let (label, sent) = last.take().unwrap();
                if label == "fragment_late_duplicate" {
                    continue;
                }
                let delivery = connection.next().await.unwrap().unwrap();
                let ours = match label.as_str().unwrap() {
                    "event_handler_fails" => tokio::join!(delivery.fail(), server.ack()),
                    "card_action_trigger" => {
                        let answer = Answer::json(&json!({ "toast": { "type": "info" } }));
                        tokio::join!(delivery.accept(answer), server.ack())
                    }
                    // Whether an event without a handler has failed is for the program to say.
                    "event_without_handler" if capture == PYTHON => {
                        tokio::join!(delivery.fail(), server.ack())
                    }
                    _ => tokio::join!(delivery.accept(()), server.ack()),
                };
                assert_eq!(ours.0, Ok(()));
                let theirs = Frame::decode(&bytes(record));
                assert_eq!(outcome(&ours.1), outcome(&theirs), "record {at}, {label}");
                assert_eq!(outcome(&ours.1).0, Frame { payload: None, ..sent });
                let (key, value) = ours.1.headers.last().unwrap();
                assert!(key == "biz_rt" && value.parse::<u64>().is_ok(), "{value}");
            }
            _ => {}
        }
    }
    panic!("the capture ends without the refusal");
}

#[tokio::test(start_paused = true)]
async fn the_capture_of_the_python_client() {
    replay(PYTHON).await;
}

#[tokio::test(start_paused = true)]
async fn the_capture_of_the_node_client() {
    replay(NODE).await;
}

#[tokio::test(start_paused = true)]
async fn the_first_ping_is_the_one_that_was_recorded() {
    let first = |records: Vec<Value>| {
        bytes(records.iter().find(|record| record["kind"] == "client_frame").unwrap())
    };
    let (platform, mut accepted) = platform();
    let _connection = platform.connect();
    let mut server = accepted.raw().await;
    let ours = server.message().await.unwrap().into_data();
    assert_eq!(ours, first(records(PYTHON)));
    assert_eq!(ours, first(records(NODE)));
}
