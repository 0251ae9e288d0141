//! The cost of a warm call without a network when many are made on two threads: whatever the calls
//! share, such as a count, makes the cores wait for each other.

use feishu_im::Client;
use feishu_im::chat::{LinkChat, ValidityPeriod};
use openplat_bench::memory::Memory;
use openplat_bench::{CHAT, Outcome, figure, process_nanos};
use tokio::runtime::{Builder, Runtime};

const CALLS: u32 = 64_000;
const ROUNDS: usize = 9;
const BODY: &str = r#"{"code":0,"data":{"share_link":"https://example.com"},"msg":"success"}"#;

fn main() -> Outcome {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_time().build()?;
    let memory = Memory { body: BODY.into() };
    let client = Client::builder("cli_a1b2c3", "app secret").transport(memory).build()?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push((nanos(&runtime, &client, 16)?, nanos(&runtime, &client, 1)?));
    }
    rounds.sort_by(|(a, b), (c, d)| f64::total_cmp(&(a / b), &(c / d)));
    let (sixteen, one) = rounds.get(ROUNDS / 2).ok_or("there was no round")?;
    figure("sixteen_ns", sixteen);
    figure("one_ns", one);
    Ok(())
}

/// Shares the calls among that many tasks, and returns the processor time that one call takes.
fn nanos(runtime: &Runtime, client: &Client, tasks: u32) -> Outcome<f64> {
    let before = process_nanos()?;
    runtime.block_on(async {
        let tasks: Vec<_> =
            (0..tasks).map(|_| tokio::spawn(calls(client.clone(), CALLS / tasks))).collect();
        for task in tasks {
            task.await??;
        }
        Ok::<_, Box<dyn std::error::Error>>(())
    })?;
    Ok((process_nanos()? - before) as f64 / f64::from(CALLS))
}

async fn calls(client: Client, count: u32) -> Result<(), feishu_im::Error> {
    for _ in 0..count {
        LinkChat::new(CHAT).validity_period(ValidityPeriod::Week).send(&client).await?;
    }
    Ok(())
}
