//! What comes in by a webhook: accepted, answered or refused. The vectors are requests in the
//! platforms' form, with the responses of their SDKs.

#![cfg(test)]

mod dingtalk;
mod feishu;
mod serve;
mod support;
mod vectors;
