//! Counts the records of a low-code app and tells a chat, with one client for both crates.
//!
//! ```sh
//! export FEISHU_APP_ID=cli_... FEISHU_APP_SECRET=...
//! cargo run -p feishu-apaas --example two_crates -- package_test__c book oc_...
//! ```
//!
//! The arguments are the namespace of a low-code app, the API name of an object in it, and a chat
//! that the app's bot is in. The app needs the scopes `app_engine:object.record:read` and
//! `im:message:send_as_bot`.

use std::env;
use std::error::Error;

use feishu_apaas::application_object_record::{BatchQueryRecords, BatchQueryRecordsRequired};
use feishu_apaas::{Client, Secret};
use feishu_im::message::{CreateMessage, ReceiveId};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [namespace, object, chat_id] = &arguments[..] else {
        return Err("usage: two_crates NAMESPACE OBJECT CHAT_ID".into());
    };
    let app_id = variable("FEISHU_APP_ID")?;
    let feishu = Client::builder(app_id, Secret::from_env("FEISHU_APP_SECRET")?).build()?;
    tell(&feishu, namespace, object, chat_id).await?;
    Ok(())
}

/// `feishu_apaas::Client` and `feishu_im::Client` are one type: both calls use the same token and
/// the same connections.
pub async fn tell(
    feishu: &Client,
    namespace: &str,
    object_api_name: &str,
    chat_id: &str,
) -> Result<(), feishu_apaas::Error> {
    let select = &["_id"];
    let query = BatchQueryRecordsRequired { namespace, object_api_name, select };
    let query = BatchQueryRecords::new(query).page_size(1).need_total_count(true);
    let total = query.send(feishu).await?.total.unwrap_or_default();

    let text = format!("There are {total} records of {object_api_name}.");
    CreateMessage::with_content(ReceiveId::chat(chat_id), text).send(feishu).await?;
    Ok(())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("set the environment variable {name}"))
}
