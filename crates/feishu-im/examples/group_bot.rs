//! Creates a group chat, asks its members a question, and prints their replies.
//!
//! ```sh
//! export FEISHU_APP_ID=cli_... FEISHU_APP_SECRET=...
//! cargo run -p feishu-im --example group_bot -- ou_... ou_...
//! ```
//!
//! The arguments are the open IDs of the members. The app needs a bot and the scopes `im:chat`,
//! `im:message` and `im:message.group_msg`. For Lark, add `.base_url(feishu_im::Feishu::LARK)` to the
//! client.

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::error::Error;
use std::{env, io};

use feishu_im::chat::CreateChat;
use feishu_im::chat_members::CreateChatMembers;
use feishu_im::message::{ContainerId, CreateMessage, ListMessage, Message, ReceiveId, Text};
use feishu_im::{Client, Secret};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let members: Vec<String> = env::args().skip(1).collect();
    let first = members.first().ok_or("usage: group_bot OPEN_ID...")?;
    let app_id = variable("FEISHU_APP_ID")?;
    let feishu = Client::builder(app_id, Secret::from_env("FEISHU_APP_SECRET")?).build()?;

    let chat_id = create(&feishu, &members).await?;
    let question = ask(&feishu, &chat_id, first).await?;
    println!("Press Enter when the members have replied to the question.");
    io::stdin().read_line(&mut String::new())?;
    for reply in replies(&feishu, &chat_id, &question).await? {
        println!("{}", reply.to_text());
    }
    Ok(())
}

pub async fn create(feishu: &Client, members: &[String]) -> Result<String, feishu_im::Error> {
    let chat_id = CreateChat::new().name("Lunch").send(feishu).await?.chat_id;
    let added = CreateChatMembers::new(&chat_id).id_list(members).send(feishu).await?;
    for open_id in added.invalid_id_list {
        println!("{open_id} is not valid, or has left the tenant.");
    }
    for open_id in added.not_existed_id_list {
        println!("{open_id} does not exist.");
    }
    for open_id in added.pending_approval_id_list {
        println!("{open_id} is added once the owner or an administrator of the chat agrees.");
    }
    Ok(chat_id)
}

pub async fn ask(
    feishu: &Client,
    chat_id: &str,
    open_id: &str,
) -> Result<Message, feishu_im::Error> {
    // The chat shows the user's own name, whatever the request says.
    let text = Text::new("Where do we eat today? ").mention(open_id, "").plain(" decides.");
    CreateMessage::with_content(ReceiveId::chat(chat_id), text).send(feishu).await
}

pub async fn replies(
    feishu: &Client,
    chat_id: &str,
    question: &Message,
) -> Result<Vec<Message>, feishu_im::Error> {
    let mut replies = Vec::new();
    let mut pages = ListMessage::new(ContainerId::chat(chat_id)).page_size(50).pages(feishu);
    while let Some(page) = pages.next().await {
        let is_reply = |message: &Message| message.parent_id.as_ref() == Some(&question.message_id);
        replies.extend(page?.items.into_iter().filter(is_reply));
    }
    Ok(replies)
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
