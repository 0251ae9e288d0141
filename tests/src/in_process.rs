//! The mock without a socket, so that waiting is tested with the clock paused.

use dingtalk_convfile::file::{SendLink, SendLinkRequired};
use openplat_core::{BoxFuture, Operation, Transport, TransportError};
use openplat_mock::{MockPlatform, MockedVendor, Recorded, Reply, Route};

use crate::tested::Tested;

/// A platform that gives these replies to `O`, the last one again and again.
pub(crate) fn replying<O>(replies: impl IntoIterator<Item = Reply>) -> MockPlatform
where
    O: Operation<Vendor: MockedVendor>,
{
    let mock = MockPlatform::in_process();
    replies.into_iter().fold(mock.on::<O>(), Route::respond);
    mock
}

pub(crate) fn feishu(mock: &MockPlatform) -> feishu_im::Client {
    feishu_im::Client::builder("cli_1", "secret").transport(mock.transport()).build().unwrap()
}

pub(crate) fn dingtalk(mock: &MockPlatform) -> dingtalk_convfile::Client {
    let builder = dingtalk_convfile::Client::builder("ding", "secret").over::<Tested>();
    builder.transport(mock.transport()).build().unwrap()
}

/// An operation of DingTalk's, with all that it requires.
pub(crate) fn send_link() -> SendLink {
    SendLink::new(SendLinkRequired {
        union_id: "me",
        space_id: "786",
        dentry_id: "908",
        open_conversation_id: "cid",
    })
}

/// The seconds between one request and the next, those for tokens aside.
pub(crate) fn waits(mock: &MockPlatform) -> Vec<f64> {
    let at: Vec<_> = mock.requests().iter().map(Recorded::received_at).collect();
    at.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect()
}

/// A transport that asks a function: for a body that is looked at while it is sent, or that a
/// reply of the mock cannot be.
pub(crate) struct Through<F>(pub(crate) F);

impl<F, R> Transport for Through<F>
where
    F: Fn(http::Request<openplat_core::Body>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<http::Response<openplat_core::Body>, TransportError>>
        + Send
        + 'static,
{
    fn send(
        &self,
        request: http::Request<openplat_core::Body>,
    ) -> BoxFuture<'_, Result<http::Response<openplat_core::Body>, TransportError>> {
        Box::pin((self.0)(request))
    }
}
