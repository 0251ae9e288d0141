use lark_channel::lark_openapi::{
    BoxFuture, HttpRequest, HttpResponse, OpenApiClient, OpenApiTransport, ReqwestOpenApiTransport,
};
use lark_channel::{ChannelConfig, Result};
use openplat_bench::{CHAT, Outcome, warm_calls};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Body {
    validity_period: &'static str,
}

#[derive(Deserialize)]
struct Envelope {
    data: Link,
}

#[derive(Deserialize)]
struct Link {
    share_link: String,
}

/// Sends to a port of this machine: the SDK knows no hosts but the two of the vendor.
#[derive(Clone)]
struct Loopback(ReqwestOpenApiTransport, u16);

impl OpenApiTransport for Loopback {
    fn send_json(&self, mut request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse>> {
        // None of these can fail for a URL with a host.
        let _ = request.url.set_scheme("http");
        let _ = request.url.set_host(Some("localhost"));
        let _ = request.url.set_port(Some(self.1));
        self.0.send_json(request)
    }
}

fn main() -> Outcome {
    warm_calls(async |base| {
        let port = base.rsplit(':').next().ok_or("the URL has no port")?.parse()?;
        let config = ChannelConfig::new("cli_a1b2c3", "app secret");
        let client = OpenApiClient::new(config, Loopback(ReqwestOpenApiTransport::new(), port));
        Ok(async move || {
            let path = format!("/open-apis/im/v1/chats/{CHAT}/link");
            let response: Envelope =
                client.post_tenant_json(&path, &Body { validity_period: "week" }).await?;
            match response.data.share_link.is_empty() {
                false => Ok(()),
                true => Err("the response has no link".into()),
            }
        })
    })
}
