//! The transport under test: the built-in one, or with `OPENPLAT_TRANSPORT=hyper` in the environment
//! that of openplat-hyper.

use http::{Request, Response};
use openplat_core::{
    Body, BoxFuture, BuildTransport, Error, HttpTransport, Transport, TransportError,
    TransportOptions, Upgrade,
};
use openplat_hyper::HyperTransport;

#[derive(Debug, Clone)]
pub(crate) enum Tested {
    Reqwest(HttpTransport),
    Hyper(HyperTransport),
}

impl Tested {
    pub(crate) fn is_hyper() -> bool {
        let name = std::env::var("OPENPLAT_TRANSPORT").unwrap_or_else(|_| "reqwest".to_owned());
        assert!(matches!(&*name, "reqwest" | "hyper"), "there is no transport `{name}`");
        name == "hyper"
    }
}

impl BuildTransport for Tested {
    fn build_from(options: TransportOptions) -> Result<Self, Error> {
        match Self::is_hyper() {
            true => BuildTransport::build_from(options).map(Self::Hyper),
            false => BuildTransport::build_from(options).map(Self::Reqwest),
        }
    }
}

impl Transport for Tested {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        match self {
            Self::Reqwest(transport) => transport.send(request),
            Self::Hyper(transport) => transport.send(request),
        }
    }

    fn upgrade(&self, request: Request<Body>) -> BoxFuture<'_, Upgrade> {
        match self {
            Self::Reqwest(transport) => transport.upgrade(request),
            Self::Hyper(transport) => transport.upgrade(request),
        }
    }
}
