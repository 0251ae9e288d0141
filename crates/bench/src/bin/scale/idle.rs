//! A long connection over which nothing comes.

use std::fs;
use std::time::Duration;

use feishu_im::Client;
use feishu_im::events::{Listener, RawEvent, connection::LongConnection};
use futures_util::{SinkExt, StreamExt};
use openplat_bench::{Outcome, figure, http_client, process_nanos};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::time::{interval, sleep};
use tokio_websockets::{ClientBuilder, Message};

use crate::usage::status;

/// The time after which a connection has settled.
const OPENING: Duration = Duration::from_secs(5);

pub fn run(seconds: u64, side: &str, url: &str) -> Outcome {
    Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        let connection = match side {
            "ours" => {
                let client = Client::builder("cli_1", "app secret").base_url(url).build()?;
                let listener = Listener::new(|_: RawEvent| async { Ok::<_, String>(()) });
                let connection = LongConnection::new(&client).connect().run(listener);
                tokio::spawn(async move { connection.await.map_err(|error| error.to_string()) })
            }
            _ => {
                let url = url.to_owned();
                let connection = async move { by_hand(&url).await.map_err(|it| it.to_string()) };
                tokio::spawn(connection)
            }
        };
        sleep(OPENING).await;
        let (cpu, wakes) = (process_nanos()?, wakes()?);
        sleep(Duration::from_secs(seconds)).await;
        if connection.is_finished() {
            return Err(format!("the connection ended: {:?}", connection.await).into());
        }
        figure("cpu_ns_per_minute", (process_nanos()? - cpu) * 60 / seconds);
        figure("wakes_per_minute", (self::wakes()? - wakes) * 60 / seconds);
        figure("threads", status("Threads")?);
        figure("resident_bytes", status("VmRSS")?);
        Ok(())
    })
}

/// Returns how often threads of this process went to sleep so far.
fn wakes() -> Outcome<u64> {
    let mut wakes = 0;
    for task in fs::read_dir("/proc/self/task")? {
        let status = fs::read_to_string(task?.path().join("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        wakes += line.ok_or("a thread has no count")?.trim().parse::<u64>()?;
    }
    Ok(wakes)
}

/// A connection that pings, and notices nothing.
async fn by_hand(url: &str) -> Outcome {
    let client = http_client()?;
    let credentials = json!({ "AppID": "cli_1", "AppSecret": "app secret" });
    let endpoint = client.post(format!("{url}/callback/ws/endpoint")).json(&credentials);
    let endpoint: Value = endpoint.send().await?.json().await?;
    let address = endpoint["data"]["URL"].as_str().ok_or("there is no address")?;
    let host = url.split("://").nth(1).ok_or("the URL has no host")?;
    let stream = TcpStream::connect(host).await?;
    let builder = ClientBuilder::new().uri(address)?;
    let (mut socket, _) = builder.connect_on(stream).await?;
    let mut pings = interval(Duration::from_secs(120));
    loop {
        tokio::select! {
            _ = pings.tick() => socket.send(Message::ping("")).await?,
            message = socket.next() => match message {
                Some(message) => drop(message?),
                None => return Err("the server closed the connection".into()),
            },
        }
    }
}
