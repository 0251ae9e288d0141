//! Calls to Prism, which serves the OpenAPI documents.

use dingtalk_convfile::file::{FileKind, SendLink, SendLinkRequired};
use dingtalk_convfile::space::{GetSpace, GetSpaceRequired};
use dingtalk_storage::file::{
    CommitFile, CommitFileRequired, GetFileUploadInfo, GetFileUploadInfoRequired,
};
use feishu_apaas::app::ListApp;
use feishu_apaas::application_object_record::{CreateRecord, CreateRecordRequired};
use feishu_apaas::user_task::{ChatGroupUserTask, ChatGroupUserTaskRequired, QueryUserTask};
use feishu_cardkit::card::{
    CardType, CreateCard, CreateCardRequired, UpdateCardSettings, UpdateCardSettingsRequired,
};
use feishu_cardkit::card_element::{StreamText, StreamTextRequired};
use feishu_im::bot::GetBot;
use feishu_im::chat::{GetChat, LinkChat, ListChat, ValidityPeriod};
use feishu_im::chat_members::{GetChatMembers, MeJoinChatMembers};
use feishu_im::file::{CreateFile, CreateFileRequired, FileType, GetFile};
use feishu_im::image::{CreateImage, ImageType};
use feishu_im::message::{
    ContainerId, CreateMessage, DeleteMessage, GetMessage, ListMessage, ReceiveId, ReplyMessage,
    Text,
};
use feishu_im::message_reaction::{CreateMessageReaction, ReactionType};
use feishu_im::pin::ListPin;
use feishu_im::types::ChatType;
use feishu_im::{ErrorCode, Upload};
use openplat_core::{DingTalk, Feishu, Method, Record};
use serde_json::{Value, json};

use crate::prism::Prism;

#[tokio::test]
#[ignore = "needs Prism, which `.ci/run` installs"]
async fn messages_and_chats() {
    let prism = Prism::serve("feishu-im");
    let client = prism.client::<Feishu>();
    let (app, user) = (client.with_token("t-1"), client.as_user("u-1"));

    let link = LinkChat::new("oc_1").validity_period(ValidityPeriod::Week);
    assert_eq!(prism.output(link.send(&app)).await.is_permanent, Some(false));
    let chat = prism.output(GetChat::new("oc_1").user_id_type("open_id").send(&user)).await;
    assert_eq!(chat.chat_type, Some(ChatType::Private));
    let bot = prism.output(GetBot::new().send(&app)).await.bot;
    assert_eq!(bot.app_name.as_deref(), Some("Echo"));
    prism.output(MeJoinChatMembers::new("oc_1").send(&user)).await;

    let to = ReceiveId::chat("oc_1");
    let id = prism
        .output(CreateMessage::with_content(to, Text::new("Lunch?")).send(&app))
        .await
        .message_id;
    let reply = ReplyMessage::with_content(&id, Text::new("Noodles."));
    assert!(!prism.output(reply.send(&app)).await.message_id.is_empty());
    let read = GetMessage::new(&id).with_sender_name(true);
    assert_eq!(prism.output(read.send(&user)).await.items.len(), 1);
    let smile = CreateMessageReaction::new(&id, ReactionType::new("SMILE"));
    assert!(!prism.output(smile.send(&app)).await.reaction_id.is_empty());
    prism.output(DeleteMessage::new(&id).send(&app)).await;
    assert_eq!(prism.end(), "");
}

#[tokio::test]
#[ignore = "needs Prism, which `.ci/run` installs"]
async fn pages() {
    let prism = Prism::serve("feishu-im");
    let client = prism.client::<Feishu>();
    let (app, user) = (client.with_token("t-1"), client.as_user("u-1"));
    let chats = ListChat::new().page_size(20).items(&user).fetch_all().await;
    assert_eq!(prism.unwrap(chats).len(), 1);
    let messages = ListMessage::new(ContainerId::chat("oc_1")).items(&app).fetch_all().await;
    assert!(!prism.unwrap(messages).is_empty());
    // The second request takes the token of the first response.
    let mut pages = ListPin::new("oc_1").pages(&app);
    for _ in 0..2 {
        assert_eq!(prism.unwrap(pages.next().await.unwrap()).items.len(), 1);
    }
    let mut pages = GetChatMembers::new("oc_1").page_size(1).pages(&app);
    assert_eq!(prism.unwrap(pages.next().await.unwrap()).items.len(), 1);
    assert_eq!(prism.end(), "");

    let prism = Prism::serve("feishu-apaas");
    let client = prism.client::<Feishu>();
    // Ten pages, by the number of tasks to skip.
    let mut tasks = QueryUserTask::new("1234").limit("1").items(&client.with_token("t-1"));
    assert_eq!(prism.unwrap(tasks.fetch_all().await).len(), 10);
    assert_eq!(prism.end(), "");
}

#[tokio::test]
#[ignore = "needs Prism, which `.ci/run` installs"]
async fn files() {
    let prism = Prism::serve("feishu-im");
    let client = prism.client::<Feishu>();
    let app = client.with_token("t-1");
    let video = CreateFile::new(CreateFileRequired {
        file_type: FileType::Mp4,
        file_name: "测试视频.mp4",
        file: Upload::from_bytes("a video"),
    });
    let key = prism.output(video.duration(3000).send(&app)).await.file_key;
    let image = CreateImage::new(ImageType::Message, Upload::from_bytes("GIF89a"));
    assert!(!prism.output(image.send(&app)).await.image_key.is_empty());
    let download = prism.output(GetFile::new(&key).send(&app)).await;
    assert!(!download.bytes(1000).await.unwrap().is_empty());
    assert_eq!(prism.end(), "");
}

#[tokio::test]
#[ignore = "needs Prism, which `.ci/run` installs"]
async fn errors() {
    let prism = Prism::serve("feishu-im");
    let client = prism.client::<Feishu>();
    for (code, example) in
        [(ErrorCode::NotInChat, "NotInChat"), (ErrorCode::ChatDissolved, "ChatDissolved")]
    {
        let call = LinkChat::new("oc_1").send(&client.with_token("t-1"));
        let preference = format!("code=400, example={example}");
        let error = call.header("prefer", &preference).await.unwrap_err();
        assert_eq!(error.code(), Some(code), "{error}");
    }
    assert_eq!(prism.end(), "");
}

#[tokio::test]
#[ignore = "needs Prism, which `.ci/run` installs"]
async fn cards() {
    let prism = Prism::serve("feishu-cardkit");
    let client = prism.client::<Feishu>();
    let app = client.with_token("t-1");
    let data = r#"{"schema":"2.0","body":{"elements":[]}}"#;
    let card = CreateCard::new(CreateCardRequired { kind: CardType::CardJson, data });
    let card_id = prism.output(card.send(&app)).await.card_id;
    let text = StreamText::new(StreamTextRequired {
        card_id: &card_id,
        element_id: "markdown_1",
        content: "80 % of",
        sequence: 1,
    });
    prism.output(text.send(&app)).await;
    let settings = UpdateCardSettings::new(UpdateCardSettingsRequired {
        card_id: &card_id,
        settings: r#"{"config":{"streaming_mode":false}}"#,
        sequence: 2,
    });
    prism.output(settings.send(&app)).await;
    assert_eq!(prism.end(), "");
}

#[tokio::test]
#[ignore = "needs Prism, which `.ci/run` installs"]
async fn records_and_tasks() {
    let prism = Prism::serve("feishu-apaas");
    let client = prism.client::<Feishu>();
    let (app, user) = (client.with_token("t-1"), client.as_user("u-1"));
    let record: Record = serde_json::from_value(json!({ "book_name": "test" })).unwrap();
    let record = CreateRecord::new(CreateRecordRequired {
        namespace: "package_test__c",
        object_api_name: "user",
        record,
    });
    assert!(!prism.output(record.send(&app)).await.id.is_empty());
    let task = ChatGroupUserTaskRequired { task_id: "1", operator_user_id: "2" };
    let chat = ChatGroupUserTask::new(task).invite_user_ids(["3", "4"]);
    assert!(!prism.output(chat.send(&app)).await.chat_id.is_empty());
    assert_eq!(prism.output(ListApp::new().page_size("10").send(&user)).await.items.len(), 1);
    assert_eq!(prism.end(), "");
}

#[tokio::test]
#[ignore = "needs Prism, which `.ci/run` installs"]
async fn files_of_dingtalk() {
    let prism = Prism::serve("dingtalk-convfile");
    let client = prism.client::<DingTalk>();
    let app = client.with_token("t-1");
    let link = SendLink::new(SendLinkRequired {
        union_id: "u-1",
        space_id: "s-1",
        dentry_id: "d-1",
        open_conversation_id: "cid+vIrz==",
    });
    let file = prism.output(link.send(&app)).await.file.unwrap();
    assert_eq!(file.kind, Some(FileKind::File));
    let space = GetSpaceRequired { union_id: "u-1", open_conversation_id: "cid+vIrz==" };
    assert!(prism.output(GetSpace::new(space).send(&app)).await.space.is_some());
    assert_eq!(prism.end(), "");

    let prism = Prism::serve("dingtalk-storage");
    let client = prism.client::<DingTalk>();
    let app = client.with_token("t-1");
    let upload = GetFileUploadInfo::new(GetFileUploadInfoRequired {
        space_id: "s-1",
        union_id: "u-1",
        protocol: "HEADER_SIGNATURE",
        multipart: false,
    });
    let upload_key = prism.output(upload.send(&app)).await.upload_key;
    let file = CommitFile::new(CommitFileRequired {
        space_id: "s-1",
        union_id: "u-1",
        upload_key: &upload_key,
        name: "report.pdf",
        parent_id: "0",
    });
    assert!(!prism.output(file.send(&app)).await.dentry.id.is_empty());
    assert_eq!(prism.end(), "");
}

/// Each departure of a request is seen: otherwise the other tests would show nothing.
#[tokio::test]
#[ignore = "needs Prism, which `.ci/run` installs"]
async fn a_request_that_departs_from_the_document_is_refused() {
    let path = "/open-apis/im/v1/chats/{chat_id}/link";
    for (body, violation) in [
        (json!({ "validity_period": 7 }), "validity_period must be string"),
        (json!({ "validity": "week" }), "must NOT have additional properties"),
    ] {
        let prism = Prism::serve("feishu-im");
        let client = prism.client::<Feishu>();
        let call = client.with_token("t-1").raw(Method::Post, path).value("chat_id", "oc_1");
        call.json(&body).send::<Value>().await.unwrap_err();
        let violations = prism.end();
        assert!(violations.contains(violation), "{violations}");
    }
}
