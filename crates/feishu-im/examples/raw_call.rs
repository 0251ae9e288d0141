//! Calls an endpoint that no crate has an operation for: finds users by email address.
//!
//! ```sh
//! export FEISHU_APP_ID=cli_... FEISHU_APP_SECRET=...
//! cargo run -p feishu-im --example raw_call -- tom@example.com
//! ```
//!
//! The app needs the scope `contact:user.id:readonly`. For Lark, add
//! `.base_url(feishu_im::Feishu::LARK)` to the client.

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::env;
use std::error::Error;

use feishu_im::openplat_core::Method;
use feishu_im::{Client, Secret};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Found {
    user_list: Vec<User>,
}

#[derive(Deserialize)]
pub struct User {
    pub email: String,
    /// Absent if no user has this address.
    pub user_id: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let emails: Vec<String> = env::args().skip(1).collect();
    let app_id = variable("FEISHU_APP_ID")?;
    let feishu = Client::builder(app_id, Secret::from_env("FEISHU_APP_SECRET")?).build()?;
    for User { email, user_id } in find(&feishu, &emails).await? {
        println!("{email}: {}", user_id.as_deref().unwrap_or("no such user"));
    }
    Ok(())
}

pub async fn find(feishu: &Client, emails: &[String]) -> Result<Vec<User>, feishu_im::Error> {
    let found: Found = feishu
        .raw(Method::Post, "/open-apis/contact/v3/users/batch_get_id")
        .query("user_id_type", "open_id")
        .json(&json!({ "emails": emails }))
        .send()
        // It only reads, so that a retry does no harm.
        .idempotent(true)
        .await?;
    Ok(found.user_list)
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
