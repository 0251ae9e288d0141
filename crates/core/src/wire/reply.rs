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

/// A longer text is no log ID, and a part of one would be of no use.
const LONGEST_LOG_ID: usize = 128;

/// Returns the vendor's log ID: the first of `names` that the headers hold as readable text.
pub(crate) fn log_id(headers: &HeaderMap, names: &[HeaderName]) -> Option<String> {
    names.iter().find_map(|name| {
        let text = headers.get(name)?.to_str().ok()?.trim();
        (1..=LONGEST_LOG_ID).contains(&text.len()).then(|| text.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_id_is_a_short_readable_text() {
        let names = [HeaderName::from_static("a"), HeaderName::from_static("b")];
        let log_id_of = |a: &[u8], b: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert("a", a.try_into().unwrap());
            headers.insert("b", b.try_into().unwrap());
            log_id(&headers, &names)
        };
        assert_eq!(log_id_of(b" L1 ", b"L2").as_deref(), Some("L1"));
        assert_eq!(log_id_of(b"", b"L2").as_deref(), Some("L2"));
        assert_eq!(log_id_of("群".as_bytes(), b"L2").as_deref(), Some("L2"));
        assert_eq!(log_id_of(b"\xff", b"\xff"), None);
        assert_eq!(log_id_of(&[b'x'; 129], b"L2").as_deref(), Some("L2"));
    }
}
