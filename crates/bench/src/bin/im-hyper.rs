//! The call of `im` over the transport of `openplat-hyper`.

use feishu_im::Client;
use feishu_im::chat::{LinkChat, ValidityPeriod};
use openplat_bench::{CHAT, Outcome, warm_calls};
use openplat_hyper::HyperTransport;

fn main() -> Outcome {
    warm_calls(async |base| {
        let client = Client::builder("cli_a1b2c3", "app secret").base_url(base);
        let client = client.over::<HyperTransport>().build()?;
        Ok(async move || {
            let link = LinkChat::new(CHAT).validity_period(ValidityPeriod::Week);
            link.send(&client).await?.share_link.ok_or("there is no link")?;
            Ok(())
        })
    })
}
