//! From a request to its response.

use std::sync::Arc;
#[cfg(feature = "http2")]
use std::time::Duration;

use http::uri::Scheme;
use http::{HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::client::legacy::{Builder, Client, Error as ClientError};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use openplat_core::__private::{Proxies, as_http, broken, failure};
use openplat_core::{Body, Error, Socket, TransportError, TransportOptions, Upgrade};

use crate::connect::Connector;

pub(crate) struct Way {
    client: Client<Connector, Body>,
    user_agent: HeaderValue,
    proxies: Proxies,
    matcher: Option<Arc<Matcher>>,
}

impl Way {
    pub(crate) fn for_calls(options: &TransportOptions) -> Result<Self, Error> {
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_idle_timeout(options.pool_idle_timeout()).pool_timer(TokioTimer::new());
        Self::new(options, keep_alive(&mut builder), cfg!(feature = "http2"))
    }

    pub(crate) fn for_upgrades(options: &TransportOptions) -> Result<Self, Error> {
        let mut builder = Client::builder(TokioExecutor::new());
        // A connection that was refused is of no more use.
        Self::new(options, builder.pool_max_idle_per_host(0), false)
    }

    fn new(options: &TransportOptions, builder: &Builder, http2: bool) -> Result<Self, Error> {
        let user_agent = options.user_agent()?;
        let proxies = options.proxies()?;
        let matcher = proxies.matcher().map(Arc::new);
        let connector = Connector::new(options, http2, matcher.clone())?;
        Ok(Self { client: builder.build(connector), user_agent, proxies, matcher })
    }

    pub(crate) async fn send(
        &self,
        request: Request<Body>,
    ) -> Result<Response<Body>, TransportError> {
        let response = self.exchange(request).await?;
        Ok(response.map(|body| Body::new(body.map_err(|error| broken(&error)))))
    }

    pub(crate) async fn upgrade(&self, mut request: Request<Body>) -> Upgrade {
        let uri = as_http(std::mem::take(request.uri_mut()))?;
        *request.uri_mut() = uri.clone();
        let mut response = self.exchange(request).await?;
        let upgraded = hyper::upgrade::on(&mut response);
        let (head, _) = response.into_parts();
        let socket = match head.status {
            StatusCode::SWITCHING_PROTOCOLS => {
                let failed = |error| failure(error, Some(&uri), &self.proxies, false);
                Some(Socket::new(TokioIo::new(upgraded.await.map_err(failed)?)))
            }
            _ => None,
        };
        Ok((head, socket))
    }

    async fn exchange(
        &self,
        mut request: Request<Body>,
    ) -> Result<Response<Incoming>, TransportError> {
        if let Some(matcher) = &self.matcher {
            authorize(&mut request, matcher);
        }
        request.headers_mut().entry(header::USER_AGENT).or_insert_with(|| self.user_agent.clone());
        let uri = request.uri().clone();
        self.client.request(request).await.map_err(|error| self.failed(error, &uri))
    }

    #[cold]
    fn failed(&self, error: ClientError, uri: &Uri) -> TransportError {
        let was_not_sent = error.is_connect() || was_refused(&error);
        failure(error, Some(uri), &self.proxies, was_not_sent)
    }
}

/// Returns `true` if the server says that it has done nothing about a request over HTTP/2, as it does
/// about those that meet the end of its connection.
fn was_refused(error: &ClientError) -> bool {
    #[cfg(feature = "http2")]
    {
        let first: &(dyn std::error::Error + 'static) = error;
        std::iter::successors(Some(first), |error| error.source())
            .filter_map(|error| error.downcast_ref::<h2::Error>())
            .any(|error| {
                error.is_remote()
                    && (error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR)
                        || error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM))
            })
    }
    #[cfg(not(feature = "http2"))]
    {
        let _ = error;
        false
    }
}

/// Identifies this side to a proxy that gets the request itself. One that opens a tunnel is told
/// when it is asked for the tunnel.
fn authorize(request: &mut Request<Body>, matcher: &Matcher) {
    if request.uri().scheme() == Some(&Scheme::HTTP)
        && let Some(proxy) = matcher.intercept(request.uri())
        && let Some(authorization) = proxy.basic_auth()
    {
        let header = request.headers_mut().entry(header::PROXY_AUTHORIZATION);
        header.or_insert_with(|| authorization.clone());
    }
}

/// Calls over HTTP/2 share one connection: if it is dead, none may wait for the next.
fn keep_alive(builder: &mut Builder) -> &Builder {
    #[cfg(feature = "http2")]
    builder
        .timer(TokioTimer::new())
        .http2_keep_alive_interval(Duration::from_secs(10))
        .http2_keep_alive_timeout(Duration::from_secs(5));
    builder
}
