//! A bot that echoes messages, and knows two commands: `/help`, and `/menu` for a card with a button.
//!
//! ```sh
//! export FEISHU_APP_ID=cli_... FEISHU_APP_SECRET=...
//! cargo run -p feishu-im --features cards,long-connection --example echo_bot
//! ```
//!
//! This listens over a long-lived connection, for which no public address is needed. With
//! `--webhook`, events come to port 8080 instead, encrypted with the key in `FEISHU_ENCRYPT_KEY`. In
//! the developer console, subscribe to `im.message.receive_v1` and `card.action.trigger`. For Lark,
//! add `.base_url(feishu_im::Feishu::LARK)` to the client.

use std::{env, error::Error, io};

use axum::{BoxError, Router, body::Body, body::Bytes, http::Request, http::request::Parts};
use feishu_im::events::{Answer, Event, FeishuWebhook, Listener, Toast, connection};
use feishu_im::feishu_card::{Button, Card, CardError};
use feishu_im::{Client, bot::Bot, message::Text};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let var = |name| env::var(name).map_err(|_| format!("set the environment variable {name}"));
    let feishu = Client::builder(var("FEISHU_APP_ID")?, var("FEISHU_APP_SECRET")?).build()?;
    let (me, connection) = (Bot::me(&feishu).await?, connection::LongConnection::new(&feishu));
    let bot = Listener::new(move |event| answer(feishu.clone(), me.clone(), event));
    if !env::args().any(|arg| arg == "--webhook") {
        return Ok(connection.connect().run(bot).await?);
    }
    let webhook = FeishuWebhook::builder().encrypt_key(var("FEISHU_ENCRYPT_KEY")?).build()?;
    Ok(serve(bot, webhook, TcpListener::bind("0.0.0.0:8080").await?).await?)
}

pub async fn serve(bot: Listener, webhook: FeishuWebhook, socket: TcpListener) -> io::Result<()> {
    let hear = move |parts: Parts, body: Bytes| async move {
        bot.serve(&webhook, Request::from_parts(parts, body)).await.map(Body::from)
    };
    axum::serve(socket, Router::new().route("/", axum::routing::post(hear))).await
}

pub async fn answer(feishu: Client, me: Bot, event: Event) -> Result<Answer, BoxError> {
    let reply = match &event {
        Event::CardAction(click) => return Ok(click.answer(Toast::info("Coming up."))),
        Event::MessageReceived(msg) if msg.is_for(&me) => match msg.text().as_deref() {
            Some("/menu") => msg.reply(menu()?),
            None | Some("" | "/help") => msg.reply(Text::new("Say anything, or /menu.")),
            Some(words) => msg.reply(Text::new(words)),
        },
        _ => return Ok(Answer::default()),
    };
    Ok(reply.send(&feishu).await.map(|_| Answer::default())?)
}

fn menu() -> Result<Card, CardError> {
    Card::builder().element(Button::new("Tea").callback("tea")).build()
}
