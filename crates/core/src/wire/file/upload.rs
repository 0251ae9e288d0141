use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use tokio::io::AsyncReadExt;

#[cfg(feature = "dingtalk")]
use super::Idle;
#[cfg(feature = "dingtalk")]
use super::pieces::in_pieces;
use super::pieces::{CHUNK, Chunks};
use super::{OnProgress, Progress};
use crate::error::{Error, ErrorKind};
#[cfg(feature = "dingtalk")]
use crate::wire::Body;
use crate::wire::BodyError;

/// A file to send: from memory, from a path, or from a stream.
///
/// A file from a path or a stream is sent in pieces, and never held in memory as a whole. Instead
/// of the time limits of other calls, a transfer fails if it makes no progress for a while, see
/// [`ClientBuilder::idle_timeout`](crate::ClientBuilder::idle_timeout), or is slower than
/// [`min_rate`](Self::min_rate).
///
/// Feishu and DingTalk refuse empty files. They are sent all the same, since limits are the
/// platform's to enforce; Feishu's error has the code 234010.
///
/// ```
/// use openplat_core::Upload;
///
/// let from_memory = Upload::from("the contents".as_bytes());
/// let from_disk = Upload::from_path("report.pdf").on_progress(|progress| {
///     println!("{} bytes of {:?}", progress.bytes, progress.total);
/// });
/// # drop((from_memory, from_disk));
/// ```
///
/// Bytes and paths convert to an upload. A `&str` or a `String` does not, since it could be the
/// contents or a path.
#[derive(Clone)]
pub struct Upload {
    source: Source,
    file_name: Option<String>,
    on_progress: Option<OnProgress>,
    min_rate: u64,
}

#[derive(Clone)]
enum Source {
    Bytes(Bytes),
    Path(PathBuf),
    Stream(Arc<OneShot>),
}

/// A source that can be read once. The lock is only ever held to take it.
struct OneShot {
    chunks: Mutex<Option<Chunks>>,
    length: Option<u64>,
}

impl Upload {
    /// Creates an upload from memory.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Self {
        Self::new(Source::Bytes(bytes.into()))
    }

    /// Creates an upload from a file on disk. The file is opened when it is sent, and again for
    /// each retry.
    pub fn from_path(path: impl Into<PathBuf>) -> Self {
        Self::new(Source::Path(path.into()))
    }

    /// Creates an upload from a stream of `length` bytes.
    ///
    /// A stream can be sent once: the call is not retried, and a clone of the upload does not send
    /// it a second time. Without a length the body is sent in chunks of an unknown number, which
    /// not every server accepts. If the stream fails, or holds more or less than `length`, the call
    /// fails with [`ErrorKind::File`].
    pub fn from_stream<S, E>(chunks: S, length: Option<u64>) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BodyError> + 'static,
    {
        let chunks: Chunks = Box::pin(chunks.map_err(Into::into));
        let chunks = Mutex::new(Some(chunks));
        Self::new(Source::Stream(Arc::new(OneShot { chunks, length })))
    }

    fn new(source: Source) -> Self {
        Self { source, file_name: None, on_progress: None, min_rate: 0 }
    }

    /// Sets the name of the file in the request, instead of the last part of its path. Characters
    /// that no form can carry become underscores. Vendors show the name that is in a parameter of
    /// its own, if an operation has one.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// Calls `report` with each piece that is passed to the connection.
    pub fn on_progress(mut self, report: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(report));
        self
    }

    /// Sets the number of bytes that have to be sent per second, on average over 10 seconds, a slow
    /// stream included. Defaults to 0, with which only a stall ends the transfer. If it is slower,
    /// the call fails with [`ErrorKind::Timeout`].
    ///
    /// The connection takes 64 KiB at a time, so that less than about 6 KiB per second cannot be
    /// told from a stall. To limit the time of the whole transfer, use
    /// [`Call::timeout`](crate::Call::timeout).
    pub fn min_rate(mut self, bytes_per_second: u64) -> Self {
        self.min_rate = bytes_per_second;
        self
    }

    /// Returns the file as the whole body of one attempt.
    #[cfg(feature = "dingtalk")]
    pub(crate) async fn body(&self, idle: &Idle) -> Result<Body, Error> {
        let (chunks, length) = self.open().await?;
        Ok(in_pieces(chunks, length, self.least_rate(), idle))
    }

    pub(super) fn least_rate(&self) -> u64 {
        self.min_rate
    }

    /// Returns the name of the file: the one that was set, or the last part of its path.
    pub fn name(&self) -> Option<String> {
        let of_path = || match &self.source {
            Source::Path(path) => Some(path.file_name()?.to_string_lossy().into_owned()),
            _ => None,
        };
        self.file_name.clone().filter(|name| !name.is_empty()).or_else(of_path)
    }

    /// Whether it can be sent a second time.
    pub(crate) fn is_repeatable(&self) -> bool {
        !matches!(self.source, Source::Stream(_))
    }

    /// The contents and their length.
    pub(super) async fn open(&self) -> Result<(Chunks, Option<u64>), Error> {
        let (chunks, total) = self.source.open().await?;
        let mut bytes = 0;
        let report = self.on_progress.clone();
        let reported = chunks.inspect_ok(move |chunk| {
            bytes += chunk.len() as u64;
            if let Some(report) = &report {
                report(Progress { bytes, total });
            }
        });
        Ok((reported.boxed(), total))
    }
}

impl Source {
    async fn open(&self) -> Result<(Chunks, Option<u64>), Error> {
        let (chunks, total) = match self {
            Source::Bytes(bytes) => (in_memory(bytes.clone()), Some(bytes.len() as u64)),
            Source::Path(path) => {
                let (chunks, length) = on_disk(path).await.map_err(|error| {
                    Error::new(ErrorKind::File)
                        .with_detail(format!("{self} cannot be read"))
                        .with_io(&error)
                })?;
                (chunks, Some(length))
            }
            Source::Stream(once) => {
                let chunks = once.chunks.lock().unwrap_or_else(PoisonError::into_inner).take();
                let chunks = chunks.ok_or_else(|| {
                    Error::new(ErrorKind::InvalidRequest)
                        .with_detail("the stream of this upload was sent before; create a new one")
                })?;
                (chunks, once.length)
            }
        };
        let chunks = match total {
            Some(total) => exactly(chunks, total),
            None => chunks,
        };
        let file = self.to_string();
        let unreadable = move |source| Unreadable { file: file.clone(), source }.into();
        Ok((chunks.map_err(unreadable).boxed(), total))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(_) => f.write_str("the file in memory"),
            Self::Path(path) => write!(f, "the file {path:?}"),
            Self::Stream(_) => f.write_str("the stream"),
        }
    }
}

/// The file to be sent failed, and not the connection.
#[derive(Debug, thiserror::Error)]
#[error("{file} could not be read to its end")]
pub(crate) struct Unreadable {
    file: String,
    source: BodyError,
}

/// Fails where there is more or less than was announced: the platform would take a part for the
/// whole, or what follows the file for a part of it.
fn exactly(chunks: Chunks, length: u64) -> Chunks {
    let rest = stream::try_unfold((chunks, length), move |(mut chunks, left)| async move {
        let chunk = chunks.try_next().await?;
        let size = chunk.as_ref().map(|chunk| chunk.len() as u64);
        match left.checked_sub(size.unwrap_or(0)) {
            None => {
                Err(format!("there is more than the {length} bytes that were announced").into())
            }
            Some(left) if size.is_none() && left > 0 => {
                Err(format!("{left} of the {length} bytes that were announced are missing").into())
            }
            Some(left) => Ok(chunk.map(|chunk| (chunk, (chunks, left)))),
        }
    });
    rest.boxed()
}

fn in_memory(mut bytes: Bytes) -> Chunks {
    let chunks = std::iter::from_fn(move || {
        (!bytes.is_empty()).then(|| Ok(bytes.split_to(bytes.len().min(CHUNK))))
    });
    stream::iter(chunks).boxed()
}

async fn on_disk(path: &Path) -> io::Result<(Chunks, u64)> {
    // To open a pipe would wait for a writer.
    if !tokio::fs::metadata(path).await?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let file = tokio::fs::File::open(path).await?;
    let length = file.metadata().await?.len();
    // Data written to the file from now on exceeds the announced length.
    let file = file.take(length);
    let chunks = stream::try_unfold(file, |mut file| async move {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        let read = file.read_buf(&mut chunk).await?;
        Ok((read > 0).then(|| (chunk.freeze(), file)))
    });
    Ok((chunks.boxed(), length))
}

impl From<Vec<u8>> for Upload {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from_bytes(bytes)
    }
}

impl From<Bytes> for Upload {
    fn from(bytes: Bytes) -> Self {
        Self::from_bytes(bytes)
    }
}

impl From<&'static [u8]> for Upload {
    fn from(bytes: &'static [u8]) -> Self {
        Self::from_bytes(bytes)
    }
}

impl From<PathBuf> for Upload {
    fn from(path: PathBuf) -> Self {
        Self::from_path(path)
    }
}

impl From<&Path> for Upload {
    fn from(path: &Path) -> Self {
        Self::from_path(path)
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Bytes(bytes) => write!(f, "Upload({} bytes)", bytes.len()),
            Source::Path(path) => write!(f, "Upload({path:?})"),
            Source::Stream(_) => f.write_str("Upload(stream)"),
        }
    }
}
