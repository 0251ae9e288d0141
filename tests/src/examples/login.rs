//! A user logs in on the page of the example, with a browser of our own.

use bytes::Bytes;
use feishu_im::Feishu;
use http::Request;
use http_body_util::BodyExt;
use openplat_core::{Body, Method, Transport, TransportBuilder};
use openplat_mock::{Consent, MockPlatform, Route, TokenKind};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::im::login;
use crate::in_process::feishu;
use crate::tested::Tested;

/// A browser with one cookie, which follows no redirect by itself.
struct Browser {
    site: String,
    transport: Tested,
    cookie: String,
}

/// What a browser was told: the status, the address it is sent to, and the text of the page.
struct Page {
    status: u16,
    location: String,
    text: String,
}

impl Browser {
    fn new(site: &str) -> Self {
        let transport = TransportBuilder::default().no_proxy().build().unwrap();
        Self { site: site.to_owned(), transport, cookie: String::new() }
    }

    async fn open(&mut self, path: &str) -> Page {
        let request = Request::get(format!("{}{path}", self.site)).header("cookie", &self.cookie);
        let body = Body::from(Bytes::new());
        let response = self.transport.send(request.body(body).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        let header = |name| head.headers.get(name).map(|value| value.to_str().unwrap());
        if let Some(cookie) = header("set-cookie") {
            assert!(cookie.contains("HttpOnly; SameSite=Lax; Path=/"), "{cookie}");
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        let body = body.collect().await.unwrap().to_bytes();
        Page {
            status: head.status.as_u16(),
            location: header("location").unwrap_or_default().to_owned(),
            text: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// Begins a login and consents; returns the path that the login page sends the user back to.
    async fn consent(&mut self, mock: &MockPlatform) -> String {
        let login = self.open("/login").await;
        assert_eq!(login.status, 303);
        let code = mock.consent(Consent::from_url(&login.location).unwrap());
        let query = login.location.split_once('?').unwrap().1;
        let state = query.split('&').find(|pair| pair.starts_with("state=")).unwrap();
        format!("/back?code={code}&{state}")
    }

    async fn text(&mut self, path: &str) -> String {
        self.open(path).await.text
    }
}

async fn site() -> (MockPlatform, Route, String, JoinHandle<std::io::Result<()>>) {
    let mock = MockPlatform::in_process();
    let users = mock.on_path::<Feishu>(Method::Get, "/open-apis/authen/v1/user_info");
    let users = users.data(json!({ "open_id": "ou_1", "name": "Tom" }));
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let server = axum::serve(socket, login::site(feishu(&mock)));
    (mock, users, url, tokio::spawn(async move { server.await }))
}

const LINK: &str = r#"<a href="/login">Log in with Feishu</a>"#;

#[tokio::test]
async fn a_user_logs_in_and_stays_logged_in() {
    let (mock, users, url, server) = site().await;
    let mut browser = Browser::new(&url);
    assert_eq!(browser.text("/").await, LINK);
    let back = browser.consent(&mock).await;
    let before = browser.cookie.clone();
    let page = browser.open(&back).await;
    assert_eq!((page.status, &*page.location), (303, "/"));
    assert_ne!(browser.cookie, before, "a login gets a session of its own");
    assert_eq!(browser.text("/").await, "Hello, Tom!");

    assert_eq!(users.calls(), 2);

    mock.revoke(TokenKind::FeishuUser);
    assert_eq!(browser.text("/").await, LINK, "the user has to log in again");
    server.abort();
}

#[tokio::test]
async fn no_one_is_logged_in_by_a_link_of_someone_else() {
    let (mock, users, url, server) = site().await;
    let back = Browser::new(&url).consent(&mock).await;

    let mut without_login = Browser::new(&url);
    assert_eq!(without_login.open(&back).await.location, "/");
    assert_eq!(without_login.text("/").await, LINK);

    let mut with_login = Browser::new(&url);
    with_login.open("/login").await;
    assert_eq!(with_login.open(&back).await.status, 500);
    assert_eq!(with_login.text("/").await, LINK);
    assert_eq!((mock.token_requests().len(), users.calls()), (0, 0), "the code was sent nowhere");
    server.abort();
}

#[tokio::test]
async fn a_user_can_decline() {
    let (_mock, users, url, server) = site().await;
    let mut browser = Browser::new(&url);
    browser.open("/login").await;
    let page = browser.open("/back?error=access_denied&state=x").await;
    assert_eq!((page.status, &*page.location), (303, "/"));
    assert_eq!(browser.text("/").await, LINK);
    assert_eq!(users.calls(), 0);
    server.abort();
}
