//! A file for the storage behind a platform, at an address that the platform signed.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Uri, header};
use tokio::time::Instant;
use tracing::Instrument;

use super::ending::{Ending, call_span};
use super::execute::{log_failure, log_success};
use crate::base::{FOREVER, catch_panic, mask};
use crate::channel::Channel;
use crate::error::{ApiError, Error, ErrorKind};
use crate::flow::Tries;
use crate::meta::Method;
use crate::metrics::AttemptEnded;
use crate::wire::file::{Idle, Upload};
use crate::wire::{Reply, log_id, server};

/// The headers in which the storage says how it logged a request.
const LOG_IDS: [HeaderName; 1] = [HeaderName::from_static("x-oss-request-id")];
/// The longest code of the storage's that is believed to be one.
const LONGEST_CODE: usize = 64;
/// A signature needs a handful of headers; a map of them has no room for any number.
const MOST_HEADERS: usize = 100;
/// A shorter part of an address or a header gives nothing away.
const TELLING: usize = 8;

/// An address for one file. Who knows it, and the headers, can put a file there.
pub(crate) struct Signed {
    uri: Uri,
    headers: HeaderMap,
    /// The method and the host, for errors.
    name: String,
}

impl Signed {
    /// Checks what a response says. `base_url` is the client's: without encryption there, none is
    /// wanted here.
    pub(crate) fn new(
        url: &str,
        headers: &BTreeMap<String, String>,
        base_url: &str,
    ) -> Result<Self, Error> {
        let refuse = |detail: &str| Error::new(ErrorKind::Decode).with_detail(detail);
        let uri: Uri =
            url.parse().map_err(|_| refuse("the address for the file is not a valid URL"))?;
        let is_plain = uri.scheme_str() == Some("http") && base_url.starts_with("http:");
        if uri.scheme_str() != Some("https") && !is_plain {
            return Err(refuse("the address for the file does not start with `https://`"));
        }
        if uri.authority().is_none_or(|authority| authority.as_str().contains('@')) {
            return Err(refuse("the address for the file has a user name in front of its host"));
        }
        if headers.len() > MOST_HEADERS {
            return Err(refuse("there are more headers for the file than a request can have"));
        }
        let name = format!("PUT {}", uri.host().unwrap_or_default());
        let headers = headers.iter().map(|(name, value)| signed_header(name, value));
        let headers = headers
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| refuse("a header for the file is one that HTTP does not allow"))?;
        let headers = headers.into_iter().filter(|(name, _)| !FRAMING.contains(name)).collect();
        Ok(Self { uri, headers, name })
    }

    /// Sends the file, again if that may help. `patience` limits the waits.
    pub(crate) async fn put(
        &self,
        channel: &Channel,
        file: &Upload,
        patience: Duration,
    ) -> Result<(), Error> {
        let span = call_span(&self.name, Method::Put, None, server(&self.uri));
        let started = Instant::now();
        let mut tries = Tries::new(true, started, started + FOREVER, patience);
        let mut attempts = 0;
        let result = loop {
            match self.attempt(&mut attempts, channel, file).instrument(span.clone()).await {
                Ok(status) => break Ok(status),
                Err(error) => {
                    let may_repeat = file.is_repeatable();
                    if !(may_repeat && channel.flow.may_retry(&mut tries, &error).await) {
                        break Err(error);
                    }
                }
            }
        };
        let status = status_of(&result);
        let metrics = channel.flow.metrics.clone();
        let operation = self.name.clone().into();
        let ending = Ending { span, metrics, operation, started, attempts, status, is_own: true };
        ending.tell(result.as_ref().err());
        result.map(drop)
    }

    /// Makes one attempt, which is added to those that were sent before.
    async fn attempt(
        &self,
        sent: &mut u32,
        channel: &Channel,
        file: &Upload,
    ) -> Result<StatusCode, Error> {
        let metrics = &channel.flow.metrics;
        let started = metrics.start();
        let number = 1 + *sent;
        let result = catch_panic(self.put_once(sent, channel, file)).await;
        let result = result.unwrap_or_else(|panicked| Err(panicked.into())).map_err(|error| {
            let error = error.masking(&self.secrets());
            error.with_operation(self.name.clone()).with_attempts(*sent)
        });
        match &result {
            Ok(reply) => log_success(number, reply.status, || self.log_id(reply)),
            Err(error) => log_failure(number, error),
        }
        let result = result.map(|reply| reply.status);
        if let Some(started) = started
            && number == *sent
        {
            let (operation, path_template) = (&*self.name, "");
            let (elapsed, status) = (started.elapsed(), status_of(&result));
            let (method, error) = (Method::Put, result.as_ref().err());
            let ended =
                AttemptEnded { operation, method, path_template, number, elapsed, status, error };
            metrics.tell(|metrics| metrics.attempt_ended(&ended));
        }
        result
    }

    async fn put_once(
        &self,
        sent: &mut u32,
        channel: &Channel,
        file: &Upload,
    ) -> Result<Reply, Error> {
        let idle = Idle::new(channel.exchange.idle_timeout);
        let mut request = Request::new(file.body(&idle).await?);
        *request.method_mut() = http::Method::PUT;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        *sent += 1;
        let reply = channel.exchange.upload(request, &idle).await?;
        // Status 203 says that the file was taken, and that what should follow failed.
        match reply.status.is_success() && code(&reply.body).is_none() {
            true => Ok(reply),
            false => Err(refused(&reply)),
        }
    }

    /// Returns the storage's log ID, in which it can echo what was sent.
    fn log_id(&self, reply: &Reply) -> Option<String> {
        let log_id = log_id(&reply.headers, &LOG_IDS)?;
        Some(self.secrets().iter().fold(log_id, |text, secret| mask(&text, secret)))
    }

    /// Returns what no one shall see of the request: a transport and the storage can quote it.
    fn secrets(&self) -> Vec<&str> {
        let headers = self.headers.values().filter_map(|value| value.to_str().ok());
        let texts = [self.uri.path()].into_iter().chain(self.uri.query()).chain(headers);
        texts
            .flat_map(|text| std::iter::once(text).chain(text.split([' ', ':', '&', '=', '/'])))
            .filter(|text| text.len() >= TELLING)
            .collect()
    }
}

fn status_of(result: &Result<StatusCode, Error>) -> Option<u16> {
    result.as_ref().map_or_else(Error::status, |status| Some(status.as_u16()))
}

/// The headers by which a request is framed, which follow from the file.
const FRAMING: [HeaderName; 7] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::HOST,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

fn signed_header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let name = name.parse().ok()?;
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some((name, value))
}

/// Returns the error of a refusal. Its text can quote what was signed, so that only the code is
/// kept.
fn refused(reply: &Reply) -> Error {
    let code = code(&reply.body).unwrap_or_default();
    let (kind, advice) = match reply.status {
        // Too little of the file arrived for a while, which has the status of a bad request.
        _ if code == "RequestTimeout" => (ErrorKind::Unavailable, "Try again later."),
        StatusCode::FORBIDDEN => (
            ErrorKind::PermissionDenied,
            "The address may have expired: ask for another one and send the file there.",
        ),
        StatusCode::TOO_MANY_REQUESTS => (ErrorKind::Throttled, "Try again later."),
        status if status.is_server_error() || status.is_success() => {
            (ErrorKind::Unavailable, "Try again later.")
        }
        _ => (ErrorKind::Rejected, ""),
    };
    let api = ApiError {
        status: reply.status.as_u16(),
        code: code.to_owned(),
        log_id: log_id(&reply.headers, &LOG_IDS),
        ..ApiError::default()
    };
    let detail = "the storage rejected the file";
    Error::new(kind).with_detail(detail).with_api(api).with_advice(advice)
}

/// Returns the storage's code, such as `SignatureDoesNotMatch`.
fn code(body: &[u8]) -> Option<&str> {
    let (_, rest) = std::str::from_utf8(body).ok()?.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let is_code = (1..=LONGEST_CODE).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_code.then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(url: &str, headers: &[(&str, &str)]) -> Result<Signed, Error> {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Signed::new(url, &headers.collect(), "https://api.dingtalk.com")
    }

    #[test]
    fn an_address_is_checked_and_never_quoted() {
        for url in [
            "",
            "/secret",
            "http://storage.example/secret",
            "ftp://storage.example/secret",
            "https://secret@storage.example/",
            "https://storage.example/secret secret",
            "https:///secret",
        ] {
            let error = signed(url, &[]).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::Decode);
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
        for (name, value) in [("a b", "secret"), ("", "secret"), ("x", "secret\r\ny: z")] {
            let error = signed("https://storage.example/", &[(name, value)]).err().unwrap();
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
        assert!(
            Signed::new("http://127.0.0.1:1/x", &BTreeMap::new(), "http://127.0.0.1:1").is_ok()
        );
    }

    #[test]
    fn endless_headers_are_refused() {
        let headers = (0..100_000).map(|number| (format!("x-{number}"), "v".to_owned())).collect();
        let result = Signed::new("https://storage.example/", &headers, "https://api.dingtalk.com");
        assert_eq!(result.err().unwrap().kind(), ErrorKind::Decode);
    }

    #[test]
    fn headers_that_frame_the_request_are_left_out() {
        let given = [("Host", "x"), ("content-length", "1"), ("Authorization", "OSS a:b")];
        let signed = signed("https://storage.example/x?y=z", &given).ok().unwrap();
        assert_eq!(signed.headers.len(), 1);
        assert_eq!(signed.headers[header::AUTHORIZATION], "OSS a:b");
        assert_eq!(signed.name, "PUT storage.example");
    }

    #[test]
    fn a_refusal_is_told_by_its_status_and_code() {
        for (status, code, kind) in [
            (203, "CallbackFailed", ErrorKind::Unavailable),
            (400, "RequestTimeout", ErrorKind::Unavailable),
            (400, "EntityTooLarge", ErrorKind::Rejected),
            (403, "AccessDenied", ErrorKind::PermissionDenied),
            (404, "NoSuchBucket", ErrorKind::Rejected),
            (429, "", ErrorKind::Throttled),
            (503, "", ErrorKind::Unavailable),
        ] {
            let error = refused(&Reply {
                status: StatusCode::from_u16(status).unwrap(),
                headers: HeaderMap::new(),
                body: format!("<Error><Code>{code}</Code></Error>").into(),
                received_at: std::time::SystemTime::UNIX_EPOCH,
            });
            assert_eq!((error.kind(), error.api().unwrap().code()), (kind, code), "{status}");
        }
    }

    #[test]
    fn only_a_code_is_read_from_a_refusal() {
        let body = b"<Error><Code>SignatureDoesNotMatch</Code><StringToSign>PUT</StringToSign>";
        assert_eq!(code(body), Some("SignatureDoesNotMatch"));
        for body in ["", "<Code>", "<Code></Code>", "<Code>a b</Code>", "<Code>LTAI/x=</Code>"] {
            assert_eq!(code(body.as_bytes()), None, "{body}");
        }
        assert_eq!(code(format!("<Code>{}</Code>", "x".repeat(65)).as_bytes()), None);
    }
}
