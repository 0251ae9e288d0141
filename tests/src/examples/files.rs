use feishu_im::file::CreateFile;
use feishu_im::message::CreateMessage;
use feishu_im::message_resource::GetMessageResource;
use openplat_mock::{MockPlatform, Reply};
use serde_json::json;

use super::im::files;
use crate::in_process::feishu;

#[tokio::test]
async fn a_file_goes_to_a_chat_and_back() {
    let mock = MockPlatform::in_process();
    let feishu = feishu(&mock);
    let uploads = mock.on::<CreateFile>().data(json!({ "file_key": "file_1" }));
    let content = json!({ "file_key": "file_1", "file_name": "report.csv" }).to_string();
    let messages = mock.on::<CreateMessage>().data(json!({
        "message_id": "om_1", "msg_type": "file", "body": { "content": content },
    }));
    mock.on::<GetMessageResource>().respond(Reply::new(200).body("month,sum\n"));

    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.csv");
    std::fs::write(&report, "month,sum\n").unwrap();
    let message = files::send(&feishu, "oc_1", &report).await.unwrap();
    let downloads = folder.path().join("downloads");
    let saved = files::save(&feishu, &message, &downloads).await.unwrap();

    assert_eq!(saved, [downloads.join("report.csv")]);
    assert_eq!(std::fs::read_to_string(&saved[0]).unwrap(), "month,sum\n");
    let parts = uploads.requests()[0].parts().unwrap();
    let file = parts.iter().find(|part| part.name == "file").unwrap();
    assert_eq!(file.bytes, b"month,sum\n"[..]);
    assert_eq!(messages.requests()[0].json().unwrap()["msg_type"], "file");
}
