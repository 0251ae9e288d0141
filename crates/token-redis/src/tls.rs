//! TLS with settings of this store alone: nothing is installed for the process.

use std::io;
use std::sync::{Arc, OnceLock};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{CertificateError, ClientConfig};
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::error::Error;

#[derive(Default)]
pub(crate) struct Tls {
    roots: Vec<CertificateDer<'static>>,
    identity: Option<Arc<SingleCertAndKey>>,
    /// Made for the first connection, because it reads the certificates of the system.
    config: OnceLock<Arc<ClientConfig>>,
}

impl Tls {
    pub(crate) fn add_roots(&mut self, pem: &[u8]) -> Result<(), Error> {
        self.roots.extend(certificates(pem, "root certificate")?);
        self.config = OnceLock::new();
        Ok(())
    }

    pub(crate) fn set_identity(&mut self, chain_pem: &[u8], key_pem: &[u8]) -> Result<(), Error> {
        let chain = certificates(chain_pem, "client certificate")?;
        // The reason is not quoted: it might quote the key.
        let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(|_| {
            Error::configuration("the client key is not a private key in PEM format")
        })?;
        let identity = CertifiedKey::from_der(chain, key, &provider()).map_err(|_| {
            Error::configuration(
                "the client key cannot be used: it does not belong to the client certificate, or \
                 is of a type that is not supported",
            )
        })?;
        self.identity = Some(Arc::new(identity.into()));
        self.config = OnceLock::new();
        Ok(())
    }

    pub(crate) async fn connect(
        &self,
        host: &str,
        port: u16,
    ) -> Result<TlsStream<TcpStream>, Error> {
        let address = format!("{host}:{port}");
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Error::bad_url("the host is not a valid name for TLS"))?;
        let config = self.config()?;
        let stream = TcpStream::connect((host, port))
            .await
            .map_err(|error| Error::unreachable(&address, error))?;
        TlsConnector::from(config)
            .connect(name, stream)
            .await
            .map_err(|error| handshake_failed(&address, &error))
    }

    fn config(&self) -> Result<Arc<ClientConfig>, Error> {
        if let Some(config) = self.config.get() {
            return Ok(config.clone());
        }
        let config = Arc::new(self.new_config().map_err(|error| {
            Error::configuration(format!(
                "failed to set up TLS: {error}; install the CA certificates of the system, or pass \
                 the one of Redis to `root_certificate`"
            ))
        })?);
        Ok(self.config.get_or_init(|| config).clone())
    }

    fn new_config(&self) -> Result<ClientConfig, rustls::Error> {
        let provider = provider();
        let verifier = Verifier::new_with_extra_roots(self.roots.clone(), provider.clone())?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        Ok(match &self.identity {
            Some(identity) => config.with_client_cert_resolver(identity.clone()),
            None => config.with_no_client_auth(),
        })
    }
}

/// Returns the provider that the process has installed, or else ring.
fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()))
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let unreadable = || Error::configuration(format!("the {what} is not in PEM format"));
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| unreadable())?;
    if certificates.is_empty() { Err(unreadable()) } else { Ok(certificates) }
}

fn handshake_failed(address: &str, error: &io::Error) -> Error {
    use CertificateError::{BadSignature, NotValidForName, NotValidForNameContext, UnknownIssuer};
    use rustls::Error::{AlertReceived, InvalidCertificate};

    let reason = error.get_ref().and_then(|inner| inner.downcast_ref());
    match reason {
        // The signature is bad if a trusted authority has the same name and another key.
        Some(InvalidCertificate(UnknownIssuer | BadSignature)) => Error::tls(
            address,
            "the certificate is from an unknown authority; pass the certificate of the authority \
             to `root_certificate`",
        ),
        // The names that the certificate is valid for are the server's choice, and may be many.
        Some(InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) => {
            Error::tls(address, "the certificate is for another host; use a name that it lists")
        }
        Some(AlertReceived(_)) => Error::alert(address, error),
        Some(InvalidCertificate(_)) => Error::tls(address, error),
        _ => Error::unreachable(address, error),
    }
}
