//! A call of Feishu as a careful developer writes it with reqwest.

use std::time::Duration;

use openplat_bench::{CHAT, Outcome, http_client, warm_calls};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Credentials<'a> {
    app_id: &'a str,
    app_secret: &'a str,
}

#[derive(Deserialize)]
struct Token {
    tenant_access_token: String,
}

#[derive(Serialize)]
struct Link<'a> {
    validity_period: &'a str,
}

#[derive(Deserialize)]
struct Envelope<T> {
    code: i64,
    msg: String,
    data: Option<T>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding them is what a call costs")]
struct LinkData {
    share_link: Option<String>,
    expire_time: Option<String>,
    is_permanent: Option<bool>,
}

fn main() -> Outcome {
    warm_calls(async |base| {
        let client = http_client()?;
        let token = token(&client, &base).await?;
        Ok(async move || link(&client, &base, &token).await.map(drop))
    })
}

async fn token(client: &reqwest::Client, base: &str) -> Outcome<String> {
    let url = format!("{base}/open-apis/auth/v3/tenant_access_token/internal");
    let credentials = Credentials { app_id: "cli_a1b2c3", app_secret: "app secret" };
    let token: Token = client.post(url).json(&credentials).send().await?.json().await?;
    Ok(token.tenant_access_token)
}

async fn link(client: &reqwest::Client, base: &str, token: &str) -> Outcome<LinkData> {
    let response = client
        .post(format!("{base}/open-apis/im/v1/chats/{CHAT}/link"))
        .bearer_auth(token)
        .json(&Link { validity_period: "week" })
        .timeout(Duration::from_secs(10))
        .send()
        .await?;
    let status = response.status();
    let body = response.bytes().await?;
    let envelope: Envelope<LinkData> = serde_json::from_slice(&body)?;
    match envelope.data {
        Some(data) if envelope.code == 0 && status.is_success() => Ok(data),
        _ => Err(format!("HTTP {status}, code {}, {}", envelope.code, envelope.msg).into()),
    }
}
