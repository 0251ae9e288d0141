//! Sends a file to a chat, and saves the files of that message, with the progress of both.
//!
//! ```sh
//! export FEISHU_APP_ID=cli_... FEISHU_APP_SECRET=...
//! cargo run -p feishu-im --example files -- oc_... report.pdf
//! ```
//!
//! The app needs a bot in the chat, and the scopes `im:message` and `im:resource`. For Lark, add
//! `.base_url(feishu_im::Feishu::LARK)` to the client.

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};

use feishu_im::message::{Message, ReceiveId, SendFile};
use feishu_im::{Client, Progress, Secret, Upload};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(chat_id), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("usage: files CHAT_ID PATH".into());
    };
    let app_id = variable("FEISHU_APP_ID")?;
    let feishu = Client::builder(app_id, Secret::from_env("FEISHU_APP_SECRET")?).build()?;

    let message = send(&feishu, &chat_id, Path::new(&path)).await?;
    for path in save(&feishu, &message, Path::new("downloads")).await? {
        println!("saved as {}", path.display());
    }
    Ok(())
}

pub async fn send(
    feishu: &Client,
    chat_id: &str,
    path: &Path,
) -> Result<Message, feishu_im::Error> {
    let file = Upload::from_path(path).on_progress(|progress| show("sent", progress));
    Ok(SendFile::new(ReceiveId::chat(chat_id), file).send(feishu).await?)
}

pub async fn save(
    feishu: &Client,
    message: &Message,
    folder: &Path,
) -> Result<Vec<PathBuf>, feishu_im::Error> {
    let mut paths = Vec::new();
    for resource in message.resources() {
        let download = resource.download(feishu).await?;
        let download = download.on_progress(|progress| show("received", progress));
        paths.push(download.save_in(folder).await?);
    }
    Ok(paths)
}

fn show(what: &str, progress: Progress) {
    match progress.total {
        Some(total) => println!("{what} {} of {total} bytes", progress.bytes),
        None => println!("{what} {} bytes", progress.bytes),
    }
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
