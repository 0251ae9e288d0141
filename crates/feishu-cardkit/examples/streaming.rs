//! Writes a card into a chat, word by word, as an assistant would.
//!
//! ```sh
//! export FEISHU_APP_ID=cli_... FEISHU_APP_SECRET=...
//! cargo run -p feishu-cardkit --features streaming --example streaming -- oc_...
//! ```
//!
//! The app needs a bot in the chat, and the scopes `im:message:send_as_bot` and `cardkit:card:write`.
//! For Lark, add `.base_url(feishu_cardkit::Feishu::LARK)` to the client.

use std::time::Duration;
use std::{env::args, env::var, error::Error};

use feishu_cardkit::Client;
use feishu_cardkit::streaming::{ReceiveId, StreamingCard};
use futures_util::{Stream, StreamExt, stream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let chat_id = args().nth(1).ok_or("usage: streaming CHAT_ID")?;
    let feishu = Client::builder(var("FEISHU_APP_ID")?, var("FEISHU_APP_SECRET")?).build()?;
    let card = StreamingCard::to(&feishu, ReceiveId::chat(chat_id)).placeholder("Thinking …");
    card.stream(tokens()).await?;
    Ok(())
}

/// Stands for the tokens of a model.
fn tokens() -> impl Stream<Item = &'static str> {
    let text = "## Good news\n\nThe build is **green**:\n\n- 412 tests passed\n- 2 were skipped\n";
    stream::iter(text.split_inclusive(' ')).then(|word| async move {
        tokio::time::sleep(Duration::from_millis(150)).await;
        word
    })
}
