//! What a subscriber of `tracing` sees, and what it must not. A binary of its own: the subscriber is
//! the whole process's.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use feishu_im::chat::{GetChat, LinkChat};
use openplat_core::{Client, DingTalk, Method, Upload};
use openplat_mock::{MockPlatform, Recorded, Reply};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

use self::tested::Tested;

#[path = "../src/tested.rs"]
mod tested;

/// Keeps what is written.
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

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_call_is_a_span_and_an_attempt_an_event() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(lines.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let mock = MockPlatform::start().await.unwrap();
    mock.on::<LinkChat>().example().error("232019").error("232009");
    let client = feishu_im::Client::builder("cli_1", "hunter2")
        .over::<Tested>()
        .base_url(mock.url())
        .build()
        .unwrap();
    LinkChat::new("oc_private").send(&client).await.unwrap();
    mock.revoke_tokens();
    LinkChat::new("oc_private").send(&client).await.unwrap_err();
    LinkChat::new("oc_private").send(&client.as_user("u-topsecret")).await.unwrap_err();

    mock.on::<GetChat>().error("99991400");
    GetChat::new("oc_private").send(&client).retries(false).await.unwrap_err();
    let short = GetChat::new("oc_private").send(&client).timeout(Duration::from_millis(500));
    assert!(short.await.unwrap_err().was_not_sent());

    // The tab keeps the envelope from being JSON.
    let odd =
        "{\"code\": 0, \"msg\": \"\t\", \"data\": {\"name\": [\"my salary\"], \"avatar\": 7}}";
    mock.on::<GetChat>().respond(Reply::new(200).body(odd));
    let response = GetChat::new("oc_private").send(&client).with_meta().await.unwrap();
    assert_eq!(response.warnings.len(), 2, "{:?}", response.warnings);

    // The token is in the URL.
    mock.on_path::<DingTalk>(Method::Post, "/topapi/x")
        .example()
        .respond(Reply::close())
        .respond(Reply::new(302).header("location", "/topapi/y?access_token=ding-topsecret"));
    let ding = Client::<DingTalk>::builder("ding", "hunter2").base_url(mock.url()).build().unwrap();
    let post = || ding.raw(Method::Post, "/topapi/x").send::<()>();
    post().await.unwrap();
    post().await.unwrap_err();
    post().await.unwrap_err();
    ding.with_token("ding-topsecret")
        .raw(Method::Post, "/topapi/x")
        .send::<()>()
        .await
        .unwrap_err();

    // The address and its headers are signed.
    mock.on_path::<DingTalk>(Method::Put, "/storage/{key}")
        .without_token()
        .respond(Reply::new(503).body("<Code>InternalError</Code>"))
        .respond(Reply::new(403).body("<Code>LTAItopsecret</Code>"));
    let address = format!("{}/storage/ding-topsecret?Signature=ding-topsecret", mock.url());
    let headers = BTreeMap::from([("Authorization".into(), "OSS LTAItopsecret:sign-ed".into())]);
    let file = Upload::from("my salary".as_bytes());
    ding.put_signed(&address, &headers, &file).await.unwrap_err();

    let bytes = lines.0.lock().unwrap().clone();
    let text = String::from_utf8(bytes).unwrap();
    let warnings: Vec<_> =
        text.lines().filter(|line| line.contains("could not be read as they are")).collect();
    let [warning] = &warnings[..] else { panic!("{warnings:#?}") };
    for said in ["im.v1.chat.get", "`$` was not valid JSON", "`$.name` was left out"] {
        assert!(warning.contains(said), "{said} is missing in {warning}");
    }
    for seen in [
        "openplat.operation=\"im.v1.chat.link\"",
        "http.request.method=\"POST\"",
        "url.template=\"/open-apis/im/v1/chats/{chat_id}/link\"",
        "url.template=\"/topapi/x\"",
        "openplat.operation=\"PUT 127.0.0.1\"",
        "openplat.code=\"InternalError\"",
        "http.response.status_code=403",
        "http.response.status_code=200",
        "http.response.status_code=400",
        "http.request.resend_count=1",
        "openplat.code=\"232019\"",
        "error.type=Throttled",
        "log_id=\"mock-000002\"",
        "the token was rejected",
        "retrying",
        "a rate limit was met",
        "not sent: the wait for a rate limit is longer than the time left",
    ] {
        assert!(text.contains(seen), "{seen} is missing in\n{text}");
    }
    let with_token = |request: &Recorded| !request.target.starts_with("/storage/");
    let tokens = mock.requests().into_iter().filter(with_token).map(|request| {
        assert!(request.token().is_some(), "{request:?}");
        request.token().unwrap_or_default().to_owned()
    });
    let secrets = ["hunter2", "oc_private", "my salary", "topsecret", "sign-ed"].map(str::to_owned);
    for secret in tokens.chain(secrets) {
        assert!(!text.contains(&secret), "{secret} is shown in\n{text}");
    }
}
