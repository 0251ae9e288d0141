//! A bot that echoes messages, and knows two commands: `/help`, and `/menu` for a card with a button.
//!
//! ```sh
//! export FEISHU_APP_ID=cli_... FEISHU_APP_SECRET=...
//! cargo run -p feishu-im --features cards,long-connection --example echo_bot
//! ```
//!
//! This listens over a long connection, for which no public address is needed. With
//! `--webhook`, events come to port 8080 instead, encrypted with the key in `FEISHU_ENCRYPT_KEY`. In
//! the developer console, subscribe to `im.message.receive_v1` and `card.action.trigger`. For Lark,
//! add `.base_url(feishu_im::Feishu::LARK)` to the client.

use std::error::Error;
use std::{env, io};

use axum::body::{Body, Bytes};
use axum::http::Request;
use axum::http::request::Parts;
use axum::routing::post;
use axum::{BoxError, Router};
use feishu_im::bot::Bot;
use feishu_im::events::connection::LongConnection;
use feishu_im::events::{Answer, Event, FeishuWebhook, Listener, Toast};
use feishu_im::feishu_card::{Button, Card, CardError};
use feishu_im::message::Text;
use feishu_im::{Client, Secret};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app_id = variable("FEISHU_APP_ID")?;
    let feishu = Client::builder(app_id, Secret::from_env("FEISHU_APP_SECRET")?).build()?;
    let me = Bot::me(&feishu).await?;
    let client = feishu.clone();
    let bot = Listener::new(move |event| answer(client.clone(), me.clone(), event));

    if env::args().any(|argument| argument == "--webhook") {
        let encrypt_key = Secret::from_env("FEISHU_ENCRYPT_KEY")?;
        let webhook = FeishuWebhook::builder().encrypt_key(encrypt_key).build()?;
        let socket = TcpListener::bind("0.0.0.0:8080").await?;
        serve(bot, webhook, socket).await?;
    } else {
        LongConnection::new(&feishu).connect().run(bot).await?;
    }
    Ok(())
}

pub async fn serve(bot: Listener, webhook: FeishuWebhook, socket: TcpListener) -> io::Result<()> {
    let receive = move |parts: Parts, body: Bytes| async move {
        bot.serve(&webhook, Request::from_parts(parts, body)).await.map(Body::from)
    };
    axum::serve(socket, Router::new().route("/", post(receive))).await
}

pub async fn answer(feishu: Client, me: Bot, event: Event) -> Result<Answer, BoxError> {
    match event {
        Event::CardAction(click) => return Ok(click.answer(Toast::info("Coming up."))),
        Event::MessageReceived(message) if message.is_for(&me) => {
            let reply = match message.text().as_deref() {
                Some("/menu") => message.reply(menu()?),
                None | Some("" | "/help") => message.reply(Text::new("Say anything, or /menu.")),
                Some(words) => message.reply(Text::new(words)),
            };
            reply.send(&feishu).await?;
        }
        _ => {}
    }
    Ok(Answer::default())
}

fn menu() -> Result<Card, CardError> {
    Card::builder().element(Button::new("Tea").callback("tea")).build()
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
