//! What holds for every input. The functions that take bytes are what the fuzzer drives as well.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::codec;
use crate::meta::{Meta, Method, OperationMeta};
use crate::vendor::{DingTalk, Feishu, Grant, Vendor};
use crate::wire::file;
use crate::wire::{Parts, Reply, retry_after};

/// An answer is read to data, or to an error that carries its status.
pub fn envelope(input: &[u8]) {
    let Some(([high, low], body)) = input.split_first_chunk::<2>() else { return };
    let status = 100 + u16::from_be_bytes([*high, *low]) % 900;
    let reply = Reply {
        status: StatusCode::from_u16(status).unwrap_or_default(),
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(body),
        received_at: SystemTime::UNIX_EPOCH,
    };
    for platform in [Feishu::PLATFORM, DingTalk::PLATFORM] {
        if let Err(error) = platform.read_data(&reply) {
            assert_eq!(error.api().map(|api| api.status()), Some(status));
            assert!(!error.to_string().is_empty());
        }
        for grant in [Grant::Internal, Grant::FeishuApp] {
            let _ = platform.read_token(&grant, &reply);
        }
    }
    let _ = codec::from_slice::<Vec<std::collections::BTreeMap<String, Option<i64>>>>(body);
}

/// A wait is none, or at most a day; the name of a file is one that stays in its folder.
pub fn headers(input: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(input) else { return };
    for name in ["x-ogw-ratelimit-reset", "retry-after"] {
        let headers = HeaderMap::from_iter([(
            name.parse().unwrap_or(http::header::RETRY_AFTER),
            value.clone(),
        )]);
        let wait = retry_after(&headers, SystemTime::now());
        assert!(wait.is_none_or(|wait| wait <= Duration::from_secs(24 * 60 * 60)));
    }
    let named = HeaderMap::from_iter([(http::header::CONTENT_DISPOSITION, value)]);
    if let Some(name) = file::name(&named) {
        assert!(!name.contains(['/', '\\', '\0']) && !name.starts_with('.'), "{name:?}");
        assert!(!name.is_empty() && name.len() <= 255, "{name:?}");
    }
}

/// A path value stays one segment, and means the same at the other end.
pub fn path(input: &[u8]) {
    const META: &OperationMeta = &OperationMeta::new("t", Method::Get, "/a/{id}/b");
    let Ok(value) = std::str::from_utf8(input) else { return };
    let mut parts = Parts::new(Meta::Static(META));
    parts.path(value);
    parts.query("q", &value.to_owned());
    let Ok(encoded) = parts.finish() else {
        assert!(matches!(value, "" | "." | ".."), "{value:?}");
        return;
    };
    let (path, query) = encoded.target.split_once('?').unwrap_or_default();
    let segments: Vec<_> = path.split('/').collect();
    assert_eq!((segments.len(), segments[1], segments[3]), (4, "a", "b"));
    let decode = |text| percent_encoding::percent_decode_str(text).decode_utf8_lossy();
    assert_eq!(decode(segments[2]), value);
    assert_eq!(decode(&query[2..]), value);
    let uri: http::Uri = format!("https://h{}", encoded.target).parse().unwrap_or_default();
    assert_eq!(uri.path(), path);
}

#[cfg(test)]
mod tests {
    use arbtest::arbtest;

    /// Bytes are rarely JSON; this turns some of them into what almost is.
    fn almost_an_answer(bytes: &[u8]) -> Vec<u8> {
        const PIECES: [&str; 16] = [
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"code\"",
            "\"msg\"",
            "\"data\"",
            "\"error\"",
            "0",
            "99991663",
            "null",
            "\"x\"",
            "-1e9",
            "\"punish\"",
        ];
        let piece = |byte: &u8| PIECES[usize::from(byte % 16)].bytes();
        bytes.iter().flat_map(piece).collect()
    }

    #[test]
    fn answers() {
        arbtest(|input| {
            let bytes: Vec<u8> = input.arbitrary()?;
            super::envelope(&bytes);
            super::envelope(&[&[1, 44][..], &almost_an_answer(&bytes)].concat());
            Ok(())
        });
    }

    #[test]
    fn headers() {
        arbtest(|input| {
            super::headers(input.arbitrary::<Vec<u8>>()?.as_slice());
            super::headers(input.arbitrary::<f64>()?.to_string().as_bytes());
            for start in [&b"a; filename=\""[..], b"a; filename*=UTF-8''"] {
                super::headers(&[start, input.arbitrary::<&[u8]>()?].concat());
            }
            Ok(())
        });
    }

    #[test]
    fn paths() {
        arbtest(|input| {
            super::path(input.arbitrary::<String>()?.as_bytes());
            Ok(())
        });
    }
}
