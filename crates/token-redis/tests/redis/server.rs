//! A Redis of its own for each test.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redis::FromRedisValue;
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "p4ssword-of-redis";

/// Stops with its drop.
pub(crate) struct Redis {
    port: u16,
    options: Vec<String>,
    dir: TempDir,
    process: Child,
}

impl Redis {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// `{port}` in an option is replaced by the port, and `{bus}` by one for the nodes of a
    /// cluster. Options that come later win.
    pub(crate) fn start_with(options: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options: Vec<_> = options.iter().map(|&option| option.to_owned()).collect();
        // Another process can take a port between its choice and its use.
        for _ in 0..20 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if let Some(process) = spawn(port, &options, &dir) {
                return Self { port, options, dir, process };
            }
        }
        panic!("redis-server does not start with {options:?}");
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn bus(&self) -> u16 {
        bus(self.port)
    }

    pub(crate) fn url(&self) -> String {
        self.url_through(self.port)
    }

    /// The URL of a proxy that has the port.
    pub(crate) fn url_through(&self, port: u16) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{port}")
    }

    /// Kills the server, and all that it held with it.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts the server again on the same port.
    pub(crate) fn restart(&mut self) {
        self.process = spawn(self.port, &self.options, &self.dir).expect("the port is taken");
    }

    /// The server hangs: its connections stay open, new ones are accepted, and no command gets a response.
    pub(crate) fn hang(&self) {
        signal(&self.process, "STOP");
    }

    pub(crate) fn go_on(&self) {
        signal(&self.process, "CONT");
    }

    /// Sends a command past the store.
    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &[&str]) -> T {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut cmd = redis::Cmd::new();
        cmd.arg(command);
        cmd.query_async(&mut connection).await.unwrap()
    }

    /// Everything that the server keeps, as its backups hold it.
    pub(crate) async fn dump(&self) -> Vec<u8> {
        let _: () = self.ask(&["SAVE"]).await;
        std::fs::read(self.dir.path().join("dump.rdb")).unwrap()
    }

    pub(crate) async fn keys(&self) -> Vec<String> {
        self.ask(&["KEYS", "*"]).await
    }

    /// Waits until a token is kept and no lock: a client writes the token and releases the lock after
    /// the call that fetched it.
    pub(crate) async fn key_of_token(&self) -> String {
        loop {
            let mut keys = self.keys().await;
            if !keys.is_empty() && !keys.iter().any(|key| key.contains("lock:")) {
                return keys.remove(0);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn signal(process: &Child, signal: &str) {
    let kill = format!("kill -{signal} {}", process.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

/// Ports that the system chooses are higher than this.
fn bus(port: u16) -> u16 {
    port - 10_000
}

/// `None` if the server ended instead of becoming ready.
fn spawn(port: u16, options: &[String], dir: &TempDir) -> Option<Child> {
    let mut process = Command::new("redis-server")
        .args(["--save", "", "--appendonly", "no", "--bind", "127.0.0.1"])
        .args(["--port", &port.to_string(), "--requirepass", PASSWORD])
        .arg("--dir")
        .arg(dir.path())
        .args(options.iter().map(|option| {
            option.replace("{port}", &port.to_string()).replace("{bus}", &bus(port).to_string())
        }))
        .stdout(Stdio::piped())
        .spawn()
        .expect("redis-server is not installed: apt-get install redis-server");
    let log = BufReader::new(process.stdout.take().unwrap());
    let ready = log.lines().map_while(Result::ok).any(|line| line.contains("Ready to accept"));
    if !ready {
        process.wait().unwrap();
    }
    ready.then_some(process)
}
