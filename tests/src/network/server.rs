//! A server that gives the same reply to every request.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A success of Feishu without data.
pub(super) const SUCCESS: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"code\":0}";

pub(super) struct Server {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    connections: usize,
    heads: Vec<String>,
}

impl Server {
    /// Speaks plain HTTP.
    pub(super) async fn start(reply: impl Into<Vec<u8>>) -> Self {
        Self::listen(reply.into(), None).await
    }

    /// Speaks TLS, with a certificate of the test authority for `localhost`.
    pub(super) async fn start_tls(config: ServerConfig) -> Self {
        Self::listen(SUCCESS.into(), Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn listen(reply: Vec<u8>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let server = Self { address, seen: seen.clone() };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                seen.lock().unwrap().connections += 1;
                let (reply, seen, tls) = (reply.clone(), seen.clone(), tls.clone());
                tokio::spawn(async move {
                    let Some(tls) = tls else { return converse(stream, &reply, &seen).await };
                    let Ok(stream) = tls.accept(stream).await else { return };
                    converse(stream, &reply, &seen).await;
                });
            }
        });
        server
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn tls_url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    pub(super) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    /// The request line and the headers of each request, in small letters.
    pub(super) fn heads(&self) -> Vec<String> {
        self.seen.lock().unwrap().heads.clone()
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(stream: S, reply: &[u8], seen: &Mutex<Seen>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if !matches!(stream.read_until(b'\n', &mut head).await, Ok(1..)) {
                return;
            }
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.map_or(0, |length| length.parse().unwrap());
        if stream.read_exact(&mut vec![0; length]).await.is_err() {
            return;
        }
        seen.lock().unwrap().heads.push(head);
        if stream.write_all(reply).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        // A reply without a length ends with the connection.
        if !reply.windows(15).any(|part| part == b"content-length:") {
            let _ = stream.shutdown().await;
            return;
        }
    }
}

/// Starts a proxy that leads all tunnels to one address, and returns its URL.
pub(super) async fn tunnel_to(address: SocketAddr) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let request = client.read(&mut [0; 4096]).await;
            assert!(request.is_ok_and(|length| length > 0));
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            let mut server = TcpStream::connect(address).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        }
    });
    url
}

/// A server that asks clients for nothing.
pub(super) fn anonymous() -> ServerConfig {
    let config = builder().with_no_client_auth();
    config.with_single_cert(certificates(), key()).unwrap()
}

/// A server that asks clients for a certificate of the test's client authority.
pub(super) fn asking_for_certificates() -> ServerConfig {
    let mut roots = rustls::RootCertStore::empty();
    let pem = include_bytes!("../../certificates/client-ca.pem");
    roots.add(CertificateDer::from_pem_slice(pem).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let config = builder().with_client_cert_verifier(verifier.build().unwrap());
    config.with_single_cert(certificates(), key()).unwrap()
}

fn builder() -> rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap()
}

fn certificates() -> Vec<CertificateDer<'static>> {
    let pem = include_bytes!("../../certificates/server.pem");
    vec![CertificateDer::from_pem_slice(pem).unwrap()]
}

fn key() -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_slice(include_bytes!("../../certificates/server.key")).unwrap()
}
