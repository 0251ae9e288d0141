//! DingTalk's old API, which is told by its paths alone: core sends the token of its operations in the
//! query, and reads a code in each of their responses.

use serde_json::Value;

use super::spec::Vendor;

/// The query parameter that carries the token.
pub const TOKEN: &str = "access_token";

/// The members of a response that are not its data.
pub const ENVELOPE: [&str; 3] = ["errcode", "errmsg", "request_id"];

/// Whether a path is one of the old API. Those of the current one begin with a version.
pub fn is_old(vendor: Vendor, path: &str) -> bool {
    let version = path.strip_prefix("/v");
    let is_current = version.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    vendor == Vendor::DingTalk && !is_current
}

/// The response to an operation of the old API without its envelope.
pub fn data(response: &Value) -> Value {
    let mut data = response.clone();
    if let Value::Object(members) = &mut data {
        members.retain(|name, _| !ENVELOPE.contains(&name.as_str()));
    }
    data
}
