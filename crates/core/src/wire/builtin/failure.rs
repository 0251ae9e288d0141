//! Failures in words of our own: those of the libraries below can quote what a server sent.

use std::error::Error as StdError;
use std::io;

use super::proxy::Proxies;
use super::tls;
use crate::wire::TransportError;
use crate::wire::file::Unreadable;

/// Returns the reason why there is no response.
pub(super) fn failure(error: reqwest::Error, proxies: &Proxies) -> TransportError {
    // Both come from this side of the connection, so that there is nothing to quote but the URL.
    if error.is_builder() {
        return TransportError::request(error.without_url());
    }
    if chain(&error).any(|error| error.is::<Unreadable>()) {
        return TransportError::transfer(error.without_url());
    }
    let host = error.url().and_then(|url| url.host_str()).unwrap_or("the server");
    let cause = cause(&error);
    if error.is_connect() {
        let proxy = error.url().map(|url| proxies.name_for(url)).unwrap_or_default();
        TransportError::connect(format!("`{host}`: {cause}{proxy}"))
    } else if error.is_timeout() {
        TransportError::timeout(format!("`{host}`: {cause}"))
    } else {
        TransportError::transfer(format!("`{host}`: {cause}"))
    }
}

/// Returns the reason why the body of a response ended early.
pub(super) fn broken(error: reqwest::Error) -> TransportError {
    TransportError::transfer(cause(&error))
}

fn cause(error: &reqwest::Error) -> String {
    if let Some(error) = find::<rustls::Error>(error) {
        return tls::explain(error);
    }
    if error.is_dns() {
        return "the host name cannot be resolved; check the base URL and this machine's DNS"
            .into();
    }
    // One text for each thing that a proxy may do, none of it the proxy's own.
    if let Some(text) = chain(error).map(ToString::to_string).find(|it| it.starts_with("tunnel ")) {
        return format!("the proxy did not connect: {text}");
    }
    if let Some(code) = find::<io::Error>(error).and_then(io::Error::raw_os_error) {
        return io::Error::from_raw_os_error(code).to_string();
    }
    match find::<hyper::Error>(error) {
        _ if error.is_timeout() => "timed out".into(),
        Some(error) if error.is_parse() => "the server did not respond with valid HTTP".into(),
        Some(error) if error.is_incomplete_message() || error.is_canceled() => {
            "the connection was closed before the response was complete".into()
        }
        _ => match find::<io::Error>(error).map(io::Error::kind) {
            Some(io::ErrorKind::UnexpectedEof) => "the connection was closed early".into(),
            Some(kind) => kind.to_string(),
            None => "the exchange failed".into(),
        },
    }
}

fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    chain(error).find_map(|error| error.downcast_ref())
}

fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // An I/O error shows the text of the error within as its own, and skips it as a source.
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(within) => Some(within as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}
