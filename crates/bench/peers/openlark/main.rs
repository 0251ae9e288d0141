use open_lark::communication::im::v1::chat::link::GetChatLinkRequest;
use open_lark::communication::im::v1::chat::models::ChatLinkValidityPeriod;
use open_lark::prelude::*;
use openplat_bench::{CHAT, Outcome, warm_calls};

fn main() -> Outcome {
    warm_calls(async |base| {
        let client = Client::builder()
            .app_id("cli_a1b2c3")
            .app_secret("app secret")
            .base_url(base)
            .allow_custom_base_url(true)
            .build()?;
        Ok(async move || {
            let request = GetChatLinkRequest::new(client.api_config().clone())
                .chat_id(CHAT)
                .validity_period(ChatLinkValidityPeriod::Week);
            match request.execute().await?.share_link.is_empty() {
                false => Ok(()),
                true => Err("the response has no link".into()),
            }
        })
    })
}
