//! The client: hosts, tokens, paths, timeouts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use dingtalk_convfile::file::{SendLink, SendLinkRequired};
use feishu_im::ErrorKind;
use feishu_im::chat::{GetChat, LinkChat};
use feishu_im::chat_members::MeJoinChatMembers;
// A consumer names one crate; what is behind a client is reachable through it.
use feishu_im::openplat_core::{
    Body, BoxFuture, Clock, MemoryTokenStore, Transport, TransportError, http,
};
use openplat_mock::MockPlatform;

use crate::tested::Tested;

async fn mock() -> MockPlatform {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<LinkChat>();
    mock.on::<MeJoinChatMembers>();
    mock
}

fn client(mock: &MockPlatform) -> feishu_im::Client {
    feishu_im::Client::builder("cli_1", "secret")
        .over::<Tested>()
        .base_url(mock.url())
        .build()
        .unwrap()
}

#[tokio::test]
async fn an_id_reaches_the_server_as_one_segment() {
    let mock = mock().await;
    LinkChat::new("../../x?y=1#z").send(&client(&mock)).await.unwrap();
    assert_eq!(mock.requests()[0].target, "/open-apis/im/v1/chats/..%2F..%2Fx%3Fy%3D1%23z/link");
}

#[tokio::test]
async fn an_id_that_urls_swallow_is_refused_before_anything_is_sent() {
    let mock = mock().await;
    let client = client(&mock);
    for id in ["", ".", ".."] {
        let error = LinkChat::new(id).send(&client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert_eq!(error.attempts(), 0);
        assert!(error.to_string().contains("`chat_id`"), "{error}");
    }
    assert_eq!(mock.requests().len() + mock.token_requests().len(), 0);
}

#[tokio::test]
async fn many_first_calls_fetch_one_token() {
    let mock = mock().await;
    let client = client(&mock);
    let calls: Vec<_> =
        (0..50).map(|_| tokio::spawn(LinkChat::new("oc_1").send(&client).into_future())).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(mock.token_requests().len(), 1);
    assert_eq!(mock.requests().len(), 50);
}

#[tokio::test]
async fn one_client_serves_all_crates_of_its_vendor() {
    let mock = mock().await;
    mock.on::<feishu_apaas::user_task::ChatGroupUserTask>();
    let client: feishu_apaas::Client = client(&mock);
    LinkChat::new("oc_1").send(&client).await.unwrap();
    feishu_apaas::user_task::ChatGroupUserTask::new(
        feishu_apaas::user_task::ChatGroupUserTaskRequired { task_id: "1", operator_user_id: "2" },
    )
    .send(&client)
    .await
    .unwrap();
    assert_eq!(mock.token_requests().len(), 1);
}

#[tokio::test]
async fn clients_share_a_token_only_through_a_store() {
    let mock = mock().await;
    let store = Arc::new(MemoryTokenStore::default());
    let build = |store: Option<&Arc<MemoryTokenStore>>, secret: &str| {
        let builder =
            feishu_im::Client::builder("cli_1", secret).over::<Tested>().base_url(mock.url());
        match store {
            Some(store) => builder.token_store(store.clone()),
            None => builder,
        }
        .build()
        .unwrap()
    };
    let fetches = async |client: feishu_im::Client| {
        LinkChat::new("oc_1").send(&client).await.unwrap();
        mock.token_requests().len()
    };
    assert_eq!(fetches(build(None, "secret")).await, 1);
    assert_eq!(fetches(build(None, "secret")).await, 2);
    assert_eq!(fetches(build(Some(&store), "secret")).await, 3);
    assert_eq!(fetches(build(Some(&store), "secret")).await, 3);
    assert_eq!(fetches(build(Some(&store), "another secret")).await, 4);
}

/// A clock that is moved by hand.
#[derive(Clone, Default)]
struct Hours(Arc<AtomicUsize>);

impl Clock for Hours {
    fn now(&self) -> SystemTime {
        let hours = self.0.load(Ordering::Relaxed) as u64;
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + 3600 * hours)
    }
}

#[tokio::test]
async fn a_token_is_fetched_again_when_its_time_is_up() {
    let mock = mock().await;
    let clock = Hours::default();
    let client = feishu_im::Client::builder("cli_1", "secret")
        .over::<Tested>()
        .base_url(mock.url())
        .clock(clock.clone())
        .build()
        .unwrap();
    // The platform's tokens live for two hours.
    for (hour, fetches) in [(0, 1), (1, 1), (2, 2), (3, 2), (9, 3)] {
        clock.0.store(hour, Ordering::Relaxed);
        LinkChat::new("oc_1").send(&client).await.unwrap();
        assert_eq!(mock.token_requests().len(), fetches, "hour {hour}");
    }
}

#[tokio::test]
async fn a_fetch_that_failed_rests_and_says_so() {
    let mock = mock().await;
    let client = feishu_im::Client::builder("", "secret")
        .over::<Tested>()
        .base_url(mock.url())
        .build()
        .unwrap();
    for context in
        ["while fetching the app's token", "while fetching the app's token: a moment ago"]
    {
        let error = LinkChat::new("oc_1").send(&client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(context), "{error}");
        assert_eq!(mock.token_requests().len(), 1);
    }
}

#[tokio::test]
async fn the_answer_comes_with_its_log_id_if_asked_for() {
    let mock = mock().await;
    let answer = LinkChat::new("oc_1").send(&client(&mock)).with_meta().await.unwrap();
    assert_eq!((answer.status, answer.attempts), (200, 1));
    assert_eq!(answer.log_id.as_deref(), Some("mock-000002"));
    assert_eq!(answer.output.is_permanent, Some(false));
}

/// Remembers where requests went, and never answers.
#[derive(Clone, Default)]
struct BlackHole(Arc<std::sync::Mutex<Vec<String>>>);

impl Transport for BlackHole {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        self.0.lock().unwrap().push(request.uri().to_string());
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn hosts_are_what_the_vendors_say() {
    let urls = BlackHole::default();
    let feishu = |base_url: Option<&str>| {
        let builder =
            feishu_im::Client::builder("cli_1", "secret").transport(urls.clone()).max_attempts(1);
        match base_url {
            Some(base_url) => builder.base_url(base_url),
            None => builder,
        }
        .build()
        .unwrap()
    };
    let dingtalk = |base_url: &str| {
        dingtalk_convfile::Client::builder("ding", "secret")
            .transport(urls.clone())
            .base_url(base_url)
            .timeout(Duration::from_secs(5))
            .build()
            .unwrap()
    };
    for client in [
        feishu(None),
        feishu(Some(feishu_im::Feishu::LARK)),
        feishu(Some("https://corp.example/feishu/")),
    ] {
        let error = GetChat::new("oc_1").send(&client.as_user("u-1")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
    }
    for host in [dingtalk_convfile::DingTalk::CHINA, dingtalk_convfile::DingTalk::INTERNATIONAL] {
        let required = SendLinkRequired {
            union_id: "me",
            space_id: "1",
            dentry_id: "2",
            open_conversation_id: "cid",
        };
        SendLink::new(required).send(&dingtalk(host)).await.unwrap_err();
    }
    assert_eq!(
        *urls.0.lock().unwrap(),
        [
            "https://open.feishu.cn/open-apis/im/v1/chats/oc_1",
            "https://open.larksuite.com/open-apis/im/v1/chats/oc_1",
            "https://corp.example/feishu/open-apis/im/v1/chats/oc_1",
            "https://api.dingtalk.com/v1.0/oauth2/accessToken",
            "https://api.dingtalk.io/v1.0/oauth2/accessToken",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_when_its_time_is_up() {
    let started = tokio::time::Instant::now();
    let client = feishu_im::Client::builder("cli_1", "secret")
        .transport(BlackHole::default())
        .timeout(Duration::from_secs(7))
        .build()
        .unwrap()
        .as_user("u-1");
    let error = LinkChat::new("oc_1").send(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!((error.attempts(), started.elapsed().as_secs()), (1, 7));
    let error =
        LinkChat::new("oc_1").send(&client).timeout(Duration::from_secs(2)).await.unwrap_err();
    assert_eq!((error.kind(), started.elapsed().as_secs()), (ErrorKind::Timeout, 9));
}

#[test]
fn a_call_is_send_and_owns_what_it_needs() {
    fn is_send_and_static(_: impl Send + 'static) {}
    let client = feishu_im::Client::builder("cli_1", "secret").over::<Tested>().build().unwrap();
    is_send_and_static(LinkChat::new("oc_1").send(&client).into_future());

    fn is_shared<T: Send + Sync + Clone>() {}
    is_shared::<feishu_im::Client>();
    is_shared::<feishu_im::Error>();
}

#[test]
fn credentials_with_the_end_of_a_line_are_refused_and_not_quoted() {
    for (id, secret, name) in [("cli_1", "hunter2\n", "secret"), (" cli_1", "hunter2", "ID")] {
        let error = feishu_im::Client::builder(id, secret).over::<Tested>().build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        let text = error.to_string();
        assert!(text.contains(&format!("the app's {name} begins or ends")), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}
