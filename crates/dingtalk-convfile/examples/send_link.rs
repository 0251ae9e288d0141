//! Sends a link to a file that is stored in DingTalk into a conversation.
//!
//! ```sh
//! export DINGTALK_APP_KEY=ding... DINGTALK_APP_SECRET=...
//! cargo run -p dingtalk-convfile --example send_link -- UNION_ID SPACE_ID DENTRY_ID CONVERSATION_ID
//! ```
//!
//! Outside China, add `.base_url(dingtalk_convfile::DingTalk::INTERNATIONAL)` to the client.

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::env;
use std::error::Error;

use dingtalk_convfile::file::{SendLink, SendLinkRequired};
use dingtalk_convfile::{Client, Secret};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [union_id, space_id, dentry_id, open_conversation_id] = &arguments[..] else {
        return Err("usage: send_link UNION_ID SPACE_ID DENTRY_ID CONVERSATION_ID".into());
    };
    let app_key = variable("DINGTALK_APP_KEY")?;
    let dingtalk = Client::builder(app_key, Secret::from_env("DINGTALK_APP_SECRET")?).build()?;

    let required = SendLinkRequired { union_id, space_id, dentry_id, open_conversation_id };
    send(&dingtalk, required).await?;
    Ok(())
}

pub async fn send(
    dingtalk: &Client,
    required: SendLinkRequired<'_>,
) -> Result<(), dingtalk_convfile::Error> {
    let file = SendLink::new(required).send(dingtalk).await?.file.unwrap_or_default();
    println!("sent as {}", file.name.unwrap_or_default());
    Ok(())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
