//! Processes of their own: this binary, started again to run nothing but [`worker`].

use std::env;
use std::io::{BufRead, BufReader, Write, stdin};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use openplat_core::TokenStore;

use crate::server::{Redis, signal};
use crate::{call, client, key, mock, store, token};

const ROLE: &str = "OPENPLAT_TEST_ROLE";
const REDIS: &str = "OPENPLAT_TEST_REDIS";
const PLATFORM: &str = "OPENPLAT_TEST_PLATFORM";
const READY: &str = "worker is ready";

/// What the processes run. As a test of its own it does nothing.
#[ignore = "started by other tests"]
#[tokio::test]
async fn worker() {
    let Ok(role) = env::var(ROLE) else { return };
    let redis = env::var(REDIS).unwrap();
    let store = store(&redis);
    let platform = env::var(PLATFORM).unwrap();
    match &*role {
        "caller" => {
            say_ready();
            wait_for_go();
            let client = client(&platform, store);
            for _ in 0..5 {
                call(&client).await;
            }
        }
        "holder" => {
            let key = key(&platform).await;
            store.lock(&key, HELD_FOR).await.unwrap().unwrap();
            say_ready();
            std::future::pending::<()>().await;
        }
        "sleeper" => {
            let key = key(&platform).await;
            let lock = store.lock(&key, Duration::from_secs(1)).await.unwrap().unwrap();
            // Before it is told to sleep, which may take it until after it has woken up.
            let token = token("t-of-the-sleeper", SystemTime::now());
            say_ready();
            wait_for_go();
            store.put(&key, token).await.unwrap();
            store.unlock(&key, lock).await.unwrap();
        }
        #[cfg(feature = "events")]
        "listener" => {
            say_ready();
            wait_for_go();
            crate::seen::listen(&redis).await;
        }
        role => panic!("no such role: {role}"),
    }
}

/// The barrier: all of them are told at once.
fn wait_for_go() {
    stdin().lines().next().unwrap().unwrap();
}

fn say_ready() {
    // Past the capture of output by the test harness, which starts a line of its own.
    let mut stdout = std::io::stdout();
    writeln!(stdout, "\n{READY}").unwrap();
    stdout.flush().unwrap();
}

pub(crate) struct Worker {
    process: Child,
    _stdout: BufReader<ChildStdout>,
}

impl Worker {
    /// Returns when it is ready.
    pub(crate) fn start(role: &str, redis: &Redis, platform: &str) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "processes::worker", "--ignored", "--nocapture"])
            .env(ROLE, role)
            .env(REDIS, redis.url())
            .env(PLATFORM, platform)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let ready = (&mut stdout).lines().map_while(Result::ok).any(|line| line == READY);
        // Dropped first if this fails, so that no process is left.
        let worker = Self { process, _stdout: stdout };
        assert!(ready, "the worker ended early");
        worker
    }

    pub(crate) fn go(&mut self) {
        self.process.stdin.take().unwrap().write_all(b"go\n").unwrap();
    }

    pub(crate) fn succeeds(&mut self) -> bool {
        self.process.wait().unwrap().success()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn four_processes_fetch_one_token() {
    let redis = Redis::start();
    let mock = mock().await;
    let mut workers = [0; 4].map(|_| Worker::start("caller", &redis, mock.url()));
    workers.iter_mut().for_each(Worker::go);
    assert!(workers.iter_mut().all(Worker::succeeds));
    assert_eq!(mock.requests().len(), 20);
    assert_eq!(mock.token_requests().len(), 1);
}

/// The fetches of the test above are quick, and a race might be won by luck. Here everybody has to
/// wait, for as long as it takes.
#[ignore = "needs redis-server"]
#[tokio::test]
async fn processes_wait_for_the_one_that_fetches() {
    let redis = Redis::start();
    let mock = mock().await;
    let store = store(&redis.url());
    let key = key(mock.url()).await;
    let lock = store.lock(&key, Duration::from_secs(300)).await.unwrap().unwrap();

    let mut workers = [0; 4].map(|_| Worker::start("caller", &redis, mock.url()));
    workers.iter_mut().for_each(Worker::go);
    // Until all have tried to take the lock a few times. They look for the token in real time.
    while attempts_to_lock(&redis).await < 1 + 4 * 3 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!((mock.token_requests().len(), mock.requests().len()), (0, 0));

    mock.accept_user_token("t-by-hand");
    store.put(&key, token("t-by-hand", SystemTime::now())).await.unwrap();
    store.unlock(&key, lock).await.unwrap();
    assert!(workers.iter_mut().all(Worker::succeeds));
    assert_eq!((mock.token_requests().len(), mock.requests().len()), (0, 20));
}

async fn attempts_to_lock(redis: &Redis) -> u64 {
    let info: String = redis.ask(&["INFO", "commandstats"]).await;
    let calls = info.lines().find_map(|line| line.strip_prefix("cmdstat_set:calls="));
    calls.and_then(|calls| calls.split(',').next()?.parse().ok()).unwrap_or(0)
}

/// How long the process that is killed would have held its lock.
const HELD_FOR: Duration = Duration::from_secs(3);

#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_process_that_dies_holds_the_others_up_until_its_lock_expires() {
    let redis = Redis::start();
    let mock = mock().await;
    let mut holder = Worker::start("holder", &redis, mock.url());
    // SIGKILL: it can give nothing back.
    holder.process.kill().unwrap();
    holder.process.wait().unwrap();

    let name = format!("openplat:lock:{}", key(mock.url()).await);
    let started = Instant::now();
    let left: i64 = redis.ask(&["PTTL", &name]).await;
    assert!(left > 0, "the lock expired before the test began: {left}");
    let clients = [0; 4].map(|_| client(mock.url(), store(&redis.url())));
    let calls = clients.map(|client| tokio::spawn(async move { call(&client).await }));
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(mock.token_requests().len(), 1);
    let waited = started.elapsed();
    // Redis counts whole milliseconds.
    assert!(waited >= Duration::from_millis(left.unsigned_abs() - 1), "{waited:?} of {left} ms");
    assert!(waited < HELD_FOR + Duration::from_secs(10), "{waited:?}");
}

/// A process that is stopped in the middle of its fetch, as by a laptop's lid or a move to another
/// machine, loses its lock. When it wakes up, it must do no harm.
#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_process_that_slept_past_its_lock_neither_undoes_the_next_fetch_nor_ends_its_lock() {
    let redis = Redis::start();
    let store = store(&redis.url());
    let mut sleeper = Worker::start("sleeper", &redis, "http://127.0.0.1:1");
    signal(&sleeper.process, "STOP");

    let key = key("http://127.0.0.1:1").await;
    let lock = loop {
        if let Some(lock) = store.lock(&key, Duration::from_secs(300)).await.unwrap() {
            break lock;
        }
        // Redis counts down in real time.
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    store.put(&key, token("t-of-the-next", SystemTime::now())).await.unwrap();

    signal(&sleeper.process, "CONT");
    sleeper.go();
    assert!(sleeper.succeeds());
    let kept = store.get(&key).await.unwrap().unwrap();
    assert_eq!(kept.value().expose(), "t-of-the-next");
    assert_eq!(store.lock(&key, Duration::from_secs(300)).await.unwrap(), None);
    store.unlock(&key, lock).await.unwrap();
    assert!(store.lock(&key, Duration::from_secs(300)).await.unwrap().is_some());
}
