use feishu_sdk::Client;
use feishu_sdk::core::Config;
use openplat_bench::{CHAT, Outcome, warm_calls};
use serde_json::json;

fn main() -> Outcome {
    warm_calls(async |base| {
        let client =
            Client::new(Config::builder("cli_a1b2c3", "app secret").base_url(base).build())?;
        Ok(async move || {
            let call = client.operation("im.v1.chat.link").path_param("chat_id", CHAT);
            let response = call.body_json(&json!({ "validity_period": "week" }))?.send().await?;
            match response.json_value()?["data"]["share_link"].is_string() {
                true => Ok(()),
                false => Err("the response has no link".into()),
            }
        })
    })
}
