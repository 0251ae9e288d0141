//! DingTalk's old API, which is told by its paths alone: core sends the token of its operations in the
//! query, and reads a code in each of their responses.

/// The host, in China.
pub const HOST: &str = "oapi.dingtalk.com";

/// The query parameter that carries the token.
pub const TOKEN: &str = "access_token";

/// The members of a response that are not its data.
pub const ENVELOPE: [&str; 3] = ["errcode", "errmsg", "request_id"];

/// Whether a path of DingTalk's is one of the old API. Those of the current one begin with a version.
pub fn is_old(path: &str) -> bool {
    let version = path.strip_prefix("/v");
    !version.is_some_and(|rest| rest.starts_with(|char: char| char.is_ascii_digit()))
}
