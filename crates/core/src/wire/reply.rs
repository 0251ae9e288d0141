use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

/// An HTTP response, read to its end.
#[doc(hidden)]
#[derive(Debug)]
pub struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) received_at: SystemTime,
}
