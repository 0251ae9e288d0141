//! Operations as a vendor crate would bring them along.

use http_body_util::BodyExt;
use openplat_core::{
    AcceptsAppToken, AcceptsUserToken, ApiMeta, Body, Client, CodeMeta, DingTalk, ErrorKind,
    Feishu, Method, Operation, OperationMeta, Parts, Transport, Upload,
};
use openplat_mock::bytes::Bytes;
use openplat_mock::{MockPlatform, http};
use serde::Deserialize;
use serde_json::Value;

pub(crate) fn feishu(mock: &MockPlatform) -> Client<Feishu> {
    Client::builder("cli_1", "s3cret").base_url(mock.url()).build().unwrap()
}

pub(crate) fn dingtalk(mock: &MockPlatform) -> Client<DingTalk> {
    Client::builder("ding_1", "s3cret").base_url(mock.url()).build().unwrap()
}

const IM: ApiMeta = ApiMeta::new(&[
    CodeMeta::new("232009", 403, ErrorKind::InvalidRequest, "Pick another chat."),
    CodeMeta::new("9999", 99, ErrorKind::Rejected, "A status that HTTP does not have."),
]);

pub(crate) struct LinkChat(pub(crate) &'static str);

#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    pub(crate) share_link: String,
}

impl AcceptsAppToken for LinkChat {}
impl AcceptsUserToken for LinkChat {}
impl Operation for LinkChat {
    type Vendor = Feishu;
    type Output = Link;
    const META: &'static OperationMeta =
        &OperationMeta::new("im.v1.chat.link", Method::Post, "/open-apis/im/v1/chats/{id}/link")
            .api(&IM);
    const EXAMPLE: Option<&'static str> =
        Some(r#"{"code":0,"msg":"success","data":{"share_link":"example"}}"#);

    fn encode(&self, parts: &mut Parts) {
        parts.path(self.0);
        parts.body().field("validity_period", "week");
    }
}

pub(crate) struct GetChat(pub(crate) &'static str);

impl AcceptsAppToken for GetChat {}
impl Operation for GetChat {
    type Vendor = Feishu;
    type Output = Value;
    const META: &'static OperationMeta =
        &OperationMeta::new("im.v1.chat.get", Method::Get, "/open-apis/im/v1/chats/{chat_id}");

    fn encode(&self, parts: &mut Parts) {
        parts.path(self.0);
        parts.query("user_id_type", &"open id+".to_owned());
    }
}

pub(crate) struct SearchChats;

impl AcceptsAppToken for SearchChats {}
impl Operation for SearchChats {
    type Vendor = Feishu;
    type Output = Value;
    const META: &'static OperationMeta =
        &OperationMeta::new("im.v1.chat.search", Method::Get, "/open-apis/im/v1/chats/search");

    fn encode(&self, _parts: &mut Parts) {}
}

pub(crate) struct SendFile(pub(crate) Upload);

impl AcceptsAppToken for SendFile {}
impl Operation for SendFile {
    type Vendor = Feishu;
    type Output = Value;
    const META: &'static OperationMeta =
        &OperationMeta::new("im.v1.file.create", Method::Post, "/open-apis/im/v1/files");

    fn encode(&self, parts: &mut Parts) {
        parts.form().field("title", "群 report").file("file", &self.0);
    }
}

const CONV_FILE: ApiMeta = ApiMeta::new(&[CodeMeta::new(
    "spaceNotExist",
    404,
    ErrorKind::InvalidRequest,
    "Query the space again.",
)]);

pub(crate) struct SendLink;

impl AcceptsAppToken for SendLink {}
impl Operation for SendLink {
    type Vendor = DingTalk;
    type Output = Value;
    const META: &'static OperationMeta = &OperationMeta::new(
        "convFile.SendLink",
        Method::Post,
        "/v1.0/convFile/conversations/files/links/send",
    )
    .api(&CONV_FILE);
    const EXAMPLE: Option<&'static str> = Some(r#"{"file":{"id":"example"}}"#);

    fn encode(&self, parts: &mut Parts) {
        parts.query("unionId", &"u 1".to_owned());
        parts.body().field("spaceId", "786");
    }
}

pub(crate) struct GetSpace;

impl AcceptsAppToken for GetSpace {}
impl Operation for GetSpace {
    type Vendor = DingTalk;
    type Output = Value;
    const META: &'static OperationMeta = &OperationMeta::new(
        "convFile.GetSpace",
        Method::Post,
        "/v1.0/convFile/conversations/spaces/query",
    );

    fn encode(&self, parts: &mut Parts) {
        parts.body();
    }
}

/// Sends JSON over the mock's transport, without a client, and reads the response as JSON.
pub(crate) async fn post(mock: &MockPlatform, path: &str, body: &Value) -> Value {
    let request = http::Request::post(format!("https://x{path}"));
    let request = request.body(Body::from(Bytes::from(body.to_string()))).unwrap();
    let response = mock.transport().send(request).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}
