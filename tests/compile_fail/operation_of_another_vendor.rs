use feishu_im::chat::LinkChat;

fn call(dingtalk: &dingtalk_convfile::Client) {
    let _ = LinkChat::new("oc_1").send(dingtalk);
    let _ = LinkChat::new("oc_1").send(&dingtalk.as_user("u-1"));
}

fn main() {
    let _ = call;
}
