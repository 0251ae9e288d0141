//! Facts of the platforms that no spec states: hosts, tokens, envelopes.

use super::node::{Node, Object, described};
use crate::codegen::ir::{Api, Operation, Token, Vendor};
use crate::distill::read::old_api;

/// The part of a response that is not its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Envelope {
    /// `code`, `msg` and `data`.
    Feishu,
    /// None; errors have `code` and `message`.
    DingTalk,
    /// `errcode`, `errmsg` and `request_id`, next to the data.
    OldDingTalk,
}

impl Envelope {
    pub fn of(api: &Api, operation: &Operation) -> Self {
        match api.vendor {
            Vendor::Feishu => Self::Feishu,
            Vendor::DingTalk if old_api::is_old(&operation.path) => Self::OldDingTalk,
            Vendor::DingTalk => Self::DingTalk,
        }
    }

    /// Returns those of the operations of an API.
    pub fn all(api: &Api) -> Vec<Self> {
        let operations = || api.modules.iter().flat_map(|module| &module.operations);
        let all = [Self::Feishu, Self::DingTalk, Self::OldDingTalk].into_iter();
        all.filter(|one| operations().any(|operation| Self::of(api, operation) == *one)).collect()
    }

    /// Returns the name of the schema of its errors.
    pub fn error_name(self, api: &Api) -> String {
        let name = if self == Self::OldDingTalk { "OldError" } else { "Error" };
        api.free_name(name)
    }

    /// Whether the data is a member of the envelope, instead of next to its members.
    pub fn has_data(self, operation: &Operation) -> bool {
        self == Self::Feishu && !operation.whole_body
    }

    /// Returns the name of the member that is 0 in a success, if there is one.
    pub fn code(self) -> Option<&'static str> {
        match self {
            Self::Feishu => Some("code"),
            Self::DingTalk => None,
            Self::OldDingTalk => Some("errcode"),
        }
    }

    /// Returns the members of a success that are not its data.
    pub fn members(self) -> Object {
        match self {
            Self::Feishu => Object::new()
                .with("code", described("integer", "0, unless the operation failed."))
                .with("msg", described("string", "A message for developers.")),
            Self::DingTalk => Object::new(),
            Self::OldDingTalk => Object::new()
                .with("errcode", old_code("0, unless the operation failed."))
                .with("errmsg", described("string", "A message for developers."))
                .with("request_id", described("string", "The ID of the request, for support.")),
        }
    }

    /// Returns the names of the members that are not data.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Feishu => &["code", "msg"],
            Self::DingTalk => &[],
            Self::OldDingTalk => &old_api::ENVELOPE,
        }
    }

    /// Returns the names of the members that are not data and that every success has.
    pub fn always(self) -> &'static [&'static str] {
        match self {
            Self::Feishu => &["code", "msg"],
            Self::DingTalk | Self::OldDingTalk => &[],
        }
    }

    /// Returns the body of an error with this code.
    pub fn error(self, code: &str, message: &str) -> Object {
        let number = code.parse::<i64>().map_or_else(|_| Node::from(code), Node::from);
        match self {
            Self::Feishu => Object::new().with("code", number).with("msg", message),
            Self::DingTalk => Object::new().with("code", code).with("message", message),
            Self::OldDingTalk => Object::new().with("errcode", number).with("errmsg", message),
        }
    }

    /// Returns the schema of an error's body.
    pub fn error_schema(self) -> Object {
        let object = Object::new().with("type", "object");
        let code = "The code of the error. Others than the documented ones can appear.";
        let message = "A message for developers, in English or Chinese.";
        match self {
            Self::Feishu => object.with("required", ["code", "msg"]).with(
                "properties",
                Object::new()
                    .with("code", described("integer", code))
                    .with("msg", described("string", message))
                    .with("error", feishu_detail()),
            ),
            Self::DingTalk => object.with("required", ["code"]).with(
                "properties",
                Object::new()
                    .with("code", described("string", code))
                    .with("message", described("string", message))
                    .with("requestid", described("string", "The ID of the request, for support."))
                    .with("accessdenieddetail", missing_scopes()),
            ),
            Self::OldDingTalk => object.with("required", ["errcode"]).with(
                "properties",
                Object::new()
                    .with("errcode", old_code(code))
                    .with("errmsg", described("string", message))
                    .with("request_id", described("string", "The ID of the request, for support.")),
            ),
        }
    }
}

/// Returns the hosts of an API.
pub fn servers(api: &Api) -> Node {
    match api.vendor {
        Vendor::Feishu => [
            server("https://open.feishu.cn", "Feishu, in China"),
            server("https://open.larksuite.com", "Lark, outside China"),
            own_server("open.feishu.cn"),
        ]
        .into(),
        Vendor::DingTalk => [
            server("https://api.dingtalk.com", "DingTalk, in China"),
            server("https://api.dingtalk.io", "DingTalk, outside China"),
            own_server("api.dingtalk.com"),
        ]
        .into(),
    }
}

/// Returns the hosts of DingTalk's old API.
pub fn old_servers() -> Node {
    [
        server(&format!("https://{}", old_api::HOST), "The old API of DingTalk, in China"),
        server("https://oapi.dingtalk.io", "The old API of DingTalk, outside China"),
        own_server(old_api::HOST),
    ]
    .into()
}

fn server(url: &str, description: &str) -> Object {
    Object::new().with("url", url).with("description", description)
}

fn own_server(default: &str) -> Object {
    let scheme = Object::new().with("default", "https").with("enum", ["https", "http"]);
    // The schema that swagger-parser brings along accepts no description of a variable.
    let host = Object::new().with("default", default);
    let description = "A deployment of your own, or a server for tests; `host` can end with a prefix of its paths";
    server("{scheme}://{host}", description)
        .with("variables", Object::new().with("scheme", scheme).with("host", host))
}

/// Returns the name of the security scheme of a token.
pub fn scheme(envelope: Envelope, token: Token) -> String {
    let prefix = if envelope == Envelope::OldDingTalk { "old_" } else { "" };
    format!("{prefix}{}", token.as_str())
}

/// Returns the security schemes of the tokens that operations of an API accept.
pub fn schemes(api: &Api) -> Object {
    let operations = || api.modules.iter().flat_map(|module| &module.operations);
    let all = Envelope::all(api).into_iter().flat_map(|envelope| {
        [Token::Tenant, Token::App, Token::User].map(|token| (envelope, token))
    });
    let used = all.filter(|(envelope, token)| {
        operations().any(|operation| {
            Envelope::of(api, operation) == *envelope && operation.tokens.contains(token)
        })
    });
    used.map(|(envelope, token)| (scheme(envelope, token), scheme_of(envelope, token))).collect()
}

fn scheme_of(envelope: Envelope, token: Token) -> Object {
    let description = match (envelope, token) {
        (Envelope::Feishu, Token::User) => "A `user_access_token`: the app acts for a user.",
        (Envelope::Feishu, _) => "A `tenant_access_token`: the app acts for itself in a tenant.",
        (_, Token::User) => "The access token of a user: the app acts for the user.",
        _ => "The access token of the app: the app acts for itself in an organization.",
    };
    let scheme = match envelope {
        Envelope::Feishu => Object::new().with("type", "http").with("scheme", "bearer"),
        Envelope::DingTalk => api_key("header", "x-acs-dingtalk-access-token"),
        Envelope::OldDingTalk => api_key("query", old_api::TOKEN),
    };
    scheme.with("description", description)
}

fn api_key(place: &str, name: &str) -> Object {
    Object::new().with("type", "apiKey").with("in", place).with("name", name)
}

/// Returns how the operations of an API fail.
pub fn remarks(api: &Api) -> String {
    let remarks = Envelope::all(api).into_iter().map(remark);
    remarks.collect::<Vec<_>>().join("\n\n")
}

fn remark(envelope: Envelope) -> &'static str {
    match envelope {
        Envelope::Feishu => {
            "The `code` in a response decides, whatever the HTTP status: 0 is a success. A rate \
             limit is the status 429 or a code of the kind `throttled`; the header \
             `x-ogw-ratelimit-reset` has the seconds to wait. The header `x-tt-logid` identifies a \
             request for support."
        }
        Envelope::DingTalk => {
            "The HTTP status says whether an operation failed. The body of an error has a `code` \
             and a `message`, and the header `x-acs-request-id` identifies a request for support."
        }
        Envelope::OldDingTalk => {
            "Of an operation of the old API, whose path begins with no version, the `errcode` in the \
             response decides, whatever the HTTP status: 0 is a success. The `request_id` identifies \
             a request for support."
        }
    }
}

/// Returns the schema of a code of the old API, some of which are texts.
fn old_code(description: &str) -> Object {
    Object::new().with("type", ["integer", "string"]).with("description", description)
}

fn list_of(description: &str, properties: Object) -> Object {
    let item = Object::new().with("type", "object").with("properties", properties);
    Object::new().with("type", "array").with("description", description).with("items", item)
}

fn feishu_detail() -> Object {
    let text = |description: &str| described("string", description);
    let scopes = Object::new()
        .with("type", text("The kind of permission."))
        .with("subject", text("A scope that the app lacks."))
        .with("description", text("The permission that is missing."));
    let fields = Object::new()
        .with("field", text("The name of the field."))
        .with("value", text("The value that was sent."))
        .with("description", text("The reason why the value is wrong."));
    let helps = Object::new()
        .with("url", text("The page."))
        .with("description", text("The topic of the page."));
    described("object", "Details, for some errors.").with(
        "properties",
        Object::new()
            .with("log_id", text("The ID of the request, for support."))
            .with("message", text("A message for developers."))
            .with("troubleshooter", text("A sentence with the URL of a page on the error."))
            .with("permission_violations", list_of("The scopes, one of which is needed.", scopes))
            .with("field_violations", list_of("The fields that were not accepted.", fields))
            .with("helps", list_of("Pages that help.", helps)),
    )
}

fn missing_scopes() -> Object {
    let scopes = described("array", "The scopes that the app lacks.")
        .with("items", Object::new().with("type", "string"));
    described("object", "The reason why access was denied.")
        .with("properties", Object::new().with("requiredScopes", scopes))
}
