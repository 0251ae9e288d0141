//! Sends a file from this machine into a DingTalk conversation.
//!
//! ```sh
//! export DINGTALK_APP_KEY=ding... DINGTALK_APP_SECRET=...
//! cargo run -p dingtalk-convfile --features storage --example send_local_file -- \
//!     UNION_ID CONVERSATION_ID report.pdf
//! ```
//!
//! Outside China, add `.base_url(dingtalk_convfile::DingTalk::INTERNATIONAL)` to the client.

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::env;
use std::error::Error;
use std::path::Path;

use dingtalk_convfile::file::{SendLocalFile, SendLocalFileRequired};
use dingtalk_convfile::{Client, Secret, Upload};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [union_id, conversation_id, path] = &arguments[..] else {
        return Err("usage: send_local_file UNION_ID CONVERSATION_ID PATH".into());
    };
    let app_key = variable("DINGTALK_APP_KEY")?;
    let dingtalk = Client::builder(app_key, Secret::from_env("DINGTALK_APP_SECRET")?).build()?;
    send(&dingtalk, union_id, conversation_id, Path::new(path)).await?;
    Ok(())
}

pub async fn send(
    dingtalk: &Client,
    union_id: &str,
    open_conversation_id: &str,
    path: &Path,
) -> Result<(), dingtalk_convfile::Error> {
    let file = Upload::from_path(path)
        .on_progress(|progress| println!("{} bytes uploaded", progress.bytes));
    let request = SendLocalFileRequired { union_id, open_conversation_id, file };
    let file = SendLocalFile::new(request).send(dingtalk).await?.file.unwrap_or_default();
    println!("sent as {}", file.name.unwrap_or_default());
    Ok(())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
