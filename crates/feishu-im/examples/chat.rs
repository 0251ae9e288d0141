//! Shows a chat and makes a link to it, on the real platform.
//!
//! ```sh
//! export FEISHU_APP_ID=cli_... FEISHU_APP_SECRET=...
//! export FEISHU_BASE_URL=https://open.larksuite.com   # for Lark, outside of China
//! cargo run -p feishu-im --example chat -- oc_...
//! ```

#![expect(clippy::print_stdout, reason = "an example is there to be read")]

use std::env;
use std::error::Error;

use feishu_im::chat::{GetChat, LinkChat};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let chat_id = env::args().nth(1).ok_or("usage: chat CHAT_ID")?;
    let base_url = env::var("FEISHU_BASE_URL").unwrap_or(feishu_im::Feishu::FEISHU_CN.to_owned());
    let client =
        feishu_im::Client::builder(variable("FEISHU_APP_ID")?, variable("FEISHU_APP_SECRET")?)
            .base_url(base_url)
            .build()?;

    let chat = GetChat::new(&chat_id).send(&client).await?;
    println!("{chat:#?}");
    let link = LinkChat::new(&chat_id).send(&client).await?;
    println!("{link:#?}");
    Ok(())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
