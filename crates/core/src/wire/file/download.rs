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

use super::{Idle, IfExists, OnProgress, Progress, disposition, range};
use crate::base::FOREVER;
use crate::error::{ApiError, Error, ErrorKind};
use crate::meta::Meta;
use crate::wire::{Body, BodyError};

/// A file that the vendor answers with. Nothing of it has been read yet.
///
/// It is read in pieces, and never held in memory as a whole unless [`bytes`](Self::bytes) asks
/// for that. Reading fails with [`ErrorKind::Timeout`] if nothing comes for a while, see
/// [`ClientBuilder::idle_timeout`](crate::ClientBuilder::idle_timeout); [`timeout`](Self::timeout)
/// and [`min_rate`](Self::min_rate) set further limits.
#[must_use = "a download is not read until it is saved, written or streamed"]
pub struct Download {
    meta: Meta,
    attempts: u32,
    log_id: Option<String>,
    answer: FileAnswer,
    /// The size of the whole file, if the server tells.
    size: Option<u64>,
    read: u64,
    on_progress: Option<OnProgress>,
    /// When the transfer has to be over, and the time that it was given.
    deadline: Option<(Instant, Duration)>,
    pub(super) if_exists: IfExists,
}

/// An HTTP answer whose body is a file.
#[derive(Debug)]
pub(crate) struct FileAnswer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) idle: Idle,
}

impl Download {
    /// Fails if the response does not hold the whole file as it is.
    pub(crate) fn new(
        meta: Meta,
        attempts: u32,
        log_id: Option<String>,
        answer: FileAnswer,
    ) -> Result<Self, Error> {
        let size = range::size_of_whole(answer.status, &answer.headers);
        let download = Self {
            meta,
            attempts,
            log_id,
            answer,
            size: size.unwrap_or_default(),
            read: 0,
            on_progress: None,
            deadline: None,
            if_exists: IfExists::default(),
        };
        match size {
            Ok(_) => Ok(download),
            Err(detail) => Err(download.explain(Error::new(ErrorKind::Decode).with_detail(detail))),
        }
    }

    /// Returns the name that the server gives the file, as one that is safe in any folder.
    ///
    /// The name is decoded, whatever encoding it comes in, and cleaned: of `../../etc/x` only `x`
    /// is left, characters that are not shown are removed, and names with a meaning for programs,
    /// such as `nul` and `-rf`, get an underscore in front. GBK is read with the feature `gbk`.
    pub fn file_name(&self) -> Option<String> {
        disposition::file_name(&self.answer.headers)
    }

    /// Returns the media type, such as `image/png`.
    pub fn content_type(&self) -> Option<&str> {
        self.answer.headers.get(CONTENT_TYPE)?.to_str().ok()
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
        self.answer.idle.set_min_rate(bytes_per_second, 0);
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
    /// Returns [`ErrorKind::Timeout`] if nothing comes for a while or a limit is reached, [`ErrorKind::Transfer`] if the
    /// file ends too early, and [`ErrorKind::Decode`] if it does not end where it should. No piece
    /// follows an error.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
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
            self.read += data.len() as u64;
            self.answer.idle.moved(data.len() as u64);
            if let Some(size) = self.size.filter(|size| self.read > *size) {
                let detail = format!("the file goes on after the {size} bytes of its size");
                return Err(self.explain(Error::new(ErrorKind::Decode).with_detail(detail)));
            }
            if let Some(report) = &self.on_progress {
                report(Progress { bytes: self.read, total: self.size });
            }
            return Ok(Some(data));
        }
    }

    /// Waits for the next frame, for as long as the limits of the transfer allow.
    async fn frame(&mut self) -> Result<Option<Result<Frame<Bytes>, BodyError>>, Error> {
        let idle = self.answer.idle.clone();
        idle.resume();
        let expired = pin!(async {
            match self.deadline {
                Some((deadline, limit)) => {
                    let stalled = tokio::time::timeout_at(deadline, idle.expired()).await;
                    stalled.unwrap_or_else(|_| {
                        let detail = format!("the transfer was given {limit:?}");
                        Error::new(ErrorKind::Timeout).with_detail(detail)
                    })
                }
                None => idle.expired().await,
            }
        });
        let frame = match future::select(expired, self.answer.body.frame()).await {
            Either::Left((error, _)) => Err(error),
            Either::Right((frame, _)) => Ok(frame),
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
    /// more.
    pub async fn bytes(mut self, limit: usize) -> Result<Bytes, Error> {
        let mut bytes = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if bytes.len() + chunk.len() > limit {
                let detail = format!("the file is larger than {limit} bytes");
                return Err(self.explain(Error::new(ErrorKind::LimitExceeded).with_detail(detail)));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
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

    /// The fault is on this side of the connection, so that nothing of the response helps.
    pub(super) fn local(&self, detail: impl Into<String>, error: io::Error) -> Error {
        Error::new(ErrorKind::File)
            .with_detail(detail)
            .with_io(&error)
            .with_operation(self.meta.name())
            .with_attempts(self.attempts)
    }

    fn explain(&self, error: Error) -> Error {
        error.with_operation(self.meta.name()).with_attempts(self.attempts).with_api(ApiError {
            status: self.answer.status.as_u16(),
            log_id: self.log_id.clone(),
            ..ApiError::default()
        })
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
