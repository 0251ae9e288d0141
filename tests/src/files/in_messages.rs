//! Files within messages.

use feishu_im::content::Content;
use feishu_im::events::MessageReceived;
use feishu_im::file::ListFolder;
use feishu_im::message::{GetMessage, Message, Resource};
use serde_json::{Value, json};

use super::*;

fn item(id: &str, upper: Option<&str>, msg_type: &str, content: &Value) -> Value {
    let body = json!({ "content": content.to_string() });
    json!({ "message_id": id, "upper_message_id": upper, "msg_type": msg_type, "body": body })
}

fn read(msg_type: &str, content: &Value) -> Message {
    serde_json::from_value(item("om_1", None, msg_type, content)).unwrap()
}

/// Each resource as `message/kind/key/name`.
fn told(resources: &[Resource]) -> Vec<String> {
    let told = |it: &Resource| {
        let name = it.file_name.as_deref().unwrap_or("-");
        format!("{}/{}/{}/{name}", it.message_id, it.kind, it.file_key)
    };
    resources.iter().map(told).collect()
}

#[test]
fn what_a_message_holds_can_be_downloaded() {
    for (msg_type, content, expected) in [
        ("image", json!({ "image_key": "img_1" }), vec!["om_1/image/img_1/-"]),
        (
            "file",
            json!({ "file_key": "file_1", "file_name": "r.pdf" }),
            vec!["om_1/file/file_1/r.pdf"],
        ),
        ("audio", json!({ "file_key": "file_1", "duration": 9 }), vec!["om_1/file/file_1/-"]),
        (
            "media",
            json!({ "file_key": "file_1", "image_key": "img_1", "file_name": "c.mp4" }),
            vec!["om_1/file/file_1/c.mp4"],
        ),
        (
            "post",
            json!({
                "title": "t",
                "content": [
                    [{ "tag": "img", "image_key": "img_1" }, { "tag": "text", "text": "x" }],
                    [{ "tag": "media", "file_key": "file_1", "image_key": "img_c" }],
                ],
                "content_v2": [
                    [{ "tag": "img", "image_key": "img_1" }],
                    [{ "tag": "md", "text": "a ![b](img_2 \"t\") [c](https://x) ![](img_3)" }],
                ],
                "files": [
                    { "file_key": "file_2", "file_name": "r.pdf" },
                    { "file_key": "fld_1", "file_name": "assets", "is_folder": true },
                ],
            }),
            vec![
                "om_1/image/img_1/-",
                "om_1/file/file_1/-",
                "om_1/image/img_2/-",
                "om_1/image/img_3/-",
                "om_1/file/file_2/r.pdf",
            ],
        ),
        ("sticker", json!({ "file_key": "file_1" }), vec![]),
        ("folder", json!({ "file_key": "fld_1", "file_name": "x" }), vec![]),
        ("image", json!({ "image_key": "" }), vec![]),
        ("interactive", json!({ "elements": [[{ "tag": "img", "image_key": "img_1" }]] }), vec![]),
        ("text", json!({ "text": "![](img_1)" }), vec![]),
    ] {
        assert_eq!(told(&read(msg_type, &content).resources()), expected, "{msg_type}");
        let event = json!({
            "message": {
                "message_id": "om_1", "message_type": msg_type, "content": content.to_string(),
            },
        });
        let event: MessageReceived = serde_json::from_value(event).unwrap();
        assert_eq!(told(&event.resources()), expected, "{msg_type}");
    }
    assert_eq!(told(&read("image", &Value::Null).resources()), Vec::<String>::new());
}

#[tokio::test]
async fn members_of_a_merged_forward_are_downloaded_by_the_outermost_one() {
    let (mock, client) = platform().await;
    let image = json!({ "image_key": "img_1" });
    let file = json!({ "file_key": "file_2", "file_name": "r.pdf" });
    mock.on::<GetMessage>().data(json!({ "items": [
        item("om_top", None, "merge_forward", &json!("Merged and Forwarded Message")),
        item("om_a", Some("om_top"), "image", &image),
        item("om_b", Some("om_top"), "merge_forward", &json!({})),
        item("om_c", Some("om_b"), "file", &file),
    ]}));
    let response = GetMessage::new("om_top").send(&client).await.unwrap();
    let expected = ["om_top/image/img_1/-", "om_top/file/file_2/r.pdf"];
    assert_eq!(told(&response.resources()), expected);
    // One level up is all that a single message knows.
    assert_eq!(told(&response.items[3].resources()), ["om_b/file/file_2/r.pdf"]);

    // The outermost one need not be among the items, and a circle has an end.
    mock.on::<GetMessage>().data(json!({ "items": [
        item("om_b", Some("om_top"), "merge_forward", &json!({})),
        item("om_c", Some("om_b"), "file", &file),
        item("om_x", Some("om_y"), "image", &image),
        item("om_y", Some("om_x"), "text", &json!({ "text": "x" })),
        item("om_z", Some(""), "image", &image),
    ]}));
    let response = GetMessage::new("om_top").send(&client).await.unwrap();
    let told = told(&response.resources());
    assert_eq!((&*told[0], &*told[2]), ("om_top/file/file_2/r.pdf", "om_z/image/img_1/-"));
    assert_eq!(told.len(), 3);
}

/// Adds folders, each with a file and a folder in it, whose key has one more `+`.
fn add_folders(mock: &MockPlatform, keys: &[&str]) {
    for key in keys {
        let file = json!({ "file_key": format!("file_{key}"), "name": format!("{key}.txt") });
        let inner =
            json!({ "file_key": format!("{key}+"), "is_folder": true, "children_count": 1 });
        mock.on::<ListFolder>()
            .when_path("file_key", key)
            .data(json!({ "items": [file, inner], "all_count": 2 }));
    }
}

#[tokio::test]
async fn folders_are_listed_with_those_within() {
    let (mock, client) = platform().await;
    add_folders(&mock, &["fld", "fld+"]);
    // The innermost leads round in a circle, and has two folders more.
    let folders = ["fld", "a", "b"].map(|key| json!({ "file_key": key, "is_folder": true }));
    mock.on::<ListFolder>()
        .when_path("file_key", "fld++")
        .data(json!({ "items": folders, "all_count": 3 }));
    for key in ["a", "b"] {
        let file = json!({ "file_key": format!("file_{key}") });
        mock.on::<ListFolder>().when_path("file_key", key).data(json!({ "items": [file] }));
    }
    let content = json!({ "file_key": "fld", "file_name": "assets" });
    let message = read("folder", &content);
    let [folder] = &message.folders()[..] else { panic!("{:?}", message.folders()) };
    assert_eq!(folder.name.as_deref(), Some("assets"));
    let found = folder.resources(&client).await.unwrap();
    let expected = [
        "om_1/file/file_fld/fld.txt",
        "om_1/file/file_fld+/fld+.txt",
        "om_1/file/file_a/-",
        "om_1/file/file_b/-",
    ];
    assert_eq!(told(&found), expected);
    let requests = mock.requests();
    assert_eq!(requests.len(), 5);
    let expected = "/open-apis/im/v1/files/fld/folder?srctype=message&srcid=om_1&recursive=false";
    assert_eq!(requests[0].target, expected);

    let post = json!({ "files": [{ "file_key": "fld", "is_folder": true }, { "file_key": "f" }] });
    let in_post = read("post", &post).folders();
    assert_eq!((in_post.len(), &*in_post[0].file_key), (1, "fld"));
    let items = [item("om_c", Some("om_top"), "folder", &content)];
    mock.on::<GetMessage>().data(json!({ "items": items }));
    let response = GetMessage::new("om_top").send(&client).await.unwrap();
    assert_eq!(response.folders()[0].message_id, "om_top");
}

#[tokio::test]
async fn a_folder_that_is_not_listed_whole_is_an_error() {
    let (mock, client) = platform().await;
    let items = json!([{ "file_key": "f", "name": "a" }]);
    mock.on::<ListFolder>().data(json!({ "items": items, "all_count": 250 }));
    let error = folder_error(&client, "fld").await;
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert!(error.to_string().contains("only 1 of 250 entries"), "{error}");
    // What has no key cannot be downloaded.
    let items = json!([{ "file_key": "f", "name": "a" }, { "name": "b" }, { "file_key": "" }]);
    mock.on::<ListFolder>().data(json!({ "items": items }));
    let error = folder_error(&client, "fld").await;
    assert!(error.to_string().contains("only 1 of 3 entries"), "{error}");

    let (mock, client) = platform().await;
    let endless = (0..).map(|depth| format!("fld{}", "+".repeat(depth)));
    let keys: Vec<_> = endless.take(120).collect();
    add_folders(&mock, &keys.iter().map(String::as_str).collect::<Vec<_>>());
    let error = folder_error(&client, "fld").await;
    assert_eq!((error.kind(), mock.requests().len()), (ErrorKind::LimitExceeded, 100));
}

async fn folder_error(client: &feishu_im::Client, key: &str) -> Error {
    let folder = read("folder", &json!({ "file_key": key })).folders().remove(0);
    folder.resources(client).await.unwrap_err()
}

#[tokio::test]
async fn resources_are_saved_under_good_names() {
    let (mock, client) = platform().await;
    let folder = TempDir::new().unwrap();
    let octets = [(CONTENT_TYPE, "application/octet-stream")];
    let png = [(CONTENT_TYPE, "image/png")];
    let named = [(CONTENT_TYPE, "image/png"), (CONTENT_DISPOSITION, "attachment; filename=s.png")];
    for (msg_type, content, headers, expected) in [
        ("image", json!({ "image_key": "img_1" }), &png[..], "image.png"),
        ("image", json!({ "image_key": "img_2" }), &png[..], "image-1.png"),
        ("image", json!({ "image_key": "img_2" }), &named[..], "s.png"),
        ("audio", json!({ "file_key": "file_1" }), &octets[..], "audio.opus"),
        ("media", json!({ "file_key": "file_1" }), &octets[..], "video.mp4"),
        ("file", json!({ "file_key": "file_1" }), &octets[..], "file"),
        ("file", json!({ "file_key": "f", "file_name": "../报告.pdf" }), &named[..], "报告.pdf"),
        ("file", json!({ "file_key": "f", "file_name": ".." }), &named[..], "s-1.png"),
    ] {
        let reply = headers
            .iter()
            .fold(Reply::new(200).body("x"), |reply, (name, value)| reply.header(name, *value));
        mock.on::<GetMessageResource>().respond(reply);
        let resources = read(msg_type, &content).resources();
        let download = resources[0].download(&client).await.unwrap();
        let path = download.save_in(folder.path()).await.unwrap();
        assert_eq!(path, folder.path().join(expected));
    }
    let of_folder = Resource::file("om_1", "file_9");
    mock.on::<GetMessageResource>().respond(Reply::new(200).body("x").header(CONTENT_TYPE, "a/b"));
    let _ = of_folder.download(&client).await.unwrap();
    let target = mock.requests().last().unwrap().target.clone();
    assert_eq!(target, "/open-apis/im/v1/messages/om_1/resources/file_9?type=file");
}

#[test]
fn content_that_is_odd_has_no_resources() {
    for content in ["", "[]", r#"{"content":[[null,1,{"tag":"img","image_key":[]}]]}"#] {
        let mut message = read("post", &Value::Null);
        message.body = Some(serde_json::from_value(json!({ "content": content })).unwrap());
        assert_eq!(message.resources(), [], "{content}: {:?}", Content::parse("post", content));
    }
}
