//! Ten thousand calls against a platform that misbehaves in every way it can. A binary of its own:
//! what it counts, the tasks, descriptors and bytes that stay behind, is the whole process's.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::alloc::System;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cap::Cap;
use feishu_im::ErrorKind;
use feishu_im::chat::{GetChat, LinkChat};
use openplat_core::TransportBuilder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::tested::Tested;

#[path = "../src/tested.rs"]
mod tested;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

const CALL_TIMEOUT: Duration = Duration::from_secs(6);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(1);
const CLIENTS: usize = 2001;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_ends_and_nothing_stays_behind() {
    for seed in [1, 2] {
        round(seed, 1_000).await;
    }
    let before = Remains::settled().await;
    round(3, 10_000).await;
    let after = Remains::settled().await;
    assert_eq!((after.tasks, after.descriptors), (before.tasks, before.descriptors));
    let grown = after.heap.saturating_sub(before.heap);
    assert!(grown < 128 * 1024, "{grown} bytes stayed behind");
}

/// What a process holds.
#[derive(Debug, PartialEq)]
struct Remains {
    tasks: usize,
    descriptors: usize,
    heap: usize,
}

impl Remains {
    fn now() -> Self {
        Self {
            tasks: tokio::runtime::Handle::current().metrics().num_alive_tasks(),
            descriptors: std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
            heap: HEAP.allocated(),
        }
    }

    /// Connections close in the background; this waits until nothing changes any more.
    async fn settled() -> Self {
        let mut last = Self::now();
        loop {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let now = Self::now();
            if (now.tasks, now.descriptors) == (last.tasks, last.descriptors) {
                return now;
            }
            last = now;
        }
    }
}

async fn round(seed: u64, calls: usize) {
    let platform = Platform::start(seed).await;
    let transport =
        TransportBuilder::<Tested>::default().connect_timeout(ATTEMPT_TIMEOUT).build().unwrap();
    let client = || {
        feishu_im::Client::builder("cli_1", "secret")
            .base_url(format!("http://{}", platform.address))
            .timeout(CALL_TIMEOUT)
            .attempt_timeout(ATTEMPT_TIMEOUT)
            .transport(transport.clone())
            .build()
            .unwrap()
    };
    // Each knows its own limits: after a refusal that has nothing to do with the rate, a single one
    // would hold back nearly all calls.
    let clients: Vec<_> = (0..CLIENTS).map(|_| client()).collect();
    let slots = Arc::new(Semaphore::new(256));
    let mut running = JoinSet::new();
    for number in 0..calls {
        let (slots, client) = (slots.clone(), clients[number % CLIENTS].clone());
        running.spawn(async move {
            let _slot = slots.acquire().await.unwrap();
            // Far beyond its deadline; a call that is still there hangs.
            let patience = 3 * CALL_TIMEOUT;
            let id = format!("oc_{number}");
            if number % 2 == 0 {
                let call = LinkChat::new(id).send(&client).into_future();
                tokio::time::timeout(patience, call).await.unwrap().map(drop)
            } else {
                let call = GetChat::new(id).send(&client).into_future();
                tokio::time::timeout(patience, call).await.unwrap().map(drop)
            }
        });
    }
    let mut outcomes: HashMap<Option<ErrorKind>, usize> = HashMap::new();
    while let Some(outcome) = running.join_next().await {
        let outcome = outcome.unwrap();
        if let Err(error) = &outcome {
            assert_eq!(error.operation().map(|id| id.starts_with("im.v1.chat.")), Some(true));
        }
        *outcomes.entry(outcome.err().map(|error| error.kind())).or_default() += 1;
    }
    assert!(outcomes.get(&None).is_some_and(|successes| *successes > calls / 10), "{outcomes:?}");
    for kind in outcomes.keys().flatten() {
        use ErrorKind::{
            Connect, Decode, Throttled, Timeout, Transfer, Unauthenticated, Unavailable,
        };
        let expected =
            [Connect, Decode, Throttled, Timeout, Transfer, Unauthenticated, Unavailable];
        assert!(expected.contains(kind), "{outcomes:?}");
    }
    let executed = platform.executed.lock().unwrap();
    assert!(executed.len() > calls / 4);
    assert!(executed.values().all(|times| *times == 1), "a POST was executed twice");
}

/// A platform that decides by chance, from a seed, how to mistreat each request.
struct Platform {
    address: SocketAddr,
    /// How often each POST was executed, by its path.
    executed: Arc<Mutex<HashMap<String, usize>>>,
    _connections: JoinSet<()>,
}

impl Platform {
    async fn start(seed: u64) -> Self {
        let listen = |address: SocketAddr| {
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_reuseaddr(true).unwrap();
            socket.bind(address).unwrap();
            socket.listen(1024).unwrap()
        };
        let mut listener = Some(listen("127.0.0.1:0".parse().unwrap()));
        let address = listener.as_ref().unwrap().local_addr().unwrap();
        let executed = Arc::new(Mutex::new(HashMap::new()));
        let chance = Arc::new(Mutex::new(fastrand::Rng::with_seed(seed)));
        let mut server = JoinSet::new();
        let seen = executed.clone();
        server.spawn(async move {
            let mut connections = JoinSet::new();
            for accepted in 1_u64.. {
                let (stream, _) = match listener.as_ref().unwrap().accept().await {
                    Ok(accepted) => accepted,
                    Err(_) => continue,
                };
                let (executed, chance) = (seen.clone(), chance.clone());
                connections.spawn(async move {
                    let _ = Connection { stream, executed, chance }.serve().await;
                });
                while connections.try_join_next().is_some() {}
                // For a moment connections are refused.
                if accepted % 97 == 0 {
                    drop(listener.take());
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    listener = Some(listen(address));
                }
            }
        });
        Self { address, executed, _connections: server }
    }
}

struct Connection {
    stream: TcpStream,
    executed: Arc<Mutex<HashMap<String, usize>>>,
    chance: Arc<Mutex<fastrand::Rng>>,
}

const OK: &str = r#"{"code":0,"msg":"success","data":{"share_link":"https://example.com"}}"#;
const TOKEN: &str = r#"{"code":0,"msg":"ok","tenant_access_token":"t-1","expire":7200}"#;
const LIMIT: &str = r#"{"code":99991400,"msg":"slow down"}"#;
const REJECTED: &str = r#"{"code":99991663,"msg":"token"}"#;
const BUSY: &str = r#"{"code":2200,"msg":"internal"}"#;

impl Connection {
    async fn serve(mut self) -> std::io::Result<()> {
        while let Some((method, path)) = self.request().await? {
            if path.ends_with("/internal") {
                self.answer(200, "", TOKEN, TOKEN.len()).await?;
                continue;
            }
            let dice = self.chance.lock().unwrap().u32(..100);
            // Refused before it is executed, in the words that say so.
            match dice {
                0..5 => {
                    let wait = "x-ogw-ratelimit-reset: 0.05\r\n";
                    self.answer(429, wait, LIMIT, LIMIT.len()).await?;
                    continue;
                }
                5..8 => {
                    self.answer(400, "", REJECTED, REJECTED.len()).await?;
                    continue;
                }
                _ => {}
            }
            if method == "POST" {
                *self.executed.lock().unwrap().entry(path).or_default() += 1;
            }
            match dice {
                8..12 => return self.reset(),
                12..15 => std::future::pending().await,
                15..19 => {
                    // Less than was promised.
                    self.answer(200, "", &OK[..20], OK.len()).await?;
                    return Ok(());
                }
                19..23 => self.answer(502, "", "<html>bad gateway</html>", 24).await?,
                23..26 => self.answer(200, "", "<html>", 6).await?,
                26..29 => self.answer(500, "", BUSY, BUSY.len()).await?,
                29..31 => self.answer(200, "content-encoding: gzip\r\n", "no gzip", 7).await?,
                _ => self.answer(200, "", OK, OK.len()).await?,
            }
        }
        Ok(())
    }

    /// Reads a request; `None` at the end of the connection.
    async fn request(&mut self) -> std::io::Result<Option<(String, String)>> {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if self.stream.read_buf(&mut bytes).await? == 0 {
                return Ok(None);
            }
        };
        let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
        while bytes.len() < head + length {
            if self.stream.read_buf(&mut bytes).await? == 0 {
                return Ok(None);
            }
        }
        let line = String::from_utf8_lossy(&bytes[..head]).into_owned();
        let mut words = line.split(' ');
        let word = |word: Option<&str>| word.unwrap_or_default().to_owned();
        Ok(Some((word(words.next()), word(words.next()))))
    }

    async fn answer(
        &mut self,
        status: u16,
        headers: &str,
        body: &str,
        length: usize,
    ) -> std::io::Result<()> {
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n{headers}\r\n");
        self.stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await
    }

    /// Ends the connection with a reset rather than in good order.
    fn reset(self) -> std::io::Result<()> {
        self.stream.set_zero_linger()
    }
}
