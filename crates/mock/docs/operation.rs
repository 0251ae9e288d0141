// What a vendor crate would bring along, for the examples in the documentation.

use openplat_core::{
    AcceptsAppToken, AcceptsUserToken, Call, Method, Operation, OperationMeta, Parts, Sender,
    Upload,
};

struct LinkChat(&'static str);

#[derive(Debug, serde::Deserialize)]
struct Link {
    share_link: String,
}

impl LinkChat {
    fn new(chat_id: &'static str) -> Self {
        Self(chat_id)
    }

    fn send(&self, sender: &impl Sender<Self>) -> Call<Link> {
        sender.call(self)
    }
}

impl AcceptsAppToken for LinkChat {}
impl AcceptsUserToken for LinkChat {}
impl Operation for LinkChat {
    type Vendor = openplat_core::Feishu;
    type Output = Link;
    const META: &'static OperationMeta =
        &OperationMeta::new("im.v1.chat.link", Method::Post, "/open-apis/im/v1/chats/{chat_id}/link");
    const EXAMPLE: Option<&'static str> =
        Some(r#"{"code":0,"msg":"success","data":{"share_link":"https://example.com/0"}}"#);

    fn encode(&self, parts: &mut Parts) {
        parts.path(self.0);
        parts.body();
    }
}

struct CreateImage(Upload);

impl CreateImage {
    fn new(image: Upload) -> Self {
        Self(image)
    }

    fn send(&self, sender: &impl Sender<Self>) -> Call<serde_json::Value> {
        sender.call(self)
    }
}

impl AcceptsAppToken for CreateImage {}
impl Operation for CreateImage {
    type Vendor = openplat_core::Feishu;
    type Output = serde_json::Value;
    const META: &'static OperationMeta =
        &OperationMeta::new("im.v1.image.create", Method::Post, "/open-apis/im/v1/images");

    fn encode(&self, parts: &mut Parts) {
        parts.form().field("image_type", "message").file("image", &self.0);
    }
}
