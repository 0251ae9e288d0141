//! URLs of Redis.

use redis::{ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo};
use url::Url;

use crate::error::Error;

/// The servers of a deployment of Redis and the way to log in, as a URL says it.
pub(crate) struct Address {
    /// Never empty. Any that can be reached will do.
    pub(crate) nodes: Vec<ConnectionAddr>,
    pub(crate) login: RedisConnectionInfo,
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "then it is `false`"))]
    pub(crate) is_tls: bool,
    pub(crate) deployment: Deployment,
}

pub(crate) enum Deployment {
    Server,
    /// Each node says which one has a key.
    Cluster,
    /// The nodes are sentinels, which say where the primary is.
    Sentinel {
        service: String,
        login: RedisConnectionInfo,
    },
}

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err(Error::bad_url("it has no scheme"));
        };
        let (base, deployment) = match scheme.rsplit_once('-') {
            Some((base, "cluster")) => (base, Deployment::Cluster),
            Some((base, "sentinel")) => {
                let login = RedisConnectionInfo::default().set_skip_set_lib_name();
                (base, Deployment::Sentinel { service: String::new(), login })
            }
            _ => (scheme, Deployment::Server),
        };
        let is_tls = match base {
            "redis" | "valkey" => false,
            "rediss" | "valkeys" if cfg!(feature = "tls") => true,
            "rediss" | "valkeys" => {
                return Err(Error::bad_url("TLS needs the feature `tls` of openplat-token-redis"));
            }
            "unix" | "redis+unix" | "valkey+unix" if base == scheme => {
                return Self::new(url, false, Deployment::Server);
            }
            _ => {
                return Err(Error::bad_url(
                    "unknown scheme; there are `redis`, `redis-cluster` and `redis-sentinel`, with \
                     TLS `rediss` and so on, and `unix`",
                ));
            }
        };
        check_authority(rest)?;
        // The `redis` crate accepts `rediss` only with a TLS of its own.
        let url = Url::parse(&format!("redis://{rest}")).map_err(|_| unreadable())?;
        let mut address = Self::new(url.clone(), is_tls, deployment)?;
        address.read_parameters(&url)?;
        Ok(address)
    }

    fn new(
        url: impl IntoConnectionInfo,
        is_tls: bool,
        deployment: Deployment,
    ) -> Result<Self, Error> {
        let info = url.into_connection_info().map_err(|_| unreadable())?;
        // Saves a round trip, and is all that a connection without a password would ask for.
        let login = info.redis_settings().clone().set_skip_set_lib_name();
        Ok(Self { nodes: vec![info.addr().clone()], login, is_tls, deployment })
    }

    fn read_parameters(&mut self, url: &Url) -> Result<(), Error> {
        let default_port = match self.deployment {
            Deployment::Server => return Ok(()),
            Deployment::Cluster => 6379,
            Deployment::Sentinel { .. } => 26379,
        };
        self.nodes = vec![node(url, default_port)?];
        for (name, value) in url.query_pairs() {
            match (&*name, &mut self.deployment) {
                // The `redis` crate has read it.
                ("protocol", _) => {}
                ("node", _) if value.contains(['@', '/', '?', '#']) => return Err(unreadable()),
                ("node", _) => {
                    let url = Url::parse(&format!("redis://{value}")).map_err(|_| unreadable())?;
                    self.nodes.push(node(&url, default_port)?);
                }
                ("sentinelServiceName", Deployment::Sentinel { service, .. }) => {
                    *service = value.into_owned();
                }
                ("sentinelUsername", Deployment::Sentinel { login, .. }) => {
                    *login = login.clone().set_username(value);
                }
                ("sentinelPassword", Deployment::Sentinel { login, .. }) => {
                    *login = login.clone().set_password(value);
                }
                _ => return Err(Error::bad_url("it has an unknown parameter")),
            }
        }
        match &self.deployment {
            Deployment::Cluster if self.login.db() != 0 => {
                Err(Error::bad_url("a cluster has no databases"))
            }
            Deployment::Sentinel { service, .. } if service.is_empty() => Err(Error::bad_url(
                "it lacks `?sentinelServiceName=` and the name that sentinels have for the primary",
            )),
            _ => Ok(()),
        }
    }
}

fn node(url: &Url, default_port: u16) -> Result<ConnectionAddr, Error> {
    let info = url.clone().into_connection_info().map_err(|_| unreadable())?;
    match info.addr() {
        ConnectionAddr::Tcp(host, _) if host.contains(',') => {
            Err(Error::bad_url("each further node needs a `node=host:port` of its own"))
        }
        ConnectionAddr::Tcp(host, _) => {
            Ok(ConnectionAddr::Tcp(host.clone(), url.port().unwrap_or(default_port)))
        }
        _ => Err(unreadable()),
    }
}

fn unreadable() -> Error {
    Error::bad_url("it cannot be parsed")
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
            "hunter2-sentinel://host",
            "unix-cluster:///hunter2",
            "redis-sentinel://host?sentinelPassword=hunter2",
            "redis-sentinel://host?sentinelServiceName=&sentinelPassword=hunter2",
            "redis-sentinel://host?sentinelServiceName=x&password=hunter2",
            "redis-sentinel://host?sentinelServiceName=x&hunter2",
            "redis-sentinel://host?sentinelServiceName=x&node=:hunter2%40host",
            "redis-sentinel://host,hunter2:17?sentinelServiceName=x",
            "redis-cluster://host?node=hunter2%2F17",
            "redis-cluster://host?node=host:hunter2",
            "redis-cluster://host?sentinelPassword=hunter2",
            "redis-cluster://:hunter2@host/7",
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
            assert_eq!(Address::parse(url).unwrap().nodes[0].to_string(), address);
        }
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn tls_without_the_feature_is_refused_with_advice() {
        let error = Address::parse("rediss://host").err().unwrap();
        assert!(error.to_string().contains("feature `tls`"), "{error}");
    }

    #[test]
    fn several_nodes_are_named_by_parameters() {
        let nodes = |url| {
            let nodes = Address::parse(url).unwrap().nodes;
            nodes.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            nodes("redis-sentinel://:pw@a?node=b&node=c:1&sentinelServiceName=x"),
            ["a:26379", "b:26379", "c:1"]
        );
        assert_eq!(nodes("valkey-cluster://a:1?node=[::1]&protocol=resp3"), ["a:1", "::1:6379"]);
        // Parameters of other clients were always ignored here.
        assert_eq!(nodes("redis://a?node=b"), ["a:6379"]);
    }

    #[test]
    fn sentinels_have_a_login_of_their_own() {
        let address = Address::parse(
            "redis-sentinel://me:pw@a/7?sentinelServiceName=x%20y&sentinelUsername=s&\
             sentinelPassword=p%40w",
        );
        let Ok(Address { login, deployment, .. }) = address else { panic!() };
        let logins = |login: &RedisConnectionInfo| {
            (login.username().map(str::to_owned), login.password().map(str::to_owned), login.db())
        };
        assert_eq!(logins(&login), (Some("me".to_owned()), Some("pw".to_owned()), 7));
        let Deployment::Sentinel { service, login } = deployment else { panic!() };
        assert_eq!(service, "x y");
        assert_eq!(logins(&login), (Some("s".to_owned()), Some("p@w".to_owned()), 0));
    }
}
