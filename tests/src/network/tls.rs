use feishu_im::{Client, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::server::{SUCCESS, Server, anonymous, asking_for_certificates, tunnel_to};
use super::{call, client, environment, options, texts};
use crate::tested::Tested;

const AUTHORITY: &[u8] = include_bytes!("../../certificates/ca.pem");
const IDENTITY: &str = include_str!("../../certificates/client.pem");

#[tokio::test]
async fn a_certificate_authority_of_ones_own_can_be_trusted() {
    let server = Server::start_tls(anonymous()).await;
    let error = call(client(&server.tls_url())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    for advice in ["certificate", "`localhost`", "`root_certificate`"] {
        assert!(error.to_string().contains(advice), "{error}");
    }
    call(client(&server.tls_url()).root_certificate(AUTHORITY)).await.unwrap();
    for bad in ["", "-----BEGIN CERTIFICATE-----\n???\n-----END CERTIFICATE-----"] {
        let error = client(&server.tls_url()).root_certificate(bad).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("root certificate"), "{error}");
    }
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let server = Server::start_tls(anonymous()).await;
    let proxy = tunnel_to(server.address).await;
    let client = |base_url| client(base_url).root_certificate(AUTHORITY).proxy(proxy.clone());
    let error = call(client("https://platform.invalid")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.to_string().contains("for another host"), "{error}");
    call(client("https://localhost")).await.unwrap();
}

#[tokio::test]
async fn a_server_without_tls_is_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    });
    let error = call(client(&format!("https://{address}"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.to_string().contains("does not speak TLS"), "{error}");
}

#[tokio::test]
async fn a_client_can_have_a_certificate() {
    let server = Server::start_tls(asking_for_certificates()).await;
    let builder = || client(&server.tls_url()).root_certificate(AUTHORITY);
    let error = call(builder()).await.unwrap_err();
    assert!(error.to_string().contains("`client_certificate`"), "{error}");
    call(builder().client_certificate(IDENTITY)).await.unwrap();

    let (certificate, key) = IDENTITY.split_at(IDENTITY.find("-----BEGIN PRIVATE KEY").unwrap());
    let foreign = include_str!("../../certificates/server.key");
    let broken = key.replace("BEGIN PRIVATE KEY", "BEGIN HUNTER2");
    for bad in ["", key, certificate, &format!("{certificate}{foreign}"), &broken] {
        let error = builder().client_certificate(bad).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("client certificate"), "{error}");
        assert!(!texts(&error).contains("HUNTER2"), "{error}");
    }
    let builder = options().client_certificate(IDENTITY);
    let debug = format!("{builder:?} {:?}", builder.clone().build().unwrap());
    assert!(!debug.contains("BEGIN"), "{debug}");
}

const NO_CERTIFICATES: [(&str, &str); 2] =
    [("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")];

#[tokio::test]
async fn a_system_without_certificates_is_no_reason_not_to_build() {
    let test = "network::tls::a_system_without_certificates_is_no_reason_not_to_build";
    if !environment::has(test, &NO_CERTIFICATES) {
        return;
    }
    Client::builder("cli_1", "secret").over::<Tested>().build().unwrap();
    let plain = Server::start(SUCCESS).await;
    call(client(&plain.url())).await.unwrap();

    let server = Server::start_tls(anonymous()).await;
    let error = call(client(&server.tls_url())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    for advice in ["`ca-certificates`", "`root_certificate`", "`webpki-roots`"] {
        assert!(error.to_string().contains(advice), "{error}");
    }
    call(client(&server.tls_url()).root_certificate(AUTHORITY)).await.unwrap();
}

#[tokio::test]
async fn certificates_of_the_system_are_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roots.pem");
    let variables = [("SSL_CERT_FILE", file.to_str().unwrap()), ("SSL_CERT_DIR", "/nonexistent")];
    let test = "network::tls::certificates_of_the_system_are_read_once";
    if !environment::has(test, &variables) {
        return;
    }
    let file = std::env::var("SSL_CERT_FILE").unwrap();
    let server = Server::start_tls(anonymous()).await;
    // A failure is not kept: whoever installs certificates need not restart the program.
    call(client(&server.tls_url())).await.unwrap_err();
    std::fs::write(&file, AUTHORITY).unwrap();
    call(client(&server.tls_url())).await.unwrap();
    std::fs::remove_file(&file).unwrap();
    call(client(&server.tls_url())).await.unwrap();
    // A client with an authority of its own knows the system's as well.
    let other = include_bytes!("../../certificates/client-ca.pem");
    call(client(&server.tls_url()).root_certificate(*other)).await.unwrap();
}
