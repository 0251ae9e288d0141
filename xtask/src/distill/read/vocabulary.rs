//! The words of vendors' pages, each list with what it means: titles, heads of columns, keys, types
//! and what descriptions announce. A page that is misread for the want of a word needs it here.
//!
//! A list is one text, in which `|` separates the words. Unless a list says otherwise, its words are
//! compared as [`words::key`](super::words::key) gives them: in lower case and without spaces.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::facts::{Token, Ty};

type Words = &'static str;

/// The content below a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// Method, URL, tokens and scopes.
    Request,
    Headers,
    Path,
    Query,
    Body,
    /// Parameters of which the heading does not say where they go.
    Params,
    RequestExample,
    Response,
    ResponseHeaders,
    ResponseExample,
    Errors,
    /// Definitions of object types.
    Types,
    /// Code for SDKs.
    Samples,
    Fields,
    /// Type, scopes and other facts of an event or callback.
    Event,
    EventBody,
    EventExample,
    Other,
}

/// The whole of a title.
const TITLES: &[(Section, Words)] = &[
    (
        Section::Request,
        "请求|基本|基本信息|请求信息|请求地址|请求方法|请求方式|请求url|接口地址|http请求|\
         request|basicinformation|basicinfo|basic|requestmethod|httprequest|requesturl",
    ),
    (
        Section::Headers,
        "请求头|请求头参数|请求头部|header参数|headers参数|header|headers|requestheader|\
         requestheaders|headerparameters|公共请求头",
    ),
    (
        Section::Path,
        "路径参数|path参数|路径|请求路径参数|pathparameters|pathparameter|pathparams|uri参数|\
         url参数|restful参数",
    ),
    (
        Section::Query,
        "查询参数|query参数|请求查询参数|querystring|queryparameters|queryparameter|\
         queryparams|查询字符串",
    ),
    (
        Section::Body,
        "请求体|请求体参数|body参数|请求body|body|requestbody|bodyparameters|bodyparameter|\
         bodyparams|请求正文|请求包体|请求主体",
    ),
    (
        Section::Params,
        "请求参数|参数|参数说明|入参|请求参数说明|输入参数|requestparameters|parameters|\
         requestparameter|inputparameters",
    ),
    (
        Section::RequestExample,
        "请求体示例|请求示例|请求参数示例|请求样例|requestbodyexample|requestexample|\
         samplerequest|body示例|请求包体示例|requestsample",
    ),
    (
        Section::Response,
        "响应|响应体|返回参数|响应参数|返回值|返回结果|返回体|出参|响应体参数|返回数据|返回响应|\
         返回参数说明|response|responsebody|responseparameters|responsebodyparameters|返回",
    ),
    (Section::ResponseHeaders, "响应头|响应头参数|responseheader|responseheaders"),
    (
        Section::ResponseExample,
        "响应示例|响应体示例|返回示例|返回结果示例|正常返回示例|返回样例|响应样例|返回体示例|\
         responsebodyexample|responseexample|sampleresponse|responsesample|示例响应|数据示例|\
         示例数据|dataexample",
    ),
    (Section::Errors, "错误码|错误代码|返回码|错误码说明|errorcode|errorcodes|error|errors|异常码"),
    (
        Section::Types,
        "类型额外说明|typedescription|typedescriptions|additionaltypedescription|\
         additionaltypedescriptions",
    ),
    (Section::Samples, "调用示例|代码示例|sdk示例|示例代码|codeexample|codeexamples|samplecode"),
    (
        Section::Fields,
        "字段说明|资源定义|字段定义|数据结构|fielddescription|fields|resourcedefinition|\
         fielddescriptions",
    ),
    (
        Section::EventBody,
        "事件体|事件结构|事件结构体|事件参数|回调体|回调结构|回调结构体|回调参数|结构体|\
         eventbody|eventstructure|eventpayload|callbackbody|callbackstructure|callbackpayload",
    ),
    (
        Section::EventExample,
        "事件体示例|事件示例|事件结构示例|事件结构体示例|回调体示例|回调示例|回调结构示例|\
         回调结构体示例|eventexample|eventbodyexample|eventsample|callbackexample|\
         callbackbodyexample|callbacksample",
    ),
];

const OF_ANSWERS: Words = "响应|返回|response|出参";
const OF_EXAMPLES: Words = "示例|样例|example|sample";
/// Words in a title about events, or a whole heading.
pub(super) const OF_EVENTS: Words = "事件|回调|event|callback";

/// Words in any other title, one of each list. The first that fits counts.
const PARTS_OF_TITLES: &[(Section, &[Words])] = &[
    // They come in the message of another code, and never as a code.
    (Section::Other, &["子错误码|suberrorcode"]),
    (Section::Errors, &["错误码|错误代码|errorcode"]),
    (Section::Samples, &["sdk|代码示例|调用示例"]),
    (Section::ResponseExample, &[OF_ANSWERS, OF_EXAMPLES]),
    (Section::ResponseHeaders, &[OF_ANSWERS, "头|header"]),
    (Section::Response, &[OF_ANSWERS, "参数|体|body|parameters|结果|数据|字段"]),
    (Section::RequestExample, &[OF_EXAMPLES, "请求|request|body"]),
    (Section::Headers, &["请求头|header"]),
    (Section::Path, &["路径参数|path参数|pathparam"]),
    (Section::Query, &["查询参数|query参数|queryparam|querystring"]),
    (Section::Body, &["请求体|body参数|requestbody|bodyparam"]),
    (Section::Params, &["请求参数|requestparam"]),
    (Section::Fields, &["字段说明|资源定义|字段定义"]),
    (Section::Request, &["请求地址|请求方法|请求url|http请求"]),
    (Section::Samples, &[OF_EXAMPLES, OF_EVENTS, "代码|code"]),
    (Section::EventExample, &[OF_EXAMPLES, OF_EVENTS]),
    (
        Section::EventBody,
        &[
            "事件体|事件结构|回调体|回调结构|eventbody|eventstructure|callbackbody|callbackstructure",
        ],
    ),
];

/// Words that some pages put behind the title of the body.
pub(super) const MEDIA_TYPES: Words =
    "application/json|multipart/form-data|application/x-www-form-urlencoded";

/// Words in titles above the fields of a resource.
const TITLES_OF_FIELDS: Words = "字段|属性|参数|定义|结构|资源|field|attribut|propert|parameter|definition|structure|resource|\
     schema";

/// Returns what a title announces that is known as a whole.
pub(super) fn whole_title(key: &str) -> Option<Section> {
    static MEANINGS: LazyLock<HashMap<&str, Section>> = LazyLock::new(|| by_word(TITLES));
    MEANINGS.get(key).copied()
}

/// Returns what a title announces by some of its words.
pub(super) fn title_by_parts(key: &str) -> Option<Section> {
    let fits = |lists: &[Words]| lists.iter().all(|words| contains(key, words));
    PARTS_OF_TITLES.iter().find(|(_, lists)| fits(lists)).map(|(section, _)| *section)
}

pub(super) fn announces_fields(key: &str) -> bool {
    contains(key, TITLES_OF_FIELDS)
}

/// The content of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    Type,
    Required,
    /// `Required` turned round.
    Optional,
    Text,
    Example,
    Default,
    Values,
    Length,
    /// Whether a parameter goes into the path, the query, a header or the body.
    Place,
    Http,
    Code,
    Message,
    Advice,
    Other,
}

/// The whole head of a column.
const HEADS: &[(Column, Words)] = &[
    (
        Column::Name,
        "名称|参数名|参数名称|字段|字段名|字段名称|参数|属性|属性名|属性名称|名字|key|name|\
         parameter|parameters|param|field|fieldname|parametername|fields|header|键|变量名|\
         attribute",
    ),
    (Column::Type, "类型|数据类型|参数类型|字段类型|type|datatype|fieldtype|parametertype|值类型"),
    (
        Column::Required,
        "必填|是否必填|必须|是否必须|必选|是否必选|必要|是否必要|必传|是否必传|必需|是否必需|\
         required|mandatory|isrequired|require|required?",
    ),
    (Column::Optional, "可选|是否可选|optional"),
    (
        Column::Text,
        "描述|说明|备注|含义|参数说明|字段说明|参数描述|字段描述|解释|description|desc|remark|\
         remarks|comment|notes|note|meaning|explanation|details",
    ),
    (
        Column::Example,
        "示例|示例值|样例|例子|参数示例|参考值|example|examplevalue|examples|sample|\
         samplevalue",
    ),
    (Column::Default, "默认值|默认|缺省值|default|defaultvalue"),
    (
        Column::Values,
        "可选值|枚举值|取值|取值范围|枚举|enum|values|possiblevalues|options|validvalues|value|\
         值",
    ),
    (Column::Length, "最大长度|长度|长度限制|maxlength|length"),
    (Column::Place, "位置|参数位置|传参位置|in|location|place"),
    (
        Column::Http,
        "http状态码|httpcode|httpstatuscode|httpstatus|http|状态码|statuscode|http码|\
         http返回码",
    ),
    (Column::Code, "错误码|code|errorcode|errcode|错误代码|返回码|错误编码"),
    (Column::Message, "错误信息|message|errormessage|errmsg|msg|错误消息|errordescription"),
    (
        Column::Advice,
        "排查建议|解决方案|处理建议|处理方式|解决方法|建议|处理方法|troubleshootingsuggestions|\
         troubleshooting|solution|suggestion|suggestions|troubleshootingsuggestion",
    ),
];

/// Words in any other head. The first that fits counts.
const PARTS_OF_HEADS: &[(Column, Words)] = &[
    (Column::Required, "必填|必须|必选|required"),
    (Column::Http, "http状态|httpcode|httpstatus"),
    (Column::Message, "错误码描述|errmsg"),
    (Column::Code, "错误码|errorcode"),
    (Column::Advice, "排查|troubleshoot"),
    (Column::Name, "参数名|字段名|parametername|fieldname"),
    (Column::Type, "类型|type"),
    (Column::Example, "示例|example"),
    (Column::Default, "默认|default"),
    (Column::Text, "描述|说明|description"),
];

/// Returns what a column holds whose head is known as a whole.
pub(super) fn whole_head(key: &str) -> Option<Column> {
    static MEANINGS: LazyLock<HashMap<&str, Column>> = LazyLock::new(|| by_word(HEADS));
    MEANINGS.get(key).copied()
}

/// Returns what a column holds by some words of its head.
pub(super) fn head_by_part(key: &str) -> Option<Column> {
    // Longer ones are sentences.
    const LONGEST: usize = 24;
    let is_short = key.chars().count() <= LONGEST;
    let found = PARTS_OF_HEADS.iter().find(|(_, words)| is_short && contains(key, words));
    found.map(|(column, _)| *column)
}

/// The whole of a cell that says whether a parameter is required.
const REQUIRED: &[(bool, Words)] = &[
    (true, "是|yes|true|y|必填|必须|必选|必需|必传|required|√|✓|✔|✅|1|m|mandatory"),
    (
        false,
        "否|no|false|n|非必填|非必须|非必选|选填|可选|不必填|optional|×|✗|❌|0|o|-|notrequired",
    ),
];

/// How any other such cell begins. The first that fits counts.
const BEGINNINGS_OF_REQUIRED: &[(bool, Words)] = &[
    (false, "否|非必|选填|可选|不必|optional|no(|no,|no，|条件"),
    (true, "是|必填|必须|必选|yes(|yes,|required"),
];

/// Returns whether a cell says that a parameter is required; `None` if it says neither.
pub(super) fn required(key: &str) -> Option<bool> {
    // Longer ones are sentences.
    const LONGEST: usize = 40;
    static MEANINGS: LazyLock<HashMap<&str, bool>> = LazyLock::new(|| by_word(REQUIRED));
    let begins = |words| each(words).any(|word| key.starts_with(word));
    MEANINGS.get(key).copied().or_else(|| {
        let is_short = key.chars().count() <= LONGEST;
        let found = BEGINNINGS_OF_REQUIRED.iter().find(|(_, words)| is_short && begins(words));
        found.map(|(required, _)| *required)
    })
}

/// The place of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
    Body,
}

const PLACES: &[(Place, Words)] = &[
    (Place::Path, "path|路径|url|uri"),
    (Place::Query, "query|查询|querystring"),
    (Place::Header, "header|headers|请求头"),
    (Place::Body, "body|请求体|json|formdata|form"),
];

/// Returns the place that a cell names.
pub(super) fn place(key: &str) -> Option<Place> {
    PLACES.iter().find(|(_, words)| is_one_of(key, words)).map(|(place, _)| *place)
}

/// The names of types.
fn types() -> Vec<(Ty, Words)> {
    vec![
        (
            Ty::String,
            "string|str|text|char|varchar|字符串|字符|文本|enum|url|uuid|date|datetime|time|id|\
             jsonstring",
        ),
        (
            Ty::Int,
            "int|integer|int32|int64|long|short|uint|uint32|uint64|整数|整型|长整型|i32|i64|bigint|\
             biginteger",
        ),
        (
            Ty::Float,
            "float|double|number|decimal|bigdecimal|float64|float32|浮点|浮点数|浮点型|数字|数值",
        ),
        (Ty::Bool, "bool|boolean|布尔|布尔值|布尔型"),
        (Ty::File, "file|binary|文件|byte[]|bytes|stream|二进制|二进制文件"),
        (Ty::Object, "object|jsonobject|struct|dict|对象|结构体|obj"),
        (Ty::map(Ty::Unknown), "map|hashmap"),
        (Ty::list(Ty::Unknown), "array|list|jsonarray|数组|列表|set|objectarray|array(object)"),
        (Ty::Json, "any|json|interface{}|interface|mixed|union"),
    ]
}

/// Returns the type of a name that no vendor has made up.
pub(super) fn ty(key: &str) -> Option<Ty> {
    static MEANINGS: LazyLock<HashMap<&str, Ty>> = LazyLock::new(|| by_word(&types()));
    MEANINGS.get(key).cloned()
}

/// The names of types of numbers that do not say whether those are whole.
pub(super) const NUMBERS: Words = "number|数字|数值";

/// The names of types of text that the platform gives to some of its object types as well.
pub(super) const TEXTS_OR_OBJECTS: Words = "enum|text|time|date|url|file";

/// Words before the type of a list's elements, with spaces.
pub(super) const BEFORE_ELEMENTS: Words = "array of |list of |array of|数组 of ";

/// Words before the type of a list's elements if that is in brackets.
pub(super) const LISTS: Words = "array|list|set|数组|collection";

/// Words behind the type of a list's elements, with spaces.
pub(super) const BEHIND_ELEMENTS: Words = " array| list|数组|列表";

/// The subject of a row in the table that describes an operation or event as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basic {
    EventType,
    CallbackType,
    Url,
    Method,
    Tokens,
    AppTypes,
    /// The scopes without which some fields are absent.
    FieldScopes,
    Scopes,
    Rate,
    ContentType,
}

/// How the keys of such rows begin. The first that fits counts.
const BASICS: &[(Basic, Words)] = &[
    (Basic::EventType, "事件类型|事件key|eventtype"),
    (Basic::CallbackType, "回调类型|callbacktype"),
    (Basic::Url, "httpurl|请求url|请求地址|接口地址|requesturl|url|请求路径"),
    (Basic::Method, "httpmethod|请求方法|请求方式|http方法|method|requestmethod|http请求方式"),
    (
        Basic::Tokens,
        "支持的访问令牌|访问令牌|访问凭证|凭证要求|supportedaccesstoken|accesstoken|token",
    ),
    (
        Basic::AppTypes,
        "支持的应用类型|应用类型|supportedapptypes|supportedapptype|apptype|supportedcustomapptypes",
    ),
    (Basic::FieldScopes, "字段权限|requiredfieldscope|fieldscope|fieldpermission"),
    (
        Basic::Scopes,
        "权限要求|所需权限|requiredscopes|requiredpermissions|permission|scope|requiredscope",
    ),
    (Basic::Rate, "接口频率限制|频率限制|调用频率|ratelimit|frequencylimit|qps"),
    (Basic::ContentType, "content-type|contenttype|请求格式"),
];

/// Returns what a row says that has this key.
pub(super) fn basic(key: &str) -> Option<Basic> {
    let begins = |words| each(words).any(|word| key.starts_with(word));
    BASICS.iter().find(|(_, words)| begins(words)).map(|(basic, _)| *basic)
}

/// The head of a list of events, in which each is a row.
pub(super) const HEADS_OF_EVENTS: Words = "事件类型|eventtype|回调类型|callbacktype";

/// The head of the column that says which kinds of apps may call an operation, and what it says.
pub(super) const SUPPORT: Words = "是否支持";
pub(super) const SUPPORTED: Words = "支持|yes";

/// Words in a text that names a token, as they are on the wire.
pub(super) const TOKENS: &[(Token, Words)] = &[
    (Token::Tenant, "tenant_access_token"),
    (Token::User, "user_access_token"),
    (Token::App, "app_access_token"),
];

/// The headers that carry a token.
pub(super) const TOKEN_HEADERS: Words = "authorization|x-acs-dingtalk-access-token";

/// Words in DingTalk's texts about a token, in lower case and with spaces.
pub(super) const TOKENS_OF_USERS: Words = "用户token|用户 token|用户的token|用户访问凭证|用户的访问凭证|\
    用户access|用户的access|用户个人|个人应用|user token|user access token|useraccesstoken";
pub(super) const TOKENS_OF_APPS: Words = "应用的access|应用的 access|应用access|应用凭证|应用访问凭证|\
    企业的access|企业的 access|of an internal app|of the authorized enterprise|app access token";

/// Words in a text that names a kind of app, in lower case and with spaces.
pub(super) const APP_TYPES: &[(&str, Words)] = &[
    ("custom", "custom|自建应用"),
    ("isv", "isv|store app|商店应用"),
    ("internal", "企业内部应用|internal app"),
    ("third_party", "第三方企业应用|third-party enterprise app"),
    ("personal", "第三方个人应用|third-party personal app"),
];

/// Words in a rate for each unit of time, in lower case. The first that fits counts.
pub(super) const UNITS: &[(&str, Words)] =
    &[("min", "分钟|minute|min"), ("s", "秒|second"), ("h", "小时|hour"), ("d", "天|day")];

/// Words in a row that lists the scopes of fields, if it has lost its key.
pub(super) const FIELD_SCOPES: Words = "敏感字段|sensitive";

/// Words in titles of outdated pages, exactly as written.
pub(super) const DEPRECATED: Words =
    "（旧）|(旧)|废弃|不推荐|历史版本|已下线|不再维护|deprecated|Deprecated";

/// Words in titles of downloads, and in descriptions of responses that are files.
pub(super) const DOWNLOADS: Words = "下载|Download|download";
pub(super) const FILES: Words = "二进制|文件流|binary|file stream";

/// Words in titles and paths of uploads, and of the steps of one that send no file, in lower case.
pub(super) const UPLOADS: Words = "上传|识别|upload|recognize";
pub(super) const STEPS_OF_UPLOADS: Words = "完成|预上传|finish|prepare";

/// Words before the address of a page in a note of it.
pub(super) const NOTES_OF_ADDRESSES: Words =
    "source_url:|source url:|source:|原文链接|原文|来源|文档链接|文档地址";

/// Words in lines on how to tell an event from its repetitions.
pub(super) const REPETITIONS: Words = "去重|幂等|deduplicat|idempoten";

/// Words in titles of the vendor's types, and of the tables below them.
pub(super) const TITLES_OF_TYPES: Words = "类型说明|typedescription";
pub(super) const LABELS_OF_TYPES: Words = "基本属性|basicattributes|basicproperties|属性";

/// The content that a description announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Example,
    Default,
    Values,
    MaxLength,
    MinLength,
    Max,
    Min,
    Range,
    LengthRange,
    Rules,
    Note,
}

/// Announcements, exactly as written.
pub(super) const MARKS: &[(Mark, Words)] = &[
    (Mark::Example, "示例值|示例|Example value|Example"),
    (Mark::Default, "默认值|缺省值|Default value|Default"),
    (
        Mark::Values,
        "可选值有|可选值包括|可选值为|可选值|可用值|枚举值有|枚举值|可能值有|可能值包括|可能值|\
         取值如下|取值包括|取值|Optional values are|Optional values|Possible values are|\
         Possible values|Valid values|Allowed values|Available values|Enumerated values|\
         values|Options",
    ),
    (Mark::Range, "取值范围|Value range"),
    (Mark::Rules, "数据校验规则|Data validation rules|Data validation rule"),
    (Mark::MaxLength, "最大长度|Maximum length"),
    (Mark::MinLength, "最小长度|Minimum length"),
    (Mark::LengthRange, "长度范围|Length range"),
    (Mark::Max, "最大值|Maximum value|maximum value|Maximum"),
    (Mark::Min, "最小值|Minimum value|minimum value|Minimum"),
    (Mark::Note, "注意事项|注意|说明|Note|Notice"),
];

/// Words in the description of a required parameter, and words before them that reverse the
/// meaning: a `not`, or a condition.
pub(super) const MUST_BE_SENT: Words = "必需属性";
pub(super) const MAY_HAVE_TO_BE_SENT: Words = "必填";
pub(super) const BUT_NOT: Words = "非|不|否|无|时|则|下|才";

/// The contents of cells without information.
pub(super) const NOTHING: Words = "-|无|暂无|空";

/// Words before a default in a sentence.
pub(super) const DEFAULTS: Words =
    "默认值为|默认值是|默认为|缺省为|defaults to |default is |Default is ";

/// Separators between a value and its meaning.
pub(super) const SEPARATORS: Words = "：|:|=|－|——|—|–|- |，|, |(|（|表示|代表|为|->|→|\u{fffd}";

/// Words before the last of several values.
pub(super) const ANDS: Words = "和|及|或|and |or ";

/// Words that can be restored if a page has lost some of their bytes. Longer ones come first, so
/// that none hides another; rare ones are left out, since they would fit where a common one
/// belongs.
pub(super) const RESTORABLE: Words = "支持的访问令牌|支持的应用类型|接口频率限制|响应体示例|请求体示例|事件体示例|数据校验规则|\
     类型额外说明|数据类型|是否必填|是否必须|路径参数|查询参数|请求参数|返回参数|响应示例|\
     返回示例|请求示例|请求方法|请求方式|错误信息|排查建议|权限要求|字段权限|取值范围|长度范围|\
     最大长度|最小长度|可选值有|基本信息|字段说明|数据示例|基本属性|可能值有|事件类型|回调类型|\
     参数名|请求头|请求体|响应体|错误码|状态码|示例值|默认值|可选值|枚举值|最大值|最小值|\
     事件体|结构体|名称|类型|描述|说明|必填|必须|字段|参数|示例|请求|响应|基本|事件|回调|注意|\
     是|否";

/// The words of a list.
pub(super) fn each(words: Words) -> impl Iterator<Item = &'static str> {
    words.split('|')
}

/// Whether a text is a word of a list.
pub(super) fn is_one_of(text: &str, words: Words) -> bool {
    each(words).any(|word| word == text)
}

/// Whether a text contains a word of a list.
pub(super) fn contains(text: &str, words: Words) -> bool {
    each(words).any(|word| text.contains(word))
}

fn by_word<T: Clone>(lists: &[(T, Words)]) -> HashMap<&'static str, T> {
    let pairs =
        lists.iter().flat_map(|(meaning, words)| each(words).map(move |word| (word, meaning)));
    pairs.map(|(word, meaning)| (word, meaning.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::words;
    use super::*;

    /// Every word of lists that are compared with keys, and what it means.
    fn keys<T: std::fmt::Debug>(lists: &[(T, Words)]) -> Vec<(&'static str, String)> {
        let words = lists.iter().flat_map(|(meaning, words)| {
            each(words).map(move |word| (word, format!("{meaning:?}")))
        });
        words.collect()
    }

    #[track_caller]
    fn check(words: &[(&str, String)]) {
        let mut meanings = HashMap::new();
        for (word, meaning) in words {
            assert_eq!(*word, words::key(word), "a key has neither capitals nor spaces");
            assert_eq!(meanings.insert(word, meaning), None, "duplicate `{word}`");
        }
    }

    #[test]
    fn no_key_means_two_things_or_can_never_be_found() {
        check(&keys(TITLES));
        check(&keys(HEADS));
        check(&keys(REQUIRED));
        check(&keys(PLACES));
        check(&keys(&types()));
        check(&keys(BASICS));
    }

    /// The first that fits counts, so that one which begins with an earlier one would be in vain.
    #[test]
    fn no_key_hides_a_later_one_of_another_meaning() {
        let basics = keys(BASICS);
        for (at, (word, meaning)) in basics.iter().enumerate() {
            let mut later = basics[at + 1..].iter();
            let hidden = later.find(|(other, of)| other.starts_with(word) && of != meaning);
            assert_eq!(hidden, None, "behind `{word}`");
        }
    }
}
