//! `rediss://`, with certificates that are made here.

use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

use openplat_core::TokenStore;
use openplat_token_redis::{Error, ErrorKind, RedisTokenStore};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::CryptoProvider;
use tempfile::TempDir;

use crate::server::{PASSWORD, Redis};
use crate::{key, store, token};

type Authority = CertifiedIssuer<'static, KeyPair>;

/// Each has a key of its own, and all have the same name.
fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "an authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

struct Identity {
    certificate: String,
    key: String,
}

fn identity(authority: &Authority, name: &str) -> Identity {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    let certificate = params.signed_by(&key, authority).unwrap();
    Identity { certificate: certificate.pem(), key: key.serialize_pem() }
}

struct TlsRedis {
    redis: Redis,
    _files: TempDir,
}

impl TlsRedis {
    /// Redis with a certificate of `authority` for `name`, which may ask clients for one as well.
    fn start(authority: &Authority, name: &str, auth_clients: &str) -> Self {
        let files = tempfile::tempdir().unwrap();
        let identity = identity(authority, name);
        let write = |file: &str, pem: &str| -> PathBuf {
            let path = files.path().join(file);
            fs::write(&path, pem).unwrap();
            path
        };
        let certificate = write("certificate.pem", &identity.certificate);
        let key = write("key.pem", &identity.key);
        let ca = write("ca.pem", &authority.pem());
        let redis = Redis::start_with(&[
            "--port",
            "0",
            "--tls-port",
            "{port}",
            "--tls-cert-file",
            certificate.to_str().unwrap(),
            "--tls-key-file",
            key.to_str().unwrap(),
            "--tls-ca-cert-file",
            ca.to_str().unwrap(),
            "--tls-auth-clients",
            auth_clients,
        ]);
        Self { redis, _files: files }
    }

    fn url(&self) -> String {
        self.redis.url().replace("redis://", "rediss://")
    }

    fn store(&self) -> RedisTokenStore {
        store(&self.url())
    }
}

async fn works(store: &RedisTokenStore) {
    let key = key("http://127.0.0.1:1").await;
    let lock = store.lock(&key, Duration::from_secs(60)).await.unwrap().unwrap();
    store.put(&key, token("t-1", SystemTime::now())).await.unwrap();
    assert_eq!(store.get(&key).await.unwrap().unwrap().value().expose(), "t-1");
    store.unlock(&key, lock).await.unwrap();
}

fn is_configuration(error: &Error, says: &str) {
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(error.to_string().contains(says), "{error}");
    assert!(!error.to_string().contains(PASSWORD), "{error}");
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_private_authority_is_trusted_and_nothing_is_installed_for_the_process() {
    let authority = authority();
    let redis = TlsRedis::start(&authority, "127.0.0.1", "no");
    works(&redis.store().root_certificate(authority.pem()).unwrap()).await;
    // Of several, in one file or one by one.
    let others = [self::authority(), self::authority()].map(|other| other.pem());
    let bundle = format!("{}{}", others[0], authority.pem());
    let store = redis.store().root_certificate(bundle).unwrap().root_certificate(&others[1]);
    works(&store.unwrap()).await;
    // A program that installs one of its own can still do so.
    assert!(CryptoProvider::get_default().is_none());
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_server_that_cannot_prove_who_it_is_gets_no_password() {
    let authority = authority();
    let redis = TlsRedis::start(&authority, "127.0.0.1", "no");
    let other = redis.store().root_certificate(self::authority().pem()).unwrap();
    is_configuration(&other.ping().await.unwrap_err(), "pass the certificate of the authority to");

    let redis = TlsRedis::start(&authority, "redis.example.com", "no");
    let store = redis.store().root_certificate(authority.pem()).unwrap();
    is_configuration(&store.ping().await.unwrap_err(), "the certificate is for another host");
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_client_certificate_is_presented() {
    let authority = authority();
    let redis = TlsRedis::start(&authority, "127.0.0.1", "yes");
    let trusting = || redis.store().root_certificate(authority.pem()).unwrap();
    let Identity { certificate, key } = identity(&authority, "client");
    works(&trusting().client_certificate(certificate, key).unwrap()).await;

    let advice = "pass one to `client_certificate`";
    is_configuration(&trusting().ping().await.unwrap_err(), advice);
    let Identity { certificate, key } = identity(&self::authority(), "client");
    let stranger = trusting().client_certificate(certificate, key).unwrap();
    is_configuration(&stranger.ping().await.unwrap_err(), advice);
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_server_without_tls_is_not_spoken_to_in_plain_text() {
    let redis = Redis::start();
    let url = redis.url().replace("redis://", "rediss://");
    let store = store(&url).timeout(Duration::from_millis(500));
    let error = store.root_certificate(authority().pem()).unwrap().ping().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    let commands: String = redis.ask(&["INFO", "commandstats"]).await;
    assert!(!commands.contains("cmdstat_ping"), "{commands}");
}

#[test]
fn certificates_are_checked_when_they_are_given() {
    let store = || RedisTokenStore::new("rediss://127.0.0.1").unwrap();
    let authority = authority();
    let [a, b] = ["a", "b"].map(|name| identity(&authority, name));
    for pem in ["", "hunter2", &*a.key, "-----BEGIN CERTIFICATE-----\nhunter2"] {
        is_configuration(&store().root_certificate(pem).unwrap_err(), "not in PEM format");
        let error = store().client_certificate(pem, &a.key).unwrap_err();
        is_configuration(&error, "the client certificate is not in PEM format");
    }
    let error = store().client_certificate(&a.certificate, &a.certificate).unwrap_err();
    is_configuration(&error, "not a private key");
    let error = store().client_certificate(&a.certificate, &b.key).unwrap_err();
    is_configuration(&error, "does not belong to the client certificate");

    let plain = RedisTokenStore::new("redis://127.0.0.1").unwrap();
    is_configuration(&plain.root_certificate(authority.pem()).unwrap_err(), "`rediss://`");
    let plain = RedisTokenStore::new("redis://127.0.0.1").unwrap();
    is_configuration(&plain.client_certificate(a.certificate, a.key).unwrap_err(), "`rediss://`");
}

/// Each attempt leaves nothing behind, though the server never responds.
#[tokio::test]
async fn a_server_that_never_shakes_hands_is_given_its_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("rediss://{}", listener.local_addr().unwrap());
    let store = RedisTokenStore::new(&url).unwrap().timeout(Duration::from_millis(50));
    let error = store.root_certificate(authority().pem()).unwrap().ping().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains("did not respond within 50ms"), "{error}");
}

const NOWHERE: &str = "/nowhere";

/// Run by the next test, on a system that trusts no authority.
#[ignore = "started by another test"]
#[tokio::test]
async fn on_a_system_without_authorities() {
    if env::var("SSL_CERT_FILE").is_ok_and(|file| file == NOWHERE) {
        let store = RedisTokenStore::new("rediss://127.0.0.1:1").unwrap();
        is_configuration(&store.ping().await.unwrap_err(), "install the CA certificates");
        let store = store.root_certificate(authority().pem()).unwrap();
        assert_eq!(store.ping().await.unwrap_err().kind(), ErrorKind::Unavailable);
    }
}

/// A container often has none. Programs that use no TLS, or their own authority, need none.
#[cfg(target_os = "linux")]
#[test]
fn a_system_without_authorities_is_an_error_with_advice() {
    let test = ["--exact", "tls::on_a_system_without_authorities", "--ignored"];
    let mut process = Command::new(env::current_exe().unwrap());
    process.args(test).env("SSL_CERT_FILE", NOWHERE).env("SSL_CERT_DIR", NOWHERE);
    let output = process.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
