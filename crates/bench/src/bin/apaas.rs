//! A call through `feishu-apaas`.

use feishu_apaas::Client;
use feishu_apaas::user_task::{ChatGroupUserTask, ChatGroupUserTaskRequired};
use openplat_bench::{Outcome, warm_calls};

fn main() -> Outcome {
    warm_calls(async |base| {
        let client = Client::builder("cli_a1b2c3", "app secret").base_url(base).build()?;
        Ok(async move || {
            let required = ChatGroupUserTaskRequired { task_id: "1234", operator_user_id: "1718" };
            let task = ChatGroupUserTask::new(required).invite_user_ids(["1719", "1720"]);
            match task.send(&client).await?.chat_id.is_empty() {
                true => Err("there is no chat".into()),
                false => Ok(()),
            }
        })
    })
}
