//! The page of `raw-decode`, decoded by a whole call over a transport that keeps it in memory.

use feishu_im::Client;
use feishu_im::message::{ContainerId, ListMessage};
use openplat_bench::memory::Memory;
use openplat_bench::{CHAT, Outcome, messages, warm_calls};

fn main() -> Outcome {
    warm_calls(async |_| {
        let memory = Memory { body: messages::page().into() };
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
