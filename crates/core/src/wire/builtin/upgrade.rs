//! Connections that are upgraded from HTTP.

use std::sync::OnceLock;

use http::{StatusCode, Version};

use super::{client, failure, finish, followed};
use crate::error::Error;
use crate::wire::net::{Proxies, as_http};
use crate::wire::{Body, Socket, TransportError, TransportOptions, Upgrade};

/// Opens connections apart from those for calls: a connection that may become HTTP/2 cannot be
/// upgraded, and the host is another one, for which other proxies may be set.
pub(super) struct Upgrades {
    options: TransportOptions,
    way: OnceLock<Way>,
}

/// The client that is used, made when the first connection is asked for.
struct Way {
    client: reqwest::Client,
    proxies: Proxies,
}

impl Upgrades {
    pub(super) fn new(options: TransportOptions) -> Self {
        Self { options, way: OnceLock::new() }
    }

    /// Uses a client that is set up already.
    #[cfg(feature = "reqwest-client")]
    pub(super) fn through(client: reqwest::Client) -> Self {
        let way = Way { client, proxies: Proxies::default() };
        Self { options: TransportOptions::default(), way: way.into() }
    }

    fn way(&self) -> Result<&Way, Error> {
        if let Some(way) = self.way.get() {
            return Ok(way);
        }
        let proxies = self.options.proxies()?;
        // A connection that was refused is of no more use.
        let client = client(&self.options, &proxies, false)?.pool_max_idle_per_host(0);
        let client = finish(client)?;
        Ok(self.way.get_or_init(|| Way { client, proxies }))
    }

    pub(super) async fn open(&self, request: http::Request<Body>) -> Upgrade {
        let Way { client, proxies } = self.way().map_err(TransportError::configuration)?;
        let failed = |error| failure(error, proxies);
        let (mut head, _) = request.into_parts();
        head.uri = as_http(head.uri)?;
        let request = http::Request::from_parts(head, reqwest::Body::default());
        let request = reqwest::Request::try_from(request).map_err(failed)?;
        let url = request.url().clone();
        let response = client.execute(request).await.map_err(failed)?;
        if url != *response.url() {
            return Err(followed());
        }
        if response.version() == Version::HTTP_2 {
            return Err(TransportError::configuration(
                "the reqwest client speaks HTTP/2, over which no connection can be upgraded; build \
                 it with `http1_only()`",
            ));
        }
        let mut head = http::Response::new(()).into_parts().0;
        (head.status, head.version) = (response.status(), response.version());
        head.headers.clone_from(response.headers());
        let socket = match head.status {
            StatusCode::SWITCHING_PROTOCOLS => {
                Some(Socket::new(response.upgrade().await.map_err(failed)?))
            }
            _ => None,
        };
        Ok((head, socket))
    }
}
