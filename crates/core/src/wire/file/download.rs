use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use tempfile::NamedTempFile;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{Idle, OnProgress, Progress, disposition, name};
use crate::error::{ApiError, Error, ErrorKind};
use crate::meta::Meta;
use crate::wire::Body;

/// A file that the vendor answers with. Nothing of it has been read yet.
///
/// It is read in pieces, and never held in memory as a whole unless [`bytes`](Self::bytes) asks
/// for that. Reading ends with [`ErrorKind::Timeout`] when nothing has come for a while, see
/// [`ClientBuilder::idle_timeout`](crate::ClientBuilder::idle_timeout), and with
/// [`ErrorKind::Transfer`] when the connection breaks.
#[must_use = "a download is not read until it is saved, written or streamed"]
pub struct Download {
    meta: Meta,
    attempts: u32,
    log_id: Option<String>,
    answer: FileAnswer,
    read: u64,
    on_progress: Option<OnProgress>,
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
    pub(crate) fn new(
        meta: Meta,
        attempts: u32,
        log_id: Option<String>,
        answer: FileAnswer,
    ) -> Self {
        Self { meta, attempts, log_id, answer, read: 0, on_progress: None }
    }

    /// Returns the name that the server gives the file, as one that is safe in any folder.
    ///
    /// The name is decoded, whatever encoding it comes in, and cleaned: of `../../etc/x` only `x`
    /// is left, characters that are not shown are removed, and names with a meaning for programs,
    /// such as `nul` and `-rf`, get an underscore in front. GBK is read with the feature `gbk`.
    pub fn file_name(&self) -> Option<String> {
        disposition::file_name(&self.answer.headers)
    }

    /// The media type, e.g. `image/png`.
    pub fn content_type(&self) -> Option<&str> {
        self.answer.headers.get(CONTENT_TYPE)?.to_str().ok()
    }

    /// The size in bytes, if the vendor names it.
    pub fn content_length(&self) -> Option<u64> {
        self.answer.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    /// Calls `report` with each piece that has come in.
    pub fn on_progress(mut self, report: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(report));
        self
    }

    /// The next piece, or `None` at the end.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Timeout`] and [`ErrorKind::Transfer`]; there is no going on after an error.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let limit = self.answer.idle.limit();
            let frame = match tokio::time::timeout(limit, self.answer.body.frame()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => {
                    let detail = format!("the file broke off after {} bytes", self.read);
                    let error =
                        Error::new(ErrorKind::Transfer).with_detail(detail).with_cause(&*error);
                    return Err(self.explain(error));
                }
                Ok(None) => return Ok(None),
                Err(_) => {
                    let detail = format!("nothing of the file came for {limit:?}");
                    return Err(self.explain(Error::new(ErrorKind::Timeout).with_detail(detail)));
                }
            };
            let Ok(data) = frame.into_data() else { continue };
            self.read += data.len() as u64;
            if let Some(report) = &self.on_progress {
                report(Progress { bytes: self.read, total: self.content_length() });
            }
            return Ok(Some(data));
        }
    }

    /// The contents as a stream. An error is its last element.
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

    /// The whole contents in memory, if they are no more than `limit` bytes.
    ///
    /// # Errors
    ///
    /// As for [`chunk`](Self::chunk), and [`ErrorKind::LimitExceeded`] if there is more.
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

    /// Writes the contents, and returns how many bytes they are.
    ///
    /// # Errors
    ///
    /// As for [`chunk`](Self::chunk), and [`ErrorKind::File`] if the writer fails.
    pub async fn write_to(mut self, writer: &mut (impl AsyncWrite + Unpin)) -> Result<u64, Error> {
        self.copy_to(writer).await
    }

    /// Saves the contents as the file `path`, which is replaced if it is there. Returns how many
    /// bytes they are.
    ///
    /// What comes in is written aside, in the folder of `path`, and takes its place at the end: a
    /// download that breaks leaves `path` as it was, and nothing else behind.
    ///
    /// # Errors
    ///
    /// As for [`write_to`](Self::write_to).
    pub async fn save_as(mut self, path: impl AsRef<Path>) -> Result<u64, Error> {
        let path = path.as_ref();
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let (file, size) = self.save_aside(folder).await?;
        file.persist(path).map_err(|error| self.not_saved(path, error.error))?;
        Ok(size)
    }

    /// Saves the contents in `folder`, which is created if it does not exist, and returns the path.
    /// Otherwise as [`save_as`](Self::save_as).
    ///
    /// The file gets the name that the server gives it, else `download`. A name without an ending
    /// gets that of the media type: `download.png`.
    ///
    /// # Errors
    ///
    /// As for [`write_to`](Self::write_to); a file of this name is not replaced, and an error.
    pub async fn save_in(mut self, folder: impl AsRef<Path>) -> Result<PathBuf, Error> {
        let folder = folder.as_ref();
        let name = self.file_name().unwrap_or_else(|| "download".to_owned());
        let path = folder.join(name::with_ending(&name, self.content_type()));
        tokio::fs::create_dir_all(folder).await.map_err(|error| self.not_saved(folder, error))?;
        // Before the whole of it was transferred, where that can be told.
        if tokio::fs::symlink_metadata(&path).await.is_ok() {
            return Err(self.not_saved(&path, io::ErrorKind::AlreadyExists.into()));
        }
        let (file, _) = self.save_aside(folder).await?;
        file.persist_noclobber(&path).map_err(|error| self.not_saved(&path, error.error))?;
        Ok(path)
    }

    /// The contents in a file that vanishes unless it is given a name.
    async fn save_aside(&mut self, folder: &Path) -> Result<(NamedTempFile, u64), Error> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".download-").suffix(".part");
        // What any other program would create, rather than a file for the owner alone.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let aside = builder.tempfile_in(folder).map_err(|error| self.local(error))?;
        let file = aside.as_file().try_clone().map_err(|error| self.local(error))?;
        let mut file = tokio::fs::File::from_std(file);
        let size = self.copy_to(&mut file).await?;
        file.sync_all().await.map_err(|error| self.local(error))?;
        Ok((aside, size))
    }

    async fn copy_to(&mut self, writer: &mut (impl AsyncWrite + Unpin)) -> Result<u64, Error> {
        while let Some(chunk) = self.chunk().await? {
            writer.write_all(&chunk).await.map_err(|error| self.local(error))?;
        }
        writer.flush().await.map_err(|error| self.local(error))?;
        Ok(self.read)
    }

    fn not_saved(&self, path: &Path, error: io::Error) -> Error {
        self.local(error).with_detail(format!("the file cannot be saved as {path:?}"))
    }

    /// The fault is on this side of the connection.
    fn local(&self, error: io::Error) -> Error {
        let error =
            Error::new(ErrorKind::File).with_detail("the file cannot be written").with_io(&error);
        self.explain(error)
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
