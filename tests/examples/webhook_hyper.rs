//! The same webhook without a framework: hyper, one task a connection.
//!
//! ```sh
//! export FEISHU_ENCRYPT_KEY=... FEISHU_VERIFICATION_TOKEN=...
//! cargo run -p openplat-tests --example webhook_hyper
//! ```

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use feishu_im::Secret;
use feishu_im::events::{Answer, Event, FeishuWebhook, Listener, Toast};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
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
    serve(socket, webhook).await;
    Ok(())
}

/// Serves until the process ends.
pub async fn serve(socket: TcpListener, webhook: FeishuWebhook) {
    let listener = Listener::new(handle);
    loop {
        let connection = match socket.accept().await {
            Ok((connection, _)) => connection,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // The process may have too many open files; some are closed soon.
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        let (webhook, listener) = (webhook.clone(), listener.clone());
        let service = service_fn(move |request| {
            let (webhook, listener) = (webhook.clone(), listener.clone());
            async move { Ok::<_, Infallible>(receive(&webhook, &listener, request).await) }
        });
        // The timer ends connections that never send the headers of a request.
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(connection), service);
        tokio::spawn(served);
    }
}

async fn receive(
    webhook: &FeishuWebhook,
    listener: &Listener,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    // Nothing else would keep a stranger from filling the memory.
    let Ok(body) = Limited::new(body, 2 * 1024 * 1024).collect().await else {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        return response;
    };
    let request = Request::from_parts(parts, body.to_bytes());
    listener.serve(webhook, request).await.map(Full::new)
}

async fn handle(event: Event) -> Result<Answer, feishu_im::Error> {
    println!("{}", event.header().event_type);
    match event {
        Event::CardAction(click) => Ok(click.answer(Toast::success("Got it."))),
        _ => Ok(Answer::default()),
    }
}
