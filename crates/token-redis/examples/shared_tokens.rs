//! Lists the chats of the app's bot, with a token that all processes and machines share.
//!
//! ```sh
//! export FEISHU_APP_ID=cli_... FEISHU_APP_SECRET=... REDIS_URL=redis://127.0.0.1:6379
//! cargo run -p openplat-token-redis --example shared_tokens
//! ```
//!
//! Run it twice: the second run fetches no token. The app needs the scope `im:chat:readonly`. For
//! Lark, add `.base_url(feishu_im::Feishu::LARK)` to the client.

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::env;
use std::error::Error;
use std::sync::Arc;

use feishu_im::chat::ListChat;
use feishu_im::{Client, ClientBuilder, Secret};
use openplat_token_redis::RedisTokenStore;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app_id = variable("FEISHU_APP_ID")?;
    let builder = Client::builder(app_id, Secret::from_env("FEISHU_APP_SECRET")?);
    list(&client(builder, &variable("REDIS_URL")?).await?).await?;
    Ok(())
}

pub async fn client(builder: ClientBuilder, redis_url: &str) -> Result<Client, Box<dyn Error>> {
    // `connect` fails if Redis is unavailable now. Later on, calls work without Redis.
    let store = RedisTokenStore::connect(redis_url).await?;
    Ok(builder.token_store(Arc::new(store)).build()?)
}

pub async fn list(feishu: &Client) -> Result<(), feishu_im::Error> {
    let mut chats = ListChat::new().items(feishu);
    while let Some(chat) = chats.next().await {
        println!("{}", chat?.name.unwrap_or_default());
    }
    Ok(())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
