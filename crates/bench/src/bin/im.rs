//! The call of `raw` through `feishu-im`.

use feishu_im::Client;
use feishu_im::chat::{LinkChat, ValidityPeriod};
use openplat_bench::{CHAT, Outcome, warm_calls};

fn main() -> Outcome {
    warm_calls(async |base| {
        let client = Client::builder("cli_a1b2c3", "app secret").base_url(base).build()?;
        Ok(async move || {
            let link = LinkChat::new(CHAT).validity_period(ValidityPeriod::Week);
            link.send(&client).await?.share_link.ok_or("there is no link")?;
            Ok(())
        })
    })
}
