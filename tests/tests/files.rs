//! How much memory a large file takes on its way. A binary of its own: the heap is the whole
//! process's.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::alloc::System;
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use cap::Cap;
use feishu_im::file::{CreateFile, CreateFileRequired, FileType, GetFile};
use futures_util::{StreamExt, TryStreamExt, stream};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use openplat_core::{Body, BoxFuture, Feishu, Transport, TransportError, Upload, WithToken};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use self::tested::Tested;

#[path = "../src/tested.rs"]
mod tested;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

const SIZE: usize = 64 << 20;
const PIECE: usize = 64 << 10;
/// What is read at once, and the next of it.
const OURS: usize = 256 * 1024;
/// The same with what waits within the connection, whose buffers grow to 400 KiB and overlap.
const WITH_CONNECTION: usize = 4 << 20;
const CREATED: &str = r#"{"code":0,"msg":"success","data":{"file_key":"file_1"}}"#;

/// One test, since two would see each other's memory.
#[tokio::test]
async fn a_large_file_takes_little_memory() {
    let folder = tempfile::TempDir::new().unwrap();
    let sparse = folder.path().join("sparse");
    std::fs::File::create(&sparse).unwrap().set_len(SIZE as u64).unwrap();

    let address = serve().await;
    let builder = || feishu_im::Client::builder("cli_1", "secret").over::<Tested>();
    let socket = builder().base_url(format!("http://{address}")).build().unwrap();
    let memory = builder().transport(Memory).build().unwrap();
    for (client, limit) in [(memory, OURS), (socket, WITH_CONNECTION)] {
        let client = client.with_token("t-1");
        let generated = stream::repeat_with(|| Ok::<_, Infallible>(vec![0; PIECE].into()));
        let generated = generated.take(SIZE / PIECE);
        upload(&client, Upload::from_stream(generated, Some(SIZE as u64)), limit).await;
        upload(&client, Upload::from_path(&sparse), limit).await;
        download(&client, &folder.path().join("saved"), limit).await;
    }
}

/// The most memory that was taken beyond what is taken now.
#[derive(Clone)]
struct Peak(Arc<AtomicUsize>, usize);

impl Peak {
    fn new() -> Self {
        Self(Arc::default(), HEAP.allocated())
    }

    fn look(&self) {
        let grown = HEAP.allocated().saturating_sub(self.1);
        self.0.fetch_max(grown, Ordering::Relaxed);
    }

    fn assert_is_below(&self, limit: usize) {
        let peak = self.0.load(Ordering::Relaxed);
        assert!((1..limit).contains(&peak), "{peak} bytes");
    }
}

async fn upload(client: &WithToken<Feishu>, file: Upload, limit: usize) {
    let peak = Peak::new();
    let seen = peak.clone();
    let file = file.on_progress(move |_| seen.look());
    let required = CreateFileRequired { file_type: FileType::Stream, file_name: "large.bin", file };
    let created = CreateFile::new(required).send(client).await.unwrap();
    assert_eq!(created.file_key, "file_1");
    peak.assert_is_below(limit);
}

async fn download(client: &WithToken<Feishu>, path: &Path, limit: usize) {
    let peak = Peak::new();
    let seen = peak.clone();
    let download = GetFile::new("file_1").send(client).await.unwrap();
    let size = download.on_progress(move |_| seen.look()).save_as(path).await.unwrap();
    assert_eq!(size, SIZE as u64);
    peak.assert_is_below(limit);
}

/// Reads what is sent to its end and keeps nothing of it, or answers with a file.
struct Memory;

impl Transport for Memory {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async move {
            if request.method() == http::Method::GET {
                let pieces = stream::repeat_with(|| Ok::<_, Infallible>(vec![0; PIECE].into()));
                let pieces = pieces.take(SIZE / PIECE).map_ok(Frame::data);
                let answer = http::Response::builder().header("content-disposition", "attachment");
                return Ok(answer.body(Body::new(StreamBody::new(pieces))).unwrap());
            }
            let mut body = request.into_body();
            let mut read = 0;
            while let Some(frame) = body.frame().await {
                read += frame.map_err(TransportError::transfer)?.into_data().unwrap().len();
            }
            assert!(read > SIZE, "{read}");
            Ok(http::Response::new(Body::from(Bytes::from(CREATED))))
        })
    }
}

/// Takes files, and gives one to those who ask for one.
async fn serve() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move { exchange(stream).await.unwrap() });
        }
    });
    address
}

/// One request and its answer, after which the connection ends.
async fn exchange(mut stream: TcpStream) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let start = |length| format!("HTTP/1.1 200 X\r\nconnection: close\r\ncontent-length: {length}");
    if head.starts_with("get ") {
        let start = start(SIZE);
        let disposition = "content-disposition: attachment; filename=\"large.bin\"";
        stream.write_all(format!("{start}\r\n{disposition}\r\n\r\n").as_bytes()).await?;
        for _ in 0..SIZE / 8192 {
            stream.write_all(&[0; 8192]).await?;
        }
        return Ok(());
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = (&mut stream).take(length.parse().unwrap());
    let read = tokio::io::copy(&mut body, &mut tokio::io::sink()).await?;
    assert!(read > SIZE as u64, "{read}");
    stream.write_all(format!("{}\r\n\r\n{CREATED}", start(CREATED.len())).as_bytes()).await
}
