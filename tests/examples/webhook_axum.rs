//! A webhook of a Feishu app behind axum: answers each click on a card with a toast.
//!
//! ```sh
//! export FEISHU_ENCRYPT_KEY=... FEISHU_VERIFICATION_TOKEN=...
//! cargo run -p openplat-tests --example webhook_axum
//! ```

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::error::Error;
use std::io;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Request, Response};
use axum::routing::post;
use feishu_im::Secret;
use feishu_im::events::{Answer, Event, FeishuWebhook, Listener, Toast};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Refusals and failures of handlers are logged.
    tracing_subscriber::fmt::init();
    let webhook = FeishuWebhook::builder()
        .encrypt_key(Secret::from_env("FEISHU_ENCRYPT_KEY")?)
        .verification_token(Secret::from_env("FEISHU_VERIFICATION_TOKEN")?)
        .build()?;
    let socket = TcpListener::bind("127.0.0.1:3000").await?;
    Ok(serve(socket, webhook).await?)
}

/// Serves until the process ends.
pub async fn serve(socket: TcpListener, webhook: FeishuWebhook) -> io::Result<()> {
    let app =
        Router::new().route("/webhook", post(receive)).with_state((webhook, Listener::new(handle)));
    axum::serve(socket, app).await
}

/// Takes the body as bytes: its signature is lost once it has been parsed.
async fn receive(
    State((webhook, listener)): State<(FeishuWebhook, Listener)>,
    parts: Parts,
    body: Bytes,
) -> Response<Body> {
    let request = Request::from_parts(parts, body);
    listener.serve(&webhook, request).await.map(Body::from)
}

async fn handle(event: Event) -> Result<Answer, feishu_im::Error> {
    println!("{}", event.header().event_type);
    match event {
        Event::CardAction(click) => Ok(click.answer(Toast::success("Got it."))),
        _ => Ok(Answer::default()),
    }
}
