use std::fmt;
use std::time::Duration;

use redis::RedisError;

/// The error of a [`RedisTokenStore`](crate::RedisTokenStore).
///
/// `Display` and `Debug` are the same line, which says what happened at which address and what to
/// do. It never holds a token, a key of a token or an event, a password, or text of a response: Redis
/// and the proxies before it quote what they were sent. For the same reason there is no
/// [`source`](std::error::Error::source).
pub struct Error {
    kind: ErrorKind,
    text: String,
}

/// The category of an [`Error`], which tells you who can fix it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The URL, a certificate or a private key cannot be used, or the URL does not fit the server.
    /// Fix the configuration of the program.
    Configuration,
    /// Redis cannot be reached, did not respond in time, or cannot serve at the moment. Retry later.
    Unavailable,
    /// Redis rejected the username or the password, or the user lacks a permission.
    PermissionDenied,
    /// Redis rejected a command for another reason, or its response makes no sense.
    Rejected,
}

impl Error {
    /// Returns the category of this error.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// `reason` must not quote the URL.
    pub(crate) fn bad_url(reason: &str) -> Self {
        Self::configuration(format!(
            "invalid Redis URL: {reason}; it must look like `redis://user:password@host:6379/0`, \
             with special characters of the password percent-encoded"
        ))
    }

    pub(crate) fn configuration(text: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Configuration, text: text.into() }
    }

    pub(crate) fn no_random_numbers() -> Self {
        let text = "failed to encrypt: the operating system provides no random numbers";
        Self { kind: ErrorKind::Unavailable, text: text.to_owned() }
    }

    pub(crate) fn timed_out(address: &str, timeout: Duration) -> Self {
        let text = format!(
            "Redis at {address} did not respond within {timeout:?}; check that it is running and \
             that no firewall blocks the connection"
        );
        Self { kind: ErrorKind::Unavailable, text }
    }

    /// `reason` must come from the operating system or from TLS.
    pub(crate) fn unreachable(address: &str, reason: impl fmt::Display) -> Self {
        let text = format!(
            "Redis at {address} is unreachable: {reason}; check that it is running and that \
             the address is correct"
        );
        Self { kind: ErrorKind::Unavailable, text }
    }

    /// `reason` must come from TLS.
    pub(crate) fn tls(address: &str, reason: impl fmt::Display) -> Self {
        Self::configuration(format!("the TLS connection to Redis at {address} failed: {reason}"))
    }

    pub(crate) fn alert(address: &str, alert: impl fmt::Display) -> Self {
        let advice =
            "if the server requires a client certificate, pass one to `client_certificate`";
        Self::tls(address, format_args!("{alert}; {advice}"))
    }

    pub(crate) fn unknown_primary(sentinel: &str) -> Self {
        Self::configuration(format!(
            "the sentinel at {sentinel} knows no primary of that name; check `sentinelServiceName` \
             in the URL"
        ))
    }

    pub(crate) fn unsettled(address: &str) -> Self {
        let text = format!(
            "the nodes of Redis at {address} do not agree on which of them has the key; retry later"
        );
        Self { kind: ErrorKind::Unavailable, text }
    }

    pub(crate) fn failed(address: &str, error: &RedisError) -> Self {
        if error.kind() == redis::ErrorKind::Io {
            // Since TLS 1.3, a server reads the client's certificate after the handshake.
            let is_alert = error.to_string().starts_with("received fatal alert");
            return if is_alert {
                Self::alert(address, error)
            } else {
                Self::unreachable(address, error)
            };
        }
        let (kind, reason) = match error.code() {
            Some(code) => rejection(code, error.detail().unwrap_or_default()),
            None => failure(error),
        };
        Self { kind, text: format!("Redis at {address} {reason}") }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

openplat_core::__private::debug_as_display!(Error);

impl std::error::Error for Error {}

/// Becomes an error of the token store if Redis is unavailable, otherwise of the configuration.
impl From<Error> for openplat_core::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind {
            ErrorKind::Unavailable => openplat_core::ErrorKind::TokenStore,
            _ => openplat_core::ErrorKind::Configuration,
        };
        Self::builder(kind).detail(error.text).build()
    }
}

/// Errors that the client makes of a response.
fn failure(error: &RedisError) -> (ErrorKind, &'static str) {
    match error.kind() {
        // The `redis` crate makes this of any response to `AUTH`.
        redis::ErrorKind::AuthenticationFailed => (
            ErrorKind::PermissionDenied,
            "rejected the login; check the username and the password in the URL, and that \
             Redis does not have too many connections",
        ),
        _ => (ErrorKind::Rejected, "sent a response that could not be understood; is it Redis?"),
    }
}

/// Errors that Redis responds with, in words of our own. An unknown command, for example, is
/// rejected with a copy of its arguments.
fn rejection(code: &str, detail: &str) -> (ErrorKind, &'static str) {
    use ErrorKind::{Configuration, PermissionDenied, Rejected, Unavailable};
    match code {
        "NOAUTH" => (
            PermissionDenied,
            "requires a password (NOAUTH); add it to the URL, that of sentinels as `sentinelPassword`",
        ),
        "NOPERM" => (
            PermissionDenied,
            "denied a permission (NOPERM); grant the user `+ping +get +set +del +eval` on the keys that \
             begin with the prefix of the store",
        ),
        "DENIED" => (
            PermissionDenied,
            "accepts local connections only (DENIED); set a password or switch off its protected \
             mode",
        ),
        "READONLY" => (
            Unavailable,
            "is a read-only replica (READONLY); put the address of the primary into the URL",
        ),
        "LOADING" => (Unavailable, "is still loading its data (LOADING); retry later"),
        "BUSY" => (Unavailable, "is blocked by a script (BUSY); retry later or end the script"),
        "MASTERDOWN" => (Unavailable, "has lost its primary (MASTERDOWN); retry later"),
        "NOREPLICAS" => (Unavailable, "has too few replicas to accept writes (NOREPLICAS)"),
        "OOM" => (Unavailable, "is out of memory (OOM); raise `maxmemory` or let it evict keys"),
        "MISCONF" => (Unavailable, "cannot save its data (MISCONF); see its log"),
        "CLUSTERDOWN" => (Unavailable, "reports its cluster as down (CLUSTERDOWN); retry later"),
        "ASK" | "TRYAGAIN" => {
            (Unavailable, "is moving the key to another node (ASK, TRYAGAIN); retry later")
        }
        "MOVED" => (
            Configuration,
            "is a node of a cluster (MOVED); use a URL that begins with `redis-cluster://`",
        ),
        "WRONGTYPE" => (
            Rejected,
            "holds something else under a name that the store uses (WRONGTYPE); choose another prefix",
        ),
        "ERR" if detail.starts_with("unknown command") => (
            Rejected,
            "does not know a command that the store needs (PING, GET, SET, DEL or EVAL); if it renames \
             or disables commands, allow these",
        ),
        "ERR" if detail.starts_with("max number of clients") => {
            (Unavailable, "has too many connections; raise `maxclients` or retry later")
        }
        "ERR" if detail.contains("DB index") => {
            (Configuration, "has no database of the number in the URL")
        }
        "ERR" => (Rejected, "rejected a command (ERR); see its log"),
        _ => (Rejected, "rejected a command with an unknown error code; see its log"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passes_is_retryable_as_an_error_of_a_client() {
        let away = Error::timed_out("127.0.0.1:6379", Duration::from_secs(1));
        let text = away.text.clone();
        let error = openplat_core::Error::from(away);
        assert!(error.is_retryable() && error.to_string().ends_with(&text), "{error}");
        let error = openplat_core::Error::from(Error::bad_url("no host"));
        assert_eq!(error.kind(), openplat_core::ErrorKind::Configuration);
    }
}
