use std::fmt;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::{self, Either};
use futures_util::stream::{self, Stream};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use http_body::Frame;
use http_body_util::BodyExt;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;

use super::{Idle, IfExists, OnProgress, Progress, Resume, disposition, name, range};
use crate::base::FOREVER;
use crate::error::{ApiError, Error, ErrorKind};
use crate::meta::Meta;
use crate::wire::{Body, BodyError};

/// A file in a response, which has not been read yet.
///
/// The file is read in pieces, and never held in memory as a whole unless [`bytes`](Self::bytes)
/// asks for that. Reading fails with [`ErrorKind::Timeout`] if nothing comes for a while, see
/// [`ClientBuilder::idle_timeout`](crate::ClientBuilder::idle_timeout); [`timeout`](Self::timeout)
/// and [`min_rate`](Self::min_rate) set further limits.
///
/// A transfer that breaks or stalls resumes where it stopped, as often as a call of this client is
/// retried, if the server supports that: it says `Accept-Ranges: bytes` and names the version of
/// the file by a strong `ETag`.
#[must_use = "a download is not read until it is saved, written or streamed"]
pub struct Download {
    meta: Meta,
    pub(super) attempts: u32,
    pub(super) log_id: Option<String>,
    pub(super) reply: FileReply,
    /// The size of the whole file, if the server tells.
    pub(super) size: Option<u64>,
    /// The number of bytes after which the current response ends, if the server tells.
    pub(super) end: Option<u64>,
    pub(super) read: u64,
    /// The reason why nothing follows, unless the transfer resumes.
    pub(super) broken: Option<Error>,
    /// The number of times that the transfer broke.
    pub(super) breaks: u32,
    on_progress: Option<OnProgress>,
    /// The name that the caller gave, if it is one.
    pub(super) name: Option<String>,
    /// When the transfer has to be over, and the time that it was given.
    pub(super) deadline: Option<(Instant, Duration)>,
    pub(super) if_exists: IfExists,
}

/// An HTTP response whose body is a file.
pub(crate) struct FileReply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) idle: Idle,
    /// Whether the caller asked for a part of the file, by a header of its own.
    pub(crate) is_part: bool,
    pub(crate) resume: Option<Arc<dyn Resume>>,
}

impl Download {
    /// Fails if the response does not hold the whole file as it is.
    pub(crate) fn new(
        meta: Meta,
        attempts: u32,
        log_id: Option<String>,
        reply: FileReply,
    ) -> Result<Self, Error> {
        let size = match reply.is_part {
            true => range::size_of_part(reply.status, &reply.headers),
            false => range::size_of_whole(reply.status, &reply.headers),
        };
        let known = size.unwrap_or_default();
        let download = Self {
            meta,
            attempts,
            log_id,
            reply,
            size: known,
            end: known,
            read: 0,
            broken: None,
            breaks: 0,
            on_progress: None,
            name: None,
            deadline: None,
            if_exists: IfExists::default(),
        };
        match size {
            Ok(_) => Ok(download),
            Err(detail) => Err(download.explain(Error::new(ErrorKind::Decode).with_detail(detail))),
        }
    }

    /// Sets the name of the file instead of the one that the server gives it, for example because
    /// the file is known by another name, or the server gives none. The name is cleaned like the
    /// server's; one of which nothing is left is ignored.
    pub fn named(mut self, name: &str) -> Self {
        self.name = name::clean(name).or(self.name);
        self
    }

    /// Returns the name that the server gives the file, as one that is safe in any folder, unless
    /// [`named`](Self::named) sets another.
    ///
    /// The name is decoded, whatever encoding it comes in, and cleaned: of `../../etc/x` only `x`
    /// is left, characters that are not shown are removed, and names with a meaning for programs,
    /// such as `nul` and `-rf`, get an underscore in front. GBK is read with the feature `gbk`.
    pub fn file_name(&self) -> Option<String> {
        self.name.clone().or_else(|| disposition::file_name(&self.reply.headers))
    }

    /// Returns the media type, such as `image/png`.
    pub fn content_type(&self) -> Option<&str> {
        self.reply.headers.get(CONTENT_TYPE)?.to_str().ok()
    }

    /// Returns the size in bytes, if the server tells. A file of another size is an error.
    pub fn content_length(&self) -> Option<u64> {
        self.size
    }

    /// Limits the time from now until the end of the transfer, however fast it is. Not limited by
    /// default. When the time is up, reading fails with [`ErrorKind::Timeout`].
    pub fn timeout(mut self, limit: Duration) -> Self {
        let limit = limit.min(FOREVER);
        self.deadline = Some((Instant::now() + limit, limit));
        self
    }

    /// Sets the number of bytes that have to arrive per second, on average over 10 seconds; the
    /// time that the reader takes between two pieces does not count. Defaults to 0, with which
    /// only a stall ends the transfer. If it is slower, reading fails with [`ErrorKind::Timeout`].
    pub fn min_rate(self, bytes_per_second: u64) -> Self {
        self.reply.idle.set_min_rate(bytes_per_second, 0);
        self
    }

    /// Calls `report` with each piece that was received.
    pub fn on_progress(mut self, report: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(report));
        self
    }

    /// Returns the next piece, or `None` at the end.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Timeout`] if nothing comes for a while or a limit is reached,
    /// [`ErrorKind::Transfer`] if the file ends too early or cannot be resumed, and
    /// [`ErrorKind::Decode`] if it does not end where it should. No piece follows an error. A
    /// download that is resumed may also return the errors of a call.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            if let Some(error) = self.broken.clone() {
                self.resume(error).await.map_err(Error::logged)?;
            }
            match self.piece().await {
                Ok(piece) => return Ok(piece),
                Err(error) => self.broken = Some(error),
            }
        }
    }

    /// Returns the next piece of the current response.
    async fn piece(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let frame = match self.frame().await? {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => return Err(self.broke_off().with_cause(&*error)),
                None if self.size.is_some_and(|size| self.read < size) => {
                    return Err(self.broke_off());
                }
                None => return Ok(None),
            };
            let Ok(data) = frame.into_data() else { continue };
            let length = data.len() as u64;
            if let Some(end) = self.end.filter(|end| self.read + length > *end) {
                let detail =
                    format!("the file continues after the {end} bytes that it should have");
                return Err(self.explain(Error::new(ErrorKind::Decode).with_detail(detail)));
            }
            self.read += length;
            self.reply.idle.moved(length);
            if let Some(report) = &self.on_progress {
                report(Progress { bytes: self.read, total: self.size });
            }
            return Ok(Some(data));
        }
    }

    /// Waits for the next frame, for as long as the limits of the transfer allow.
    async fn frame(&mut self) -> Result<Option<Result<Frame<Bytes>, BodyError>>, Error> {
        // A body that never lets its reader wait is out of time as well.
        if let Some((deadline, limit)) = self.deadline
            && Instant::now() >= deadline
        {
            return Err(self.explain(out_of_time(limit)));
        }
        let idle = self.reply.idle.clone();
        idle.resume();
        let expired = pin!(async {
            match self.deadline {
                Some((deadline, limit)) => tokio::time::timeout_at(deadline, idle.expired())
                    .await
                    .unwrap_or_else(|_| out_of_time(limit)),
                None => idle.expired().await,
            }
        });
        let frame = match future::select(self.reply.body.frame(), expired).await {
            Either::Left((frame, _)) => Ok(frame),
            Either::Right((error, _)) => Err(error),
        };
        frame.map_err(|error| self.explain(error))
    }

    fn broke_off(&self) -> Error {
        let read = self.read;
        let detail = match self.size {
            Some(size) => format!("the file broke off after {read} of {size} bytes"),
            None => format!("the file broke off after {read} bytes"),
        };
        self.explain(Error::new(ErrorKind::Transfer).with_detail(detail))
    }

    /// Returns the contents as a stream. An error is its last element.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Error>> + Send + Unpin + 'static {
        let chunks = stream::unfold(Some(self), |download| async move {
            let mut download = download?;
            match download.chunk().await {
                Ok(chunk) => Some((Ok(chunk?), Some(download))),
                Err(error) => Some((Err(error), None)),
            }
        });
        Box::pin(chunks)
    }

    /// Returns the contents in memory, if they are no more than `limit` bytes.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`chunk`](Self::chunk), and [`ErrorKind::LimitExceeded`] if there is
    /// more: before anything is transferred, if the server tells the size.
    pub async fn bytes(mut self, limit: usize) -> Result<Bytes, Error> {
        let mut bytes = BytesMut::new();
        while self.size.unwrap_or_default().max(self.read) <= limit as u64 {
            let Some(chunk) = self.chunk().await? else { return Ok(bytes.freeze()) };
            bytes.extend_from_slice(&chunk);
        }
        let detail = format!("the file is larger than {limit} bytes");
        Err(self.explain(Error::new(ErrorKind::LimitExceeded).with_detail(detail)).logged())
    }

    /// Writes the contents, and returns the number of bytes.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`chunk`](Self::chunk), and [`ErrorKind::File`] if the writer fails.
    pub async fn write_to(mut self, writer: &mut (impl AsyncWrite + Unpin)) -> Result<u64, Error> {
        self.copy_to(writer, |download, error| download.local("the writer failed", error)).await
    }

    /// `failed` says what failed if the writer does.
    pub(super) async fn copy_to(
        &mut self,
        writer: &mut (impl AsyncWrite + Unpin),
        failed: impl Fn(&Self, io::Error) -> Error,
    ) -> Result<u64, Error> {
        while let Some(chunk) = self.chunk().await? {
            writer.write_all(&chunk).await.map_err(|error| failed(self, error))?;
        }
        writer.flush().await.map_err(|error| failed(self, error))?;
        Ok(self.read)
    }

    /// Returns the error that ends the transfer if the fault is on this side of the connection, which
    /// the response does not explain.
    pub(super) fn local(&self, detail: impl Into<String>, error: io::Error) -> Error {
        Error::new(ErrorKind::File)
            .with_detail(detail)
            .with_io(&error)
            .with_operation(self.meta.name())
            .with_attempts(self.attempts)
            .logged()
    }

    pub(super) fn explain(&self, error: Error) -> Error {
        error.with_operation(self.meta.name()).with_attempts(self.attempts).with_api(ApiError {
            status: self.reply.status.as_u16(),
            log_id: self.log_id.clone(),
            ..ApiError::default()
        })
    }
}

pub(super) fn out_of_time(limit: Duration) -> Error {
    Error::new(ErrorKind::Timeout).with_detail(format!("the transfer was given {limit:?}"))
}

impl fmt::Debug for FileReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileReply").field("body", &self.body).finish_non_exhaustive()
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("operation", &self.meta.id())
            .field("file_name", &self.file_name())
            .field("content_type", &self.content_type())
            .field("content_length", &self.content_length())
            .field("read", &self.read)
            .finish_non_exhaustive()
    }
}
