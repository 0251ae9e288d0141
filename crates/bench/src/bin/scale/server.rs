//! The other side of the calls, in a process of its own.

use std::io;
use std::sync::Arc;

use openplat_bench::Outcome;
use openplat_mock::MockPlatform;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;

use crate::in_flight::HELD;
use crate::transfer::SIZE;

const REPLY: &str = r#"{"code":0,"msg":"success","tenant_access_token":"t-1","expire":7200,"data":{"file_key":"file_1","share_link":"https://applink.feishu.cn/1","expire_time":"1609296809","is_permanent":false}}"#;

pub struct Server {
    port: u16,
    /// Speaks the protocol of long connections.
    platform: MockPlatform,
}

impl Server {
    /// Starts to listen, in tasks of the current runtime.
    pub async fn start() -> Outcome<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        tokio::spawn(async move {
            let held = Arc::new(Barrier::new(HELD));
            while let Ok((stream, _)) = listener.accept().await {
                let held = held.clone();
                // A caller that went away is not the server's concern.
                tokio::spawn(async move { serve(stream, &held).await });
            }
        });
        Ok(Self { port, platform: MockPlatform::start().await? })
    }

    /// Returns the URL for a scenario, with a named host as real ones have.
    pub fn url(&self, scenario: &str) -> String {
        match scenario {
            "idle" => self.platform.url().to_owned(),
            _ => format!("http://localhost:{}", self.port),
        }
    }
}

async fn serve(stream: TcpStream, held: &Barrier) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some((target, length)) = head(&mut stream).await? {
        copy(&mut (&mut stream).take(length), &mut sink()).await?;
        if target.contains("oc_held") {
            held.wait().await;
        }
        if target.contains("/files/") {
            send_file(stream.get_mut()).await?;
        } else {
            let length = REPLY.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
            );
            stream.get_mut().write_all((head + REPLY).as_bytes()).await?;
        }
    }
    Ok(())
}

/// Reads the head of a request: its first line, and the length of its body; `None` at the end.
async fn head(stream: &mut BufReader<TcpStream>) -> io::Result<Option<(String, u64)>> {
    let (mut target, mut length) = (String::new(), 0);
    stream.read_line(&mut target).await?;
    let mut line = target.clone();
    while !line.trim().is_empty() {
        line.clear();
        stream.read_line(&mut line).await?;
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    Ok(Some((target, length)).filter(|(target, _)| !target.is_empty()))
}

async fn send_file(stream: &mut TcpStream) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: {SIZE}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    copy(&mut tokio::io::repeat(b'x').take(SIZE), stream).await?;
    Ok(())
}
