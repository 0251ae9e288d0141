//! Writes a card into a chat, word by word, as an assistant would.
//!
//! ```sh
//! export FEISHU_APP_ID=cli_... FEISHU_APP_SECRET=...
//! cargo run -p feishu-cardkit --features streaming --example streaming_card -- oc_...
//! ```
//!
//! The app needs a bot in the chat, and the scopes `im:message:send_as_bot` and `cardkit:card:write`.
//! For Lark, add `.base_url(feishu_cardkit::Feishu::LARK)` to the client.

use std::env;
use std::error::Error;
use std::time::Duration;

use feishu_cardkit::streaming::{ReceiveId, StreamingCard};
use feishu_cardkit::{Client, Secret};
use futures_util::{Stream, StreamExt, stream};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let chat_id = env::args().nth(1).ok_or("usage: streaming_card CHAT_ID")?;
    let app_id = variable("FEISHU_APP_ID")?;
    let feishu = Client::builder(app_id, Secret::from_env("FEISHU_APP_SECRET")?).build()?;
    answer(&feishu, &chat_id, tokens()).await?;
    Ok(())
}

pub async fn answer(
    feishu: &Client,
    chat_id: &str,
    tokens: impl Stream<Item = &'static str>,
) -> Result<(), feishu_cardkit::Error> {
    let card = StreamingCard::to(feishu, ReceiveId::chat(chat_id)).placeholder("Thinking …");
    card.stream(tokens).await?;
    Ok(())
}

/// Stands for the tokens of a language model.
pub fn tokens() -> impl Stream<Item = &'static str> {
    let text = "## Good news\n\nThe build is **green**:\n\n- 412 tests passed\n- 2 were skipped\n";
    stream::iter(text.split_inclusive(' ')).then(async |word| {
        tokio::time::sleep(Duration::from_millis(150)).await;
        word
    })
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
