use feishu_apaas::user_task::ChatGroupUserTask;

fn main() {
    let _ = ChatGroupUserTask::new("1234", "5678");
}
