use std::fmt;

use http::header::CONTENT_LENGTH;
use http_body::Body as _;
use http_body_util::{BodyExt, Limited};
use openplat_core::{Body, BoxFuture, Transport, TransportError};

use crate::Shared;
use crate::server::MAX_BODY;
use crate::wire::Broken;

/// The way to a platform without a socket. See
/// [`MockPlatform::transport`](crate::MockPlatform::transport).
#[derive(Clone)]
pub struct MockTransport(pub(crate) Shared);

impl Transport for MockTransport {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = match body.as_bytes() {
                Some(body) => body.clone(),
                None => {
                    let body = Limited::new(body, MAX_BODY).collect().await;
                    body.map_err(TransportError::transfer)?.to_bytes()
                }
            };
            match self.0.receive(head, body).depart().await {
                Ok(mut response) => {
                    // As a server does.
                    if let Some(length) = response.body().size_hint().exact() {
                        response.headers_mut().insert(CONTENT_LENGTH, length.into());
                    }
                    Ok(response.map(Body::new))
                }
                Err(Broken::Refused) => Err(TransportError::connect("connection refused")),
                Err(Broken::Closed) => Err(TransportError::transfer("connection closed")),
                Err(Broken::Reset) => Err(TransportError::transfer("connection reset")),
            }
        })
    }
}

impl fmt::Debug for MockTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockTransport").finish_non_exhaustive()
    }
}
