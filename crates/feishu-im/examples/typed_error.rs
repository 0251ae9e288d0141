//! Tells the failures of a call apart by the codes that the platform documents.
//!
//! ```sh
//! export FEISHU_APP_ID=cli_... FEISHU_APP_SECRET=...
//! cargo run -p feishu-im --example typed_error -- oc_...
//! ```
//!
//! Try it with a chat that the app's bot is not in. For Lark, add
//! `.base_url(feishu_im::Feishu::LARK)` to the client.

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::env;
use std::error::Error;

use feishu_im::chat::LinkChat;
use feishu_im::{Client, ErrorCode, Secret};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let chat_id = env::args().nth(1).ok_or("usage: typed_error CHAT_ID")?;
    let app_id = variable("FEISHU_APP_ID")?;
    let feishu = Client::builder(app_id, Secret::from_env("FEISHU_APP_SECRET")?).build()?;
    println!("{}", link(&feishu, &chat_id).await?);
    Ok(())
}

/// Returns what to tell a user who asked for the link; an error if the user cannot help it.
pub async fn link(feishu: &Client, chat_id: &str) -> Result<String, feishu_im::Error> {
    let error = match LinkChat::new(chat_id).send(feishu).await {
        Ok(link) => return Ok(link.share_link.unwrap_or_default()),
        Err(error) => error,
    };
    match error.code() {
        Some(ErrorCode::NotInChat) => Ok("Add me to the chat first.".to_owned()),
        Some(ErrorCode::ChatDissolved) => Ok("This chat was dissolved.".to_owned()),
        // The client has retried by then, for as long as the call may take.
        _ if error.is_retryable() => Ok("Try again in a minute.".to_owned()),
        _ => Err(error),
    }
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
