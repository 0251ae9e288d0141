//! Properties that hold for every input. The fuzzer drives the functions that take bytes as well.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::codec;
use crate::error::Error;
use crate::meta::{Meta, Method, OperationMeta};
use crate::vendor::{DingTalk, Feishu, Grant, Vendor};
use crate::wire::file;
use crate::wire::{Parts, Reply, retry_after};

/// No error takes more than a screen to read.
const LONGEST_TEXT: usize = 4096;

/// Returns the errors that a response stands for: of a call, of a file, for either vendor.
fn errors(reply: &Reply) -> impl Iterator<Item = Error> {
    let platforms = [Feishu::PLATFORM, DingTalk::PLATFORM].into_iter();
    platforms
        .flat_map(|platform| {
            let old = platform.read_old_data(reply).map(drop);
            [platform.check(reply), old, platform.check_file(reply)]
        })
        .filter_map(Result::err)
}

/// A response is read to data, or to an error that carries its status and is not long.
pub fn envelope(input: &[u8]) {
    let Some(([high, low], body)) = input.split_first_chunk::<2>() else { return };
    let status = 100 + u16::from_be_bytes([*high, *low]) % 900;
    let reply = Reply {
        status: StatusCode::from_u16(status).unwrap_or_default(),
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(body),
        received_at: SystemTime::UNIX_EPOCH,
    };
    for error in errors(&reply) {
        assert_eq!(error.api().map(|api| api.status()), Some(status));
        let text = format!("{error:?}");
        assert!(!text.is_empty() && text.len() < LONGEST_TEXT, "{text}");
    }
    for platform in [Feishu::PLATFORM, DingTalk::PLATFORM] {
        for grant in [Grant::Internal, Grant::FeishuApp] {
            let _ = platform.read_token(&grant, &reply);
        }
    }
    let _ = codec::from_slice::<Vec<std::collections::BTreeMap<String, Option<i64>>>>(body);
}

/// A wait, if there is one, is at most a day; the name of a file is one that stays in its folder.
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

/// A webhook with secrets takes nothing for an event that does not know them; one without takes
/// what is an envelope, with its data as they came.
#[cfg(feature = "events")]
pub fn webhook(input: &[u8]) {
    use crate::events::{FeishuWebhook, Incoming};

    let secured = FeishuWebhook::builder().encrypt_key("a key").verification_token("a token");
    let (Ok(secured), Ok(open)) = (secured.build(), FeishuWebhook::builder().unprotected().build())
    else {
        return;
    };
    if !matches!(secured.receive(&HeaderMap::new(), input), Incoming::Challenge(_)) {
        refused(secured.receive(&HeaderMap::new(), input));
    }
    let data = |incoming| match incoming {
        Incoming::Event(delivery) | Incoming::Callback(delivery) => {
            Some(delivery.event().data().clone())
        }
        _ => None,
    };
    let plain = data(open.receive(&HeaderMap::new(), input));
    if let Some(data) = &plain {
        assert!(std::str::from_utf8(data).is_ok() && data.len() <= input.len().max(2));
        assert!(serde_json::from_slice::<&serde_json::value::RawValue>(data).is_ok());
    }
    let sealed = secured.seal(input);
    assert_eq!(data(secured.receive(sealed.headers(), sealed.body())), plain);
}

/// Text encrypted with another key is refused, whatever it decrypts to; text encrypted with the
/// right key is decrypted.
#[cfg(feature = "events")]
pub fn decryption(input: &[u8]) {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use sha1::{Digest, Sha1};

    use crate::events::{DingTalkWebhook, FeishuWebhook, Incoming};

    let body = serde_json::json!({ "encrypt": BASE64_STANDARD.encode(input) }).to_string();
    let feishu = FeishuWebhook::builder().encrypt_key("a key").build();
    let dingtalk = DingTalkWebhook::builder("token", "A".repeat(43), "app").build();
    let (Ok(feishu), Ok(dingtalk)) = (feishu, dingtalk) else { return };
    refused(feishu.receive(&HeaderMap::new(), body.as_bytes()));

    // Signed by whoever knows the token, but not the key.
    let mut texts = ["token", "1", "2", &BASE64_STANDARD.encode(input)].map(str::to_owned);
    texts.sort_unstable();
    let signature = Sha1::digest(texts.concat())
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let query = format!("msg_signature={signature}&timestamp=1&nonce=2");
    refused(dingtalk.receive(&query, body.as_bytes()));

    let event = serde_json::json!({ "EventType": "a", "data": input }).to_string();
    let sealed = dingtalk.seal(event.as_bytes());
    let query = sealed.uri().query().unwrap_or_default();
    let Incoming::Event(delivery) = dingtalk.receive(query, sealed.body()) else {
        unreachable!("a sealed event is refused");
    };
    assert_eq!(delivery.event().data(), &event);
}

/// A frame is written as it was read, and takes no more than it came in. Whatever frames follow one
/// another, what is delivered is JSON, and is acknowledged with its own frame. Each frame begins
/// with two bytes that hold its length.
#[cfg(feature = "long-connection")]
pub fn frames(input: &[u8]) {
    use tokio::time::Instant;
    use tokio_websockets::Message;

    use crate::events::connection::{FeishuProtocol, Frame, Output, Protocol, Verdict};

    let mut protocol = FeishuProtocol::default();
    let mut rest = input;
    while let Some(([high, low], following)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(following.len());
        let (bytes, after) = following.split_at(length);
        rest = after;
        let bytes = Bytes::copy_from_slice(bytes);
        let frame = Frame::decode(bytes.clone());
        if let Ok(frame) = &frame {
            let encoded = frame.encode();
            // A negative number may have come in five bytes instead of ten.
            assert!(encoded.len() <= bytes.len() + 10);
            assert!(Frame::decode(encoded).is_ok_and(|again| again == *frame));
        }
        for output in protocol.receive(Message::binary(bytes), Instant::now()) {
            let ack = match output {
                Output::Send(ack) => ack,
                Output::Deliver(event, receipt) => {
                    let data = serde_json::from_slice::<&serde_json::value::RawValue>(event.data());
                    assert!(data.is_ok() && !event.event_type().is_empty());
                    receipt.write(Verdict::Failed, Duration::ZERO)
                }
                Output::Renew => unreachable!("Feishu never asks for that"),
            };
            let ack = Frame::decode(ack.into_payload().into());
            let (Ok(ack), Ok(frame)) = (ack, &frame) else { unreachable!("no frame") };
            assert_eq!(ack.headers[..frame.headers.len()], frame.headers);
            assert_eq!((ack.seq_id, ack.log_id), (frame.seq_id, frame.log_id));
        }
    }
}

#[cfg(feature = "events")]
fn refused(incoming: crate::events::Incoming) {
    match incoming {
        crate::events::Incoming::Refused(refusal) => {
            assert!(refusal.response().status().is_client_error());
            assert!(!refusal.to_string().is_empty() && refusal.to_string().len() < 200);
        }
        other => unreachable!("accepted: {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use arbtest::arbitrary::{Result, Unstructured};
    use arbtest::arbtest;
    use http::{HeaderMap, HeaderValue, StatusCode};

    use crate::wire::Reply;

    /// Bytes are rarely JSON; this turns some of them into what almost is.
    fn almost_a_response(bytes: &[u8]) -> Vec<u8> {
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

    /// A text of the data, which an error never shows.
    const PRIVATE: &str = "my salary";
    /// A secret that the vendor's own texts can echo, and an error masks.
    const SECRET: &str = "t-s3cr3t-t0ken";

    /// The members that an error quotes, as far as they are texts.
    const QUOTED: [&str; 24] = [
        "code",
        "msg",
        "message",
        "error",
        "error_description",
        "log_id",
        "logid",
        "request_id",
        "troubleshooter",
        "field",
        "description",
        "scope",
        "subject",
        "url",
        "errcode",
        "errmsg",
        "errorCode",
        "errorMsg",
        "sub_code",
        "sub_msg",
        "requestid",
        "status",
        "permission_violations",
        "requiredScopes",
    ];
    /// Others, whose texts are no one's business.
    const OTHERS: [&str; 9] = [
        "data",
        "field_violations",
        "helps",
        "details",
        "accessdenieddetail",
        "success",
        "punish",
        "wait",
        PRIVATE,
    ];

    fn json(input: &mut Unstructured<'_>, is_quoted: bool, depth: u8) -> Result<String> {
        let kinds = if depth == 0 { 5 } else { 7 };
        Ok(match input.int_in_range(0..=kinds)? {
            0 => "null".to_owned(),
            1 => input.arbitrary::<bool>()?.to_string(),
            2 => input.choose(&["0", "99991663", "230001.0", "1e999", "NaN"])?.to_string(),
            3..=5 => {
                let word = if is_quoted { SECRET } else { PRIVATE };
                let broken = input.choose(&["", r"\ud83d", "\n", r#"\""#, "https://", "群"])?;
                let fill = "x".repeat(*input.choose(&[0, 0, 0, 690, 699])?);
                format!("\"{fill}{broken}{word}{broken}\"")
            }
            6 => {
                let count = input.int_in_range(0..=3)?;
                let items: Result<Vec<_>> =
                    (0..count).map(|_| json(input, is_quoted, depth - 1)).collect();
                format!("[{}]", items?.join(","))
            }
            _ => {
                let count = input.int_in_range(0..=6)?;
                let members: Result<Vec<_>> = (0..count).map(|_| member(input, depth)).collect();
                format!("{{{}}}", members?.join(","))
            }
        })
    }

    fn member(input: &mut Unstructured<'_>, depth: u8) -> Result<String> {
        let is_quoted = input.ratio(2, 3)?;
        let name = if is_quoted { input.choose(&QUOTED)? } else { input.choose(&OTHERS)? };
        Ok(format!("\"{name}\":{}", json(input, is_quoted, depth - 1)?))
    }

    fn reply(input: &mut Unstructured<'_>) -> Result<Reply> {
        let body = match input.ratio(3, 4)? {
            true => {
                let members: Result<Vec<_>> = (0..3).map(|_| member(input, 4)).collect();
                let message = json(input, true, 3)?;
                let members = members?.join(",");
                format!(r#"{{"code":7,"errcode":7,"msg":{message},{members}}}"#)
            }
            false => json(input, false, 4)?,
        };
        let mut body = body.into_bytes();
        match input.int_in_range(0..=5)? {
            0 => body = ["\u{feff}".as_bytes(), &body].concat(),
            1 => body = format!("{:?}", String::from_utf8_lossy(&body)).into_bytes(),
            2 => body.truncate(input.choose_index(body.len())?),
            3 => body.extend(b"\0 x"),
            _ => {}
        }
        let names = ["x-tt-logid", "x-acs-request-id", "content-type"];
        let values = ["text/html", "text/plain", "application/json", SECRET, "text/t-s3cr3t-t0ken"];
        let mut headers = HeaderMap::new();
        for name in names {
            if input.arbitrary()? {
                headers.insert(name, HeaderValue::from_static(input.choose(&values)?));
            }
        }
        let status = *input.choose(&[200, 204, 302, 400, 401, 403, 404, 413, 429, 500, 502])?;
        Ok(Reply {
            status: StatusCode::from_u16(status).unwrap_or_default(),
            headers,
            body: body.into(),
            received_at: SystemTime::UNIX_EPOCH,
        })
    }

    #[test]
    fn an_error_shows_neither_secrets_nor_data() {
        arbtest(|input| {
            let reply = reply(input)?;
            for error in super::errors(&reply) {
                let error = error.masking(&[SECRET]);
                let shown = format!("{error} {error:?} {:?}", error.api());
                for word in [PRIVATE, "t-s3"] {
                    assert!(!shown.contains(word), "{shown} for {:?}", reply.body);
                }
                assert!(error.to_string().len() < super::LONGEST_TEXT, "{error}");
            }
            Ok(())
        })
        .budget_ms(500);
    }

    #[test]
    fn responses() {
        arbtest(|input| {
            let bytes: Vec<u8> = input.arbitrary()?;
            super::envelope(&bytes);
            super::envelope(&[&[1, 44][..], &almost_a_response(&bytes)].concat());
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

    /// Mostly envelopes, with odd values and members that come twice.
    #[cfg(feature = "events")]
    fn event(input: &mut Unstructured<'_>) -> Result<String> {
        const NAMES: [&str; 12] = [
            "encrypt",
            "schema",
            "header",
            "event",
            "type",
            "token",
            "challenge",
            "uuid",
            "ts",
            "open_id",
            "action",
            "event_type",
        ];
        const VALUES: [&str; 14] = [
            "\"2.0\"",
            "2",
            "null",
            "true",
            "\"\"",
            "\"url_verification\"",
            "\"event_callback\"",
            "\"vtok\"",
            "\"AAEC\"",
            "\"\\ud83d\"",
            "[1e999]",
            r#"{"type":"message"}"#,
            r#"{"event_type":"a","token":"vtok"}"#,
            r#"{"event_type":7,"event_type":8}"#,
        ];
        let count = input.int_in_range(0..=5)?;
        let members: Result<Vec<_>> = (0..count)
            .map(|_| Ok(format!("\"{}\":{}", input.choose(&NAMES)?, input.choose(&VALUES)?)))
            .collect();
        Ok(format!("{{{}}}", members?.join(" ,")))
    }

    #[cfg(feature = "events")]
    #[test]
    fn webhooks() {
        arbtest(|input| {
            super::webhook(event(input)?.as_bytes());
            super::webhook(&almost_a_response(input.arbitrary()?));
            super::webhook(event(input)?.to_uppercase().as_bytes());
            super::webhook(input.arbitrary()?);
            Ok(())
        });
    }

    #[cfg(feature = "events")]
    #[test]
    fn decryptions() {
        arbtest(|input| {
            let blocks = input.int_in_range(0..=5)? * 16;
            let mut bytes = vec![0; blocks];
            input.fill_buffer(&mut bytes)?;
            super::decryption(&bytes);
            super::decryption(input.arbitrary()?);
            Ok(())
        });
    }

    /// A frame that is mostly one of an event, or of a part.
    #[cfg(feature = "long-connection")]
    fn frame(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
        use bytes::Bytes;

        use crate::events::connection::Frame;

        const KEYS: [&str; 5] = ["type", "message_id", "sum", "seq", "biz_rt"];
        const VALUES: [&str; 9] =
            ["event", "event", "pong", "0", "1", "2", "3", "2147483648", "-1"];
        let count = input.int_in_range(0..=7)?;
        let headers: Result<Vec<_>> = (0..count)
            .map(|_| {
                let text = |text: &&'static str| Bytes::from_static(text.as_bytes());
                Ok((text(input.choose(&KEYS)?), text(input.choose(&VALUES)?)))
            })
            .collect();
        let payload = match input.arbitrary()? {
            true => event(input)?.into_bytes(),
            false => input.arbitrary()?,
        };
        let frame = Frame {
            seq_id: input.arbitrary()?,
            log_id: input.arbitrary()?,
            service: input.arbitrary()?,
            method: input.int_in_range(-1..=2)?,
            headers: headers?,
            payload: Some(payload.into()),
            ..Frame::default()
        };
        let mut bytes = frame.encode().to_vec();
        if input.ratio(1, 4)? && !bytes.is_empty() {
            let at = input.choose_index(bytes.len())?;
            bytes[at] = input.arbitrary()?;
        }
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        Ok([&length.to_be_bytes()[..], &bytes].concat())
    }

    #[cfg(feature = "long-connection")]
    #[test]
    fn frames() {
        arbtest(|input| {
            let count = input.int_in_range(0..=6)?;
            let frames: Result<Vec<_>> = (0..count).map(|_| frame(input)).collect();
            super::frames(&frames?.concat());
            super::frames(input.arbitrary()?);
            Ok(())
        });
    }
}
