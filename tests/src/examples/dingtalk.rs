use dingtalk_convfile::file::{SendFile, SendLink, SendLinkRequired};
use openplat_mock::MockPlatform;
use serde_json::json;

use super::convfile::{send_link, send_local_file};
use crate::{in_process, storage};

#[tokio::test]
async fn a_link_is_sent() {
    let mock = MockPlatform::in_process();
    let links = mock.on::<SendLink>().data(json!({ "file": { "name": "report.pdf" } }));
    let required = SendLinkRequired {
        union_id: "u-1",
        space_id: "s-1",
        dentry_id: "d-1",
        open_conversation_id: "cid-1",
    };
    send_link::send(&in_process::dingtalk(&mock), required).await.unwrap();
    let sent = links.requests()[0].json().unwrap();
    assert_eq!((&sent["dentryId"], &sent["openConversationId"]), (&json!("d-1"), &json!("cid-1")));
}

#[tokio::test]
async fn a_local_file_is_sent() {
    let (mock, storage, dingtalk) = storage::platform(&[]);
    let files = mock.on::<SendFile>().data(json!({ "file": { "name": "report.csv" } }));
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.csv");
    std::fs::write(&report, "month,sum\n").unwrap();

    send_local_file::send(&dingtalk, "u-1", "cid-1", &report).await.unwrap();
    assert_eq!(storage.taken()[0].1, b"month,sum\n"[..]);
    let sent = files.requests()[0].json().unwrap();
    assert_eq!((&sent["dentryId"], &sent["openConversationId"]), (&json!("d-1"), &json!("cid-1")));
}
