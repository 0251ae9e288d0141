//! Calls that all wait for their response at the same time.

use std::alloc::System;
use std::time::Duration;

use cap::Cap;
use feishu_im::Client;
use feishu_im::chat::{LinkChat, ValidityPeriod};
use openplat_bench::{Outcome, figure, http_client};
use serde::{Deserialize, Serialize};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use crate::usage::status;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// The number of calls for which the server waits before it responds to any.
pub const HELD: usize = 10_000;

const PATIENCE: Duration = Duration::from_secs(60);

pub fn run(calls: usize, side: &str, url: &str) -> Outcome {
    Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        match side {
            "ours" => {
                let client = Client::builder("cli_1", "app secret")
                    .base_url(url)
                    .timeout(PATIENCE)
                    .attempt_timeout(PATIENCE)
                    .build()?;
                ours(client.clone(), "oc_1").await?;
                measured(calls, || ours(client.clone(), "oc_held")).await
            }
            _ => {
                let client = http_client()?;
                by_hand(client.clone(), url.to_owned(), "oc_1").await?;
                measured(calls, || by_hand(client.clone(), url.to_owned(), "oc_held")).await
            }
        }
    })
}

/// Prints the memory of a call in flight: on the heap, and resident.
async fn measured<F>(calls: usize, call: impl Fn() -> F) -> Outcome
where
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    let (heap, resident) = (HEAP.allocated(), status("VmRSS")?);
    let mut running: JoinSet<_> = (0..calls).map(|_| call()).collect();
    while let Some(done) = running.join_next().await {
        done??;
    }
    figure("heap_bytes", (HEAP.max_allocated() - heap) / calls);
    figure("resident_bytes", (status("VmHWM")? - resident) / calls as u64);
    Ok(())
}

async fn ours(client: Client, chat: &'static str) -> Result<(), String> {
    let link = LinkChat::new(chat).validity_period(ValidityPeriod::Week);
    link.send(&client).await.map(drop).map_err(|error| error.to_string())
}

async fn by_hand(client: reqwest::Client, url: String, chat: &'static str) -> Result<(), String> {
    let sent = async {
        let response = client
            .post(format!("{url}/open-apis/im/v1/chats/{chat}/link"))
            .bearer_auth("t-1")
            .json(&Link { validity_period: "week" })
            .timeout(PATIENCE)
            .send()
            .await?;
        response.error_for_status()?.json::<Envelope>().await
    };
    match sent.await.map_err(|error| error.to_string())? {
        Envelope { code: 0, data: Some(data), .. } if !data.share_link.is_empty() => Ok(()),
        Envelope { code, msg, .. } => Err(format!("code {code}, {msg}")),
    }
}

#[derive(Serialize)]
struct Link<'a> {
    validity_period: &'a str,
}

#[derive(Deserialize)]
struct Envelope {
    code: i64,
    msg: String,
    data: Option<LinkData>,
}

#[derive(Deserialize)]
struct LinkData {
    share_link: String,
}
