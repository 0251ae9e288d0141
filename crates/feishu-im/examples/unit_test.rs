//! Tests a function of a program against a platform on this machine, without an account.
//!
//! ```sh
//! cargo test -p feishu-im --example unit_test
//! ```
//!
//! A program of your own needs the development dependencies `openplat-mock` and, to pause the clock,
//! `tokio` with the feature `test-util`. This one also runs:
//!
//! ```sh
//! export FEISHU_APP_ID=cli_... FEISHU_APP_SECRET=...
//! cargo run -p feishu-im --example unit_test -- oc_...
//! ```

use std::env;
use std::error::Error;

use feishu_im::message::{CreateMessage, ReceiveId, Text};
use feishu_im::{Client, Secret};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let chat_id = env::args().nth(1).ok_or("usage: unit_test CHAT_ID")?;
    let app_id = variable("FEISHU_APP_ID")?;
    let feishu = Client::builder(app_id, Secret::from_env("FEISHU_APP_SECRET")?).build()?;
    report(&feishu, &chat_id, 2).await?;
    Ok(())
}

/// Reports failed tests to a chat, and returns whether there was anything to report.
pub async fn report(feishu: &Client, chat_id: &str, failed: u32) -> Result<bool, feishu_im::Error> {
    if failed == 0 {
        return Ok(false);
    }
    let text = Text::new(format!("{failed} tests failed."));
    CreateMessage::with_content(ReceiveId::chat(chat_id), text).send(feishu).await?;
    Ok(true)
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use feishu_im::ErrorCode;
    use openplat_mock::{MockPlatform, RateLimit};
    use serde_json::json;

    use super::*;

    /// A platform without a socket, so that a test with a paused clock waits for nothing.
    fn platform() -> Result<(MockPlatform, Client), feishu_im::Error> {
        let mock = MockPlatform::in_process();
        let feishu = Client::builder("cli_1", "secret").transport(mock.transport()).build()?;
        Ok((mock, feishu))
    }

    #[tokio::test]
    async fn failures_are_reported() -> Result<(), Box<dyn Error>> {
        let (mock, feishu) = platform()?;
        let messages = mock.on::<CreateMessage>().data(json!({ "message_id": "om_1" }));

        assert!(report(&feishu, "oc_1", 2).await?);
        let sent = messages.requests().pop().ok_or("nothing was sent")?.json()?;
        assert_eq!(sent["receive_id"], "oc_1");
        assert_eq!(sent["content"], r#"{"text":"2 tests failed."}"#);
        Ok(())
    }

    #[tokio::test]
    async fn success_is_not_reported() -> Result<(), Box<dyn Error>> {
        let (mock, feishu) = platform()?;
        assert!(!report(&feishu, "oc_1", 0).await?);
        assert!(mock.requests().is_empty());
        Ok(())
    }

    #[tokio::test]
    async fn a_chat_without_the_bot_is_an_error() -> Result<(), Box<dyn Error>> {
        let (mock, feishu) = platform()?;
        mock.on::<CreateMessage>().error("230002");
        let error = report(&feishu, "oc_1", 2).await.err().ok_or("no error")?;
        assert_eq!(error.code(), Some(ErrorCode::BotNotInChat));
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_limit_is_waited_out() -> Result<(), Box<dyn Error>> {
        let (mock, feishu) = platform()?;
        let limit = RateLimit::new(1, Duration::from_secs(5));
        let messages = mock.on::<CreateMessage>().data(json!({ "message_id": "om_1" }));
        let messages = messages.rate_limit(limit);

        report(&feishu, "oc_1", 1).await?;
        report(&feishu, "oc_1", 2).await?;
        // The second report met the limit, and was sent twice.
        assert_eq!((messages.calls(), messages.requests().len()), (2, 3));
        Ok(())
    }
}
