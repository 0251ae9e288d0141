//! Decodes a page of messages by a plain derive: the envelope and the data at once.

use std::hint::black_box;

use feishu_im::message::ListMessageResponse;
use openplat_bench::{Outcome, messages, warm_calls};
use serde::Deserialize;

#[derive(Deserialize)]
struct Envelope {
    code: i64,
    msg: String,
    data: Option<ListMessageResponse>,
}

fn main() -> Outcome {
    warm_calls(async |_| {
        // Bytes, as the body of a response is.
        let page = messages::page().into_bytes();
        Ok(async move || {
            let envelope: Envelope = serde_json::from_slice(black_box(&page))?;
            match black_box(envelope.data) {
                Some(data) if envelope.code == 0 && data.items.len() == 100 => Ok(()),
                _ => Err(envelope.msg.into()),
            }
        })
    })
}
