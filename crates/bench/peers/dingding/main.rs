use dingding::DingTalk;
use openplat_bench::{Outcome, warm_calls};

fn main() -> Outcome {
    warm_calls(async |base| {
        let client = DingTalk::builder()
            .app_key_and_secret("app key", "app secret")
            .webhook_base_url(base.as_str())
            .openapi_base_url(base)
            .build()?;
        let robot = client.openapi().robot("robot");
        Ok(async move || {
            // The SDK has no files; this is the call of it that is nearest to sending a link.
            robot.send_group_markdown("cid_a1b2c3", "title", "text").await?;
            Ok(())
        })
    })
}
