//! What calls make of responses that are odd, broken or not the vendor's at all.

use std::io;
use std::sync::{Arc, Mutex};

use dingtalk_convfile::file::SendLink;
use feishu_im::chat::LinkChat;
use feishu_im::file::GetFile;
use feishu_im::message::DeleteMessage;
use feishu_im::{ErrorKind, Secret};
use openplat_core::{DingTalk, Feishu, Method};
use openplat_mock::{MockPlatform, Reply, TokenKind};

use crate::in_process::send_link;
use crate::tested::Tested;

const APP_SECRET: &str = "app-s3cr3t";
const TOKEN: &str = "t-s3cr3t";

/// A platform that gives one reply to all requests for a token, and one to all calls.
fn platform(token: Reply, call: Reply) -> MockPlatform {
    let mock = MockPlatform::in_process();
    for route in [
        mock.on::<LinkChat>(),
        mock.on::<GetFile>(),
        mock.on::<DeleteMessage>(),
        mock.on::<SendLink>(),
    ] {
        route.respond(call.clone());
    }
    let tenant = "/open-apis/auth/v3/tenant_access_token/internal";
    for route in [
        mock.on_path::<Feishu>(Method::Post, tenant),
        mock.on_path::<Feishu>(Method::Post, "/open-apis/authen/v2/oauth/token"),
        mock.on_path::<DingTalk>(Method::Post, "/v1.0/oauth2/accessToken"),
    ] {
        route.respond(token.clone());
    }
    for kind in [TokenKind::FeishuTenant, TokenKind::FeishuUser, TokenKind::DingTalkApp] {
        mock.accept_token(kind, TOKEN);
    }
    mock
}

fn feishu(mock: &MockPlatform) -> feishu_im::Client {
    let builder = feishu_im::Client::builder("cli_1", APP_SECRET).over::<Tested>();
    builder.max_attempts(2).transport(mock.transport()).build().unwrap()
}

fn dingtalk(mock: &MockPlatform) -> dingtalk_convfile::Client {
    let builder = dingtalk_convfile::Client::builder("ding", APP_SECRET).over::<Tested>();
    builder.max_attempts(2).transport(mock.transport()).build().unwrap()
}

fn token() -> Reply {
    Reply::new(200).body(
        r#"{"code":0,"tenant_access_token":"t-s3cr3t","expire":7200,
        "accessToken":"t-s3cr3t","expireIn":7200}"#,
    )
}

/// A platform that grants tokens, and gives this reply to all calls.
fn replying(call: Reply) -> MockPlatform {
    platform(token(), call)
}

#[tokio::test]
async fn a_code_is_acted_on_whatever_is_wrong_beside_it() {
    for body in [
        &br#"{"code":99991663,"msg":"cut \ud83d"}"#[..],
        b"\xef\xbb\xbf{\"code\":99991663.0,\"msg\":\"cut \xe4\xbd\"}",
        br#"{"code":0,"Code":7,"msg":[],"code":"99991663","data":"""#,
    ] {
        for (is_another, sent) in [(false, 1), (true, 2)] {
            let mock = platform(Reply::example(), Reply::new(200).body(body));
            let client = feishu(&mock);
            client.token().await.unwrap();
            if is_another {
                mock.rotate_tokens();
            }
            let error = LinkChat::new("oc_1").send(&client).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
            assert_eq!(mock.token_requests().len(), 2, "a token is fetched once more");
            assert_eq!(mock.requests().len(), sent, "and sent if it is another");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_passes_by_itself_is_retried() {
    for body in
        [r#"{"code":9499,"msg":"too many request"}"#, r#"{"code":99991400.0,"msg":"\ud83d"}"#]
    {
        let mock = replying(Reply::new(200).body(body));
        let error = LinkChat::new("oc_1").send(&feishu(&mock)).await.unwrap_err();
        assert!(error.is_throttled() && mock.requests().len() > 1, "{error}");
    }
    let busy = Reply::new(200).body(r#"{"code":1000040351,"msg":"system busy"}"#);
    let mock = platform(busy, token());
    let error = LinkChat::new("oc_1").send(&feishu(&mock)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(mock.token_requests().len() > 1, "{error}");
    assert!(error.advice().unwrap().contains("base URL"), "{error}");
}

#[tokio::test]
async fn a_send_that_dingtalk_refuses_with_a_success_is_refused() {
    for (body, code) in [
        (r#"{"errcode":310000,"errmsg":"refused"}"#, "310000"),
        (r#"{"code":"conversationNotExist","message":"x"}"#, "conversationNotExist"),
        (r#"{"success":false,"errorCode":"x1","errorMsg":"refused"}"#, "x1"),
    ] {
        let mock = replying(Reply::new(200).body(body));
        let error = send_link().send(&dingtalk(&mock)).await.unwrap_err();
        assert_eq!(error.api().unwrap().code(), code, "{error}");
    }
    let refused = Reply::new(200).body(r#"{"errcode":40089,"errmsg":"invalid corpsecret"}"#);
    let mock = platform(refused, token());
    let error = send_link().send(&dingtalk(&mock)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    let api = error.api().unwrap();
    assert_eq!((api.code(), api.message()), ("40089", "invalid corpsecret"));
}

#[tokio::test]
async fn a_page_is_no_file() {
    const PAGE: &str = "<!DOCTYPE html><title>Log in</title><script>var x</script>";
    let page = || Reply::new(200).body(PAGE).header("x-tt-logid", "L1");
    for page in [
        page().header("content-type", "text/html; charset=utf-8"),
        page().header("content-type", "application/json"),
        page(),
    ] {
        let error = GetFile::new("file_1").send(&feishu(&replying(page))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        let api = error.api().unwrap();
        // The page may be a user's file.
        assert_eq!((api.excerpt(), api.log_id()), (None, Some("L1")));
        assert!(error.advice().unwrap().contains("portal"), "{error}");
    }
    let named = Reply::new(200).header("content-disposition", "attachment");
    for (reply, media_type, body) in
        [(named, "text/html", PAGE), (Reply::new(200), "text/plain", "<svg/>")]
    {
        let mock = replying(reply.header("content-type", media_type).body(body));
        let file = GetFile::new("file_1").send(&feishu(&mock)).await.unwrap();
        assert_eq!(file.bytes(100).await.unwrap(), body);
    }
}

#[tokio::test]
async fn a_deletion_may_have_nothing_to_say() {
    for status in [200, 204] {
        let client = feishu(&replying(Reply::new(status)));
        DeleteMessage::new("om_1").send(&client).await.unwrap();
    }
    let client = feishu(&replying(Reply::new(200)));
    let error = LinkChat::new("oc_1").send(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let client = feishu(&replying(Reply::new(502)));
    let error = DeleteMessage::new("om_1").send(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_server_on_the_way_is_not_taken_for_the_vendor() {
    for (status, kind) in [
        (401, ErrorKind::Unauthenticated),
        (404, ErrorKind::Configuration),
        (407, ErrorKind::Configuration),
        (413, ErrorKind::InvalidRequest),
        (431, ErrorKind::InvalidRequest),
    ] {
        let mock = replying(Reply::new(status).body("<html><h1>Sorry</h1></html>"));
        for error in [
            send_link().send(&dingtalk(&mock)).await.unwrap_err(),
            LinkChat::new("oc_1").send(&feishu(&mock)).await.unwrap_err(),
            GetFile::new("file_1").send(&feishu(&mock)).await.unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.api().unwrap().status()), (kind, status), "{error}");
            assert!(error.advice().is_some() && !error.to_string().contains("banned"), "{error}");
        }
    }
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Responses whose every text echoes what was sent, or holds what users wrote.
fn hostile(echo: &str) -> Vec<Reply> {
    let data = r#"{"text":"my salary"}"#;
    let bodies = [
        format!(r#""{echo} my salary""#),
        format!(r#""{echo} my sal"#),
        format!(r#"{{"code":0,"data":"my salary","expire":{data}}}"#),
        format!(r#"{{"code":0,"data":{data},"data":{data}"#),
        format!(r#"{{"code":0,"data":{data},"msg":"\ud83d"}} my salary"#),
        format!("\u{feff}[{data},\"{echo}\"]"),
        format!(
            r#"{{"code":7,"msg":"{echo}","data":{data},"error":{{"log_id":"{echo}",
            "message":"{echo}","troubleshooter":"https://x/?t={echo}","details":[{data}],
            "permission_violations":[{{"scope":"{echo}","url":"https://x/{echo}"}}],
            "field_violations":[{{"field":"{echo}","description":"{echo}","value":"my salary"}}]}}}}"#
        ),
        format!(r#"{{"errcode":7,"errmsg":"{echo}","requestid":"{echo}","data":{data}}}"#),
        format!(r#"{{"code":"{echo}","msg":{data},"message":"{}{echo}"}}"#, "x".repeat(690)),
        format!("<html><b>{echo}</b>{data}</html>"),
        format!("{echo} {data}"),
    ];
    let statuses = [200, 302, 403, 502];
    let reply = |status: u16, body: &String| {
        let reply = Reply::new(status).body(body.clone());
        reply.header("x-tt-logid", echo).header("x-acs-request-id", echo)
    };
    bodies.iter().flat_map(|body| statuses.map(|status| reply(status, body))).collect()
}

/// Returns the texts of the errors of all kinds of exchanges.
async fn shown(mock: &MockPlatform) -> Vec<String> {
    let feishu = feishu(mock);
    let refresh = Secret::new("r-s3cr3t");
    let errors = [
        LinkChat::new("oc_1").send(&feishu).await.err(),
        GetFile::new("file_1").send(&feishu).await.err(),
        DeleteMessage::new("om_1").send(&feishu.as_user(TOKEN)).await.err(),
        send_link().send(&dingtalk(mock)).await.err(),
    ];
    let mut texts: Vec<_> = errors.into_iter().flatten().map(|it| format!("{it} {it:?}")).collect();
    if let Err(error) = feishu.refresh_user_token(&refresh).await {
        texts.push(format!("{error:?}"));
    }
    texts
}

#[tokio::test(start_paused = true)]
async fn neither_errors_nor_logs_show_secrets_or_data() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let to_calls = ["t-s3cr3t", "Bearer t-s3cr3t", "app-s3cr3t"].into_iter().flat_map(hostile);
    let to_calls = to_calls.map(replying);
    let to_tokens = hostile("app-s3cr3t").into_iter();
    let to_tokens = to_tokens.map(|hostile| platform(hostile, token()));
    for mock in to_calls.chain(to_tokens) {
        for text in shown(&mock).await {
            assert_is_clean(&text);
            assert!(text.len() < 8192, "{text}");
        }
    }
    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("im.v1.chat.link"), "nothing was captured");
    assert_is_clean(&logged);
}

#[track_caller]
fn assert_is_clean(text: &str) {
    for word in ["s3cr", "salary"] {
        let Some(at) = text.find(word) else { continue };
        let around = text.get(at.saturating_sub(300)..at + word.len()).unwrap_or(text);
        panic!("{word} in {around}");
    }
}
