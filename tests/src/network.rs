//! The way to the platform: the built-in transport, layers around it, proxies, TLS, redirects.

mod environment;
#[cfg(feature = "network")]
mod features;
mod proxies;
mod server;
mod sockets;
mod tls;
mod transport;
mod upgrade;

use feishu_im::chat::GetChat;
use feishu_im::openplat_core::TransportBuilder;
use feishu_im::{Client, ClientBuilder, Error};

use crate::tested::Tested;

/// A client for a server of the test, which makes one attempt.
fn client(base_url: &str) -> ClientBuilder {
    Client::builder("cli_1", "secret").over::<Tested>().base_url(base_url).max_attempts(1)
}

/// The options of a transport without a client.
fn options() -> TransportBuilder<Tested> {
    TransportBuilder::default()
}

/// Makes a call with a token that is given, so that it is the only request.
async fn call(client: ClientBuilder) -> Result<(), Error> {
    let client = client.build()?.as_user("u-topsecret");
    GetChat::new("oc_1").send(&client).await.map(drop)
}

/// All that a log may get to see of an error.
fn texts(error: &Error) -> String {
    let mut texts = format!("{error} {error:?}");
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        texts += &format!(" {error} {error:?}");
        source = error.source();
    }
    texts
}
