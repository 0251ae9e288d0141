use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode};

/// An HTTP response, read to its end.
#[doc(hidden)]
#[derive(Debug)]
pub struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) received_at: SystemTime,
}

/// Returns the vendor's log ID: the first of `names` that the headers hold as readable text.
pub(crate) fn log_id(headers: &HeaderMap, names: &[HeaderName]) -> Option<String> {
    names.iter().find_map(|name| Some(headers.get(name)?.to_str().ok()?.to_owned()))
}
