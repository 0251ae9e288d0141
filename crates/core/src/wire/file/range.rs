//! Whether the body of a response is the file that was asked for, and all of it.

use http::header::{ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG};
use http::{HeaderMap, HeaderValue, StatusCode};

/// Returns the size of the file that a response holds, if the server tells, or why the response
/// does not hold the whole file as it is.
pub(super) fn size_of_whole(
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Option<u64>, &'static str> {
    check_encoding(headers)?;
    match status {
        StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION => Ok(content_length(headers)),
        StatusCode::PARTIAL_CONTENT => match Range::of(headers) {
            Some(Range { first: 0, last, size }) if last + 1 == size => Ok(Some(size)),
            _ => {
                Err("the response contains a part of the file, though the whole file was requested")
            }
        },
        _ => Err("the response contains no file"),
    }
}

/// Returns the size of the part that a response holds, if the server tells. Servers may send the
/// whole file instead.
pub(super) fn size_of_part(
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Option<u64>, &'static str> {
    match Range::of(headers) {
        Some(range) if status == StatusCode::PARTIAL_CONTENT => {
            check_encoding(headers)?;
            Ok(Some(range.last - range.first + 1))
        }
        _ => size_of_whole(status, headers),
    }
}

/// Returns the version of a file if the server can send the rest of this version later.
pub(super) fn version(headers: &HeaderMap) -> Option<HeaderValue> {
    let takes_ranges = headers.get(ACCEPT_RANGES)?.as_bytes().eq_ignore_ascii_case(b"bytes");
    // A weak ETag (`W/"x"`) stays the same while bytes change.
    let version = headers.get(ETAG).filter(|etag| etag.as_bytes().starts_with(b"\""))?;
    takes_ranges.then(|| version.clone())
}

/// Returns the part that a response holds, if it is what follows `first` in the same version of a
/// file of this size, or why it is not.
pub(super) fn rest(
    status: StatusCode,
    headers: &HeaderMap,
    first: u64,
    size: Option<u64>,
    version: &HeaderValue,
) -> Result<Range, &'static str> {
    check_encoding(headers)?;
    if status != StatusCode::PARTIAL_CONTENT {
        return Err("it was changed meanwhile, or the server sends it from its beginning only");
    }
    if headers.get(ETAG).is_some_and(|etag| etag != version) {
        return Err("it was changed meanwhile");
    }
    match Range::of(headers) {
        Some(range) if range.first == first && size.is_none_or(|size| size == range.size) => {
            Ok(range)
        }
        _ => Err("the server sent another part than the requested one"),
    }
}

/// Compressed bytes under the name of the file would be a file that no program opens.
fn check_encoding(headers: &HeaderMap) -> Result<(), &'static str> {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    let is_plain = |encoding: &[u8]| {
        let encoding = encoding.trim_ascii();
        encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity")
    };
    match encodings.all(|encoding| is_plain(encoding.as_bytes())) {
        true => Ok(()),
        false => Err(
            "the file was compressed on its way, which was not requested; check for a proxy or a \
                 gateway that does so",
        ),
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    number(headers.get(CONTENT_LENGTH)?.to_str().ok()?)
}

/// The part of a file that a response holds.
#[derive(Debug, PartialEq)]
pub(super) struct Range {
    first: u64,
    pub(super) last: u64,
    /// The size of the whole file.
    pub(super) size: u64,
}

impl Range {
    /// Reads `Content-Range: bytes 10-19/50` (RFC 9110). A range of a file whose size is not
    /// known (`bytes 10-19/*`) is of no use here.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let (unit, range) = headers.get(CONTENT_RANGE)?.to_str().ok()?.trim().split_once(' ')?;
        let (range, size) = range.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let range = Self { first: number(first)?, last: number(last)?, size: number(size)? };
        let is_valid = range.first <= range.last && range.last < range.size;
        (is_valid && unit.eq_ignore_ascii_case("bytes")).then_some(range)
    }
}

/// Reads digits alone: the standard library takes a plus as well.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn size(
        status: u16,
        given: &[(HeaderName, &'static str)],
    ) -> Result<Option<u64>, &'static str> {
        let given =
            given.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        size_of_whole(StatusCode::from_u16(status).unwrap(), &given.collect())
    }

    #[test]
    fn the_size_is_that_of_the_whole_file() {
        assert_eq!(size(200, &[]), Ok(None));
        assert_eq!(size(200, &[(CONTENT_LENGTH, "10")]), Ok(Some(10)));
        assert_eq!(size(200, &[(CONTENT_LENGTH, "+10")]), Ok(None));
        assert_eq!(size(206, &[(CONTENT_RANGE, "bytes 0-9/10")]), Ok(Some(10)));
        assert_eq!(size(206, &[(CONTENT_RANGE, "Bytes 0-9/10")]), Ok(Some(10)));
    }

    #[test]
    fn what_is_not_the_whole_file_is_refused() {
        for range in [
            "bytes 0-8/10",
            "bytes 1-9/10",
            "bytes 0-9/*",
            "bytes */10",
            "bytes 0-10/10",
            "bytes 9-0/10",
            "bytes 0-18446744073709551615/18446744073709551615",
            "items 0-9/10",
            "bytes +0-9/10",
            "0-9/10",
            "",
        ] {
            assert!(size(206, &[(CONTENT_RANGE, range)]).is_err(), "{range}");
        }
        for status in [201, 202, 204, 205, 207] {
            assert!(size(status, &[]).is_err(), "{status}");
        }
    }

    #[test]
    fn a_file_that_was_compressed_on_its_way_is_refused() {
        for encoding in ["gzip", "br", "identity, gzip", "x"] {
            assert!(size(200, &[(CONTENT_ENCODING, encoding)]).is_err(), "{encoding}");
        }
        for encoding in ["", " Identity "] {
            assert_eq!(size(200, &[(CONTENT_ENCODING, encoding)]), Ok(None), "{encoding}");
        }
    }
}
