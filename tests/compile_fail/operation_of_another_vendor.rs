use feishu_im::chat::LinkChat;

fn call(dingtalk: &dingtalk_convfile::Client) {
    let _ = LinkChat::new("oc_1").send(dingtalk);
}

fn main() {
    let _ = call;
}
