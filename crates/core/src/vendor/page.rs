//! Responses that are not in the vendor's format: a proxy's page, a gateway's text, an empty body.

use http::StatusCode;
use http::header::CONTENT_TYPE;

use super::LONGEST_NAME;
use super::excerpt::excerpt;
use crate::base::printable;
use crate::error::{ApiError, Error, ErrorKind};
use crate::wire::{Reply, retry_after};

/// Returns `true` for an HTML page, by its media type or its beginning.
pub(super) fn is_page(reply: &Reply) -> bool {
    let is_html = |name: &str| name.trim_start().to_ascii_lowercase().starts_with("text/html");
    media_type(reply).is_some_and(is_html)
        || ["<!doctype html", "<html", "<head", "<body", "<script", "<meta"]
            .iter()
            .any(|tag| starts_with(&reply.body, tag))
}

/// Returns `true` if a body begins with a tag of any kind: no JSON does.
#[cfg(feature = "dingtalk")]
pub(super) fn is_markup(body: &[u8]) -> bool {
    starts_with(body, "<")
}

fn starts_with(body: &[u8], tag: &str) -> bool {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body).trim_ascii_start();
    body.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes()))
}

fn media_type(reply: &Reply) -> Option<&str> {
    reply.headers.get(CONTENT_TYPE)?.to_str().ok()
}

/// Returns the error for a response that is not in the vendor's format, by its status alone.
pub(super) fn not_understood(reply: &Reply, log_id: Option<String>) -> Error {
    let (kind, advice) = by_status(reply);
    let media_type = media_type(reply);
    let shown = media_type.map(|name| printable(name, LONGEST_NAME)).filter(|it| !it.is_empty());
    Error::new(kind)
        .with_detail(format!(
            "the response is not in the platform's format ({}, {} bytes)",
            shown.as_deref().unwrap_or("no content type"),
            reply.body.len()
        ))
        .with_api(ApiError {
            status: reply.status.as_u16(),
            excerpt: excerpt(media_type, &reply.body),
            log_id,
            retry_after: retry_after(&reply.headers, reply.received_at),
            ..ApiError::default()
        })
        .with_advice(advice)
}

/// Returns what a status means that is not the platform's own: who sent it can be any server on the
/// way.
fn by_status(reply: &Reply) -> (ErrorKind, &'static str) {
    use ErrorKind::{
        Configuration, Decode, InvalidRequest, PermissionDenied, Throttled, Unauthenticated,
        Unavailable,
    };
    match reply.status.as_u16() {
        300..=399 => (
            Configuration,
            "Set the base URL to the address that the server redirects to; redirects are not \
             followed.",
        ),
        401 => (
            Unauthenticated,
            "Check that the base URL is the platform's: a server in front of it may \
             require its own credentials.",
        ),
        403 => (
            PermissionDenied,
            "Check that no proxy or firewall between this machine and the platform blocks the \
             request.",
        ),
        404 | 405 | 410 | 421 => (
            Configuration,
            "Check the base URL and its path prefix, and the path of a raw call: the server does \
             not know it.",
        ),
        407 => (Configuration, "Add the proxy's credentials to the proxy URL."),
        408 | 425 => (Unavailable, "Try again later."),
        413 => (
            InvalidRequest,
            "Send less at once: a server on the way rejected the size of the body.",
        ),
        414 | 431 => (
            InvalidRequest,
            "Send a shorter query, and fewer or shorter headers: a server on the way accepts no \
             more.",
        ),
        429 => (Throttled, "Reduce the request rate."),
        511 => (Configuration, "Log in to the network of this machine: its portal responded."),
        status if status >= 500 => (Unavailable, "Try again later."),
        _ if reply.status.is_success() && is_page(reply) => (
            Decode,
            "Check the base URL, and whether a portal or a proxy of the network responds instead \
             of the platform.",
        ),
        _ => (Decode, ""),
    }
}

/// Returns the kind of an error that the vendor's code says nothing about.
pub(super) fn kind_of(status: StatusCode) -> ErrorKind {
    match status {
        StatusCode::TOO_MANY_REQUESTS => ErrorKind::Throttled,
        status if status.is_server_error() => ErrorKind::Unavailable,
        _ => ErrorKind::Rejected,
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn reply(status: u16, media_type: Option<&str>, body: &'static str) -> Reply {
        let value = media_type.map(|it| HeaderValue::from_bytes(it.as_bytes()).unwrap());
        Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::from_iter(value.map(|value| (CONTENT_TYPE, value))),
            body: body.into(),
            received_at: SystemTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_page_is_known_by_its_media_type_or_its_beginning() {
        for (media_type, body, expected) in [
            (Some("Text/HTML; charset=utf-8"), "", true),
            (Some("application/json"), " \n<!DOCTYPE html><p>", true),
            (None, "\u{feff}<HTML>", true),
            (Some("text/plain"), "<script>location='/login'</script>", true),
            (Some("text/plain"), "<?xml version=\"1.0\"?><svg/>", false),
            (Some("text/xml"), "<svg/>", false),
            (None, "{\"a\":\"<html>\"}", false),
            (None, "<htm", false),
            (None, "", false),
        ] {
            assert_eq!(is_page(&reply(200, media_type, body)), expected, "{media_type:?} {body}");
        }
    }

    #[test]
    fn an_error_says_who_may_have_responded_and_what_to_do() {
        for (status, words) in [
            (301, "base URL"),
            (401, "base URL"),
            (403, "firewall"),
            (404, "base URL"),
            (407, "proxy URL"),
            (413, "Send less"),
            (431, "headers"),
            (429, "request rate"),
            (511, "portal"),
            (503, "Try again later"),
            (200, "portal"),
        ] {
            let error = not_understood(&reply(status, Some("text/html"), "<p>Log in"), None);
            assert!(error.advice().unwrap().contains(words), "{error}");
            assert!(error.to_string().contains("body \"Log in\""), "{error}");
        }
        assert_eq!(not_understood(&reply(200, None, ""), None).advice(), None);
    }

    #[test]
    fn a_hostile_media_type_is_cut() {
        let long = format!("text/{}", "x".repeat(10_000));
        let text = not_understood(&reply(200, Some(&long), ""), None).to_string();
        assert!(text.len() < 300, "{text}");
    }
}
