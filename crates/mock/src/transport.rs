use std::fmt;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http_body::Body as _;
use http_body_util::{BodyExt, Limited};
use openplat_core::{Body, BoxFuture, Socket, Transport, TransportError, Upgrade};

use crate::Shared;
use crate::push::Session;
use crate::server::MAX_BODY;
use crate::wire::Broken;

/// The bytes that are under way between a client and a long connection at most, in one direction.
const BUFFER: usize = 64 << 10;

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
                Err(reason) => Err(broken(reason)),
            }
        })
    }

    fn upgrade(&self, request: http::Request<Body>) -> BoxFuture<'_, Upgrade> {
        Box::pin(async move {
            let (head, _) = request.into_parts();
            let mut outgoing = self.0.receive(head, Bytes::new());
            let peer = outgoing.peer.take();
            let (head, _) = outgoing.depart().await.map_err(broken)?.into_parts();
            let (near, mut far) = tokio::io::duplex(BUFFER);
            let socket = peer.map(|peer| {
                let session = Session::open(&self.0, peer);
                tokio::spawn(async move { session.run(&mut far, Bytes::new()).await });
                Socket::new(near)
            });
            Ok((head, socket))
        })
    }
}

fn broken(broken: Broken) -> TransportError {
    match broken {
        Broken::Refused => TransportError::connect("connection refused"),
        Broken::Closed => TransportError::transfer("connection closed"),
        Broken::Reset => TransportError::transfer("connection reset"),
    }
}

impl fmt::Debug for MockTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockTransport").finish_non_exhaustive()
    }
}
