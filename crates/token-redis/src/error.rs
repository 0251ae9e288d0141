use std::fmt;
use std::time::Duration;

use redis::{ErrorKind, RedisError};

/// Why Redis could not be used, in a text for the person who runs the program.
///
/// Holds no token and no password: what Redis says is passed on in part only, because it quotes
/// commands that it does not know, and there is no [`source`](std::error::Error::source) that could
/// show the rest.
#[derive(Debug)]
pub struct Error(String);

impl Error {
    /// `reason` must not quote the URL.
    pub(crate) fn bad_url(reason: &str) -> Self {
        Self(format!(
            "the URL of Redis {reason}; it should look like `redis://user:password@host:6379/0`, \
             with special characters of the password percent-encoded"
        ))
    }

    pub(crate) fn no_random_numbers() -> Self {
        Self("the operating system has no random numbers".to_owned())
    }

    pub(crate) fn timed_out(address: &str, timeout: Duration) -> Self {
        Self(format!(
            "Redis at {address} did not answer within {timeout:?}; check that it is up, and that \
             no firewall is in between"
        ))
    }

    pub(crate) fn failed(address: &str, error: &RedisError) -> Self {
        if error.kind() == ErrorKind::AuthenticationFailed {
            return Self(format!("Redis at {address} refuses the user name or the password"));
        }
        let Some(code) = error.code() else {
            return Self(format!(
                "Redis at {address} cannot be reached: {}; check that it is up and that the \
                 address is right",
                transport_reason(error)
            ));
        };
        let detail = error.detail().and_then(without_arguments);
        let detail = detail.map(|detail| format!(" {detail}")).unwrap_or_default();
        let advice = advice(code).map(|advice| format!("; {advice}")).unwrap_or_default();
        Self(format!("Redis at {address} refuses: {code}{detail}{advice}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// What the operating system or TLS says; nothing that was sent is part of it. The text of other
/// errors may quote an answer, hence a token.
fn transport_reason(error: &RedisError) -> String {
    match error.kind() {
        ErrorKind::Io => error.to_string(),
        _ => error.category().to_owned(),
    }
}

/// An unknown command is answered with the beginning of its arguments, and those of `SET` hold the
/// token.
fn without_arguments(detail: &str) -> Option<&str> {
    let detail = detail.split("with args").next().unwrap_or_default();
    let detail = detail.trim_end_matches([' ', ',']);
    (!detail.is_empty()).then_some(detail)
}

fn advice(code: &str) -> Option<&'static str> {
    Some(match code {
        "NOAUTH" => "put the password into the URL",
        "NOPERM" => "the user needs `+ping +get +set +del +eval` on the keys of the store",
        "READONLY" => "the URL must name the primary, not a replica",
        "MOVED" | "ASK" | "CLUSTERDOWN" | "CROSSSLOT" | "TRYAGAIN" => {
            "a cluster is not supported, use a server of its own"
        }
        "OOM" | "MISCONF" => "Redis takes no more data, see its log",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_cut_off() {
        let detail = "unknown command 'SET', with args beginning with: 'k' 't-secret' ";
        assert_eq!(without_arguments(detail), Some("unknown command 'SET'"));
        assert_eq!(without_arguments("with args beginning with: 't-secret'"), None);
        assert_eq!(without_arguments("syntax error"), Some("syntax error"));
    }
}
