use dingtalk_convfile::file::{SendLink, SendLinkRequired};
use feishu_im::chat::LinkChat;

fn main() {
    let _ = LinkChat::new();
    let _ = SendLink::new(SendLinkRequired { union_id: "me", space_id: "1", dentry_id: "2" });
}
