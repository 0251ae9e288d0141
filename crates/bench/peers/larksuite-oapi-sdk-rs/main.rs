use larksuite_oapi_sdk_rs::service::im::v1::LinkChatReqBody;
use larksuite_oapi_sdk_rs::{LarkClient, RequestOption};
use openplat_bench::{CHAT, Outcome, warm_calls};

fn main() -> Outcome {
    warm_calls(async |base| {
        let client = LarkClient::builder("cli_a1b2c3", "app secret").base_url(base).build()?;
        Ok(async move || {
            let body = LinkChatReqBody { validity_period: Some("week".to_owned()) };
            let link = client.im().chat.link(CHAT, &body, &RequestOption::default()).await?;
            match link.data {
                Some(data) if data.share_link.is_some() => Ok(()),
                _ => Err("the response has no link".into()),
            }
        })
    })
}
