use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, OtherError,
    RootCertStore, SignatureScheme,
};
use rustls_platform_verifier::Verifier;

use super::unusable;
use crate::base::Secret;
use crate::error::Error;

/// Sets up TLS with the given certificates, all in PEM format.
pub(super) fn config(
    root_certificates: &[Vec<u8>],
    client_certificate: Option<&Secret>,
    http2: bool,
) -> Result<ClientConfig, Error> {
    let provider =
        CryptoProvider::get_default().cloned().or_else(built_in_provider).ok_or_else(|| {
            unusable(
                "no TLS provider: install a rustls `CryptoProvider` before the client is built, \
                 or enable the feature `ring`",
            )
        })?;
    let trust = Trust::new(roots(root_certificates)?, provider.clone())?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| unusable("the TLS provider supports no version of TLS that is safe"))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(trust));
    let mut config = match client_certificate {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let (chain, key) = identity(pem.expose().as_bytes())?;
            builder.with_client_auth_cert(chain, key).map_err(|_| {
                unusable("the client certificate and its private key do not work together")
            })?
        }
    };
    if http2 {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    }
    Ok(config)
}

fn built_in_provider() -> Option<Arc<CryptoProvider>> {
    #[cfg(feature = "ring")]
    return Some(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(not(feature = "ring"))]
    None
}

/// Reads the authorities that are trusted in addition to the system's.
fn roots(pem: &[Vec<u8>]) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    #[cfg(feature = "webpki-roots")]
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for pem in pem {
        let certificates = certificates(pem);
        let Some(certificates) = certificates.filter(|found| !found.is_empty()) else {
            return Err(unusable("a root certificate is not in PEM format"));
        };
        for certificate in certificates {
            roots
                .add(certificate)
                .map_err(|_| unusable("a root certificate is not an X.509 certificate"))?;
        }
    }
    Ok(roots)
}

fn identity(pem: &[u8]) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Error> {
    let chain = certificates(pem)
        .filter(|found| !found.is_empty())
        .ok_or_else(|| unusable("the client certificate is not in PEM format, or there is none"))?;
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
        unusable("the client certificate has no private key in PEM format behind it")
    })?;
    Ok((chain, key))
}

/// The error is left out: it quotes the line that cannot be read, and that may be of a key.
fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()
}

/// Trusts a client's own authorities and those of the system.
#[derive(Debug)]
struct Trust {
    own: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl Trust {
    fn new(roots: RootCertStore, provider: Arc<CryptoProvider>) -> Result<Self, Error> {
        let own = match roots.is_empty() {
            true => None,
            false => Some(
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                    .build()
                    .map_err(|_| unusable("the root certificates cannot be used"))?,
            ),
        };
        Ok(Self { own, provider })
    }

    /// Returns the verifier of the system's authorities, unless there are none.
    ///
    /// They are public and the same for all clients, and reading them takes longer than building
    /// one; a process keeps them once it has them. It looks again if there were none.
    fn system(&self) -> Option<Arc<Verifier>> {
        static SYSTEM: Mutex<Option<Arc<Verifier>>> = Mutex::new(None);
        let mut system = SYSTEM.lock().unwrap_or_else(PoisonError::into_inner);
        if system.is_none() {
            *system = Verifier::new(self.provider.clone()).ok().map(Arc::new);
        }
        system.clone()
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verify = |verifier: &dyn ServerCertVerifier| {
            verifier.verify_server_cert(certificate, intermediates, name, ocsp, now)
        };
        let own = self.own.as_deref().map(|own| verify(own));
        if let Some(Ok(verified)) = own {
            return Ok(verified);
        }
        let system = self.system().map(|system| verify(&*system));
        match (own, system) {
            (_, Some(Ok(verified))) => Ok(verified),
            // If the authority is known, the error names another problem.
            (Some(Err(error)), Some(_)) if !is_unknown_issuer(&error) => Err(error),
            (_, Some(Err(error))) | (Some(Err(error)), None) => Err(error),
            (_, None) => Err(CertificateError::Other(OtherError(Arc::new(NoRoots))).into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn is_unknown_issuer(error: &rustls::Error) -> bool {
    matches!(error, rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer))
}

#[derive(Debug, thiserror::Error)]
#[error("no authority is trusted")]
struct NoRoots;

/// Returns what a failure of TLS means and what to do about it, without quoting the server's
/// certificate.
pub(super) fn explain(error: &rustls::Error) -> String {
    const TRUST: &str = "Install the system's `ca-certificates`, pass the authority to \
                         `root_certificate`, or enable the feature `webpki-roots`";
    match error {
        rustls::Error::InvalidCertificate(error) => match error {
            CertificateError::Other(OtherError(error)) if error.is::<NoRoots>() => {
                format!("this machine has no trusted root certificates. {TRUST}")
            }
            CertificateError::UnknownIssuer => format!(
                "the certificate of the server is not from a trusted authority. {TRUST}. A proxy \
                 that inspects TLS has an authority of its own"
            ),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the certificate of the server has expired; check this machine's clock".into()
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the certificate of the server is not valid yet; check this machine's clock".into()
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the certificate of the server is for another host; check the base URL".into()
            }
            CertificateError::Revoked => "the certificate of the server was revoked".into(),
            _ => "the certificate of the server is not acceptable".into(),
        },
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "the server asks for a client certificate; set `client_certificate`".into()
        }
        rustls::Error::AlertReceived(alert) => {
            format!("the server ended the TLS connection with the alert {alert:?}")
        }
        rustls::Error::PeerIncompatible(_) => {
            "the server supports no version or cipher suite of TLS that is safe".into()
        }
        rustls::Error::InvalidMessage(_) => {
            "the server does not speak TLS; check the scheme and the port of the base URL".into()
        }
        _ => "TLS failed".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authorities_of_mozilla_are_a_feature() {
        assert_eq!(roots(&[]).unwrap().is_empty(), !cfg!(feature = "webpki-roots"));
    }

    #[test]
    fn what_to_do_about_a_certificate() {
        use CertificateError::{
            Expired, NotValidForName, NotValidForNameContext, NotValidYet, UnknownIssuer,
        };
        let named = NotValidForNameContext {
            expected: ServerName::try_from("open.feishu.cn").unwrap(),
            presented: vec!["secret".into()],
        };
        for (error, advice) in [
            (CertificateError::Other(OtherError(Arc::new(NoRoots))), "ca-certificates"),
            (UnknownIssuer, "root_certificate"),
            (UnknownIssuer, "webpki-roots"),
            (Expired, "clock"),
            (NotValidYet, "clock"),
            (NotValidForName, "base URL"),
            (named, "base URL"),
        ] {
            let text = explain(&rustls::Error::InvalidCertificate(error));
            assert!(text.contains(advice) && !text.contains("secret"), "{text}");
        }
    }
}
