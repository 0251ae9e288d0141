//! The call of `raw-ding` through `dingtalk-convfile`.

use dingtalk_convfile::Client;
use dingtalk_convfile::file::{SendLink, SendLinkRequired};
use openplat_bench::{Outcome, warm_calls};

fn main() -> Outcome {
    warm_calls(async |base| {
        let client = Client::builder("dingabc", "app secret").base_url(base).build()?;
        Ok(async move || {
            let required = SendLinkRequired {
                union_id: "chyxxxxx",
                space_id: "786xxxxx",
                dentry_id: "908xxxxx",
                open_conversation_id: "cidCxxxxx",
            };
            SendLink::new(required).send(&client).await?.file.ok_or("there is no file")?;
            Ok(())
        })
    })
}
