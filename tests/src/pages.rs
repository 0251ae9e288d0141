//! Answers that come in pages, from a platform in memory that has a page for each position.

use std::future::ready;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use feishu_apaas::application_object_record::{BatchQueryRecords, BatchQueryRecordsRequired};
use feishu_apaas::user_task::QueryUserTask;
use feishu_im::ErrorKind;
use feishu_im::chat::ListChat;
use feishu_im::message::{ContainerId, ListMessage};
use feishu_im::types::ChatSummary;
use futures_util::{Stream, StreamExt, TryStreamExt};
use http::{HeaderValue, Request, Response};
use openplat_core::{Body, Error, Feishu, Items, Method, WithToken};
use openplat_mock::Reply;
use serde_json::{Value, json};

use crate::in_process::{Through, feishu, replying};

/// The positions that were asked for, in their order; an empty one is the beginning.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<String>>>);

impl Asked {
    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// A platform that answers with the page that stands at the position which it is asked for, and
/// with an error where none does.
fn platform(pages: &[(&str, Value)]) -> (WithToken<Feishu>, Asked) {
    let pages: Vec<_> =
        pages.iter().map(|(position, page)| (position.to_string(), page.clone())).collect();
    let asked = Asked::default();
    let seen = asked.clone();
    let client = answered_by(move |request| {
        let position = position(request);
        let page = pages.iter().find(|(at, _)| *at == position);
        seen.0.lock().unwrap().push(position);
        match page {
            Some((_, page)) => json!({ "code": 0, "msg": "success", "data": page }),
            None => json!({ "code": 232001, "msg": "no such page" }),
        }
    });
    (client.with_token("t-1"), asked)
}

/// A client whose requests are answered with JSON.
fn answered_by(
    answer: impl Fn(&Request<Body>) -> Value + Send + Sync + 'static,
) -> feishu_im::Client {
    let transport = Through(move |request: Request<Body>| {
        let answer = answer(&request).to_string();
        ready(Ok(Response::new(Body::from(Bytes::from(answer)))))
    });
    feishu_im::Client::builder("cli_1", "secret").transport(transport).build().unwrap()
}

/// What a request says about where to begin.
fn position(request: &Request<Body>) -> String {
    let query = request.uri().query().unwrap_or_default();
    let of_query = query.split('&').find_map(|pair| pair.strip_prefix("page_token="));
    let body: Value =
        serde_json::from_slice(request.body().as_bytes().unwrap()).unwrap_or_default();
    let of_body = [&body["page_token"], &body["offset"]].into_iter().find_map(Value::as_str);
    of_query.or(of_body).unwrap_or_default().to_owned()
}

/// A page of chats with these ids, and what it says of the next one.
fn page(ids: &[&str], next: Option<&str>, has_more: Option<bool>) -> Value {
    let items: Vec<_> = ids.iter().map(|id| json!({ "chat_id": id })).collect();
    json!({ "items": items, "page_token": next, "has_more": has_more })
}

/// Six chats on three pages.
fn six() -> [(&'static str, Value); 3] {
    [
        ("", page(&["1", "2"], Some("b"), Some(true))),
        ("b", page(&["3", "4"], Some("c"), Some(true))),
        ("c", page(&["5", "6"], Some("ignored"), Some(false))),
    ]
}

fn one_of_six(request: &Request<Body>) -> Value {
    six().into_iter().find(|(at, _)| *at == position(request)).unwrap().1
}

fn id(chat: ChatSummary) -> String {
    chat.chat_id.unwrap()
}

async fn ids(items: impl Stream<Item = Result<ChatSummary, Error>>) -> Vec<String> {
    items.map_ok(id).try_collect().await.unwrap()
}

#[tokio::test]
async fn the_items_of_all_pages_come_in_order() {
    let (client, asked) = platform(&six());
    let items = ListChat::new().items(&client);
    assert_eq!(ids(items).await, ["1", "2", "3", "4", "5", "6"]);
    assert_eq!(asked.all(), ["", "b", "c"]);
}

#[tokio::test]
async fn what_is_left_of_the_items_is_fetched_at_once() {
    let (client, asked) = platform(&six());
    let mut items = ListChat::new().items(&client);
    assert_eq!(id(items.next().await.unwrap().unwrap()), "1");
    let left = items.fetch_all().await.unwrap();
    assert_eq!(left.into_iter().map(id).collect::<Vec<_>>(), ["2", "3", "4", "5", "6"]);
    assert_eq!(asked.all(), ["", "b", "c"]);
    assert!(items.fetch_all().await.unwrap().is_empty());
    // A part is never taken for the whole.
    let (client, _) = platform(&six()[..2]);
    let error = ListChat::new().items(&client).fetch_all().await.unwrap_err();
    assert_eq!(error.code::<String>().as_deref(), Some("232001"));
}

#[tokio::test]
async fn the_pages_end_where_the_platform_says() {
    for end in [
        page(&["3"], Some("c"), Some(false)),
        page(&["3"], Some(""), None),
        page(&["3"], None, None),
        page(&[], None, Some(false)),
    ] {
        let pages = [("", page(&["1", "2"], Some("b"), None)), ("b", end.clone())];
        let (client, asked) = platform(&pages);
        let mut pages = ListChat::new().pages(&client);
        assert_eq!(pages.next().await.unwrap().unwrap().items.len(), 2);
        assert!(pages.next().await.unwrap().is_ok());
        for _ in 0..2 {
            assert!(pages.next().await.is_none(), "{end}");
        }
        assert_eq!(asked.all(), ["", "b"], "{end}");
    }
}

/// The ids of all chats up to the error that the listing ends with.
async fn ids_before_the_error(mut items: Items<ListChat>) -> Vec<String> {
    let mut ids = Vec::new();
    loop {
        match items.next().await.unwrap() {
            Ok(chat) => ids.push(id(chat)),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Decode);
                assert_eq!(error.operation(), Some("im.v1.chat.list"));
                assert!(items.next().await.is_none());
                return ids;
            }
        }
    }
}

#[tokio::test]
async fn pages_that_are_promised_and_not_named_are_missed() {
    for end in [page(&["3"], Some(""), Some(true)), page(&["3"], None, Some(true))] {
        let (client, asked) = platform(&[("", page(&["1"], Some("b"), None)), ("b", end)]);
        assert_eq!(ids_before_the_error(ListChat::new().items(&client)).await, ["1", "3"]);
        assert_eq!(asked.all(), ["", "b"]);
    }
}

#[tokio::test]
async fn a_circle_is_an_error_where_it_would_begin_again() {
    let circle = [
        ("", page(&["1"], Some("b"), Some(true))),
        ("b", page(&["2"], Some("c"), Some(true))),
        ("c", page(&["3"], Some("b"), Some(true))),
    ];
    let (client, asked) = platform(&circle);
    assert_eq!(ids_before_the_error(ListChat::new().items(&client)).await, ["1", "2", "3"]);
    assert_eq!(asked.all(), ["", "b", "c"]);

    let same = [("", page(&["1"], Some("b"), None)), ("b", page(&["2"], Some("b"), None))];
    let (client, asked) = platform(&same);
    assert_eq!(ids_before_the_error(ListChat::new().items(&client)).await, ["1", "2"]);
    assert_eq!(asked.all(), ["", "b"]);
}

#[tokio::test]
async fn a_circle_through_the_beginning_is_one_as_well() {
    let circle =
        [("b", page(&["2"], Some("c"), Some(true))), ("c", page(&["3"], Some("b"), Some(true)))];
    let (client, asked) = platform(&circle);
    let items = ListChat::new().page_token("b").items(&client);
    assert_eq!(ids_before_the_error(items).await, ["2", "3"]);
    assert_eq!(asked.all(), ["b", "c"]);
}

#[tokio::test]
async fn an_error_comes_once_and_ends_the_stream() {
    let pages = [("", page(&["1"], Some("lost"), Some(true)))];
    let (client, asked) = platform(&pages);
    let mut pages = ListChat::new().pages(&client);
    assert!(pages.next().await.unwrap().is_ok());
    let error = pages.next().await.unwrap().unwrap_err();
    assert_eq!(error.api().unwrap().code(), "232001");
    assert_eq!(error.operation(), Some("im.v1.chat.list"));
    assert!(pages.next().await.is_none());
    assert!(pages.next().await.is_none());
    assert_eq!(pages.position(), Some("lost"), "so that it can be tried again");
    assert_eq!(asked.all(), ["", "lost"]);

    let mut items = ListChat::new().items(&client);
    assert_eq!(id(items.next().await.unwrap().unwrap()), "1");
    assert!(items.next().await.unwrap().is_err());
    assert!(items.next().await.is_none());
    assert_eq!(asked.all().len(), 4);
}

#[tokio::test]
async fn the_cap_is_an_error_that_says_so() {
    let (client, asked) = platform(&six());
    let mut pages = ListChat::new().pages(&client).max_pages(2);
    assert!(pages.next().await.unwrap().is_ok());
    assert!(pages.next().await.unwrap().is_ok());
    let error = pages.next().await.unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::LimitExceeded, Some("im.v1.chat.list"))
    );
    assert!(error.to_string().contains("more than 2 pages"), "{error}");
    assert!(pages.next().await.is_none());
    assert_eq!(asked.all(), ["", "b"]);

    let items = ListChat::new().items(&client).max_pages(1);
    let items: Vec<_> = items.collect().await;
    assert_eq!(items.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(asked.all().len(), 3);
}

#[tokio::test]
async fn as_many_pages_as_the_cap_allows_are_no_error() {
    let (client, _) = platform(&six());
    assert_eq!(ids(ListChat::new().items(&client).max_pages(3)).await.len(), 6);
}

#[tokio::test]
async fn going_on_from_a_page_gives_the_rest_and_nothing_twice() {
    let (client, asked) = platform(&six());
    let mut first = ListChat::new().pages(&client);
    assert_eq!(first.position(), None);
    let mut read: Vec<_> = first.next().await.unwrap().unwrap().items.into_iter().map(id).collect();
    let position = first.position().unwrap().to_owned();
    drop(first);
    let mut rest = ListChat::new().page_token(position).pages(&client);
    while let Some(page) = rest.next().await {
        read.extend(page.unwrap().items.into_iter().map(id));
    }
    assert_eq!(read, ["1", "2", "3", "4", "5", "6"]);
    assert_eq!(rest.position(), None);
    assert_eq!(asked.all(), ["", "b", "c"]);
}

#[tokio::test]
async fn going_on_from_an_item_begins_with_its_page() {
    let (client, _) = platform(&six());
    let mut items = ListChat::new().items(&client);
    let mut positions = Vec::new();
    while let Some(item) = items.next().await {
        positions.push((id(item.unwrap()), items.position().map(str::to_owned)));
    }
    let expected = [("1", None), ("2", None), ("3", Some("b")), ("4", Some("b"))];
    let expected = expected.map(|(id, at)| (id.to_owned(), at.map(str::to_owned)));
    assert_eq!(positions[..4], expected);
    // Going on twice in a row must not lead back to the beginning.
    let mut again = ListChat::new().page_token("b").items(&client);
    assert_eq!(id(again.next().await.unwrap().unwrap()), "3");
    assert_eq!(again.position(), Some("b"));
    assert_eq!(ids(again).await, ["4", "5", "6"]);
}

#[tokio::test]
async fn empty_pages_are_passed_over() {
    let pages = [
        ("", page(&[], Some("b"), Some(true))),
        ("b", page(&["1"], Some("c"), Some(true))),
        ("c", page(&[], Some("d"), Some(true))),
        ("d", page(&[], Some("e"), Some(true))),
        ("e", page(&["2"], Some("f"), Some(true))),
        ("f", page(&[], None, Some(false))),
    ];
    let (client, asked) = platform(&pages);
    assert_eq!(ids(ListChat::new().items(&client)).await, ["1", "2"]);
    assert_eq!(asked.all().len(), 6);
}

#[tokio::test]
async fn a_page_is_fetched_when_it_is_needed() {
    let (client, asked) = platform(&six());
    let mut items = ListChat::new().items(&client);
    assert_eq!(asked.all().len(), 0);
    for (count, fetched) in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 3)] {
        items.next().await.unwrap().unwrap();
        assert_eq!(asked.all().len(), fetched, "after {count} items");
    }
    assert!(items.next().await.is_none());
    assert_eq!(asked.all().len(), 3);
}

#[tokio::test]
async fn the_rest_of_the_request_stays_as_it_is() {
    let first = json!({ "items": [{ "message_id": "1" }], "page_token": "b", "has_more": true });
    let last = json!({ "items": [{ "message_id": "2" }], "has_more": false });
    let targets = Arc::new(Mutex::new(Vec::new()));
    let seen = targets.clone();
    let client = answered_by(move |request| {
        seen.lock().unwrap().push(request.uri().query().unwrap().to_owned());
        json!({ "code": 0, "data": if position(request).is_empty() { &first } else { &last } })
    });
    let client = client.with_token("t-1");
    let list = ListMessage::new(ContainerId::chat("oc_1")).page_size(1);
    let messages: Vec<_> = list.items(&client).try_collect().await.unwrap();
    assert_eq!(messages.len(), 2);
    let rest = "container_id_type=chat&container_id=oc_1&page_size=1";
    assert_eq!(*targets.lock().unwrap(), [rest.to_owned(), format!("{rest}&page_token=b")]);
    // The operation itself is as it was, and gives the same pages again.
    assert_eq!(list.items(&client).count().await, 2);
}

#[tokio::test]
async fn a_token_can_stand_in_the_body_and_items_in_a_string() {
    let page = |items: &str, next: Option<&str>| json!({ "items": items, "next_page_token": next, "has_more": next.is_some() });
    let (client, asked) = platform(&[
        ("", page(r#"[{"_name":"a"},{"_name":"b"}]"#, Some("x"))),
        ("x", page("", Some("y"))),
        ("y", page(r#"[{"_name":"c"}]"#, None)),
    ]);
    let required =
        BatchQueryRecordsRequired { namespace: "p__c", object_api_name: "o", select: &["_name"] };
    let query = BatchQueryRecords::new(required);
    let records: Vec<_> = query.items(&client).try_collect().await.unwrap();
    let names: Vec<_> = records.iter().map(|record| record["_name"].as_str().unwrap()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(asked.all(), ["", "x", "y"]);
}

#[tokio::test]
async fn what_makes_an_answer_come_in_pages_is_sent() {
    let client = answered_by(|request| {
        let body = request.body().as_bytes().unwrap();
        let body: Value = serde_json::from_slice(body).unwrap();
        json!({ "code": 0, "data": { "items": json!([body]).to_string(), "has_more": false } })
    });
    let required =
        BatchQueryRecordsRequired { namespace: "p__c", object_api_name: "o", select: &["_name"] };
    let query = BatchQueryRecords::new(required);
    let sent: Vec<_> = query.items(&client.with_token("t-1")).try_collect().await.unwrap();
    assert_eq!(sent[0]["use_page_token"], json!(true));
}

/// Tasks with these ids, of so many in all.
fn tasks(ids: &[&str], count: Option<&str>) -> Value {
    let tasks: Vec<_> = ids.iter().map(|id| json!({ "task_id": id })).collect();
    json!({ "tasks": tasks, "count": count })
}

#[tokio::test]
async fn an_offset_can_be_text() {
    // With a count, without one and with one that says nothing; the latter two end with a page
    // that is empty.
    for (count, asked_for) in [
        (Some("3"), &["", "2"][..]),
        (None, &["", "2", "3"]),
        (Some("0"), &["", "2", "3"]),
        (Some("many"), &["", "2", "3"]),
    ] {
        let (client, asked) = platform(&[
            ("", tasks(&["a", "b"], count)),
            ("2", tasks(&["c"], count)),
            ("3", tasks(&[], count)),
        ]);
        let tasks: Vec<_> = QueryUserTask::new("u").items(&client).try_collect().await.unwrap();
        let ids: Vec<_> = tasks.into_iter().map(|task| task.task_id.unwrap()).collect();
        assert_eq!(ids, ["a", "b", "c"], "{count:?}");
        assert_eq!(asked.all(), asked_for, "{count:?}");
    }
}

#[tokio::test]
async fn an_offset_goes_on_from_where_the_operation_begins() {
    let (client, asked) =
        platform(&[("10", tasks(&["a", "b"], Some("13"))), ("12", tasks(&["c"], Some("13")))]);
    let mut pages = QueryUserTask::new("u").offset("10").pages(&client);
    pages.next().await.unwrap().unwrap();
    assert_eq!(pages.position(), Some("12"));
    pages.next().await.unwrap().unwrap();
    assert!(pages.next().await.is_none());
    assert_eq!(asked.all(), ["10", "12"]);
}

#[tokio::test]
async fn a_user_sees_pages_too() {
    let tokens = Arc::new(Mutex::new(Vec::new()));
    let seen = tokens.clone();
    let client = answered_by(move |request| {
        seen.lock().unwrap().push(request.headers().get("authorization").cloned());
        json!({ "code": 0, "data": one_of_six(request) })
    });
    let user = client.as_user("u-1");
    assert_eq!(ids(ListChat::new().items(&user)).await.len(), 6);
    let token = Some(HeaderValue::from_static("Bearer u-1"));
    assert_eq!(*tokens.lock().unwrap(), [token.clone(), token.clone(), token]);
}

#[tokio::test]
async fn an_item_that_cannot_be_read_counts_for_the_offset() {
    // An offset, the items from there on, and how many there are in all.
    let all = [json!({ "task_id": "a" }), Value::Null, json!(7), json!({ "task_id": "d" })];
    for size in 1..=4 {
        let listing = all.clone();
        let client = answered_by(move |request| {
            let from: usize = position(request).parse().unwrap_or(0);
            let page: Vec<_> = listing.iter().skip(from).take(size).collect();
            json!({ "code": 0, "data": { "tasks": page, "count": listing.len().to_string() } })
        })
        .with_token("t-1");
        let tasks: Vec<_> = QueryUserTask::new("u").items(&client).try_collect().await.unwrap();
        let ids: Vec<_> = tasks.into_iter().map(|task| task.task_id.unwrap()).collect();
        assert_eq!(ids, ["a", "d"], "{size} at a time");
    }
}

#[tokio::test]
async fn a_way_to_the_next_page_that_cannot_be_read_is_missed() {
    for (name, odd) in [("page_token", json!(["b"])), ("has_more", json!("perhaps"))] {
        let mut last = page(&["1"], None, None);
        last[name] = odd;
        let (client, asked) = platform(&[("", last)]);
        assert_eq!(ids_before_the_error(ListChat::new().items(&client)).await, ["1"], "{name}");
        assert_eq!(asked.all(), [""]);
    }
}

#[tokio::test]
async fn each_page_is_a_call_with_the_conditions_that_are_set() {
    let mock = replying::<ListChat>([Reply::new(503)]);
    mock.on_path::<Feishu>(Method::Get, "/x").respond(Reply::new(503));
    let client = feishu(&mock);
    let once = ListChat::new().items(&client).each_call(|call| call.retries(false));
    let mut once = once.each_call(|call| call.header("x-page", "1"));
    assert!(once.next().await.unwrap().is_err());
    let raw = client.raw(Method::Get, "/x").pages("from", |_: &Value| None);
    let mut raw = raw.each_call(|call| call.retries(false).header("x-page", "2"));
    assert!(raw.next().await.unwrap().is_err());
    let pages =
        mock.requests().iter().map(|request| request.headers["x-page"].clone()).collect::<Vec<_>>();
    assert_eq!(pages, ["1", "2"]);
}

#[tokio::test]
async fn pages_outlive_the_client_and_move_to_another_task() {
    let (client, _) = platform(&six());
    let items = ListChat::new().items(&client);
    drop(client);
    let read = tokio::spawn(async move { ids(items.skip(1).take(3)).await });
    assert_eq!(read.await.unwrap(), ["2", "3", "4"]);
}

#[tokio::test(start_paused = true)]
async fn each_page_is_a_call_with_attempts_of_its_own() {
    let count = Arc::new(Mutex::new(0));
    let counted = count.clone();
    let client = answered_by(move |request| {
        let mut count = counted.lock().unwrap();
        *count += 1;
        if *count % 3 == 0 {
            json!({ "code": 0, "data": one_of_six(request) })
        } else {
            json!({ "code": 99991400, "msg": "request trigger frequency limit" })
        }
    });
    let items = ListChat::new().items(&client.with_token("t-1"));
    assert_eq!(ids(items).await.len(), 6);
    assert_eq!(*count.lock().unwrap(), 9);
}
