use feishu_apaas::application_object_record::{BatchCreateRecords, BatchQueryRecords};
use feishu_im::message::CreateMessage;
use openplat_mock::MockPlatform;
use serde_json::{Value, json};

use super::apaas::{records, two_crates};
use crate::in_process::feishu;

fn book(name: &str, count: u32) -> records::Book {
    records::Book { name: name.to_owned(), count }
}

#[tokio::test]
async fn books_are_added() {
    let mock = MockPlatform::in_process();
    let feishu = feishu(&mock);
    let failed = json!({ "success": false, "errors": [{ "code": "1", "message": "no" }] });
    let added = mock.on::<BatchCreateRecords>();
    let added = added.data(json!({ "items": [{ "success": true, "id": "1" }] })).times(1);
    let added = added.data(json!({ "items": [failed] })).times(1).data(json!({ "items": [] }));

    let books = [book("Emma", 5)];
    records::add(&feishu, "package_test__c", "book", &books).await.unwrap();
    let error = records::add(&feishu, "package_test__c", "book", &books).await.unwrap_err();
    assert!(error.to_string().starts_with("Emma was not added"), "{error}");
    let error = records::add(&feishu, "package_test__c", "book", &books).await.unwrap_err();
    assert_eq!(error.to_string(), "the response has 0 results for 1 books");
    let request = &added.requests()[0];
    assert_eq!(request.path_value("object_api_name"), Some("book"));
    let sent = request.json().unwrap();
    let sent: Value = serde_json::from_str(sent["records"].as_str().unwrap()).unwrap();
    assert_eq!(sent, json!([{ "book_name": "Emma", "book_count": 5 }]));
}

#[tokio::test]
async fn books_of_all_pages_are_listed() {
    let mock = MockPlatform::in_process();
    let page = |name: &str, count: u32, more: bool| {
        let items = json!([{ "book_name": name, "book_count": count }]).to_string();
        json!({ "items": items, "has_more": more, "next_page_token": "next" })
    };
    let pages = mock.on::<BatchQueryRecords>().data(page("Emma", 5, true)).times(1);
    pages.data(page("Ulysses", 2, false));
    let books = records::list(&feishu(&mock), "package_test__c", "book").await.unwrap();
    assert_eq!(books, [book("Emma", 5), book("Ulysses", 2)]);
}

#[tokio::test]
async fn two_crates_use_one_token() {
    let mock = MockPlatform::in_process();
    let page = json!({ "items": "[{\"_id\":\"1\"}]", "total": 7, "has_more": true });
    mock.on::<BatchQueryRecords>().data(page);
    let messages = mock.on::<CreateMessage>().data(json!({ "message_id": "om_1" }));
    two_crates::tell(&feishu(&mock), "package_test__c", "book", "oc_1").await.unwrap();
    let message = messages.requests()[0].json().unwrap();
    assert_eq!(message["content"], r#"{"text":"There are 7 records of book."}"#);
    assert_eq!(mock.token_requests().len(), 1);
}
