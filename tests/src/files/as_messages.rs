//! Files that are sent as messages.

use std::sync::atomic::{AtomicUsize, Ordering};

use feishu_im::message::{
    CreateMessage, Destination, ReceiveId, ReplyMessage, SendAudio, SendFile, SendFileError,
    SendImage,
};
use serde_json::{Value, json};

use super::*;
use crate::tested::Tested;

const CHAT: &str = "oc_1";

async fn messenger() -> (MockPlatform, feishu_im::Client) {
    let (mock, client) = platform().await;
    mock.on::<CreateFile>().data(json!({ "file_key": "file_v3_1" }));
    mock.on::<CreateImage>().data(json!({ "image_key": "img_v3_1" }));
    mock.on::<CreateMessage>().data(json!({ "message_id": "om_sent" }));
    mock.on::<ReplyMessage>().data(json!({ "message_id": "om_reply" }));
    (mock, client)
}

/// The text fields of the upload.
async fn uploaded(request: &Recorded) -> Vec<(String, String)> {
    let fields = form(request).await.into_iter().filter(|field| field.file_name.is_none());
    fields.map(|field| (field.name, String::from_utf8(field.contents.into()).unwrap())).collect()
}

/// The body of a message, with what its `content` holds.
fn message(request: &Recorded) -> Value {
    let mut body = request.json().unwrap();
    let content = body["content"].as_str().unwrap().to_owned();
    body["content"] = serde_json::from_str(&content).unwrap();
    body
}

/// Sends a file of this name, and returns the type of the upload and the message.
async fn sent_as(name: &str) -> (String, Value) {
    let (mock, client) = messenger().await;
    let file = Upload::from("x".as_bytes()).file_name(name);
    let request = SendFile::new(ReceiveId::chat(CHAT), file).uuid("u-1");
    assert_eq!(request.send(&client).await.unwrap().message_id, "om_sent");
    let requests = mock.requests();
    let [upload, sent] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(sent.target, "/open-apis/im/v1/messages?receive_id_type=chat_id");
    let fields = uploaded(upload).await;
    assert_eq!(fields[1], ("file_name".to_owned(), name.to_owned()));
    (fields[0].1.clone(), message(sent))
}

#[tokio::test]
async fn the_name_decides_how_a_file_is_sent() {
    for (name, file_type, msg_type) in [
        ("report.pdf", "pdf", "file"),
        ("Letter.DOCX", "doc", "file"),
        ("a.xlsx", "xls", "file"),
        ("talk.ppt", "ppt", "file"),
        ("clip.mp4", "mp4", "media"),
        ("hello.opus", "opus", "audio"),
        ("photo.png", "stream", "file"),
        ("群.tar.gz", "stream", "file"),
        ("pdf", "stream", "file"),
    ] {
        let (sent_type, message) = sent_as(name).await;
        assert_eq!(sent_type, file_type, "{name}");
        let content = json!({ "file_key": "file_v3_1" });
        let expected = json!({
            "receive_id": CHAT, "msg_type": msg_type, "content": content, "uuid": "u-1",
        });
        assert_eq!(message, expected, "{name}");
    }
}

#[tokio::test]
async fn a_video_has_a_cover_and_a_length_or_is_a_plain_file() {
    let (mock, client) = messenger().await;
    let folder = folder_with("clip.mp4", b"video");
    let video = SendFile::new(Destination::reply("om_1"), folder.path().join("clip.mp4"));
    let video = video.cover("img_1").duration(Duration::from_millis(2500));
    assert_eq!(video.send(&client).await.unwrap().message_id, "om_reply");
    video.file_type(FileType::Stream).send(&client).await.unwrap();
    let requests = mock.requests();
    let [upload, sent, _, plain] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(uploaded(upload).await[2], ("duration".to_owned(), "2500".to_owned()));
    assert_eq!(sent.target, "/open-apis/im/v1/messages/om_1/reply");
    let content = json!({ "file_key": "file_v3_1", "image_key": "img_1" });
    assert_eq!(
        (&message(sent)["msg_type"], &message(sent)["content"]),
        (&json!("media"), &content)
    );
    assert_eq!(message(plain)["msg_type"], "file");
}

#[tokio::test]
async fn a_picture_and_a_recording_go_into_a_thread() {
    let (mock, client) = messenger().await;
    let thread = Destination::thread("om_1");
    SendImage::new(thread.clone(), Upload::from(vec![1])).send(&client).await.unwrap();
    SendAudio::new(thread, Upload::from_stream(pieces(), Some(contents().len() as u64)))
        .duration(Duration::from_secs(3))
        .send(&client)
        .await
        .unwrap();
    let requests = mock.requests();
    let [image, shown, audio, heard] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(uploaded(image).await, [("image_type".to_owned(), "message".to_owned())]);
    let expected = [("file_type", "opus"), ("file_name", "audio.opus"), ("duration", "3000")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(uploaded(audio).await, expected);
    for (request, msg_type, content) in [
        (shown, "image", json!({ "image_key": "img_v3_1" })),
        (heard, "audio", json!({ "file_key": "file_v3_1" })),
    ] {
        assert_eq!(request.target, "/open-apis/im/v1/messages/om_1/reply");
        let body = message(request);
        assert_eq!((&body["msg_type"], &body["content"]), (&json!(msg_type), &content));
        assert_eq!(body["reply_in_thread"], true);
    }
}

#[tokio::test]
async fn a_message_that_was_not_sent_is_sent_later_without_another_upload() {
    let (mock, client) = platform().await;
    mock.on::<CreateFile>().data(json!({ "file_key": "file_v3_1" }));
    mock.on::<CreateMessage>().error("230002").data(json!({ "message_id": "om_late" }));
    let file = Upload::from("x".as_bytes()).file_name("a.txt");
    let request = SendFile::new(ReceiveId::chat(CHAT), file);
    let error = request.send(&client).await.unwrap_err();
    assert_eq!(error.error().code(), Some(feishu_im::ErrorCode::BotNotInChat));
    assert!(error.to_string().ends_with("(the file is uploaded as `file_v3_1`)"), "{error}");
    let unsent = error.unsent().unwrap();
    assert_eq!(unsent.key(), "file_v3_1");
    assert_eq!(unsent.send(&client).await.unwrap().message_id, "om_late");
    let requests = mock.requests();
    let [upload, first, second] = requests.as_slice() else { panic!("{requests:?}") };
    assert!(upload.target.ends_with("/files"), "{upload:?}");
    assert_eq!(first.body, second.body);
    let uuid = first.json().unwrap()["uuid"].as_str().unwrap().to_owned();
    assert_eq!(uuid.len(), 36, "{uuid}");
    // Another call is another message.
    request.send(&client).await.unwrap();
    assert_ne!(mock.requests()[4].json().unwrap()["uuid"], uuid.as_str());
}

#[tokio::test]
async fn a_file_that_is_not_uploaded_is_not_sent() {
    let (mock, client) = platform().await;
    mock.on::<CreateFile>().error("234006");
    let request = SendFile::new(ReceiveId::chat(CHAT), Upload::from(vec![1]));
    let error = request.send(&client).await.unwrap_err();
    assert!(error.to_string().contains("the file has no name"), "{error}");
    let request = SendAudio::new(ReceiveId::chat(CHAT), Upload::from(vec![1]));
    let error = request.send(&client).await.unwrap_err();
    assert_eq!(error.error().code(), Some(feishu_im::ErrorCode::FileTooLarge));
    assert!(error.unsent().is_none() && mock.requests().len() == 1);
    let error: Error = error.into();
    assert_eq!(error.operation(), Some("im.v1.file.create"));
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_broke_is_repeated() {
    let uploads = Arc::new(AtomicUsize::new(0));
    let count = uploads.clone();
    let client = answered_by(move |request| {
        let is_upload = request.uri().path().ends_with("/files");
        let answer = match is_upload.then(|| count.fetch_add(1, Ordering::Relaxed)) {
            Some(0) => json(503, "{}"),
            Some(_) => json(200, CREATED),
            None => json(200, r#"{"code":0,"data":{"message_id":"om_1"}}"#),
        };
        async move { Ok(answer) }
    });
    let client = client.build().unwrap().with_token("t-1");
    let file = Upload::from("x".as_bytes()).file_name("a.txt");
    SendFile::new(ReceiveId::chat(CHAT), file).send(&client).await.unwrap();
    assert_eq!(uploads.load(Ordering::Relaxed), 2);
}

#[test]
fn sending_can_be_spawned() {
    fn assert_send<T: Send>(_: T) {}
    let client = feishu_im::Client::builder("cli_1", "secret").over::<Tested>().build().unwrap();
    let request = SendImage::new(ReceiveId::chat(CHAT), Upload::from(vec![1]));
    assert_send(async move { request.send(&client).await });
    fn assert_error<T: std::error::Error + Send + Sync + 'static>() {}
    assert_error::<SendFileError>();
}
