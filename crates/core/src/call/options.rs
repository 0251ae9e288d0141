//! The conditions of one call, where they differ from the client's.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::error::{Error, ErrorKind};

#[derive(Default)]
pub(super) struct Options {
    pub(super) timeout: Option<Duration>,
    pub(super) attempt_timeout: Option<Duration>,
    pub(super) idempotent: Option<bool>,
    pub(super) retries: Option<bool>,
    pub(super) headers: HeaderMap,
    has_bad_header: bool,
}

impl Options {
    pub(super) fn add_header(&mut self, header: Option<(HeaderName, HeaderValue)>) {
        match header {
            Some((name, value)) => drop(self.headers.append(name, value)),
            None => self.has_bad_header = true,
        }
    }

    /// Refuses headers that would contradict what the client sends.
    pub(super) fn check(&self, token_header: impl Fn() -> HeaderName) -> Result<(), Error> {
        let refuse =
            |detail: String| Err(Error::new(ErrorKind::InvalidRequest).with_detail(detail));
        if self.has_bad_header {
            return refuse("a header has a name or a value that HTTP does not allow".to_owned());
        }
        let is_ours = |name: &&HeaderName| OURS.contains(name) || **name == token_header();
        match self.headers.keys().find(is_ours) {
            Some(name) => refuse(format!("the header `{name}` is set by the client itself")),
            None => Ok(()),
        }
    }
}

/// The headers that say whose request it is, where it goes and how it is framed.
const OURS: [HeaderName; 11] = [
    header::AUTHORIZATION,
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::EXPECT,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("timeout", &self.timeout)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("idempotent", &self.idempotent)
            .field("retries", &self.retries)
            // A value may be a secret of another system.
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .finish()
    }
}
