//! DingTalk's old API: a host of its own, the token in the query, a code in every response.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use dingtalk_convfile::{Client, DingTalk, ErrorKind};
use http::{Request, Response};
use openplat_core::{
    AcceptsAppToken, Body, Download, Method, Operation, OperationMeta, Parts, Sender,
    TransportError, Upload, Violation,
};
use openplat_mock::{MockPlatform, RateLimit, Reply};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::in_process::{Through, dingtalk, replying, waits};
use crate::tested::Tested;

const PATH: &str = "/topapi/v2/user/get";

struct GetUser(&'static str);

#[derive(Debug, Deserialize)]
struct User {
    result: Named,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

impl Operation for GetUser {
    type Vendor = DingTalk;
    type Output = User;
    const META: &'static OperationMeta =
        &OperationMeta::new("topapi.v2_user.get", Method::Post, PATH).idempotent(true);

    fn encode(&self, parts: &mut Parts) {
        parts.body().field("userid", self.0);
    }
}

impl AcceptsAppToken for GetUser {}

fn tom() -> Value {
    json!({ "result": { "name": "Tom" } })
}

type Seen = Arc<Mutex<Vec<(String, bool)>>>;

/// Keeps the URLs, and whether the header of the new API was there. The token has characters that a
/// URL cannot hold as they are.
fn client(base_url: Option<&str>) -> (Client, Seen) {
    let seen = Seen::default();
    let kept = seen.clone();
    let transport = Through(move |request: Request<Body>| {
        let url = request.uri().to_string();
        let is_fetch = url.contains("/oauth2/");
        let has_header = request.headers().contains_key("x-acs-dingtalk-access-token");
        kept.lock().unwrap().push((url, has_header));
        let body = match is_fetch {
            true => json!({ "accessToken": "a/b+c=", "expireIn": 7200 }),
            false => json!({ "errcode": 0, "errmsg": "ok", "result": { "name": "Tom" } }),
        };
        std::future::ready(Ok(Response::new(Body::from(Bytes::from(body.to_string())))))
    });
    let builder = Client::builder("ding", "secret").transport(transport);
    let builder = match base_url {
        Some(base_url) => builder.base_url(base_url),
        None => builder,
    };
    (builder.build().unwrap(), seen)
}

#[tokio::test]
async fn it_has_a_host_of_its_own_and_the_token_in_the_query() {
    for (base_url, new, old) in [
        (None, DingTalk::CHINA, "https://oapi.dingtalk.com"),
        (
            Some("https://API.dingtalk.com:443/"),
            "https://API.dingtalk.com:443",
            "https://oapi.dingtalk.com",
        ),
        (Some(DingTalk::INTERNATIONAL), DingTalk::INTERNATIONAL, "https://oapi.dingtalk.io"),
        (
            Some("https://corp.example/ding/"),
            "https://corp.example/ding",
            "https://corp.example/ding",
        ),
    ] {
        let (client, seen) = client(base_url);
        assert_eq!(client.call(&GetUser("u")).await.unwrap().result.name, "Tom");
        let raw = client.raw(Method::Get, "/user/{id}").value("id", "1?2").query("lang", "zh_CN");
        raw.send::<()>().await.unwrap();
        client.raw(Method::Get, "/v1.0/x").send::<Value>().await.unwrap();
        let expected = [
            (format!("{new}/v1.0/oauth2/accessToken"), false),
            (format!("{old}{PATH}?access_token=a%2Fb%2Bc%3D"), false),
            (format!("{old}/user/1%3F2?lang=zh_CN&access_token=a%2Fb%2Bc%3D"), false),
            (format!("{new}/v1.0/x"), true),
        ];
        assert_eq!(*seen.lock().unwrap(), expected);
    }
}

#[tokio::test]
async fn a_token_in_the_query_of_a_call_is_refused() {
    let (client, seen) = client(None);
    let raw = |path: &'static str| client.raw(Method::Post, path).query("access_token", "hunter2");
    let error = raw("/robot/send").query("a", "b").send::<()>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.to_string().contains("`access_token` is set by the client itself"), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"));
    assert_eq!(seen.lock().unwrap().len(), 0);
    raw("/v1.0/x").send::<Value>().await.unwrap();
    // A robot of a group has a token of its own.
    let robot = client.with_token("robot token");
    robot.raw(Method::Post, "/robot/send").json(&json!({})).send::<()>().await.unwrap();
    let (url, _) = seen.lock().unwrap().last().unwrap().clone();
    assert_eq!(url, "https://oapi.dingtalk.com/robot/send?access_token=robot%20token");
}

#[tokio::test]
async fn a_rejected_token_is_replaced() {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<GetUser>().data(tom());
    let client =
        Client::builder("ding", "secret").over::<Tested>().base_url(mock.url()).build().unwrap();
    client.call(&GetUser("u")).await.unwrap();
    mock.revoke_tokens();
    let response = client.call(&GetUser("u")).with_meta().await.unwrap();
    assert_eq!((response.attempts, response.output.result.name.as_str()), (2, "Tom"));
    let tokens: Vec<_> = mock.requests().iter().map(|r| r.token().unwrap().to_owned()).collect();
    assert!(tokens[0] == tokens[1] && tokens[1] != tokens[2], "{tokens:?}");

    for code in ["40014", "42001", "40001", "88"] {
        let mock = replying::<GetUser>([Reply::error(code)]);
        let error = dingtalk(&mock).call(&GetUser("u")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
        assert_eq!(mock.token_requests().len(), 2, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_waited_out() {
    let mock = MockPlatform::in_process();
    mock.on::<GetUser>().data(tom()).rate_limit(RateLimit::new(1, Duration::from_secs(1)));
    let client = dingtalk(&mock);
    for _ in 0..2 {
        client.call(&GetUser("u")).await.unwrap();
    }
    assert_eq!(mock.requests().len(), 3);
    assert!(waits(&mock)[1] >= 1.0, "{:?}", waits(&mock));
    for code in ["90018", "90005", "660026"] {
        let mock = replying::<GetUser>([Reply::error(code)]);
        let error = dingtalk(&mock).call(&GetUser("u")).retries(false).await.unwrap_err();
        assert!(error.is_throttled(), "{error}");
    }
}

#[tokio::test]
async fn a_code_is_an_error_whatever_the_status_and_the_size() {
    let large = "x".repeat(20_000);
    for (body, kind, code) in [
        (json!({ "errcode": 33012, "errmsg": "no such user" }), ErrorKind::Rejected, "33012"),
        (json!({ "errcode": 7, "errmsg": "m", "result": large }), ErrorKind::Rejected, "7"),
        (json!({ "result": large, "errcode": "-1" }), ErrorKind::Unavailable, "-1"),
        (
            json!({ "errcode": 88, "errmsg": "ding talk error[subcode=60020,submsg=no]" }),
            ErrorKind::Configuration,
            "88",
        ),
    ] {
        let mock = replying::<GetUser>([Reply::new(200).json(&body)]);
        let error = dingtalk(&mock).call(&GetUser("u")).retries(false).await.unwrap_err();
        assert_eq!((error.kind(), error.api().unwrap().code()), (kind, code), "{error}");
        assert!(error.to_string().len() < 600, "{error}");
    }
}

#[tokio::test]
async fn an_error_names_the_missing_scopes_and_the_log_id() {
    let message = "ding talk error[subcode=60011,submsg=no, {requiredScopes=[qyapi_a, qyapi_b]}]";
    let body = json!({ "errcode": 88, "sub_code": "60011", "sub_msg": "no", "errmsg": message,
        "request_id": "16l4ew3d47pdp" });
    let mock = replying::<GetUser>([Reply::new(200).json(&body)]);
    let error = dingtalk(&mock).call(&GetUser("u")).await.unwrap_err();
    let api = error.api().unwrap();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!((api.message(), api.log_id()), (message, Some("16l4ew3d47pdp")));
    let scopes = api.violations().iter().map(|violation| match violation {
        Violation::Permission { scope, .. } => scope.as_str(),
        other => panic!("{other}"),
    });
    assert_eq!(scopes.collect::<Vec<_>>(), ["qyapi_a", "qyapi_b"]);
}

#[tokio::test]
async fn files_go_both_ways() {
    let mock = MockPlatform::start().await.unwrap();
    let media = mock.on_path::<DingTalk>(Method::Post, "/media/upload");
    let media = media.data(json!({ "media_id": "@1", "type": "file" }));
    let file = Reply::new(200).header("content-type", "application/json").body("{\"a\":1}");
    mock.on_path::<DingTalk>(Method::Get, "/media/downloadFile").respond(file).error("33012");
    let client =
        Client::builder("ding", "secret").over::<Tested>().base_url(mock.url()).build().unwrap();

    let upload = client.raw(Method::Post, "/media/upload").field("type", "file");
    let upload = upload.file("media", Upload::from("contents".as_bytes()).file_name("a.txt"));
    let sent: Value = upload.send().await.unwrap();
    assert_eq!(sent["media_id"], "@1");
    assert_eq!(media.requests()[0].parts().unwrap().len(), 2);

    let download = || client.raw(Method::Get, "/media/downloadFile").query("media_id", "@1");
    let file: Download = download().download().await.unwrap();
    assert_eq!(file.bytes(100).await.unwrap(), "{\"a\":1}");
    let error = download().download().await.unwrap_err();
    assert_eq!(error.api().unwrap().code(), "33012");
}

const TOKEN: &str = "topsecret/+token";

/// Fails with all that it knows of the request, or responds with it in every place.
async fn hostile(how: &str, request: Request<Body>) -> Result<Response<Body>, TransportError> {
    let url = request.uri().to_string();
    let decoded = format!("{url} {TOKEN}");
    let body = |text: String| Body::from(Bytes::from(text));
    let response = match how {
        "connect" => return Err(TransportError::connect(decoded)),
        "transfer" => return Err(TransportError::transfer(decoded)),
        "timeout" => return Err(TransportError::timeout(decoded)),
        "redirect" => Response::builder().status(302).header("location", url).body(body(decoded)),
        "page" => Response::builder().status(502).body(body(format!("<html>{decoded}</html>"))),
        "envelope" => {
            let body = body(
                json!({ "errcode": 88, "errmsg": decoded, "sub_code": decoded, "sub_msg": url,
                    "request_id": url, "result": { "name": [decoded] } })
                .to_string(),
            );
            Response::builder().header("x-acs-request-id", url).body(body)
        }
        _ => {
            let body = body(json!({ "errcode": 0, "result": { "name": [decoded] } }).to_string());
            Response::builder().header("x-acs-request-id", url).body(body)
        }
    };
    Ok(response.unwrap())
}

#[tokio::test(start_paused = true)]
async fn nothing_shows_the_url_with_its_token() {
    for how in ["connect", "transfer", "timeout", "redirect", "page", "envelope", "data"] {
        let transport = Through(move |request| hostile(how, request));
        let client = Client::builder("ding", "s3cret").transport(transport).build().unwrap();
        let client = client.with_token(TOKEN);
        let call = client.call(&GetUser("u"));
        let shown = format!("{client:?} {call:?}");
        let error = call.await.unwrap_err();
        for text in [shown, error.to_string(), format!("{error:?} {:?}", error.api())] {
            for secret in ["topsecret", "%2Btoken"] {
                assert!(!text.contains(secret), "{how}: {text}");
            }
        }
    }
}
