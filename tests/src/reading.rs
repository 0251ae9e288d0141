//! Responses in which something is odd: the rest is read, and what is lost is said.

use feishu_apaas::application_object_record::{BatchQueryRecords, BatchQueryRecordsRequired};
use feishu_im::ErrorKind;
use feishu_im::chat::{GetChat, ListChat};
use feishu_im::message::{ContainerId, ListMessage, Message};
use openplat_core::{DingTalk, Feishu, Method, Operation, Strictness, Warning};
use openplat_mock::{MockPlatform, Reply};
use serde_json::Value;

use crate::in_process::{dingtalk, feishu, replying};

/// A client whose calls of `O` get these bodies, one after the other.
fn client<O: Operation<Vendor = Feishu>>(bodies: &[&str]) -> feishu_im::Client {
    let replies = bodies.iter().map(|body| Reply::new(200).body((*body).to_owned()));
    feishu(&replying::<O>(replies))
}

fn page(items: &str, next: Option<&str>) -> String {
    let next = next.map(|next| format!(r#", "page_token": "{next}""#)).unwrap_or_default();
    let has_more = !next.is_empty();
    format!(
        r#"{{"code": 0, "msg": "success", "data": {{"items": [{items}], "has_more": {has_more}{next}}}}}"#
    )
}

fn message(id: &str, odd: &str) -> String {
    format!(r#"{{"message_id": "{id}", "msg_type": "text", {odd}}}"#)
}

/// Each is a member of a message, and odd.
const ODD: [&str; 13] = [
    r#""sender": {"sender_name": "cut \ud83d"}"#,
    "\"sender\": {\"sender_name\": \"raw \t\"}",
    r#""sender": {"sender_name": "no escape \x41"}"#,
    r#""deleted": """#,
    r#""deleted": "maybe""#,
    r#""body": """#,
    r#""body": {"content": {"text": "hi"}}"#,
    r#""sender": []"#,
    r#""sender": "ou_1""#,
    r#""sender": {"sender_i18n_names": []}"#,
    r#""mentions": [{"key": "@_user_1", "id": {"open_id": "ou_2", "user_id": ""}, "name": "Al"}]"#,
    r#""mentions": [null, "x", {"key": "@_user_1"}]"#,
    r#""deleted": false, "deleted": true"#,
];

#[tokio::test]
async fn an_odd_member_costs_neither_its_item_nor_a_page() {
    for odd in ODD {
        let pages = [
            page(&message("om_1", r#""deleted": false"#), Some("b")),
            page(
                &format!("{}, {}", message("om_2", odd), message("om_3", r#""deleted": true"#)),
                Some("c"),
            ),
            page(&message("om_4", r#""deleted": false"#), None),
        ];
        let client = client::<ListMessage>(&pages.each_ref().map(String::as_str));
        let mut messages = ListMessage::new(ContainerId::chat("oc_1")).items(&client);
        let mut ids = Vec::new();
        while let Some(message) = messages.next().await {
            ids.push(message.unwrap().message_id);
        }
        assert_eq!(ids, ["om_1", "om_2", "om_3", "om_4"], "{odd}");
    }
}

#[tokio::test]
async fn more_than_the_usual_members_is_read_as_well() {
    for (body, warnings) in [
        (r#"{"code":0,"data":{"name":"a"},"msg":"success"}"#, 0),
        (r#"{"code":0,"data":{"name":"a"},"error":{},"msg":"success"}"#, 0),
        (r#"{"code":0,"msg":"success","data":{"name":"a"},"error":{}}"#, 0),
        (r#"{"code":0,"data":{"name":"b"},"data":{"name":"a"},"msg":"success"}"#, 1),
        (r#"{"code":0,"data":{"name":"b","name":"a"},"msg":"success"}"#, 1),
        ("{\"code\":0,\"data\":{\"name\":\"a\",\"avatar\":\"\t\"},\"msg\":\"success\"}", 1),
    ] {
        let call = || GetChat::new("oc_1").send(&client::<GetChat>(&[body]));
        let response = call().with_meta().await.unwrap();
        assert_eq!(response.output.name.as_deref(), Some("a"), "{body}");
        assert_eq!(response.warnings.len(), warnings, "{body}: {:?}", response.warnings);
        let strict = call().strictness(Strictness::Strict).await;
        assert_eq!(strict.is_ok(), warnings == 0, "{body}");
    }
    // What is no success after all is the platform's error, with all that the platform said.
    for (body, kind, code) in [
        (r#"{"code":0,"data":{"name":"a",,"msg":"success"}"#, ErrorKind::Decode, None),
        (
            r#"{"code":0,"data":{"name":"a"},"code":232006,"msg":"success"}"#,
            ErrorKind::Rejected,
            Some("232006"),
        ),
    ] {
        let call = || GetChat::new("oc_1").send(&client::<GetChat>(&[body]));
        for error in [call().await.unwrap_err(), call().with_meta().await.err().unwrap()] {
            assert_eq!(error.kind(), kind, "{body}: {error}");
            assert_eq!(error.code::<String>().as_deref(), code, "{body}: {error}");
            let api = error.api().unwrap();
            assert!(api.status() == 200 && api.log_id().is_some(), "{error}");
        }
    }
}

#[tokio::test]
async fn the_facts_of_an_exchange_can_be_asked_for_twice() {
    let body = r#"{"code":0,"data":{"name":"b","name":"a"},"msg":"success"}"#;
    let call = GetChat::new("oc_1").send(&client::<GetChat>(&[body]));
    let outer = call.with_meta().with_meta().await.unwrap();
    let inner = &outer.output;
    assert_eq!(inner.output.name.as_deref(), Some("a"));
    assert!(!inner.headers.is_empty() && inner.warnings.len() == 1);
    assert_eq!((&outer.headers, &outer.warnings), (&inner.headers, &inner.warnings));
    assert_eq!([&outer.body, &inner.body], [body, body]);
}

#[tokio::test]
async fn an_item_that_is_none_is_skipped() {
    for odd in ["\"om_2\"", "null", "7", "[]", "[1]", "\"\""] {
        let good = [message("om_1", r#""deleted": false"#), message("om_3", r#""deleted": false"#)];
        let page = page(&format!("{}, {odd}, {}", good[0], good[1]), None);
        let list = ListMessage::new(ContainerId::chat("oc_1"));
        let response = list.send(&client::<ListMessage>(&[&page])).with_meta().await.unwrap();
        assert_eq!(response.output.items.len(), 2, "{odd}");
        assert_eq!(response.warnings[0].path(), "$.items[1]", "{odd}");
    }
}

async fn read_one(odd: &str) -> (Message, Vec<String>) {
    let page = page(&message("om_1", odd), None);
    let list = ListMessage::new(ContainerId::chat("oc_1"));
    let mut response = list.send(&client::<ListMessage>(&[&page])).with_meta().await.unwrap();
    let warnings = response.warnings.iter().map(|warning| warning.path().to_owned()).collect();
    (response.output.items.remove(0), warnings)
}

#[tokio::test]
async fn what_is_lost_is_said_and_what_is_empty_is_not_lost() {
    for (odd, paths) in [
        (r#""deleted": "maybe""#, vec!["$.items[0].deleted"]),
        (r#""body": {"content": {"text": "hi"}}"#, vec!["$.items[0].body.content"]),
        (r#""sender": "ou_1""#, vec!["$.items[0].sender"]),
        (r#""deleted": "", "body": "", "sender": [], "mentions": {}"#, vec![]),
        (r#""deleted": "True", "create_time": 1609296809000"#, vec![]),
    ] {
        assert_eq!(read_one(odd).await.1, paths, "{odd}");
    }
    let (message, warnings) = read_one(r#""sender": {"sender_name": "cut \ud83d"}"#).await;
    assert_eq!(message.sender.unwrap().sender_name.as_deref(), Some("cut \u{FFFD}"));
    assert_eq!(warnings, ["$"]);
    let (message, warnings) = read_one("\"sender\": {\"sender_name\": \"raw \t\"}").await;
    assert_eq!(message.sender.unwrap().sender_name.as_deref(), Some("raw \t"));
    assert_eq!(warnings, ["$"]);
    let (_, warnings) = read_one("\"body\": {\"content\": \"\n\"}, \"deleted\": \"maybe\"").await;
    assert_eq!(warnings, ["$", "$.items[0].deleted"]);
    let (message, _) = read_one(r#""message_position": 123456789012345678901"#).await;
    assert_eq!(message.message_position.as_deref(), Some("123456789012345678901"));
}

#[tokio::test]
async fn no_data_is_an_empty_response() {
    for data in [r#""""#, "[]", "null", "{}"] {
        let body = format!(r#"{{"code": 0, "msg": "ok", "data": {data}}}"#);
        let response =
            GetChat::new("oc_1").send(&client::<GetChat>(&[&body])).with_meta().await.unwrap();
        assert_eq!((response.output.name, response.warnings), (None, vec![]), "{data}");
    }
    let body = r#"{"code": 0, "msg": "ok", "data": {"name": "n", "restricted_mode_setting": ""}}"#;
    let chat = GetChat::new("oc_1").send(&client::<GetChat>(&[body])).await.unwrap();
    assert_eq!((chat.name.as_deref(), chat.restricted_mode_setting), (Some("n"), None));
}

#[tokio::test]
async fn data_of_another_form_is_an_error_that_quotes_nothing() {
    for data in [r#""my salary""#, r#"["my salary"]"#, "7"] {
        let body = format!(r#"{{"code": 0, "msg": "ok", "data": {data}}}"#);
        let error = ListChat::new().send(&client::<ListChat>(&[&body])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let said = format!("{error} {error:?}");
        assert!(said.contains("expected struct") && !said.contains("salary"), "{said}");
    }
}

#[tokio::test]
async fn an_odd_record_in_a_string_costs_no_other() {
    let items = serde_json::to_string(r#"[{"_id": 1}, 7, {"_id": 2}]"#).unwrap();
    let body = format!(r#"{{"code": 0, "msg": "ok", "data": {{"items": {items}, "total": 3}}}}"#);
    let query = BatchQueryRecords::new(BatchQueryRecordsRequired {
        namespace: "n",
        object_api_name: "o",
        select: &["_id"],
    });
    let response = query.send(&client::<BatchQueryRecords>(&[&body])).with_meta().await.unwrap();
    let ids: Vec<_> = response.output.items.iter().map(|record| record["_id"].clone()).collect();
    assert_eq!(ids, [Value::from(1), Value::from(2)]);
    assert_eq!(response.warnings[0].path(), "$.items[1]");
}

#[tokio::test]
async fn a_call_can_ask_for_strictness() {
    let page = page(&message("om_1", r#""deleted": "maybe""#), None);
    let list = ListMessage::new(ContainerId::chat("oc_1"));
    let call = list.send(&client::<ListMessage>(&[&page])).strictness(Strictness::Strict);
    let error = call.with_meta().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("$.items[0].deleted"), "{error}");
    let call = list.send(&client::<ListMessage>(&[&page])).strictness(Strictness::Strict);
    assert!(call.await.is_err());
}

#[tokio::test]
async fn a_strict_call_fails_if_the_envelope_had_to_be_repaired_or_says_two_things() {
    for body in [
        "{\"code\": 0, \"msg\": \"raw \t\", \"data\": {\"name\": \"n\"}}",
        "\u{feff}{\"code\": 0, \"data\": {\"name\": \"n\"}}",
        r#"{"code": 0, "data": {"name": "o"}, "data": {"name": "n"}}"#,
        r#"{"code": 0, "data": {"name": "n \ud83d"}}"#,
    ] {
        let client = client::<GetChat>(&[body, body]);
        let response = GetChat::new("oc_1").send(&client).with_meta().await.unwrap();
        assert!(response.output.name.unwrap().starts_with('n'), "{body}");
        assert_eq!(response.warnings.len(), 1, "{body}");
        let call = GetChat::new("oc_1").send(&client).strictness(Strictness::Strict);
        let error = call.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains(&response.warnings[0].to_string()), "{error}");
    }
}

fn paths(warnings: &[Warning]) -> Vec<&str> {
    warnings.iter().map(Warning::path).collect()
}

/// Two pages of messages with something odd in each.
fn odd_pages() -> [String; 2] {
    let odd = |id| message(id, r#""deleted": "maybe""#);
    [page(&format!("7, {}", odd("om_1")), Some("b")), page(&odd("om_2"), None)]
}

#[tokio::test]
async fn a_listing_says_what_its_pages_warned_of() {
    let client = || client::<ListMessage>(&odd_pages().each_ref().map(String::as_str));
    let list = ListMessage::new(ContainerId::chat("oc_1"));
    let mut pages = list.pages(&client());
    assert_eq!(paths(&pages.take_warnings()), Vec::<&str>::new());
    pages.next().await.unwrap().unwrap();
    assert_eq!(paths(&pages.take_warnings()), ["$.items[0]", "$.items[1].deleted"]);
    pages.next().await.unwrap().unwrap();
    assert_eq!(paths(&pages.take_warnings()), ["$.items[0].deleted"]);
    assert!(pages.next().await.is_none() && pages.take_warnings().is_empty());

    let mut items = list.items(&client());
    while let Some(item) = items.next().await {
        item.unwrap();
    }
    let warnings = items.take_warnings();
    assert_eq!(paths(&warnings), ["$.items[0]", "$.items[1].deleted", "$.items[0].deleted"]);

    let mut pages =
        client().raw(Method::Get, "/open-apis/im/v1/messages").pages("from", |_: &Flags| None);
    pages.next().await.unwrap().unwrap();
    assert_eq!(paths(&pages.take_warnings()), ["$.items[0]", "$.items[1].deleted"]);
}

#[derive(serde::Deserialize)]
struct Flags {
    #[serde(rename = "items")]
    _items: Vec<Flag>,
}

#[derive(serde::Deserialize)]
struct Flag {
    #[serde(rename = "deleted")]
    _deleted: Option<bool>,
}

#[tokio::test]
async fn a_strict_listing_ends_at_what_cannot_be_read() {
    let good = page(&message("om_0", r#""deleted": true"#), Some("a"));
    let [_, odd] = odd_pages();
    let client = || client::<ListMessage>(&[&good, &odd]);
    let list = ListMessage::new(ContainerId::chat("oc_1"));
    let mut pages = list.pages(&client()).each_call(|call| call.strictness(Strictness::Strict));
    assert!(pages.next().await.unwrap().is_ok());
    let error = pages.next().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("$.items[0].deleted"), "{error}");
    assert!(pages.next().await.is_none());

    let mut items = list.items(&client()).each_call(|call| call.strictness(Strictness::Strict));
    assert!(items.next().await.unwrap().is_ok());
    assert_eq!(items.next().await.unwrap().unwrap_err().kind(), ErrorKind::Decode);
    assert!(items.next().await.is_none());

    let raw = client().raw(Method::Get, "/open-apis/im/v1/messages");
    let mut pages = raw.pages("from", |_: &Flags| Some("b".to_owned()));
    pages = pages.each_call(|call| call.strictness(Strictness::Strict));
    assert!(pages.next().await.unwrap().is_ok());
    assert_eq!(pages.next().await.unwrap().err().unwrap().kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn the_warnings_of_a_long_listing_are_counted() {
    let nothing = ["7"; 40].join(", ");
    let mut pages: Vec<_> = (0..3).map(|next| page(&nothing, Some(&next.to_string()))).collect();
    pages.push(page("", None));
    let bodies: Vec<_> = pages.iter().map(String::as_str).collect();
    let mut items =
        ListMessage::new(ContainerId::chat("oc_1")).items(&client::<ListMessage>(&bodies));
    assert!(items.next().await.is_none());
    let warnings = items.take_warnings();
    assert_eq!(warnings.len(), 101);
    assert!(warnings[100].to_string().starts_with("20 further"), "{}", warnings[100]);
    assert!(items.take_warnings().is_empty());
}

#[tokio::test]
async fn what_is_repaired_is_said_once_whoever_repairs_it() {
    let body = "{\"code\": 0, \"data\": {\"name\": \"raw \t \\ud83d\"}, \"n\": NaN}";
    let mock = MockPlatform::in_process();
    mock.on_path::<Feishu>(Method::Get, "/open-apis/x").respond(Reply::new(200).body(body));
    mock.on_path::<DingTalk>(Method::Get, "/v1.0/x").respond(Reply::new(200).body(body));
    let raw = feishu(&mock).raw(Method::Get, "/open-apis/x");
    let whole = raw.send_whole::<Value>().with_meta().await.unwrap();
    let data = raw.send::<Value>().with_meta().await.unwrap();
    let flat = dingtalk(&mock).raw(Method::Get, "/v1.0/x").send::<Value>();
    let flat = flat.with_meta().await.unwrap();
    assert_eq!(whole.output, flat.output);
    assert_eq!(whole.output["data"], data.output);
    for warnings in [whole.warnings, data.warnings, flat.warnings] {
        assert_eq!(paths(&warnings), ["$"], "{warnings:?}");
    }
}
