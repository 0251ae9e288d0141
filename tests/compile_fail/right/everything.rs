//! The right way to do what the other cases do wrongly.

use dingtalk_convfile::file::{SendLink, SendLinkRequired};
use feishu_apaas::user_task::{ChatGroupUserTask, ChatGroupUserTaskRequired};
use feishu_im::chat::LinkChat;
use showcase::parcel::ListParcel;

fn calls(feishu: &feishu_im::Client, dingtalk: &dingtalk_convfile::Client) {
    let _ = LinkChat::new("oc_1").send(feishu);
    let _ = LinkChat::new("oc_1").send(&feishu.as_user("u-1"));
    let required = ChatGroupUserTaskRequired { task_id: "1", operator_user_id: "2" };
    let _ = ChatGroupUserTask::new(required).send(feishu);
    let _ = ListParcel::new().send(&feishu.as_user("u-1"));
    let required = SendLinkRequired {
        union_id: "me",
        space_id: "1",
        dentry_id: "2",
        open_conversation_id: "cid",
    };
    let _ = SendLink::new(required).send(dingtalk);
}

fn main() {
    let _ = calls;
}
