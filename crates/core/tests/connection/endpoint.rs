//! The request for a URL, the handshake, and what is made of a refusal.

use std::time::Duration;

use openplat_core::events::connection::{Connection, LongConnection, State};
use openplat_core::{Error, ErrorKind, Feishu, http};
use serde_json::{Value, json};

use crate::support::{Accepted, Platform, Refusal, URL, config, endpoint, platform};

/// Waits for the error that ends a connection, and makes sure that it is the last item.
async fn fatal(mut connection: Connection) -> Error {
    let error = connection.next().await.unwrap().unwrap_err();
    assert!(connection.next().await.is_none());
    assert!(matches!(connection.control().state(), State::Closed { error: Some(_), .. }));
    shows_no_secret(&error);
    error
}

fn shows_no_secret(shown: &impl std::fmt::Debug) {
    let text = format!("{shown:?}");
    for secret in ["hunter2", "topsecret", "access_key", "ticket="] {
        assert!(!text.contains(secret), "{text}");
    }
}

/// Returns a platform that responds with this to the first request for a URL, and well to others.
fn platform_saying(status: u16, body: Value) -> (Platform, Accepted) {
    let (platform, accepted) = platform();
    platform.answers(status, body).answers(200, endpoint(config(-1, 1, 1, 10)));
    (platform, accepted)
}

fn code(code: i64, msg: &str) -> Value {
    json!({ "code": code, "msg": msg, "data": null })
}

#[tokio::test(start_paused = true)]
async fn the_request_carries_the_credentials_and_the_handshake_does_not() {
    let (platform, mut accepted) = platform();
    let connection = platform.connect();
    accepted.next().await;
    let (_, head, body) = platform.asked().remove(0);
    assert_eq!(
        (head.method.as_str(), head.uri.to_string().as_str()),
        ("POST", "https://open.feishu.cn/callback/ws/endpoint",)
    );
    assert_eq!(head.headers["locale"], "zh");
    assert!(head.headers["content-type"].to_str().unwrap().starts_with("application/json"));
    assert!(!head.headers.contains_key("authorization"), "no token is fetched for it");
    assert_eq!(body, json!({ "AppID": "cli_1", "AppSecret": "hunter2secret" }));
    let head = platform.upgraded().remove(0);
    assert_eq!(head.uri.to_string(), URL, "the URL is used unchanged");
    assert!(!format!("{:?}", head.headers).contains("hunter2"));
    assert!(!head.headers.contains_key("authorization"));
    assert!(!head.headers.contains_key("sec-websocket-extensions"), "nothing is compressed");
    assert_eq!(head.headers["sec-websocket-version"], "13");
    shows_no_secret(&connection);
    shows_no_secret(&connection.control());
}

#[tokio::test(start_paused = true)]
async fn codes_that_pass_are_retried() {
    for (status, body) in [
        (200, code(1, "system busy")),
        (200, code(1000040343, "internal error")),
        (500, code(1, "system busy")),
        (500, json!("oops")),
        (502, json!("<html>bad gateway</html>")),
        (429, json!("")),
        (200, json!({ "code": 0, "msg": "", "data": null })),
        (200, json!({ "code": 0, "msg": "", "data": { "URL": "", "ClientConfig": null } })),
        (200, json!("<html>log in</html>")),
        (400, json!("")),
        (404, code(7, "not yet known")),
    ] {
        let (platform, mut accepted) = platform_saying(status, body.clone());
        let connection = platform.connect();
        let mut control = connection.control();
        let waiting = control.changed().await;
        assert!(matches!(waiting, Some(State::Waiting { .. })), "{status} {body}: {waiting:?}");
        shows_no_secret(&waiting);
        accepted.next().await;
    }
}

#[tokio::test(start_paused = true)]
async fn codes_that_stay_are_fatal_and_say_what_to_do() {
    for (body, kind, advice) in [
        (code(1000040345, "system busy"), ErrorKind::Configuration, ["app secret", "publish"]),
        (
            code(1000040351, "incorrect domain name"),
            ErrorKind::Configuration,
            [Feishu::LARK, "Lark"],
        ),
        (code(1000040350, "too many"), ErrorKind::QuotaExceeded, ["50", "connections"]),
        (code(1000040344, "no credentials"), ErrorKind::Rejected, ["custom app", "console"]),
        (code(7, "who knows"), ErrorKind::Rejected, ["custom app", "console"]),
    ] {
        let (platform, _accepted) = platform_saying(200, body);
        let error = fatal(platform.connect()).await;
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.operation(), Some("POST /callback/ws/endpoint"));
        assert_eq!(error.api().unwrap().log_id(), Some("log-1"));
        for words in advice {
            assert!(error.advice().unwrap().contains(words), "{error}");
        }
        assert_eq!(platform.asked().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_other_host_is_the_one_that_is_not_set() {
    let (platform, _accepted) = platform_saying(200, code(1000040351, "incorrect domain name"));
    let client = platform.builder().base_url(Feishu::LARK).build().unwrap();
    let error = fatal(LongConnection::new(&client).connect()).await;
    assert!(error.advice().unwrap().contains(Feishu::FEISHU_CN), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_may_pass_is_believed_after_three_times() {
    for (status, body) in [(400, json!("")), (404, code(7, "?")), (200, json!("<p>secret"))] {
        let (platform, _accepted) = platform();
        platform.answers(status, body);
        let error = fatal(platform.connect()).await;
        assert_eq!(error.api().map(|api| api.status()), Some(status), "{error}");
        assert_eq!(platform.asked().len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_that_echoes_the_secret_is_masked() {
    let (platform, _accepted) = platform_saying(200, code(7, "hunter2secret is wrong"));
    let error = fatal(platform.connect()).await;
    assert!(error.to_string().contains("*** is wrong"), "{error}");
}

fn url(url: &str) -> Value {
    json!({ "code": 0, "msg": "", "data": { "URL": url, "ClientConfig": config(-1, 1, 1, 10) } })
}

#[tokio::test(start_paused = true)]
async fn a_url_that_shows_its_secrets_or_leads_elsewhere_is_not_used() {
    for bad in [
        "ws://msg-frontier.feishu.cn/ws?ticket=topsecret",
        "http://msg-frontier.feishu.cn/ws?ticket=topsecret",
        "https://msg-frontier.feishu.cn/ws?ticket=topsecret",
        "/ws?ticket=topsecret",
        "wss:///ws?ticket=topsecret",
        "wss://me:topsecret@msg-frontier.feishu.cn/ws",
        "wss://msg-frontier.feishu.cn/ws?ticket=top secret",
        "topsecret",
    ] {
        let (platform, _accepted) = platform();
        platform.answers(200, url(bad));
        let error = fatal(platform.connect()).await;
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert!(platform.upgraded().is_empty(), "{bad}");
    }
    let (platform, mut accepted) = platform();
    platform.answers(200, url("ws://127.0.0.1:1/ws?service_id=33554678"));
    let client = platform.builder().base_url("http://127.0.0.1:1").build().unwrap();
    let _connection = LongConnection::new(&client).connect();
    accepted.next().await;
}

fn refusal(status: u16, headers: &[(&'static str, &'static str)]) -> Option<Refusal> {
    Some((status, headers.to_vec()))
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_is_refused_for_a_reason_that_stays_is_fatal() {
    for (refused, kind, advice) in [
        (
            refusal(
                403,
                &[
                    ("Handshake-Status", "514"),
                    ("Handshake-Msg", "over limit topsecretticket"),
                    ("Handshake-Autherrcode", "1000040350"),
                ],
            ),
            ErrorKind::QuotaExceeded,
            "50",
        ),
        (
            refusal(400, &[("Handshake-Status", "403"), ("Handshake-Msg", "banned")]),
            ErrorKind::PermissionDenied,
            "banned",
        ),
    ] {
        let (platform, _accepted) = platform();
        platform.upgrades(refused);
        let error = fatal(platform.connect()).await;
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.advice().unwrap().contains(advice), "{error}");
        assert!(error.to_string().contains("wss://msg-frontier.feishu.cn"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_secrets_of_a_url_are_masked_however_they_are_written() {
    let secret_url =
        "wss://msg-frontier.feishu.cn/ws?service_id=1&ticket=a%2Fb%2Bc12345&key=one+two%21";
    for (quoted, shown) in [
        ("invalid ticket a%2Fb%2Bc12345", "invalid ticket ***"),
        ("invalid ticket a/b+c12345", "invalid ticket ***"),
        ("invalid key one two!", "invalid key ***"),
        ("invalid key one+two!", "invalid key ***"),
        ("invalid service_id=1&ticket=a/b+c12345&key=one+two!", "invalid ***"),
    ] {
        let (platform, _accepted) = platform();
        platform.answers(200, url(secret_url));
        platform
            .upgrades(Some((400, vec![("Handshake-Status", "403"), ("Handshake-Msg", quoted)])));
        let error = fatal(platform.connect()).await;
        assert_eq!(error.api().unwrap().message(), shown);
        assert!(!format!("{error} {error:?}").contains(quoted), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn other_refusals_of_a_handshake_lead_to_a_new_url() {
    for refused in [
        refusal(403, &[("Handshake-Status", "514"), ("Handshake-Autherrcode", "7")]),
        refusal(403, &[("Handshake-Status", "514")]),
        refusal(400, &[("Handshake-Status", "7"), ("Handshake-Msg", "topsecretticket")]),
        refusal(503, &[]),
        refusal(429, &[]),
        refusal(403, &[]),
        refusal(302, &[("location", "https://login.example.com/?topsecret")]),
        refusal(200, &[]),
    ] {
        let (platform, mut accepted) = platform();
        platform.upgrades(refused.clone());
        let connection = platform.connect();
        let waiting = connection.control().changed().await;
        let Some(State::Waiting { error, .. }) = waiting else { panic!("{waiting:?}") };
        shows_no_secret(&error);
        accepted.next().await;
        assert_eq!(platform.asked().len(), 2, "{refused:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_that_stays_is_believed_after_three_times() {
    let (platform, _accepted) = platform();
    for _ in 0..3 {
        platform.upgrades(refusal(403, &[]));
    }
    let error = fatal(platform.connect()).await;
    assert_eq!(error.api().map(|api| api.status()), Some(403), "{error}");
    assert_eq!(platform.upgraded().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_is_not_confirmed_is_none() {
    let changes: [fn(&mut http::response::Parts); 4] = [
        |head| drop(head.headers.remove("sec-websocket-accept")),
        |head| {
            let wrong = "o83sDoPciBbmeBN3f+roEvlE5Rs=".parse().unwrap();
            head.headers.insert("sec-websocket-accept", wrong);
        },
        |head| {
            let deflate = "permessage-deflate".parse().unwrap();
            head.headers.insert("sec-websocket-extensions", deflate);
        },
        |head| drop(head.headers.insert("sec-websocket-protocol", "chat".parse().unwrap())),
    ];
    for change in changes {
        let (platform, mut accepted) = platform();
        platform.changes(change);
        let connection = platform.connect();
        let waiting = connection.control().changed().await;
        let Some(State::Waiting { error, .. }) = waiting else { panic!("{waiting:?}") };
        assert!(error.to_string().contains("proxy"), "{error}");
        // The server of the connection that is given up hears nothing.
        while accepted.next_or_ended().await.is_none() {}
        assert_eq!(platform.asked().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn each_url_serves_for_one_connection() {
    let (platform, mut accepted) = platform();
    platform.answers(200, endpoint(config(-1, 1, 1, 10)));
    let _connection = platform.connect();
    for _ in 0..5 {
        drop(accepted.next().await);
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(accepted.is_empty());
    assert_eq!(platform.asked().len(), platform.upgraded().len());
}
