//! Shows the log on the terminal: each retry, each call that failed, and on request each
//! attempt.
//!
//! ```sh
//! export FEISHU_APP_ID=cli_... FEISHU_APP_SECRET=... FEISHU_CHAT_ID=oc_...
//! cargo run -p openplat-tests --example tracing_terminal
//! ```
//!
//! With `RUST_LOG=info,openplat_core=debug`, attempts are shown as well. With
//! `RUST_LOG=info,openplat_core::error=off`, failures are left to the code that gets the error.

use std::env;
use std::error::Error;

use feishu_im::Secret;
use feishu_im::chat::GetChat;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let filter = filter(&env::var("RUST_LOG").unwrap_or_default())?;
    tracing_subscriber::fmt().with_env_filter(filter).init();
    let feishu = feishu_im::Client::builder(
        variable("FEISHU_APP_ID")?,
        Secret::from_env("FEISHU_APP_SECRET")?,
    )
    .build()?;
    Ok(run(&feishu, &variable("FEISHU_CHAT_ID")?).await?)
}

/// Shows `INFO` and above, unless `RUST_LOG` says otherwise.
pub fn filter(rust_log: &str) -> Result<EnvFilter, Box<dyn Error>> {
    Ok(EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).parse(rust_log)?)
}

pub async fn run(feishu: &feishu_im::Client, chat_id: &str) -> Result<(), feishu_im::Error> {
    let chat = GetChat::new(chat_id).send(feishu).await?;
    tracing::info!(owner_id = chat.owner_id, "the chat is there");
    Ok(())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
