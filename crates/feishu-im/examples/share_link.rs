//! Prints the link through which users join a chat.
//!
//! ```sh
//! export FEISHU_APP_ID=cli_... FEISHU_APP_SECRET=...
//! cargo run -p feishu-im --example share_link -- oc_...
//! ```
//!
//! The app's bot must be a member of the chat. For Lark, add `.base_url(feishu_im::Feishu::LARK)` to
//! the client.

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::env;
use std::error::Error;

use feishu_im::chat::{GetChat, LinkChat, ValidityPeriod};
use feishu_im::{Client, Secret};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let chat_id = env::args().nth(1).ok_or("usage: share_link CHAT_ID")?;
    let app_id = variable("FEISHU_APP_ID")?;
    let feishu = Client::builder(app_id, Secret::from_env("FEISHU_APP_SECRET")?).build()?;
    println!("{}", share(&feishu, &chat_id).await?);
    Ok(())
}

pub async fn share(feishu: &Client, chat_id: &str) -> Result<String, feishu_im::Error> {
    let chat = GetChat::new(chat_id).send(feishu).await?;
    let link = LinkChat::new(chat_id).validity_period(ValidityPeriod::Week).send(feishu).await?;
    let (name, url) = (chat.name.unwrap_or_default(), link.share_link.unwrap_or_default());
    Ok(format!("Join \"{name}\" within a week: {url}"))
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
