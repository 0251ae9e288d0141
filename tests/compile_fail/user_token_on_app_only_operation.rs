use feishu_apaas::user_task::{ChatGroupUserTask, ChatGroupUserTaskRequired};

fn call(feishu: &feishu_apaas::Client) {
    let required = ChatGroupUserTaskRequired { task_id: "1", operator_user_id: "2" };
    let _ = ChatGroupUserTask::new(required).send(&feishu.as_user("u-1"));
}

fn main() {
    let _ = call;
}
