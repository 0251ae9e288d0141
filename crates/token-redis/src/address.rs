//! URLs of Redis.

use redis::{ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo};

use crate::error::Error;

/// A server and how to log in, as a URL says it.
pub(crate) struct Address {
    pub(crate) node: ConnectionAddr,
    pub(crate) login: RedisConnectionInfo,
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "then it is `false`"))]
    pub(crate) is_tls: bool,
}

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err(Error::bad_url("it has no scheme"));
        };
        let is_tls = match scheme {
            "redis" | "valkey" => false,
            "rediss" | "valkeys" if cfg!(feature = "tls") => true,
            "rediss" | "valkeys" => {
                return Err(Error::bad_url("TLS needs the feature `tls` of openplat-token-redis"));
            }
            "unix" | "redis+unix" | "valkey+unix" => return Self::new(url, false),
            _ => return Err(Error::bad_url("unknown scheme")),
        };
        check_authority(rest)?;
        // The `redis` crate accepts `rediss` only with a TLS of its own.
        Self::new(&format!("redis://{rest}"), is_tls)
    }

    fn new(url: &str, is_tls: bool) -> Result<Self, Error> {
        let info = url.into_connection_info().map_err(|_| Error::bad_url("it cannot be parsed"))?;
        // Saves a round trip, and is all that a connection without a password would ask for.
        let login = info.redis_settings().clone().set_skip_set_lib_name();
        Ok(Self { node: info.addr().clone(), login, is_tls })
    }
}

/// Finds what the `redis` crate would misread. A password with `/`, `?` or `#` in plain text ends
/// the host early, and its beginning would be shown as a host.
fn check_authority(rest: &str) -> Result<(), Error> {
    if rest.contains('#') {
        return Err(Error::bad_url("it contains `#`"));
    }
    let (authority, after) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if after.contains('@') || authority.matches('@').count() > 1 {
        return Err(Error::bad_url("it contains `@` in an unexpected place"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_about_urls_do_not_quote_them() {
        for url in [
            "",
            "hunter2",
            "hunter2@host",
            "://hunter2@host",
            "http://:hunter2@host",
            "hunter2://host",
            "redis://",
            "redis://:hunter2@",
            "redis://:hunter2@host:port",
            "redis://:hunter2@host:99999",
            "redis://:hunter2@host/hunter2",
            "redis://:hunter2@host/0?protocol=hunter2",
            "redis://me:hunter2/7@host",
            "redis://me:17/hunter2@host",
            "redis://me:17?hunter2@host",
            "redis://me:17#hunter2@host",
            "redis://me:17@hunter2@host",
            "redis://me:hunter2@0.0.0.0",
            "rediss://me:hunter2@host#insecure",
            "unix://hunter2",
            "unix:///socket?pass=hunter2&db=hunter2",
        ] {
            let error = Address::parse(url).err().expect(url);
            for text in [format!("{error}"), format!("{error:?}"), format!("{error:#?}")] {
                assert!(!text.contains("hunter2") && !text.contains("17"), "{url}: {text}");
                assert!(text.contains("redis://user:password@host"), "{url}: {text}");
            }
        }
    }

    #[test]
    fn addresses_hold_no_password() {
        for (url, address) in [
            ("redis://host", "host:6379"),
            ("redis://:hunter2@host:1", "host:1"),
            ("redis://hunter2:hunter2@host:1/7?protocol=resp3", "host:1"),
            ("valkey://[::1]", "::1:6379"),
            ("redis://:hunter%2F2@host", "host:6379"),
            ("unix:///run/redis.sock?pass=hunter2", "/run/redis.sock"),
        ] {
            assert_eq!(Address::parse(url).unwrap().node.to_string(), address);
        }
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn tls_without_the_feature_is_refused_with_advice() {
        let error = Address::parse("rediss://host").err().unwrap();
        assert!(error.to_string().contains("feature `tls`"), "{error}");
    }
}
