//! Makes calls of every kind against a platform on this machine, and one that fails.
//!
//! `cargo xtask demo` runs it; it exits with 0 only if every call did what it should.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is there to be read")]

use std::error::Error;
use std::process::ExitCode;

use dingtalk_convfile::DingTalk;
use dingtalk_convfile::file::{FileKind, SendLink, SendLinkRequired};
use dingtalk_convfile::openplat_core::Method;
use dingtalk_storage::Upload;
use dingtalk_storage::file::{CommitFile, GetFileUploadInfo, UploadFile, UploadFileRequired};
use feishu_apaas::user_task::{ChatGroupUserTask, ChatGroupUserTaskRequired};
use feishu_card::{Card, MarkdownText};
use feishu_cardkit::card::{CardType, CreateCard, CreateCardRequired};
use feishu_im::ErrorCode;
use feishu_im::chat::{GetChat, LinkChat, ListChat, ValidityPeriod};
use feishu_im::chat_members::MeJoinChatMembers;
use feishu_im::events::connection::LongConnection;
use feishu_im::events::{Answer, Event, Listener, Toast};
use feishu_im::file::{CreateFile, CreateFileRequired, FileType, GetFile};
use feishu_im::message::{CreateMessage, ReceiveId, ReplyMessage, Text};
use feishu_im::types::ChatType;
use openplat_mock::{MockPlatform, Push, Reply};
use serde_json::json;

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

const CHAT: &str = "oc_a0553eda9014c201e6969b478895c230";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nthe demo failed: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result {
    let mock = MockPlatform::start().await?;
    println!("A platform listens on {}. It responds with the documented examples.\n", mock.url());
    mock.on::<LinkChat>().example().error("232011");
    mock.on::<GetChat>();
    mock.on::<MeJoinChatMembers>();
    mock.on::<CreateMessage>();
    mock.on::<ReplyMessage>();
    mock.on::<CreateFile>();
    mock.on::<GetFile>().respond(report());
    mock.on::<ListChat>();
    mock.on::<ChatGroupUserTask>();
    mock.on::<CreateCard>();
    mock.on::<SendLink>();
    storage(&mock);

    let feishu = feishu_im::Client::builder("cli_demo", "demo secret").base_url(mock.url());
    let feishu = feishu.build()?;
    feishu_calls(&feishu, &mock).await?;
    files_and_pages(&feishu).await?;
    events(&feishu, &mock).await?;
    refusal(&feishu).await?;
    let dingtalk = dingtalk_convfile::Client::builder("ding_demo", "demo secret");
    dingtalk_calls(&dingtalk.base_url(mock.url()).build()?).await?;

    let (calls, fetches) = (mock.requests().len(), mock.token_requests().len());
    println!("\n{calls} calls, {fetches} token fetches: one per app.");
    expect("fifteen calls and two token fetches", (calls, fetches) == (15, 2))?;
    next_steps();
    Ok(())
}

async fn feishu_calls(feishu: &feishu_im::Client, mock: &MockPlatform) -> Result {
    title("feishu-im", "LinkChat", "a link through which people join a chat");
    let link = LinkChat::new(CHAT).validity_period(ValidityPeriod::Week).send(feishu).await?;
    show("share_link", &link.share_link);
    show("expire_time", &link.expire_time);
    show("is_permanent", &link.is_permanent);
    expect("a link that ends", link.is_permanent == Some(false))?;

    title("feishu-im", "GetChat", "what is known about a chat");
    let chat = GetChat::new(CHAT).send(feishu).await?;
    show("name", &chat.name);
    show("chat_type", &chat.chat_type);
    show("add_member_permission", &chat.add_member_permission);
    show("i18n_names.en_us", &chat.i18n_names.as_ref().and_then(|names| names.en_us.as_ref()));
    expect("a private chat", chat.chat_type == Some(ChatType::Private))?;

    title("feishu-im", "MeJoinChatMembers", "join a chat, as a user this time");
    mock.accept_user_token("u-demo");
    let response = MeJoinChatMembers::new(CHAT).send(&feishu.as_user("u-demo")).with_meta().await?;
    show("HTTP status", &Some(response.status));
    show("log ID", &response.log_id);
    expect("one attempt", response.attempts == 1)?;

    title("feishu-apaas", "ChatGroupUserTask", "a chat about a task, through the same client");
    let required = ChatGroupUserTaskRequired { task_id: "1234", operator_user_id: "1718" };
    let task = ChatGroupUserTask::new(required).invite_user_ids(["1719", "1720"]);
    let chat = task.send(feishu).await?;
    expect("a chat", !chat.chat_id.is_empty())?;
    show("chat_id", &Some(chat.chat_id));

    title("feishu-cardkit", "CreateCard", "a card of feishu-card that can be updated in parts");
    let card = Card::builder().element(MarkdownText::new("**214** tests passed.")).build()?;
    let data = &card.to_json_string();
    let required = CreateCardRequired { kind: CardType::CardJson, data };
    let card_id = CreateCard::new(required).send(feishu).await?.card_id;
    expect("an ID of a card", !card_id.is_empty())?;
    show("card_id", &Some(card_id));

    title("feishu-im", "CreateMessage", "a text that mentions a user");
    let text = Text::new("Lunch? ").mention("ou_155184d1e73cbfb8973e5a9e698e74f2", "Tom");
    let sent = CreateMessage::with_content(ReceiveId::chat(CHAT), text).send(feishu).await?;
    expect("an ID", !sent.message_id.is_empty())?;
    show("message_id", &Some(sent.message_id));
    Ok(())
}

async fn files_and_pages(feishu: &feishu_im::Client) -> Result {
    title(
        "feishu-im",
        "CreateFile",
        "a file from memory; from a path or a stream it goes likewise",
    );
    let file = "month,sum\nJuly,7\n".as_bytes().into();
    let required =
        CreateFileRequired { file_type: FileType::Stream, file_name: "report.csv", file };
    let key = CreateFile::new(required).send(feishu).await?.file_key;
    show("file_key", &Some(&key));

    title("feishu-im", "GetFile", "a download, saved under the name that the platform gives it");
    let folder = tempfile::tempdir()?;
    let download = GetFile::new(key).send(feishu).await?;
    let path = download.save_in(folder.path()).await?;
    show("file name", &path.file_name());
    expect("the name without its path", path == folder.path().join("report.csv"))?;

    title("feishu-im", "ListChat", "the chats of all pages, one by one");
    let mut chats = ListChat::new().items(feishu);
    let mut count = 0;
    while let Some(chat) = chats.next().await {
        show("name", &chat?.name);
        count += 1;
    }
    expect("one chat", count == 1)
}

/// A file that pretends to belong elsewhere.
fn report() -> Reply {
    Reply::new(200)
        .header("content-disposition", "attachment; filename=\"../../report.csv\"")
        .body("month,sum\nJuly,7\n")
}

async fn events(feishu: &feishu_im::Client, mock: &MockPlatform) -> Result {
    title("feishu-im", "Event", "a message and a click come in over a long connection");
    let client = feishu.clone();
    let bot = Listener::new(move |event| answer(client.clone(), event));
    let connection = LongConnection::new(feishu).connect();
    let control = connection.control();
    let running = tokio::spawn(connection.run(bot));

    mock.push(message("what is for lunch?")).accepted().await;
    let replies = mock.requests_to::<ReplyMessage>();
    let reply = replies.first().and_then(|reply| reply.json().ok());
    show("reply", &reply.as_ref().and_then(|reply| reply["content"].as_str()));
    expect("one reply", replies.len() == 1)?;

    let click = json!({ "operator": { "open_id": "ou_1" }, "action": { "tag": "button" } });
    let acknowledged = mock.push(Push::feishu("card.action.trigger", click)).ack().await;
    show("toast", &acknowledged.data.as_ref().map(|answer| &answer["toast"]["content"]));
    expect("an answer", acknowledged.code == 200 && acknowledged.data.is_some())?;

    control.shutdown();
    Ok(running.await??)
}

async fn answer(feishu: feishu_im::Client, event: Event) -> Result<Answer, feishu_im::Error> {
    match event {
        Event::MessageReceived(message) => {
            show("message", &message.text());
            message.reply(Text::new("Noodles.")).send(&feishu).await?;
            Ok(Answer::default())
        }
        Event::CardAction(click) => Ok(click.answer(Toast::success("Noted."))),
        _ => Ok(Answer::default()),
    }
}

fn message(text: &str) -> Push {
    let content = json!({ "text": text }).to_string();
    let message = json!({
        "message_id": "om_1", "chat_type": "p2p", "message_type": "text", "content": content,
    });
    Push::feishu("im.message.receive_v1", json!({ "message": message }))
}

async fn refusal(feishu: &feishu_im::Client) -> Result {
    title("feishu-im", "LinkChat", "a call that the platform refuses");
    match LinkChat::new(CHAT).send(feishu).await {
        Ok(_) => expect("an error", false),
        Err(error) => {
            show("kind", &Some(error.kind()));
            show("code", &error.code::<ErrorCode>());
            show("log ID", &error.api().and_then(|api| api.log_id()));
            show("advice", &error.advice());
            println!("    in one line: {error}");
            expect("a typed code", error.code() == Some(ErrorCode::NotInChat))
        }
    }
}

/// Takes files at an address of its own, as the storage behind the platform does.
fn storage(mock: &MockPlatform) {
    let address = format!("{}/storage", mock.url());
    let signed = json!({ "resourceUrls": [address], "headers": {}, "expirationSeconds": 900 });
    mock.on::<GetFileUploadInfo>().data(json!({
        "uploadKey": "key", "protocol": "HEADER_SIGNATURE", "headerSignatureInfo": signed,
    }));
    mock.on_path::<DingTalk>(Method::Put, "/storage").without_token().data(json!({}));
    mock.on::<CommitFile>();
}

async fn dingtalk_calls(dingtalk: &dingtalk_convfile::Client) -> Result {
    title("dingtalk-convfile", "SendLink", "a link to a file, sent into a conversation");
    let required = SendLinkRequired {
        union_id: "chyxxxxx",
        space_id: "786xxxxx",
        dentry_id: "908xxxxx",
        open_conversation_id: "cidCxxxxx",
    };
    let file = SendLink::new(required).send(dingtalk).await?.file.ok_or("no file came back")?;
    show("name", &file.name);
    show("size", &file.size);
    show("kind", &file.kind);
    show("status", &file.status);
    expect("a file, whatever the case of its type", file.kind == Some(FileKind::File))?;

    title("dingtalk-storage", "UploadFile", "a file into a space, through the same client");
    let file = Upload::from("month,sum\nJuly,7\n".as_bytes()).file_name("report.csv");
    let required = UploadFileRequired { union_id: "chyxxxxx", space_id: "854xxxxx", file };
    let dentry = UploadFile::new(required).send(dingtalk).await?;
    show("id", &Some(&dentry.id));
    show("path", &dentry.path);
    expect("an ID of a file", !dentry.id.is_empty())
}

fn title(krate: &str, operation: &str, what: &str) {
    println!("{krate}: {operation}, {what}");
}

fn show(name: &str, value: &Option<impl std::fmt::Debug>) {
    match value {
        Some(value) => println!("    {name} = {value:?}"),
        None => println!("    {name} is absent"),
    }
}

fn expect(what: &str, is_so: bool) -> Result {
    if is_so { Ok(()) } else { Err(format!("{what} was expected").into()) }
}

/// The next step, with an account of one's own.
fn next_steps() {
    let has = |names: [&str; 2]| names.iter().all(|name| std::env::var_os(name).is_some());
    println!("\nWith an account, the same code talks to the real platform:");
    for (names, command) in [
        (
            ["FEISHU_APP_ID", "FEISHU_APP_SECRET"],
            "cargo run -p feishu-im --example share_link -- oc_...",
        ),
        (
            ["FEISHU_APP_ID", "FEISHU_APP_SECRET"],
            "cargo run -p feishu-im --features cards,long-connection --example echo_bot",
        ),
        (
            ["DINGTALK_APP_KEY", "DINGTALK_APP_SECRET"],
            "cargo run -p dingtalk-convfile --example send_link -- UNION_ID SPACE_ID DENTRY_ID CONVERSATION_ID",
        ),
    ] {
        match has(names) {
            true => println!("  {} and {} are set. Run: {command}", names[0], names[1]),
            false => println!("  set {} and {}, then run: {command}", names[0], names[1]),
        }
    }
}
