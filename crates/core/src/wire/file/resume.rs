//! Downloads that resume where they stopped.

use std::sync::Arc;

use http::HeaderValue;
use tokio::time::Instant;

use super::download::{Download, FileReply, out_of_time};
use super::range;
use crate::base::BoxFuture;
use crate::error::{Error, ErrorKind};

/// A request that can be repeated for the rest of a file.
pub(crate) trait Resume: Send + Sync {
    /// Requests the rest, or returns the error that ended the transfer if it shall not resume.
    fn resume(&self, rest: Rest) -> BoxFuture<'_, Result<Resumed, Error>>;
}

/// The rest of a file, and how it came that it is missing.
pub(crate) struct Rest {
    /// The index of its first byte.
    pub(crate) first: u64,
    /// The version of the file, an `ETag`.
    pub(crate) version: HeaderValue,
    pub(crate) error: Error,
    pub(crate) breaks: u32,
}

/// The response to a request for the rest of a file.
pub(crate) struct Resumed {
    pub(crate) reply: FileReply,
    pub(crate) log_id: Option<String>,
    pub(crate) attempts: u32,
}

impl Download {
    /// Goes on with another response after `error`, or returns the error that is final.
    pub(super) async fn resume(&mut self, error: Error) -> Result<(), Error> {
        let Some((resume, version)) = self.way_on(&error) else { return Err(error) };
        self.breaks += 1;
        let rest = Rest {
            first: self.read,
            version: version.clone(),
            error: error.clone(),
            breaks: self.breaks,
        };
        let resumed = match self.deadline {
            Some((deadline, limit)) => tokio::time::timeout_at(deadline, resume.resume(rest))
                .await
                .unwrap_or_else(|_| Err(self.explain(out_of_time(limit)))),
            None => resume.resume(rest).await,
        };
        let accepted = resumed.and_then(|resumed| self.accept(resumed, &version));
        self.broken = accepted.as_ref().err().cloned();
        if accepted.is_err() {
            self.reply.resume = None;
        }
        accepted
    }

    /// Returns what it takes to resume after `error`, if that is possible.
    fn way_on(&self, error: &Error) -> Option<(Arc<dyn Resume>, HeaderValue)> {
        let is_passing = matches!(error.kind(), ErrorKind::Transfer | ErrorKind::Timeout);
        let has_time = self.deadline.is_none_or(|(deadline, _)| Instant::now() < deadline);
        let has_rest = self.size.is_none_or(|size| self.read < size);
        if !(is_passing && has_time && has_rest) {
            return None;
        }
        Some((self.reply.resume.clone()?, range::version(&self.reply.headers)?))
    }

    /// Reads on from `resumed`, if it holds what is missing.
    fn accept(&mut self, resumed: Resumed, version: &HeaderValue) -> Result<(), Error> {
        let Resumed { reply, log_id, attempts } = resumed;
        self.attempts += attempts;
        self.log_id = log_id;
        let range = range::rest(reply.status, &reply.headers, self.read, self.size, version)
            .map_err(|reason| {
                let detail = format!("the file broke off after {} bytes: {reason}", self.read);
                self.explain(Error::new(ErrorKind::Transfer).with_detail(detail))
            })?;
        self.size = Some(range.size);
        self.end = Some(range.last + 1);
        self.reply.body = reply.body;
        self.reply.idle.restart();
        Ok(())
    }
}
