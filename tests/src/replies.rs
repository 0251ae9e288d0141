//! What calls make of responses that are odd, broken or not the vendor's at all.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use dingtalk_convfile::file::{SendLink, SendLinkRequired};
use feishu_im::chat::LinkChat;
use feishu_im::file::GetFile;
use feishu_im::message::DeleteMessage;
use feishu_im::{ErrorKind, Secret};
use openplat_core::{Body, BoxFuture, Transport, TransportError};

/// Gives one response to all calls, and one to all requests for a token.
struct Canned {
    token: http::Response<Bytes>,
    call: http::Response<Bytes>,
    tokens: AtomicUsize,
    calls: AtomicUsize,
}

impl Canned {
    fn new(token: http::Response<Bytes>, call: http::Response<Bytes>) -> Arc<Self> {
        let (tokens, calls) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self { token, call, tokens, calls })
    }

    fn feishu(self: &Arc<Self>) -> feishu_im::Client {
        let builder = feishu_im::Client::builder("cli_1", APP_SECRET);
        builder.max_attempts(2).transport(Arc::clone(self)).build().unwrap()
    }

    fn dingtalk(self: &Arc<Self>) -> dingtalk_convfile::Client {
        let builder = dingtalk_convfile::Client::builder("ding", APP_SECRET);
        builder.max_attempts(2).transport(Arc::clone(self)).build().unwrap()
    }

    fn counts(&self) -> (usize, usize) {
        (self.tokens.load(Ordering::Relaxed), self.calls.load(Ordering::Relaxed))
    }
}

impl Transport for Canned {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let path = request.uri().path();
        let (count, response) = match path.contains("oken") {
            true => (&self.tokens, &self.token),
            false => (&self.calls, &self.call),
        };
        count.fetch_add(1, Ordering::Relaxed);
        let response = response.clone().map(Body::from);
        Box::pin(async move { Ok(response) })
    }
}

const APP_SECRET: &str = "app-s3cr3t";
const TOKEN: &str = "t-s3cr3t";

fn response(
    status: u16,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> http::Response<Bytes> {
    let mut response = http::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(body.into()).unwrap()
}

fn token() -> http::Response<Bytes> {
    let body = r#"{"code":0,"tenant_access_token":"t-s3cr3t","expire":7200,
        "accessToken":"t-s3cr3t","expireIn":7200}"#;
    response(200, &[], body)
}

fn canned(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Arc<Canned> {
    Canned::new(token(), response(status, headers, body))
}

fn send_link() -> SendLink {
    SendLink::new(SendLinkRequired {
        union_id: "me",
        space_id: "786",
        dentry_id: "908",
        open_conversation_id: "cid",
    })
}

#[tokio::test]
async fn a_code_is_acted_on_whatever_is_wrong_beside_it() {
    for body in [
        &br#"{"code":99991663,"msg":"cut \ud83d"}"#[..],
        b"\xef\xbb\xbf{\"code\":99991663.0,\"msg\":\"cut \xe4\xbd\"}",
        br#"{"code":0,"Code":7,"msg":[],"code":"99991663","data":"""#,
    ] {
        let canned = canned(200, &[], body);
        let error = LinkChat::new("oc_1").send(&canned.feishu()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
        assert_eq!(canned.counts(), (2, 1), "a new token is fetched, and is the same");
    }
}

#[tokio::test(start_paused = true)]
async fn what_passes_by_itself_is_retried() {
    for body in
        [r#"{"code":9499,"msg":"too many request"}"#, r#"{"code":99991400.0,"msg":"\ud83d"}"#]
    {
        let canned = canned(200, &[], body);
        let error = LinkChat::new("oc_1").send(&canned.feishu()).await.unwrap_err();
        assert!(error.is_throttled() && canned.counts().1 > 1, "{error}");
    }
    let busy = response(200, &[], r#"{"code":1000040351,"msg":"system busy"}"#);
    let canned = Canned::new(busy, token());
    let error = LinkChat::new("oc_1").send(&canned.feishu()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(canned.counts().0 > 1, "{error}");
    assert!(error.advice().unwrap().contains("base URL"), "{error}");
}

#[tokio::test]
async fn a_send_that_dingtalk_refuses_with_a_success_is_refused() {
    for (body, code) in [
        (r#"{"errcode":310000,"errmsg":"refused"}"#, "310000"),
        (r#"{"code":"conversationNotExist","message":"x"}"#, "conversationNotExist"),
        (r#"{"success":false,"errorCode":"x1","errorMsg":"refused"}"#, "x1"),
    ] {
        let error = send_link().send(&canned(200, &[], body).dingtalk()).await.unwrap_err();
        assert_eq!(error.api().unwrap().code(), code, "{error}");
    }
    let refused = response(200, &[], r#"{"errcode":40089,"errmsg":"invalid corpsecret"}"#);
    let canned = Canned::new(refused, token());
    let error = send_link().send(&canned.dingtalk()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    let api = error.api().unwrap();
    assert_eq!((api.code(), api.message()), ("40089", "invalid corpsecret"));
}

#[tokio::test]
async fn a_page_is_no_file() {
    const PAGE: &str = "<!DOCTYPE html><title>Log in</title><script>var x</script>";
    for headers in [
        &[("content-type", "text/html; charset=utf-8"), ("x-tt-logid", "L1")][..],
        &[("content-type", "application/json"), ("x-tt-logid", "L1")],
        &[("x-tt-logid", "L1")],
    ] {
        let canned = canned(200, headers, PAGE);
        let error = GetFile::new("file_1").send(&canned.feishu()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        let api = error.api().unwrap();
        assert_eq!((api.excerpt(), api.log_id()), (Some("Log in"), Some("L1")));
        assert!(error.advice().unwrap().contains("portal"), "{error}");
    }
    let named = [("content-type", "text/html"), ("content-disposition", "attachment")];
    for (headers, body) in [(&named[..], PAGE), (&[("content-type", "text/plain")], "<svg/>")] {
        let canned = canned(200, headers, body);
        let file = GetFile::new("file_1").send(&canned.feishu()).await.unwrap();
        assert_eq!(file.bytes(100).await.unwrap(), body);
    }
}

#[tokio::test]
async fn a_deletion_may_have_nothing_to_say() {
    for status in [200, 204] {
        let canned = canned(status, &[], "");
        DeleteMessage::new("om_1").send(&canned.feishu()).await.unwrap();
    }
    let error = LinkChat::new("oc_1").send(&canned(200, &[], "").feishu()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let error = DeleteMessage::new("om_1").send(&canned(502, &[], "").feishu()).await.unwrap_err();
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
        let canned = canned(status, &[], "<html><h1>Sorry</h1></html>");
        for error in [
            send_link().send(&canned.dingtalk()).await.unwrap_err(),
            LinkChat::new("oc_1").send(&canned.feishu()).await.unwrap_err(),
            GetFile::new("file_1").send(&canned.feishu()).await.unwrap_err(),
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
fn hostile(echo: &str) -> Vec<http::Response<Bytes>> {
    let headers = [("x-tt-logid", echo), ("x-acs-request-id", echo)];
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
    let responses = bodies
        .iter()
        .flat_map(|body| statuses.map(|status| response(status, &headers, body.clone())));
    responses.collect()
}

/// Returns the texts of the errors of all kinds of exchanges.
async fn shown(canned: &Arc<Canned>) -> Vec<String> {
    let feishu = canned.feishu();
    let refresh = Secret::new("r-s3cr3t");
    let errors = [
        LinkChat::new("oc_1").send(&feishu).await.err(),
        GetFile::new("file_1").send(&feishu).await.err(),
        DeleteMessage::new("om_1").send(&feishu.as_user(TOKEN)).await.err(),
        send_link().send(&canned.dingtalk()).await.err(),
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
    let to_calls = to_calls.map(|hostile| Canned::new(token(), hostile));
    let to_tokens = hostile("app-s3cr3t").into_iter();
    let to_tokens = to_tokens.map(|hostile| Canned::new(hostile, token()));
    for canned in to_calls.chain(to_tokens) {
        for text in shown(&canned).await {
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
