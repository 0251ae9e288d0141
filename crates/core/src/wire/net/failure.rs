//! Failures in words of our own: those of the libraries below can quote what a server sent.

use std::error::Error as StdError;
use std::io;

use http::Uri;

use super::{Proxies, tls};
use crate::wire::TransportError;
use crate::wire::file::Unreadable;

/// Returns the reason why there is no response to a request for `uri`.
///
/// `is_connect` says that no connection was made.
pub fn failure(
    error: impl StdError + Send + Sync + 'static,
    uri: Option<&Uri>,
    proxies: &Proxies,
    is_connect: bool,
) -> TransportError {
    // It comes from this side of the connection, so that there is nothing to quote.
    if chain(&error).any(|error| error.is::<Unreadable>()) {
        return TransportError::transfer(error);
    }
    let host = uri.and_then(Uri::host).unwrap_or("the server");
    let cause = cause(&error);
    if is_connect {
        let proxy = uri.map(|uri| proxies.name_for(uri)).unwrap_or_default();
        TransportError::connect(format!("`{host}`: {cause}{proxy}"))
    } else if is_timeout(&error) {
        TransportError::timeout(format!("`{host}`: {cause}"))
    } else {
        TransportError::transfer(format!("`{host}`: {cause}"))
    }
}

/// Returns the reason why the body of a response ended early.
pub fn broken(error: &(dyn StdError + 'static)) -> TransportError {
    TransportError::transfer(cause(error))
}

fn cause(error: &(dyn StdError + 'static)) -> String {
    if let Some(error) = find::<rustls::Error>(error) {
        return tls::explain(error);
    }
    if says(error, "dns error").is_some() {
        return "the host name cannot be resolved; check the base URL and this machine's DNS"
            .into();
    }
    // One text for each thing that a proxy may do, none of it the proxy's own.
    if let Some(text) = says(error, "tunnel ") {
        return format!("the proxy did not connect: {text}");
    }
    if let Some(code) = find::<io::Error>(error).and_then(io::Error::raw_os_error) {
        return io::Error::from_raw_os_error(code).to_string();
    }
    match find::<hyper::Error>(error) {
        _ if is_timeout(error) => "timed out".into(),
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

fn is_timeout(error: &(dyn StdError + 'static)) -> bool {
    find::<hyper::Error>(error).is_some_and(hyper::Error::is_timeout)
        || find::<io::Error>(error).is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
        || says(error, "operation timed out").is_some()
}

/// Returns the first text that begins so. It tells errors apart that have no public type, and whose
/// text is a fixed one.
fn says(error: &(dyn StdError + 'static), beginning: &str) -> Option<String> {
    chain(error).map(ToString::to_string).find(|text| text.starts_with(beginning))
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
