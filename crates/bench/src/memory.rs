//! A network that is not there.

use feishu_im::openplat_core::bytes::Bytes;
use feishu_im::openplat_core::http::{Request, Response};
use feishu_im::openplat_core::{Body, BoxFuture, Transport, TransportError};

/// Responds to each call with the same body, which it keeps in memory.
pub struct Memory {
    pub body: Bytes,
}

impl Transport for Memory {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        let body = match request.uri().path().contains("access_token") {
            true => Bytes::from_static(
                br#"{"code":0,"msg":"ok","tenant_access_token":"t-1","expire":7200}"#,
            ),
            false => self.body.clone(),
        };
        Box::pin(async move { Ok(Response::new(Body::from(body))) })
    }
}
