//! The name and kind of an error code, derived from its message.

use heck::ToSnakeCase;

use super::route;
use crate::codegen::{naming, spec};
use crate::distill::read::facts::ErrorCode;

/// Words in the messages of each kind. The first that fits counts: a rate limit is one even where
/// the message calls the request invalid.
const SIGNS: [(spec::ErrorKind, &[&str]); 7] = [
    (
        spec::ErrorKind::Throttled,
        &[
            "too many request",
            "too frequent",
            "rate limit",
            "frequency limit",
            "frequency control",
            "limited frequency",
            "request frequency",
            "flow control",
            "qps",
            "throttl",
            "限流",
        ],
    ),
    (spec::ErrorKind::QuotaExceeded, &["quota"]),
    (
        spec::ErrorKind::Unauthenticated,
        &[
            "unauthorized",
            "unauthenticated",
            "invalid auth",
            "auth type",
            "invalid access token",
            "access token invalid",
            "access token is invalid",
            "access token expired",
        ],
    ),
    (spec::ErrorKind::Configuration, &["bot ability", "enable bot", "by the tenant"]),
    (
        spec::ErrorKind::PermissionDenied,
        &[
            "permission",
            "forbidden",
            "authority",
            "access denied",
            "no access",
            "no auth",
            "not authorized",
            "invisible",
            "not visible",
            "not the owner",
            "not the sender",
        ],
    ),
    (
        spec::ErrorKind::Unavailable,
        &[
            "internal error",
            "server error",
            "system error",
            "service error",
            "unavailable service",
            "service unavailable",
            "timeout",
            "timed out",
            "time out",
            "try again later",
            "retry later",
            "server is busy",
            "system busy",
        ],
    ),
    (
        spec::ErrorKind::InvalidRequest,
        &[
            "invalid",
            "illegal",
            "param",
            "malformed",
            "unsupported",
            "not support",
            "too long",
            "too large",
            "not in the correct",
            "wrong",
            "field validation",
        ],
    ),
];

/// How messages begin that say something about the request.
const OPENINGS: [&[&str]; 5] = [
    &["your", "request", "contains"],
    &["your", "request", "specifies"],
    &["the", "request", "has"],
    &["request", "with"],
    &["the", "request", "is"],
];

/// Words that a name does without. It keeps those that reverse the meaning, such as `being`.
const FILLING: [&str; 30] = [
    "a",
    "already",
    "an",
    "and",
    "are",
    "as",
    "been",
    "currently",
    "did",
    "do",
    "does",
    "from",
    "had",
    "has",
    "have",
    "into",
    "is",
    "it",
    "its",
    "of",
    "please",
    "that",
    "the",
    "this",
    "to",
    "was",
    "were",
    "which",
    "with",
    "your",
];

/// Sentences that begin with a reason are no names.
const REASONS: [&str; 4] = ["because", "due", "if", "when"];

/// A longer name is no name any more.
const LONGEST: usize = 6;

/// Returns the entry of a code until a maintainer improves it. An old API responds with
/// HTTP 200 whatever happens.
pub fn code(error: &ErrorCode, is_old: bool) -> spec::ErrorCode {
    let http = error.http.filter(|status| (100..600).contains(status));
    let http = http.unwrap_or(if is_old { 200 } else { 400 });
    let of_old = if is_old { kind_of_old(&error.code) } else { None };
    let name = name(error);
    spec::ErrorCode {
        name,
        http,
        kind: of_old.unwrap_or_else(|| kind(error, http)),
        doc: String::new(),
        advice: String::new(),
    }
}

/// The codes that mean the same in each operation of DingTalk's old API, as core knows them.
fn kind_of_old(code: &str) -> Option<spec::ErrorKind> {
    Some(match code.parse().ok()? {
        -1 => spec::ErrorKind::Unavailable,
        88 | 40_001 | 40_014 | 42_001 => spec::ErrorKind::Unauthenticated,
        33_001 | 40_089 | 40_096 | 60_020 => spec::ErrorKind::Configuration,
        60_011 => spec::ErrorKind::PermissionDenied,
        90_001..90_020 | 130_101 | 660_026 => spec::ErrorKind::Throttled,
        90_020 => spec::ErrorKind::QuotaExceeded,
        _ => return None,
    })
}

/// The name of a code that has to be told from another one of the same message.
pub fn distinct(name: &str, code: &str) -> String {
    match route::pascal(&format!("code {}", plain(code))) {
        numbered if numbered == name => name.to_owned(),
        numbered => format!("{name}{}", numbered.trim_start_matches("Code")),
    }
}

fn name(error: &ErrorCode) -> String {
    let code = plain(&error.code);
    if code.starts_with(|char: char| char.is_ascii_alphabetic()) {
        return route::pascal(&code);
    }
    of_message(&error.message).unwrap_or_else(|| route::pascal(&format!("code {code}")))
}

fn plain(code: &str) -> String {
    code.replace('-', " minus ")
}

/// `The chat_id is invalid.` is `InvalidChatId`.
fn of_message(message: &str) -> Option<String> {
    let sentence = message.split(['.', ',', ';', ':', '\n', '<', '(', '%', '{']).next()?;
    if !sentence.is_ascii() {
        return None;
    }
    let sentence =
        sentence.replace("an't", "an not").replace("n't", " not").replace("annot", "an not");
    let words = sentence.to_snake_case();
    let words: Vec<&str> = words.split('_').filter(|word| !word.is_empty()).collect();
    let words = OPENINGS.iter().find_map(|opening| words.strip_prefix(*opening)).unwrap_or(&words);
    let is_filling = |word: &&str| FILLING.contains(word) || *word == "s";
    let mut words: Vec<&str> = words.iter().copied().filter(|word| !is_filling(word)).collect();
    // The subject goes before its problem.
    if let Some(last) = words.pop_if(|last| matches!(*last, "invalid" | "illegal" | "unsupported"))
    {
        words.insert(0, last);
    }
    if words.first().is_none_or(|word| REASONS.contains(word)) {
        return None;
    }
    let name = route::pascal(&words.join(" "));
    let is_name = (2..=LONGEST).contains(&words.len()) || words.len() == 1 && words[0].len() > 3;
    let is_word = sentence.trim_start().starts_with(|char: char| char.is_ascii_alphabetic());
    (is_word && is_name && naming::is_pascal_case(&name)).then_some(name)
}

fn kind(error: &ErrorCode, http: u16) -> spec::ErrorKind {
    let text = [&error.code, &error.message].map(|text| text.to_snake_case().replace('_', " "));
    let text = text.join(" ");
    let is_told = |signs: &[&str], text: &str| signs.iter().any(|sign| text.contains(sign));
    let of_text = SIGNS.iter().find(|(_, signs)| is_told(signs, &text)).map(|(kind, _)| *kind);
    let of_status = match http {
        401 => Some(spec::ErrorKind::Unauthenticated),
        403 => Some(spec::ErrorKind::PermissionDenied),
        429 => Some(spec::ErrorKind::Throttled),
        500.. => Some(spec::ErrorKind::Unavailable),
        _ => None,
    };
    match of_text {
        // These two decide what a client does, whatever the status.
        Some(kind @ (spec::ErrorKind::Throttled | spec::ErrorKind::QuotaExceeded)) => kind,
        _ if error.gloss.contains("限流") => spec::ErrorKind::Throttled,
        _ => of_status.or(of_text).unwrap_or_else(|| match error.gloss.contains("内部错误") {
            true => spec::ErrorKind::Unavailable,
            false => spec::ErrorKind::Rejected,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(http: u16, code: &str, message: &str) -> (String, spec::ErrorKind) {
        explained(http, code, message, "")
    }

    fn explained(http: u16, code: &str, message: &str, gloss: &str) -> (String, spec::ErrorKind) {
        let error = ErrorCode {
            http: Some(http),
            code: code.to_owned(),
            message: message.to_owned(),
            gloss: gloss.to_owned(),
            line: 1,
        };
        let spec::ErrorCode { name, kind, .. } = super::code(&error, false);
        (name, kind)
    }

    #[test]
    fn messages_give_names_and_kinds() {
        use spec::ErrorKind::*;
        for (http, code, message, name, kind) in [
            (200, "7001", "TooManyRequest", "TooManyRequest", Throttled),
            (400, "7002", "The request has been rate limited.", "RateLimited", Throttled),
            (400, "7003", "The dock_id is invalid.", "InvalidDockId", InvalidRequest),
            (
                400,
                "7004",
                "Your request contains an invalid request parameter.",
                "InvalidRequestParameter",
                InvalidRequest,
            ),
            (400, "7005", "The dock does NOT exist.", "DockNotExist", Rejected),
            (400, "7006", "WrongBaseToken", "WrongBaseToken", InvalidRequest),
            (403, "7007", "Can't lower: it isn't yours", "CanNotLower", PermissionDenied),
            (
                400,
                "7008",
                "insufficient permissions<br>",
                "InsufficientPermissions",
                PermissionDenied,
            ),
            (500, "7016", "Too many requests", "TooManyRequests", Throttled),
            (500, "7009", "InternalError", "InternalError", Unavailable),
            (400, "7010", "server is busy, try again later", "ServerBusy", Unavailable),
            (
                400,
                "7011",
                "the dock of the other ship in the north was sold to someone",
                "Code7011",
                Rejected,
            ),
            (400, "7014", "Due to the tide", "Code7014", Rejected),
            (400, "7015", "The dock is being built", "DockBeingBuilt", Rejected),
            (400, "7012", "码头", "Code7012", Rejected),
            (400, "7013", "", "Code7013", Rejected),
            (401, "-3", "9 lives", "CodeMinus3", Unauthenticated),
            (400, "paramError.dockId", "参数错误", "ParamErrorDockId", InvalidRequest),
            (400, "quotaExceeded", "", "QuotaExceeded", QuotaExceeded),
        ] {
            assert_eq!(of(http, code, message), (name.to_owned(), kind), "{code} {message}");
        }
    }

    #[test]
    fn the_common_codes_of_an_old_api_have_their_kinds() {
        use spec::ErrorKind::*;
        for (code, kind) in [("90018", Throttled), ("40014", Unauthenticated), ("400020", Rejected)]
        {
            let error = ErrorCode { code: code.to_owned(), ..ErrorCode::default() };
            let code = super::code(&error, true);
            assert_eq!((code.http, code.kind), (200, kind));
            assert_eq!(super::code(&error, false).kind, Rejected);
        }
    }

    #[test]
    fn an_explanation_tells_the_kind_where_the_message_does_not() {
        use spec::ErrorKind::*;
        for (message, gloss, kind) in [
            ("pin trigger limit", "触发限流策略，请稍后再试", Throttled),
            ("ConvError", "内部错误，请联系客服", Unavailable),
            ("WrongDockId", "内部错误", InvalidRequest),
            ("DockSold", "码头已出售", Rejected),
        ] {
            assert_eq!(explained(200, "7001", message, gloss).1, kind, "{message}");
        }
    }

    #[test]
    fn codes_of_one_message_are_told_apart_by_their_numbers() {
        assert_eq!(distinct("DockNotExist", "7005"), "DockNotExist7005");
        assert_eq!(distinct("DockNotExist", "-5"), "DockNotExistMinus5");
        assert_eq!(distinct("Code7005", "7005"), "Code7005");
    }
}
