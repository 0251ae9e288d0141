//! Sends a card with a button, and shows on the card who clicked it.
//!
//! ```sh
//! export FEISHU_APP_ID=cli_... FEISHU_APP_SECRET=...
//! cargo run -p feishu-im --features cards,long-connection --example card_button -- oc_...
//! ```
//!
//! In the developer console, receive callbacks over a long connection, and subscribe to
//! `card.action.trigger`. For Lark, add `.base_url(feishu_im::Feishu::LARK)` to the client.

use std::env;
use std::error::Error;

use feishu_im::events::connection::LongConnection;
use feishu_im::events::{Answer, CardActionAnswer, Event, Listener, Toast};
use feishu_im::feishu_card::{Button, Card, MarkdownText, mention};
use feishu_im::message::{CreateMessage, ReceiveId};
use feishu_im::{Client, Secret};
use serde::{Deserialize, Serialize};

/// The value that the button sends when it is clicked.
#[derive(Serialize, Deserialize)]
struct Deploy {
    build: u32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let chat_id = env::args().nth(1).ok_or("usage: card_button CHAT_ID")?;
    let app_id = variable("FEISHU_APP_ID")?;
    let feishu = Client::builder(app_id, Secret::from_env("FEISHU_APP_SECRET")?).build()?;
    ask(&feishu, &chat_id).await?;
    Ok(LongConnection::new(&feishu).connect().run(Listener::new(clicked)).await?)
}

pub async fn ask(feishu: &Client, chat_id: &str) -> Result<(), Box<dyn Error>> {
    let deploy = serde_json::to_value(Deploy { build: 214 })?;
    let card = Card::builder()
        .element(MarkdownText::new("All tests of build **214** passed."))
        .element(Button::new("Deploy").callback(deploy))
        .build()?;
    CreateMessage::with_content(ReceiveId::chat(chat_id), card).send(feishu).await?;
    Ok(())
}

pub async fn clicked(event: Event) -> Result<Answer, Box<dyn Error + Send + Sync>> {
    let Event::CardAction(click) = event else { return Ok(Answer::default()) };
    let Deploy { build } = click.read_value()?.value;
    let who = mention(click.open_id().unwrap_or_default());
    let text = MarkdownText::new(format!("{who} deployed build **{build}**."));
    let card = Card::builder().element(text).build()?;
    Ok(click.answer(CardActionAnswer::with_card(card).toast(Toast::success("Deployed."))))
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
