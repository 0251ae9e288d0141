//! Sends a link to a stored file into a conversation, on the real platform.
//!
//! ```sh
//! export DINGTALK_APP_KEY=ding... DINGTALK_APP_SECRET=...
//! export DINGTALK_BASE_URL=https://api.dingtalk.io   # outside of China
//! cargo run -p dingtalk-convfile --example send_link -- UNION_ID SPACE_ID DENTRY_ID CONVERSATION_ID
//! ```

#![expect(clippy::print_stdout, reason = "an example is there to be read")]

use std::env;
use std::error::Error;

use dingtalk_convfile::DingTalk;
use dingtalk_convfile::file::{SendLink, SendLinkRequired};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [union_id, space_id, dentry_id, open_conversation_id] = &arguments[..] else {
        return Err("usage: send_link UNION_ID SPACE_ID DENTRY_ID CONVERSATION_ID".into());
    };
    let base_url = env::var("DINGTALK_BASE_URL").unwrap_or(DingTalk::CHINA.to_owned());
    let client = dingtalk_convfile::Client::builder(
        variable("DINGTALK_APP_KEY")?,
        variable("DINGTALK_APP_SECRET")?,
    )
    .base_url(base_url)
    .build()?;

    let sent =
        SendLink::new(SendLinkRequired { union_id, space_id, dentry_id, open_conversation_id })
            .send(&client)
            .await?;
    println!("{sent:#?}");
    Ok(())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
