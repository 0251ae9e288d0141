//! Lets users log in with their Feishu accounts on a small web page, and greets them by name.
//!
//! ```sh
//! export FEISHU_APP_ID=cli_... FEISHU_APP_SECRET=...
//! cargo run -p feishu-im --example login
//! ```
//!
//! In the developer console, add the redirect URL `http://localhost:8080/back` and the scope
//! `offline_access`; then open <http://localhost:8080>. For Lark, add
//! `.base_url(feishu_im::Feishu::LARK)` to the client.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use feishu_im::openplat_core::Method;
use feishu_im::{Authorization, Client, ErrorKind, Secret};
use serde::Deserialize;
use tokio::net::TcpListener;

const SITE: &str = "http://localhost:8080";
const USER_INFO: &str = "/open-apis/authen/v1/user_info";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app_id = variable("FEISHU_APP_ID")?;
    let feishu = Client::builder(app_id, Secret::from_env("FEISHU_APP_SECRET")?).build()?;
    let socket = TcpListener::bind("127.0.0.1:8080").await?;
    println!("Open {SITE}");
    Ok(axum::serve(socket, site(feishu)).await?)
}

pub fn site(feishu: Client) -> Router {
    let routes = Router::new().route("/", get(home)).route("/login", get(login));
    routes.route("/back", get(back)).with_state(Site { feishu, sessions: Sessions::default() })
}

#[derive(Clone)]
struct Site {
    feishu: Client,
    sessions: Sessions,
}

#[derive(Deserialize)]
struct User {
    open_id: String,
    name: String,
}

async fn home(State(site): State<Site>, cookies: CookieJar) -> Result<Response, Failure> {
    let link = Html(r#"<a href="/login">Log in with Feishu</a>"#).into_response();
    let Some(Session::LoggedIn(open_id)) = site.sessions.get(&cookies) else { return Ok(link) };
    // Renews the user's token when it is about to expire.
    let user = site.feishu.as_user_with(site.feishu.user_session(open_id));
    match user.raw(Method::Get, USER_INFO).send::<User>().await {
        Ok(user) => Ok(format!("Hello, {}!", user.name).into_response()),
        Err(error) if error.kind() == ErrorKind::Unauthenticated => Ok(link),
        Err(error) => Err(error.into()),
    }
}

async fn login(State(site): State<Site>) -> Result<(CookieJar, Redirect), Failure> {
    let authorization =
        site.feishu.authorize_url(format!("{SITE}/back")).scope("offline_access").build()?;
    let redirect = Redirect::to(authorization.url());
    Ok((site.sessions.begin(Session::LoggingIn(authorization))?, redirect))
}

/// The query that the login page adds to the address to which it sends the user back.
#[derive(Deserialize)]
struct Back {
    state: String,
    /// Absent if the user declined.
    code: Option<String>,
}

async fn back(
    State(site): State<Site>,
    Query(back): Query<Back>,
    cookies: CookieJar,
) -> Result<Response, Failure> {
    let session = site.sessions.get(&cookies);
    let (Some(code), Some(Session::LoggingIn(authorization))) = (back.code, session) else {
        return Ok(Redirect::to("/").into_response());
    };
    // Fails if the login was begun in another browser.
    let exchange = authorization.exchange(code, &back.state)?;
    site.sessions.end(&cookies);
    let token = site.feishu.exchange_code(exchange).await?;
    let user = site.feishu.as_user(token.access_token.clone());
    let user: User = user.raw(Method::Get, USER_INFO).send().await?;
    site.feishu.user_session(&user.open_id).save(&token).await?;
    let cookies = site.sessions.begin(Session::LoggedIn(user.open_id))?;
    Ok((cookies, Redirect::to("/")).into_response())
}

/// The web sessions, in memory. A real site stores them, and lets them expire.
#[derive(Clone, Default)]
struct Sessions(Arc<Mutex<HashMap<String, Session>>>);

#[derive(Clone)]
enum Session {
    LoggingIn(Authorization),
    /// The user's open ID.
    LoggedIn(String),
}

impl Sessions {
    /// Begins a session under a new ID, and returns its cookie.
    fn begin(&self, session: Session) -> Result<CookieJar, getrandom::Error> {
        let mut id = [0; 16];
        getrandom::fill(&mut id)?;
        let id = format!("{:032x}", u128::from_ne_bytes(id));
        self.lock().insert(id.clone(), session);
        // Behind HTTPS, add `.secure(true)`.
        let cookie = Cookie::build(("session", id)).path("/").http_only(true);
        Ok(CookieJar::new().add(cookie.same_site(SameSite::Lax)))
    }

    fn get(&self, cookies: &CookieJar) -> Option<Session> {
        self.lock().get(cookies.get("session")?.value()).cloned()
    }

    fn end(&self, cookies: &CookieJar) {
        if let Some(cookie) = cookies.get("session") {
            self.lock().remove(cookie.value());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A failed request. The details are for the log, and not for the user.
struct Failure;

impl<E: Into<Box<dyn Error>>> From<E> for Failure {
    fn from(error: E) -> Self {
        eprintln!("{}", error.into());
        Self
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, "Something failed. Please try again.").into_response()
    }
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
