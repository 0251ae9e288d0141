//! A file of 200 MB, up and down.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use feishu_im::file::{CreateFile, CreateFileRequired, FileType, GetFile};
use feishu_im::{Client, Upload};
use futures_util::stream::{self, Stream};
use openplat_bench::{Outcome, http_client};
use reqwest::multipart::{Form, Part};
use tokio::io::AsyncWriteExt;
use tokio::runtime::Builder;

use crate::usage::measured;

pub const SIZE: u64 = 200_000_000;

/// The size of a piece of the stream that is sent.
const PIECE: usize = 64 * 1024;

pub fn run(way: &str, side: &str, url: &str) -> Outcome {
    let folder = env::temp_dir().join("openplat-bench");
    fs::create_dir_all(&folder)?;
    let files = Files { source: folder.join("source"), target: folder.join(side) };
    if fs::metadata(&files.source).map_or(0, |source| source.len()) != SIZE {
        fs::write(&files.source, vec![b'x'; usize::try_from(SIZE)?])?;
    }
    Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        match side {
            "ours" => {
                let client = Client::builder("cli_1", "app secret").base_url(url).build()?;
                upload(&client, Upload::from(&b"warm"[..])).await?;
                measured(async || ours(&client, way, &files).await).await
            }
            _ => {
                let client = http_client()?;
                upload_by_hand(&client, url, Part::bytes(b"warm")).await?;
                measured(async || by_hand(&client, url, way, &files).await).await
            }
        }
    })
}

struct Files {
    source: PathBuf,
    target: PathBuf,
}

fn pieces() -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + Sync + 'static {
    let piece = Bytes::from_static(&[b'x'; PIECE]);
    stream::iter((0..SIZE).step_by(PIECE).map(move |start| {
        let left = usize::try_from(SIZE - start).unwrap_or(PIECE);
        Ok(piece.slice(..left.min(PIECE)))
    }))
}

fn check(size: u64) -> Outcome {
    if size == SIZE { Ok(()) } else { Err(format!("{size} bytes arrived").into()) }
}

async fn ours(client: &Client, way: &str, files: &Files) -> Outcome {
    match way {
        "up-from-path" => upload(client, Upload::from_path(&files.source)).await,
        "up-from-stream" => upload(client, Upload::from_stream(pieces(), Some(SIZE))).await,
        "down" => {
            let mut file = GetFile::new("file_1").send(client).await?;
            let mut size = 0;
            while let Some(piece) = file.chunk().await? {
                size += piece.len() as u64;
            }
            check(size)
        }
        _ => check(GetFile::new("file_1").send(client).await?.save_as(&files.target).await?),
    }
}

async fn upload(client: &Client, file: Upload) -> Outcome {
    let required = CreateFileRequired { file_type: FileType::Stream, file_name: "report", file };
    CreateFile::new(required).send(client).await?;
    Ok(())
}

async fn by_hand(client: &reqwest::Client, url: &str, way: &str, files: &Files) -> Outcome {
    match way {
        "up-from-path" => upload_by_hand(client, url, Part::file(&files.source).await?).await,
        "up-from-stream" => {
            let body = reqwest::Body::wrap_stream(pieces());
            upload_by_hand(client, url, Part::stream_with_length(body, SIZE)).await
        }
        "down" => {
            let mut response = download_by_hand(client, url).await?;
            let mut size = 0;
            while let Some(piece) = response.chunk().await? {
                size += piece.len() as u64;
            }
            check(size)
        }
        _ => check(save_by_hand(download_by_hand(client, url).await?, &files.target).await?),
    }
}

async fn upload_by_hand(client: &reqwest::Client, url: &str, file: Part) -> Outcome {
    let form = Form::new()
        .text("file_type", "stream")
        .text("file_name", "report")
        .part("file", file.file_name("report"));
    let request = client.post(format!("{url}/open-apis/im/v1/files")).bearer_auth("t-1");
    request.multipart(form).send().await?.error_for_status()?.bytes().await?;
    Ok(())
}

async fn download_by_hand(client: &reqwest::Client, url: &str) -> Outcome<reqwest::Response> {
    let request = client.get(format!("{url}/open-apis/im/v1/files/file_1")).bearer_auth("t-1");
    Ok(request.timeout(Duration::from_secs(600)).send().await?.error_for_status()?)
}

async fn save_by_hand(mut response: reqwest::Response, path: &Path) -> Outcome<u64> {
    let mut file = tokio::fs::File::create(path).await?;
    let mut size = 0;
    while let Some(piece) = response.chunk().await? {
        file.write_all(&piece).await?;
        size += piece.len() as u64;
    }
    file.flush().await?;
    // As ours: a file that has its name has its contents too.
    file.sync_all().await?;
    Ok(size)
}
