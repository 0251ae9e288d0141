//! A call of DingTalk as a careful developer writes it with reqwest.

use std::time::Duration;

use openplat_bench::{Outcome, http_client, warm_calls};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Credentials<'a> {
    app_key: &'a str,
    app_secret: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    access_token: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link<'a> {
    space_id: &'a str,
    dentry_id: &'a str,
    open_conversation_id: &'a str,
}

#[derive(Deserialize)]
struct Sent {
    file: File,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "decoding them is what a call costs")]
struct File {
    id: Option<String>,
    conversation_id: Option<String>,
    space_id: Option<String>,
    parent_id: Option<String>,
    r#type: Option<String>,
    name: Option<String>,
    size: Option<i64>,
    path: Option<String>,
    version: Option<i64>,
    status: Option<String>,
    extension: Option<String>,
    creator_id: Option<String>,
    modifier_id: Option<String>,
    create_time: Option<String>,
    modified_time: Option<String>,
    uuid: Option<String>,
}

#[derive(Deserialize)]
struct Failure {
    code: String,
    message: String,
}

fn main() -> Outcome {
    warm_calls(async |base| {
        let client = http_client()?;
        let token = token(&client, &base).await?;
        Ok(async move || send_link(&client, &base, &token).await.map(drop))
    })
}

async fn token(client: &reqwest::Client, base: &str) -> Outcome<String> {
    let url = format!("{base}/v1.0/oauth2/accessToken");
    let credentials = Credentials { app_key: "dingabc", app_secret: "app secret" };
    let token: Token = client.post(url).json(&credentials).send().await?.json().await?;
    Ok(token.access_token)
}

async fn send_link(client: &reqwest::Client, base: &str, token: &str) -> Outcome<File> {
    let union_id = "chyxxxxx";
    let response = client
        .post(format!("{base}/v1.0/convFile/conversations/files/links/send?unionId={union_id}"))
        .header("x-acs-dingtalk-access-token", token)
        .json(&Link {
            space_id: "786xxxxx",
            dentry_id: "908xxxxx",
            open_conversation_id: "cidCxxxxx",
        })
        .timeout(Duration::from_secs(10))
        .send()
        .await?;
    let status = response.status();
    let body = response.bytes().await?;
    if !status.is_success() {
        let Failure { code, message } = serde_json::from_slice(&body)?;
        return Err(format!("HTTP {status}, code {code}, {message}").into());
    }
    let sent: Sent = serde_json::from_slice(&body)?;
    Ok(sent.file)
}
