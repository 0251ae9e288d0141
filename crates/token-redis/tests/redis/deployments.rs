//! Sentinels and clusters.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use openplat_core::{TokenKey, TokenStore};
use openplat_token_redis::{ErrorKind, RedisTokenStore};
use tempfile::TempDir;

use crate::server::{PASSWORD, Redis};
use crate::{key, store, token};

async fn works(store: &RedisTokenStore, key: &TokenKey, value: &str) {
    let lock = store.lock(key, Duration::from_secs(60)).await.unwrap().unwrap();
    store.put(key, token(value, SystemTime::now())).await.unwrap();
    assert_eq!(store.get(key).await.unwrap().unwrap().value().expose(), value);
    store.unlock(key, lock).await.unwrap();
}

/// Returns a port without a listener.
fn dead_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

const SENTINEL_PASSWORD: &str = "p4ssword-of-sentinel";

struct Sentinel {
    port: u16,
    /// Accepts connections and never responds.
    hanging: TcpListener,
    process: Child,
    _dir: TempDir,
}

impl Sentinel {
    fn start(primary: &Redis) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = dead_port();
        let config = dir.path().join("sentinel.conf");
        let settings = format!(
            "bind 127.0.0.1\nport {port}\nrequirepass {SENTINEL_PASSWORD}\n\
             sentinel monitor tokens 127.0.0.1 {} 1\nsentinel auth-pass tokens {PASSWORD}\n",
            primary.port()
        );
        std::fs::write(&config, settings).unwrap();
        let mut process = Command::new("redis-server")
            .arg(config)
            .arg("--sentinel")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(process.stdout.take().unwrap());
        let ready = log.lines().map_while(Result::ok).any(|line| line.contains("+monitor"));
        let hanging = TcpListener::bind("127.0.0.1:0").unwrap();
        let sentinel = Self { port, hanging, process, _dir: dir };
        assert!(ready, "the sentinel does not start");
        sentinel
    }

    async fn ask(&self, command: &[&str]) {
        let url = format!("redis://:{SENTINEL_PASSWORD}@127.0.0.1:{}", self.port);
        let client = redis::Client::open(url).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let () = redis::Cmd::new().arg(command).query_async(&mut connection).await.unwrap();
    }

    /// Names a sentinel that hangs and one that is down first.
    fn url(&self) -> String {
        format!(
            "redis-sentinel://:{PASSWORD}@{}/3?node=127.0.0.1:{}&node=127.0.0.1:{}&\
             sentinelServiceName=tokens&sentinelPassword={SENTINEL_PASSWORD}",
            self.hanging.local_addr().unwrap(),
            dead_port(),
            self.port
        )
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn sentinels_lead_to_the_primary_before_and_after_a_failover() {
    let (first, second) = (Redis::start(), Redis::start());
    let sentinel = Sentinel::start(&first);
    let store = store(&sentinel.url());
    let key = key("http://127.0.0.1:1").await;
    works(&store, &key, "t-1").await;
    let keyspace: String = first.ask(&["INFO", "keyspace"]).await;
    assert!(keyspace.contains("db3:keys=1"), "{keyspace}");

    // What a failover comes to. The old primary stays up, and the store is connected to it.
    sentinel.ask(&["SENTINEL", "REMOVE", "tokens"]).await;
    let port = second.port().to_string();
    sentinel.ask(&["SENTINEL", "MONITOR", "tokens", "127.0.0.1", &port, "1"]).await;
    let _: () = first.ask(&["REPLICAOF", "127.0.0.1", &port]).await;
    works(&store, &key, "t-2").await;
    let keyspace: String = second.ask(&["INFO", "keyspace"]).await;
    assert!(keyspace.contains("db3:keys=1"), "{keyspace}");
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn errors_of_sentinels_say_what_to_change() {
    let redis = Redis::start();
    let sentinel = Sentinel::start(&redis);
    let error = async |url: &str| {
        let error = store(url).ping().await.unwrap_err();
        assert!(!error.to_string().contains("p4ssword"), "{error}");
        (error.kind(), error.to_string())
    };
    let only = format!("127.0.0.1:{}/?", sentinel.port);
    let url = format!("redis-sentinel://{only}sentinelServiceName=other&sentinelPassword=");
    let (kind, text) = error(&(url.clone() + SENTINEL_PASSWORD)).await;
    assert_eq!(kind, ErrorKind::Configuration);
    assert!(text.contains("check `sentinelServiceName`"), "{text}");
    let (kind, text) = error(&(url + "p4ssword")).await;
    assert_eq!(kind, ErrorKind::PermissionDenied, "{text}");
    let (kind, text) =
        error(&format!("redis-sentinel://:{PASSWORD}@{only}sentinelServiceName=tokens")).await;
    assert_eq!(kind, ErrorKind::PermissionDenied);
    assert!(text.contains("as `sentinelPassword`"), "{text}");
}

/// Two nodes, each with half of the slots.
pub(crate) async fn cluster() -> [Redis; 2] {
    let options = ["--cluster-enabled", "yes", "--cluster-port", "{bus}"];
    let nodes = [Redis::start_with(&options), Redis::start_with(&options)];
    let _: () = nodes[0].ask(&["CLUSTER", "ADDSLOTSRANGE", "0", "8191"]).await;
    let _: () = nodes[1].ask(&["CLUSTER", "ADDSLOTSRANGE", "8192", "16383"]).await;
    let (port, bus) = (nodes[1].port().to_string(), nodes[1].bus().to_string());
    let _: () = nodes[0].ask(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]).await;
    for node in &nodes {
        // They gossip in real time.
        while !node.ask::<String>(&["CLUSTER", "INFO"]).await.contains("cluster_state:ok") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    nodes
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn keys_are_found_on_every_node_of_a_cluster() {
    let nodes = cluster().await;
    let key = key("http://127.0.0.1:1").await;
    let url = nodes[0].url().replace("redis://", "redis-cluster://");
    for prefix in ["a:", "b:", "c:", "d:", "{e}:"] {
        works(&store(&url).prefix(prefix), &key, "t-1").await;
    }
    assert!(!nodes[0].keys().await.is_empty());
    assert!(!nodes[1].keys().await.is_empty());

    let url = format!("redis-cluster://:{PASSWORD}@127.0.0.1:{}?node=", dead_port());
    let store_of_another = store(&format!("{url}127.0.0.1:{}", nodes[1].port())).prefix("a:");
    let kept = store_of_another.get(&key).await.unwrap().unwrap();
    assert_eq!(kept.value().expose(), "t-1");

    let (a, b) = (store(&nodes[0].url()).prefix("a:"), store(&nodes[1].url()).prefix("a:"));
    let error = a.get(&key).await.err().or(b.get(&key).await.err()).unwrap().to_string();
    assert!(error.contains("`redis-cluster://`"), "{error}");
}
