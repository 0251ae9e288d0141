//! The page of `raw-decode`, decoded by a whole call over a transport that has it at hand.

use feishu_im::Client;
use feishu_im::message::{ContainerId, ListMessage};
use feishu_im::openplat_core::bytes::Bytes;
use feishu_im::openplat_core::http::{Request, Response};
use feishu_im::openplat_core::{Body, BoxFuture, Transport, TransportError};
use openplat_bench::{CHAT, Outcome, messages, warm_calls};

struct Memory {
    page: Bytes,
}

impl Transport for Memory {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        let body = match request.uri().path().contains("access_token") {
            true => Bytes::from_static(
                br#"{"code":0,"msg":"ok","tenant_access_token":"t-1","expire":7200}"#,
            ),
            false => self.page.clone(),
        };
        Box::pin(async move { Ok(Response::new(Body::from(body))) })
    }
}

fn main() -> Outcome {
    warm_calls(async |_| {
        let memory = Memory { page: messages::page().into() };
        let client = Client::builder("cli_a1b2c3", "app secret").transport(memory).build()?;
        Ok(async move || {
            let list = ListMessage::new(ContainerId::chat(CHAT));
            match list.send(&client).await?.items.len() {
                100 => Ok(()),
                count => Err(format!("{count} messages of 100").into()),
            }
        })
    })
}
