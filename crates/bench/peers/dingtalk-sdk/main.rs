use dingtalk_sdk::Client;
use openplat_bench::{Outcome, warm_calls};

fn main() -> Outcome {
    warm_calls(async |base| {
        let client =
            Client::builder().webhook_base_url(base.as_str()).enterprise_base_url(base).build()?;
        let enterprise = client.enterprise("app key", "app secret", "robot");
        Ok(async move || {
            // The SDK has no files; this is the call of it that is nearest to sending a link.
            enterprise.send_group_message("cid_a1b2c3", "title", "text").await?;
            Ok(())
        })
    })
}
